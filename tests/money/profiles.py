"""Every recorded order in every way a company can have tax computed: shop, prediction and Sage side by side."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from connectors import open_sage, open_shop
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import DATASET, PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.types import ZERO, Raw, ShopOrder
from mappings.models import ChargeMapping, ItemMapping
from mappings.resolve import Resolver
from staging import fetch, sales
from staging.checks import Case, faults
from staging.issues import first_cause
from staging.models import RawRecord, StagedOrder
from staging.money import Profile, Sum, predict, total
from tests.money.sage import Arithmetic, Computed
from tests.staging.conftest import connect, live
from tests.staging.world import map_all

TOLERANCE = 1
"""Cents that a rate's tax may be off in this table, when the total is equal."""

ROUND_TYPES = {0: "as shop", 1: "item", 2: "line", 3: "total"}


@dataclass(frozen=True)
class Way:
    """What a company can be set to."""

    basis: str
    rounding: str
    with_tax: bool

    def set(self, company: SageCompany) -> None:
        """On this object; nothing is saved."""
        company.tax_basis, company.tax_rounding, company.prices_include_tax = self.basis, self.rounding, self.with_tax
        company.tax_tolerance = TOLERANCE


WAYS = [
    Way(basis, rounding, with_tax)
    for basis, with_tax, rounding in product(SageCompany.TaxBasis.values, (True, False), SageCompany.TaxRounding.values)
]


@dataclass(frozen=True)
class Rate:
    """One tax rate in per cent: what the shop booked, what is predicted, what Sage computed."""

    rate: Decimal
    shop: Sum
    predicted: Sum
    sage: Sum

    @property
    def off(self) -> Decimal:
        """Sage's tax less the shop's."""
        return self.sage.tax - self.shop.tax


@dataclass(frozen=True)
class Cell:
    """One order in one way. ``staged`` is the shop's total with tax; ``cause`` is what would hold it, "" if nothing."""

    case: str
    kinds: tuple[str, ...]
    round_type: int
    way: Way
    verdict: str
    cause: str
    rounding: Decimal
    staged: Decimal
    predicted: Decimal
    sage: Decimal
    rates: tuple[Rate, ...]

    @property
    def sent(self) -> bool:
        """Whether a document would be posted."""
        return not self.cause

    @property
    def cents(self) -> Decimal:
        """How far the tax of a rate is off at most."""
        return max((abs(rate.off) for rate in self.rates), default=ZERO) * 100


def cells(company: SageCompany, sage: Sage300Sandbox) -> list[Cell]:
    """The whole table: the shop is read once, each order is judged and computed in each way."""
    map_all(company)
    ItemMapping.objects.create(company=company, reference="BEDLAMP", code="A1-104/0")
    ChargeMapping.objects.create(company=company, charge="rounding", code="ROUND")
    with PrestaShopSandbox() as presta:
        shop = live(connect(presta, company))
        fetch.sweep(shop)
    orders = dict(_orders(shop))
    arithmetic = Arithmetic(sage)
    return [cell for way in WAYS for cell in _in(way, shop, orders, arithmetic)]


def _orders(shop: Shop) -> Iterator[tuple[str, tuple[StagedOrder, ShopOrder]]]:
    port = open_shop(shop)
    numbers = json.loads((DATASET / "orders_by_case.json").read_text())
    rows = {row.order_id: row for row in StagedOrder.objects.filter(shop=shop).prefetch_related("corrections")}
    for name, of_case in numbers.items():
        for number in of_case:
            row = rows[number]
            raws = RawRecord.objects.filter(pk__in=row.raws)
            yield name, (row, port.read_order([Raw(raw.resource, raw.object_id, raw.payload) for raw in raws]))


def _in(
    way: Way, shop: Shop, orders: dict[str, tuple[StagedOrder, ShopOrder]], arithmetic: Arithmetic
) -> Iterator[Cell]:
    company = shop.company
    way.set(company)
    resolver = Resolver(shop)
    resolver.prefetch_items(line.reference for _row, order in orders.values() for line in order.lines)
    arithmetic.set(Profile.of(company, 2), way.rounding)
    widths = open_sage(company).widths
    for name, (row, order) in orders.items():
        row.shop = shop
        case = Case(row, order, resolver, widths)
        yield _cell(name, way, case, arithmetic.of(sales.sale(case)))


def _cell(name: str, way: Way, case: Case, computed: Computed) -> Cell:
    lines, verdict = case.drafted
    predicted = {rate.normalize(): each for rate, each in predict(lines, case.profile).items()}
    shop = {each.rate.normalize(): Sum(each.shop_base, each.shop_tax) for each in verdict.rates}
    rates = sorted({*shop, *predicted, *computed.rates}, reverse=True)
    return Cell(
        name,
        tuple(kinds(case.order)),
        case.order.round_type,
        way,
        verdict.kind,
        first_cause(fault.code for fault in faults(case)),
        verdict.rounding,
        case.order.totals.paid_incl.quantize(case.profile.cent),
        total(predicted),
        computed.total.quantize(case.profile.cent),
        tuple(Rate(r, shop.get(r, Sum()), predicted.get(r, Sum()), computed.rates.get(r, Sum())) for r in rates),
    )


def kinds(order: ShopOrder) -> Iterator[str]:
    """What is particular about the money of an order; what a shop's rounding type makes of it stands beside."""
    rates = {line.rate for line in order.lines}
    yield "no tax" if rates == {ZERO} else "goods of one rate" if len(rates) == 1 else "goods of several rates"
    if any(voucher.free_shipping for voucher in order.discounts):
        yield "free shipping"
    if any(not voucher.free_shipping for voucher in order.discounts):
        yield "voucher or gift"
    if order.wrapping.incl:
        yield "gift wrapping"
    if any(line.ecotax for line in order.lines):
        yield "ecotax"
    if order.currency != "EUR":
        yield "second currency"


def named(table: Iterable[Cell]) -> list[Cell]:
    """Without the shop's bulk orders, which all are the plain case."""
    return [cell for cell in table if not cell.case.startswith("bulk")]

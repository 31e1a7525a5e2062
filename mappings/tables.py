"""The small mapping tables of one shop, read once, and which of their rows fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeVar

from django.db.models import Q

from connectors.models import Shop
from connectors.types import Carrier, ShopOrder
from mappings.models import (
    ANY,
    CarrierMapping,
    ChargeMapping,
    CustomerRule,
    LocationMapping,
    Mapping,
    PaymentMapping,
    TakeRule,
    TaxClassMapping,
    TaxGroupMapping,
    VoucherMapping,
    WordMapping,
)

M = TypeVar("M", bound=Mapping)

TAXED_BY_STATE = frozenset({"US", "CA"})
"""Countries whose sales tax is a matter of the state: there one without a tax group is named."""


class Tables:
    """All rows that hold for one shop, in ten queries; the methods find the row that fits, or None."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._customer_rules = sorted(
            self._rows(CustomerRule), key=lambda row: (row.position, row.shop_id is None, row.pk)
        )
        self._ruled: dict[tuple[int | str, ...], CustomerRule | None] = {}
        self._tax_groups = self._rows(TaxGroupMapping)
        self._tax_classes = self._rows(TaxClassMapping)
        self._carriers = self._rows(CarrierMapping)
        self._payments = _by(self._rows(PaymentMapping), lambda row: row.module)
        self._vouchers = self._rows(VoucherMapping)
        locations = self._rows(LocationMapping)
        self.location = locations[0] if locations else None
        self.words = _by(self._rows(WordMapping), lambda row: (row.word_kind, row.value))
        self.charges = _by(self._rows(ChargeMapping), lambda row: row.charge)
        self.take = {(rule.field, rule.value): rule for rule in TakeRule.objects.filter(shop=shop)}

    def _rows(self, table: type[M]) -> list[M]:
        """The rows that hold for the shop, its own before those for every shop."""
        found = table._default_manager.filter(Q(shop=self._shop) | Q(shop=None), company_id=self._shop.company_id)
        return sorted(found, key=lambda row: (row.shop_id is None, row.pk))

    def customer_rule(self, order: ShopOrder) -> CustomerRule | None:
        """The first rule whose field has the order's value (or whose value is "*"); there may be thousands of rules."""
        buyer = order.buyer
        key = (buyer.id, buyer.email, buyer.default_group, order.invoice_to.country, order.currency)
        if key not in self._ruled:
            self._ruled[key] = self._first_rule(order)
        return self._ruled[key]

    def _first_rule(self, order: ShopOrder) -> CustomerRule | None:
        fields = CustomerRule.Field
        values = {
            fields.CUSTOMER: str(order.buyer.id),
            fields.EMAIL: order.buyer.email,
            fields.GROUP: str(order.buyer.default_group),
            fields.COUNTRY: order.invoice_to.country,
            fields.CURRENCY: order.currency,
        }
        for rule in self._customer_rules:
            value = values.get(fields(rule.field), "").casefold()
            if rule.field == fields.ANY or rule.value == ANY or (value and rule.value.strip().casefold() == value):
                return rule
        return None

    def tax_group(self, country: str, state: str, buyer: str) -> TaxGroupMapping | None:
        """The most specific row: country, then state ("US-NY"), then buyer, each before "any"."""
        return _best(
            self._tax_groups,
            lambda row: (
                _fit(row.country, country, ANY),
                _fit(row.state, state, ANY),
                _fit(row.buyer, buyer, TaxGroupMapping.Buyer.ANY),
            ),
        )

    def taxed_by_state(self, country: str) -> bool:
        """Whether the state decides the tax group there: a row says so, or it is known of the country."""
        return country in TAXED_BY_STATE or any(row.country == country and row.state != ANY for row in self._tax_groups)

    def tax_class(self, tax_group: str, rules_group: int, country: str, rate: Decimal) -> TaxClassMapping | None:
        """The most specific row of exactly this rate: tax group, then tax rules group, then country."""
        return _best(
            (row for row in self._tax_classes if row.rate == rate),
            lambda row: (
                _fit(row.tax_group, tax_group, ANY),
                _fit(row.rules_group, rules_group, None),
                _fit(row.country, country, ANY),
            ),
        )

    def payment(self, module: str) -> PaymentMapping | None:
        """The module's row, else the row for every module."""
        return self._payments.get(module) or self._payments.get(ANY)

    def method(self, name: str) -> PaymentMapping | None:
        """The row that is named exactly as a payment's method."""
        return self._payments.get(name)

    def voucher(self, name: str) -> VoucherMapping | None:
        """The row named exactly so, else the one with the longest beginning that ends in "*"; case does not matter."""
        said = name.strip().casefold()
        fitting = [row for row in self._vouchers if _names(row.name.strip().casefold(), said)]
        return max(fitting, key=lambda row: (not row.name.strip().endswith(ANY), len(row.name.strip())), default=None)

    def carrier(self, carrier: Carrier) -> CarrierMapping | None:
        """By reference id, else by name among the rows without one, else the row for every carrier.

        A shop edited through the webservice may have lost the reference id (0): then the name decides among all rows.
        """
        name = carrier.name.strip().casefold()
        tests: tuple[Callable[[CarrierMapping], bool], ...] = (
            lambda row: bool(row.reference_id) and row.reference_id == carrier.reference_id,
            lambda row: not (row.reference_id and carrier.reference_id) and row.name.strip().casefold() == name != "",
            lambda row: not row.reference_id and row.name == ANY,
        )
        return next((row for fits in tests for row in self._carriers if fits(row)), None)


def plain_number(value: Decimal) -> str:
    """A number without trailing zeros: 20, 5.5."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _by(rows: list[M], key: Callable[[M], object]) -> dict[object, M]:
    """Rows by key; of several the first (the shop's own) stays."""
    return {key(row): row for row in reversed(rows)}


def _names(pattern: str, said: str) -> bool:
    """Whether a voucher's row is about this name; "*" alone is not, or every discount would be money."""
    if pattern.endswith(ANY):
        return pattern != ANY and said.startswith(pattern.removesuffix(ANY))
    return pattern == said


def _fit(said: object, value: object, any_value: object) -> int | None:
    """2 for exactly this value, 1 for any, None when the row is about something else."""
    if said == any_value:
        return 1
    return 2 if said == value else None


def _best(rows: Iterable[M], fit: Callable[[M], tuple[int | None, ...]]) -> M | None:
    """The row with the best fit; of equals the first (the shop's own)."""
    best: M | None = None
    best_fit: tuple[int | None, ...] = ()
    for row in rows:
        fits = fit(row)
        if None not in fits and fits > best_fit:
            best, best_fit = row, fits
    return best

"""Checks of the money: does the shop's order add up, and will Sage arrive at the same?"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from connectors.plain import plain
from connectors.types import ZERO
from connectors.words import Words, joined, words
from mappings.tables import plain_number
from staging import explaining, money
from staging.amounts import DISCOUNT, ROUNDING, rounded, unrounded
from staging.checks.case import Case
from staging.issues import Fault
from staging.wording import fixed

ROUND_TYPES = {1: "item", 2: "line", 3: "total"}


def lines_and_header(case: Case) -> Iterator[Fault]:
    """The header's products and discounts are the rounded sums of the rows: 129 of 129 orders (prestashop.md E)."""
    totals, lines, vouchers = case.sold.totals, case.order.lines, case.sold.discounts
    for what, stated, computed in (
        ("products with tax", totals.products_incl, sum((line.total_incl for line in lines), ZERO)),
        ("products without tax", totals.products_excl, sum((line.total_excl for line in lines), ZERO)),
        ("discounts with tax", totals.discounts_incl, sum((voucher.value_incl for voucher in vouchers), ZERO)),
        ("discounts without tax", totals.discounts_excl, sum((voucher.value_excl for voucher in vouchers), ZERO)),
    ):
        difference = rounded(stated, case.places) - rounded(computed, case.places, case.order.round_mode)
        if difference:
            yield _differ(case, what, stated, computed, difference)


def total(case: Case) -> Iterator[Fault]:
    """The stated total is the sum of its parts. A cent is the shop's own rounding and named so; more is a fault.

    Without a discount that can be split there is no sum to compare.
    """
    if case.booked.unexplained:
        return
    residual, stated = case.booked.residual, case.sold.totals.paid_incl
    if case.cent_left:
        if not case.may_charge(residual):
            values = {"difference": f"{residual:+f}", "currency": case.order.currency}
            more = {"round_type": ROUND_TYPES.get(case.order.round_type, "–")}
            yield Fault("rounding-cent", "charge", ROUNDING, values=values | more)
    elif residual:
        yield _differ(case, "the order with tax", stated, case.booked.total, residual)
    without = sum((amount.excl for amount in case.booked.amounts), ZERO)
    stated = rounded(case.sold.totals.paid_excl, case.places)
    off = stated - without
    rates = len({amount.rate for amount in case.booked.amounts})
    usual = case.profile.cent * ((rates + 1) // 2)  # a cent occurs in plain orders: 6 of 129 (prestashop.md E)
    if abs(off) > usual and stated != unrounded(case.sold, case.places)[0]:
        yield _differ(case, "the order without tax", stated, without, off)


def discounts(case: Case) -> Iterator[Fault]:
    """It is known which tax rates each voucher lowers."""
    for voucher in case.booked.unexplained:
        values = {"name": voucher.name, "currency": case.order.currency}
        amounts = {"incl": f"{voucher.value_incl:f}", "excl": f"{voucher.value_excl:f}"}
        place = f"{DISCOUNT} {voucher.id}"
        yield Fault("discount-unexplained", "voucher", voucher.name, place, values | amounts)


def prediction(case: Case) -> Iterator[Fault]:
    """Sage's own computation arrives at the shop's totals; said only when the shop's own totals add up."""
    if case.booked.unexplained or any(True for check in (lines_and_header, total) for _fault in check(case)):
        return
    _lines, verdict = case.drafted
    if verdict.kind == money.HELD:
        rates = "; ".join(_told(rate) for rate in verdict.different)
        values = {"shop": f"{verdict.total.shop:f}", "sage": f"{verdict.total.sage:f}", "rates": rates}
        more = {"currency": case.order.currency, "why": plain(_why(case, verdict))}
        yield Fault(verdict.code, values=values | more)


def _told(rate: money.RateVerdict) -> str:
    shop, sage = rate.shop_tax, rate.sage_tax
    return f"{plain_number(rate.rate)} %: {rate.shop_base:f} + {shop:f} / {rate.sage_base:f} + {sage:f}"


def _why(case: Case, verdict: money.Verdict) -> Words:
    """What makes the difference, as it was computed; rounding alone moves a rate by few cents and is told so."""
    if any(reason.cause != explaining.ROUNDS for reason in verdict.reasons):
        return joined(*explaining.told(verdict.reasons), by="; ")
    basis = "line" if case.profile.per_line else "document"
    shop = fixed(ROUND_TYPES.get(case.order.round_type, "–"))
    return words("the shop rounds per %(shop)s, Sage per %(sage)s", shop=shop, sage=fixed(basis))


def _differ(case: Case, what: str, stated: Decimal, computed: Decimal, difference: Decimal) -> Fault:
    places = case.places
    values = {"what": what, "stated": f"{rounded(stated, places):f}", "computed": f"{rounded(computed, places):f}"}
    more = {"difference": f"{difference:+f}", "currency": case.order.currency}
    return Fault("totals-differ", value=what, values=values | more)

"""Why Sage's total or tax is not the shop's: each part of an order with its share of the difference, computed.

A share is how much the difference grows when its part is added to the goods: what nobody computed is not called
explained. The parts come in the order of ``PARTS``; where Sage rounds a rate's sum once, the part that tips it has the
cent.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from connectors.types import ZERO, Line, SaleLine
from connectors.words import Words, joined, words
from mappings.tables import plain_number
from staging import money
from staging.amounts import DISCOUNT, ITEM, ROUNDING, SHIPPING, WRAPPING, Amount, rounded
from staging.money import Reason
from staging.packs import whole
from staging.wording import fixed

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    from staging.checks.case import Case

ROUNDS, UNEXPLAINED, ECOTAX, HEADER = "rounding type", "unexplained", "ecotax", "edited header"
SHIPPING_TAX, VOUCHER_BASE = "shipping tax", "voucher base"

PARTS = (ROUNDS, UNEXPLAINED, ECOTAX, SHIPPING_TAX, WRAPPING, VOUCHER_BASE)

TITLES: dict[str, StrPromise] = {
    ROUNDS: _("rounding: the shop and Sage round at different places"),
    UNEXPLAINED: _("unexplained: the shop's lines do not follow from their prices and rates"),
    ECOTAX: _("ecotax in the price"),
    SHIPPING_TAX: _("tax of the shipping"),
    WRAPPING: _("gift wrapping"),
    VOUCHER_BASE: _("vouchers: the tax that they lower"),
    HEADER: _("edited header: the shop's total is not the sum of what it lists"),
}

NEAR = Decimal("0.00001")
"""Unit prices have six decimals, the last of which the shop may have rounded twice."""

PER_PIECE, PER_LINE = 1, 2
NOTHING = (ZERO, ZERO)


def reasons(case: Case, lines: Iterable[SaleLine]) -> tuple[Reason, ...]:
    """The shares of everything that makes a difference, the rounding charge left out: it is what evens them.

    Together they are what Sage would compute without that charge, less the total that the shop states.
    """
    sold = [line for line in lines if whole(line.source) != ROUNDING]
    apart = _differences(money.booked(case.booked.amounts), money.predict(sold, case.profile))
    if not case.booked.residual and not any(any(pair) for pair in apart.values()):
        return ()
    parts = {amount.source: _part(case, amount) for amount in case.booked.amounts}
    found, before = [], dict[Decimal, tuple[Decimal, Decimal]]()
    for count, name in enumerate(PARTS, start=1):
        names = PARTS[:count]
        shop = money.booked(each for each in case.booked.amounts if parts[each.source] in names)
        sage = money.predict([line for line in sold if parts.get(whole(line.source)) in names], case.profile)
        after = _differences(shop, sage)
        for rate in sorted(after.keys() | before.keys()):
            (base, tax), (base_before, tax_before) = after.get(rate, NOTHING), before.get(rate, NOTHING)
            share, of_tax = base + tax - base_before - tax_before, tax - tax_before
            if share or of_tax:
                found.append(Reason(name, share, of_tax, rate))
        before = after
    if case.booked.residual:
        edited = UNEXPLAINED if case.booked.unexplained else HEADER
        found.append(Reason(ROUNDS if case.cent_left else edited, -case.booked.residual, ZERO))
    return tuple(found)


def told(reasons: Iterable[Reason]) -> list[Words]:
    """For people, one text a cause: its share of the total and of the tax, Sage less shop."""
    causes: dict[str, list[Reason]] = {}
    for reason in reasons:
        causes.setdefault(reason.cause, []).append(reason)
    return [joined(fixed(cause), _by_rate(shares)) for cause, shares in causes.items()]


def _by_rate(shares: list[Reason]) -> Words:
    """ "5.5 %: +0.00 (tax −0.01)" for each rate."""
    texts = []
    for share in shares:
        rate = "" if share.rate is None else f"{plain_number(share.rate)} %: "
        tax = words(" (tax %(tax)s)", tax=f"{share.tax:+f}") if share.tax else ""
        texts.append(joined(f"{rate}{share.amount:+f}", tax, by=""))
    return joined(*texts, by=", ")


def _differences(shop: money.Sums, sage: money.Sums) -> dict[Decimal, tuple[Decimal, Decimal]]:
    """Sage less shop by rate: base and tax."""
    none = money.Sum()
    return {
        rate: (
            sage.get(rate, none).base - shop.get(rate, none).base,
            sage.get(rate, none).tax - shop.get(rate, none).tax,
        )
        for rate in shop.keys() | sage.keys()
    }


def _part(case: Case, amount: Amount) -> str:
    """What an amount's difference is called."""
    if amount.charge != ITEM:
        return {SHIPPING: SHIPPING_TAX, WRAPPING: WRAPPING, DISCOUNT: VOUCHER_BASE}[amount.charge]
    line = next(line for line in case.lines if f"line {line.id}" == amount.source)
    if line.ecotax:
        return ECOTAX
    return ROUNDS if follows(line, case.order.round_type, case.order.round_mode, case.places) else UNEXPLAINED


def follows(line: Line, round_type: int, round_mode: int, places: int) -> bool:
    """Whether the line's totals are what the shop's own rounding makes of its unit prices, and those of its rate."""
    if abs(line.unit_excl * (1 + line.rate / 100) - line.unit_incl) > NEAR:
        return False
    for unit, total in ((line.unit_excl, line.total_excl), (line.unit_incl, line.total_incl)):
        if round_type == PER_PIECE:
            made = rounded(unit, places, round_mode) * line.quantity
        elif round_type == PER_LINE:
            made = rounded(unit * line.quantity, places, round_mode)
        else:
            made = unit * line.quantity
        if abs(made - total) > NEAR * line.quantity:
            return False
    return True

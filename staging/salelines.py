"""The order's amounts as lines of a sale, in the manner in which the company takes its prices."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from connectors.types import Line, SaleLine
from mappings.resolve import ItemMatch
from staging.amounts import ITEM, Amount
from staging.texts import shorten

if TYPE_CHECKING:
    from staging.checks.case import Case

PRICE = Decimal("0.000001")
"""Sage keeps unit prices with six decimals (sage300.md appendix B)."""


def lines(case: Case, included: bool) -> tuple[SaleLine, ...]:
    """One line per amount, with tax in it iff ``included``. What has no Sage code yet has the code "" and class 0."""
    by_source = {f"line {line.id}": line for line in case.lines}
    return tuple(
        _item(case, by_source[amount.source], amount, included)
        if amount.charge == ITEM
        else _charge(case, amount, included)
        for amount in case.amounts
    )


def unit_price(amount: Decimal, quantity: Decimal) -> Decimal:
    """The price with six decimals that gives the amount for the quantity, as near as six decimals can."""
    return (amount / quantity).quantize(PRICE, ROUND_HALF_UP) if quantity else Decimal(0)


def _item(case: Case, line: Line, amount: Amount, included: bool) -> SaleLine:
    match = case.items[line.id]
    code, unit, factor = (
        (match.code, match.unit, match.factor) if isinstance(match, ItemMatch) else ("", "", Decimal(1))
    )
    quantity = line.quantity * factor
    value = amount.incl if included else amount.excl
    location = case.location
    return SaleLine(
        kind="item",
        code=code,
        description=shorten(line.name, case.widths["line.description"]),
        quantity=quantity,
        unit=unit,
        unit_price=unit_price(value, quantity),
        amount=value,
        tax_included=included,
        tax_class=_class(case, amount),
        rate=amount.rate,
        location=location if isinstance(location, str) else "",
        source=amount.source,
    )


def _charge(case: Case, amount: Amount, included: bool) -> SaleLine:
    code = case.resolver.charge(amount.charge)
    value = amount.incl if included else amount.excl
    return SaleLine(
        kind="charge",
        code=code if isinstance(code, str) else "",
        description=shorten(amount.name, case.widths["line.description"]),
        quantity=Decimal(1),
        unit="",
        unit_price=value,
        amount=value,
        tax_included=included,
        tax_class=_class(case, amount),
        rate=amount.rate,
        source=amount.source,
    )


def _class(case: Case, amount: Amount) -> int:
    tax_class = case.tax_class(amount)
    return tax_class if isinstance(tax_class, int) else 0

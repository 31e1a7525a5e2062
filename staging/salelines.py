"""The order's amounts as lines of a sale, in the manner in which the company takes its prices."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from connectors.types import ZERO, Line, SaleLine
from mappings.resolve import ItemMatch, Unmapped
from staging import packs
from staging.amounts import ITEM, ROUNDING, Amount
from staging.texts import shorten
from staging.wording import said

if TYPE_CHECKING:
    from staging.checks.case import Case

PRICE = Decimal("0.000001")
"""Sage keeps unit prices with six decimals (sage300.md appendix B)."""


def lines(case: Case, included: bool) -> tuple[SaleLine, ...]:
    """One line per amount (of a pack one per part), with tax in it iff ``included``.

    What has no Sage code yet has the code "" and class 0.
    """
    by_source = {f"line {line.id}": line for line in case.lines}
    return tuple(
        line
        for amount in case.amounts
        for line in (
            _items(case, by_source[amount.source], amount, included)
            if amount.charge == ITEM
            else [_charge(case, amount, included)]
        )
    )


def evened(case: Case, lines: tuple[SaleLine, ...], cents: Decimal) -> tuple[SaleLine, ...]:
    """The lines with so many cents more on the charge for rounding, untaxed; () where the company has none."""
    cents += sum((line.amount for line in lines if line.source == ROUNDING), ZERO)
    amount = Amount(ROUNDING, ROUNDING, ROUNDING, ZERO, cents, cents)
    tax_class = _class(case, amount)
    if isinstance(case.resolver.charge(ROUNDING), Unmapped) or not tax_class or case.sage_rate(tax_class):
        return ()
    others = tuple(line for line in lines if line.source != ROUNDING)
    return (*others, _charge(case, amount, included=False)) if cents else others


def unit_price(amount: Decimal, quantity: Decimal) -> Decimal:
    """The price with six decimals that gives the amount for the quantity, as near as six decimals can."""
    return (amount / quantity).quantize(PRICE, ROUND_HALF_UP) if quantity else Decimal(0)


def _items(case: Case, line: Line, amount: Amount, included: bool) -> list[SaleLine]:
    value = amount.incl if included else amount.excl
    parts = case.parts.get(line.id, ())
    if not parts:
        return [_item(case, line, case.items[line.id], amount, value, included)]
    values = packs.split(value, [part.weight for part in parts], amount.rate, included, case.profile)
    lines = []
    for part, share in zip(parts, values, strict=True):
        name = part.item.record.label if part.item.record else ""  # the shop names the pack alone
        sold = _item(case, line, part.item, amount, share, included, name)
        lines.append(replace(sold, source=packs.source(amount.source, sold.code)))
    return lines


def _item(
    case: Case,
    line: Line,
    match: ItemMatch | Unmapped,
    amount: Amount,
    value: Decimal,
    included: bool,
    name: str = "",
) -> SaleLine:
    code, unit, factor = (
        (match.code, match.unit, match.factor) if isinstance(match, ItemMatch) else ("", "", Decimal(1))
    )
    quantity = line.quantity * factor
    location = case.location
    return SaleLine(
        kind="item",
        code=code,
        description=shorten(name or line.name, case.widths["line.description"]),
        quantity=quantity,
        unit=unit,
        unit_price=unit_price(value, quantity),
        amount=value,
        tax_included=included,
        tax_class=_class(case, amount),
        rate=amount.rate,
        location=location if isinstance(location, str) else "",
        source=amount.source,
        rates=_rates(case, amount),
    )


def _charge(case: Case, amount: Amount, included: bool) -> SaleLine:
    code = case.resolver.charge(amount.charge)
    value = amount.incl if included else amount.excl
    return SaleLine(
        kind="charge",
        code=code if isinstance(code, str) else "",
        description=shorten(said(amount.name), case.widths["line.description"]),
        quantity=Decimal(1),
        unit="",
        unit_price=value,
        amount=value,
        tax_included=included,
        tax_class=_class(case, amount),
        rate=amount.rate,
        source=amount.source,
        rates=_rates(case, amount),
    )


def _rates(case: Case, amount: Amount) -> tuple[Decimal, ...]:
    """The authorities' rates where there are several and together they are the shop's."""
    rates = case.sage_rates(_class(case, amount)) if len(case.authorities) > 1 else ()
    return rates if sum(rates, ZERO) == amount.rate else ()


def _class(case: Case, amount: Amount) -> int:
    tax_class = case.tax_class(amount)
    return tax_class if isinstance(tax_class, int) else 0

"""How Sage works out tax: by line or on the summed document, included in the price or on top of it.

The base of an amount that contains its tax is the rounded quotient and the tax is the rest, as in a captured invoice:
132800 with 16 % inside is 114482.76 and 18317.24 (sage300.md 6.3, formula inferred there from these numbers).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

ROUNDINGS = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "half_down": ROUND_HALF_DOWN}


@dataclass(frozen=True)
class Amount:
    """What one line is taxed on: the amount after discount, and per authority the rate in % and if inside."""

    value: Decimal
    rates: tuple[Decimal, ...]
    included: tuple[bool, ...]


@dataclass(frozen=True)
class Tax:
    """Per authority the base and the tax of one line, at the decimals of the currency."""

    bases: tuple[Decimal, ...]
    taxes: tuple[Decimal, ...]


@dataclass(frozen=True)
class Rules:
    """``by_document``: summed per class before rounding; ``rounding`` is decimal's; ``places`` are the currency's."""

    by_document: bool
    rounding: str
    places: int

    def round(self, value: Decimal) -> Decimal:
        return value.quantize(Decimal(1).scaleb(-self.places), rounding=self.rounding)


def compute(amounts: Sequence[Amount], rules: Rules) -> list[Tax]:
    """The tax of each line, in the order given. On the document the rounded sum is spread over its lines."""
    if not rules.by_document:
        return [_one(amount, rules) for amount in amounts]
    groups: dict[tuple[tuple[Decimal, ...], tuple[bool, ...]], list[int]] = {}
    for index, amount in enumerate(amounts):
        groups.setdefault((amount.rates, amount.included), []).append(index)
    result: dict[int, Tax] = {}
    for (rates, included), members in groups.items():
        values = [amounts[index].value for index in members]
        whole = _one(Amount(sum(values, Decimal(0)), rates, included), rules)
        taxes = [_spread(tax, values, rules) for tax in whole.taxes]
        for place, index in enumerate(members):
            own = tuple(tax[place] for tax in taxes)
            contained = sum((tax for tax, inside in zip(own, included, strict=True) if inside), Decimal(0))
            result[index] = Tax(tuple(values[place] - contained for _ in own), own)
    return [result[index] for index in range(len(amounts))]


def _one(amount: Amount, rules: Rules) -> Tax:
    inside = [index for index, included in enumerate(amount.included) if included]
    share = sum((amount.rates[index] for index in inside), Decimal(0))
    base = rules.round(amount.value / (1 + share / 100)) if inside else amount.value
    taxes = [rules.round(base * rate / 100) for rate in amount.rates]
    if inside:
        # The last included authority takes the rest, so that base and included taxes give back the price.
        rest = sum((taxes[index] for index in inside[:-1]), Decimal(0))
        taxes[inside[-1]] = amount.value - base - rest
    return Tax(tuple(base for _ in amount.rates), tuple(taxes))


def _spread(total: Decimal, values: list[Decimal], rules: Rules) -> list[Decimal]:
    whole = sum(values, Decimal(0))
    parts = [rules.round(total * value / whole) if whole else Decimal(0) for value in values]
    largest = max(range(len(values)), key=lambda index: abs(values[index]))
    parts[largest] += total - sum(parts, Decimal(0))
    return parts

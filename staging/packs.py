"""The price of a pack on its parts: by their weights, to the cent, and taxed together as the pack itself would be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import permutations

from connectors.types import ZERO
from staging import money
from staging.amounts import apportion

FARTHEST = 12
"""Cents that may go from one part to another so that Sage, which rounds each line's tax, comes to the pack's tax."""


def source(of_pack: str, code: str) -> str:
    """The trace of a part to the order: "line 8 A1-104/0"."""
    return f"{of_pack} {code}".strip()


def whole(source: str) -> str:
    """The trace of what a part belongs to: "line 8"; of anything else its own."""
    return " ".join(source.split(" ", 2)[:2])


@dataclass(frozen=True, slots=True)
class _Part:
    """One part's amount, as ``money.predict`` takes it."""

    amount: Decimal
    rate: Decimal
    tax_included: bool


def split(
    price: Decimal, weights: Sequence[Decimal], rate: Decimal, included: bool, profile: money.Profile
) -> list[Decimal]:
    """The parts of a price (with tax in it iff ``included``), in the order of their weights (none below zero).

    They add up to the price; none has another sign; one without weight gets nothing, unless none has any: then all
    weigh the same. Where Sage rounds the tax of each line, cents go from part to part until the parts' tax is that of
    the whole; if none of these fits, the nearest shares stay and the verdict on the order tells the difference.
    """
    heavy = list(weights) if any(weights) else [Decimal(1)] * len(weights)
    whole = sum(heavy, ZERO)
    nearest = apportion([price * weight / whole for weight in heavy], profile.places, price)
    if not profile.per_line:
        return nearest

    def off(parts: list[Decimal]) -> Decimal:
        return abs(_tax(parts, rate, included, profile) - _tax([price], rate, included, profile))

    parts = nearest
    while off(parts):
        better = next((moved for moved in _moved(parts, heavy, profile.cent) if off(moved) < off(parts)), None)
        if better is None:
            return nearest
        parts = better
    return parts


def _tax(amounts: Sequence[Decimal], rate: Decimal, included: bool, profile: money.Profile) -> Decimal:
    return money.tax(money.predict([_Part(amount, rate, included) for amount in amounts], profile))


def _moved(parts: list[Decimal], weights: Sequence[Decimal], cent: Decimal) -> Iterator[list[Decimal]]:
    """The parts with some cents of one given to another, the fewest first; no part changes its sign."""
    heavy = [place for place, weight in enumerate(weights) if weight]
    for cents in range(1, FARTHEST + 1):
        for giver, taker in permutations(heavy, 2):
            moved = list(parts)
            step = cent * cents if sum(parts, ZERO) >= 0 else -cent * cents
            moved[giver] -= step
            moved[taker] += step
            if moved[giver] * step >= 0:
                yield moved

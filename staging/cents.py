"""Whole cents for the shares of vouchers, chosen so that each share's tax is what its rate makes of it.

The shop states what a voucher takes off with and without tax, but not at which rate (prestashop.md E5): of several
rates each gets its proportion, and only the cents of rounding may be put here or there. They are put where the one
amount follows from the other, because no computation of tax could arrive at anything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from itertools import combinations

from connectors.types import ZERO
from staging.discounts import Share

MOST = 6
"""With more shares than this the first choice stays: there are too many ways to put the cents."""


def agreeing(
    shares: Sequence[Share], excl: Sequence[Decimal], incl: Sequence[Decimal], places: int
) -> tuple[list[Decimal], list[Decimal]]:
    """The shares without and with tax: the first choice (``excl``, ``incl``), or one of its sums that agrees better.

    No share is a cent or more from what it exactly is.
    """
    first = (list(excl), list(incl))
    if not 1 < len(shares) <= MOST:
        return first
    cent = Decimal(1).scaleb(-places)
    with_tax = [*_ways([share.incl for share in shares], sum(incl, ZERO), cent)]
    without = [*_ways([share.excl for share in shares], sum(excl, ZERO), cent)]
    rates = [share.rate for share in shares]
    ways = [first, *((net, gross) for gross in with_tax for net in without)]
    return max(ways, key=lambda way: _agreement(way[0], way[1], rates, cent))


def _ways(values: Sequence[Decimal], whole: Decimal, cent: Decimal) -> Iterator[list[Decimal]]:
    """All ways to round each value up or down so that together they are ``whole``."""
    floors = [value.quantize(cent, ROUND_FLOOR) for value in values]
    up = [place for place, value in enumerate(values) if value != floors[place]]
    missing = int((whole - sum(floors, ZERO)) / cent)
    if 0 <= missing <= len(up):
        for raised in combinations(up, missing):
            yield [floor + cent * (place in raised) for place, floor in enumerate(floors)]


def _agreement(
    excl: Sequence[Decimal], incl: Sequence[Decimal], rates: Sequence[Decimal], cent: Decimal
) -> tuple[int, int]:
    """In how many ways of computing tax (taken out of the amount, put on top of it) all shares agree; then how many."""
    taken = [
        net == (gross / (1 + rate / 100)).quantize(cent, ROUND_HALF_UP)
        for net, gross, rate in zip(excl, incl, rates, strict=True)
    ]
    on_top = [
        gross - net == (net * rate / 100).quantize(cent, ROUND_HALF_UP)
        for net, gross, rate in zip(excl, incl, rates, strict=True)
    ]
    return (all(taken) * 2 + all(on_top), sum(taken) + sum(on_top))

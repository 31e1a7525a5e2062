"""Which tax rates a voucher was given on: the shop states it with and without tax only (prestashop.md E5).

An explanation counts only if it reproduces both of the shop's amounts to half a cent; the rest is never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from connectors.types import ZERO, Charge, Discount, Line, ShopOrder

HALF_A_CENT, CENT = Decimal("0.005"), Decimal("0.01")

EXACT = 6
"""Decimals in which the shop keeps a voucher's amounts: what agrees in these is as close as can be."""


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a voucher that lowers one rate; positive, in the order's currency, not rounded."""

    discount: Discount
    rate: Decimal
    excl: Decimal
    incl: Decimal


def taxed_at(charge: Charge) -> Decimal:
    """The rate of a charge in per cent; 0 where it was not taxed, though the carrier has a rate (an export)."""
    return charge.rate if charge.incl != charge.excl else ZERO


def split(discount: Discount, order: ShopOrder, before: Sequence[Share] = ()) -> list[Share] | None:
    """The voucher's shares, None when no explanation fits.

    Tried: the shipping (a free-shipping voucher takes it first), then the rest over all products in proportion to what
    they cost (percentages and amounts on the order: PrestaShop's own way) or to what the vouchers ``before`` it left of
    that, on one rate alone (a voucher on one product
    or several of one rate), or one piece (a gift). Of those that fit the closest is taken: the shop keeps six decimals,
    so that two seldom are as close.
    """
    if not discount.value_incl and not discount.value_excl:
        return []
    explanations = _explanations(discount, order, before)
    found = [(round(off, EXACT), parts) for off, parts in explanations if off <= HALF_A_CENT]
    if not found:
        return None
    _off, best = min(found, key=lambda entry: entry[0])
    return [Share(discount, rate, excl, incl) for rate, excl, incl in best]


_Parts = list[tuple[Decimal, Decimal, Decimal]]
"""Rate, without tax, with tax."""

_Sums = dict[Decimal, tuple[Decimal, Decimal]]
"""By rate: without tax, with tax."""

_Explained = tuple[Decimal, _Parts]
"""How far it is from what the shop states, and the parts."""


def _explanations(discount: Discount, order: ShopOrder, before: Sequence[Share]) -> Iterator[_Explained]:
    if discount.free_shipping:
        rest = (discount.value_excl - order.shipping.excl, discount.value_incl - order.shipping.incl)
        shipping = (taxed_at(order.shipping), order.shipping.excl, order.shipping.incl)
        yield max(abs(rest[0]), abs(rest[1])), [shipping]
        if rest[1] > HALF_A_CENT:
            for off, parts in _on_products(*rest, order, before):
                yield off, [shipping, *parts]
    yield from _on_products(discount.value_excl, discount.value_incl, order, before)


def _on_products(excl: Decimal, incl: Decimal, order: ShopOrder, before: Sequence[Share]) -> Iterator[_Explained]:
    lines: dict[Decimal, list[Line]] = {}
    for line in order.lines:
        lines.setdefault(line.rate, []).append(line)
    sums = {rate: _sum(of_rate) for rate, of_rate in lines.items()}
    left = _left(sums, before)
    yield from _in_proportion(excl, incl, sums)
    if left != sums:
        yield from _in_proportion(excl, incl, left)
    for rate, of_rate in lines.items():
        # The products' own amounts are rounded: a part of them has their ratio, not that of the rate.
        bases = [(Decimal(1), 1 + rate / 100), sums[rate], *(_sum([line]) for line in of_rate)]
        shares = [abs(incl * without / with_tax - excl) for without, with_tax in bases if with_tax]
        if any(_is_piece(line, excl, incl) for line in of_rate):
            shares.append(ZERO)
        yield min(shares), [(rate, excl, incl)]


def _is_piece(line: Line, excl: Decimal, incl: Decimal) -> bool:
    """Whether the voucher is one piece of the line: a gift is stated in whole cents, however the shop rounds."""
    whole = excl == excl.quantize(CENT) and incl == incl.quantize(CENT)
    return whole and abs(line.unit_excl - excl) < CENT and abs(line.unit_incl - incl) < CENT


def _in_proportion(excl: Decimal, incl: Decimal, sums: _Sums) -> Iterator[_Explained]:
    whole = sum((with_tax for _without, with_tax in sums.values()), ZERO)
    if whole > 0:
        parts = [(rate, incl * without / whole, incl * with_tax / whole) for rate, (without, with_tax) in sums.items()]
        yield abs(sum((part[1] for part in parts), ZERO) - excl), parts


def _left(sums: _Sums, before: Sequence[Share]) -> _Sums:
    """What earlier vouchers left of the products at each rate; those of the shipping take nothing off them."""
    left = dict(sums)
    for share in before:
        if share.rate in left and not share.discount.free_shipping:
            without, with_tax = left[share.rate]
            left[share.rate] = (without - share.excl, with_tax - share.incl)
    return left


def _sum(lines: list[Line]) -> tuple[Decimal, Decimal]:
    return sum((line.total_excl for line in lines), ZERO), sum((line.total_incl for line in lines), ZERO)

"""Which tax rates a voucher was given on: the shop states it with and without tax only (prestashop.md E5).

An explanation counts only if it reproduces both of the shop's amounts to half a cent; the rest is never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from connectors.types import ZERO, Charge, Discount, ShopOrder

HALF_A_CENT = Decimal("0.005")


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


def split(discount: Discount, order: ShopOrder) -> list[Share] | None:
    """The voucher's shares, None when no explanation fits.

    Tried in this order: the shipping (a free-shipping voucher takes it first), then the rest over all products in
    proportion to what they cost (percentages and amounts on the order: PrestaShop's own way), then on one rate alone
    (a voucher on one product, a gift). Of those that fit the closest is taken.
    """
    if not discount.value_incl and not discount.value_excl:
        return []
    found = []
    for parts in _explanations(discount, order):
        excl = sum((excl for _rate, excl, _incl in parts), ZERO)
        incl = sum((incl for _rate, _excl, incl in parts), ZERO)
        off = max(abs(excl - discount.value_excl), abs(incl - discount.value_incl))
        if off <= HALF_A_CENT:
            found.append((off, parts))
    if not found:
        return None
    _off, best = min(found, key=lambda entry: entry[0])
    return [Share(discount, rate, excl, incl) for rate, excl, incl in best]


_Parts = list[tuple[Decimal, Decimal, Decimal]]


def _explanations(discount: Discount, order: ShopOrder) -> Iterator[_Parts]:
    if discount.free_shipping:
        shipping = (taxed_at(order.shipping), order.shipping.excl, order.shipping.incl)
        rest = discount.value_incl - order.shipping.incl
        if abs(rest) <= HALF_A_CENT:
            yield [shipping]
        elif rest > 0:
            for parts in _on_products(rest, discount.value_excl - order.shipping.excl, order):
                yield [shipping, *parts]
    yield from _on_products(discount.value_incl, discount.value_excl, order)


def _on_products(incl: Decimal, excl: Decimal, order: ShopOrder) -> Iterator[_Parts]:
    sums: dict[Decimal, tuple[Decimal, Decimal]] = {}
    for line in order.lines:
        without, with_tax = sums.get(line.rate, (ZERO, ZERO))
        sums[line.rate] = (without + line.total_excl, with_tax + line.total_incl)
    whole = sum((with_tax for _without, with_tax in sums.values()), ZERO)
    if whole:
        yield [(rate, incl * without / whole, incl * with_tax / whole) for rate, (without, with_tax) in sums.items()]
    for rate in sums:
        if abs(excl * (1 + rate / 100) - incl) <= HALF_A_CENT:
            yield [(rate, excl, incl)]

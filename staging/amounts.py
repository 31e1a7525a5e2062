"""What an order is made of in money, as the shop booked it: whole cents, one amount per source and tax rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from connectors.types import ZERO, Charge, Discount, Line, ShopOrder
from staging.cents import agreeing
from staging.discounts import Share, split, taxed_at

ITEM = ""
SHIPPING, WRAPPING, DISCOUNT, ROUNDING = "shipping", "wrapping", "discount", "rounding"

UP, DOWN, HALF_UP, HALF_DOWN, HALF_EVEN, HALF_ODD = range(6)
"""PrestaShop's PS_PRICE_ROUND_MODE, as ``ShopOrder.round_mode``; half up is usual."""

MODES = {
    UP: ROUND_CEILING,
    DOWN: ROUND_FLOOR,
    HALF_UP: ROUND_HALF_UP,
    HALF_DOWN: ROUND_HALF_DOWN,
    HALF_EVEN: ROUND_HALF_EVEN,
}

ROUNDS_PIECES, ROUNDS_TOTAL = 1, 3
"""The round types (PS_ROUND_TYPE) of a shop that rounds each piece, and of one that rounds sums only."""


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount of the order, without (``excl``) and with (``incl``) tax, in its currency; negative for a discount.

    ``charge`` is what it becomes in Sage (shipping, wrapping, discount, rounding), "" for an item. ``rate`` is the sum
    of its tax rates in per cent. ``source`` traces it to the order: "line 8", "shipping", "discount 3".
    """

    source: str
    charge: str
    name: str
    rate: Decimal
    excl: Decimal
    incl: Decimal
    rules_group: int = 0


@dataclass(frozen=True, slots=True)
class Booked:
    """All amounts of an order; ``unexplained`` are discounts of which nobody can say which tax they lower.

    ``residual`` is what the shop's stated total has more than its parts (prestashop.md E: 0.01 in 3 of 129 orders).
    """

    amounts: tuple[Amount, ...]
    unexplained: tuple[Discount, ...]
    residual: Decimal

    @property
    def total(self) -> Decimal:
        """The sum of the parts, with tax."""
        return sum((amount.incl for amount in self.amounts), ZERO)


def rounded(value: Decimal, places: int, mode: int = HALF_UP) -> Decimal:
    """As PrestaShop rounds: by default half up, away from zero, in which headers are stated unless set otherwise."""
    cent = Decimal(1).scaleb(-places)
    if mode == HALF_ODD:  # unknown to Decimal: of a half the even neighbour is a cent beside the odd one
        even = value.quantize(cent, ROUND_HALF_EVEN)
        off = value - even
        return even + 2 * off if abs(off) == cent / 2 else even
    return value.quantize(cent, MODES.get(mode, ROUND_HALF_UP))


def apportion(
    values: Sequence[Decimal], places: int, whole: Decimal | None = None, mode: int = HALF_UP
) -> list[Decimal]:
    """Round each value so that together they are ``whole``, by default the rounded sum.

    The missing cents go where rounding cost most.
    """
    parts = [rounded(value, places) for value in values]
    cent = Decimal(1).scaleb(-places)
    left = (rounded(sum(values, ZERO), places, mode) if whole is None else whole) - sum(parts, ZERO)
    step = cent if left > 0 else -cent
    neediest = sorted(range(len(parts)), key=lambda place: (parts[place] - values[place]) * step)
    for place in neediest[: int(abs(left) / cent)]:
        parts[place] += step
    return parts


def book(order: ShopOrder, places: int, by_rate: bool = False) -> Booked:
    """The order's amounts at the currency's decimals.

    Under round type 3 the shop keeps six decimals in its lines and rounds their sum (prestashop.md E): here each rate's
    sum is rounded first, then the lines within it, so that nothing is lost on the way. The shop states no tax per rate
    (E3): ``by_rate``, for a Sage that computes so too, takes it out of the rate's rounded sum once, where that is the
    shop's own tax to the cent; else it follows the lines.
    """
    shares, unexplained = _shares(order)
    amounts = [
        *_items(order, places),
        *_charge(SHIPPING, order.shipping, places),
        *_charge(WRAPPING, order.wrapping, places),
        *_discounts(shares, places, order.round_mode),
    ]
    if by_rate and order.round_type == ROUNDS_TOTAL:
        amounts = _taxed_by_rate(amounts, _exact(order, shares), places)
    residual = rounded(order.totals.paid_incl, places) - sum((amount.incl for amount in amounts), ZERO)
    return Booked(tuple(amounts), tuple(unexplained), residual)


def unrounded(order: ShopOrder, places: int) -> tuple[Decimal, Decimal]:
    """The total without and with tax as the shop computes it: from prices with all their decimals, rounded once.

    A shop that rounds pieces or sums has in its lines what it adds up.
    """
    excl = incl = ZERO
    as_listed = order.round_type in (ROUNDS_PIECES, ROUNDS_TOTAL)
    for line in order.lines:
        excl += line.total_excl if as_listed else line.unit_excl * line.quantity
        incl += line.total_incl if as_listed else line.unit_incl * line.quantity
    for discount in order.discounts:
        excl, incl = excl - discount.value_excl, incl - discount.value_incl
    for charge in (order.shipping, order.wrapping):
        excl, incl = excl + charge.excl, incl + charge.incl
    return rounded(excl, places, order.round_mode), rounded(incl, places, order.round_mode)


def _items(order: ShopOrder, places: int) -> list[Amount]:
    lines = [line for line in order.lines if line.quantity or line.total_incl]
    rates = sorted({line.rate for line in lines})
    excl = _cents(
        lines_by_rate := [[line for line in lines if line.rate == rate] for rate in rates],
        "excl",
        places,
        order.round_mode,
    )
    incl = _cents(lines_by_rate, "incl", places, order.round_mode)
    return [
        Amount(f"line {line.id}", ITEM, line.name, line.rate, excl[line.id], incl[line.id], line.tax_rules_group)
        for line in lines
    ]


def _cents(groups: list[list[Line]], which: str, places: int, mode: int) -> dict[int, Decimal]:
    """Each line's total in cents by line id: first the rates share the rounded total, then the lines their rate's."""
    exact = [[line.total_excl if which == "excl" else line.total_incl for line in group] for group in groups]
    sums = apportion([sum(values, ZERO) for values in exact], places, mode=mode)
    result = {}
    for group, values, whole in zip(groups, exact, sums, strict=True):
        parts = apportion(values, places, whole)
        result.update({line.id: part for line, part in zip(group, parts, strict=True)})
    return result


def _charge(name: str, charge: Charge, places: int) -> list[Amount]:
    if not charge.incl and not charge.excl:
        return []
    excl, incl = rounded(charge.excl, places), rounded(charge.incl, places)
    return [Amount(name, name, name, taxed_at(charge), excl, incl)]


def _exact(order: ShopOrder, shares: list[Share]) -> dict[Decimal, Decimal]:
    """What the shop has without tax at each rate of its products, in all its decimals."""
    sums: dict[Decimal, Decimal] = {}
    for rate, excl in [
        *((line.rate, line.total_excl) for line in order.lines),
        *((taxed_at(charge), charge.excl) for charge in (order.shipping, order.wrapping)),
        *((share.rate, -share.excl) for share in shares),
    ]:
        sums[rate] = sums.get(rate, ZERO) + excl
    return sums


def _taxed_by_rate(amounts: list[Amount], exact: dict[Decimal, Decimal], places: int) -> list[Amount]:
    """The largest item of each rate takes the cent by which its lines differ from the tax of their sum."""
    result = list(amounts)
    for rate, truth in exact.items():
        of_rate = [amount for amount in amounts if amount.rate == rate]
        base = rounded(sum((amount.incl for amount in of_rate), ZERO) / (1 + rate / 100), places)
        cents = base - sum((amount.excl for amount in of_rate), ZERO)
        items = [amount for amount in of_rate if amount.charge == ITEM]
        if cents and items and abs(base - truth) < Decimal(1).scaleb(-places):
            largest = max(items, key=lambda amount: abs(amount.excl))
            result[result.index(largest)] = replace(largest, excl=largest.excl + cents)
    return result


def _shares(order: ShopOrder) -> tuple[list[Share], list[Discount]]:
    shares: list[Share] = []
    unexplained = []
    for discount in order.discounts:
        parts = split(discount, order, shares)
        if parts is None:
            unexplained.append(discount)
        else:
            shares.extend(parts)
    return shares, unexplained


def _discounts(shares: list[Share], places: int, mode: int) -> list[Amount]:
    """Vouchers have six decimals, the header is their rounded sum (prestashop.md E): 129 of 129 orders."""
    excl = apportion([share.excl for share in shares], places, mode=mode)
    incl = apportion([share.incl for share in shares], places, mode=mode)
    excl, incl = agreeing(shares, excl, incl, places)
    return [
        Amount(f"discount {share.discount.id}", DISCOUNT, share.discount.name, share.rate, -without, -with_tax)
        for share, without, with_tax in zip(shares, excl, incl, strict=True)
        if without or with_tax
    ]

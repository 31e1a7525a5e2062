"""How PrestaShop makes an order's figures of a basket: a second reckoning, checked against recorded orders.

From prestashop.md E: unit prices have six decimals; a line's total is rounded by the round type; the header's products
are the lines' rounded sum; vouchers keep six decimals, their header is the rounded sum; the total is made of unrounded
prices (but rounded pieces) and rounded once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from connectors.types import ZERO, Charge, Discount, ShopOrder, TaxRate, Totals

ITEM, LINE, TOTAL = 1, 2, 3
CENT, SIX = Decimal("0.01"), Decimal("0.000001")
MODES = {0: ROUND_CEILING, 1: ROUND_FLOOR, 2: ROUND_HALF_UP, 3: ROUND_HALF_DOWN, 4: ROUND_HALF_EVEN}
HALF_ODD = 5


def rounded(value: Decimal, mode: int) -> Decimal:
    """To cents as the shop is set; a half goes to the odd cent in mode 5."""
    if mode == HALF_ODD:
        down = value.quantize(CENT, ROUND_FLOOR)
        if value - down == CENT / 2:
            return down if int(down * 100) % 2 else down + CENT
        return value.quantize(CENT, ROUND_HALF_UP)
    return value.quantize(CENT, MODES[mode])


def six(value: Decimal) -> Decimal:
    """As order rows keep it."""
    return value.quantize(SIX, ROUND_HALF_UP)


@dataclass(frozen=True)
class Net:
    """Without tax and with it."""

    te: Decimal = ZERO
    ti: Decimal = ZERO

    def __add__(self, other: Net) -> Net:
        return Net(self.te + other.te, self.ti + other.ti)

    def __sub__(self, other: Net) -> Net:
        return Net(self.te - other.te, self.ti - other.ti)

    def times(self, share: Decimal) -> Net:
        """A part of both."""
        return Net(self.te * share, self.ti * share)

    def by(self, mode: int) -> Net:
        """Both in cents."""
        return Net(rounded(self.te, mode), rounded(self.ti, mode))


@dataclass(frozen=True)
class Bought:
    """One product: net unit price with six decimals, rate in per cent."""

    price: Decimal
    rate: Decimal
    quantity: int
    ecotax: Decimal = ZERO

    @property
    def unit(self) -> Net:
        """The price as the row keeps it."""
        return Net(six(self.price), six(six(self.price) * (1 + self.rate / 100)))


@dataclass(frozen=True)
class Voucher:
    """``kind``: percent, amount (``taxed``: given with tax), shipping, or gift; ``only`` limits it to one product."""

    kind: str
    value: Decimal = ZERO
    taxed: bool = True
    only: int | None = None


@dataclass(frozen=True)
class Basket:
    """What is bought and how the shop counts; shipping and wrapping are net and have a rate of their own."""

    bought: tuple[Bought, ...]
    vouchers: tuple[Voucher, ...] = ()
    shipping: Decimal = ZERO
    shipping_rate: Decimal = Decimal(20)
    wrapping: Decimal = ZERO
    round_type: int = LINE
    mode: int = 2


@dataclass
class Made:
    """The order's figures. ``truth`` is what each rate has in all decimals: the shop's own reckoning, unrounded."""

    lines: list[Net]
    values: list[Net]
    products: Net
    discounts: Net
    shipping: Net
    wrapping: Net
    paid: Net
    truth: Mapping[Decimal, Net] = field(default_factory=dict)


def make(basket: Basket) -> Made:
    """All figures of the basket's order."""
    mode = basket.mode
    lines = [_line(each, basket) for each in basket.bought]
    exact = [_exact(each, basket) for each in basket.bought]
    shipping = _charge(basket.shipping, basket)
    wrapping = _charge(basket.wrapping, basket)
    truth: defaultdict[Decimal, Net] = defaultdict(Net)
    for each, line in zip(basket.bought, lines, strict=True):
        truth[each.rate] += line
    truth[basket.shipping_rate] += shipping + wrapping
    left = dict(truth)
    left[basket.shipping_rate] -= shipping + wrapping
    values = []
    for voucher in basket.vouchers:
        value, shares = _voucher(voucher, basket, lines, left, shipping)
        if voucher.kind != "shipping":
            value, shares = _at_most(left, value, shares)
            for rate, share in shares.items():
                left[rate] -= share
        values.append(value)
        for rate, share in shares.items():
            truth[rate] -= share
    paid = (_sum(exact) - _sum(values) + shipping + wrapping).by(mode)
    return Made(
        lines, values, _sum(lines).by(mode), _sum(values).by(mode), shipping, wrapping,
        Net(max(ZERO, paid.te), max(ZERO, paid.ti)), truth,
    )  # fmt: skip


def _line(each: Bought, basket: Basket) -> Net:
    exact = _exact(each, basket)
    return exact if basket.round_type == TOTAL else exact.by(basket.mode)


def _exact(each: Bought, basket: Basket) -> Net:
    unit = each.unit.by(basket.mode) if basket.round_type == ITEM else each.unit
    return unit.times(Decimal(each.quantity))


def _charge(net: Decimal, basket: Basket) -> Net:
    return Net(net, net * (1 + basket.shipping_rate / 100)).by(basket.mode)


def _voucher(
    voucher: Voucher, basket: Basket, lines: list[Net], left: Mapping[Decimal, Net], shipping: Net
) -> tuple[Net, Mapping[Decimal, Net]]:
    """Its value in six decimals, and the part of it that each rate gives."""
    if voucher.kind == "shipping":
        return shipping, {basket.shipping_rate: shipping}
    if voucher.kind == "gift":
        given = basket.bought[voucher.only or 0]
        unit = given.unit.by(basket.mode)
        return unit, {given.rate: unit}
    whole = _sum(left.values())
    base = whole if voucher.only is None else lines[voucher.only]
    if voucher.kind == "percent":
        value = base.times(voucher.value / 100)
    elif voucher.taxed:
        amount = min(voucher.value, base.ti)
        value = Net(amount * base.te / base.ti if base.ti else ZERO, amount)
    else:
        amount = min(voucher.value, base.te)
        value = Net(amount, amount * base.ti / base.te if base.te else ZERO)
    value = Net(six(value.te), six(value.ti))
    if voucher.only is not None:
        return value, {basket.bought[voucher.only].rate: value}
    return value, {rate: net.times(value.ti / whole.ti) for rate, net in left.items()} if whole.ti else {}


def _at_most(
    left: Mapping[Decimal, Net], value: Net, shares: Mapping[Decimal, Net]
) -> tuple[Net, Mapping[Decimal, Net]]:
    """A voucher takes no more than the others leave of the products."""
    whole = _sum(left.values())
    if value.ti <= whole.ti and value.te <= whole.te:
        return value, shares
    return Net(six(whole.te), six(whole.ti)), dict(left)


def _sum(amounts: Iterable[Net]) -> Net:
    return sum(amounts, Net())


def order_of(basket: Basket, like: ShopOrder) -> tuple[ShopOrder, Made]:
    """The basket's order as a shop would tell it; who buys and where it goes is that of another order."""
    made = make(basket)
    lines = tuple(
        replace(
            like.lines[0], id=number, product_id=number, reference="demo_11", quantity=Decimal(each.quantity),
            unit_excl=each.unit.te, unit_incl=each.unit.ti, total_excl=six(total.te), total_incl=six(total.ti),
            taxes=(TaxRate(1, each.rate, ""),) if each.rate else (), ecotax=each.ecotax, customization="",
        )
        for number, (each, total) in enumerate(zip(basket.bought, made.lines, strict=True), 1)
    )  # fmt: skip
    discounts = tuple(
        Discount(number, voucher.kind, six(value.ti), six(value.te), voucher.kind == "shipping")
        for number, (voucher, value) in enumerate(zip(basket.vouchers, made.values, strict=True), 1)
    )
    rate = basket.shipping_rate
    totals = Totals(
        made.products.ti, made.products.te, made.discounts.ti, made.discounts.te, made.paid.ti, made.paid.te, ZERO
    )
    return replace(
        like, lines=lines, discounts=discounts, totals=totals, round_type=basket.round_type, round_mode=basket.mode,
        shipping=Charge(made.shipping.ti, made.shipping.te, rate if made.shipping.te else ZERO),
        wrapping=Charge(made.wrapping.ti, made.wrapping.te, rate if made.wrapping.te else ZERO),
        payments=(), refunds=(), gift=False, gift_message="", note="",
    ), made  # fmt: skip

"""What PrestaShop makes of a basket: unit prices, lines, vouchers and totals by its rounding type and mode.

All amounts are in the order's currency. The rules were found by comparing recorded orders of every rounding type with
their own totals; the cents by which total_paid differs from the sum of its rounded parts come out as recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from .catalogue import Catalogue, Taxes
from .store import Row

ITEM, TOTAL = 1, 3  # PS_ROUND_TYPE; 2 is per line
MODES = {0: ROUND_CEILING, 1: ROUND_DOWN, 2: ROUND_HALF_UP, 3: ROUND_HALF_DOWN, 4: ROUND_HALF_EVEN}
CENT = Decimal("0.01")
SIX = Decimal("0.000001")
ZERO = Decimal(0)


@dataclass(frozen=True)
class Place:
    """Where the order goes, for its taxes, and how the shop counts."""

    country: str
    state: str
    conversion_rate: Decimal
    round_type: int
    round_mode: int

    def rounded(self, amount: Decimal) -> Decimal:
        """To cents, in the shop's mode; a binary half that PHP would see as a half is one here."""
        # Mode 5 (half odd) has no name in decimal: the even neighbour of a half is left by one cent.
        if self.round_mode == 5:
            even = amount.quantize(CENT, ROUND_HALF_EVEN)
            tie = abs(amount - even) == CENT / 2
            return even + (CENT if amount > even else -CENT) if tie else even
        return amount.quantize(CENT, MODES[self.round_mode])


@dataclass(frozen=True)
class Amount:
    """One sum without tax (te) and with tax (ti)."""

    te: Decimal = ZERO
    ti: Decimal = ZERO

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.te + other.te, self.ti + other.ti)


@dataclass(frozen=True)
class Line:
    """One order line. ``total`` is what the line shows, ``exact`` what the order's total_paid is made of."""

    product: Row
    combination: Row | None
    name: str
    reference: str
    quantity: int
    taxes: Taxes
    original: Decimal
    unit: Amount
    total: Amount
    exact: Amount
    ecotax: Decimal
    ecotax_rate: Decimal
    reduction: Row | None
    customization: int = 0


@dataclass(frozen=True)
class Discount:
    """What one voucher took off, in up to six decimals as order_cart_rules keeps it."""

    rule: Row
    value: Amount
    free_shipping: bool


@dataclass(frozen=True)
class Basket:
    """The order's totals, rounded as stored."""

    lines: tuple[Line, ...]
    discounts: tuple[Discount, ...]
    products: Amount
    shipping: Amount
    shipping_taxes: Taxes
    wrapping: Amount
    discount: Amount
    paid: Amount


def make_line(catalogue: Catalogue, place: Place, asked: dict[str, object], language: str) -> Line:
    """A line from ``reference`` (or product and combination ids), ``quantity`` and perhaps a net ``price``."""
    product_id, combination_id = _sought(catalogue, asked)
    product = catalogue.rows["products"][product_id]
    combination = catalogue.rows["combinations"].get(combination_id)
    quantity = int(str(asked.get("quantity", 1)))
    taxes = catalogue.taxes(str(product["id_tax_rules_group"]), place.country, place.state)
    factor = 1 + taxes.rate / 100
    ecotax_group = catalogue.setting("PS_ECOTAX_TAX_RULES_GROUP_ID", "0")
    original = _list_price(product, combination, place)
    reduction = catalogue.specific_price(product_id, quantity)
    if "price" in asked:
        original, reduction = _six(Decimal(str(asked["price"]))), None
    unit_te = _six(_reduced(original, reduction, factor, place)) if reduction else original
    unit_ti = _six(unit_te * factor)
    exact = Amount(unit_te * quantity, unit_ti * quantity)
    if place.round_type == ITEM:
        exact = Amount(place.rounded(unit_te) * quantity, place.rounded(unit_ti) * quantity)
    stored = place.rounded if place.round_type != TOTAL else _six
    return Line(
        product=product,
        combination=combination,
        name=str(asked.get("name") or catalogue.product_name(product_id, combination_id, language)),
        reference=str(asked.get("shown_reference") or (combination or product)["reference"] or product["reference"]),
        quantity=quantity,
        taxes=taxes,
        original=original,
        unit=Amount(unit_te, unit_ti),
        total=Amount(stored(exact.te), stored(exact.ti)),
        exact=exact,
        ecotax=Decimal(product["ecotax"]) * place.conversion_rate,
        ecotax_rate=catalogue.taxes(ecotax_group, place.country, place.state).rate,
        reduction=reduction,
        customization=int(str(asked.get("customization", 0))),
    )


def _list_price(product: Row, combination: Row | None, place: Place) -> Decimal:
    """Net, in the order's currency, with the ecotax that is part of it, before any reduction."""
    net = Decimal(product["price"]) + Decimal(combination["price"] if combination else 0)
    return _six((net + Decimal(product["ecotax"])) * place.conversion_rate)


def _six(amount: Decimal) -> Decimal:
    return amount.quantize(SIX, ROUND_HALF_UP)


def _sought(catalogue: Catalogue, asked: dict[str, object]) -> tuple[int, int]:
    if "product" in asked:
        return int(str(asked["product"])), int(str(asked.get("combination", 0)))
    reference = str(asked["reference"])
    if reference not in catalogue.by_reference:
        raise KeyError(f"No product has the reference {reference}; add one or name another.")
    return catalogue.by_reference[reference]


def _reduced(price: Decimal, reduction: Row, factor: Decimal, place: Place) -> Decimal:
    by = Decimal(reduction["reduction"])
    if reduction["reduction_type"] == "percentage":
        return price * (1 - by)
    by *= place.conversion_rate
    return price - (by / factor if str(reduction["reduction_tax"]) == "1" else by)


def make_basket(
    lines: list[Line],
    vouchers: list[Row],
    shipping_te: Decimal,
    shipping_taxes: Taxes,
    wrapping: Amount,
    place: Place,
) -> Basket:
    """The totals PrestaShop stores for these lines, vouchers, shipping (net) and wrapping."""
    shipping = Amount(place.rounded(shipping_te), place.rounded(shipping_te * (1 + shipping_taxes.rate / 100)))
    stored = sum((line.total for line in lines), Amount())
    exact = sum((line.exact for line in lines), Amount())
    discounts = make_discounts(lines, vouchers, stored, shipping, place)
    taken = sum((each.value for each in discounts), Amount())
    discount = Amount(place.rounded(taken.te), place.rounded(taken.ti))
    paid = Amount(
        max(ZERO, place.rounded(exact.te - taken.te + shipping.te + wrapping.te)),
        max(ZERO, place.rounded(exact.ti - taken.ti + shipping.ti + wrapping.ti)),
    )
    products = Amount(place.rounded(stored.te), place.rounded(stored.ti))
    return Basket(tuple(lines), tuple(discounts), products, shipping, shipping_taxes, wrapping, discount, paid)


def make_discounts(
    lines: list[Line], vouchers: list[Row], stored: Amount, shipping: Amount, place: Place
) -> list[Discount]:
    """Each voucher's value; amounts never take off more than the products that are left."""
    found: list[Discount] = []
    for rule in vouchers:
        taken = sum((each.value for each in found if not each.free_shipping), Amount())
        left = Amount(stored.te - taken.te, stored.ti - taken.ti)
        found.append(Discount(rule, _value(rule, lines, left, shipping, place), str(rule["free_shipping"]) == "1"))
    return found


def _value(rule: Row, lines: list[Line], left: Amount, shipping: Amount, place: Place) -> Amount:
    if str(rule["free_shipping"]) == "1":
        return shipping
    gift = int(rule["gift_product"])
    if gift:
        given = next((line for line in lines if line.product["id"] == gift), None)
        return Amount(place.rounded(given.unit.te), place.rounded(given.unit.ti)) if given else Amount()
    base = left
    only = int(rule["reduction_product"])
    if only > 0:
        own = [line for line in lines if line.product["id"] == only]
        base = sum((line.total for line in own), Amount())
    percent = Decimal(rule["reduction_percent"]) / 100
    if percent:
        return Amount(_six(base.te * percent), _six(base.ti * percent))
    amount = Decimal(rule["reduction_amount"]) * place.conversion_rate
    ratio = base.ti / base.te if base.te else Decimal(1)
    if str(rule["reduction_tax"]) == "1":
        amount = min(amount, base.ti)
        return Amount(_six(amount / ratio), _six(amount))
    amount = min(amount, base.te)
    return Amount(_six(amount), _six(amount * ratio))

"""The second reckoning of PrestaShop's rounding is true: it makes the figures of every recorded order."""

from __future__ import annotations

import json
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from connectors.prestashop.orders import read_order
from connectors.sandbox.prestashop import DATASET
from connectors.types import ZERO, Raw, ShopOrder
from tests.connectors.shop_cases import CASES, case_raws
from tests.money.prestashop import Basket, Bought, Net, Voucher, make

CENT = Decimal("0.01")

RULES = {rule["id"]: rule for rule in json.loads((DATASET / "cart_rules.json").read_text())["cart_rules"]}


@pytest.mark.parametrize("name", CASES)
def test_it_makes_the_figures_of_a_recorded_order(name: str) -> None:
    raws = case_raws("8.2", name)
    order = read_order(raws, ZoneInfo("Europe/Paris"))
    made = make(basket_of(order, [raw for raw in raws if raw.resource == "order_cart_rules"]))
    assert made.lines == [Net(line.total_excl, line.total_incl) for line in order.lines]
    assert made.products == Net(order.totals.products_excl, order.totals.products_incl)
    assert made.values == [Net(voucher.value_excl, voucher.value_incl) for voucher in order.discounts]
    assert made.discounts == Net(order.totals.discounts_excl, order.totals.discounts_incl)
    assert made.paid.ti == order.totals.paid_incl
    edited = CENT if name == "edited_add_product" else ZERO  # the back office adds up rounded parts
    assert abs(made.paid.te - order.totals.paid_excl) <= edited
    assert abs(sum((net.ti for net in made.truth.values()), ZERO) - made.paid.ti) <= 2 * CENT


def basket_of(order: ShopOrder, applied: list[Raw]) -> Basket:
    """What must have lain in the basket."""
    products = [line.product_id for line in order.lines]
    return Basket(
        bought=tuple(Bought(line.unit_excl, line.rate, int(line.quantity), line.ecotax) for line in order.lines),
        vouchers=tuple(_voucher(int(raw.data["id_cart_rule"]), products) for raw in applied),
        shipping=order.shipping.excl,
        shipping_rate=order.shipping.rate if order.shipping.incl != order.shipping.excl else ZERO,
        wrapping=order.wrapping.excl,
        round_type=order.round_type,
        mode=order.round_mode,
    )


def _voucher(rule_id: int, products: list[int]) -> Voucher:
    rule = RULES[rule_id]
    if rule["free_shipping"] == "1":
        return Voucher("shipping")
    if rule["gift_product"] != "0":
        return Voucher("gift", only=products.index(int(rule["gift_product"])))
    only = products.index(int(rule["reduction_product"])) if rule["reduction_product"] != "0" else None
    if percent := Decimal(rule["reduction_percent"]):
        return Voucher("percent", percent, only=only)
    return Voucher("amount", Decimal(rule["reduction_amount"]), rule["reduction_tax"] == "1", only)

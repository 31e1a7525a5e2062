"""The small rows around an order: history, carrier, vouchers, invoice, payment and cart, as PrestaShop writes them."""

from __future__ import annotations

import json
from decimal import Decimal

from .basket import Basket, Discount
from .clock import ZERO_DATE
from .order_rows import Numbers, money
from .store import Row

FROM_ORDER = (
    "id_address_delivery",
    "id_address_invoice",
    "id_currency",
    "id_customer",
    "id_lang",
    "id_shop_group",
    "id_shop",
    "id_carrier",
    "recyclable",
    "gift",
    "gift_message",
    "mobile_theme",
    "secure_key",
)
ON_INVOICE = (
    "total_products",
    "total_products_wt",
    "total_shipping_tax_excl",
    "total_shipping_tax_incl",
    "total_wrapping_tax_excl",
    "total_wrapping_tax_incl",
    "total_paid_tax_excl",
    "total_paid_tax_incl",
)
CARD = ("card_number", "card_brand", "card_expiration", "card_holder")


def history_row(numbers: Numbers, order_id: int, state: str, now: str) -> Row:
    """One status of an order."""
    return {
        "id": numbers.next("order_histories"),
        "id_employee": "0",
        "id_order_state": state,
        "id_order": str(order_id),
        "date_add": now,
    }


def carrier_row(numbers: Numbers, order: Row, basket: Basket, invoice: int) -> Row:
    """How a shipped order goes and what that costs."""
    weight = sum((Decimal(line.product["weight"]) * line.quantity for line in basket.lines), Decimal(0))
    return {
        "id": numbers.next("order_carriers"),
        "id_order": str(order["id"]),
        "id_carrier": order["id_carrier"],
        "id_order_invoice": str(invoice),
        "weight": money(weight),
        "shipping_cost_tax_excl": money(basket.shipping.te),
        "shipping_cost_tax_incl": money(basket.shipping.ti),
        "tracking_number": "",
        "date_add": order["date_add"],
    }


def cart_rule_row(numbers: Numbers, order: Row, discount: Discount, invoice: int) -> Row:
    """One voucher on an order: its name (not its code) and what it took off."""
    name = discount.rule["name"]
    return {
        "id": numbers.next("order_cart_rules"),
        "id_order": str(order["id"]),
        "id_cart_rule": str(discount.rule["id"]),
        "id_order_invoice": str(invoice),
        "name": name if isinstance(name, str) else name[0]["value"],
        "value": money(discount.value.ti),
        "value_tax_excl": money(discount.value.te),
        "free_shipping": str(int(discount.free_shipping)),
        "deleted": "0",
    }


def invoice_row(invoice: int, order: Row, shop_name: str) -> Row:
    """The invoice with the order's totals."""
    return {
        "id": invoice,
        "id_order": str(order["id"]),
        "number": order["invoice_number"],
        "delivery_number": "0",
        "delivery_date": ZERO_DATE,
        "total_discount_tax_excl": order["total_discounts_tax_excl"],
        "total_discount_tax_incl": order["total_discounts_tax_incl"],
        **{name: order[name] for name in ON_INVOICE},
        "shipping_tax_computation_method": "0",
        "shop_address": shop_name,
        "note": "",
        "date_add": order["invoice_date"],
    }


def payment_row(numbers: Numbers, order: Row, amount: Decimal, now: str, transaction_id: str = "") -> Row:
    """Money on an order's reference; its rate is 1 also in a foreign currency, as recorded."""
    return {
        "id": numbers.next("order_payments"),
        "order_reference": order["reference"],
        "id_currency": order["id_currency"],
        "amount": money(amount),
        "payment_method": order["payment"],
        "conversion_rate": "1.000000",
        "transaction_id": transaction_id,
        **dict.fromkeys(CARD, ""),
        "date_add": now,
        "id_employee": "",
    }


def cart_row(order: Row, basket: Basket) -> Row:
    """The cart the order was made from."""
    option = {order["id_address_delivery"]: f"{order['id_carrier']},"}
    rows = [
        {
            "id_product": str(line.product["id"]),
            "id_product_attribute": str(line.combination["id"]) if line.combination else "0",
            "id_address_delivery": order["id_address_delivery"],
            "id_customization": str(line.customization),
            "quantity": str(line.quantity),
        }
        for line in basket.lines
    ]
    return {
        "id": int(order["id_cart"]),
        "id_guest": "0",
        **{name: order[name] for name in FROM_ORDER},
        "delivery_option": json.dumps(option, separators=(",", ":")),
        "allow_seperated_package": "0",
        "date_add": order["date_add"],
        "date_upd": order["date_add"],
        "associations": {"cart_rows": rows},
    }

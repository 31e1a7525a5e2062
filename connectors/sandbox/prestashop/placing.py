"""A new order in the sandbox shop: from a short description to the rows PrestaShop would write for it."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .attached_rows import carrier_row, cart_row, cart_rule_row, history_row, invoice_row, payment_row
from .basket import CENT, Amount, Basket, Place, make_basket, make_line
from .catalogue import Catalogue, Taxes
from .clock import ZERO_DATE
from .order_rows import Numbers, Written, detail_rows, money, order_row
from .store import Row

# Module: what the customer sees as the payment, and the state its orders start in.
PAYMENTS = {
    "ps_wirepayment": ("Wire payment", 10),
    "ps_checkpayment": ("Payments by check", 1),
    "ps_cashondelivery": ("Cash on delivery (COD)", 13),
    "paypal": ("PayPal", 2),
    "stripe_official": ("Card via Stripe", 2),
}
PAYMENT_ERROR = 8


@dataclass(frozen=True)
class NewOrder:
    """What a customer buys. Amounts are in the order's currency; texts are as the shop would store them.

    ``lines``: dicts with ``reference`` (or ``product`` and ``combination`` ids), ``quantity``, and optionally ``price``
    (net unit price), ``name``, ``customization``. ``vouchers``: codes (or names) of the shop's cart rules.
    ``state`` defaults to what the payment module starts with; in a paid state the money is booked, unless ``paid`` says
    how much came (a wrong amount gives the state "Payment error", as in the shop). ``date`` is shop-local text.
    """

    lines: list[dict[str, Any]]
    customer: int = 3
    address: int | None = None
    invoice_address: int | None = None
    module: str = "ps_wirepayment"
    payment: str | None = None
    state: int | None = None
    carrier: int = 2
    shipping: Decimal = Decimal(7)
    vouchers: list[str] = field(default_factory=list)
    currency: int = 1
    language: int | None = None
    gift_wrap: bool = False
    gift_message: str = ""
    note: str = ""
    paid: Decimal | None = None
    transaction_id: str = ""
    date: str | None = None
    reference: str | None = None
    round_type: int | None = None
    round_mode: int | None = None


def random_reference(rng: random.Random) -> str:
    """Nine capital letters, as PrestaShop draws them."""
    return "".join(rng.choices(string.ascii_uppercase, k=9))


@dataclass(frozen=True)
class Buyer:
    """The customer and the two addresses of an order."""

    customer: Row
    delivery: Row
    invoice: Row


def find_buyer(catalogue: Catalogue, order: NewOrder) -> Buyer:
    """The rows of customer and addresses; the customer's first address if none is named."""
    if order.customer not in catalogue.rows["customers"]:
        raise KeyError(f"customers {order.customer} is not in the sandbox shop")
    own = catalogue.addresses_of(order.customer)
    if order.address is None and not own:
        raise KeyError(f"Customer {order.customer} has no address; name one.")
    addresses = catalogue.rows["addresses"]
    delivery = order.address if order.address is not None else own[0]
    invoice = order.invoice_address if order.invoice_address is not None else delivery
    return Buyer(catalogue.rows["customers"][order.customer], addresses[delivery], addresses[invoice])


def find_place(catalogue: Catalogue, order: NewOrder, buyer: Buyer) -> Place:
    """Taxes go by the delivery address; rounding by the shop's settings unless the order says otherwise."""
    return Place(
        country=str(buyer.delivery["id_country"]),
        state=str(buyer.delivery["id_state"]),
        conversion_rate=Decimal(catalogue.rows["currencies"][order.currency]["conversion_rate"]),
        round_type=order.round_type or int(catalogue.setting("PS_ROUND_TYPE", "2")),
        round_mode=order.round_mode
        if order.round_mode is not None
        else int(catalogue.setting("PS_PRICE_ROUND_MODE", "2")),
    )


def fill_basket(catalogue: Catalogue, order: NewOrder, place: Place, language: str) -> Basket:
    """The order's basket with shipping and wrapping as the shop charges them."""
    lines = [make_line(catalogue, place, each, language) for each in order.lines]
    virtual = all(str(line.product["is_virtual"]) == "1" for line in lines)
    carrier = catalogue.rows["carriers"].get(order.carrier)
    free = virtual or carrier is None or str(carrier["is_free"]) == "1"
    shipping = Decimal(0) if free else Decimal(str(order.shipping)) * place.conversion_rate
    taxes = Taxes()
    if carrier is not None and not virtual:
        taxes = catalogue.taxes(str(carrier["id_tax_rules_group"]), place.country, place.state)
    wrapping = Amount()
    if order.gift_wrap:
        net = Decimal(catalogue.setting("PS_GIFT_WRAPPING_PRICE", "0")) * place.conversion_rate
        group = catalogue.setting("PS_GIFT_WRAPPING_TAX_RULES_GROUP", "0")
        rate = catalogue.taxes(group, place.country, place.state).rate
        wrapping = Amount(place.rounded(net), place.rounded(net * (1 + rate / 100)))
    return make_basket(lines, find_vouchers(catalogue, order.vouchers), shipping, taxes, wrapping, place)


def find_vouchers(catalogue: Catalogue, names: list[str]) -> list[Row]:
    """Cart rules by code or by name."""
    found = []
    for name in names:
        rules = catalogue.rows["cart_rules"].values()
        rule = next((each for each in rules if name in (each["code"], each["name"][0]["value"])), None)
        if rule is None:
            raise KeyError(f"No voucher has the code {name}; use one of the shop's cart rules.")
        found.append(rule)
    return found


def write_order(catalogue: Catalogue, numbers: Numbers, order: NewOrder, now: str, rng: random.Random) -> Written:
    """All rows of a new order; nothing is stored yet."""
    buyer = find_buyer(catalogue, order)
    place = find_place(catalogue, order, buyer)
    language = str(order.language or buyer.customer["id_lang"])
    basket = fill_basket(catalogue, order, place, language)
    state, amount = _state_and_money(catalogue, order, basket)
    written = Written(numbers.next("orders"), now, order.reference or random_reference(rng))
    invoice = numbers.next("order_invoices") if str(state["invoice"]) == "1" else 0
    row = order_row(written, buyer.customer, basket, place)
    row.update(
        id_address_delivery=str(buyer.delivery["id"]),
        id_address_invoice=str(buyer.invoice["id"]),
        id_cart=str(numbers.next("carts")),
        id_currency=str(order.currency),
        id_lang=language,
        id_carrier=str(order.carrier) if _is_shipped(basket) else "0",
        current_state=str(state["id"]),
        module=order.module,
        payment=order.payment or PAYMENTS.get(order.module, (order.module, 0))[0],
        valid=str(state["logable"]),
        gift=str(int(order.gift_wrap)),
        gift_message=order.gift_message,
        note=order.note,
        shipping_number="" if _is_shipped(basket) else None,
        total_paid_real=money(amount),
        invoice_number=str(numbers.next("number") if invoice else 0),
        invoice_date=now if invoice else ZERO_DATE,
    )
    written.add("orders", row)
    for detail in detail_rows(written, numbers, basket, invoice):
        written.add("order_details", detail)
    _add_attached(catalogue, numbers, written, row, basket, invoice)
    if amount:
        written.add("order_payments", payment_row(numbers, row, amount, now, order.transaction_id))
    return written


def _state_and_money(catalogue: Catalogue, order: NewOrder, basket: Basket) -> tuple[Row, Decimal]:
    """The state the order starts in, and what was paid: a wrong amount makes it a payment error."""
    states = catalogue.rows["order_states"]
    state = states[order.state or PAYMENTS.get(order.module, (order.module, 2))[1]]
    if order.paid is None:
        return state, basket.paid.ti if str(state["paid"]) == "1" else Decimal(0)
    amount = Decimal(str(order.paid))
    return state if amount.quantize(CENT) == basket.paid.ti else states[PAYMENT_ERROR], amount


def _is_shipped(basket: Basket) -> bool:
    return any(str(line.product["is_virtual"]) != "1" for line in basket.lines)


def _add_attached(
    catalogue: Catalogue, numbers: Numbers, written: Written, order: Row, basket: Basket, invoice: int
) -> None:
    """History, carrier, vouchers, invoice and cart of the order."""
    written.add("order_histories", history_row(numbers, written.order_id, order["current_state"], written.now))
    if _is_shipped(basket):
        written.add("order_carriers", carrier_row(numbers, order, basket, invoice))
    for discount in basket.discounts:
        written.add("order_cart_rules", cart_rule_row(numbers, order, discount, invoice))
    if invoice:
        written.add("order_invoices", invoice_row(invoice, order, catalogue.shop_name))
    written.add("carts", cart_row(order, basket))

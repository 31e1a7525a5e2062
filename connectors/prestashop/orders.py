"""Raw objects of the shop in, one ShopOrder out; pure, exact, and strict about what matters.

Not in the webservice and therefore [inferred], all of it here:

* A state is ``paid`` and ``shipped`` by the flags of the order state, whatever its name or id (pains.md 46). It is
  ``delivered``, ``cancelled`` or ``error`` when its id is the one that the shop's configuration names for it
  (PS_OS_DELIVERED, PS_OS_CANCELED, PS_OS_ERROR), else PrestaShop's own 5, 6 and 8. A state of one's own that means
  "cancelled" cannot be recognised; it is simply not paid.
* The VAT rate of gift wrapping is nowhere: the rate among those of the order that explains the two amounts, else
  their quotient (``wrapping_rate``).
* An object that has no raw in the snapshot is gone from the shop (customer, product, combination, carrier).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from connectors.errors import Rejected
from connectors.prestashop.fields import Fields, Objects, by_resource
from connectors.prestashop.lines import read_line
from connectors.prestashop.people import read_buyer, read_parties
from connectors.types import (
    ZERO,
    Carrier,
    Charge,
    Discount,
    Payment,
    Raw,
    Refund,
    RefundLine,
    ShopOrder,
    State,
    Totals,
)
from connectors.words import words

CENT = Decimal("0.01")

# PrestaShop's installer numbers these states so; the configuration names others if the shop changed them.
INSTALLED_STATES = {"PS_OS_DELIVERED": "5", "PS_OS_CANCELED": "6", "PS_OS_ERROR": "8"}


def read_order(raws: Iterable[Raw], zone: ZoneInfo) -> ShopOrder:
    """The order in a snapshot's raws. Raises Rejected, with a place and what to do, and nothing else."""
    objects = by_resource(raws)
    if len(objects["orders"]) != 1:
        raise Rejected(
            words(
                "The shop's answer does not hold exactly one order. Look at the order in the shop, then check it again."
            ),
            place="orders",
        )
    [(number, order)] = objects["orders"].items()
    settings = objects["configurations"].get(0, Fields(Raw("configurations", 0, {})))
    language = settings.text("PS_LANG_DEFAULT")
    placed_at = order.moment("date_add", zone)
    invoice_to, deliver_to = read_parties(order, objects)
    lines = tuple(
        line
        for _, detail in sorted(objects["order_details"].items())
        if (line := read_line(detail, objects, language)) is not None
    )
    shipping = _charge(order, "shipping", order.rate("carrier_tax_rate"))
    wrapping = _charge(order, "wrapping", ZERO)
    rates = {shipping.rate, *(line.rate for line in lines)}
    return ShopOrder(
        id=number,
        reference=order.text("reference", required=True),
        placed_at=placed_at,
        changed_at=order.moment("date_upd", zone, instead=placed_at),
        order_date=order.day("date_add"),
        state=read_state(order, objects, settings, language),
        currency=read_currency(order, objects),
        rate=order.exchange_rate("conversion_rate"),
        round_type=order.whole("round_type", most=9),
        round_mode=order.whole("round_mode", most=9),
        buyer=read_buyer(order, objects, invoice_to, language),
        invoice_to=invoice_to,
        deliver_to=deliver_to,
        lines=lines,
        discounts=tuple(_discounts(objects)),
        shipping=shipping,
        wrapping=Charge(wrapping.incl, wrapping.excl, wrapping_rate(wrapping, rates)),
        totals=_totals(order),
        payments=tuple(
            _payment(payment_id, row, objects, zone, placed_at)
            for payment_id, row in sorted(objects["order_payments"].items())
        ),
        refunds=tuple(_refund(slip_id, row, zone, placed_at) for slip_id, row in sorted(objects["order_slip"].items())),
        module=order.text("module", required=True),
        payment_name=order.text("payment"),
        carrier=_carrier(order, objects),
        gift=order.flag("gift"),
        gift_message=order.text("gift_message", lines=True),
        note=order.text("note", lines=True),
        invoice_number=order.whole("invoice_number"),
        siblings=tuple(row.whole("id") for fields in objects["siblings"].values() for row in fields.several("orders")),
    )


def wrapping_rate(charge: Charge, rates: Iterable[Decimal]) -> Decimal:
    """The rate in per cent that leads from the amount without tax to the one with tax [inferred].

    Known rates first, the highest that fits to the cent; else the quotient, rounded to a tenth of a per cent.
    """
    if charge.incl == charge.excl or charge.excl == 0:
        return ZERO
    for rate in sorted(set(rates), reverse=True):
        if abs(charge.excl * (1 + rate / 100) - charge.incl) < CENT:
            return rate
    return ((charge.incl / charge.excl - 1) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)


def _charge(order: Fields, name: str, rate: Decimal) -> Charge:
    return Charge(order.amount(f"total_{name}_tax_incl"), order.amount(f"total_{name}_tax_excl"), rate)


def _totals(order: Fields) -> Totals:
    return Totals(
        products_incl=order.amount("total_products_wt"),
        products_excl=order.amount("total_products"),
        discounts_incl=order.amount("total_discounts_tax_incl"),
        discounts_excl=order.amount("total_discounts_tax_excl"),
        paid_incl=order.amount("total_paid_tax_incl"),
        paid_excl=order.amount("total_paid_tax_excl"),
        paid_real=order.amount("total_paid_real"),
    )


def _discounts(objects: Objects) -> Iterable[Discount]:
    """The vouchers on the order; one taken off again in the back office stays as a row marked deleted."""
    for rule_id, row in sorted(objects["order_cart_rules"].items()):
        if not row.flag("deleted"):
            yield Discount(
                id=rule_id,
                name=row.text("name"),
                value_incl=row.amount("value"),
                value_excl=row.amount("value_tax_excl"),
                free_shipping=row.flag("free_shipping"),
            )


def _payment(number: int, row: Fields, objects: Objects, zone: ZoneInfo, placed_at: datetime) -> Payment:
    return Payment(
        id=number,
        method=row.text("payment_method"),
        amount=row.amount("amount"),
        currency=read_currency(row, objects),
        rate=row.exchange_rate("conversion_rate"),
        transaction_id=row.text("transaction_id"),
        at=row.moment("date_add", zone, instead=placed_at),
    )


def _refund(number: int, row: Fields, zone: ZoneInfo, placed_at: datetime) -> Refund:
    return Refund(
        id=number,
        amount=row.amount("amount"),
        products_excl=row.amount("total_products_tax_excl"),
        products_incl=row.amount("total_products_tax_incl"),
        shipping_excl=row.amount("total_shipping_tax_excl"),
        shipping_incl=row.amount("total_shipping_tax_incl"),
        rate=row.exchange_rate("conversion_rate"),
        at=row.moment("date_add", zone, instead=placed_at),
        lines=tuple(
            RefundLine(
                line_id=line.whole("id_order_detail"),
                quantity=line.quantity("product_quantity"),
                excl=line.amount("amount_tax_excl"),
                incl=line.amount("amount_tax_incl"),
            )
            for line in row.several("order_slip_details")
        ),
    )


def read_state(order: Fields, objects: Objects, settings: Fields, language: str) -> State:
    """The state by its flags; a state that the shop no longer has says nothing, so nothing counts as paid."""
    number = order.reference_to("current_state")
    row = objects["order_states"].get(number)
    named = {name: settings.text(name) or default for name, default in INSTALLED_STATES.items()}
    return State(
        id=number,
        name=row.in_language("name", language) if row else "",
        paid=row is not None and row.flag("paid"),
        shipped=row is not None and row.flag("shipped"),
        delivered=named["PS_OS_DELIVERED"] == str(number),
        cancelled=named["PS_OS_CANCELED"] == str(number),
        error=named["PS_OS_ERROR"] == str(number),
    )


def read_currency(row: Fields, objects: Objects) -> str:
    """The ISO code of a row's currency; Rejected when the shop no longer has it."""
    number = row.whole("id_currency")
    currency = objects["currencies"].get(number)
    if currency is None:
        raise row.wrong("id_currency", words("is %(value)s, a currency that the shop no longer has", value=number))
    return currency.text("iso_code", required=True).upper()


def _carrier(order: Fields, objects: Objects) -> Carrier | None:
    """The carrier, None for a virtual order; one that is gone keeps its id in its name (prestashop.md A12)."""
    number = order.reference_to("id_carrier")
    if not number:
        return None
    row = objects["carriers"].get(number)
    if row is None:
        return Carrier(number, 0, f"({number}, deleted)")
    return Carrier(number, row.reference_to("id_reference"), row.text("name"))

"""The two big rows of an order, orders and order_details, and the counters their ids come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .basket import Basket, Line, Place
from .clock import ZERO_DATE
from .store import Row, Store

IN_ROWS = (
    "product_quantity",
    "product_name",
    "product_reference",
    "product_ean13",
    "product_isbn",
    "product_upc",
    "product_price",
    "id_customization",
    "unit_price_tax_incl",
    "unit_price_tax_excl",
)


def money(amount: Decimal) -> str:
    """An amount as the database shows it: six decimals."""
    return f"{amount:.6f}"


class Numbers:
    """Next ids per resource (and next invoice and delivery numbers), read once and counted on."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._last: dict[str, int] = {}

    def next(self, name: str) -> int:
        """The next id of a resource; ``number`` is the next invoice number, ``delivery`` the next delivery number."""
        if name not in self._last:
            sources = {"number": ("order_invoices", "number"), "delivery": ("order_invoices", "delivery_number")}
            self._last[name] = self.store.next_id(*sources.get(name, (name, "id"))) - 1
        self._last[name] += 1
        return self._last[name]


@dataclass
class Written:
    """The rows of one order on their way into the store."""

    order_id: int
    now: str
    reference: str
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, resource: str, row: Row) -> None:
        """One more row."""
        self.rows.setdefault(resource, []).append(row)


def order_row(written: Written, customer: Row, basket: Basket, place: Place) -> Row:
    """The orders row with its money; the rest is filled in by the caller."""
    return {
        "id": written.order_id,
        "id_customer": str(customer["id"]),
        "delivery_number": "0",
        "delivery_date": ZERO_DATE,
        "date_add": written.now,
        "date_upd": written.now,
        "id_shop_group": "1",
        "id_shop": "1",
        "secure_key": customer["secure_key"],
        "recyclable": "0",
        "mobile_theme": "0",
        "total_discounts": money(basket.discount.ti),
        "total_discounts_tax_incl": money(basket.discount.ti),
        "total_discounts_tax_excl": money(basket.discount.te),
        "total_paid": money(basket.paid.ti),
        "total_paid_tax_incl": money(basket.paid.ti),
        "total_paid_tax_excl": money(basket.paid.te),
        "total_products": money(basket.products.te),
        "total_products_wt": money(basket.products.ti),
        "total_shipping": money(basket.shipping.ti),
        "total_shipping_tax_incl": money(basket.shipping.ti),
        "total_shipping_tax_excl": money(basket.shipping.te),
        "carrier_tax_rate": f"{basket.shipping_taxes.rate:.3f}",
        "total_wrapping": money(basket.wrapping.ti),
        "total_wrapping_tax_incl": money(basket.wrapping.ti),
        "total_wrapping_tax_excl": money(basket.wrapping.te),
        "round_mode": str(place.round_mode),
        "round_type": str(place.round_type),
        "conversion_rate": money(place.conversion_rate),
        "reference": written.reference,
    }


def detail_rows(written: Written, numbers: Numbers, basket: Basket, invoice: int) -> list[Row]:
    """One order_details row per line; the order's own order_rows are filled from them."""
    details = [_detail(written, numbers, line, invoice) for line in basket.lines]
    written.rows["orders"][0]["associations"] = {"order_rows": [order_line(each) for each in details]}
    return details


def order_line(detail: Row) -> dict[str, Any]:
    """The part of an order_details row that /orders shows in order_rows."""
    first = {"id": str(detail["id"]), "product_id": detail["product_id"]}
    first["product_attribute_id"] = detail["product_attribute_id"]
    return first | {name: detail[name] for name in IN_ROWS}


def _detail(written: Written, numbers: Numbers, line: Line, invoice: int) -> Row:
    product = line.product
    own = line.combination or product
    percentage = line.reduction is not None and line.reduction["reduction_type"] == "percentage"
    percent = Decimal(line.reduction["reduction"]) * 100 if line.reduction and percentage else Decimal(0)
    off_te = line.original - line.unit.te if line.reduction and not percentage else Decimal(0)
    off_ti = off_te * (1 + line.taxes.rate / 100)
    row = {
        "id": numbers.next("order_details"),
        "id_order": str(written.order_id),
        "product_id": str(product["id"]),
        "product_attribute_id": str(line.combination["id"]) if line.combination else "0",
        "group_reduction": "0.00",
        "discount_quantity_applied": "1" if line.reduction and int(line.reduction["from_quantity"]) > 1 else "0",
        "download_hash": "",
        "download_deadline": ZERO_DATE,
        "id_order_invoice": str(invoice),
        "id_shop": "1",
        "id_customization": str(line.customization),
        "product_name": line.name,
        "product_quantity": str(line.quantity),
        "product_quantity_in_stock": str(line.quantity),
        "product_price": money(line.unit.te if percentage else line.original - off_te),
        "reduction_percent": f"{percent:.2f}",
        "reduction_amount": money(off_ti),
        "reduction_amount_tax_incl": money(off_ti),
        "reduction_amount_tax_excl": money(off_te),
        "product_ean13": own["ean13"],
        "product_isbn": own["isbn"],
        "product_upc": own["upc"],
        "product_mpn": own["mpn"],
        "product_reference": line.reference,
        "product_supplier_reference": own["supplier_reference"],
        "product_weight": product["weight"],
        "id_tax_rules_group": str(product["id_tax_rules_group"]),
        "ecotax": money(line.ecotax),
        "ecotax_tax_rate": f"{line.ecotax_rate:.3f}",
        "unit_price_tax_incl": money(line.unit.ti),
        "unit_price_tax_excl": money(line.unit.te),
        "total_price_tax_incl": money(line.total.ti),
        "total_price_tax_excl": money(line.total.te),
        "original_product_price": money(line.original),
        "original_wholesale_price": product["wholesale_price"],
        "purchase_supplier_price": product["wholesale_price"],
    }
    row |= dict.fromkeys(("product_quantity_reinjected", "id_warehouse", "product_quantity_return"), "0")
    row |= dict.fromkeys(("product_quantity_refunded", "tax_computation_method", "download_nb"), "0")
    nothing = ("total_shipping_price_tax_excl", "total_shipping_price_tax_incl", "product_quantity_discount")
    row |= dict.fromkeys((*nothing, "total_refunded_tax_excl", "total_refunded_tax_incl"), money(Decimal(0)))
    if line.taxes.ids:
        row["associations"] = {"taxes": [{"id": each} for each in line.taxes.ids]}
    return row

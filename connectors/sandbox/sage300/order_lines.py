"""Lines of an order: what is ordered and shipped of an item, or a charge."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .books import Books
from .entry import fill, optional_fields
from .lines import Line, Names
from .models_oe import ORDER_DETAIL
from .wire import Entity, field_invalid, general


class LineEntry:
    """Adds lines to one order, in the order they come."""

    def __init__(self, books: Books, order: Entity) -> None:
        self.books, self.order = books, order

    def add(self, body: Any) -> None:
        """Enter one line. Refusals are FieldInvalid or General in the product's words."""
        number = len(self.order["OrderDetails"]) + 1
        line = ORDER_DETAIL.new()
        entry = _OrderLine(self.books, self.order, line)
        entry.start(number)
        line["ExpectedShipmentDate"] = self.order["ExpectedShipDate"]
        fill(self.books, ORDER_DETAIL, line, body, entry.triggers() | {
            "QuantityOrdered": entry.ordered, "QuantityShipped": entry.shipped,
            "OrderDetailOptionalFields": entry.optional_fields,
        })  # fmt: skip
        entry.check()
        entry.place(number)
        self.order["OrderDetails"].append(line)


class _OrderLine(Line):
    names = Names(
        currency="OrderSourceCurrency", unit="OrderUnitOfMeasure", factor="OrderUnitConversion",
        price="OrderUnitPrice", pricing_unit="PricingUnitOfMeasure", amount="ExtendedAmount",
    )  # fmt: skip

    def ordered(self, quantity: Decimal) -> None:
        if quantity < 0:
            raise field_invalid("Quantity ordered cannot be less than zero.")
        self.line.update(OriginalQuantityOrdered=quantity, QuantityCommitted=Decimal("0.0000"))

    def shipped(self, quantity: Decimal) -> None:
        if not 0 <= quantity <= self.line["QuantityOrdered"]:
            raise field_invalid("Quantity shipped cannot be greater than quantity ordered.")

    def optional_fields(self, rows: list[Any]) -> None:
        name = "OrderDetailOptionalFields"
        self.line[name] = optional_fields(self.books, name, "OrderDetailOptionalField", rows)

    def check(self) -> None:
        super().check()
        if self.line["QuantityShipped"] and self.needs_numbers():
            raise general(f"Serial or lot numbers of item {self.line['Item']} must be given for the quantity shipped.")

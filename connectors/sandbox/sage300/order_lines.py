"""Lines of an order: an item or a charge brings its defaults, what follows in the body overrides them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .books import Books, unformatted
from .entry import fill, optional_fields
from .models_oe import ORDER_DETAIL
from .wire import Entity, field_invalid, general

_SIX = Decimal("0.000001")


class LineEntry:
    """Adds lines to one order, in the order they come."""

    def __init__(self, books: Books, order: Entity) -> None:
        self.books, self.order = books, order

    def add(self, body: Any) -> None:
        """Enter one line. Refusals are FieldInvalid or General in the product's words."""
        number = len(self.order["OrderDetails"]) + 1
        line = ORDER_DETAIL.new()
        line.update(LineNumber=32 * number, DetailNumber=number, PriceList=self.order["DefaultPriceListCode"])
        line.update(Location=self.order["DefaultLocationCode"], ExpectedShipmentDate=self.order["ExpectedShipDate"])
        self._tax_authorities(line)
        entry = _Line(self.books, self.order, line)
        fill(self.books, ORDER_DETAIL, line, body, {
            "LineType": entry.line_type, "Item": entry.item, "UnformattedItemNumber": entry.item,
            "MiscellaneousChargesCode": entry.charge, "Location": entry.location, "PriceList": entry.price_list,
            "OrderUnitOfMeasure": entry.order_unit, "PricingUnitOfMeasure": entry.pricing_unit,
            "QuantityOrdered": entry.ordered, "QuantityShipped": entry.shipped, "PriceOverride": entry.price_override,
            "OrderUnitPrice": entry.order_price, "PricingUnitPrice": entry.pricing_price,
            "OrderDetailOptionalFields": entry.optional_fields,
            **{f"TaxIncluded{number}": entry.tax_included(number) for number in range(1, 6)},
        })  # fmt: skip
        entry.check()
        # Positions are Sage's own, whatever was sent.
        line.update(LineNumber=32 * number, DetailNumber=number)
        self.order["OrderDetails"].append(line)

    def _tax_authorities(self, line: Entity) -> None:
        for number in range(1, 6):
            authority = self.order[f"TaxAuthority{number}"]
            line[f"TaxAuthority{number}"] = authority
            line[f"TaxIncluded{number}"] = bool(authority) and authority in self.books.options["tax_included"]
            line[f"TaxClass{number}"] = 1 if authority else 0


class _Line:
    """One line being entered; each method is what a property triggers."""

    def __init__(self, books: Books, order: Entity, line: Entity) -> None:
        self.books, self.order, self.line = books, order, line
        self.record: Entity = {}

    def line_type(self, _kind: str) -> None:
        self.line.update(Item="", UnformattedItemNumber="", MiscellaneousChargesCode="")

    def item(self, number: str) -> None:
        key = unformatted(number)
        item = self.books.require(
            "IC/ICItems", key, text=f"Item number {number} does not exist. Quantity on backorder has been increased."
        )
        if self.books.item_inactive(item):
            raise field_invalid(f"Item number {number} is inactive.")
        if not item["Sellable"]:
            raise field_invalid(f"Item number {number} is not sellable.")
        self.record = item
        unit = item["StockingUnitOfMeasure"]
        self.line.update(
            LineType="Item", Item=item["ItemNumber"], UnformattedItemNumber=key, Description=item["Description"],
            Category=item["Category"], StockItem=item["StockItem"], OrderUnitOfMeasure=unit, PricingUnitOfMeasure=unit,
            OrderUnitConversion=self._factor(unit), PricingUnitConversion=self._factor(unit),
            KitBOMNumber=item["DefaultKitNumber"] if item["KittingItem"] else "",
        )  # fmt: skip
        classes = {row["TaxAuthority"]: row["SalesTaxClass"] for row in item["ItemTaxAuthorities"]}
        self._classes(classes)
        self._price_from_list()

    def charge(self, code: str) -> None:
        record = self.books.require(
            "OE/OEMiscellaneousCharges", self.order["OrderSourceCurrency"], code,
            text="Cannot find the specified miscellaneous charge.",
        )  # fmt: skip
        self.line.update(LineType="Miscellaneous", Description=record["Description"], ExtendedAmount=record["Amount"])
        self.line.update(Location="", PriceList="")
        self._classes({row["Authority"]: row["SalesTaxClass"] for row in record["MiscellaneousChargeTaxes"]})

    def _classes(self, classes: dict[str, int]) -> None:
        for number in range(1, 6):
            if authority := self.line[f"TaxAuthority{number}"]:
                self.line[f"TaxClass{number}"] = classes.get(authority, 1)

    def location(self, code: str) -> None:
        if self.line["LineType"] == "Item":
            self.books.require("IC/ICLocations", code, text="Cannot find the specified location.")

    def price_list(self, code: str) -> None:
        self.books.require("IC/ICPriceListCodes", code, text="Cannot find the specified price list.")
        self._price_from_list()

    def order_unit(self, unit: str) -> None:
        self.line["OrderUnitConversion"] = self._factor(unit)
        self._price_from_list()

    def pricing_unit(self, unit: str) -> None:
        self.line["PricingUnitConversion"] = self._factor(unit)
        self._price_from_list()

    def ordered(self, quantity: Decimal) -> None:
        if quantity < 0:
            raise field_invalid("Quantity ordered cannot be less than zero.")
        self.line.update(OriginalQuantityOrdered=quantity, QuantityCommitted=Decimal("0.0000"))

    def shipped(self, quantity: Decimal) -> None:
        if not 0 <= quantity <= self.line["QuantityOrdered"]:
            raise field_invalid("Quantity shipped cannot be greater than quantity ordered.")

    def price_override(self, override: bool) -> None:
        if not override:
            self._price_from_list()

    def pricing_price(self, price: Decimal) -> None:
        ratio = self.line["OrderUnitConversion"] / (self.line["PricingUnitConversion"] or 1)
        self.line.update(PriceOverride=True, OrderUnitPrice=(price * ratio).quantize(_SIX))

    def order_price(self, price: Decimal) -> None:
        ratio = self.line["PricingUnitConversion"] / (self.line["OrderUnitConversion"] or 1)
        self.line.update(PriceOverride=True, PricingUnitPrice=(price * ratio).quantize(_SIX))

    def optional_fields(self, rows: list[Any]) -> None:
        name = "OrderDetailOptionalFields"
        self.line[name] = optional_fields(self.books, name, "OrderDetailOptionalField", rows)

    def tax_included(self, number: int) -> Any:
        def check(included: bool) -> None:
            record = self.books.get("TX/TXTaxAuthorities", self.line[f"TaxAuthority{number}"])
            if included and record is not None and record["AllowTaxInPrice"] == "No":
                raise field_invalid(f"Tax authority {record['TaxAuthority']} does not allow tax in the price.")

        return check

    def check(self) -> None:
        line = self.line
        if line["LineType"] == "Miscellaneous":
            if not line["MiscellaneousChargesCode"]:
                raise general("Select an item or miscellaneous charge.")
            return
        if not line["Item"]:
            raise general("Select an item or miscellaneous charge.")
        if not line["Location"]:
            raise field_invalid("Cannot find the specified location.")
        if line["QuantityShipped"] and (self.record["SerialNumbers"] or self.record["LotNumbers"]):
            raise general(f"Serial or lot numbers of item {line['Item']} must be given for the quantity shipped.")

    def _factor(self, unit: str) -> Decimal:
        for row in self.record.get("ItemUnitsOfMeasure", ()):
            if row["UnitOfMeasure"] == unit:
                factor: Decimal = row["ConversionFactor"]
                return factor
        raise field_invalid("Cannot find the specified unit of measure.")

    def _price_from_list(self) -> None:
        """Price of the item in the document's currency from the line's price list; 0 if it has none there."""
        line = self.line
        if not self.record or line["PriceOverride"]:
            return
        place = (self.order["OrderSourceCurrency"], line["UnformattedItemNumber"], line["PriceList"])
        record = self.books.get("IC/ICItemPricing", *place)
        price = _unit_price(record) if record else Decimal("0.000000")
        line["PricingUnitPrice"] = (price * line["PricingUnitConversion"]).quantize(_SIX)
        line["PricingBaseUnitPrice"] = price
        line["OrderUnitPrice"] = (price * line["OrderUnitConversion"]).quantize(_SIX)


def _unit_price(record: Entity) -> Decimal:
    """BasePrice, or where that is 0 the price of the default unit among the details (sage300.md 8)."""
    if record["BasePrice"]:
        return Decimal(record["BasePrice"])
    prices = [row["UnitPrice"] for row in record["ItemPricingDetails"] if row["DefaultUnit"]]
    return Decimal(prices[0]) if prices else Decimal("0.000000")

"""A line of an order or a credit note: an item or a charge brings its defaults, what follows in the body overrides."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .books import Books, unformatted
from .entry import Trigger
from .wire import Entity, field_invalid, general

_SIX = Decimal("0.000001")


@dataclass(frozen=True)
class Names:
    """What a kind of document calls the same things: its currency in the header, the others on the line."""

    currency: str
    unit: str
    factor: str
    price: str
    pricing_unit: str
    amount: str


class Line:
    """One line being entered; each method is what a property triggers.

    An empty item or charge code triggers nothing: the product's own sample sends both on one line (sage300.md 9).
    """

    names: Names

    def __init__(self, books: Books, document: Entity, line: Entity) -> None:
        self.books, self.document, self.line = books, document, line
        self.record: Entity = {}

    def triggers(self) -> dict[str, Trigger]:
        """What the properties set off that every kind of line has."""
        return {
            "LineType": self.line_type, "Item": self.item, "UnformattedItemNumber": self.item,
            "MiscellaneousChargesCode": self.charge, "Location": self.location, "PriceList": self.price_list,
            self.names.unit: self.unit, self.names.pricing_unit: self.pricing_unit,
            "PriceOverride": self.price_override, self.names.price: self.price, "PricingUnitPrice": self.pricing_price,
            **{f"TaxIncluded{number}": self.tax_included(number) for number in range(1, 6)},
        }  # fmt: skip

    def start(self, number: int) -> None:
        """Position, location and price list of the header, and its tax authorities."""
        document, line = self.document, self.line
        self.place(number)
        line.update(PriceList=document["DefaultPriceListCode"], Location=document["DefaultLocationCode"])
        for each in range(1, 6):
            authority = document[f"TaxAuthority{each}"]
            line[f"TaxAuthority{each}"] = authority
            line[f"TaxIncluded{each}"] = bool(authority) and authority in self.books.options["tax_included"]
            line[f"TaxClass{each}"] = 1 if authority else 0

    def place(self, number: int) -> None:
        """Positions are Sage's own, whatever was sent."""
        self.line.update(LineNumber=32 * number, DetailNumber=number)

    def line_type(self, _kind: str) -> None:
        self.line.update(Item="", UnformattedItemNumber="", MiscellaneousChargesCode="")

    def item(self, number: str) -> None:
        if not number:
            return
        key = unformatted(number)
        item = self.books.require(
            "IC/ICItems", key, text=f"Item number {number} does not exist. Quantity on backorder has been increased."
        )
        if self.books.item_inactive(item):
            raise field_invalid(f"Item number {number} is inactive.")
        if not item["Sellable"]:
            raise field_invalid(f"Item number {number} is not sellable.")
        self.record = item
        unit, names = item["StockingUnitOfMeasure"], self.names
        self.line.update({
            "LineType": "Item", "Item": item["ItemNumber"], "UnformattedItemNumber": key,
            "Description": item["Description"], "Category": item["Category"], "StockItem": item["StockItem"],
            names.unit: unit, names.pricing_unit: unit,
            names.factor: self._factor(unit), "PricingUnitConversion": self._factor(unit),
            "KitBOMNumber": item["DefaultKitNumber"] if item["KittingItem"] else "",
        })  # fmt: skip
        self._classes({row["TaxAuthority"]: row["SalesTaxClass"] for row in item["ItemTaxAuthorities"]})
        self._price_from_list()

    def charge(self, code: str) -> None:
        if not code:
            return
        record = self.books.require(
            "OE/OEMiscellaneousCharges", self.document[self.names.currency], code,
            text="Cannot find the specified miscellaneous charge.",
        )  # fmt: skip
        self.line.update({"LineType": "Miscellaneous", "Description": record["Description"]})
        self.line.update({self.names.amount: record["Amount"], "Location": "", "PriceList": ""})
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

    def unit(self, unit: str) -> None:
        self.line[self.names.factor] = self._factor(unit)
        self._price_from_list()

    def pricing_unit(self, unit: str) -> None:
        self.line["PricingUnitConversion"] = self._factor(unit)
        self._price_from_list()

    def price_override(self, override: bool) -> None:
        if not override:
            self._price_from_list()

    def pricing_price(self, price: Decimal) -> None:
        ratio = self.line[self.names.factor] / (self.line["PricingUnitConversion"] or 1)
        self.line.update({"PriceOverride": True, self.names.price: (price * ratio).quantize(_SIX)})

    def price(self, price: Decimal) -> None:
        ratio = self.line["PricingUnitConversion"] / (self.line[self.names.factor] or 1)
        self.line.update(PriceOverride=True, PricingUnitPrice=(price * ratio).quantize(_SIX))

    def tax_included(self, number: int) -> Trigger:
        def check(included: Any) -> None:
            record = self.books.get("TX/TXTaxAuthorities", self.line[f"TaxAuthority{number}"])
            if included and record is not None and record["AllowTaxInPrice"] == "No":
                raise field_invalid(f"Tax authority {record['TaxAuthority']} does not allow tax in the price.")

        return check

    def check(self) -> None:
        """After the last property: the line must say what it is about, and an item where it lies."""
        line = self.line
        if not line["MiscellaneousChargesCode" if line["LineType"] == "Miscellaneous" else "Item"]:
            raise general("Select an item or miscellaneous charge.")
        if line["LineType"] == "Item" and not line["Location"]:
            raise field_invalid("Cannot find the specified location.")

    def needs_numbers(self) -> bool:
        """Whether each piece of the item has a serial or lot number, which the shop does not know."""
        return bool(self.record) and bool(self.record["SerialNumbers"] or self.record["LotNumbers"])

    def _factor(self, unit: str) -> Decimal:
        for row in self.record.get("ItemUnitsOfMeasure", ()):
            if row["UnitOfMeasure"] == unit:
                factor: Decimal = row["ConversionFactor"]
                return factor
        raise field_invalid("Cannot find the specified unit of measure.")

    def _price_from_list(self) -> None:
        """Price of the item in the document's currency from the line's price list; 0 if it has none there."""
        line, names = self.line, self.names
        if not self.record or line["PriceOverride"]:
            return
        place = (self.document[names.currency], line["UnformattedItemNumber"], line["PriceList"])
        record = self.books.get("IC/ICItemPricing", *place)
        price = _unit_price(record) if record else Decimal("0.000000")
        line["PricingUnitPrice"] = (price * line["PricingUnitConversion"]).quantize(_SIX)
        line["PricingBaseUnitPrice"] = price
        line[names.price] = (price * line[names.factor]).quantize(_SIX)


def _unit_price(record: Entity) -> Decimal:
    """BasePrice, or where that is 0 the price of the default unit among the details (sage300.md 8)."""
    if record["BasePrice"]:
        return Decimal(record["BasePrice"])
    prices = [row["UnitPrice"] for row in record["ItemPricingDetails"] if row["DefaultUnit"]]
    return Decimal(prices[0]) if prices else Decimal("0.000000")

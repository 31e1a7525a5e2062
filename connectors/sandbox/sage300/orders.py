"""An order as Sage takes it: header properties in their order with their defaults, lines, totals, shipment, invoice.

The words of refusals are those of sage-failures.md 2; where none is known the text is [inferred] and plain.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from .books import Books
from .entry import fill, optional_fields
from .fiscal import period_of
from .models_oe import ORDER
from .order_lines import LineEntry
from .order_totals import put_tax_group, total_up
from .resources import RESOURCES
from .shipping import ship_and_invoice
from .wire import Entity, SageError, field_invalid, general, invalid_payload, loads, stored_day

NEW = ("", "*** NEW ***")
_BILL_TO = {
    "BillToName": "CustomerName", "BillToAddressLine1": "AddressLine1", "BillToAddressLine2": "AddressLine2",
    "BillToAddressLine3": "AddressLine3", "BillToAddressLine4": "AddressLine4", "BillToCity": "City",
    "BillToStateProvince": "StateProvince", "BillToZipPostalCode": "ZipPostalCode", "BillToCountry": "Country",
    "BillToPhoneNumber": "PhoneNumber", "BillToFaxNumber": "FaxNumber", "BillToContact": "ContactName",
    "BillToEmail": "Email", "BillToContactPhone": "ContactsPhone", "BillToContactEmail": "ContactsEmail",
}  # fmt: skip
_SHIP_TO = {name.replace("BillTo", "ShipTo"): source for name, source in _BILL_TO.items()}


def create_order(books: Books, body: Any) -> str:
    """Insert one order with all it brings along, inside the caller's transaction; the stored entity's JSON."""
    return OrderEntry(books).create(body)


class OrderEntry:
    """One order being entered: the entity grows as properties come in, warnings are collected on the way."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.order = ORDER.new()
        self.warnings: list[str] = []
        self._lines = LineEntry(books, self.order)
        today = stored_day(datetime.now(UTC).date())
        self.order.update(OrderDate=today, PostingDate=today, OrderHomeCurrency=books.profile["FunctionalCurrency"])

    def create(self, body: Any) -> str:
        if not isinstance(body, dict):
            raise invalid_payload("The body must be one object.")
        fill(self.books, ORDER, self.order, body, {
            "OrderNumber": self._number, "CustomerNumber": self._customer, "ShipToLocationCode": self._ship_to,
            "TaxGroup": self._tax_group, "TermsCode": self._terms, "ShipViaCode": self._ship_via,
            "DefaultPriceListCode": self._price_list, "DefaultLocationCode": self._location,
            "OrderSourceCurrency": self._currency, "OrderDate": self._order_date, "OrderDetails": self._details,
            "OrderOptionalFields": self._optional_fields,
        })  # fmt: skip
        if not self.order["CustomerNumber"]:
            raise self._no_customer()
        return self._finish()

    # Header properties, each with what it brings along

    def _number(self, number: str) -> None:
        if number not in NEW and self.books.with_word("OE/OEOrders", "OrderNumber", number):
            code = self.books.options["duplicate_code"]
            raise SageError(
                409, code, f"Document {number} already exists. Specify a document number that is not in use."
            )

    def _customer(self, number: str) -> None:
        if self.order["OrderDetails"]:
            raise general("You cannot change to a customer with a different tax group after entering details.")
        customer = self.books.require("AR/ARCustomers", number, text=f"Customer {number} does not exist.")
        if customer["Status"] == "Inactive":
            raise field_invalid(
                f"You cannot create quotes or orders for Customer {number}, because this customer is inactive."
            )
        if customer["OnHold"] == "Yes" and self.books.options["on_hold"] == "refuse":
            raise field_invalid(f"Customer {number} is on hold.")
        order = self.order
        order.update({name: customer[source] for name, source in (_BILL_TO | _SHIP_TO).items()})
        order.update(
            CustomerGroupCode=customer["GroupCode"], Territory=customer["TerritoryCode"], TermsCode=customer["Terms"],
            CustomerDiscountLevel=customer["CustomerDiscountType"], DefaultPriceListCode=customer["CustomerPriceList"],
            FreeOnBoardPoint=customer["FreeOnBoard"], OrderSourceCurrency=customer["CurrencyCode"],
            ShipToLocationCode="",
            DefaultLocationCode=customer["InventoryLocation"] or order["DefaultLocationCode"],
        )  # fmt: skip
        self._ship_via(customer["ShipViaCode"])
        self._tax_group(customer["TaxGroup"], customer)
        for number_ in range(1, 6):
            order[f"Salesperson{number_}"] = customer[f"Salesperson{number_}"]
            order[f"SalesPercentage{number_}"] = customer[f"SalesSplitPercentage{number_}"]
        if customer["PrimaryShipToLocation"]:
            order["ShipToLocationCode"] = customer["PrimaryShipToLocation"]
            self._ship_to(customer["PrimaryShipToLocation"])

    def _ship_to(self, code: str) -> None:
        if not code:
            return
        place = self.books.require(
            "AR/ARShipToLocations",
            self.order["CustomerNumber"],
            code,
            text=f"Cannot find the specified ship-to location {code}.",
        )
        sources = _SHIP_TO | {"ShipToName": "Description"}
        self.order.update({name: place[source] for name, source in sources.items()})
        if place["ShipViaCode"]:
            self._ship_via(place["ShipViaCode"])
        if place["CustomerPriceList"]:
            self.order["DefaultPriceListCode"] = place["CustomerPriceList"]
        if place["InventoryLocation"]:
            self.order["DefaultLocationCode"] = place["InventoryLocation"]
        if place["TaxGroup"]:
            self._tax_group(place["TaxGroup"], place)

    def _tax_group(self, code: str, holder: Entity | None = None) -> None:
        put_tax_group(self.books, self.order, code, holder)

    def _terms(self, code: str) -> None:
        self.books.require("AR/ARTerms", code, text="Invalid Input. The terms code does not exist.")

    def _ship_via(self, code: str) -> None:
        self.order["ShipViaCode"] = code
        if code:
            record = self.books.require(
                "OE/OEShipViaCodes", code, text="Invalid Input. The ship-via code does not exist."
            )
            self.order["ShipViaCodeDescription"] = record["Name"]
        else:
            self.order["ShipViaCodeDescription"] = ""

    def _price_list(self, code: str) -> None:
        self.books.require("IC/ICPriceListCodes", code, text="Cannot find the specified price list.")

    def _location(self, code: str) -> None:
        self.books.require("IC/ICLocations", code, text="Cannot find the specified location.")

    def _currency(self, code: str) -> None:
        customer = self.books.get("AR/ARCustomers", self.order["CustomerNumber"])
        if customer is None:
            raise self._no_customer()
        if code != customer["CurrencyCode"]:
            raise field_invalid(
                f"Document currency {code} differs from the currency {customer['CurrencyCode']} of customer "
                f"{customer['CustomerNumber']}."
            )

    def _order_date(self, day: str | None) -> None:
        if day is None:
            raise field_invalid("Invalid Input. The order date does not exist.")
        self.order["PostingDate"] = day

    def _optional_fields(self, rows: list[Any]) -> None:
        self.order["OrderOptionalFields"] = optional_fields(
            self.books, "OrderOptionalFields", "OrderOptionalField", rows
        )

    def _details(self, rows: list[Any]) -> None:
        if not self.order["CustomerNumber"]:
            raise self._no_customer()
        for row in rows:
            self._lines.add(row)

    @staticmethod
    def _no_customer() -> SageError:
        return field_invalid(
            "Before entering order information, enter a customer number for a new order or select an existing order "
            "number."
        )

    # After the last property

    def _finish(self) -> str:
        books, order = self.books, self.order
        order["OrderFiscalYear"], order["OrderFiscalPeriod"] = period_of(books, order["OrderDate"])
        order["ExpectedShipDate"] = order["ExpectedShipDate"] or order["OrderDate"]
        self._exchange_rate()
        if order["OrderNumber"] in NEW:
            order["OrderNumber"] = books.document_number("order", ("OE/OEOrders", "OrderNumber"))
        order["OrderUniquifier"] = 1000 + books.store.next_number(books.company, "uniquifier")
        order["EnteredBy"] = books.user
        total_up(books, order)
        self._credit()
        self._duplicate_po()
        ship_and_invoice(books, order, self.warnings)
        order["Warnings"] = [warning(text) for text in self.warnings]
        for name in ("OrderDetails", "OrderOptionalFields"):
            for row in order[name]:
                row["OrderUniquifier"] = order["OrderUniquifier"]
        return books.put("OE/OEOrders", order)

    def _exchange_rate(self) -> None:
        order = self.order
        source, home = order["OrderSourceCurrency"], order["OrderHomeCurrency"]
        if source == home:
            order.update(OrderRate=Decimal("1.0000000"), OrderRateDate=order["OrderDate"])
        elif not order["OrderRate"]:
            rate = rate_for(self.books, home, source, order["OrderDate"])
            order.update(OrderRate=rate["Rate"], OrderRateDate=rate["RateDate"], OrderRateType=rate["RateType"])
        order.update(OrderRateDateMatching=3, OrderRateOperator=1)

    def _credit(self) -> None:
        """The customer's limit against balance and this order; held or let through as the company has decided."""
        customer = self.books.get("AR/ARCustomers", self.order["CustomerNumber"]) or {}
        if customer["OnHold"] == "Yes" and self.books.options["on_hold"] == "hold":
            self.order["OnHold"] = True
            self.warnings.append(f"Customer {customer['CustomerNumber']} is on hold.")
        choice, limit = self.books.options["credit_limit"], customer["CreditLimitCustomerCurrency"]
        owed = customer["BalanceDueInCustomerCurrency"] + self.order["OrderTotal"]
        if choice == "ignore" or customer["CheckCreditLimit"] != "Yes" or owed <= limit:
            return
        self.order["OverCreditLimit"] = True
        if choice == "refuse":
            raise general("Credit limit exceeded for this customer.")
        self.warnings.append("Warning! Credit limit exceeded for this customer.")
        if choice == "hold":
            self.order["OnHold"] = True

    def _duplicate_po(self) -> None:
        po, books = self.order["PurchaseOrderNumber"], self.books
        customer = books.get("AR/ARCustomers", self.order["CustomerNumber"])
        if not po or customer is None or customer["CheckForDuplicatePOs"] != "Yes":
            return
        if books.with_word("OE/OEOrders", "PurchaseOrderNumber", po):
            text = f"Purchase order number {po} has already been used for this customer."
            if books.options["duplicate_po"] == "refuse":
                raise general(text)
            self.warnings.append(text)


def warning(text: str) -> Entity:
    return {"Message": text, "Priority": 1, "PriorityString": "Warning", "Tag": ""}


def rate_for(books: Books, home: str, source: str, day: str) -> Entity:
    """The rate of a currency on a day: the latest one not after it, at most a year old."""
    table = books.get("CS/CSCurrencyRates", home, books.profile["DefaultRateType"])
    oldest = stored_day(date.fromisoformat(day[:10]) - timedelta(days=366))
    rates = [
        row for row in (table["CurrencyRateDetail"] if table else [])
        if row["FromCurrency"] == source and oldest <= row["RateDate"] <= day
    ]  # fmt: skip
    if not rates:
        raise field_invalid("There are no exchange rates for this currency.")
    latest: Entity = max(rates, key=lambda row: row["RateDate"])
    return latest


def order_by_number(books: Books, number: str) -> Entity:
    """A stored order by its number. Raises KeyError."""
    text = next(books.store.texts(books.company, RESOURCES["OE/OEOrders"], word=("OrderNumber", number)), None)
    if text is None:
        raise KeyError(f"No order {number!r}")
    found: Entity = loads(text)
    return found

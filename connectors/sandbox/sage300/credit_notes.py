"""A credit or debit note as Sage takes it: header with its defaults, lines, totals, and goods that lie in stock again.

The words of refusals are those of sage-failures.md 2; where none is known the text is [inferred] and plain.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from .books import Books
from .entry import fill, optional_fields
from .fiscal import period_of
from .lines import Line, Names
from .models_notes import CREDIT_NOTE, CREDIT_NOTE_DETAIL
from .order_totals import line_taxes, put_tax_group, sum_taxes, tax_rules, write_line_tax
from .orders import NEW, rate_for
from .resources import RESOURCES
from .wire import Entity, SageError, field_invalid, general, invalid_payload, loads, stored_day

_ZERO = Decimal(0)
_THREE = Decimal("0.001")
_NAMES = Names(
    currency="CreditDebitNoteSourceCurr", unit="CreditDebitNoteUOM", factor="UnitConversion", price="UnitPrice",
    pricing_unit="PricingUnit", amount="ExtendedAmountMiscellaneousCharge",
)  # fmt: skip
_BILL_TO = {
    "BillTo": "CustomerName", "BillToCity": "City", "BillToState": "StateProvince", "BillToZipCode": "ZipPostalCode",
    "BillToCountry": "Country", "BillToPhone": "PhoneNumber", "ShipToName": "CustomerName",
    "CustomerGroupCode": "GroupCode", "TermsCode": "Terms", "CustomerDiscountLevel": "CustomerDiscountType",
    "DefaultPriceListCode": "CustomerPriceList", "CreditDebitNoteSourceCurr": "CurrencyCode",
    **{f"BillToAddress{number}": f"AddressLine{number}" for number in range(1, 5)},
}  # fmt: skip


def create_credit_note(books: Books, body: Any) -> str:
    """Insert one credit or debit note inside the caller's transaction; the stored entity's JSON."""
    return _NoteEntry(books).create(body)


class _NoteEntry:
    """One note being entered, property by property in the order they come."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.note = CREDIT_NOTE.new()
        today = stored_day(datetime.now(UTC).date())
        self.note.update(
            CreditDebitNoteDate=today,
            PostingDate=today,
            CreditDebitNoteHomeCurrency=books.profile["FunctionalCurrency"],
        )

    def create(self, body: Any) -> str:
        if not isinstance(body, dict):
            raise invalid_payload("The body must be one object.")
        fill(self.books, CREDIT_NOTE, self.note, body, {
            "CreditDebitNoteNumber": self._number, "CustomerNumber": self._customer, "InvoiceNumber": self._invoice,
            "TaxGroup": lambda code: put_tax_group(self.books, self.note, code),
            "DefaultPriceListCode": self._price_list, "DefaultLocationCode": self._location,
            "CreditDebitNoteSourceCurr": self._currency, "CreditDebitNoteDate": self._date,
            "CreditDebitDetails": self._details, "CreditDebitNoteOptionalFields": self._optional_fields,
        })  # fmt: skip
        if not self.note["CustomerNumber"]:
            raise self._no_customer()
        if not self.note["CreditDebitDetails"]:
            raise general("Select an item or miscellaneous charge.")
        return self._finish()

    # Header properties, each with what it brings along

    def _number(self, number: str) -> None:
        books = self.books
        if number in NEW:
            return
        # An invoice of that number too: both become documents of the same customer in A/R.
        if books.with_word("OE/OECreditDebitNotes", "CreditDebitNoteNumber", number) or books.with_word(
            "OE/OEInvoices", "InvoiceNumber", number
        ):
            code = books.options["duplicate_code"]
            raise SageError(
                409, code, f"Document {number} already exists. Specify a document number that is not in use."
            )

    def _customer(self, number: str) -> None:
        if self.note["CreditDebitDetails"]:
            raise general("You cannot change to a customer with a different tax group after entering details.")
        customer = self.books.require("AR/ARCustomers", number, text=f"Customer {number} does not exist.")
        if customer["Status"] == "Inactive":
            raise field_invalid(f"Customer {number} is inactive.")
        self.note.update({name: customer[source] for name, source in _BILL_TO.items()})
        self.note["DefaultLocationCode"] = customer["InventoryLocation"] or self.note["DefaultLocationCode"]
        put_tax_group(self.books, self.note, customer["TaxGroup"], customer)

    def _invoice(self, number: str) -> None:
        if not number:
            return
        invoice = _invoice_named(self.books, number)
        if invoice is None:
            raise field_invalid(f"Cannot find the specified invoice {number}.")
        if self.note["CustomerNumber"] and invoice["CustomerNumber"] != self.note["CustomerNumber"]:
            raise field_invalid(f"Invoice {number} does not belong to customer {self.note['CustomerNumber']}.")
        self.note["OrderNumber"] = invoice["OrderNumber"]
        self.note["PurchaseOrderNumber"] = invoice["PurchaseOrderNumber"]

    def _price_list(self, code: str) -> None:
        self.books.require("IC/ICPriceListCodes", code, text="Cannot find the specified price list.")

    def _location(self, code: str) -> None:
        self.books.require("IC/ICLocations", code, text="Cannot find the specified location.")

    def _currency(self, code: str) -> None:
        customer = self.books.get("AR/ARCustomers", self.note["CustomerNumber"])
        if customer is None:
            raise self._no_customer()
        if code != customer["CurrencyCode"]:
            raise field_invalid(
                f"Document currency {code} differs from the currency {customer['CurrencyCode']} of customer "
                f"{customer['CustomerNumber']}."
            )

    def _date(self, day: str | None) -> None:
        if day is None:
            raise field_invalid("Invalid Input. The credit note date does not exist.")
        self.note["PostingDate"] = day

    def _optional_fields(self, rows: list[Any]) -> None:
        name = "CreditDebitNoteOptionalFields"
        self.note[name] = optional_fields(self.books, name, "CreditDebitNoteOptionalField", rows)

    def _details(self, rows: list[Any]) -> None:
        if not self.note["CustomerNumber"]:
            raise self._no_customer()
        for row in rows:
            self._add(row)

    def _add(self, body: Any) -> None:
        number = len(self.note["CreditDebitDetails"]) + 1
        line = CREDIT_NOTE_DETAIL.new()
        entry = _NoteLine(self.books, self.note, line)
        entry.start(number)
        triggers = entry.triggers() | {"QuantityReturned": entry.returned}
        fill(self.books, CREDIT_NOTE_DETAIL, line, body, triggers)
        entry.check()
        entry.place(number)
        self.note["CreditDebitDetails"].append(line)

    @staticmethod
    def _no_customer() -> SageError:
        return field_invalid("Before entering credit note information, enter a customer number.")

    # After the last property

    def _finish(self) -> str:
        books, note = self.books, self.note
        kind = "credit note" if note["CreditDebitNoteType"] == "CreditNote" else "debit note"
        year, period = period_of(books, note["CreditDebitNoteDate"], "Credit/Debit Note Date")
        note.update(CreditDebitNoteFiscalYear=year, CreditDebitNoteFiscalPeriod=period, EnteredBy=books.user)
        note.update(CreditDebitNoteStatus="Documentshippednotcosted", UpdateOperation="Unspecified")
        note["ReturnDate"] = note["ReturnDate"] or note["CreditDebitNoteDate"]
        self._exchange_rate()
        if books.options["credit_note_needs_day_end"]:
            _refuse_before_day_end(books, note)
        if note["CreditDebitNoteNumber"] in NEW:
            note["CreditDebitNoteNumber"] = books.document_number(
                kind, ("OE/OECreditDebitNotes", "CreditDebitNoteNumber")
            )
        note["CNUniquifier"] = 1000 + books.store.next_number(books.company, "uniquifier")
        _total_up(books, note)
        if note["CreditDebitNoteTotal"] < 0:
            raise general("The total of the credit note cannot be less than zero.")
        if kind == "credit note":
            _back_to_stock(books, note["CreditDebitDetails"])
        for name in ("CreditDebitDetails", "CreditDebitNoteOptionalFields"):
            for row in note[name]:
                row.update(CNUniquifier=note["CNUniquifier"], UpdateOperation="Unspecified")
        return books.put("OE/OECreditDebitNotes", note)

    def _exchange_rate(self) -> None:
        note = self.note
        source, home = note["CreditDebitNoteSourceCurr"], note["CreditDebitNoteHomeCurrency"]
        day = note["CreditDebitNoteDate"]
        if source == home:
            note.update(CreditDebitNoteRate=Decimal("1.0000000"), CreditDebitNoteRateDate=day)
        elif not note["CreditDebitNoteRate"]:
            rate = rate_for(self.books, home, source, day)
            note.update(CreditDebitNoteRate=rate["Rate"], CreditDebitNoteRateType=rate["RateType"])
            note["CreditDebitNoteRateDate"] = rate["RateDate"]
        note["CreditDebitNoteRateOperator"] = 1


class _NoteLine(Line):
    names = _NAMES

    def returned(self, quantity: Decimal) -> None:
        if quantity < 0:
            raise field_invalid("Quantity returned cannot be less than zero.")

    def check(self) -> None:
        super().check()
        if self.line["QuantityReturned"] and self.needs_numbers():
            raise general(f"Serial or lot numbers of item {self.line['Item']} must be given for the quantity returned.")


def _total_up(books: Books, note: Entity) -> None:
    """Work out the note from its lines by the same rules as an order. Totals that were sent are replaced."""
    lines = note["CreditDebitDetails"]
    rules = tax_rules(books, note["TaxGroup"], note["CreditDebitNoteSourceCurr"])
    for line in lines:
        item = line["LineType"] == "Item"
        amount = line["QuantityReturned"] * line["UnitPrice"] if item else line[_NAMES.amount]
        line[_NAMES.amount] = rules.round(amount).quantize(_THREE)
    taxes = line_taxes(books, note, lines, rules, lambda line: Decimal(line[_NAMES.amount]))
    for line, tax in zip(lines, taxes, strict=True):
        write_line_tax(line, tax)
    items = sum((line[_NAMES.amount] for line in lines if line["LineType"] == "Item"), _ZERO)
    charges = sum((line[_NAMES.amount] for line in lines if line["LineType"] != "Item"), _ZERO)
    inside, on_top = sum_taxes(note, lines)
    amounts = {
        "CreditDebitNoteItemTotalAmt": items, "CreditDebitNoteTotalMiscCharges": charges,
        "CreditDebitNoteSubtotalAmount": items + charges, "CreditDebitNoteTotBeforeTax": items + charges - inside,
        "CreditDebitNoteInclTaxTotal": inside, "CreditDebitNoteExclTaxTotal": on_top,
        "CreditDebitNoteTotal": items + charges + on_top,
    }  # fmt: skip
    note.update({name: value.quantize(_THREE) for name, value in amounts.items()})
    note["NoOfLinesInCreditDebitNote"] = len(lines)


def _back_to_stock(books: Books, lines: list[Entity]) -> None:
    """Only what is returned to inventory lies there again; damaged goods and changes of price do not."""
    for line in lines:
        if not line["StockItem"] or line["ReturnType"] != "ItemsReturnedToInventory":
            continue
        record = books.get("IC/ICLocationDetails", line["UnformattedItemNumber"], line["Location"])
        if record is not None:
            there = record["QuantityOnHand"] + line["QuantityReturned"] * line[_NAMES.factor]
            there = there.quantize(Decimal("0.0000"))
            books.put("IC/ICLocationDetails", record | {"QuantityOnHand": there, "QuantityAvailableToShip": there})


def _refuse_before_day_end(books: Books, note: Entity) -> None:
    words = re.findall(r"[\w*-]+", f"{note['InvoiceNumber']} {note['Reference']} {note['Description']}")
    for word in dict.fromkeys(words):
        invoice = _invoice_named(books, word)
        if invoice is not None and invoice["InvoiceStatus"] == "Documentnotcosted":
            raise general(
                f"Invoice {word} has not been processed by Day End. Run Day End Processing before you enter a credit "
                "note for it."
            )


def _invoice_named(books: Books, number: str) -> Entity | None:
    text = next(books.store.texts(books.company, RESOURCES["OE/OEInvoices"], word=("InvoiceNumber", number)), None)
    return loads(text) if text is not None else None

"""One company's books: its records, its number sequences and the options that Sage keeps per company."""

from __future__ import annotations

from typing import Any

from .models import Property
from .resources import RESOURCES, Resource
from .store import Store
from .wire import Entity, SageError, field_invalid

OPTIONS: dict[str, Any] = {
    "tax_level": "line",  # or "document"; setting it rewrites TaxCalculationMethod of every tax group
    "rounding": "half_up",  # or "half_even", "half_down"
    "tax_included": [],  # authorities whose tax is inside the price unless the line's TaxIncluded says otherwise
    "item_status_true_is": "inactive",  # or "active"; setting it turns Status of every item (sage300.md 8: ambiguous)
    "padded": False,  # texts padded with blanks to their width
    "old_envelope": False,  # odata.context and odata.count as text, as older servers wrote
    "page_size": 100,
    "list_details": True,  # lists of OEOrders carry their OrderDetails
    "long_text": "refuse",  # or "cut"
    # Resources this installation does not have, by path. No source shows one for tax classes.
    "missing": ["TX/TXTaxClasses"],
    "on_hold": "hold",  # order of a customer on hold: "hold" saves it on hold, "refuse", "allow"
    "credit_limit": "warn",  # "warn", "hold", "refuse" or "ignore" where the customer's limit is checked
    "stock": "allow",  # "allow" below zero, "refuse", or "short": ship what is there
    "create_invoice": False,  # O/E option: an invoice whenever something is shipped
    "completed_lines_zero": True,  # a completed order shows QuantityOrdered and ExtendedOrderAmount as 0
    "server_hours": 0,  # the server's offset from UTC, which decides the day of a date sent with a zone
    "duplicate_code": "RecordDuplicate",  # what an order number in use is answered with (always 409)
    "duplicate_po": "warn",  # where the customer's CheckForDuplicatePOs is Yes: "warn" or "refuse"
    # O/E refuses a credit note against an invoice that Day End has not processed; named by InvoiceNumber, or as a word
    # of Reference or Description, so that a client that leaves InvoiceNumber out is held to it too.
    "credit_note_needs_day_end": False,
    "locked_batches": [],  # numbers of receipt batches that another user has open
    "duplicate_checks": "allow",  # A/R option: a check number used before by the customer is "allow" or "refuse"
    # A prepayment naming an order, invoice, PO or shipment is applied to its invoice when the later of both is posted.
    "apply_prepayments": True,
    "prefixes": {
        "order": "ORD",
        "shipment": "SH",
        "invoice": "IN",
        "credit note": "CN",
        "debit note": "DN",
        "receipt": "PY",
        "prepayment": "PP",
        "unapplied cash": "UC",
        "refund": "RF",
    },
    "optional_fields": {
        "OrderOptionalFields": ["UPSZONE", "PSORDERID"],
        "OrderDetailOptionalFields": ["QUANTITY", "PSLINEID"],
        "CustomerOptionalFieldValues": ["CREDTWARNING", "UPSZONE"],
        "CreditDebitNoteOptionalFields": ["PSORDERID", "PSSLIPID"],
    },
}


class Books:
    """A company as one request sees it: options are read once, records when asked for."""

    def __init__(self, store: Store, company: str, user: str = "ADMIN") -> None:
        self.store, self.company, self.user = store, company, user
        self.withhold = ""  # a switched trouble of this request: "short" or "credit_hold"
        self.options: dict[str, Any] = OPTIONS | store.settings(company)

    def get(self, path: str, *key: object) -> Entity | None:
        return self.store.get(self.company, RESOURCES[path], key)

    def require(self, path: str, *key: object, text: str) -> Entity:
        """A record that must be there: FieldInvalid with the text if not."""
        found = self.get(path, *key)
        if found is None:
            raise field_invalid(text)
        return found

    def put(self, path: str, entity: Entity) -> str:
        return self.store.put(self.company, RESOURCES[path], entity)

    def with_word(self, path: str, name: str, value: str) -> bool:
        """Whether a record has this value in an indexed property."""
        return next(self.store.texts(self.company, RESOURCES[path], word=(name, value)), None) is not None

    def read(self, known: Property, value: Any) -> Any:
        """A sent value in its stored form, by this company's options for long texts and dates."""
        return known.read(value, cut=self.options["long_text"] == "cut", server_hours=self.options["server_hours"])

    def document_number(self, kind: str, taken_in: tuple[str, str] | None = None) -> str:
        """The next number of order, shipment or invoice; numbers already used in (path, property) are passed over."""
        while True:
            number = f"{self.options['prefixes'][kind]}{self.store.next_number(self.company, kind):06d}"
            if taken_in is None or not self.with_word(*taken_in, number):
                return number

    def item_inactive(self, item: Entity) -> bool:
        inactive_is: bool = self.options["item_status_true_is"] == "inactive"
        return bool(item["Status"]) is inactive_is

    def currency_places(self, currency: str) -> int:
        """Decimals of a currency, 2 if it is not set up."""
        record = self.get("CS/CSCurrencyCodes", currency)
        return int(record["DecimalPlaces"].removeprefix("Num")) if record else 2

    @property
    def profile(self) -> Entity:
        found = self.get("CS/CSCompanyProfile", self.company)
        if found is None:
            raise SageError(500, "DBLinkError", f"Cannot open the company {self.company}.")
        return found


def missing(books: Books, resource: Resource) -> bool:
    """Whether this installation lacks a resource."""
    return resource.path in books.options["missing"] or resource.name in books.options["missing"]


def unformatted(number: str) -> str:
    """An item number without its separators, in upper case: ``A1-103/0`` is ``A11030`` (sage300.md 11).

    An underscore is no separator in Sage, so shop references such as ``demo_1`` keep it.
    """
    return "".join(letter for letter in number.upper().strip() if letter not in "-/\\*.()# ")

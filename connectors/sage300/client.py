"""A company in Sage 300, as the port asks for it: look, write once, read documents and master records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from connectors import http
from connectors.errors import ConnectorError
from connectors.plain import restore
from connectors.sage300 import documents as read
from connectors.sage300.api import Api
from connectors.sage300.assumptions import Assumptions, assume
from connectors.sage300.bodies import customer_body, sale_body
from connectors.sage300.credit_notes import NOTES, CreditNotes
from connectors.sage300.doctor import examine
from connectors.sage300.receipts import BATCHES, Receipts
from connectors.sage300.records import Records
from connectors.sage300.repayments import REFUNDS, Repayments
from connectors.sage300.taxprobe import TaxProfile, probe
from connectors.sage300.widths import WIDTHS
from connectors.sage300.wire import Row, equals, filter_day, whole_number
from connectors.sage300.writing import ORDER, carrying, check_names, only_one, tried
from connectors.types import Document, Finding, NewCustomer, Record, Sale

CUSTOMERS = "AR/ARCustomers"
PATIENCE = http.READ_TIMEOUT  # seconds after which a look or a write begins no further request

# A lease must outlive one look and one write, each in its worst case.
WORST_FIND = WORST_PLACE = PATIENCE + http.WORST_GET


class Sage300:
    """The port Sage for one company; asks nothing until it is used. Not for two threads at once."""

    widths: Mapping[str, int] = WIDTHS

    def __init__(
        self, *, url: str, org_id: str, user: str, password: str, options: Mapping[str, Any], ca_bundle: str
    ) -> None:
        """``options`` are assumptions by name (see ``Assumptions``). Raises Misconfigured for an unknown one."""
        self.org_id = org_id
        self.assumptions: Assumptions = assume(options)
        self.api = Api(
            url=url,
            org_id=org_id,
            user=user,
            password=password,
            assumptions=self.assumptions,
            ca_bundle=ca_bundle,
        )
        self._records = Records(self.api)
        self._receipts = Receipts(self.api)
        self._notes = CreditNotes(self.api)
        self._repayments = Repayments(self.api)

    @property
    def can(self) -> frozenset[str]:
        """Asks nothing: what $metadata, once read, does not have is left out."""
        able = {"find", "sale", "customer"}
        able |= {"unique reference"} if self.assumptions.own_order_number else set()
        able |= set() if self.api.known_to_lack(BATCHES) else {"receipt"}
        able |= set() if self.api.known_to_lack(REFUNDS) else {"repayment"}
        return frozenset(able | (set() if self.api.known_to_lack(NOTES) else {"credit note"}))

    def listen(self, listener: http.Listener) -> None:
        """From now on tell each exchange as it ends."""
        self.api.session.listener = listener

    # --- documents

    def find(self, kind: str, reference: str, hint: Mapping[str, Any] | None = None) -> Document | None:
        """The document with our reference: a sale by its own number and by OrderReference, a customer by its code.

        A credit note by its own number and by Reference, a receipt by CheckReceiptNumber, a refund by DocumentNumber;
        ``hint`` is what was prepared, and names the batches to look for these two in. Raises Rejected when several
        documents carry the reference: nobody can tell which one is ours.
        """
        with self.api.within(PATIENCE):
            if kind == "receipt":
                return self._receipts.find(reference, hint)
            if kind == "repayment":
                return self._repayments.find(reference, hint)
            if kind == "credit note":
                return self._notes.find(reference)
            return self._find(kind, reference)

    def _find(self, kind: str, reference: str) -> Document | None:
        if kind == "customer":
            row = self.api.look(CUSTOMERS, "CustomerNumber", reference)
            return read.customer(row) if row else None
        _only_sales(kind)
        own = ["OrderNumber"] if self.assumptions.own_order_number else []
        rows = carrying(self.api, read.ORDERS, [*own, "OrderReference"], reference, ORDER)
        found = {whole_number(row, read.ORDER_KEY): row for row in rows}
        return only_one({key: self._sale(row) for key, row in found.items()}, ORDER, reference)

    def place(self, kind: str, prepared: Mapping[str, Any]) -> Document:
        """Insert one document, whole or not at all; all four errors.

        A write that Sage clearly refused as busy (General: a record in use, a batch locked) is tried up to three times
        with a pause and a look before each further try; nothing else is ever sent twice. One writer at a time per
        company is the caller's promise: Sage itself would take a second receipt, or a second batch of one key.
        """
        with self.api.within(PATIENCE):
            if kind == "customer":
                return self._place_customer(prepared)
            if kind == "receipt":
                return self._receipts.place(prepared)
            if kind == "repayment":
                return self._repayments.place(prepared)
            if kind == "credit note":
                return self._notes.place(prepared)
            return self._place_sale(kind, prepared)

    def _place_customer(self, prepared: Mapping[str, Any]) -> Document:
        body = customer_body(restore(NewCustomer, prepared))
        check_names(self.api, CUSTOMERS, body)
        return read.customer(self.api.insert(CUSTOMERS, body, "CustomerNumber"))

    def _place_sale(self, kind: str, prepared: Mapping[str, Any]) -> Document:
        _only_sales(kind)
        sale = restore(Sale, prepared)
        body = sale_body(sale, self.assumptions)
        check_names(self.api, read.ORDERS, body)
        return tried(self.api, lambda _last: self._insert_sale(body), lambda: self.find(kind, sale.reference))

    def documents(self, kind: str, since: date) -> Iterator[Document]:
        """All documents dated on or after ``since``, oldest first, without lines; all are read before the first."""
        if kind == "receipt":
            return self._receipts.documents(since)
        if kind == "repayment":
            return self._repayments.documents(since)
        if kind == "credit note":
            return self._notes.documents(since)
        return self._documents(kind, since)

    def _documents(self, kind: str, since: date) -> Iterator[Document]:
        style = self.assumptions.filter_style
        if kind == "customer":
            rows = self.api.entries(CUSTOMERS, f"DateLastMaintained ge {filter_day(since, style)}")
            found = [read.customer(row) for row in rows]
        else:
            _only_sales(kind)
            shape = self.api.shape(read.ORDERS)
            columns = read.columns(self.assumptions)
            select = tuple(name for name in columns if shape is None or name in shape.properties)
            rows = self.api.entries(read.ORDERS, f"OrderDate ge {filter_day(since, style)}", select=select)
            found = [read.sale(row, self.assumptions) for row in rows]
        # Sorted here: the Web API knows no $orderby (sage300.md 4).
        yield from sorted(found, key=lambda document: (document.date or since, document.key.zfill(20)))

    def document(self, kind: str, key: str) -> Document | None:
        """One document by Sage's own key (OrderUniquifier, CNUniquifier, CustomerNumber; a receipt's "batch/entry")."""
        if kind == "customer":
            return self.find(kind, key)
        if kind == "receipt":
            return self._receipts.document(key)
        if kind == "repayment":
            return self._repayments.document(key)
        if kind == "credit note":
            return self._notes.document(key)
        _only_sales(kind)
        row = self.api.entry(read.ORDERS, int(key)) if key.isdigit() else None
        return self._sale(row) if row else None

    def numbered(self, kind: str, number: str) -> Document | None:
        """The order with this OrderNumber; of other kinds people enter none that is looked up so."""
        _only_sales(kind)
        with self.api.within(PATIENCE):
            rows = carrying(self.api, read.ORDERS, ["OrderNumber"], number, ORDER)
            found = {whole_number(row, read.ORDER_KEY): row for row in rows}
            return only_one({key: self._sale(row) for key, row in found.items()}, ORDER, number)

    def release(self, batch: str) -> int:
        """Mark the open receipt batches of this description as ready to post; how many were marked now.

        All four errors. Calling again is harmless; Rejected while somebody has a batch open.
        """
        with self.api.within(PATIENCE):
            return self._receipts.release(batch)

    def processed(self, invoice_number: str) -> bool:
        """Whether Accounts Receivable has the invoice: Day End has run and its batch is posted."""
        return self._receipts.processed(invoice_number)

    # --- master records

    def records(self, kind: str) -> Iterator[Record]:
        """All records of a kind. Raises Misconfigured when a resource that a sale needs does not exist here."""
        return self._records.all(kind)

    def record(self, kind: str, code: str) -> Record | None:
        """One record now. An item is found by its number with or without separators."""
        return self._records.one(kind, code)

    def customers_with(self, field: str, values: Sequence[str]) -> list[Record]:
        """The customers now whose "email" or "vat_number" is written as one of these few values, in one request."""
        return self._records.customers_with(field, values)

    def doctor(self) -> Iterator[Finding]:
        """Try what the bridge needs; writes nothing."""
        return examine(self)

    def probe_tax(self, told: Callable[[str], None] = lambda number: None) -> TaxProfile:
        """How this company computes tax. POSTS ORDERS that stay: a test company only, and only when a person said so.

        ``told`` hears the number of each order left behind.
        """
        return probe(self, told)

    # --- inside

    def _insert_sale(self, body: Mapping[str, Any]) -> Document:
        row = self.api.insert(read.ORDERS, body, "OrderNumber")
        try:
            return self._sale(row)
        except ConnectorError:
            # The order exists: that a further look failed must not make its answer unknown.
            return read.sale(row, self.assumptions)

    def _sale(self, row: Row) -> Document:
        """The document with lines: by key when a list left them out, from the invoices once it reads as zero."""
        key = whole_number(row, read.ORDER_KEY)
        if key and not row.get("OrderDetails"):
            row = self.api.entry(read.ORDERS, key) or row
        invoices = self._invoices(row) if read.reads_as_zero(row, self.assumptions) else []
        return read.sale(row, self.assumptions, invoices)

    def _invoices(self, row: Row) -> list[Row]:
        if self.api.lacks(read.INVOICES):
            return []
        found = self.api.entries(read.INVOICES, equals(OrderNumber=str(row["OrderNumber"])))
        return [
            each
            if each.get("InvoiceDetails")
            else self.api.entry(read.INVOICES, int(each["InvoiceUniquifier"])) or each
            for each in found
        ]


def _only_sales(kind: str) -> None:
    if kind != "sale":
        raise ValueError(f"Sage300 cannot do {kind!r}; see can")

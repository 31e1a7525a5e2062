"""Receipts in Sage 300: entries of one open A/R receipt batch per description, found again by CheckReceiptNumber."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from connectors.plain import restore
from connectors.sage300 import money_documents as read
from connectors.sage300.api import Api
from connectors.sage300.batches import Batches, Shape, in_order
from connectors.sage300.money_bodies import batch_body, deposit, receipt_body
from connectors.sage300.wire import Row, equals, filter_day, text
from connectors.sage300.writing import DOCUMENT, RECEIPT, asked_for, check_names, only_one, there, tried
from connectors.types import Document, Receipt
from connectors.words import words

BATCHES = "AR/ARReceiptAndAdjustmentBatches"
POSTED = "AR/ARPostedReceipts"
POSTED_DOCUMENTS = "AR/ARPostedDocuments"
RECEIPTS = Shape(
    what=RECEIPT,
    resource=BATCHES,
    description="Description",
    entries="ReceiptsAdjustments",
    reference="CheckReceiptNumber",
    header=("BatchRecordType", "BatchNumber", "BatchStatus", "Description", "BankCode", "DefaultBankCurrency"),
    fixed={"BatchRecordType": "CA"},  # receipts; adjustments are AD (sage300.md 7.3)
    counts=("NumberOfEntries", "LastEntryNumber", "BatchTotal", "BatchStatus"),
)
_ADVICE = words("Activate the Web API of Accounts Receivable, or switch the receipts of the company off.")


class Receipts:
    """Looking for, entering and handing over receipts of one company."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.batches = Batches(api, RECEIPTS, read.receipt)

    def find(self, reference: str, hint: Mapping[str, Any] | None = None) -> Document | None:
        """The entry whose check/receipt number is our reference, unposted or posted.

        ``hint``, a prepared Receipt, says in which batches to look: two requests then, however many batches there are.
        Without it all unposted batches are read. Raises Rejected when several entries carry the reference.
        """
        found = {document.key: document for document in self._posted(RECEIPTS.reference, reference)}
        if not self.api.lacks(BATCHES):
            for document in self.batches.carrying(reference, str(hint.get("batch", "")) if hint else ""):
                found[document.key] = document
        if len(found) > 1:  # what Sage could not post lies in a batch of errors too
            found = {key: each for key, each in found.items() if not each.raw.get("ErrorBatch")} or found
        return only_one(found, RECEIPT, reference)

    def place(self, prepared: Mapping[str, Any]) -> Document:
        """Add one entry to the open batch of its key, or make the batch with it; all four errors."""
        there(self.api, BATCHES, _ADVICE)
        receipt = restore(Receipt, prepared)
        entry = receipt_body(receipt, self.api.assumptions)
        made = batch_body(receipt, self.api.assumptions)
        check_names(self.api, BATCHES, made | {RECEIPTS.entries: [entry]})
        refused: set[int] = set()

        def write(last: bool) -> Document:
            # A batch that stays locked is left alone: the last try makes the next batch of the key.
            fits, avoided = _takes(receipt), tuple(refused) if last else ()
            return self.batches.enter(receipt.batch, made, entry, fits, refused, avoided)

        return tried(self.api, write, lambda: self.find(receipt.reference, prepared))

    def documents(self, since: date) -> Iterator[Document]:
        """All receipts dated on or after ``since``: entries of batches, and posted ones whose batch is gone."""
        found = {document.key: document for document in self.batches.since(since)}
        if not self.api.lacks(POSTED):
            start = filter_day(since, self.api.assumptions.filter_style)
            for row in self.api.entries(POSTED, f"ReceiptDate ge {start}"):
                document = read.posted_receipt(row)
                found.setdefault(document.key, document)
        dated = (each for each in found.values() if each.date is None or each.date >= since)
        yield from sorted(dated, key=in_order)

    def document(self, key: str) -> Document | None:
        """The entry by "batch/entry", or None."""
        return self.batches.entry(key)

    def release(self, batch: str) -> int:
        """Mark every open batch of the key that has entries as ready to post; how many were marked now.

        Doing it again does nothing: after OutcomeUnknown just call again. Raises Rejected for a locked batch.
        """
        there(self.api, BATCHES, _ADVICE)
        return self.batches.hand_over(batch)

    def processed(self, invoice_number: str) -> bool:
        """Whether Accounts Receivable has the document: Day End has run and its batch is posted."""
        there(self.api, POSTED_DOCUMENTS, words("Activate the Web API of Accounts Receivable."))
        rows = self.api.some(POSTED_DOCUMENTS, equals(DocumentNumber=invoice_number))
        for row in rows:
            asked_for(row, ("DocumentNumber",), invoice_number, DOCUMENT)
        return bool(rows)

    def _posted(self, name: str, reference: str) -> Iterator[Document]:
        resource = POSTED_DOCUMENTS if self.api.lacks(POSTED) else POSTED
        if self.api.lacks(resource):
            return
        for row in self.api.some(resource, equals(**{name: reference})):
            asked_for(row, (name,), reference, RECEIPT)
            yield read.posted_receipt(row)


def _takes(receipt: Receipt) -> Callable[[Row], bool]:
    """Whether a batch is of the receipt's bank and its currency."""
    currency = deposit(receipt).bank_currency

    def fits(batch: Row) -> bool:
        same = text(batch, "BankCode").casefold() == receipt.bank.casefold()
        return same and text(batch, "DefaultBankCurrency") in ("", currency)

    return fits

"""Receipts in Sage 300: entries of one open A/R receipt batch per description, found again by CheckReceiptNumber.

A batch is one shop, bank and day; its Description is the caller's key, with " 2", " 3" … added when a former batch of
the key takes no more entries. Nothing in Sage keeps two writers from making two batches of one key: that there is one
writer at a time is the caller's promise (one push per company).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from connectors.errors import ConnectorError, OutcomeUnknown, Rejected
from connectors.plain import restore
from connectors.sage300 import money_documents as read
from connectors.sage300.api import Api
from connectors.sage300.money_bodies import batch_body, deposit, receipt_body
from connectors.sage300.refusals import GENERAL
from connectors.sage300.wire import Row, details, equals, filter_day, quoted, text, whole_number
from connectors.sage300.writing import asked_for, check_names, only_one, there, tried
from connectors.types import Document, Receipt

BATCHES = "AR/ARReceiptAndAdjustmentBatches"
POSTED = "AR/ARPostedReceipts"
POSTED_DOCUMENTS = "AR/ARPostedDocuments"
RECEIPTS = "CA"  # BatchRecordType of receipts; adjustments are AD (sage300.md 7.3)
_HEADER = ("BatchRecordType", "BatchNumber", "BatchStatus", "Description", "BankCode", "DefaultBankCurrency")
_ENTRIES = "ReceiptsAdjustments"
_CHECK = "CheckReceiptNumber"
_ADVICE = "Activate the Web API of Accounts Receivable, or switch the receipts of the company off."


class Receipts:
    """Looking for, entering and handing over receipts of one company."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def find(self, reference: str, hint: Mapping[str, Any] | None = None) -> Document | None:
        """The entry whose check/receipt number is our reference, unposted or posted.

        ``hint``, a prepared Receipt, says in which batches to look: two requests then, however many batches there are.
        Without it all unposted batches are read. Raises Rejected when several entries carry the reference.
        """
        there(self.api, BATCHES, _ADVICE)
        found = {document.key: document for document in self._posted(_CHECK, reference)}
        batches = self._of(str(hint["batch"])) if hint and hint.get("batch") else self._unposted()
        for batch in batches:
            for entry in self._entries(batch):
                if text(entry, _CHECK).casefold() == reference.casefold():
                    document = read.receipt(batch, entry)
                    found[document.key] = document
        if len(found) > 1:  # what Sage could not post lies in a batch of errors too
            found = {key: each for key, each in found.items() if not each.raw.get("ErrorBatch")} or found
        return only_one(found, "receipt", reference)

    def place(self, prepared: Mapping[str, Any]) -> Document:
        """Add one entry to the open batch of its key, or make the batch with it; all four errors."""
        there(self.api, BATCHES, _ADVICE)
        receipt = restore(Receipt, prepared)
        entry = receipt_body(receipt, self.api.assumptions)
        made = batch_body(receipt, self.api.assumptions)
        check_names(self.api, BATCHES, made | {_ENTRIES: [entry]})
        refused: set[int] = set()

        def write(last: bool) -> Document:
            # A batch that stays locked is left alone: the last try makes the next batch of the key.
            return self._enter(receipt, made, entry, refused, set(refused) if last else set())

        return tried(self.api, write, lambda: self.find(receipt.reference, prepared))

    def documents(self, since: date) -> Iterator[Document]:
        """All receipts dated on or after ``since``: entries of batches, and posted ones whose batch is gone."""
        start = filter_day(since, self.api.assumptions.filter_style)
        found: dict[str, Document] = {}
        for batch in self.api.entries(BATCHES, f"{equals(BatchRecordType=RECEIPTS)} and BatchDate ge {start}"):
            if not _deleted(batch):
                for entry in self._entries(batch):
                    document = read.receipt(batch, entry)
                    found[document.key] = document
        if not self.api.lacks(POSTED):
            for row in self.api.entries(POSTED, f"ReceiptDate ge {start}"):
                document = read.posted_receipt(row)
                found.setdefault(document.key, document)
        dated = (each for each in found.values() if each.date is None or each.date >= since)
        yield from sorted(
            dated, key=lambda each: (each.date or since, [part.zfill(12) for part in each.key.split("/")])
        )

    def document(self, key: str) -> Document | None:
        """The entry by "batch/entry", or None."""
        number, _, place = key.partition("/")
        batch = self._batch(int(number)) if number.isdigit() and place.isdigit() else None
        if batch is None:
            return None
        entries = self._entries(batch)
        found = next((each for each in entries if whole_number(each, "EntryNumber") == int(place)), None)
        return read.receipt(batch, found) if found else None

    def release(self, batch: str) -> int:
        """Mark every open batch of the key that has entries as ready to post; how many were marked now.

        Doing it again does nothing: after OutcomeUnknown just call again. Raises Rejected for a locked batch.
        """
        there(self.api, BATCHES, _ADVICE)
        marked = 0
        for row in self._of(batch):
            if self._open(row) and self._entries(row):
                self.api.change(BATCHES, _key(row), {"BatchStatus": self.api.assumptions.batch_ready})
                marked += 1
        return marked

    def processed(self, invoice_number: str) -> bool:
        """Whether Accounts Receivable has the invoice: Day End has run and its batch is posted."""
        there(self.api, POSTED_DOCUMENTS, "Activate the Web API of Accounts Receivable.")
        rows = self.api.some(POSTED_DOCUMENTS, equals(DocumentNumber=invoice_number))
        for row in rows:
            asked_for(row, ("DocumentNumber",), invoice_number, "document")
        return bool(rows)

    # --- inside

    def _enter(self, receipt: Receipt, made: Row, entry: Row, refused: set[int], avoided: set[int]) -> Document:
        batches = list(self._of(receipt.batch, select=True))
        currency = deposit(receipt).bank_currency
        usable = [
            row
            for row in batches
            if self._open(row)
            and text(row, "BankCode").casefold() == receipt.bank.casefold()
            and text(row, "DefaultBankCurrency") in ("", currency)
            and whole_number(row, "BatchNumber") not in avoided
        ]
        if not usable:
            named = made | {"Description": _next_name(receipt.batch, batches), _ENTRIES: [entry]}
            row = self.api.insert(BATCHES, named, "BatchNumber")
            return self._entered(row, receipt.reference) or self._seen(whole_number(row, "BatchNumber"), receipt)
        newest = max(usable, key=lambda row: (_place(receipt.batch, row), whole_number(row, "BatchNumber")))
        number = whole_number(newest, "BatchNumber")
        try:
            self.api.change(BATCHES, _key(newest), {_ENTRIES: [{"UpdateOperation": "Insert"} | entry]})
        except Rejected as refusal:
            if refusal.code == GENERAL:
                refused.add(number)
            raise
        return self._seen(number, receipt)

    def _seen(self, number: int, receipt: Receipt) -> Document:
        """The entry just written. Until it is seen its outcome is unknown: an answer to PATCH tells nothing."""
        try:
            batch = self._batch(number)
        except ConnectorError as error:
            raise OutcomeUnknown(
                f"Sage took the receipt into batch {number} but could not be asked for it: {error.message}",
                code=error.code,
                status=error.status,
                answer=error.answer,
            ) from error
        if batch and (document := self._entered(batch, receipt.reference)):
            return document
        raise OutcomeUnknown(
            f"Sage took the receipt {receipt.reference} into batch {number}, but does not show it there. It is looked "
            "up before anything is sent again."
        )

    @staticmethod
    def _entered(batch: Row, reference: str) -> Document | None:
        """The newest entry with our number."""
        ours = [row for row in details(batch, _ENTRIES) if text(row, _CHECK).casefold() == reference.casefold()]
        return read.receipt(batch, max(ours, key=lambda row: whole_number(row, "EntryNumber"))) if ours else None

    def _of(self, name: str, *, select: bool = False) -> list[Row]:
        """All batches of a key, posted ones too; deleted ones left out."""
        where = f"{equals(BatchRecordType=RECEIPTS)} and startswith(Description,{quoted(name)})"
        rows = list(self.api.entries(BATCHES, where, select=_HEADER if select else ()))
        for row in rows:
            asked_for({"Description": text(row, "Description")[: len(name)]}, ("Description",), name, "receipt batch")
        return [row for row in rows if _place(name, row) and not _deleted(row)]

    def _unposted(self) -> Iterator[Row]:
        for status in (self.api.assumptions.batch_open[0], self.api.assumptions.batch_ready):
            yield from self.api.entries(BATCHES, equals(BatchRecordType=RECEIPTS, BatchStatus=status))

    def _posted(self, name: str, reference: str) -> Iterator[Document]:
        resource = POSTED_DOCUMENTS if self.api.lacks(POSTED) else POSTED
        for row in self.api.some(resource, equals(**{name: reference})):
            asked_for(row, (name,), reference, "posted receipt")
            yield read.posted_receipt(row)

    def _batch(self, number: int) -> Row | None:
        return self.api.entry(BATCHES, {"BatchRecordType": RECEIPTS, "BatchNumber": number})

    def _entries(self, batch: Row) -> list[Row]:
        """The entries, read by key when a list left them out."""
        entries = list(details(batch, _ENTRIES))
        if entries or not whole_number(batch, "NumberOfEntries"):
            return entries
        return list(details(self._batch(whole_number(batch, "BatchNumber")) or {}, _ENTRIES))

    def _open(self, batch: Row) -> bool:
        return text(batch, "BatchStatus") in self.api.assumptions.batch_open


def _key(batch: Row) -> dict[str, str | int]:
    return {"BatchRecordType": RECEIPTS, "BatchNumber": whole_number(batch, "BatchNumber")}


def _deleted(batch: Row) -> bool:
    return text(batch, "BatchStatus") in ("Deleted", "4")


def _place(name: str, batch: Row) -> int:
    """1 for the first batch of a key, 2 for its second …; 0 for another key that begins alike."""
    description = text(batch, "Description")
    if description.casefold() == name.casefold():
        return 1
    found = re.fullmatch(r" (\d{1,2})", description[len(name) :])
    return int(found[1]) if found else 0


def _next_name(name: str, batches: Iterable[Row]) -> str:
    place = max((_place(name, row) for row in batches), default=0) + 1
    return name if place == 1 else f"{name} {place}"

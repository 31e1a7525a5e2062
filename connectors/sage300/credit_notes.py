"""Credit notes in Sage 300 (OECreditDebitNotes): looked for, entered once, read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from connectors.errors import ConnectorError
from connectors.plain import restore
from connectors.sage300 import money_documents as read
from connectors.sage300.api import Api
from connectors.sage300.money_bodies import credit_note_body
from connectors.sage300.repayments import posted_as
from connectors.sage300.wire import Row, filter_day, whole_number
from connectors.sage300.writing import CREDIT_NOTE, carrying, check_names, only_one, there, tried
from connectors.types import CreditNote, Document
from connectors.words import words

NOTES = "OE/OECreditDebitNotes"
_ADVICE = words("Activate the Web API of Order Entry, or enter the credit note in Sage by hand.")


class CreditNotes:
    """Credit notes of one company."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def find(self, reference: str) -> Document | None:
        """The credit note with our number or Reference. Raises Rejected when several carry it.

        Where the Web API has no credit notes, the posted document that a person entered under our reference.
        """
        if self.api.lacks(NOTES):
            return only_one(posted_as(self.api, reference, "credit note"), CREDIT_NOTE, reference)
        own = ["CreditDebitNoteNumber"] if self.api.assumptions.own_credit_note_number else []
        rows = carrying(self.api, NOTES, [*own, "Reference"], reference, CREDIT_NOTE)
        found = {whole_number(row, read.NOTE_KEY): row for row in rows if read.is_credit(row)}
        return only_one({key: self._read(row) for key, row in found.items()}, CREDIT_NOTE, reference)

    def place(self, prepared: Mapping[str, Any]) -> Document:
        """Insert one credit note, whole or not at all; all four errors."""
        there(self.api, NOTES, _ADVICE)
        note = restore(CreditNote, prepared)
        body = credit_note_body(note, self.api.assumptions)
        check_names(self.api, NOTES, body)
        return tried(self.api, lambda _last: self._insert(body), lambda: self.find(note.reference))

    def documents(self, since: date) -> Iterator[Document]:
        """All credit notes dated on or after ``since``, oldest first, without lines."""
        assumptions, shape = self.api.assumptions, self.api.shape(NOTES)
        columns = read.note_columns(assumptions)
        select = tuple(name for name in columns if shape is None or name in shape.properties)
        where = f"CreditDebitNoteDate ge {filter_day(since, assumptions.filter_style)}"
        rows = self.api.entries(NOTES, where, select=select)
        found = [read.credit_note(row, assumptions) for row in rows if read.is_credit(row)]
        yield from sorted(found, key=lambda each: (each.date or since, each.key.zfill(20)))

    def document(self, key: str) -> Document | None:
        """By CNUniquifier, with lines, or None."""
        row = self.api.entry(NOTES, int(key)) if key.isdigit() else None
        return read.credit_note(row, self.api.assumptions) if row and read.is_credit(row) else None

    def _insert(self, body: Mapping[str, Any]) -> Document:
        row = self.api.insert(NOTES, body, "CreditDebitNoteNumber")
        try:
            return self._read(row)
        except ConnectorError:
            # It exists: that a further look failed must not make its answer unknown.
            return read.credit_note(row, self.api.assumptions)

    def _read(self, row: Row) -> Document:
        """The document with lines: by key when a list left them out."""
        key = whole_number(row, read.NOTE_KEY)
        if key and not row.get("CreditDebitDetails"):
            row = self.api.entry(NOTES, key) or row
        return read.credit_note(row, self.api.assumptions)

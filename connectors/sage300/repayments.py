"""Money given back in Sage 300: entries of A/R refund batches, found again by their document number, which is ours.

No body of a refund was seen: all but the names is [inferred] (sage300.md 3, ARRefundBatches; 13).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from connectors.plain import restore
from connectors.sage300 import money_documents as read
from connectors.sage300.api import Api
from connectors.sage300.batches import Batches, Shape, in_order
from connectors.sage300.money_bodies import repayment_batch_body, repayment_body
from connectors.sage300.wire import equals
from connectors.sage300.writing import DOCUMENT, REFUND, asked_for, check_names, only_one, there, tried
from connectors.types import Document, Repayment
from connectors.words import words

REFUNDS = "AR/ARRefundBatches"
POSTED_DOCUMENTS = "AR/ARPostedDocuments"
REPAYMENTS = Shape(
    what=REFUND,
    resource=REFUNDS,
    description="BatchDescription",
    entries="RefundEntries",
    reference="DocumentNumber",
    header=("BatchNumber", "BatchStatus", "BatchDescription"),
)
_ADVICE = words("Enter the refund in Sage by hand, under this document number.")


class Repayments:
    """Looking for and entering refunds of one company; their batches are handed over by a person."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.batches = Batches(api, REPAYMENTS, read.repayment)

    def find(self, reference: str, hint: Mapping[str, Any] | None = None) -> Document | None:
        """The entry whose document number is our reference, else the posted document, whoever entered it.

        ``hint``, a prepared Repayment, says in which batches to look. Raises Rejected when several carry the reference.
        """
        found: dict[str, Document] = {}
        if not self.api.lacks(REFUNDS):
            name = str(hint.get("batch", "")) if hint else ""
            found = {each.key: each for each in self.batches.carrying(reference, name)}
        return only_one(found or posted_as(self.api, reference, "repayment"), REFUND, reference)

    def place(self, prepared: Mapping[str, Any]) -> Document:
        """Add one entry to the open refund batch of its key, or make the batch with it; all four errors."""
        there(self.api, REFUNDS, _ADVICE)
        repayment = restore(Repayment, prepared)
        entry = repayment_body(repayment, self.api.assumptions)
        made = repayment_batch_body(repayment, self.api.assumptions)
        check_names(self.api, REFUNDS, made | {REPAYMENTS.entries: [entry]})
        refused: set[int] = set()

        def write(last: bool) -> Document:
            avoided = tuple(refused) if last else ()
            return self.batches.enter(repayment.batch, made, entry, lambda _batch: True, refused, avoided)

        return tried(self.api, write, lambda: self.find(repayment.reference, prepared))

    def documents(self, since: date) -> Iterator[Document]:
        """All refunds dated on or after ``since``."""
        found = (each for each in self.batches.since(since) if each.date is None or each.date >= since)
        yield from sorted(found, key=in_order)

    def document(self, key: str) -> Document | None:
        """The entry by "batch/entry", or None."""
        return self.batches.entry(key)


def posted_as(api: Api, reference: str, kind: str) -> dict[str, Document]:
    """The posted A/R documents with our reference as their number: how what a person entered is found."""
    if api.lacks(POSTED_DOCUMENTS):
        return {}
    found = {}
    for row in api.some(POSTED_DOCUMENTS, equals(DocumentNumber=reference)):
        asked_for(row, ("DocumentNumber",), reference, DOCUMENT)
        document = read.posted_document(row, kind)
        found[document.key] = document
    return found

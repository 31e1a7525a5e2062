"""Payments against receipts, refunds against credit notes, and what the bank is to pay out against what it did.

Payments and refunds by the shop's own ids, whatever orders they concern; what is paid out by our reference, because a
refund may go back in several parts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from connectors.types import ZERO, Document, Figure
from staging.models import StagedOrder
from staging.proofs.sales import BEFORE_GO_LIVE
from staging.proofs.tally import OURS, Tally, order_of
from staging.proofs.types import CREDIT_NOTE, RECEIPT, REPAYMENT, Evidence, Rules, Staged

Status = StagedOrder.Status
Source = int | str
"""The shop's id of a payment or refund; our reference of what is paid out."""

LETTERS = {RECEIPT: "R", CREDIT_NOTE: "C", REPAYMENT: "B"}

WHY_MISSING = {
    Status.STAGED: "on-its-way",
    Status.READY: "on-its-way",
    Status.INVALID: "held",
    Status.POSTED: "not-booked",
}
"""Why Sage does not hold it, by where the order stands with us."""


class Money:
    """Compares the receipts, the credit notes or what the bank paid out of one day."""

    def __init__(self, kind: str, day: date, evidence: Evidence, rules: Rules) -> None:
        self.day, self.evidence, self.rules = day, evidence, rules
        self.tally = Tally(kind, rules)
        self.kind = kind
        self.held = _by_source(evidence.documents.get(kind, []), rules.prefix, kind)

    def compare(self) -> Tally:
        """All payments or refunds of the day, then what Sage holds besides."""
        figures = [figure for figure in self.evidence.figures.get(self.kind, []) if figure.day == self.day]
        for figure in figures:
            self._figure(figure)
        seen = {self._source(figure) for figure in figures}
        for source, documents in self.held.items():
            if source not in seen:
                self._besides([document for document in documents if document.date == self.day])
        return self.tally

    def _figure(self, figure: Figure) -> None:
        held = self.held.get(self._source(figure), [])
        row = self._row(figure)
        self.tally.sage(held, figure.currency)
        documents = self.tally.copies(held, figure, row)
        total = sum((document.total for document in documents), ZERO)
        if figure.fault:
            currency = next((document.currency for document in documents), "")
            self.tally.differ(
                "unreadable", amount=total, figure=figure, row=row, documents=documents, currency=currency,
                details=[figure.fault],
            )  # fmt: skip
            return
        amount = self.tally.shop(figure)
        reason = self._not_wanted(figure)
        if reason:
            self.tally.leave_out(figure, figure.orders[0], reason)
        if documents and reason:
            self.tally.differ("not-wanted", amount=total, figure=figure, row=row, documents=documents, details=[reason])
        elif documents and total != amount:
            self.tally.differ("altered", amount=total - amount, figure=figure, row=row, documents=documents)
        elif not documents and not reason:
            self.tally.missing(figure, self._why_missing(figure, row), row, row.causes if row else ())

    def _source(self, figure: Figure) -> Source:
        return figure.reference.upper() if self.kind == REPAYMENT else figure.id

    def _why_missing(self, figure: Figure, row: Staged | None) -> str:
        if self.kind == REPAYMENT and figure.reference in self.evidence.waiting:
            return "waits-for-sage"
        return WHY_MISSING[Status(row.status)] if row else "not-read"

    def _row(self, figure: Figure) -> Staged | None:
        """Of a payment's orders the one most likely to have it: the first that is not left out."""
        rows = [row for order in figure.orders if (row := self.evidence.staged.get(order))]
        due = [row for row in rows if row.status not in (Status.IGNORED, Status.WAITING)]
        return next(iter([*due, *rows]), None)

    def _not_wanted(self, figure: Figure) -> str:
        """Why Sage is not to hold it (yet): by rule, or because it is to hold none of its orders."""
        if self.kind == RECEIPT and (reason := self.rules.not_booked(figure)):
            return reason
        row = self._row(figure)
        if row is None:
            older = all(self.rules.before_go_live(order, None) for order in figure.orders)
            return BEFORE_GO_LIVE if older else ""
        return (row.reason or row.status) if row.status in (Status.IGNORED, Status.WAITING) else ""

    def _besides(self, documents: list[Document]) -> None:
        """Documents of ours dated this day without a payment or refund on it; those we know belong to another day."""
        strange = [document for document in documents if document.reference.upper() not in self.evidence.known]
        self.tally.sage(strange)
        for document in strange:
            order = order_of(document.reference)
            row = self.evidence.staged.get(order)
            self.tally.differ(
                "not-in-shop", amount=document.total, order=order, row=row, documents=[document],
                currency=document.currency,
            )  # fmt: skip


def _by_source(documents: Iterable[Document], prefix: str, kind: str) -> dict[Source, list[Document]]:
    """By the payment or refund that their reference names (one that names none is under 0), or by the reference."""
    found: defaultdict[Source, list[Document]] = defaultdict(list)
    for document in documents:
        match = OURS.fullmatch(document.reference)
        if match and match["prefix"].upper() == prefix and (match["letter"] or "").upper() == LETTERS[kind]:
            number = int(match["number"]) if match["number"].isdecimal() else 0
            found[document.reference.upper() if kind == REPAYMENT else number].append(document)
    return dict(found)

"""The orders of a day against the sales in Sage: each order once, each document once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from connectors.types import ZERO, Document, Figure
from staging.amounts import rounded
from staging.models import StagedOrder
from staging.proofs.tally import OURS, Tally
from staging.proofs.types import CREDIT_NOTE, SALE, Evidence, Rules, Staged

Status = StagedOrder.Status
BEFORE_GO_LIVE = "before go-live"

WHY_MISSING = {
    Status.STAGED: "on-its-way",
    Status.READY: "on-its-way",
    Status.INVALID: "held",
    Status.POSTED: "lost",
}
"""Why Sage does not hold an order that it should, by where the order stands with us."""


class Sales:
    """Compares the sales of one day."""

    def __init__(self, day: date, evidence: Evidence, rules: Rules) -> None:
        self.day, self.evidence, self.rules = day, evidence, rules
        self.tally = Tally(SALE, rules)
        self.held = _lowered(by_order(evidence.documents.get(SALE, []), rules.prefix), evidence, rules.prefix)
        self.credited = credited(evidence, rules.prefix)

    def compare(self) -> Tally:
        """All orders of the day, then what Sage holds besides."""
        figures = [self._worth(figure) for figure in self.evidence.figures.get(SALE, []) if figure.day == self.day]
        for figure in figures:
            self._order(figure)
        seen = {figure.id for figure in figures}
        for order, documents in self.held.items():
            if order not in seen:
                self._besides(order, [document for document in documents if document.date == self.day])
        self._by_hand(figures)
        return self.tally

    def _worth(self, figure: Figure) -> Figure:
        """An order with what vouchers that are money paid of it: its sale has its full value (docs/accountant.md)."""
        row = self.evidence.staged.get(figure.id)
        return replace(figure, amount=figure.amount + row.vouchers) if row else figure

    def _order(self, figure: Figure) -> None:
        row = self.evidence.staged.get(figure.id)
        undone = self._undone(figure)
        held = [document for document in self.held.get(figure.id, []) if document not in undone]
        self.tally.sage(held, figure.currency)
        documents = self.tally.copies(held, figure, row)
        if figure.fault:
            self._unreadable(figure, row, documents)
            return
        amount = self.tally.shop(figure)
        if not documents:
            self._absent(figure, row)
            return
        *former, document = sorted(documents, key=generation)
        self._former(figure, row, former, document)
        if reason := self._not_wanted(figure, row):
            self.tally.leave_out(figure, figure.id, reason)
            self.tally.differ(
                "not-wanted", amount=document.total, figure=figure, row=row, documents=[document],
                currency=document.currency, details=[reason],
            )  # fmt: skip
            return
        if document.currency and document.currency != figure.currency:
            self.tally.differ("currency", amount=-amount, figure=figure, row=row, details=[document.currency])
            self.tally.differ(
                "currency", amount=document.total, figure=figure, row=row, documents=[document],
                currency=document.currency, details=[document.currency],
            )  # fmt: skip
        elif document.total != amount:
            cause = self._why_altered(amount, document, row, figure.currency)
            details = row.causes if row else ()
            self.tally.differ(
                cause, amount=document.total - amount, figure=figure, row=row, documents=[document], details=details
            )
        elif row is None:
            self.tally.differ("forgotten", figure=figure, documents=[document])
        if self._credit(figure.id, document) > document.total:
            self.tally.differ("over-credited", figure=figure, row=row, documents=[document])
        if figure.state and figure.state.cancelled and self._open(figure.id, document):
            self.tally.differ("cancelled", figure=figure, row=row, documents=[document])

    def _unreadable(self, figure: Figure, row: Staged | None, documents: list[Document]) -> None:
        total = sum((document.total for document in documents), ZERO)
        currency = next((document.currency for document in documents), "")
        self.tally.differ(
            "unreadable", amount=total, figure=figure, order=figure.id, row=row, documents=documents,
            currency=currency, details=[figure.fault],
        )  # fmt: skip

    def _absent(self, figure: Figure, row: Staged | None) -> None:
        """Sage holds nothing: rightly so, or why."""
        if row is None and self.rules.before_go_live(figure.id, figure.day):
            self.tally.leave_out(figure, figure.id, BEFORE_GO_LIVE)
        elif row is None:
            self.tally.missing(figure, "not-read", None)
        elif self._outdated(figure, row):
            self.tally.missing(figure, "outdated", row)
        elif reason := self._not_wanted(figure, row):
            self.tally.leave_out(figure, figure.id, reason)
        else:
            self.tally.missing(figure, WHY_MISSING[Status(row.status)], row, row.causes)

    def _not_wanted(self, figure: Figure, row: Staged | None) -> str:
        """Why Sage is not to hold this order, or not yet; "" when it is."""
        if row is None:
            return BEFORE_GO_LIVE if self.rules.before_go_live(figure.id, figure.day) else ""
        if row.status in (Status.IGNORED, Status.WAITING):
            return row.reason or row.status
        return ""

    def _outdated(self, figure: Figure, row: Staged) -> bool:
        """Whether the shop says something else by now than what we have read."""
        total = None if row.worth is None else rounded(row.worth, self.rules.places(figure.currency))
        state = figure.state.name if figure.state else ""
        return total != self.tally.amount(figure) or row.state != state[:80]

    def _undone(self, figure: Figure) -> list[Document]:
        """Sales that were credited in full and sent again: they and their credit weigh nothing."""
        last = max(map(generation, self.held.get(figure.id, [])), default=1)
        former = [each for each in self.held.get(figure.id, []) if generation(each) < last]
        return [document for document in former if not self._open(figure.id, document)]

    def _former(self, figure: Figure, row: Staged | None, former: list[Document], current: Document) -> None:
        """A sale was sent again, but its first sending is not credited."""
        for document in former:
            self.tally.differ(
                "superseded", amount=document.total, figure=figure, row=row, documents=[document, current],
                currency=document.currency,
            )  # fmt: skip

    def _open(self, order: int, document: Document) -> bool:
        """Whether the sale is not credited in full, as far as Sage was asked."""
        return CREDIT_NOTE not in self.evidence.documents or self._credit(order, document) < document.total

    def _credit(self, order: int, document: Document) -> Decimal:
        """Refunds of the order and what takes this very sending back."""
        return self.credited.get((order, 0), ZERO) + self.credited.get((order, generation(document)), ZERO)

    def _why_altered(self, amount: Decimal, document: Document, row: Staged | None, currency: str) -> str:
        if row is None:
            return "forgotten"
        if row.sent is not None and rounded(row.sent, self.rules.places(currency)) == document.total:
            staged = None if row.worth is None else rounded(row.worth, self.rules.places(currency))
            return "changed-in-shop" if staged == document.total or row.causes else "sent-so"
        return "altered"

    def _besides(self, order: int, documents: list[Document]) -> None:
        """Sales under a reference of ours that are dated this day, but the shop has no such order on it."""
        row = self.evidence.staged.get(order)
        if not documents or (row is not None and row.day is not None and row.day != self.day):
            return  # an order of another day, proved there
        self.tally.sage(documents)
        for document in self.tally.copies(documents, None, row):
            self.tally.differ(
                "not-in-shop", amount=document.total, order=order, row=row, documents=[document],
                currency=document.currency,
            )  # fmt: skip

    def _by_hand(self, figures: Iterable[Figure]) -> None:
        """Sales without a reference of ours that carry the shop's reference as the customer's order number."""
        named = {figure.reference: figure for figure in figures if figure.reference}
        for document in self.evidence.documents.get(SALE, []):
            figure = named.get(document.purchase_order)
            if figure is None or OURS.fullmatch(document.reference):
                continue
            self.tally.sage([document], figure.currency)
            row = self.evidence.staged.get(figure.id)
            self.tally.differ(
                "by-hand", amount=document.total, figure=figure, row=row, documents=[document],
                currency=document.currency,
            )  # fmt: skip


def by_order(documents: Iterable[Document], prefix: str) -> dict[int, list[Document]]:
    """Sales of one shop by the order that their reference names."""
    found: defaultdict[int, list[Document]] = defaultdict(list)
    for document in documents:
        match = OURS.fullmatch(document.reference)
        if match and match["prefix"].upper() == prefix and (match["letter"] or "G").upper() == "G":
            found[int(match["order"])].append(document)
    return dict(found)


def credited(evidence: Evidence, prefix: str) -> Mapping[tuple[int, int], Decimal]:
    """What was credited with tax, by order and the sending that was taken back; refunds are under sending 0."""
    found: defaultdict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for document in evidence.documents.get(CREDIT_NOTE, []):
        match = OURS.fullmatch(document.reference)
        if match and match["prefix"].upper() == prefix and not _difference(match):
            taken_back = (match["letter"] or "").upper() == "X" and match["number"].isdecimal()
            found[int(match["order"]), int(match["number"]) if taken_back else 0] += document.total
    return found


def _lowered(held: dict[int, list[Document]], evidence: Evidence, prefix: str) -> dict[int, list[Document]]:
    """The sales less the credit notes that brought them to what the shop changed them to ("-X1D2")."""
    off: defaultdict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for document in evidence.documents.get(CREDIT_NOTE, []):
        match = OURS.fullmatch(document.reference)
        if match and match["prefix"].upper() == prefix and (sending := _difference(match)):
            off[int(match["order"]), sending] += document.total
    return {
        order: [replace(each, total=each.total - off[order, generation(each)]) for each in documents]
        for order, documents in held.items()
    }


def _difference(match: re.Match[str]) -> int:
    """Which sending of the order the credit note of a difference belongs to, 0 for any other reference."""
    sending, _letter, number = (match["number"] or "").upper().partition("D")
    lowers = (match["letter"] or "").upper() == "X" and sending.isdecimal() and number.isdecimal()
    return int(sending) if lowers else 0


def generation(document: Document) -> int:
    """1 for the first sending, n for "-Gn"."""
    match = OURS.fullmatch(document.reference)
    number = match["number"] if match else None
    return int(number) if number and number.isdecimal() else 1

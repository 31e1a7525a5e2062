"""After a restore, of Sage, of our database, of the shop: make our postings say again what Sage really holds.

Everything is found by our reference. What Sage lost is staged again; what it has and we forgot is linked; nothing is
written to Sage here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from connectors.models import SageCompany, Shop
from connectors.plain import plain
from connectors.ports import Sage
from connectors.types import Document
from connectors.words import words
from staging import outcome
from staging.answers import is_ours, taken
from staging.issues import first_cause, settle
from staging.models import Posting, StagedOrder, move

Status = Posting.Status
LISTED = ("sale", "receipt", "credit note", "repayment")
LOOKED_UP = 100
"""So many of a kind that the list lacks are looked up one by one; of more, the list is believed (push looks again)."""

SHOWN = 500
"""At most so many rows of each list are told; the counts are complete."""


@dataclass
class Comparison:
    """What Sage holds since a date, against our postings; references unless said otherwise."""

    in_sage: int = 0
    same: int = 0
    missing: list[Posting] = field(default_factory=list)
    linked: list[tuple[Posting, Document]] = field(default_factory=list)
    differ: list[tuple[Posting, Document]] = field(default_factory=list)
    unknown: list[Document] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """Counts and lists, JSON-able, for people."""
        return {
            "in_sage": self.in_sage,
            "same": self.same,
            "missing": len(self.missing),
            "linked": len(self.linked),
            "differ": len(self.differ),
            "unknown": len(self.unknown),
            "lists": {
                "missing": [posting.reference for posting in self.missing[:SHOWN]],
                "linked": [posting.reference for posting, _document in self.linked[:SHOWN]],
                "differ": [posting.reference for posting, _document in self.differ[:SHOWN]],
                "unknown": [document.reference for document in self.unknown[:SHOWN]],
            },
        }


def preview(company: SageCompany, since: date, sage: Sage) -> Comparison:
    """Compare, changing nothing. Raises the connector's errors.

    ``missing``: noted as in Sage, but not there. ``linked``: there, but not noted. ``differ``: under our reference lies
    something else. ``unknown``: with a reference of one of our shops, but no posting of ours; an order that is
    fetched again later finds its document and adopts it.
    """
    comparison = Comparison()
    begun = timezone.now()
    prefixes = tuple(f"{prefix}_" for prefix in Shop.objects.filter(company=company).values_list("prefix", flat=True))
    for kind in LISTED:
        if kind in sage.can:
            shown = {document.reference: document for document in sage.documents(kind, since)}
            ours = {reference: each for reference, each in shown.items() if reference.startswith(prefixes)}
            comparison.in_sage += len(ours)
            _compare(comparison, company, kind, since, ours, sage)
    made = {document.reference for document in sage.documents("customer", since)}
    comparison.missing += _missing(company, "customer", since, made, sage)
    # What was pushed after we began to read is not in what we read.
    comparison.missing = [each for each in comparison.missing if each.pushed_at is None or each.pushed_at < begun]
    return comparison


def _compare(
    comparison: Comparison, company: SageCompany, kind: str, since: date, shown: dict[str, Document], sage: Sage
) -> None:
    known: set[str] = set()
    for posting in _postings(company, kind, list(shown)):
        known.add(posting.reference)
        document: Document | None = shown[posting.reference]
        if document is not None and not is_ours(kind, posting.prepared, document):
            # A list does not tell all amounts (Sage 300: completed orders).
            document = sage.find(kind, posting.reference, posting.prepared)
        if document is None or posting.status == Status.DROPPED or not is_ours(kind, posting.prepared, document):
            comparison.differ.append((posting, document or shown[posting.reference]))
        elif posting.status == Status.PUSHED and posting.document_key == document.key:
            comparison.same += 1
        elif posting.status != Status.PUSHING or _left_behind(posting):
            comparison.linked.append((posting, document))
    comparison.unknown += [document for reference, document in shown.items() if reference not in known]
    comparison.missing += _missing(company, kind, since, shown.keys(), sage)


def _missing(company: SageCompany, kind: str, since: date, shown: Collection[str], sage: Sage) -> Iterator[Posting]:
    """Postings noted as in Sage that it has not; one that was dated otherwise there is found by its reference."""
    looked_up = 0
    for posting in _expected(company, kind, since):
        if posting.reference in shown:
            continue
        looked_up += 1
        if looked_up > LOOKED_UP or sage.find(kind, posting.reference, posting.prepared) is None:
            yield posting


def _postings(company: SageCompany, kind: str, references: list[str]) -> Iterator[Posting]:
    for start in range(0, len(references), 500):
        rows = Posting.objects.filter(company=company, kind=kind, reference__in=references[start : start + 500])
        yield from rows.select_related("order__shop").order_by("pk")


def _expected(company: SageCompany, kind: str, since: date) -> Iterator[Posting]:
    """Postings noted as in Sage that belong to the time asked for."""
    rows = Posting.objects.filter(company=company, kind=kind, status=Status.PUSHED)
    rows = rows.filter(Q(order__order_date__gte=since) | Q(pushed_at__date__gte=since))
    return rows.select_related("order__shop").order_by("pk").iterator()


def _left_behind(posting: Posting) -> bool:
    return posting.lease_until is None or posting.lease_until <= timezone.now()


def apply(company: SageCompany, since: date, sage: Sage, user: User | None = None) -> Comparison:
    """Compare and write down what was found: lost ones are staged again, forgotten ones linked, strange ones told.

    A company that was stopped (a restore was noticed) goes on. May be repeated at any time.
    """
    comparison = preview(company, since, sage)
    for posting in comparison.missing:
        lose(posting, user)
    for posting, document in comparison.linked:
        _link(posting, document, user)
    for posting, document in comparison.differ:
        _tell(posting, document)
    company.refresh_from_db()
    company.resume()
    return comparison


@transaction.atomic
def lose(posting: Posting, user: User | None) -> None:
    """Sage no longer has the document: its order is checked again, and what is due is sent again."""
    order = _locked(posting)
    message = words("Sage no longer has it.")
    if not move(posting, Status.LOST, message, user=user, answer=None, document_key="", tracked_at=None):
        return
    issues = settle(order, [], source="push", posting=posting)
    changes: dict[str, Any] = {"first_cause": first_cause(issue.code for issue in issues), "look_again": True}
    if order.status == StagedOrder.Status.IGNORED:
        return
    changes |= {"due_at": timezone.now(), "lease_until": None}
    if posting.kind == Posting.Kind.SALE:  # else Sage holds the sale still
        changes |= {"reason": "", "sage_order": "", "sage_invoice": ""}
    move(order, StagedOrder.Status.STAGED, words("Sage lost it; it is sent again."), user=user, **changes)


@transaction.atomic
def _link(posting: Posting, document: Document, user: User | None) -> None:
    order = _locked(posting)
    message = words("Found in Sage as %(number)s and linked.", number=document.number)
    if posting.status == Status.READY and not move(posting, Status.PUSHING, message, user=user):
        return
    changes = {"answer": plain(document), "document_key": document.key[:60], "lease_until": None}
    changes |= {"document_number": document.number[:40], "pushed_at": posting.pushed_at or timezone.now()}
    if not move(posting, Status.PUSHED, message, user=user, **changes):
        return
    issues = settle(order, [], source="push", posting=posting)
    cause = first_cause(issue.code for issue in issues)
    if order.status in (StagedOrder.Status.INVALID, StagedOrder.Status.WAITING):
        move(order, StagedOrder.Status.STAGED, message, user=user, first_cause=cause, due_at=timezone.now())
        return
    outcome.follow(order, hold=False, changes={"first_cause": cause})


@transaction.atomic
def _tell(posting: Posting, document: Document) -> None:
    order = _locked(posting)
    fault = taken(posting.reference, posting.prepared, document)
    issues = settle(order, [fault], source="push", posting=posting)
    StagedOrder.objects.filter(pk=order.pk).update(first_cause=first_cause(issue.code for issue in issues))


def _locked(posting: Posting) -> StagedOrder:
    return StagedOrder.objects.select_for_update(no_key=True).get(pk=posting.order_id)

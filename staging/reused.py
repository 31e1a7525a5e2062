"""Numbers that the shop gave twice, as after a restore of it: what it gave before is in Sage or on its way there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from staging.checks import Case
from staging.issues import Fault
from staging.models import Posting
from staging.wanted import Wish

NUMBERED = (Posting.Kind.RECEIPT, Posting.Kind.CREDIT_NOTE, Posting.Kind.REPAYMENT)
"""What is made of a thing of the shop that has a number of its own; named, so that the index is of use."""


def marked(case: Case, wishes: Iterable[Wish]) -> Iterator[Wish]:
    """The wishes; one whose payment or slip another order has a document for is held for staff.

    A document that was dropped was never sent: what wants its number now is told apart by the order.
    """
    known = {posting.reference for posting in case.row.postings.all()}
    asked = list(wishes)
    keys = {wish.wanted.source_key for wish in asked if wish.wanted.document.reference not in known}
    others = _others(case, keys) if keys else {}
    for wish in asked:
        other = others.get((wish.wanted.kind, wish.wanted.source_key))
        if other is None:
            yield wish
        elif other.status == Posting.Status.DROPPED:
            apart = f"{wish.wanted.source_key} order {case.order.id}"
            yield replace(wish, wanted=replace(wish.wanted, source_key=apart))
        else:
            yield replace(wish, faults=(*wish.faults, _fault(wish, other)))


def _others(case: Case, keys: set[str]) -> dict[tuple[str, str], Posting]:
    rows = Posting.objects.filter(company=case.company, kind__in=NUMBERED, source_key__in=keys, generation=1)
    found = rows.exclude(order=case.row).select_related("order")
    return {(row.kind, row.source_key): row for row in found}


def _fault(wish: Wish, other: Posting) -> Fault:
    place = " ".join(wish.wanted.source_key.split()[2:])  # "payment 12" of "shop 1 payment 12"
    values = {"other": other.order.reference or str(other.order.order_id), "document": other.reference}
    return Fault("number-reused", value=wish.wanted.document.reference, place=place, values=values)

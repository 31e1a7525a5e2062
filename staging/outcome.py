"""What a push ended in, written down in one transaction: the posting, its issues, and what follows for the order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from connectors.plain import again, plain
from connectors.types import Document
from connectors.words import words
from staging.issues import Fault, first_cause, settle
from staging.models import Posting, StagedOrder, move

Status = Posting.Status
LOOK_SOON = timedelta(seconds=20)
"""A posting in doubt whose look failed is looked up again after this, once the connection is usable."""


def pushed(
    posting: Posting, document: Document, faults: Sequence[Fault], bell: Callable[[], None] = lambda: None
) -> bool:
    """Sage holds it; ``faults`` are differences between asked and got. False when the lease was lost to another."""
    message = words("In Sage as %(number)s.", number=document.number)
    return _end(
        posting,
        Status.PUSHED,
        message,
        faults,
        bell,
        answer=plain(document),
        document_key=document.key[:60],
        document_number=document.number[:40],
        pushed_at=timezone.now(),
    )


def refused(posting: Posting, faults: Sequence[Fault], bell: Callable[[], None] = lambda: None) -> bool:
    """Sage refuses it, or it may not be sent again without a person: staff act."""
    answer = next((again(fault.values["answer"]) for fault in faults if fault.values.get("answer")), "")
    message = words("Refused by Sage: %(answer)s", answer=answer) if answer else words("Not sent: staff must look.")
    return _end(posting, Status.REFUSED, message, faults, bell)


def held(posting: Posting, faults: Sequence[Fault]) -> bool:
    """Nothing was sent, because Sage itself told of a fault just before; the order waits for staff."""
    return _end(posting, Status.READY, words("Held just before it was sent."), faults, attempts=0)


def set_back(posting: Posting, reason: str, rescued: bool, attempts: int) -> bool:
    """The other side is away and nothing was written: due again; one in doubt stays in doubt and is looked up later.

    ``attempts``: how many writes may have reached Sage before this call.
    """
    if rescued:
        return move(posting, Status.PUSHING, reason, lease_until=timezone.now() + LOOK_SOON, attempts=attempts)
    return _end(posting, Status.READY, reason, None, attempts=attempts)


def put_off(posting: Posting, reason: str, until: timedelta) -> bool:
    """Nothing was sent, because Sage has work of its own to do first: due again later, for nobody to act."""
    return _end(posting, Status.READY, reason, None, attempts=0, due_at=timezone.now() + until)


def _end(
    posting: Posting,
    to: str,
    message: str,
    faults: Sequence[Fault] | None,
    bell: Callable[[], None] = lambda: None,
    **changes: Any,
) -> bool:
    """``faults`` None: nothing new is known, the order's issues stay as they are."""
    with transaction.atomic():
        # The lock makes a shop change that is stored meanwhile see either the sending or its end, never neither.
        orders = StagedOrder.objects.select_for_update(no_key=True).only("status", "version", "news")
        order = orders.get(pk=posting.order_id)
        if not move(posting, to, message, lease_until=None, **changes):
            return False
        order_changes: dict[str, Any] = {}
        if faults is not None:
            issues = settle(order, faults, source="push", posting=posting)
            order_changes["first_cause"] = first_cause(issue.code for issue in issues)
        hold = bool(faults) and to != Status.PUSHED
        again = follow(order, hold, order_changes)
        if to == Status.REFUSED:
            again = _free_dependents(posting) or again
    if again:
        bell()
    return True


def _free_dependents(posting: Posting) -> bool:
    """Orders whose documents waited for a refused customer are checked again, so that each says so to staff."""
    waiting = posting.dependents.filter(order__status=StagedOrder.Status.READY).exclude(order=posting.order_id)
    again = False
    for dependent in waiting.select_related("order"):
        message = words("What it waited for was refused by Sage.")
        again = move(dependent.order, "staged", message, due_at=timezone.now(), lease_until=None) or again
    return again


def follow(order: StagedOrder, hold: bool, changes: dict[str, Any]) -> bool:
    """Move the order on after one of its postings ended; in the caller's transaction, the order's row locked.

    ``hold``: this ending is for staff. True when the order is to be checked again.
    """
    postings = list(order.postings.defer("prepared"))
    states = {posting.status for posting in postings}
    if Status.PUSHING in states:
        return _note(order, changes)
    if order.news:
        again = {"news": False, "due_at": timezone.now(), "lease_until": None}
        return move(order, "staged", words("The shop changed it while it was being sent."), **(changes | again))
    if order.status != StagedOrder.Status.READY:
        return _note(order, changes)
    sold = numbers(postings)
    if (hold or Status.REFUSED in states) and not sold:
        move(order, "invalid", words("Staff must act."), **changes)
    elif hold or not any(_goes_on(posting) for posting in postings):
        told = (
            words("Staff must act; the sale is in Sage.")
            if hold or Status.REFUSED in states
            else words("Sage holds all of it.")
        )
        move(order, "posted", told, **(changes | sold))
    else:
        return _note(order, changes)
    return False


def _goes_on(posting: Posting) -> bool:
    """Whether the posting will be sent without staff: it is ready, and what it waits for was not refused."""
    if posting.status not in (Status.READY, Status.LOST):
        return False
    return posting.depends_on is None or posting.depends_on.status != Status.REFUSED


def numbers(postings: Sequence[Posting]) -> dict[str, str]:
    """Sage's numbers of the order's (last) sale, for lists and searches; {} when Sage holds none."""
    sales = [row for row in postings if row.kind == Posting.Kind.SALE and row.status == Status.PUSHED]
    sale = max(sales, key=lambda row: row.generation, default=None)
    if sale is None:
        return {}
    return {
        "sage_order": sale.document_number[:40],
        "sage_invoice": str((sale.answer or {}).get("invoice_number", ""))[:40],
    }


def _note(order: StagedOrder, changes: dict[str, Any]) -> bool:
    if changes:
        StagedOrder.objects.filter(pk=order.pk).update(**changes)
    return False

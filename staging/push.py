"""Third verb: make each due posting true in Sage, once: claim, commit, look, write only if nothing is there, note it.

The same path serves the first try, the retry and the rescue of what a dead worker left. No HTTP call runs inside a
transaction, and no doubt is settled by writing: it is settled by looking.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone

from connectors import open_sage
from connectors.errors import ConnectorError, Misconfigured, OutcomeUnknown, Rejected, Unavailable, Unsupported
from connectors.models import SageCompany
from connectors.plain import plain
from connectors.ports import Sage
from connectors.types import Document
from connectors.words import words
from staging import byhand, outcome
from staging.answers import differences, is_ours, taken
from staging.attempts import Attempts
from staging.completing import WAIT, completed, waits_for
from staging.holds import faults_now
from staging.issues import Fault
from staging.models import Posting, move
from staging.models.postings import PUSH_LEASE
from staging.slots import give_way, slot
from staging.sweeping import Swept, time_is_up
from staging.wanted import ATTACHED

logger = logging.getLogger(__name__)

Status = Posting.Status
BATCHED = (Posting.Kind.RECEIPT, Posting.Kind.REPAYMENT)
"""What becomes an entry of a batch, with one writer at a time."""

SLOT_WAIT = 2.0
"""Seconds a sweep waits for a slot; then others are at work for this company, and they go on."""

TURN = 1.0
"""Seconds after which a sweep that pushes one posting after the other gives its slot back and begins a new turn."""

WRITE_TIME = timedelta(minutes=5)
"""The worst case of ``place``: with less than this left of the lease nothing is written any more."""

SETTLE = timedelta(seconds=20)
"""Where Sage refuses a second copy by itself: how long a lost answer rests before the next look; doubled each time."""

SETTLE_UNSURE = timedelta(minutes=15)
"""Where it does not: longer than any server works on a request whose client has gone."""

LOOKS = 3
"""How often nothing must be found, spread over SETTLE_UNSURE, before staff are asked."""

TRIES = 6
"""Writes of one posting without a clear answer before staff are asked."""

LOST_IN_A_ROW = 3
"""Answers lost one after another before the connection is paused."""

_CLAIMED = (*(field.name for field in Posting._meta.concrete_fields), "order__status")
"""What a claim reads: of the order, which it locks, no more than it asks for."""


class _Sweeping:
    """What one sweep carries from posting to posting."""

    def __init__(self, company: SageCompany, bell: Callable[[], None]) -> None:
        self.company = company
        self.sage: Sage = open_sage(company)
        self.attempts = Attempts(self.sage)
        self.bell = bell
        self.done = 0
        self.lost = 0
        self.bug: Exception | None = None


def sweep(company: SageCompany, *, deadline: float | None = None, bell: Callable[[], None] = lambda: None) -> Swept:
    """Push the due postings of a company, oldest first; ``done`` counts those that Sage holds now.

    Writes nothing unless this installation is confirmed for the company. ``bell`` is rung when an order is to be
    checked again. All four connector errors end up in rows and connection states; any other exception is a bug: its
    posting keeps its lease and is looked up later, the sweep goes on, and the first one is raised at the end.
    """
    if not company.confirmed:
        note = words(
            "Nothing is sent: this installation is not confirmed for the company. Confirm it on the company's page."
        )
        return Swept(0, False, note)
    try:
        sweeping = _Sweeping(company, bell)
    except Misconfigured as error:  # its switches or its secret: it cannot even be asked
        company.stop(error.message)
        return Swept(0, False, error.message)
    more, left = True, False
    while more and not left and company.usable():
        with slot(company, wait=SLOT_WAIT) as taken_slot:
            if taken_slot:
                try:
                    more = _turn(sweeping, deadline)
                finally:
                    sweeping.attempts.keep()
            else:
                more = False
                company.waive()
        left = more and time_is_up(deadline)
        if more and not left:
            give_way(company)
    if sweeping.bug:
        raise sweeping.bug
    return Swept(sweeping.done, left, company.state_reason)


def _turn(sweeping: _Sweeping, deadline: float | None) -> bool:
    """Push due postings under one slot; False when none is left.

    Goes on only while all goes well: after anything else the connection's state is read anew before the next one.
    """
    over = time.monotonic() + TURN
    while (claimed := _claim(sweeping.company)) is not None:
        posting, rescued = claimed
        well = False
        try:
            with sweeping.attempts.of(posting):
                well = _push(sweeping, posting, rescued)
        except Exception as bug:
            logger.exception("pushing %s failed", posting)
            sweeping.bug = sweeping.bug or bug
        sweeping.done += well
        if not well or time_is_up(over) or time_is_up(deadline):
            return True
    sweeping.company.waive()
    return False


def _claim(company: SageCompany) -> tuple[Posting, bool] | None:
    """The oldest due posting, now pushing under our lease, and whether it is a rescue: Sage may have it already."""
    now = timezone.now()
    fresh = Q(status=Status.READY, due_at__lte=now, order__status="ready")
    left_behind = Q(status=Status.PUSHING, lease_until__lte=now)
    due = (
        Posting.objects.filter(fresh | left_behind, company=company, status__in=[Status.READY, Status.PUSHING])
        .filter(Q(depends_on=None) | Q(depends_on__status=Status.PUSHED))
        .alias(buyer=KT("prepared__customer"))
        .filter(Q(generation=1) | ~Exists(_unsent_buyer(company)))
        .select_related("order")
        .only(*_CLAIMED)
        .select_for_update(skip_locked=True, of=("self", "order"), no_key=True)
        .order_by("due_at", "pk")
    )
    with transaction.atomic():
        posting = due.first()
        if posting is not None and posting.kind in BATCHED and _batches_wait(company):
            posting = due.exclude(kind__in=BATCHED).first()
        if posting is None:
            return None
        rescued, lease = posting.status == Status.PUSHING, now + PUSH_LEASE
        changes: dict[str, Any] = {"lease_until": lease}
        if not rescued:
            changes |= {"sent_at": now, "attempts": 1, "empty_looks": 0, "prepared": completed(posting, company)}
        message = words("Left in doubt; looked up in Sage.") if rescued else words("Being sent to Sage.")
        won = move(posting, Status.PUSHING, message, **changes)
    return (posting, rescued) if won else None


def _unsent_buyer(company: SageCompany) -> QuerySet[Posting]:
    """The new customer of a sale that Sage does not have yet. A first sale depends on it; one that is sent anew depends
    on the credit note of the former one, so it must look for its customer, too.
    """
    customers = Posting.objects.filter(company=company, kind=Posting.Kind.CUSTOMER, reference=OuterRef("buyer"))
    return customers.exclude(status__in=[Status.PUSHED, Status.DROPPED])


def _batches_wait(company: SageCompany) -> bool:
    """Whether another receipt or refund of the company is being written: two at once could make two batches of a day.

    In the claim's transaction. The lock lets one claim of these at a time through; nobody waits for it, because
    this one holds a posting already.
    """
    if not SageCompany.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=company.pk).values("pk"):
        return True
    others = Posting.objects.filter(company=company, kind__in=BATCHED, status=Status.PUSHING)
    return others.filter(lease_until__gt=timezone.now()).exists()


def _push(sweeping: _Sweeping, posting: Posting, rescued: bool) -> bool:
    """Make one claimed posting true; True when Sage holds it. Raises only what is a bug."""
    company = sweeping.company
    attempts = posting.attempts if rescued else 0
    try:
        document = _made(sweeping, posting, rescued)
    except Unavailable as error:  # nothing was written by this call
        wait = timedelta(seconds=error.retry_after) if error.retry_after is not None else None
        company.pause(error.message, timezone.now() + wait if wait else None)
        outcome.set_back(posting, error.message, rescued, attempts)
        return False
    except Misconfigured as error:
        company.stop(error.message)
        outcome.set_back(posting, error.message, rescued, attempts)
        return False
    except OutcomeUnknown as error:
        _answer_lost(sweeping, posting, error)
        return False
    except Rejected as error:
        sweeping.lost = 0
        _answered(company)
        outcome.refused(posting, [_refusal(posting, error)], sweeping.bell)
        return False
    sweeping.lost = 0
    _answered(company)
    if document is None:
        return False
    return outcome.pushed(posting, document, differences(posting.kind, posting.prepared, document), sweeping.bell)


def _refusal(posting: Posting, error: Rejected) -> Fault:
    if isinstance(error, Unsupported):
        return byhand.enter(posting.kind, posting.prepared)
    values = {"answer": plain(error.message), "code": error.code, "place": error.place}
    return Fault("refused", "", _which(posting), error.place[:60], values)


def _found(sage: Sage, posting: Posting) -> Document | None:
    return sage.find(posting.kind, posting.reference, posting.prepared) if "find" in sage.can else None


def _which(posting: Posting) -> str:
    """Names the document where an order can have several of the kind."""
    return posting.reference if posting.kind in ATTACHED else ""


def _made(sweeping: _Sweeping, posting: Posting, rescued: bool) -> Document | None:
    """The posting's document in Sage, found or placed; None when it was settled otherwise (taken, held, in doubt).

    Raises the four errors, with one promise: whatever but OutcomeUnknown means that THIS call wrote nothing.
    """
    sage, prepared = sweeping.sage, posting.prepared
    found = _found(sage, posting)
    if found is not None:
        return _adopted(posting, found)
    if rescued and not _may_write_again(sage, posting):
        return None
    if faults := faults_now(sage, posting):
        outcome.held(posting, faults)
        return None
    if reason := waits_for(posting, sweeping.company, sage):
        outcome.put_off(posting, reason, WAIT)
        return None
    if posting.lease_until is None or timezone.now() > posting.lease_until - WRITE_TIME:
        raise Unavailable(words("Sage answers too slowly; nothing was sent. It is tried again by itself."))
    try:
        return sage.place(posting.kind, prepared)
    except Rejected:
        # An earlier attempt may have been committed after our look: then Sage refuses the second copy.
        found = _found(sage, posting)
        if found is None:
            raise
        return _adopted(posting, found)


def _adopted(posting: Posting, found: Document) -> Document | None:
    if is_ours(posting.kind, posting.prepared, found):
        return found
    outcome.refused(posting, [taken(posting.reference, posting.prepared, found)])
    return None


def _may_write_again(sage: Sage, posting: Posting) -> bool:
    """After a look that found nothing of a posting in doubt: is writing safe now? Else it waits or goes to staff.

    Safe at once where Sage refuses a second document of the same number; elsewhere a request may still be at work.
    """
    looks, now = posting.empty_looks + 1, timezone.now()
    if posting.attempts >= TRIES or "find" not in sage.can:
        outcome.refused(posting, [Fault("outcome-unknown", value=posting.reference)])
        return False
    if _refuses_a_second(sage, posting):
        changes: dict[str, Any] = {"attempts": posting.attempts + 1, "empty_looks": looks, "sent_at": now}
        message = words("Not found in Sage; sent again.")
        return move(posting, Status.PUSHING, message, lease_until=now + PUSH_LEASE, **changes)
    if looks < LOOKS or now < (posting.sent_at or now) + SETTLE_UNSURE:
        later = now + SETTLE_UNSURE / LOOKS
        message = words("Not found in Sage yet; looked up again.")
        move(posting, Status.PUSHING, message, lease_until=later, empty_looks=looks)
        return False
    outcome.refused(posting, [Fault("outcome-unknown", value=posting.reference)])
    return False


def _refuses_a_second(sage: Sage, posting: Posting) -> bool:
    """Whether Sage itself takes no second document under this reference; of receipts and refunds it would."""
    return "unique reference" in sage.can and posting.kind not in BATCHED


def _answer_lost(sweeping: _Sweeping, posting: Posting, error: ConnectorError) -> None:
    """Sage may be at work still: rest, then look. Several in a row: the other side is not well, leave it alone."""
    sure = _refuses_a_second(sweeping.sage, posting)
    rest = SETTLE * 2 ** (posting.attempts - 1) if sure else SETTLE_UNSURE / LOOKS
    move(posting, Status.PUSHING, error.message, lease_until=timezone.now() + rest)
    sweeping.lost += 1
    if sweeping.lost >= LOST_IN_A_ROW:
        sweeping.company.pause(error.message)


def _answered(company: SageCompany) -> None:
    if company.state == company.State.PAUSED or company.failures:
        company.resume()

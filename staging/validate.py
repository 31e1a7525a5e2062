"""Second verb: check staged orders against mappings, mirror and arithmetic, and say what Sage should hold.

All faults of an order are found at once. Orders are claimed in batches under a lease, checked without any lock, and
finished one by one: what somebody changed meanwhile wins, and the order is simply checked again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from connectors.errors import Misconfigured
from connectors.models import Shop
from connectors.words import words
from staging import wanted
from staging.checking import Checking, Judged
from staging.issues import first_cause, poisoned, settle
from staging.live import Looks
from staging.models import Posting, StagedOrder, move
from staging.sweeping import Swept, time_is_up
from staging.waking import wake
from staging.wanted import OvertakenError

logger = logging.getLogger(__name__)

Status = StagedOrder.Status

BATCH = 50

WAKE = 200
"""So many are woken at once: the first of them are on their way to Sage before the last are woken."""

LEASE = timedelta(minutes=10)
"""Longer than any batch with its live looks; an order whose worker died is claimed again after it."""

SOON = timedelta(seconds=2)
"""An order that somebody else was changing is checked again after this, not at once in the same sweep."""


def sweep(shop: Shop, *, deadline: float | None = None, bell: Callable[[], None] = lambda: None) -> Swept:
    """Check what is due in a shop, oldest first; ``done`` counts the orders that got a new status.

    ``bell`` is rung after each batch that made orders ready. A bug costs only its own order: it is logged, the order
    keeps its lease and is marked for staff, the sweep goes on.
    """
    if not shop.live:
        return Swept(0, False, words("Nothing is checked: the shop's first order is not named."))
    try:
        checking = Checking(shop, Looks(shop.company, deadline))
    except Misconfigured as error:  # fetch stops the shop, push the company
        return Swept(0, False, error.message)
    done = 0
    wake(shop, WAKE)
    while not time_is_up(deadline):
        rows = claim(shop)
        if not rows:
            if wake(shop, WAKE):
                continue
            return Swept(done, False)
        finished, ready = _check(checking, rows)
        done += finished
        if ready:
            bell()
    return Swept(done, due(shop).exists())


def due(shop: Shop) -> QuerySet[StagedOrder]:
    """Orders to check now; one of which Sage may be receiving something at this moment is left for later."""
    now = timezone.now()
    sending = Posting.objects.filter(order=OuterRef("pk"), status=Posting.Status.PUSHING)
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    return StagedOrder.objects.filter(free, ~Exists(sending), shop=shop, status=Status.STAGED, due_at__lte=now)


def claim(shop: Shop) -> list[StagedOrder]:
    """The oldest due orders, leased to the caller, with their corrections and postings."""
    with transaction.atomic():
        oldest = due(shop).order_by("placed_at", "pk").select_for_update(skip_locked=True, of=("self",), no_key=True)
        pks = list(oldest.values_list("pk", flat=True)[:BATCH])
        StagedOrder.objects.filter(pk__in=pks).update(lease_until=timezone.now() + LEASE)
    rows = StagedOrder.objects.filter(pk__in=pks).prefetch_related("corrections", "postings")
    claimed = list(rows.order_by("placed_at", "pk"))
    for row in claimed:
        row.shop = shop
    return claimed


def _check(checking: Checking, rows: list[StagedOrder]) -> tuple[int, int]:
    """Check one batch; how many got a status, and how many of them are ready."""
    finished = ready = 0
    for judged in checking.judged(rows):
        if judged.judgement is None:
            poisoned(judged.row)
            continue
        try:
            done = _finish(judged)
        except Exception:
            logger.exception("what was found of order %s of %s cannot be written", judged.row.order_id, judged.row.shop)
            poisoned(judged.row)
            continue
        finished += done
        ready += done and judged.judgement.to == Status.READY
    return finished, ready


def _finish(judged: Judged) -> bool:
    """Write the judgement, whole or not at all; False when somebody changed the order meanwhile: it is due again."""
    row, lease = judged.row, judged.row.lease_until
    try:
        with transaction.atomic():
            _write(judged)
    except OvertakenError:
        ours = StagedOrder.objects.filter(pk=row.pk, lease_until=lease)
        ours.update(lease_until=None, due_at=timezone.now() + SOON)
        return False
    return True


def _write(judged: Judged) -> None:
    row, judgement = judged.row, judged.judgement
    assert judgement is not None  # for mypy: the caller looked
    anew = judgement.to in (Status.READY, Status.IGNORED)  # then what Sage said of an earlier try is void, too
    issues = settle(row, judgement.faults, source="both" if anew else "validate")
    changes: dict[str, Any] = {
        "first_cause": first_cause(issue.code for issue in issues),
        "checked_revision": judged.revision,
        "look_again": False,
        "due_at": timezone.now() + judgement.again,
        "lease_until": None,
    }
    if judgement.reason is not None:
        changes["reason"] = judgement.reason[:250]
    if judged.words is not None:
        changes["words"] = judged.words
    if judgement.verdict is not None:
        changes["verdict"] = judgement.verdict
    if not move(row, judgement.to, judgement.message, **changes):
        raise OvertakenError
    if judgement.to in (Status.READY, Status.POSTED):
        wanted.write(row, judgement.documents)
    else:
        wanted.withdraw(row, drop=judgement.to == Status.IGNORED)

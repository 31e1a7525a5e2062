"""The one door: the only code that sets the status of an order or a posting."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from staging.models.orders import StagedOrder
from staging.models.postings import Event, Posting

_ORDER, _POSTING = StagedOrder.Status, Posting.Status

LAWFUL: dict[type[models.Model], dict[str, frozenset[str]]] = {
    StagedOrder: {
        _ORDER.STAGED: frozenset(_ORDER),
        _ORDER.WAITING: frozenset({_ORDER.STAGED, _ORDER.IGNORED}),
        _ORDER.INVALID: frozenset({_ORDER.STAGED, _ORDER.IGNORED}),
        _ORDER.READY: frozenset({_ORDER.STAGED, _ORDER.POSTED, _ORDER.INVALID}),
        _ORDER.POSTED: frozenset({_ORDER.STAGED, _ORDER.POSTED}),
        _ORDER.IGNORED: frozenset({_ORDER.STAGED}),
    },
    Posting: {
        _POSTING.READY: frozenset({_POSTING.PUSHING, _POSTING.READY, _POSTING.DROPPED, _POSTING.REFUSED}),
        _POSTING.PUSHING: frozenset({_POSTING.PUSHING, _POSTING.PUSHED, _POSTING.REFUSED, _POSTING.READY}),
        _POSTING.PUSHED: frozenset({_POSTING.LOST, _POSTING.PUSHED}),
        _POSTING.REFUSED: frozenset({_POSTING.READY, _POSTING.PUSHED, _POSTING.DROPPED}),
        _POSTING.LOST: frozenset({_POSTING.READY, _POSTING.PUSHED, _POSTING.DROPPED}),
        _POSTING.DROPPED: frozenset({_POSTING.READY}),
    },
}


def move(
    row: StagedOrder | Posting,
    to: str,
    message: str,
    *,
    user: User | None = None,
    details: dict[str, Any] | None = None,
    **changes: Any,
) -> bool:
    """Set ``row`` to status ``to`` with ``changes`` and write the Event, in one transaction.

    True when this caller won; False when the row is no longer in the version the caller read (someone else was first):
    then nothing was written. Claiming under a lease, claiming again after a crash and protection against lost updates
    are all this. Raises ValueError for a step that design.md 3 does not know: that is a bug.
    """
    before = row.status
    if to not in LAWFUL[type(row)][before]:
        raise ValueError(f"{row._meta.model_name}: {before} → {to} is not lawful")
    if isinstance(row, StagedOrder) and to != before:
        changes.setdefault("status_since", timezone.now())
    with transaction.atomic(savepoint=False):  # a caller's transaction stands and falls with it
        found = type(row)._default_manager.filter(pk=row.pk, version=row.version, status=before)
        if not found.update(status=to, version=F("version") + 1, **changes):
            return False
        Event.objects.create(
            order_id=row.pk if isinstance(row, StagedOrder) else row.order_id,
            posting=row if isinstance(row, Posting) else None,
            user=user,
            before=before,
            after=to,
            message=message,
            details=details or {},
        )
    if isinstance(row, Posting):
        row.told = message
    for name, value in {"status": to, "version": row.version + 1, **changes}.items():
        setattr(row, name, value)
    return True

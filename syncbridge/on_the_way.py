"""What is on its way at this moment, for the page “Jobs”: the documents and orders themselves, never a job's number.

Of each list the first are shown and the others counted, so far as that is quick.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from staging.admin.worklists import SENDING, open_issues
from staging.models import Posting, StagedOrder, Task

SHOWN = 5
COUNTED = 1000

FAILED_SINCE = timedelta(days=14)

Sending, Order = Posting.Status, StagedOrder.Status


@dataclass(frozen=True)
class Item:
    """A document or an order: what is done with it, for whom, since or until when."""

    words: str
    order: StagedOrder
    where: str
    at: datetime | None
    posting: Posting | None = None
    told: str = ""


@dataclass(frozen=True)
class Items:
    """The first of a list, how many more there are, and whether counting them was given up."""

    shown: list[Item]
    more: int = 0
    many: bool = False


@dataclass(frozen=True)
class OnTheWay:
    """What is being sent, what waits the longest, what is tried again by itself, and what only a person ends."""

    sending: Items
    waiting: Items
    checks: Items
    again: Items
    refused: Items
    failed: list[Task]


def look() -> OnTheWay:
    """As it is now; the number of queries does not depend on how much there is."""
    now = timezone.now()
    postings = Posting.objects.select_related("company", "order__shop").defer("prepared", "answer")
    lost = Q(status=Sending.PUSHING, sent_at__lt=now - SENDING)
    tried = Q(status=Sending.READY, attempts__gt=0)
    held = open_issues().filter(posting__isnull=False).values("posting")
    ready = postings.filter(status=Sending.READY, attempts=0, due_at__lte=now)
    staged = StagedOrder.objects.filter(status=Order.STAGED, due_at__lte=now).select_related("shop")
    return OnTheWay(
        sending=_some(postings.filter(status=Sending.PUSHING).exclude(lost).order_by("sent_at"), _sent),
        waiting=_some(ready.order_by("due_at"), _due),
        checks=_some(staged.order_by("placed_at", "pk"), _check),
        again=_some(postings.filter(lost | tried).order_by(F("lease_until").asc(nulls_first=True), "due_at"), _again),
        refused=_some(postings.filter(pk__in=held, status=Sending.REFUSED).order_by("-pk"), _refused),
        failed=failed(now - FAILED_SINCE),
    )


def _some(rows: QuerySet[Any], item: Callable[[Any], Item]) -> Items:
    found = list(rows[: SHOWN + 1])
    if len(found) <= SHOWN:
        return Items([item(row) for row in found])
    count = rows.order_by().values("pk")[:COUNTED].count()
    return Items([item(row) for row in found[:SHOWN]], count - SHOWN, count == COUNTED)


def failed(since: datetime) -> list[Task]:
    """Tasks that failed since then, the newest first; a place in a shop that is none is only its asker's business."""
    rows = Task.objects.filter(status=Task.Status.FAILED, ended_at__gte=since)
    rows = rows.filter(~Q(kind__in=["mark", "go-live"]) | Q(parameters__apply=True))
    return list(rows.select_related("user").defer("parameters", "result").order_by("-pk")[:SHOWN])


def _item(row: Posting, at: datetime | None, told: str = "") -> Item:
    return Item(str(row), row.order, str(row.company), at, row, told)


def _sent(row: Posting) -> Item:
    return _item(row, row.sent_at)


def _due(row: Posting) -> Item:
    return _item(row, row.due_at)


def _check(row: StagedOrder) -> Item:
    return Item(_("check"), row, str(row.shop), row.due_at)


def _again(row: Posting) -> Item:
    """When, and why: an answer that was lost is looked up, everything else is sent once more."""
    if row.status == Sending.PUSHING:
        return _item(row, row.lease_until, _("Sage's answer was lost: it is looked up there before anything is sent."))
    return _item(row, row.due_at)


def _refused(row: Posting) -> Item:
    return _item(row, row.sent_at)

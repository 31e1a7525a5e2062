"""Receipt batches of past days are handed over to be posted in Sage, where the company's rule says so.

Without the rule a person does it in Sage. A payment of that day that comes later goes into the next batch of its key,
which is handed over in its turn.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from connectors import open_sage
from connectors.errors import Misconfigured, OutcomeUnknown, Rejected, Unavailable
from connectors.models import SageCompany
from connectors.ports import Sage
from connectors.words import words
from staging.models import Event, Posting
from staging.slots import slot
from staging.sweeping import Swept, time_is_up

logger = logging.getLogger(__name__)

MARGIN = timedelta(hours=2)
"""After the shop's midnight: payments of the evening are read, checked and sent by then."""

OPEN_FOR = timedelta(days=90)
"""Receipts that were sent longer ago are a person's."""

SLOT_WAIT = 10.0


@dataclass(frozen=True, order=True)
class Batch:
    """One shop, bank and day; ``name`` is what its batches in Sage are called."""

    day: date
    name: str
    time_zone: str
    shop: int

    @property
    def due_at(self) -> datetime:
        """When the shop-local day has been over for the margin."""
        return datetime.combine(self.day + timedelta(days=1), time(), ZoneInfo(self.time_zone)) + MARGIN


def sweep(company: SageCompany, *, deadline: float | None = None, bell: Callable[[], None] = lambda: None) -> Swept:
    """Hand over what is due; ``done`` counts the keys of batches. Repeating it is harmless: so is a crash in between.

    A batch that somebody has open in Sage, or whose answer was lost, is left for the next sweep.
    """
    if not company.release_receipts or company.receipts == SageCompany.Receipts.NONE:
        return Swept(0, False)
    if not company.confirmed:
        return Swept(0, False, words("This installation is not confirmed for the company; confirm it on its page."))
    batches = due(company)
    if not batches or not company.usable():
        return Swept(0, False, company.state_reason)
    try:
        with slot(company, wait=SLOT_WAIT) as free:
            if not free:
                company.waive()
                return Swept(0, False)
            done, left = _hand_over(company, open_sage(company), batches, deadline)
    except Unavailable as error:
        company.pause(error.message)
        return Swept(0, False, error.message)
    except Misconfigured as error:
        company.stop(error.message)
        return Swept(0, False, error.message)
    if company.state == company.State.PAUSED:
        company.resume()
    return Swept(done, left)


def due(company: SageCompany) -> list[Batch]:
    """Past days' batches with receipts that were not handed over, and none on its way or refused; the oldest first."""
    over = _open(company, timezone.now())
    waiting = Posting.objects.filter(
        company=company,
        kind=Posting.Kind.RECEIPT,
        status__in=[Posting.Status.READY, Posting.Status.PUSHING, Posting.Status.REFUSED],
        prepared__batch__in=[batch.name for batch in over],
    )
    held = set(waiting.values_list("prepared__batch", flat=True)) if over else set()
    return [batch for batch in over if batch.name not in held]


def overdue(company: SageCompany, after: timedelta) -> list[Batch]:
    """Past days' batches that the rule hands over and that stay open all the same, for longer than ``after`` (of each
    batch's due time and of its receipts'); the oldest first.
    """
    if not company.release_receipts or company.receipts == SageCompany.Receipts.NONE or not company.confirmed:
        return []
    return _open(company, timezone.now() - after)


def _open(company: SageCompany, by: datetime) -> list[Batch]:
    """Batches due by then that hold receipts of before then and were not handed over; the oldest first."""
    receipts = _sent(company).filter(pushed_at__gt=timezone.now() - OPEN_FOR, pushed_at__lte=by)
    columns = ("prepared__receipt_date", "prepared__batch", "order__shop__time_zone", "order__shop")
    rows = receipts.values_list(*columns).distinct()
    found = {Batch(date.fromisoformat(day), name, zone, shop) for day, name, zone, shop in rows}
    return sorted(batch for batch in found if batch.due_at <= by)


def _sent(company: SageCompany) -> QuerySet[Posting]:
    """Receipts that Sage holds and whose batch we did not hand over."""
    receipts = Posting.objects.filter(company=company, kind=Posting.Kind.RECEIPT, status=Posting.Status.PUSHED)
    return receipts.filter(tracked_at=None).order_by()


def _hand_over(company: SageCompany, sage: Sage, batches: list[Batch], deadline: float | None) -> tuple[int, bool]:
    done = 0
    for batch in batches:
        if time_is_up(deadline):
            return done, True
        begun = timezone.now()
        try:
            sage.release(batch.name)
        except (Rejected, OutcomeUnknown) as error:
            logger.warning("receipt batch %s of %s is not handed over yet: %s", batch.name, company, error.message)
            continue
        _note(company, batch, begun)
        done += 1
    return done, False


@transaction.atomic
def _note(company: SageCompany, batch: Batch, begun: datetime) -> None:
    """Receipts that were sent while Sage was asked may lie in the next batch of the key: they come with the next."""
    receipts = _sent(company).filter(prepared__batch=batch.name, pushed_at__lt=begun).select_for_update(no_key=True)
    message = words("Its receipt batch “%(name)s” is handed over to be posted in Sage.", name=batch.name)
    rows = list(receipts.only("pk", "order_id"))
    Posting.objects.filter(pk__in=[row.pk for row in rows]).update(tracked_at=timezone.now())
    pushed = Posting.Status.PUSHED
    Event.objects.bulk_create(
        Event(order_id=row.order_id, posting=row, before=pushed, after=pushed, message=message) for row in rows
    )

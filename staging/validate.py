"""Second verb: check staged orders against mappings, mirror and arithmetic, and say what Sage should hold.

All faults of an order are found at once. Orders are claimed in batches under a lease, checked without any lock, and
finished one by one: what somebody changed meanwhile wins, and the order is simply checked again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors import open_sage, open_shop
from connectors.errors import Misconfigured, Rejected
from connectors.models import Shop
from connectors.types import Raw, ShopOrder
from mappings.resolve import CustomerMatch, ItemMatch, Resolver
from staging import wanted
from staging.checks import Case, Twin, twins
from staging.corrections import Corrected, lay
from staging.issues import first_cause, poisoned, settle
from staging.judging import Judgement, judge, unreadable
from staging.live import Looks
from staging.models import Posting, RawRecord, StagedOrder, move
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


@dataclass(frozen=True)
class _Read:
    """One claimed row with its order as read and corrected."""

    row: StagedOrder
    corrected: Corrected


class _Sweeping:
    """What one sweep carries from batch to batch."""

    def __init__(self, shop: Shop, deadline: float | None) -> None:
        self.shop = shop
        self.port = open_shop(shop)
        sage = open_sage(shop.company)
        self.widths, self.can = sage.widths, sage.can
        self.looks = Looks(shop.company, deadline)


def sweep(shop: Shop, *, deadline: float | None = None, bell: Callable[[], None] = lambda: None) -> Swept:
    """Check what is due in a shop, oldest first; ``done`` counts the orders that got a new status.

    ``bell`` is rung after each batch that made orders ready. A bug costs only its own order: it is logged, the order
    keeps its lease and is marked for staff, the sweep goes on.
    """
    if not shop.live:
        return Swept(0, False, _("Nothing is checked: the shop's first order is not named."))
    try:
        sweeping = _Sweeping(shop, deadline)
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
        finished, ready = _check(sweeping, rows)
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


def _check(sweeping: _Sweeping, rows: list[StagedOrder]) -> tuple[int, int]:
    """Check one batch; how many got a status, and how many of them are ready."""
    raws = _raws(rows)
    read: list[_Read] = []
    finished = 0
    for row in rows:
        try:
            order = _order(sweeping, row, raws)
            read.append(_Read(row, lay(order, row.corrections.all())))
        except Rejected as error:
            fault = f"{error.place}: {error.message}" if error.place else error.message
            finished += _finish(row, unreadable(row, fault), 0)
        except Exception:
            _poisoned(row)
    more, ready = _check_read(sweeping, read)
    return finished + more, ready


def _check_read(sweeping: _Sweeping, read: list[_Read]) -> tuple[int, int]:
    """What the batch shares is worked out together; if one order breaks even that, each is checked alone."""
    try:
        resolver = _resolver(sweeping, read)
        same = _twins(sweeping, read)
    except Exception:
        if len(read) == 1:
            _poisoned(read[0].row)
            return 0, 0
        alone = [_check_read(sweeping, [entry]) for entry in read]
        return sum(finished for finished, _ready in alone), sum(ready for _finished, ready in alone)
    finished = ready = 0
    for entry in read:
        try:
            order, twin = entry.corrected.order, same.get(entry.row.pk)
            case = Case(entry.row, order, resolver, sweeping.widths, twin, sweeping.can)
            judgement = judge(case, entry.corrected, timezone.now())
            done = _finish(entry.row, judgement, resolver.revision)
        except Exception:
            _poisoned(entry.row)
            continue
        finished += done
        ready += done and judgement.to == Status.READY
    return finished, ready


def _poisoned(row: StagedOrder) -> None:
    logger.exception("checking order %s of %s failed", row.order_id, row.shop)
    poisoned(row)


# --- reading ----------------------------------------------------------------------------------------------------------


def _raws(rows: Iterable[StagedOrder]) -> dict[int, RawRecord]:
    return RawRecord.objects.in_bulk({pk for row in rows for pk in row.raws})


def _order(sweeping: _Sweeping, row: StagedOrder, raws: dict[int, RawRecord]) -> ShopOrder:
    """The order as the shop says it; Rejected when it is not understood."""
    if row.fault:
        raise Rejected(row.fault)
    own = [raws[pk] for pk in row.raws]
    return sweeping.port.read_order([Raw(raw.resource, raw.object_id, raw.payload) for raw in own])


def _twins(sweeping: _Sweeping, read: list[_Read]) -> dict[int, Twin]:
    def others(rows: list[StagedOrder]) -> dict[int, ShopOrder]:
        raws = _raws(rows)
        found = {}
        for row in rows:
            try:
                found[row.pk] = _order(sweeping, row, raws)
            except Rejected:
                continue
        return found

    return twins.find({entry.row.pk: (entry.row, entry.corrected.order) for entry in read}, others)


def _resolver(sweeping: _Sweeping, read: list[_Read]) -> Resolver:
    """The mappings as they stand; what the mirror lacks or staff doubt is looked up in Sage first."""
    resolver = _mappings(sweeping.shop, read)
    if sweeping.looks.look(pair for entry in read for pair in _doubts(entry, resolver)):
        resolver = _mappings(sweeping.shop, read)
    return resolver


def _mappings(shop: Shop, read: list[_Read]) -> Resolver:
    resolver = Resolver(shop)
    resolver.prefetch_items(line.reference for entry in read for line in entry.corrected.order.lines)
    return resolver


def _doubts(entry: _Read, resolver: Resolver) -> Iterator[tuple[str, str]]:
    """What Sage itself is to be asked about an order: what is missing, and all that is named when staff said so."""
    order, again = entry.corrected.order, entry.row.look_again
    for line in order.lines:
        match = resolver.item(line.reference)
        if not isinstance(match, ItemMatch):
            yield "item", match.value
        elif again or match.record is None:
            yield "item", match.code
    customer = resolver.customer(order)
    if isinstance(customer, CustomerMatch) and not customer.create and (again or customer.record is None):
        yield "customer", customer.code


# --- writing ----------------------------------------------------------------------------------------------------------


def _finish(row: StagedOrder, judgement: Judgement, revision: int) -> bool:
    """Write the judgement, whole or not at all; False when somebody changed the order meanwhile: it is due again."""
    lease = row.lease_until
    try:
        with transaction.atomic():
            _write(row, judgement, revision)
    except OvertakenError:
        ours = StagedOrder.objects.filter(pk=row.pk, lease_until=lease)
        ours.update(lease_until=None, due_at=timezone.now() + SOON)
        return False
    return True


def _write(row: StagedOrder, judgement: Judgement, revision: int) -> None:
    anew = judgement.to in (Status.READY, Status.IGNORED)  # then what Sage said of an earlier try is void, too
    issues = settle(row, judgement.faults, source="both" if anew else "validate")
    changes: dict[str, Any] = {
        "first_cause": first_cause(issue.code for issue in issues),
        "checked_revision": revision,
        "look_again": False,
        "due_at": timezone.now() + judgement.again,
        "lease_until": None,
    }
    if judgement.reason is not None:
        changes["reason"] = judgement.reason[:250]
    if judgement.verdict is not None:
        changes["verdict"] = judgement.verdict
    if not move(row, judgement.to, judgement.message, **changes):
        raise OvertakenError
    if judgement.to in (Status.READY, Status.POSTED):
        wanted.write(row, judgement.documents)
    else:
        wanted.withdraw(row, drop=judgement.to == Status.IGNORED)

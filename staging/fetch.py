"""First verb: read what is new in a shop, page by page, each page saved together with its highwater mark.

A crash repeats a page and never skips one; reading again never makes a duplicate. Times are the shop's own words
throughout, so that neither our clock nor a change to summer time can lose an order (prestashop.md C2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors import open_shop
from connectors.errors import Misconfigured, Rejected, Unavailable
from connectors.models import Shop as ShopRow
from connectors.ports import Shop
from connectors.types import Page, Position
from staging import intake
from staging.models import Event, Mark, RawRecord, StagedOrder
from staging.readings import understand
from staging.sweeping import Swept, time_is_up

LEASE = timedelta(minutes=5)
"""Renewed with each page. A page that takes longer is read twice, and saved once: the mark's version decides."""

SETTLED = timedelta(minutes=2)
"""PrestaShop writes an order several times in one second: what was read sooner after its change is read again."""

COMPARED = timedelta(days=3)
"""How far back the slower comparison goes."""

ORDERS = Mark.Stream.ORDERS
RESOURCES = {Mark.Stream.PAYMENTS: "order_payments", Mark.Stream.REFUNDS: "order_slip"}


class _LeaseLostError(Exception):
    """Another worker, or staff, took the mark meanwhile: what this one read is read again by them."""


def sweep(shop: ShopRow, *, deadline: float | None = None, bell: Callable[[], None] = lambda: None) -> Swept:
    """Read all three streams of a shop from their marks on; ``done`` counts new and really changed orders.

    Nothing happens before the go-live (first order named, installation confirmed, mark set) nor after a mark was
    halted. ``bell`` is rung after each committed part that holds news. The shop's being away or misconfigured ends
    up as the state of the connection, never as an exception.
    """
    return _read(shop, lambda port: _streams(shop, port, deadline, bell))


def compare(shop: ShopRow, *, deadline: float | None = None, bell: Callable[[], None] = lambda: None) -> Swept:
    """Read the orders of the last days again, known or not, and stage what differs; goes on where it stopped."""
    return _read(shop, lambda port: _compare(shop, port, deadline, bell))


def _read(shop: ShopRow, work: Callable[[Shop], Swept]) -> Swept:
    if not shop.live:
        return Swept(0, False, _("Nothing is read before the first order is named: do the go-live of this shop."))
    if not shop.confirmed:
        return Swept(0, False, _("This installation is not confirmed for the shop: confirm it on the shop's page."))
    if halted := Mark.objects.filter(shop=shop).exclude(halted="").first():
        return Swept(0, False, halted.halted)
    if not shop.usable():
        return Swept(0, False, shop.state_reason)
    try:
        return work(open_shop(shop))
    except Unavailable as error:
        wait = timedelta(seconds=error.retry_after) if error.retry_after is not None else None
        shop.pause(error.message, timezone.now() + wait if wait else None)
        return Swept(0, False, error.message)
    except (Misconfigured, Rejected) as error:  # a refused list concerns no single order
        shop.stop(error.message)
        return Swept(0, False, error.message)


def _streams(shop: ShopRow, port: Shop, deadline: float | None, bell: Callable[[], None]) -> Swept:
    done, left = 0, False
    just_read: set[int] = set()
    for stream in Mark.Stream.values:
        mark = _claim(shop, stream)
        if mark is None:
            continue
        try:
            if _restored(mark, port):
                return Swept(done, False, mark.halted)
            if shop.state == shop.State.PAUSED:
                shop.resume()
            for page in port.changed(stream, _start(shop, mark, port)):
                done += _take_in(shop, mark, port, page, just_read, deadline, bell)
                if left := time_is_up(deadline):
                    break
            else:
                _save(mark, None, mark.shop_now)
        except _LeaseLostError:
            continue
        except intake.RestoredError as error:
            _halt(mark, str(error))
            return Swept(done, False, mark.halted)
        finally:
            Mark.objects.filter(pk=mark.pk, version=mark.version).update(lease_until=None)
        if left:
            break
    shop.waive()  # no stream was free
    return Swept(done, left)


def _claim(shop: ShopRow, stream: str) -> Mark | None:
    """The stream's mark under a lease, or None while it is not set or somebody else reads the stream."""
    now = timezone.now()
    free = Mark.objects.filter(Q(lease_until=None) | Q(lease_until__lt=now), shop=shop, stream=stream, set=True)
    mark = free.first()
    if mark is None:
        return None
    if not free.filter(version=mark.version).update(version=mark.version + 1, lease_until=now + LEASE):
        return None
    mark.version += 1
    return mark


def _restored(mark: Mark, port: Shop) -> bool:
    """Whether the shop was restored; then every stream whose numbers went back is halted: staff raise them together."""
    if not _went_back(mark, port):
        return False
    for other in Mark.objects.filter(shop=mark.shop_id, set=True, halted="").exclude(pk=mark.pk):
        _went_back(other, port)
    return True


def _went_back(mark: Mark, port: Shop) -> bool:
    """Whether the shop's highest id lies below the highest we saw; then the mark is halted."""
    highest = port.highest(mark.stream)
    if highest >= mark.highest:
        mark.highest = highest
        return False
    _halt(
        mark,
        _(
            "The shop's highest number in %(stream)s is %(now)s, %(before)s was seen before: the shop was restored or "
            "rows were deleted. Raise the shop's next number above %(before)s, then set the mark again."
        )
        % {"stream": mark.get_stream_display(), "now": highest, "before": mark.highest},
    )
    return True


def _halt(mark: Mark, text: str) -> None:
    mark.halted = text
    Mark.objects.filter(pk=mark.pk).update(halted=text, version=mark.version)
    Event.objects.create(message=f"{mark}: {text}")


def _start(shop: ShopRow, mark: Mark, port: Shop) -> Position:
    """The position behind the mark from which is read: it only widens the reading, the mark itself never goes back.

    A shop whose clock was set back writes below its mark: then the window lies behind the clock.
    """
    if mark.stream != ORDERS:
        return Position("", max(0, mark.object_id - shop.overlap_ids))
    known = min(mark.when, port.text(port.now()))
    return Position(port.text(port.local(known) - timedelta(minutes=shop.overlap_minutes)), 0)


def _take_in(
    shop: ShopRow,
    mark: Mark,
    port: Shop,
    page: Page,
    just_read: set[int],
    deadline: float | None,
    bell: Callable[[], None],
) -> int:
    """Store what is not known of a page and then move the mark, with its last part in one transaction."""
    known = _known(shop, page)
    whens = _unknown(port, mark.stream, page, known, _stored(shop, mark.stream, page), just_read)
    kept = {order_id: row.kept for order_id, row in known.items()}
    parts = list(_parts(list(whens), shop.page_size)) or [[]]
    done = 0
    for number, ids in enumerate(parts, start=1):
        readings = understand(port, port.snapshots(ids), kept) if ids else []
        just_read.update(ids)
        listed = {order_id: when for order_id, when in whens.items() if when}
        with transaction.atomic():
            news = intake.store(shop, readings, read_at=page.shop_now, whens=listed) if readings else 0
            _save(mark, page.after if number == len(parts) else None, page.shop_now)
        done += news
        if news:
            bell()
        if time_is_up(deadline):
            break  # the mark still lies before this page: what was stored is known next time
    return done


def _parts(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _save(mark: Mark, after: Position | None, shop_now: datetime | None) -> None:
    """Move the mark, only forward, and renew the lease; raises if the mark is no longer ours."""
    values: dict[str, Any] = {"lease_until": timezone.now() + LEASE, "shop_now": shop_now, "read_at": timezone.now()}
    if after is not None and (after.when, after.id) > (mark.when, mark.object_id):
        values |= {"when": after.when, "object_id": after.id}
    values["highest"] = mark.highest = max(mark.highest, after.id if after else 0)
    if not Mark.objects.filter(pk=mark.pk, version=mark.version).update(**values):
        raise _LeaseLostError
    for name, value in values.items():
        setattr(mark, name, value)


class _Known(NamedTuple):
    """What we have of an order: its listed date_upd, the shop's clock at its last reading, the digest of its raws."""

    when: str
    read_at: datetime | None
    kept: str


_NEW = _Known("", None, "")


def _known(shop: ShopRow, page: Page) -> dict[int, _Known]:
    ids = {order_id for change in page.changes for order_id in change.orders}
    rows = StagedOrder.objects.filter(shop=shop, order_id__in=ids)
    columns = rows.values_list("order_id", "shop_changed", "read_at", "raws_digest", "fault")
    return {
        order_id: _Known(when, read_at, "" if fault else digest) for order_id, when, read_at, digest, fault in columns
    }


def _unknown(
    port: Shop, stream: str, page: Page, known: Mapping[int, _Known], stored: set[int], just_read: set[int]
) -> dict[int, str]:
    """The orders of a page that must be read in full, oldest change first, each with its listed date_upd if it has one.

    An order is known when its last reading already showed this change, and was long enough after it.
    """
    unknown: dict[int, str] = {}
    for change in page.changes:
        for order_id in change.orders:
            row = known.get(order_id, _NEW)
            seen = change.when == row.when if stream == ORDERS else change.id in stored
            if not seen or (order_id not in just_read and _unsettled(port, change.when, row.read_at, page.shop_now)):
                unknown[order_id] = change.when if stream == ORDERS else ""
    return unknown


def _unsettled(port: Shop, when: str, read_at: datetime | None, now: datetime) -> bool:
    """Whether a change is to be read again although it was seen: it was read too soon after it was made.

    Read again as soon as it is twice as old as it was then, which from the first pass on costs a few readings instead
    of one in every pass, and in any case once when it has settled.
    """
    if read_at is None:
        return True
    instant = _instant(port, when)
    return read_at < instant + SETTLED and now - instant >= 2 * (read_at - instant)


def _stored(shop: ShopRow, stream: str, page: Page) -> set[int]:
    """Which of the page's payments or refunds are among our raws."""
    if stream == ORDERS:
        return set()
    ids = [change.id for change in page.changes]
    found = RawRecord.objects.filter(shop=shop, resource=RESOURCES[Mark.Stream(stream)], object_id__in=ids)
    return set(found.values_list("object_id", flat=True))


def _instant(port: Shop, when: str) -> datetime:
    """When a change was made at the latest: an hour that comes twice a year is taken as its second turn."""
    try:
        first = port.local(when)
    except Rejected:  # PrestaShop's zero date
        return datetime.min.replace(tzinfo=UTC)
    second = first + timedelta(hours=1)
    return second if port.text(second) == when else first


def _compare(shop: ShopRow, port: Shop, deadline: float | None, bell: Callable[[], None]) -> Swept:
    mark = Mark.objects.filter(shop=shop, stream=ORDERS, set=True).first()
    if mark is None:
        return Swept(0, False)
    position = Position(mark.compare_when, mark.compare_id)
    if not position.when:
        position = Position(port.text(port.now() - COMPARED))
    done = 0
    for page in port.changed(ORDERS, position):
        changes: Mapping[int, str] = {order_id: change.when for change in page.changes for order_id in change.orders}
        kept = {order_id: row.kept for order_id, row in _known(shop, page).items()}
        for ids in _parts(list(changes), shop.page_size):
            readings = understand(port, port.snapshots(ids), kept)
            done += (news := intake.store(shop, readings, read_at=page.shop_now, whens=changes))
            if news:
                bell()
        progress = Mark.objects.filter(pk=mark.pk)
        progress.update(compare_when=page.after.when, compare_id=page.after.id)
        if time_is_up(deadline):
            return Swept(done, True)
    Mark.objects.filter(pk=mark.pk).update(compare_when="", compare_id=0, compared_at=timezone.now())
    return Swept(done, False)

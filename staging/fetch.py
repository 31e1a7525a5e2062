"""First verb: read what is new in a shop, page by page, each page saved together with its highwater mark.

A crash repeats a page and never skips one; reading again never makes a duplicate. The next page is downloaded while one
is stored, and stored after it. Times are the shop's own words throughout, so that neither our clock nor a change to
summer time can lose an order (prestashop.md C2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from connectors import open_shop
from connectors.errors import Misconfigured, Rejected, Unavailable
from connectors.models import Shop as ShopRow
from connectors.ports import Shop
from connectors.types import Page, Position, Snapshot
from connectors.words import Words, joined, words
from staging import intake
from staging.ahead import made_by, one_ahead
from staging.known import ORDERS, known_of, unread
from staging.models import Event, Mark
from staging.readings import understand
from staging.sweeping import Swept, time_is_up

LEASE = timedelta(minutes=5)
"""Renewed with each page. A page that takes longer is read twice, and saved once: the mark's version decides."""

COMPARED = timedelta(days=3)
"""How far back the slower comparison goes."""


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
        return Swept(0, False, words("Nothing is read before the first order is named: do the go-live of this shop."))
    if not shop.confirmed:
        return Swept(0, False, words("This installation is not confirmed for the shop: confirm it on the shop's page."))
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
    just_read: dict[int, str] = {}
    for stream in Mark.Stream.values:
        mark = _claim(shop, stream)
        if mark is None:
            continue
        try:
            if _restored(mark, port):
                return Swept(done, False, mark.halted)
            if shop.state == shop.State.PAUSED:
                shop.resume()
            with ThreadPoolExecutor(1, "fetch") as thread:
                for part in one_ahead(_parts(shop, mark, port, thread, just_read), deadline):
                    done += _take_in(shop, mark, port, part, bell)
                    if left := time_is_up(deadline):
                        break
                else:
                    _save(mark, None, mark.shop_now)
        except _LeaseLostError:
            continue
        except intake.RestoredError as error:
            _halt(mark, error.text)
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
        words(
            "The shop's highest number in %(stream)s is %(now)s, %(before)s was seen before: the shop was restored or "
            "rows were deleted. Raise the shop's next number above %(before)s, then set the mark again.",
            stream=Words(mark.stream),
            now=highest,
            before=mark.highest,
        ),
    )
    return True


def _halt(mark: Mark, text: Words) -> None:
    mark.halted = text
    Mark.objects.filter(pk=mark.pk).update(halted=text, version=mark.version)
    Event.objects.create(message=joined(f"{mark}:", text))


def _start(shop: ShopRow, mark: Mark, port: Shop) -> Position:
    """The position behind the mark from which is read: it only widens the reading, the mark itself never goes back.

    A shop whose clock was set back writes below its mark: then the window lies behind the clock.
    """
    if mark.stream != ORDERS:
        return Position("", max(0, mark.object_id - shop.overlap_ids))
    known = min(mark.when, port.text(port.now()))
    return Position(port.text(port.local(known) - timedelta(minutes=shop.overlap_minutes)), 0)


class _Part(NamedTuple):
    """Orders of one page that are read in full together; ``last`` when with them the page is stored whole."""

    page: Page
    whens: Mapping[int, str]
    kept: Mapping[int, str]
    last: bool
    download: Future[list[Snapshot]]


def _parts(shop: ShopRow, mark: Mark, port: Shop, thread: Executor, just_read: dict[int, str]) -> Iterator[_Part]:
    """What is not known behind the mark, a part at a time; each is being downloaded when it is given out."""
    for page in made_by(thread, port.changed(mark.stream, _start(shop, mark, port))):
        known = known_of(shop, page)
        whens = unread(shop, port, mark.stream, page, known, just_read)
        # Digests are compared only where nothing of this sweep is still to be stored.
        kept = {order_id: row.kept for order_id, row in known.items() if order_id not in just_read}
        just_read |= whens
        listed = {order_id: when for order_id, when in whens.items() if when}
        parts = list(_cut(list(whens), shop.page_size)) or [[]]
        for number, ids in enumerate(parts, start=1):
            download = thread.submit(lambda ids: list(port.snapshots(ids)), ids)
            yield _Part(page, listed, kept, number == len(parts), download)


def _take_in(shop: ShopRow, mark: Mark, port: Shop, part: _Part, bell: Callable[[], None]) -> int:
    """Store a part, and with a page's last one move the mark in the same transaction; returns how many are news."""
    readings = understand(port, part.download.result(), part.kept)
    shop_now = part.page.shop_now
    with transaction.atomic():
        news = intake.store(shop, readings, read_at=shop_now, whens=part.whens) if readings else 0
        _save(mark, part.page.after if part.last else None, shop_now)
    if news:
        bell()
    return news


def _cut(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
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
        kept = {order_id: row.kept for order_id, row in known_of(shop, page).items()}
        for ids in _cut(list(changes), shop.page_size):
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

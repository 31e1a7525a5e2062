"""The highwater marks as staff see and set them: where to, what that would read, why.

Setting a mark never makes a duplicate: reading again finds what is known. It can only leave something out, which is
why the shop itself is asked first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from connectors.models import Shop as ShopRow
from connectors.ports import Shop
from connectors.types import Position
from connectors.words import words
from staging.models import Event, Mark, StagedOrder

ORDERS = Mark.Stream.ORDERS
NOW = "now"
COUNTED = 20_000
"""A preview counts at most so many rows; staff see "more than"."""


@dataclass(frozen=True)
class Preview:
    """What setting a mark would do: how many rows lie after it, how many of their orders we know already."""

    position: Position
    rows: int
    orders: int
    known: int
    more: bool  # counting was stopped at COUNTED
    now: str  # the mark as it stands
    left_out: int  # orders before the position that nobody has read, and nobody would any more

    def told(self) -> dict[str, Any]:
        """JSON-able, for people."""
        return {
            "when": self.position.when,
            "id": self.position.id,
            "rows": self.rows,
            "orders": self.orders,
            "known": self.known,
            "new": self.orders - self.known,
            "more": self.more,
            "now": self.now,
            "left_out": self.left_out,
        }


def position(shop: ShopRow, stream: str, to: str, port: Shop) -> Position:
    """The position that ``to`` names: "now", a shop-local date "2026-11-01", or an order "#1042" with all after it.

    Raises ValueError with a text for staff when it names nothing; the connector's errors when the shop is away.
    """
    to = to.strip()
    if to == NOW:
        return Position(port.text(port.now())) if stream == ORDERS else Position("", port.highest(stream))
    when = f"{to} 00:00:00"
    if match := re.fullmatch(r"#?(\d+)", to):
        when = _placed(shop, int(match[1]), port)
    elif not re.fullmatch(r"\d{4}-\d\d-\d\d", to) or not _is_date(to):
        raise ValueError(words("Enter “now”, a date like 2026-11-01, or an order's number like #1042."))
    elif when > port.text(port.now()):
        raise ValueError(words("In the shop it is not yet %(date)s. Enter “now” or an earlier date.", date=to))
    return Position(when) if stream == ORDERS else Position("", _before(stream, when, port))


def preview(shop: ShopRow, stream: str, to: Position, port: Shop) -> Preview:
    """Ask the shop how many rows come after a position, and what a leap forward leaves out; nothing is changed."""
    rows, orders = _after(stream, to, port)
    known, left_out = _known(shop, orders), 0
    mark = Mark.objects.filter(shop=shop, stream=stream, set=True).first()
    if mark is not None and (to.when, to.id) > (mark.when, mark.object_id):
        between = _after(stream, Position(mark.when, mark.object_id), port)[1] - orders
        left_out = len(between) - _known(shop, between)
    now = "" if mark is None else f"{mark.when} #{mark.object_id}".strip()
    return Preview(to, rows, len(orders), known, rows >= COUNTED, now, left_out)


def _after(stream: str, position: Position, port: Shop) -> tuple[int, set[int]]:
    """How many rows come after a position, and which orders they concern."""
    rows, orders = 0, set[int]()
    for page in port.changed(stream, position):
        rows += len(page.changes)
        orders.update(order_id for change in page.changes for order_id in change.orders)
        if rows >= COUNTED:
            break
    return rows, orders


def _known(shop: ShopRow, orders: set[int]) -> int:
    return StagedOrder.objects.filter(shop=shop, order_id__in=orders).count()


@transaction.atomic
def set_mark(shop: ShopRow, stream: str, to: Position, user: User | None, reason: str) -> Mark:
    """Set a mark, forward or back, ending a halt; a sweep at work loses its lease and reads on from here."""
    if not reason.strip():
        raise ValueError(words("Enter a reason: it is kept with the mark."))
    Mark.objects.get_or_create(shop=shop, stream=stream)
    mark = Mark.objects.select_for_update().get(shop=shop, stream=stream)
    before = f"{mark.when} #{mark.object_id}".strip() if mark.set else words("not set")
    mark.set, mark.halted, mark.highest = True, "", 0
    mark.when, mark.object_id = to.when, to.id
    mark.version, mark.lease_until = mark.version + 1, None
    mark.save()
    told = {"mark": str(mark), "before": before, "after": f"{to.when} #{to.id}".strip(), "reason": reason.strip()}
    Event.objects.create(
        user=user,
        message=words("%(mark)s: mark set from %(before)s to %(after)s. Reason: %(reason)s", **told),
        details={"mark": mark.pk, **told},
    )
    return mark


def go_live(shop: ShopRow, first: str, user: User | None, port: Shop, reason: str = "go-live") -> list[Mark]:
    """Name the first order ("#1042", a date, or "now" for the next one) and set all three marks to it.

    Older orders may still come along; they are kept, but never posted.
    """
    positions = {stream: position(shop, stream, first, port) for stream in Mark.Stream.values}
    if first.strip() == NOW:
        shop.first_order_id, shop.first_order_date = port.highest(ORDERS) + 1, None
    elif match := re.fullmatch(r"#?(\d+)", first.strip()):
        shop.first_order_id, shop.first_order_date = int(match[1]), None
    else:
        shop.first_order_id, shop.first_order_date = None, date.fromisoformat(first.strip())
    with transaction.atomic():
        shop.save(update_fields=["first_order_id", "first_order_date"])
        return [set_mark(shop, stream, to, user, reason) for stream, to in positions.items()]


def instant(mark: Mark) -> datetime | None:
    """The mark's time, which is the shop's own, as an aware one; None in a stream that is read by id."""
    if not mark.when:
        return None
    return datetime.fromisoformat(mark.when).replace(tzinfo=ZoneInfo(mark.shop.time_zone))


def offset(mark: Mark) -> timedelta | None:
    """About how far the shop's clock was ahead of ours when it was last read (negative: behind), None if never."""
    return mark.shop_now - mark.read_at if mark.shop_now and mark.read_at else None


def lag(mark: Mark) -> timedelta | None:
    """How long ago the shop was last read, None if never."""
    return timezone.now() - mark.read_at if mark.read_at else None


def _placed(shop: ShopRow, order_id: int, port: Shop) -> str:
    """When an order was placed: it and all later ones were changed since (shop-local text)."""
    for snapshot in port.snapshots([order_id]):
        if not snapshot.fault:
            return port.text(port.read_order(snapshot.raws).placed_at)
    raise ValueError(
        words("%(shop)s has no readable order %(id)s: enter another order, or a date.", shop=str(shop), id=order_id)
    )


def _before(stream: str, when: str, port: Shop) -> int:
    """The highest id of a stream whose row is older than ``when``, by halving; ids grow with time."""
    low, high = 0, port.highest(stream)
    while low < high:
        middle = (low + high + 1) // 2
        first = next((c for page in port.changed(stream, Position("", middle)) for c in page.changes), None)
        if first is None or first.when >= when:
            high = middle - 1
        else:
            low = first.id if first.id <= high else middle
    return low


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True

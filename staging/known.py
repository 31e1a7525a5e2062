"""Which orders of a shop's page are read in full: those with a change that no reading has shown for certain."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from connectors.errors import Rejected
from connectors.models import Shop as ShopRow
from connectors.ports import Shop
from connectors.types import Page
from staging.models import Mark, RawRecord, StagedOrder

SETTLED = timedelta(minutes=2)
"""PrestaShop writes an order several times in one second: what was read sooner after its change is read again."""

ORDERS = Mark.Stream.ORDERS
RESOURCES = {Mark.Stream.PAYMENTS: "order_payments", Mark.Stream.REFUNDS: "order_slip"}


class Known(NamedTuple):
    """What we have of an order: its listed date_upd, the shop's clock at its last reading, the digest of its raws."""

    when: str
    read_at: datetime | None
    kept: str


_NEW = Known("", None, "")


def known_of(shop: ShopRow, page: Page) -> dict[int, Known]:
    """What is stored of the orders that a page concerns; of one that was not understood no digest."""
    ids = {order_id for change in page.changes for order_id in change.orders}
    rows = StagedOrder.objects.filter(shop=shop, order_id__in=ids)
    columns = rows.values_list("order_id", "shop_changed", "read_at", "raws_digest", "fault")
    return {
        order_id: Known(when, read_at, "" if fault else digest) for order_id, when, read_at, digest, fault in columns
    }


def unread(
    shop: ShopRow, port: Shop, stream: str, page: Page, known: Mapping[int, Known], just_read: Mapping[int, str]
) -> dict[int, str]:
    """The orders of a page that must be read in full, oldest change first, each with its listed date_upd if it has one.

    An order is known when its last reading already showed this change, and was long enough after it. ``just_read``
    is what the sweep at work has read, stored by now or not, by the same date_upd.
    """
    stored = _stored(shop, stream, page)
    found: dict[int, str] = {}
    for change in page.changes:
        for order_id in change.orders:
            row = known.get(order_id, _NEW)
            seen = change.when == just_read.get(order_id, row.when) if stream == ORDERS else change.id in stored
            if not seen or (order_id not in just_read and _unsettled(port, change.when, row.read_at, page.shop_now)):
                found[order_id] = change.when if stream == ORDERS else ""
    return found


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

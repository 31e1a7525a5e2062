"""Possible duplicates: the same buyer bought the same within minutes under another reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from django.db.models import Q

from connectors.types import ShopOrder
from staging.checks.case import Case, Twin
from staging.issues import Fault
from staging.models import StagedOrder

_SETTLED = frozenset({StagedOrder.Status.READY, StagedOrder.Status.POSTED})
_COUNTING = _SETTLED | {StagedOrder.Status.STAGED, StagedOrder.Status.INVALID}


def possible_duplicate(case: Case) -> Iterator[Fault]:
    """Held until staff say which one counts."""
    if case.twin is not None:
        yield Fault("possible-duplicate", values={"twin": case.twin.reference, "minutes": case.twin.minutes})


def find(
    orders: Mapping[int, tuple[StagedOrder, ShopOrder]], read: Callable[[list[StagedOrder]], dict[int, ShopOrder]]
) -> dict[int, Twin]:
    """The twin of each order of a shop that has one, by the row's pk; a query for all, one (``read``) for candidates.

    How close together they must be is the shop's setting: double clicks and payment retries make two orders of one cart
    within minutes (pains.md 17).

    Of two the later one is held; an earlier one only when the later was sent already. Orders under one reference are
    siblings (a cart split over carriers), no duplicates; one that waits for its payment or was ignored does not count.
    """
    rows = [row for row, _order in orders.values() if row.placed_at is not None]
    apart = timedelta(minutes=rows[0].shop.duplicate_minutes) if rows else timedelta()
    if not apart:
        return {}
    pairs = [(row, other) for other in _candidates(rows, apart) for row in rows if _alike(row, other, apart)]
    others = read([other for _row, other in pairs if other.pk not in orders])
    known = {pk: order for pk, (_row, order) in orders.items()} | others
    twins: dict[int, Twin] = {}
    for row, other in pairs:
        if other.pk in known and _bought(known[row.pk]) == _bought(known[other.pk]):
            twins.setdefault(row.pk, Twin(other.reference, round(_between(row, other).total_seconds() / 60)))
    return twins


def _candidates(rows: list[StagedOrder], apart: timedelta) -> list[StagedOrder]:
    """The oldest first: of several twins always the same one is named, else an acceptance would not hold."""
    times = [row.placed_at for row in rows if row.placed_at is not None]
    same = Q(total__in={row.total for row in rows}, email__in={row.email for row in rows})
    return list(
        StagedOrder.objects.filter(
            same,
            shop=rows[0].shop_id,
            status__in=_COUNTING,
            placed_at__range=(min(times) - apart, max(times) + apart),
        )
        .exclude(email="")
        .order_by("placed_at", "pk")
    )


def _between(row: StagedOrder, other: StagedOrder) -> timedelta:
    return abs(row.placed_at - other.placed_at) if row.placed_at and other.placed_at else timedelta.max


def _alike(row: StagedOrder, other: StagedOrder, apart: timedelta) -> bool:
    if row.pk == other.pk or row.reference == other.reference or _between(row, other) > apart:
        return False
    if (row.email.casefold(), row.total, row.currency) != (other.email.casefold(), other.total, other.currency):
        return False
    later = (row.placed_at, row.pk) > (other.placed_at, other.pk)
    return later or other.status in _SETTLED


def _bought(order: ShopOrder) -> tuple[object, ...]:
    """What was bought, how and where it goes, who pays: the same goods to two addresses are two orders (presents)."""
    goods = sorted((line.product_id, line.combination_id, line.quantity, line.total_incl) for line in order.lines)
    return (goods, order.carrier, replace(order.deliver_to, id=0), replace(order.invoice_to, id=0))

"""What a check would decide, without deciding it: for a dry run, before a bulk action, before a mapping is saved.

It is the judgement of the check itself; what comes out is told and thrown away.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from connectors.models import Shop
from connectors.words import NOTHING, Words
from mappings.models import ANY, Mapping, TakeRule
from staging.causes import INTERNAL_ERROR
from staging.checking import Checking, Judged
from staging.issues import first_cause
from staging.live import Looks
from staging.models import Issue, StagedOrder
from staging.waking import HELD
from staging.wanted import Wanted

AT_MOST = 500
"""Orders foretold while somebody waits for the page; of more, the oldest."""

BATCH = 50

Row = Mapping | TakeRule


@dataclass(frozen=True)
class Foretold:
    """What would become of one order: its next status, the first cause if one would hold it, the documents that Sage
    would get.
    """

    order: StagedOrder
    to: str
    cause: str = ""
    message: Words = NOTHING
    documents: tuple[Wanted, ...] = ()


class Tally:
    """Outcomes counted: how many orders, and their sum with tax by currency. ``told`` is JSON-able and goes on."""

    def __init__(self, told: Iterable[Any] = ()) -> None:
        self._counts: dict[tuple[str, str], tuple[int, dict[str, Decimal]]] = {
            (outcome, cause): (count, {currency: Decimal(total) for currency, total in sums.items()})
            for outcome, cause, count, sums in told
        }

    def add(self, outcome: str, cause: str, currency: str, total: Decimal | None) -> None:
        """One more order."""
        count, sums = self._counts.get((outcome, cause), (0, {}))
        sums[currency] = sums.get(currency, Decimal(0)) + (total or 0)
        self._counts[outcome, cause] = (count + 1, sums)

    def told(self) -> list[list[Any]]:
        """[outcome, cause, how many, {currency: sum}], the most first."""
        rows = sorted(self._counts.items(), key=lambda item: -item[1][0])
        return [[*key, count, {name: f"{total:f}" for name, total in sums.items()}] for key, (count, sums) in rows]


def foretell(shop: Shop, pks: Iterable[int], looks: Looks | None = None, *, again: bool = False) -> Iterator[Foretold]:
    """The outcome of a check of these orders of one shop, in the order given. Writes no order, no issue, no posting.

    With ``looks`` Sage is asked as in the check (not inside a transaction), and what it answers is mirrored; ``again``
    as when staff ask for the check. Orders that are gone are left out. Misconfigured when shop or company cannot be
    opened.
    """
    checking = Checking(shop, looks)
    wanted = list(pks)
    for start in range(0, len(wanted), BATCH):
        part = wanted[start : start + BATCH]
        rows = StagedOrder.objects.filter(pk__in=part, shop=shop).prefetch_related("corrections", "postings")
        found = {row.pk: row for row in rows}
        for row in found.values():
            row.shop = shop
            row.look_again = row.look_again or again
        outcomes = {judged.row.pk: _told(judged) for judged in checking.judged(list(found.values()))}
        yield from (outcomes[pk] for pk in part if pk in outcomes)


def _told(judged: Judged) -> Foretold:
    if (judgement := judged.judgement) is None:
        return Foretold(judged.row, StagedOrder.Status.INVALID, INTERNAL_ERROR)
    cause = first_cause(fault.code for fault in judgement.faults)
    return Foretold(judged.row, judgement.to, cause, judgement.message, tuple(judgement.documents))


@contextmanager
def supposing(saved: Iterable[Row] = (), gone: Iterable[Row] = ()) -> Iterator[None]:
    """Inside the block the mappings are as if these rows were saved and those deleted; afterwards as before.

    Nobody is woken, nothing is audited. Keep the block short: until its end nobody else can save the same rows.
    """
    supposed, others = list(saved), list(gone)
    with transaction.atomic():
        for table in {type(row) for row in (*supposed, *others)}:
            stored = [row.pk for row in (*supposed, *others) if type(row) is table and row.pk is not None]
            table._default_manager.filter(pk__in=stored)._raw_delete("default")  # no signals: nothing is to be noted
            own: list[Any] = [copy.copy(row) for row in supposed if type(row) is table]
            table._default_manager.bulk_create(own)
        yield
        transaction.set_rollback(True)


def waiting_for(shop: Shop, rows: Iterable[Row]) -> QuerySet[StagedOrder]:
    """The orders of a shop that a change of these rows would have checked again, oldest first (see ``waking``)."""
    words: dict[str, set[str]] = {}
    for row in _of(shop, rows):
        words.setdefault(row.kind, set()).add(row.wakes)
    orders = Q(pk__in=())
    if TakeRule.kind in words:
        orders = Q(status=StagedOrder.Status.WAITING)
    elif words:
        held = Q(pk__in=())
        for kind, values in words.items():
            held |= Q(kind=kind) if ANY in values else Q(kind=kind, value__in=[*values, ANY])
        issues = Issue.objects.filter(held, closed_at=None, order__shop=shop, order__status__in=HELD)
        orders = Q(pk__in=issues.values("order"))
    return StagedOrder.objects.filter(orders, shop=shop).order_by("placed_at", "pk")


def resting_on(shop: Shop, rows: Iterable[Row]) -> QuerySet[StagedOrder]:
    """The orders of a shop that are ready to be sent and go by one of these rows, oldest first."""
    ready = StagedOrder.objects.filter(shop=shop, status=StagedOrder.Status.READY)
    return going_by(ready, [row.noted_as for row in _of(shop, rows)]).order_by("placed_at", "pk")


def going_by(orders: QuerySet[StagedOrder], noted: list[str]) -> QuerySet[StagedOrder]:
    """Of the orders those that go, or went, by one of these rows (``noted_as``)."""
    return orders.filter(words__overlap=noted)


def _of(shop: Shop, rows: Iterable[Row]) -> list[Row]:
    """Those of the rows that hold for a shop."""
    return [row for row in rows if row.shop_id == shop.pk or (not row.shop_id and row.company_id == shop.company_id)]

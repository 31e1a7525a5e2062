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
from django.db.models import QuerySet

from connectors.models import Shop
from mappings.models import ANY, SPOKEN, Mapping, TakeRule
from staging.causes import INTERNAL_ERROR
from staging.checking import Checking, Judged
from staging.issues import first_cause
from staging.judging import held_words
from staging.live import Looks
from staging.models import Issue, StagedOrder, word
from staging.waking import HELD
from staging.wanted import Wanted

AT_MOST = 500
"""Orders foretold while somebody waits for the page; of more, the oldest."""

BATCH = 50


@dataclass(frozen=True)
class Foretold:
    """What would become of one order: its next status, the first cause if one would hold it, the documents that Sage
    would get.
    """

    order: StagedOrder
    to: str
    cause: str = ""
    message: str = ""
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
    held = judgement.to == StagedOrder.Status.INVALID and judgement.faults
    message = held_words(judgement.faults) if held else judgement.message  # the reader's language, not the diary's
    return Foretold(judged.row, judgement.to, cause, message, tuple(judgement.documents))


@contextmanager
def supposing(saved: Iterable[Mapping | TakeRule] = (), gone: Iterable[Mapping | TakeRule] = ()) -> Iterator[None]:
    """Inside the block the mappings are as if these rows were saved and those deleted; afterwards as before.

    Nobody is woken, nothing is audited. Keep the block short: until its end nobody else can save the same rows.
    """
    with transaction.atomic():
        for row in gone:
            type(row)._default_manager.filter(pk=row.pk)._raw_delete("default")
        for row in saved:
            copy.copy(row).save_base(raw=True)  # no signals: nothing of this is to be noted anywhere
        yield
        transaction.set_rollback(True)


def waiting_for(shop: Shop, row: Mapping | TakeRule) -> QuerySet[StagedOrder]:
    """The orders of a shop that a change of this row would have checked again, oldest first (see ``waking``)."""
    if isinstance(row, TakeRule):
        found = StagedOrder.objects.filter(shop=shop, status=StagedOrder.Status.WAITING)
        return found.order_by("placed_at", "pk") if row.shop_id == shop.pk else found.none()
    issues = Issue.objects.filter(closed_at=None, order__shop=shop, order__status__in=HELD, kind=row.kind)
    if row.wakes != ANY:
        issues = issues.filter(value__in=(row.wakes, ANY))
    orders = StagedOrder.objects.filter(pk__in=issues.values("order"), shop=shop)
    return orders.order_by("placed_at", "pk")


def resting_on(shop: Shop, row: Mapping | TakeRule) -> QuerySet[StagedOrder]:
    """The orders ready to be sent that a change of this row would have checked again, oldest first (see ``waking``)."""
    ready = StagedOrder.objects.filter(shop=shop, status=StagedOrder.Status.READY)
    if row.kind in SPOKEN and row.wakes != ANY:
        ready = ready.filter(words__contains=[word(row.kind, row.wakes)])
    return ready.order_by("placed_at", "pk")

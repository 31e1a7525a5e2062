"""A dry run: the whole check of orders up to, but not including, the write; what would come of it is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from connectors.models import SageCompany, Shop
from connectors.words import joined
from staging import staff
from staging.bulk import AT_MOST, CHANGED, NOT_ALLOWED, Bell, Row
from staging.forecast import Foretold, Tally, foretell
from staging.live import Looks
from staging.models import Posting, StagedOrder, Task

DRY_RUN = "dry-run"

MORE = "more"
"""Sage holds the order, and would get what followed: a receipt, a credit note, a refund."""


class DryRun:
    """One run of a task of this kind. ``again``: Sage is asked as when staff have the orders checked again.

    An order that cannot be checked as it stands (closed, or being sent) is told so, one that changed since it was
    chosen as well.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.tally = Tally(task.result.get("tally", ()))
        self._looks: dict[int, Looks] = {}

    def __call__(self, versions: dict[int, int]) -> Iterator[tuple[Row, Bell | None]]:
        """[primary key, outcome, cause] of each order of a part; the tally goes on."""
        rows: list[tuple[Row, Bell | None]] = []
        found = StagedOrder.objects.select_related("shop__company").in_bulk(list(versions))
        same = {pk: row for pk, row in found.items() if row.version == versions[pk]}
        lawful = staff.lawful_of({pk: row.status for pk, row in same.items()})
        told = {each.order.pk: each for each in self._foretold([same[pk] for pk in same if "check" in lawful[pk]])}
        for pk in versions:
            outcome, cause = outcome_of(told[pk]) if pk in told else (NOT_ALLOWED if pk in same else CHANGED, "")
            row = found.get(pk)
            self.tally.add(outcome, cause, row.currency if row else "", row.total if row else None)
            rows.append(([pk, outcome, cause], None))
        self.task.result["tally"] = self.tally.told()
        if len(self.task.parameters["orders"]) == 1:
            self.task.message = joined(*(each.message for each in told.values()))
        return iter(rows)

    def _foretold(self, rows: list[StagedOrder]) -> Iterator[Foretold]:
        shops = {row.shop_id: row.shop for row in rows}
        for shop in shops.values():
            pks = [row.pk for row in rows if row.shop_id == shop.pk]
            yield from foretell(shop, pks, self._company(shop.company), again=bool(self.task.parameters.get("again")))

    def _company(self, company: SageCompany) -> Looks:
        """Its live looks: no code is asked twice in a run."""
        return self._looks.setdefault(company.pk, Looks(company, None))


def outcome_of(told: Foretold) -> tuple[str, str]:
    """The outcome in one word (a status, or ``MORE``) and the first cause."""
    sends_sale = any(wanted.kind == Posting.Kind.SALE for wanted in told.documents)
    more = told.to == StagedOrder.Status.READY and not sends_sale
    return (MORE if more else told.to), told.cause


def frozen(orders: QuerySet[StagedOrder]) -> list[list[int]]:
    """[primary key, version] of each as they stand now, the oldest first; of more than ``AT_MOST`` one too many."""
    rows = orders.order_by("placed_at", "pk").values_list("pk", "version")
    return [list(pair) for pair in rows[: AT_MOST + 1]]


def of_days(shop: Shop, first: date, last: date) -> QuerySet[StagedOrder]:
    """A shop's orders of these days of its own calendar, both included; those that are closed are left out."""
    zone = ZoneInfo(shop.time_zone)
    begin, end = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    found = StagedOrder.objects.filter(shop=shop, placed_at__gte=begin, placed_at__lt=end)
    return found.exclude(status=StagedOrder.Status.IGNORED)

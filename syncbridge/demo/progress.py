"""How far the demo is: counts by status, what needs staff by cause, and whether anything is still due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from django.core.management.base import OutputWrapper
from django.db.models import Count, Q, Sum
from django.utils import timezone

from connectors.models import Connection, SageCompany, Shop
from staging.causes import CAUSES
from staging.models import Issue, Mark, Posting, StagedOrder

Status = StagedOrder.Status


def counts() -> dict[str, int]:
    """Orders by status."""
    rows = StagedOrder.objects.order_by().values("status").annotate(n=Count("pk")).values_list("status", "n")
    return dict(rows)


def line() -> str:
    """How many orders stand where, in one line."""
    found = counts()
    on_the_way = found.get(Status.STAGED, 0)
    return (
        f"downloaded {sum(found.values())} · to check {on_the_way} · ready {found.get(Status.READY, 0)} · "
        f"posted {found.get(Status.POSTED, 0)} · waiting {found.get(Status.WAITING, 0)} · "
        f"needs staff {found.get(Status.INVALID, 0)} · ignored {found.get(Status.IGNORED, 0)}"
    )


def causes() -> list[tuple[int, str]]:
    """What needs staff: how many orders, and the cause with its value; the most frequent first."""
    open_issues = Issue.objects.filter(closed_at__isnull=True, order__status=Status.INVALID)
    rows = open_issues.order_by().values_list("code", "value").annotate(n=Count("order", distinct=True))
    found = [(n, f"{CAUSES[code].title} {value}".strip()) for code, value, n in rows]
    return sorted(found, key=lambda row: (-row[0], row[1]))


def held() -> str:
    """What needs staff in one line; empty when nothing does."""
    return "  needs staff: " + " · ".join(f"{n} × {cause}" for n, cause in found) if (found := causes()) else ""


class Display:
    """The progress: rewritten in place on a terminal, elsewhere each line when it has changed."""

    def __init__(self, out: OutputWrapper, columns: int) -> None:
        self._out, self._columns = out, columns
        self._shown: list[str] = []

    def show(self, *lines: str) -> None:
        """Show these lines, the empty ones left out."""
        wanted = [text for text in lines if text]
        if wanted == self._shown:
            return
        if self._out.isatty():
            up = f"\033[{len(self._shown) - 1}A" if len(self._shown) > 1 else ""
            text = "\n".join(line[: self._columns - 1] for line in wanted)
            self._out.write(f"{up}\r\033[J{text}", ending="")
        else:
            for text in wanted:
                if text not in self._shown:
                    self._out.write(text)
        self._out.flush()
        self._shown = wanted


def summary() -> Iterator[str]:
    """The orders by status with their sums, then what needs staff, by cause and value."""
    rows = StagedOrder.objects.order_by("status", "currency").values_list("status", "currency")
    for status, currency, n, total in rows.annotate(n=Count("pk"), total=Sum("total")):
        yield f"  {Status(status).label:<14} {n:>6} orders {total or Decimal(0):>14.2f} {currency}"
    if found := causes():
        yield "  What needs staff:"
    for n, cause in found:
        yield f"    {n:>4} × {cause}"
    waiting = StagedOrder.objects.filter(status=Status.WAITING).order_by().values_list("reason")
    if rows := waiting.annotate(n=Count("pk")):
        yield "  What waits by itself:"
    for reason, n in rows:
        yield f"    {n:>4} × {reason}"
    if text := stopped():
        yield f"  {text}"


def stopped() -> str:
    """Which connections an operator must look at, and why; empty when all work."""
    rows: list[Connection] = [*Shop.objects.all(), *SageCompany.objects.all()]
    return " ".join(f"{row} is stopped: {row.state_reason}" for row in rows if row.state == Connection.State.STOPPED)


def quiet(since: datetime) -> bool:
    """Whether nothing is due any more: every mark was read after ``since`` and no order or posting is on its way."""
    unread = Mark.objects.filter(Q(read_at__isnull=True) | Q(read_at__lt=since), set=True)
    due = Posting.objects.filter(status__in=[Posting.Status.READY, Posting.Status.PUSHING], order__status=Status.READY)
    staged = StagedOrder.objects.filter(status=Status.STAGED, due_at__lte=timezone.now())
    return not (
        unread.exists() or due.exists() or staged.exists() or StagedOrder.objects.filter(status=Status.READY).exists()
    )

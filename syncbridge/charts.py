"""The start page's charts: orders per day by outcome, and how long an order takes to Sage; each also as a table."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from connectors.models import Shop
from staging.models import StagedOrder
from syncbridge.days import DAYS
from syncbridge.models import DaySummary

Status = StagedOrder.Status

LINES_SHOWN = 3
"""Shops whose times are drawn; the table has them all."""

GREY = "#8a94a3"  # readable on light and on dark ground


@dataclass(frozen=True)
class Chart:
    """For Chart.js: ``data`` and ``options`` as JSON; ``head`` and ``rows`` say the same as a table."""

    title: str
    kind: str
    data: str
    options: str
    head: list[str]
    rows: list[list[Any]]
    note: str = ""


@dataclass(frozen=True)
class Charts:
    """Both charts, and when the older of their numbers were made."""

    outcomes: Chart
    times: Chart
    made_at: datetime
    days: int = DAYS

    @property
    def both(self) -> list[Chart]:
        """In the order of the page."""
        return [self.outcomes, self.times]


def charts(shops: list[Shop]) -> Charts | None:
    """One query of at most ``DAYS`` rows a shop; None while there is nothing to draw."""
    first = timezone.now().date() - timedelta(days=DAYS)
    found = list(DaySummary.objects.filter(shop__in=shops, day__gte=first).order_by("day"))
    if not any(row.counts for row in found):
        return None
    days = sorted({row.day for row in found})[-DAYS:]
    made = min(row.made_at for row in found)
    return Charts(_outcomes(days, found), _times(days, found, shops), made)


def _outcomes(days: list[date], found: list[DaySummary]) -> Chart:
    """Stacked from the bottom: in Sage, held, waiting, on the way, ignored."""
    parts: list[tuple[str, str, tuple[str, ...]]] = [
        (_("in Sage"), "var(--sb-chart-posted)", (Status.POSTED,)),
        (_("held"), "var(--sb-chart-held)", (Status.INVALID,)),
        (_("waiting"), "var(--sb-chart-waiting)", (Status.WAITING,)),
        (_("on the way"), "var(--sb-chart-moving)", (Status.STAGED, Status.READY)),
        (_("ignored"), "var(--sb-chart-ignored)", (Status.IGNORED,)),
    ]
    sums: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in found:
        for status, n in row.counts.items():
            sums[row.day][status] += n
    series = [(name, colour, [sum(sums[day][one] for one in of) for day in days]) for name, colour, of in parts]
    datasets = [{"label": name, "backgroundColor": colour, "data": values} for name, colour, values in series]
    rows = [[day, *(values[place] for _n, _c, values in series)] for place, day in enumerate(days)]
    return Chart(
        title=_("Orders per day"),
        kind="bar",
        data=json.dumps({"labels": _labels(days), "datasets": datasets}),
        options=json.dumps(_options(stacked=True)),
        head=[_("Day"), *(name for name, _c, _v in series)],
        rows=[row for row in reversed(rows) if any(row[1:])],
    )


def _times(days: list[date], found: list[DaySummary], shops: list[Shop]) -> Chart:
    """From the placing of an order to its document, by shop: half are quicker than p50, 95 in 100 than p95."""
    unit, words = _unit(max((row.p95 or 0 for row in found), default=0))
    of = {(row.shop_id, row.day): row for row in found}
    datasets: list[dict[str, Any]] = []
    for place, shop in enumerate(shops[:LINES_SHOWN]):
        for name, dash in (("p50", []), ("p95", [6, 4])):
            rows = [of.get((shop.pk, day)) for day in days]
            values = [_in(unit, getattr(row, name)) if row else None for row in rows]
            colour = f"var(--sb-chart-line-{place + 1})"
            line = {"label": f"{shop} {name}", "borderColor": colour, "borderDash": dash, "data": values}
            fill = "transparent" if dash else colour
            datasets.append(line | {"backgroundColor": fill, "spanGaps": True, "pointRadius": 2})
    told = [row for row in reversed(found) if row.p50 is not None]
    names = {shop.pk: shop.name for shop in shops}
    return Chart(
        title=words,
        kind="line",
        data=json.dumps({"labels": _labels(days), "datasets": datasets}),
        options=json.dumps(_options(stacked=False)),
        head=[_("Day"), _("Shop"), _("half within"), _("95 of 100 within")],
        rows=[[row.day, names[row.shop_id], _in(unit, row.p50), _in(unit, row.p95)] for row in told],
        note=_("Not counted: orders that were placed before their shop was read for the first time."),
    )


def _unit(longest: float) -> tuple[int, str]:
    """Seconds of the unit in which the longest time is read best, and the chart's title with it."""
    if longest < 3 * 3600:
        return 60, _("From order to Sage, in minutes")
    if longest < 3 * 86400:
        return 3600, _("From order to Sage, in hours")
    return 86400, _("From order to Sage, in days")


def _in(unit: int, seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / unit, 1)


def _labels(days: list[date]) -> list[str]:
    return [date_format(day, "MONTH_DAY_FORMAT") for day in days]


def _options(*, stacked: bool) -> dict[str, Any]:
    ticks = {"color": GREY, "maxRotation": 0, "autoSkip": True}
    return {
        "responsive": True,
        "maintainAspectRatio": False,
        "animation": False,
        "plugins": {"legend": {"display": True, "position": "bottom", "labels": {"color": GREY, "boxWidth": 12}}},
        "scales": {
            "x": {"stacked": stacked, "ticks": ticks, "grid": {"display": False}},
            "y": {"stacked": stacked, "beginAtZero": True, "ticks": ticks | {"precision": 0 if stacked else 1}},
        },
    }

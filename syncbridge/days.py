"""Orders per day by outcome and the time from order to document, kept as a small table for the start page's charts."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Min
from django.db.models.functions import TruncDate
from django.utils import timezone

from connectors.models import Shop
from staging.models import StagedOrder
from syncbridge.models import DaySummary

DAYS = 30
OLDEST = 100

_TOOK = """
SELECT (o.placed_at AT TIME ZONE %(zone)s)::date,
       percentile_cont(ARRAY[0.5, 0.95])
           WITHIN GROUP (ORDER BY greatest(0, extract(epoch FROM p.pushed_at - o.placed_at)))
  FROM staging_posting p JOIN staging_stagedorder o ON o.id = p.order_id
 WHERE p.company_id = %(company)s AND p.pushed_at >= %(since)s AND p.kind = 'sale' AND p.status = 'pushed'
   AND p.generation = 1 AND o.shop_id = %(shop)s AND o.placed_at >= %(since)s
 GROUP BY 1
"""


def tick() -> None:
    """Make the last days of every shop anew; reads the orders of these days, whatever there is beside."""
    for shop in Shop.objects.select_related("company"):
        summarise(shop)
    DaySummary.objects.filter(day__lt=timezone.now().date() - timedelta(days=DAYS + 5)).delete()


def summarise(shop: Shop) -> None:
    """Write one shop's last ``DAYS`` days, today included."""
    zone = ZoneInfo(shop.time_zone)
    today = timezone.now().astimezone(zone).date()
    first = today - timedelta(days=DAYS - 1)
    since = datetime.combine(first, time(), zone)
    counts, took = _counts(shop, since, zone), _took(shop, max(since, _first_read(shop) or since))
    now = timezone.now()
    rows = []
    for number in range(DAYS):
        day = first + timedelta(days=number)
        p50, p95 = took.get(day, (None, None))
        rows.append(DaySummary(shop=shop, day=day, counts=counts.get(day, {}), p50=p50, p95=p95, made_at=now))
    DaySummary.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["shop", "day"],
        update_fields=["counts", "p50", "p95", "made_at"],
    )


def _counts(shop: Shop, since: datetime, zone: ZoneInfo) -> dict[date, dict[str, int]]:
    rows = StagedOrder.objects.filter(shop=shop, placed_at__gte=since).order_by()
    found: dict[date, dict[str, int]] = defaultdict(dict)
    for day, status, n in (
        rows.annotate(day=TruncDate("placed_at", tzinfo=zone)).values_list("day", "status").annotate(n=Count("pk"))
    ):
        found[day][status] = n
    return found


def _first_read(shop: Shop) -> datetime | None:
    """When the bridge began to read the shop: what was placed before could not be quick, and says nothing.

    The oldest orders are read first; a few of them suffice, for one alone may have been read again by hand since.
    """
    oldest = StagedOrder.objects.filter(shop=shop).order_by("order_id")[:OLDEST]
    at: datetime | None = oldest.aggregate(at=Min("fetched_at"))["at"]
    return at


def _took(shop: Shop, since: datetime) -> dict[date, tuple[float, float]]:
    asked: dict[str, str | int | datetime] = {"zone": shop.time_zone, "company": shop.company_id, "shop": shop.pk}
    asked["since"] = since
    with connection.cursor() as cursor:
        cursor.execute(_TOOK, asked)
        return {day: (float(p50), float(p95)) for day, (p50, p95) in cursor.fetchall()}

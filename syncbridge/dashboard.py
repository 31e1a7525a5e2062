"""The start page: yesterday in one sentence per shop, the work queues, what holds orders, how the connections stand.

The number of queries does not grow with orders or shops, and each tile counts exactly the list behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTransform
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from connectors.models import Connection, SageCompany, Shop
from connectors.telling import colon, worded
from staging.admin.words import cause_view
from staging.admin.worklists import (
    CHANGED,
    DOUBT,
    MISSING,
    NEEDS_YOU,
    ON_THE_WAY,
    groups,
    open_issues,
    orders_url,
    queue,
    read,
    sums,
)
from staging.models import Mark, StagedOrder, Task
from staging.proofs.task import PROVE
from staging.proofs.types import SALE
from staging.steps import WORDS, pause_words, pauses
from staging.wording import clock_words
from syncbridge.charts import charts
from syncbridge.first_steps import first_steps
from syncbridge.models import Alarm
from syncbridge.notices import beats
from syncbridge.on_the_way import failed
from syncbridge.thresholds import Name, thresholds

GROUPS_SHOWN = 8
TASKS_SINCE = timedelta(days=1)
PROVED_SINCE = timedelta(days=2)
"""A proof of yesterday was asked for since."""

Status = StagedOrder.Status


CALM, DUE, URGENT = "calm", "due", "urgent"
"""Levels of a tile: nobody has to act; somebody has; at once."""


TOLD_BY_ALARMS = (Alarm.Kind.SILENCE, Alarm.Kind.BATCHES, Alarm.Kind.ALONE, Alarm.Kind.NOTICE)


@dataclass
class Day:
    """One shop's orders of yesterday, by the shop's calendar: how many stand where, and what is held."""

    shop: Shop
    midnight: datetime
    counts: dict[str, int] = field(default_factory=dict)
    held: dict[str, Decimal] = field(default_factory=dict)
    in_shop: int | None = None  # as the shop itself counts, when the day was proved
    left_out: int = 0  # of these: not for Sage by rule, e.g. unpaid or cancelled

    @property
    def day(self) -> date:
        """The day in the shop's calendar."""
        return self.midnight.date()

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    @property
    def on_the_way(self) -> int:
        """To be checked or to be sent."""
        return self.counts.get(Status.STAGED, 0) + self.counts.get(Status.READY, 0)

    @property
    def proof(self) -> str:
        """The page that compares the day order by order."""
        return f"{reverse('admin:staging_proof')}?{urlencode({'shop': str(self.shop.pk), 'day': self.day.isoformat()})}"

    @property
    def url(self) -> str:
        """The list of those that are held."""
        return orders_url(queue=NEEDS_YOU, shop__id__exact=str(self.shop.pk))


@dataclass(frozen=True)
class Tile:
    """A work queue: how many, what that is, and the list; ``level`` says whether somebody has to act, and how soon."""

    title: str
    count: int
    url: str
    level: str
    text: str = ""
    sums: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Trouble:
    """Something that stands still, and where to look."""

    title: str
    text: str
    url: str


def start(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's callback for the start page; people without the right to see orders get the plain page."""
    if not request.user.has_perm("staging.view_stagedorder"):
        return context
    shops = list(Shop.objects.select_related("company").order_by("name"))
    found, limits = groups(), thresholds()
    return {
        **context,
        "title": _("Start"),
        "days": _yesterday(shops),
        "tiles": _tiles(found, limits),
        "charts": charts(shops),
        "first_steps": first_steps(shops) if request.user.has_perm("connectors.add_shop") else [],
        "groups": [(group, cause_view(group.sample)) for group in read(found[:GROUPS_SHOWN])],
        "unshown": max(0, len(found) - GROUPS_SHOWN),
        "troubles": [*_queue(), *_troubles(shops, timedelta(minutes=limits[Name.UNREAD])), *_alarms(request)],
        "shops": shops,
        "newest": StagedOrder.objects.select_related("shop").exclude(placed_at=None).order_by("-placed_at").first(),
    }


def _yesterday(shops: list[Shop]) -> list[Day]:
    """By the order's time within the shop's own day: an index finds them, however many orders there are."""
    days = {shop.pk: Day(shop, _midnight(shop) - timedelta(days=1)) for shop in shops}
    within = Q(pk=None)
    for pk, day in days.items():
        within |= Q(shop=pk, placed_at__gte=day.midnight, placed_at__lt=_midnight(day.shop))
    rows = StagedOrder.objects.filter(within).order_by().values_list("shop", "status", "currency")
    for pk, status, currency, n, total in rows.annotate(n=Count("pk"), sum=Sum("total")):
        counts = days[pk].counts
        counts[status] = counts.get(status, 0) + n
        if status == Status.INVALID:
            days[pk].held[currency] = total or Decimal(0)
    _count_in_shops(days)
    return list(days.values())


def _count_in_shops(days: dict[int, Day]) -> None:
    """What the day proofs say that the shops have; one query a calendar day, and zones make these two at most."""
    for date_ in {day.day.isoformat() for day in days.values()}:
        proofs = Task.objects.filter(
            kind=PROVE, created_at__gte=timezone.now() - PROVED_SINCE, result__days__has_key=date_
        )
        told = proofs.annotate(balances=KeyTransform("balances", KeyTransform(date_, KeyTransform("days", "result"))))
        for shop, balances in told.order_by("pk").values_list("parameters__shop", "balances"):
            if shop in days and days[shop].day.isoformat() == date_:
                sales = [each for each in balances if each["kind"] == SALE]
                days[shop].in_shop = sum(each["shop_count"] for each in sales)
                days[shop].left_out = sum(each["left_out_count"] for each in sales)


def _midnight(shop: Shop) -> datetime:
    """The beginning of the shop's today."""
    zone = ZoneInfo(shop.time_zone)
    return datetime.combine(timezone.now().astimezone(zone).date(), time(), zone)


def _tiles(found: list[Any], limits: dict[str, float]) -> list[Tile]:
    orders = StagedOrder.objects.all()
    needs, held = sums(queue(orders, NEEDS_YOU))
    missing = [group for group in found if group.code in MISSING]
    waiting = open_issues().filter(code__in=MISSING).aggregate(n=Count("order", distinct=True))["n"]
    changed, doubt = queue(orders, CHANGED).count(), queue(orders, DOUBT).count()
    causes = reverse("admin:staging_stagedorder_causes")

    def tile(title: str, name: str, count: int, url: str, text: str, **more: Any) -> Tile:
        level = URGENT if count >= limits[name] else DUE if count else CALM
        return Tile(title, count, url, level, text, **more)

    unmapped = _("words without a Sage code; orders waiting: %(n)d") % {"n": waiting} if missing else _("none")
    in_doubt = _("orders of which Sage may have a document")
    return [
        tile(_("Needs you"), Name.HELD, needs, orders_url(queue=NEEDS_YOU), _("orders that wait for you"), sums=held),
        tile(_("Missing mappings"), Name.MISSING, len(missing), f"{causes}?only=missing", unmapped),
        tile(_("Changed after posting"), Name.CHANGED, changed, orders_url(queue=CHANGED), _("orders to compare")),
        tile(_("In doubt"), Name.DOUBT, doubt, orders_url(queue=DOUBT), in_doubt),
        _moving(queue(orders, ON_THE_WAY), limits),
    ]


def _moving(moving: QuerySet[StagedOrder], limits: dict[str, float]) -> Tile:
    """What is on the way; not how many, but how long the oldest waits is what makes it due."""
    oldest = moving.order_by("status_since").values_list("status_since", flat=True).first()
    waited = (timezone.now() - oldest).total_seconds() / 60 if oldest else 0
    level = URGENT if waited > limits[Name.BACKLOG] else DUE if waited > limits[Name.LATE] else CALM
    return Tile(_("On the way"), moving.count(), orders_url(queue=ON_THE_WAY), level, _oldest(oldest))


def _oldest(since: datetime | None) -> str:
    if since is None:
        return _("nothing waits to be checked or sent")
    minutes = int((timezone.now() - since).total_seconds() // 60)
    return _("the oldest for %(n)d min") % {"n": minutes} if minutes else _("the oldest for less than a minute")


def _troubles(shops: list[Shop], unread: timedelta) -> list[Trouble]:
    """Connections, marks and tasks that stand still; nothing here needs the queue or the outside."""
    companies = list(SageCompany.objects.order_by("name"))
    live = [shop for shop in shops if shop.live and shop.state == Connection.State.ACTIVE and shop.confirmed]
    found = [*_connections([*shops, *companies]), *_marks(shops, live, unread)]
    for step in pauses().select_related("shop", "company", "paused_by"):
        title = f"{colon(step.shop or step.company)} {WORDS[step.name]}"
        found.append(Trouble(title, pause_words(step), reverse("admin:staging_step_changelist")))
    for task in failed(timezone.now() - TASKS_SINCE):
        title = _("Failed: %(task)s") % {"task": task.words}
        found.append(Trouble(title, worded(task.message), reverse("admin:staging_task_change", args=[task.pk])))
    return found


def _queue() -> list[Trouble]:
    """Workers or clock that nobody heard for two beats."""
    last = beats.silent_since(beats.MISSED)
    if last is None:
        return []
    text = _("Nobody heard them since %(at)s: “Jobs” says which of them to start. Nothing is lost.")
    jobs = reverse("admin:staging_step_changelist")
    return [Trouble(_("Workers or clock stand still"), text % {"at": clock_words(last)}, jobs)]


def _alarms(request: HttpRequest) -> list[Trouble]:
    """Open alarms of what is told nowhere else on this page."""
    if not request.user.has_perm("syncbridge.view_alarm"):
        return []
    rows = Alarm.objects.filter(closed_at=None, kind__in=TOLD_BY_ALARMS).order_by("pk")
    return [Trouble(alarm.title, alarm.text, alarm.link) for alarm in rows]


def _connections(rows: list[Shop | SageCompany]) -> list[Trouble]:
    found = []
    for row in rows:
        url = reverse(f"admin:connectors_{row._meta.model_name}_change", args=[row.pk])
        if row.state != Connection.State.ACTIVE:
            found.append(Trouble(f"{colon(row)} {row.get_state_display()}", worded(row.state_reason), url))
        if not row.confirmed:
            text = _("This installation is not confirmed for it: nothing is read or written. Confirm it on its page.")
            found.append(Trouble(_("%(name)s: not confirmed") % {"name": row}, text, url))
        if isinstance(row, Shop) and not row.live:
            text = _("Nothing is read before the first order is named. Do the go-live.")
            found.append(
                Trouble(_("%(name)s: not live") % {"name": row}, text, reverse("admin:staging_mark_changelist"))
            )
    return found


def _marks(shops: list[Shop], live: list[Shop], unread: timedelta) -> list[Trouble]:
    """Streams that were halted, and live shops that nobody read for longer than ``unread``."""
    marks = list(Mark.objects.filter(shop__in=shops).select_related("shop"))
    url = reverse("admin:staging_mark_changelist")
    found = [Trouble(_("%(mark)s: halted") % {"mark": mark}, worded(mark.halted), url) for mark in marks if mark.halted]
    halted = {mark.shop_id for mark in marks if mark.halted}
    for shop in live:
        read = max((mark.read_at for mark in marks if mark.shop_id == shop.pk and mark.read_at), default=None)
        if shop.pk not in halted and (read is None or read < timezone.now() - unread):
            text = _("The shop was not read for a while: look whether worker and clock are running.")
            found.append(Trouble(_("%(name)s: silent") % {"name": shop}, text, url))
    return found

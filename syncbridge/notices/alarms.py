"""What stands still and cannot wait for the digest: one alarm per cause, looked for each minute, open until over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from urllib.parse import urlencode

from django.db import connection, transaction
from django.db.models import Count, Exists, Max, Model, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from connectors.models import Connection, SageCompany, Shop
from connectors.telling import worded
from staging import release
from staging.admin.worklists import DOUBT, NEEDS_YOU, orders_url, queue
from staging.models import Issue, Mark, Posting, StagedOrder, Step
from staging.steps import pauses
from staging.wording import moment_words
from syncbridge.models import Alarm, Notice, Threshold
from syncbridge.notices import beats
from syncbridge.thresholds import threshold

Kind = Alarm.Kind

FOLLOWS = frozenset({Kind.STUCK, Kind.SILENCE, Kind.DOUBT, Kind.BACKLOG, Kind.BATCHES})
"""What comes by itself of dead workers, and of anything that was at rest: then it is no cause of its own."""

LEARNED = timedelta(days=14)
FEWEST_DAYS = 5
LEAST_SILENCE = timedelta(hours=1)
AGAIN = timedelta(minutes=10)
"""What comes back so soon was never over: the same alarm goes on, and nobody is told twice.

What goes on after a rest has as long to catch up.
"""

LOCK = 5_300_417  # of this module alone, so that two workers never open one alarm twice


@dataclass(frozen=True)
class Found:
    """One cause to alarm for; ``subject`` names what it concerns."""

    kind: str
    subject: str
    title: str
    text: str
    link: str = ""
    since: datetime | None = None


@transaction.atomic
def look() -> list[Alarm]:
    """Open an alarm for each new cause, close those that are over; the ones now open."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    now = timezone.now()
    found = {(one.kind, one.subject): one for one in _found()}
    standing = {(alarm.kind, alarm.subject): alarm for alarm in Alarm.objects.filter(closed_at=None)}
    for key, alarm in standing.items():
        if key not in found:
            Alarm.objects.filter(pk=alarm.pk).update(closed_at=now)
    dead, resting = any(kind == Kind.WORKER for kind, _subject in found), _catching_up()
    for key, one in found.items():
        follows = one.kind in FOLLOWS and (dead or not resting.isdisjoint({beats.TICK, one.subject}))
        if key not in standing and not follows:
            _open(one)
    return list(Alarm.objects.filter(closed_at=None))


def _open(one: Found) -> None:
    told = {"title": one.title[:250], "text": one.text, "link": one.link}
    same = Alarm.objects.filter(kind=one.kind, subject=one.subject)
    recent = same.filter(closed_at__gte=timezone.now() - AGAIN).order_by("-pk").first()
    if recent is not None and not recent.told.filter(end_told=True).exists():
        Alarm.objects.filter(pk=recent.pk).update(closed_at=None, **told)
    else:
        since = one.since or timezone.now()
        Alarm.objects.create(kind=one.kind, subject=one.subject, opened_at=since, **told)


def _catching_up() -> set[str]:
    """What goes on since less than ten minutes, by subject: workers, connections that were stopped, paused steps."""
    now = timezone.now()
    stood = Alarm.objects.filter(kind__in=[Kind.WORKER, Kind.CREDENTIALS], closed_at__gt=now - AGAIN)
    rested = Step.objects.filter(paused_until__range=(now - AGAIN, now)).select_related("shop", "company")
    rows = [step.shop or step.company for step in rested]
    return {*stood.values_list("subject", flat=True), *(_subject(row) for row in rows if row is not None)}


def _found() -> Iterator[Found]:
    shops = list(Shop.objects.select_related("company"))
    yield from _stopped([*shops, *SageCompany.objects.all()])
    unread_by_choice = set(pauses().filter(name="fetch").values_list("shop", flat=True))
    live = [shop for shop in shops if shop.live and shop.confirmed and shop.state != Connection.State.STOPPED]
    live = [shop for shop in live if shop.pk not in unread_by_choice]
    yield from _dead()
    stuck = list(_stuck(live))
    yield from stuck
    unread = {one.subject for one in stuck}
    yield from _silent([shop for shop in live if _subject(shop) not in unread])
    yield from _doubt()
    yield from _backlog()
    yield from _open_batches()
    yield from _alone()
    yield from _unsent()


def _subject(row: Model) -> str:
    return f"{row._meta.model_name} {row.pk}"


def _stopped(rows: list[Shop | SageCompany]) -> Iterator[Found]:
    """A connection that the other side refuses: key, password or address are wrong."""
    for row in rows:
        if row.state == Connection.State.STOPPED:
            link = reverse(f"admin:connectors_{row._meta.model_name}_change", args=[row.pk])
            text = _("%(reason)s Repair it on its page, test it there and resume it.") % {
                "reason": worded(row.state_reason)
            }
            yield Found(Kind.CREDENTIALS, _subject(row), _("%(name)s is stopped") % {"name": row}, text, link)


def _dead() -> Iterator[Found]:
    """Seen only by who looks without the clock: ``manage.py alarms``."""
    if (last := beats.silent_since(beats.DEAD)) is not None:
        text = _("No worker heard the clock since %(at)s. %(who)s Nothing is lost: what is due waits in the database.")
        told = text % {"at": moment_words(last), "who": beats.who_is_dead()}
        link = reverse("admin:staging_step_changelist")
        yield Found(Kind.WORKER, beats.TICK, _("Workers or clock stand still"), told, link, last)


def _stuck(live: list[Shop]) -> Iterator[Found]:
    """A shop that is not read though it could be: its mark is halted or does not move."""
    late = timezone.now() - timedelta(minutes=threshold(Threshold.Name.UNREAD))
    marks = Mark.objects.filter(shop__in=live, stream=Mark.Stream.ORDERS, set=True)
    link = reverse("admin:staging_mark_changelist")
    for mark in marks.filter(~Q(halted="") | Q(read_at__lt=late)).select_related("shop"):
        text = worded(mark.halted) or _(
            "It is tried again and again. Look at the mark, and whether the shop can be reached."
        )
        yield Found(Kind.STUCK, _subject(mark.shop), _("%(name)s is not read") % {"name": mark.shop}, text, link)


def _silent(live: list[Shop]) -> Iterator[Found]:
    """No order for some times the usual gap, which is the longest of a usual day: nights count."""
    now, factor = timezone.now(), threshold(Threshold.Name.SILENCE)
    newest = dict(
        StagedOrder.objects.filter(shop__in=live, placed_at__gte=now - LEARNED, placed_at__lte=now)
        .order_by()
        .values_list("shop")
        .annotate(at=Max("placed_at"))
    )
    for shop in live:
        last = newest.get(shop.pk)
        if last is None or now - last < LEAST_SILENCE:
            continue
        usual = usual_gap(shop)
        if usual is not None and now - last > max(LEAST_SILENCE, usual * factor):
            hours = {"name": shop, "hours": round((now - last).total_seconds() / 3600), "usual": _hours(usual)}
            text = _(
                "For %(hours)d hours; usually %(usual)s at most. Place a test order, and look at the shop's checkout."
            )
            link = orders_url(shop__id__exact=str(shop.pk))
            yield Found(Kind.SILENCE, _subject(shop), _("No orders from %(name)s") % hours, text % hours, link)


def _hours(gap: timedelta) -> str:
    return _("%(hours)s hours") % {"hours": round(gap.total_seconds() / 3600, 1)}


def usual_gap(shop: Shop) -> timedelta | None:
    """The longest time without an order on a usual (median) day of two weeks; None when too little is known."""
    since = timezone.now() - LEARNED
    orders = StagedOrder.objects.filter(shop=shop, placed_at__gte=since).order_by("placed_at")
    times = [at for at in orders.values_list("placed_at", flat=True) if at is not None]
    longest: dict[date, float] = defaultdict(float)
    for before, after in pairwise(times):
        longest[after.date()] = max(longest[after.date()], (after - before).total_seconds())
    return timedelta(seconds=median(longest.values())) if len(longest) >= FEWEST_DAYS else None


def _doubt() -> Iterator[Found]:
    """Sage may or may not have a document."""
    rows = queue(StagedOrder.objects.all(), DOUBT).order_by().values("shop__company", "shop__company__name")
    for row in rows.annotate(n=Count("pk")):
        title = ngettext(
            "%(n)d order of which %(name)s may have a document",
            "%(n)d orders of which %(name)s may have a document",
            row["n"],
        ) % {"n": row["n"], "name": row["shop__company__name"]}
        text = _("Look in Sage for their references, and say on each order's page whether it is there.")
        yield Found(Kind.DOUBT, f"sagecompany {row['shop__company']}", title, text, orders_url(queue=DOUBT))


def _backlog() -> Iterator[Found]:
    """Work that is due and that nobody does, though nobody paused it; a stopped connection has an alarm of its own."""
    late = timezone.now() - timedelta(minutes=threshold(Threshold.Name.BACKLOG))
    stopped = Connection.State.STOPPED
    checks = StagedOrder.objects.filter(status=StagedOrder.Status.STAGED, due_at__lt=late).exclude(shop__state=stopped)
    sends = Posting.objects.filter(status=Posting.Status.READY, due_at__lt=late).exclude(company__state=stopped)
    checks = checks.exclude(shop__in=pauses().filter(name="validate").values("shop"))
    sends = sends.exclude(company__in=pauses().filter(name="push").values("company"))
    for row in checks.order_by().values("shop", "shop__name").annotate(n=Count("pk")):
        title = ngettext(
            "%(n)d order of %(name)s is not checked", "%(n)d orders of %(name)s are not checked", row["n"]
        ) % {"n": row["n"], "name": row["shop__name"]}
        yield Found(Kind.BACKLOG, f"shop {row['shop']}", title, _waiting(), orders_url(queue="on-the-way"))
    for unsent in sends.order_by().values("company", "company__name").annotate(n=Count("pk")):
        title = ngettext(
            "%(n)d document is not sent to %(name)s", "%(n)d documents are not sent to %(name)s", unsent["n"]
        ) % {"n": unsent["n"], "name": unsent["company__name"]}
        yield Found(Kind.BACKLOG, f"sagecompany {unsent['company']}", title, _waiting(), orders_url(queue="on-the-way"))


def _waiting() -> str:
    return _("Look at the connection's page whether Sage or the shop is away, and whether enough workers run.")


def _open_batches() -> Iterator[Found]:
    """Receipts of past days that nobody handed over to be posted, though the company's rule says so."""
    after = timedelta(hours=threshold(Threshold.Name.BATCHES))
    by_choice = pauses().filter(name="release").values("company")
    companies = SageCompany.objects.filter(release_receipts=True).exclude(state=Connection.State.STOPPED)
    for company in companies.exclude(pk__in=by_choice):
        if batches := release.overdue(company, after):
            first = batches[0]
            title = ngettext(
                "%(n)d receipt batch of a past day is open in %(name)s",
                "%(n)d receipt batches of past days are open in %(name)s",
                len(batches),
            ) % {"n": len(batches), "name": company}
            text = _(
                "The oldest is “%(batch)s”. A receipt of that day is held or on its way, or somebody has it open in "
                "Sage. Repair that day's orders and close the batch in Sage, or mark it there as ready to post; "
                "the bank page shows its receipts."
            )
            days = {"shop": first.shop, "first": first.day.isoformat(), "last": first.day.isoformat()}
            link = f"{reverse('admin:staging_bank')}?{urlencode(days)}"
            yield Found(Kind.BATCHES, _subject(company), title, text % {"batch": first.name}, link)


def _alone() -> Iterator[Found]:
    """Held orders that nobody took, where staff want to be told of them."""
    if not (hours := threshold(Threshold.Name.ALONE)):
        return
    late = timezone.now() - timedelta(hours=hours)
    long_held = Issue.objects.filter(order=OuterRef("pk"), closed_at=None, opened_at__lt=late)
    orders = queue(StagedOrder.objects.all(), NEEDS_YOU).filter(Exists(long_held), assignee=None)
    for row in orders.order_by().values("shop", "shop__name").annotate(n=Count("pk")):
        title = ngettext(
            "%(n)d held order of %(name)s is assigned to nobody",
            "%(n)d held orders of %(name)s are assigned to nobody",
            row["n"],
        ) % {"n": row["n"], "name": row["shop__name"]}
        text = _("They have been held for more than %(hours)s hours. Assign them to somebody, or repair them.")
        link = orders_url(queue=NEEDS_YOU, shop__id__exact=str(row["shop"]), has="nobody")
        yield Found(Kind.ALONE, f"shop {row['shop']}", title, text % {"hours": f"{hours:g}"}, link)


def _unsent() -> Iterator[Found]:
    """A notice that does not leave is told by the others; one mail that a busy server refused is not worth it."""
    since = timezone.now() - AGAIN
    for notice in Notice.objects.filter(active=True, trouble_since__lt=since).exclude(trouble=""):
        link = reverse("admin:syncbridge_notice_change", args=[notice.pk])
        text = _("%(trouble)s Then send a test from its page.") % {"trouble": worded(notice.trouble)}
        yield Found(
            Kind.NOTICE, _subject(notice), _("A notice does not leave (%(whom)s)") % {"whom": notice.whom}, text, link
        )

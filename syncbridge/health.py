"""What the queue says of itself: lanes, workers, clock; in business words, never in queue ids. Redis may be away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import django_rq
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from redis.exceptions import RedisError
from rq import Worker
from rq.cron import CronScheduler
from rq.job import Job

from connectors.models import SageCompany, Shop
from connectors.telling import colon
from staging.models import Task
from staging.steps import OF_SHOP
from staging.steps import WORDS as STEPS

LANES = {
    "orders": gettext_lazy("orders: what customers wait for"),
    "catalogue": gettext_lazy("catalogue"),
    "mirror": gettext_lazy("mirror: Sage's records, summaries"),
}

CLOCK_BEATS = timedelta(seconds=30)
"""It beats with each round, every ten seconds."""

WORKER_BEATS = timedelta(seconds=60)
"""A worker beats with each bell, and every thirty seconds while it works on one."""

SHOWN = 5
"""Bells of a lane that are named; the others are counted."""

LOOKED_AT = 200
"""Of so many it is known whether they are still worth something."""


@dataclass(frozen=True)
class Bell:
    """Something that was asked of the workers, in words, with the page of what it concerns."""

    words: str
    link: str = ""


@dataclass(frozen=True)
class Lane:
    """One lane of the queue: how many bells wait, the first of them, since when the oldest does; how many failed."""

    name: str
    count: int
    oldest: datetime | None
    first: list[Bell]
    failed: int


@dataclass(frozen=True)
class Health:
    """The queue as it is. ``away`` is Redis' own complaint when it does not answer: then the rest is unknown."""

    away: str = ""
    lanes: list[Lane] = field(default_factory=list)
    workers: int = 0
    seen: datetime | None = None
    lost: datetime | None = None
    """The last word of a worker that fell silent while others are heard."""
    clock: datetime | None = None
    doing: list[Bell] = field(default_factory=list)

    @property
    def ticking(self) -> bool:
        """Whether the clock runs; one that was killed stays registered, its beats end."""
        return self.clock is not None and self.clock > timezone.now() - CLOCK_BEATS

    @property
    def working(self) -> bool:
        """Whether a worker hears. Without the clock's bells they sleep for minutes between beats: then any counts."""
        if not self.workers or self.seen is None:
            return False
        return not self.ticking or self.seen > timezone.now() - WORKER_BEATS


def look() -> Health:
    """Ask Redis, in a number of questions that does not grow with what waits there."""
    try:
        redis = django_rq.get_connection("orders")
        workers = Worker.all(connection=redis)
        beats = [worker.last_heartbeat.replace(tzinfo=UTC) for worker in workers if worker.last_heartbeat]
        clocks = [clock.last_heartbeat for clock in CronScheduler.all(redis, cleanup=False)]
        under_way = [job for worker in workers[:SHOWN] if (job := worker.get_current_job()) is not None]
        return Health(
            lanes=[_lane(name) for name in settings.LANES],
            workers=len(workers),
            seen=max(beats, default=None),
            lost=_lost(beats),
            clock=max((at for at in clocks if at), default=None),
            doing=list(_bells(under_way)),
        )
    except (RedisError, OSError) as error:
        return Health(away=str(error))


def _lost(beats: list[datetime]) -> datetime | None:
    """The clock's bells go round all workers, so that one which is not heard while another is was killed, or hangs."""
    late = timezone.now() - WORKER_BEATS
    return min(beats) if beats and min(beats) < late < max(beats) else None


def _lane(name: str) -> Lane:
    queue = django_rq.get_queue(name)
    ids = queue.get_job_ids(0, LOOKED_AT)
    jobs = [job for job in Job.fetch_many(ids, connection=queue.connection) if job is not None]
    void = len(ids) - len(jobs)  # bells that nobody heard within their time; the next worker passes over them
    oldest = jobs[0].enqueued_at.replace(tzinfo=UTC) if jobs and jobs[0].enqueued_at else None
    return Lane(
        name=str(LANES.get(name, name)),
        count=queue.count - void,
        oldest=oldest,
        first=list(_bells(jobs[:SHOWN])),
        failed=queue.failed_job_registry.count,
    )


def _bells(jobs: list[Any]) -> Iterator[Bell]:
    """In words; the rows that they concern are read together."""
    asked = [(job.func_name.rpartition(".")[2], job.args) for job in jobs]
    shops = Shop.objects.in_bulk({args[0] for name, args in asked if name in OF_SHOP})
    companies = SageCompany.objects.in_bulk({args[0] for name, args in asked if name in COMPANY})
    tasks = Task.objects.only("kind").in_bulk({args[0] for name, args in asked if name == "run_task"})
    for name, args in asked:
        if name == "run_task" and (task := tasks.get(args[0])):
            yield Bell(str(task), reverse("admin:staging_task_change", args=[task.pk]))
        elif name in OF_SHOP and (shop := shops.get(args[0])):
            yield Bell(f"{colon(shop)} {STEPS[name]}", reverse("admin:connectors_shop_change", args=[shop.pk]))
        elif name in COMPANY and (company := companies.get(args[0])):
            words = STEPS.get(name, COMPANY[name])
            yield Bell(f"{colon(company)} {words}", reverse("admin:connectors_sagecompany_change", args=[company.pk]))
        else:
            yield Bell(_("the clock's round") if name.startswith("tick") else _("something of the bridge's own"))


COMPANY: dict[str, Any] = {
    "push": STEPS["push"],
    "track": STEPS["track"],
    "release": STEPS["release"],
    "validate_company": STEPS["validate"],
    "refresh_mirror": gettext_lazy("refresh the mirror of Sage's records"),
    "test_company": gettext_lazy("test the connection"),
}
"""Jobs that concern a company."""

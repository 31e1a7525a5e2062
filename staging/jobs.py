"""The doors of the queue: each job is one sweep over one shop or company; only the ``jobs`` modules know django-rq.

The database is the queue. A lost bell costs a tick's delay and nothing else, so ringing never fails its caller.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import django_rq
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.utils import timezone

from connectors.models import SageCompany, Shop
from staging import fetch as fetching
from staging import push as pushing
from staging import release as releasing
from staging import steps, tasks
from staging import track as tracking
from staging import validate as validating
from staging.models import Task
from staging.proofs import task as proving
from staging.sweeping import Swept

BUDGET = 45.0
"""Seconds after which a sweep starts nothing new; what it began may take nearly PUSH_LEASE, all within JOB_TIMEOUT."""

TASK_TIMEOUT = 3600
"""Seconds a person's request may take: a re-sync reads years of documents."""

BELL_PAUSE = 1.0
"""A sweep rings the next step at most this often (seconds), and once more at its end."""


def fetch(shop_id: int) -> int:
    """Read what is new in the shop; the orders are checked while it goes on reading."""
    return _sweep(fetching.sweep, "fetch", Shop.objects.get(pk=shop_id), _Bell("validate", shop_id))


def compare(shop_id: int) -> int:
    """Read the last days again, known or not."""
    return _sweep(fetching.compare, "compare", Shop.objects.get(pk=shop_id), _Bell("validate", shop_id))


def validate(shop_id: int) -> int:
    """Check what is due; what is ready is sent while it goes on checking."""
    shop = Shop.objects.get(pk=shop_id)
    return _sweep(validating.sweep, "validate", shop, _Bell("push", shop.company_id))


def validate_company(company_id: int) -> None:
    """Check the orders of all shops of a company: a mapping or a record in Sage changed."""
    for shop_id in Shop.objects.filter(company_id=company_id).values_list("pk", flat=True):
        ring("validate", shop_id)


def push(company_id: int) -> int:
    """Send what is due."""
    company = SageCompany.objects.get(pk=company_id)
    return _sweep(pushing.sweep, "push", company, _Bell("validate_company", company_id))


def track(company_id: int) -> int:
    """Read back what became of the documents."""
    company = SageCompany.objects.get(pk=company_id)
    return _sweep(tracking.sweep, "track", company, _Bell("validate_company", company_id))


def release(company_id: int) -> int:
    """Hand over the receipt batches of past days."""
    company = SageCompany.objects.get(pk=company_id)
    return _sweep(releasing.sweep, "release", company, _Bell("validate_company", company_id))


def run_task(task_id: int) -> None:
    """Do what a person asked for."""
    for step, pk in tasks.run(task_id):
        ring(step, pk)


STEPS: dict[str, Callable[[int], Any]] = {
    job.__name__: job for job in (fetch, compare, validate, validate_company, push, track, release)
}
_ROWS: dict[str, type[Shop | SageCompany]] = {
    **dict.fromkeys(steps.OF_SHOP, Shop),
    **dict.fromkeys(steps.OF_COMPANY, SageCompany),
}


def tick(step: str, interval: int) -> None:
    """Ring a step for every shop or company that is not stopped; a bell unheard after ``interval`` seconds is void."""
    rows = _ROWS[step]
    for pk in rows._default_manager.exclude(state=rows.State.STOPPED).values_list("pk", flat=True):
        ring(step, pk, ttl=interval)


def tick_tasks() -> None:
    """Run requests whose bell or whose worker was lost."""
    for pk in tasks.waiting():
        _on_commit(run_task, pk, job_timeout=TASK_TIMEOUT)


def tick_proofs() -> None:
    """Ask for the proof of each shop's yesterday once its morning has come; a failed one again with the next tick."""
    for parameters in proving.due():
        ask(proving.PROVE, parameters, None)


def ring(step: str, pk: int, ttl: int | None = None) -> None:
    """Have a step swept soon, after the caller's transaction. ``pk``: of the shop, or of the company (push, track)."""
    _on_commit(STEPS[step], pk, ttl=ttl)


def ask(kind: str, parameters: dict[str, Any], user: User | None) -> Task:
    """Write down what a person asked for and have it done after the caller's transaction; kinds: ``tasks.KINDS``."""
    if kind not in tasks.KINDS:
        raise ValueError(f"no such task: {kind}")
    task = Task.objects.create(kind=kind, parameters=parameters, user=user)
    _on_commit(run_task, task.pk, job_timeout=TASK_TIMEOUT)
    return task


def _on_commit(job: Callable[..., Any], pk: int, **options: Any) -> None:
    given = {name: value for name, value in options.items() if value is not None}

    def enqueue() -> None:
        django_rq.get_queue("orders").enqueue(job, pk, **given)

    transaction.on_commit(enqueue, robust=True)  # Redis may be away: the tick finds the row


def _sweep(sweep: Callable[..., Swept], step: str, row: Shop | SageCompany, bell: _Bell) -> int:
    """Sweep and write down what it did; nothing while a person has the step paused."""
    if steps.paused(step, row) is not None:
        return 0
    began, swept = timezone.now(), None
    try:
        swept = sweep(row, deadline=time.monotonic() + BUDGET, bell=bell)
    finally:
        bell.rest()
        with suppress(DatabaseError):  # what the sweep itself raised must not be hidden
            steps.note(step, row, began, swept)
    if swept.left:
        ring(step, row.pk)
    return swept.done


class _Bell:
    """Rings the next step after each page or batch, so that it starts before this one ends."""

    def __init__(self, step: str, pk: int) -> None:
        self.step, self.pk = step, pk
        self.rung = 0.0
        self.owed = False

    def __call__(self) -> None:
        """Something for the next step was committed."""
        self.owed = True
        if time.monotonic() - self.rung >= BELL_PAUSE:
            self.rest()

    def rest(self) -> None:
        """Ring if something is still owed."""
        if self.owed:
            self.owed, self.rung = False, time.monotonic()
            ring(self.step, self.pk)

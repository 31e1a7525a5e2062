"""What people ask for and a job does: each kind one function, its progress and result on the Task row."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import ContextVar
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Q, Value, When
from django.utils import timezone

from connectors import open_sage, open_shop
from connectors.errors import ConnectorError
from connectors.models import SageCompany, Shop
from connectors.types import Position
from connectors.words import words
from staging import assigning, closing, marks, resync, staff, takeback, unposting
from staging.bulk import LEASE, PART_LEASE, Bulk, acting, holding
from staging.corrections import SEND_AGAIN
from staging.dryrun import DRY_RUN, DryRun
from staging.forecast import BATCH
from staging.models import StagedOrder, Task
from staging.proofs import task as proving

logger = logging.getLogger(__name__)

LOST = timedelta(minutes=2)
"""A queued task that nobody began after this has lost its bell."""

Bells = list[tuple[str, int]]
"""Which steps are to be rung for which shop or company once a task is done."""

RUNNING: ContextVar[Task | None] = ContextVar("running", default=None)
"""The task that is being done, for those above who want to know on whose behalf."""


def run(task_id: int) -> Bells:
    """Run a task unless another worker has it; its end is on the row. Anything but a connector's error is raised."""
    if not _claim(task_id):
        return []
    task = Task.objects.select_related("user").get(pk=task_id)
    token = RUNNING.set(task)
    try:
        bells = KINDS[task.kind](task)
    except (ConnectorError, ValueError) as error:
        _end(task, Task.Status.FAILED, error.args[0] if error.args else "")
        return []
    except Exception:
        failed = words("The bridge failed; nothing is lost. Ask again, or send its maker the log.")
        _end(task, Task.Status.FAILED, failed)
        raise
    finally:
        RUNNING.reset(token)
    _end(task, Task.Status.DONE, task.message, result=task.result, total=task.total, finished=task.finished)
    return bells


def waiting() -> list[int]:
    """Tasks whose bell or worker was lost."""
    now = timezone.now()
    lost = Q(status=Task.Status.QUEUED, created_at__lt=now - LOST) | Q(status=Task.Status.RUNNING, lease_until__lt=now)
    return list(Task.objects.filter(lost).values_list("pk", flat=True))


def _claim(task_id: int) -> bool:
    now = timezone.now()
    free = Q(status=Task.Status.QUEUED) | Q(status=Task.Status.RUNNING, lease_until__lt=now)
    by_part = [name for name, kind in KINDS.items() if isinstance(kind, Bulk)]
    until = Case(When(kind__in=by_part, then=Value(now + PART_LEASE)), default=Value(now + LEASE))
    return bool(Task.objects.filter(free, pk=task_id).update(status=Task.Status.RUNNING, lease_until=until))


def _end(task: Task, status: str, message: str, **told: Any) -> None:
    """``told``: what it found. A task that a person stopped meanwhile, or that another worker has by now, is left."""
    task.status, task.message, task.ended_at = status, message, timezone.now()
    holding(task).update(status=status, message=message, ended_at=task.ended_at, lease_until=None, **told)


def stop(task: Task) -> bool:
    """Let a bulk action end before its next orders; False when there is nothing (left) to stop."""
    if task.kind not in BULK:
        return False
    under_way = Task.objects.filter(pk=task.pk, status__in=[Task.Status.QUEUED, Task.Status.RUNNING])
    return bool(under_way.update(status=Task.Status.STOPPED, lease_until=None, ended_at=timezone.now()))


def _resync(task: Task) -> Bells:
    """``company``, ``since`` (date), ``apply``: compare with Sage, and write down what was found if so asked."""
    company = SageCompany.objects.get(pk=task.parameters["company"])
    since = date.fromisoformat(task.parameters["since"])
    if task.parameters.get("apply"):
        task.result = resync.apply(company, since, open_sage(company), task.user).told()
        return [("validate_company", company.pk), ("push", company.pk)]
    task.result = resync.preview(company, since, open_sage(company)).told()
    return []


def _mark(task: Task) -> Bells:
    """``shop``, ``stream``, ``to``: what would be read. With ``apply``: set the mark to ``when`` and ``id``, the very
    position that the preview showed, for ``reason``.
    """
    asked = task.parameters
    shop = Shop.objects.get(pk=asked["shop"])
    port = open_shop(shop)
    if asked.get("apply"):
        to = Position(asked["when"], asked["id"])
        marks.set_mark(shop, asked["stream"], to, task.user, asked["reason"])
        task.message = words("The mark is set; the shop is read from there.")
        return [("fetch", shop.pk)]
    to = marks.position(shop, asked["stream"], asked["to"], port)
    task.result = marks.preview(shop, asked["stream"], to, port).told()
    return []


def _go_live(task: Task) -> Bells:
    """``shop``, ``first`` ("now", a date, "#1042"): what would be read. With ``apply``: name the first order and set
    all marks, for ``reason``.
    """
    asked = task.parameters
    shop = Shop.objects.get(pk=asked["shop"])
    port = open_shop(shop)
    if not asked.get("apply"):
        to = marks.position(shop, marks.ORDERS, asked["first"], port)
        task.result = marks.preview(shop, marks.ORDERS, to, port).told()
        return []
    rows = marks.go_live(shop, asked["first"], task.user, port, asked["reason"])
    task.result = {"marks": {mark.stream: f"{mark.when} #{mark.object_id}".strip() for mark in rows}}
    task.message = words("The shop is live: its orders are read from now on.")
    return [("fetch", shop.pk)]


def _validate(order: StagedOrder) -> tuple[str, int]:
    return ("validate", order.shop_id)


def _push(order: StagedOrder) -> tuple[str, int]:
    return ("push", order.shop.company_id)


KINDS: dict[str, Callable[[Task], Bells]] = {
    "resync": _resync,
    "mark": _mark,
    "go-live": _go_live,
    DRY_RUN: Bulk(DryRun, chunk=BATCH, changes=False),
    "recheck": Bulk(acting(lambda order, user, _reason: staff.check_again(order, user), _validate)),
    "push-now": Bulk(acting(lambda order, user, _reason: staff.push_now(order, user), _push)),
    "ignore": Bulk(acting(staff.ignore, _push)),
    assigning.ASSIGN: Bulk(assigning.begin),
    takeback.TAKE_BACK: Bulk(takeback.begin),
    SEND_AGAIN: unposting.ask,
    closing.CLOSE: closing.run,
    closing.CLOSE_MANY: Bulk(closing.begin, chunk=1),
    proving.PROVE: proving.run_proof,
    proving.READ: proving.run_reading,
}

BULK = frozenset(kind for kind, work in KINDS.items() if isinstance(work, Bulk))
"""Kinds that go through orders one by one, and can be stopped between them."""

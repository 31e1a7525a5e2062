"""What people ask for and a job does: each kind one function, its progress and result on the Task row."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors import open_sage, open_shop
from connectors.errors import ConnectorError
from connectors.models import SageCompany, Shop
from staging import marks, resync, staff
from staging.models import StagedOrder, Task

logger = logging.getLogger(__name__)

LEASE = timedelta(hours=1)
"""A running task whose worker died is run again after this; every kind may be repeated."""

LOST = timedelta(minutes=2)
"""A queued task that nobody began after this has lost its bell."""

Bells = list[tuple[str, int]]
"""Which steps are to be rung for which shop or company once a task is done."""

Act = Callable[[StagedOrder, AbstractBaseUser | None], bool]


def run(task_id: int) -> Bells:
    """Run a task unless another worker has it; its end is on the row. Anything but a connector's error is raised."""
    if not _claim(task_id):
        return []
    task = Task.objects.select_related("user").get(pk=task_id)
    try:
        bells = KINDS[task.kind](task)
    except (ConnectorError, ValueError) as error:
        _end(task, Task.Status.FAILED, str(error))
        return []
    except Exception:
        _end(task, Task.Status.FAILED, _("The bridge failed; nothing is lost. Ask again, or send its maker the log."))
        raise
    _end(task, Task.Status.DONE, task.message)
    return bells


def waiting() -> list[int]:
    """Tasks whose bell or worker was lost."""
    now = timezone.now()
    lost = Q(status=Task.Status.QUEUED, created_at__lt=now - LOST) | Q(status=Task.Status.RUNNING, lease_until__lt=now)
    return list(Task.objects.filter(lost).values_list("pk", flat=True))


def _claim(task_id: int) -> bool:
    now = timezone.now()
    free = Q(status=Task.Status.QUEUED) | Q(status=Task.Status.RUNNING, lease_until__lt=now)
    return bool(Task.objects.filter(free, pk=task_id).update(status=Task.Status.RUNNING, lease_until=now + LEASE))


def _end(task: Task, status: str, message: str) -> None:
    task.status, task.message, task.lease_until, task.ended_at = status, message, None, timezone.now()
    task.save(update_fields=["status", "message", "lease_until", "ended_at", "result", "total", "finished"])


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
    """``shop``, ``stream``, ``to``, ``apply``, ``reason``: what would be read; set the mark if so asked."""
    asked = task.parameters
    shop = Shop.objects.get(pk=asked["shop"])
    port = open_shop(shop)
    to = marks.position(shop, asked["stream"], asked["to"], port)
    task.result = marks.preview(shop, asked["stream"], to, port).told()
    if not asked.get("apply"):
        return []
    marks.set_mark(shop, asked["stream"], to, task.user, asked["reason"])
    return [("fetch", shop.pk)]


def _go_live(task: Task) -> Bells:
    """``shop``, ``first`` ("now", a date, "#1042"): name the first order and set all marks."""
    shop = Shop.objects.get(pk=task.parameters["shop"])
    rows = marks.go_live(shop, task.parameters["first"], task.user, open_shop(shop))
    task.result = {mark.stream: f"{mark.when} #{mark.object_id}".strip() for mark in rows}
    return [("fetch", shop.pk)]


def _recheck(task: Task) -> Bells:
    """``orders`` (primary keys): check them again, looking in Sage itself."""
    return _each(task, staff.check_again, lambda order: ("validate", order.shop_id))


def _push_now(task: Task) -> Bells:
    """``orders`` (primary keys): make their waiting postings due at once."""
    return _each(task, staff.push_now, lambda order: ("push", order.shop.company_id))


def _each(task: Task, act: Act, bell: Callable[[StagedOrder], tuple[str, int]]) -> Bells:
    """Act on each order; ``finished`` counts those whose status allowed it."""
    rows = StagedOrder.objects.filter(pk__in=task.parameters["orders"]).select_related("shop")
    task.total, bells = len(task.parameters["orders"]), set()
    for order in rows.order_by("placed_at", "pk").iterator():
        if act(order, task.user):
            task.finished += 1
            bells.add(bell(order))
    return sorted(bells)


KINDS: dict[str, Callable[[Task], Bells]] = {
    "resync": _resync,
    "mark": _mark,
    "go-live": _go_live,
    "recheck": _recheck,
    "push-now": _push_now,
}

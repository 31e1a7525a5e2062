"""Going through the orders that a person chose, part by part: each part is done and noted whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice, takewhile
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from staging.models import StagedOrder, Task

LEASE = timedelta(hours=1)
"""A running task whose worker died is run again after this; every kind may be repeated."""

PART_LEASE = timedelta(minutes=15)
"""One that goes part by part goes on after this: far longer than a part takes, also while Sage is slow."""

CHUNK = 20
"""After so many orders a bulk action notes how far it is, and looks whether somebody stopped it."""

AT_MOST = 10_000
"""Orders that one task takes."""

DONE, CHANGED, NOT_ALLOWED = "done", "changed", "not allowed"
"""Outcomes of one order of a bulk action."""

Row = list[Any]
"""[primary key, outcome, and what else is to be told of it]."""

Bell = tuple[str, int]


Part = Callable[[dict[int, int]], Iterator[tuple[Row, Bell | None]]]
"""What is done to a part (version by primary key): a row for each of its orders, in their order, with the bell to ring.

Whom it must ask over the wire it asks when it is called. What it changes, it changes while its rows are taken: that is
within a transaction.
"""


@dataclass(frozen=True)
class Bulk:
    """A kind of task that goes through ``orders``: [primary key, version] as the person chose them.

    ``begin`` is called once a run. A part's changes, its rows and what taking it back needs are one transaction, so
    that a worker may die at any moment: begun again, the task goes on after the last part that was noted.
    ``changes``: whether anything is done to the orders.
    """

    begin: Callable[[Task], Part]
    chunk: int = CHUNK
    changes: bool = True

    def __call__(self, task: Task) -> list[Bell]:
        """Run it; ``result`` holds the rows and how many of them are done."""
        chosen, task.total = task.parameters["orders"], len(task.parameters["orders"])
        rows = task.result.setdefault("rows", [])
        bells: set[Bell] = set()
        act = self.begin(task)
        at_once = self.chunk
        while task.finished < task.total:
            part = dict(chosen[task.finished : task.finished + at_once])
            told = act(part)
            with transaction.atomic():
                done = list(islice(told, _free(part) if self.changes else None))
                rows += [row for row, _bell in done]
                task.finished += len(done)
                task.result["done"] = sum(row[1] == DONE for row in rows)
                if not _noted(task):
                    transaction.set_rollback(True)
                    break
            bells.update(bell for _row, bell in done if bell)
            at_once = self.chunk if done else 1
        return sorted(bells)


def _free(part: dict[int, int]) -> int:
    """How many orders in front are nobody else's: they are locked now, to be changed in one transaction.

    Waiting for one with others locked could be a circle; so the part ends before it, and it is waited for alone.
    """
    if len(part) == 1:
        return 1
    orders = StagedOrder.objects.filter(pk__in=part).select_for_update(skip_locked=True, no_key=True)
    locked = set(orders.values_list("pk", flat=True))
    return len(list(takewhile(locked.__contains__, part)))


def acting(
    act: Callable[[StagedOrder, User | None, str], bool], bell: Callable[[StagedOrder], Bell]
) -> Callable[[Task], Part]:
    """Act on each order for the task's ``reason``; one that changed since it was chosen is left alone and reported."""

    def begin(task: Task) -> Part:
        def part(versions: dict[int, int]) -> Iterator[tuple[Row, Bell | None]]:
            found = StagedOrder.objects.select_related("shop").in_bulk(list(versions))
            for pk, version in versions.items():
                order = found.get(pk)
                if order is None or order.version != version:
                    yield [pk, CHANGED], None
                elif act(order, task.user, task.parameters.get("reason", "")):
                    yield [pk, DONE], bell(order)
                else:
                    yield [pk, NOT_ALLOWED], None

        return part

    return begin


def _noted(task: Task) -> bool:
    """Write down how far it is and keep it; False when it is no longer ours: a person stopped it, or another has it."""
    values = {"finished": task.finished, "total": task.total, "result": task.result}
    until = timezone.now() + PART_LEASE
    noted = holding(task).update(lease_until=until, **values)
    task.lease_until = until
    return bool(noted)


def holding(task: Task) -> QuerySet[Task]:
    """The task's row as long as it is this run's: nobody stopped it, and no other worker took it for abandoned."""
    return Task.objects.filter(pk=task.pk, status=Task.Status.RUNNING, lease_until=task.lease_until)

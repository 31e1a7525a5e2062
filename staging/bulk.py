"""Going through the orders that a person chose, part by part: noted after each, stopped or begun again between two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from staging.models import StagedOrder, Task

LEASE = timedelta(hours=1)
"""A running task whose worker died is run again after this; every kind may be repeated."""

CHUNK = 20
"""After so many orders a bulk action notes how far it is, and looks whether somebody stopped it."""

AT_MOST = 10_000
"""Orders that one task takes."""

DONE, CHANGED, NOT_ALLOWED = "done", "changed", "not allowed"
"""Outcomes of one order of a bulk action."""

Row = list[Any]
"""[primary key, outcome, and what else is to be told of it]."""

Bell = tuple[str, int]


@dataclass(frozen=True)
class Bulk:
    """A kind of task that goes through ``orders``: [primary key, version] as the person chose them.

    ``begin`` is called once a run and answers with what is done to a part (version by primary key): a row for each of
    its orders, with the bell to ring for it. Begun again after a crash, it goes on where it was.
    """

    begin: Callable[[Task], Callable[[dict[int, int]], Iterator[tuple[Row, Bell | None]]]]
    chunk: int = CHUNK

    def __call__(self, task: Task) -> list[Bell]:
        """Run it; ``result`` holds the rows and how many of them are done."""
        chosen, task.total = task.parameters["orders"], len(task.parameters["orders"])
        rows = task.result.setdefault("rows", [])
        bells: set[Bell] = set()
        act = self.begin(task)
        for start in range(task.finished, task.total, self.chunk):
            part = dict(chosen[start : start + self.chunk])
            for row, bell in act(part):
                rows.append(row)
                if bell:
                    bells.add(bell)
            task.finished = start + len(part)
            task.result["done"] = sum(row[1] == DONE for row in rows)
            if not _noted(task):
                break
        return sorted(bells)


def acting(
    act: Callable[[StagedOrder, User | None, str], bool], bell: Callable[[StagedOrder], Bell]
) -> Callable[[Task], Callable[[dict[int, int]], Iterator[tuple[Row, Bell | None]]]]:
    """Act on each order for the task's ``reason``; one that changed since it was chosen is left alone and reported."""

    def begin(task: Task) -> Callable[[dict[int, int]], Iterator[tuple[Row, Bell | None]]]:
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
    """Write down how far it is; False when a person stopped it."""
    values = {"finished": task.finished, "total": task.total, "result": task.result}
    running = Task.objects.filter(pk=task.pk, status=Task.Status.RUNNING)
    if running.update(lease_until=timezone.now() + LEASE, **values):
        return True
    Task.objects.filter(pk=task.pk).update(**values)
    return False

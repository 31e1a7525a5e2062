"""A worker killed in the middle of a bulk action: what was changed is what its report and its taking back know."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from connectors.models import SageCompany, Shop
from staging import bulk, takeback, tasks
from staging.models import Event, StagedOrder, Task
from tests.staging.back_office import order, person
from tests.staging.test_push_crashes import ROOT, in_threads

MANY = bulk.CHUNK + 10

EVENT, NOTE = 'INSERT INTO "staging_event"', 'UPDATE "staging_task"'
"""Statements that a worker dies at: the change of an order, and the noting of a part (the first one is the claim)."""

WORKER = """
import os, signal, sys
import django
django.setup()
from django.db import connection
from staging import jobs

task, statement, left = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def dying(execute, sql, *rest):
    global left
    left -= sql.startswith(statement)
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(sql, *rest)

with connection.execute_wrapper(dying):
    jobs.run_task(task)
"""


@pytest.fixture
def rows(transactional_db: None, bells: None, company: SageCompany) -> list[StagedOrder]:
    """More orders than a part has."""
    shop = Shop.objects.create(name="Web", url="http://127.0.0.1:1", key="X", company=company)
    person()
    return [order(shop) for _ in range(MANY)]


def asked(kind: str, orders: list[list[int]], **parameters: Any) -> Task:
    user = User.objects.get(username="accountant")
    if kind == "assign":
        orders, parameters = [[pk, 0] for pk, _version in orders], {"to": user.pk, "add": ["monday"], "remove": []}
    return Task.objects.create(kind=kind, parameters={"orders": orders, "reason": "x", **parameters}, user=user)


def chosen(rows: list[StagedOrder]) -> list[list[int]]:
    return [[row.pk, row.version] for row in rows]


def ran(task: Task) -> Task:
    tasks.run(task.pk)
    task.refresh_from_db()
    return task


def acted(before: int) -> list[int]:
    """The orders whose diary tells of something since, as often as it does."""
    return sorted(event.order_id or 0 for event in Event.objects.filter(pk__gt=before))


def done(task: Task) -> list[int]:
    """The orders that the action's report says were changed."""
    return sorted(row[0] for row in task.result.get("rows", []) if row[1] == bulk.DONE)


@pytest.mark.parametrize(
    ("kind", "statement", "nth"),
    [("ignore", EVENT, bulk.CHUNK + 5), ("assign", EVENT, bulk.CHUNK + 5), ("take-back", NOTE, 3)],
)
def test_what_a_killed_worker_changed_is_what_the_report_knows(
    rows: list[StagedOrder], environment: Callable[..., dict[str, str]], kind: str, statement: str, nth: int
) -> None:
    if kind == "take-back":
        action = ran(asked("ignore", chosen(rows)))
        task = asked(kind, takeback.changed(action), task=action.pk)
    else:
        task = asked(kind, chosen(rows))
    before = Event.objects.latest("pk").pk if Event.objects.exists() else 0

    worker = [sys.executable, "-c", WORKER, str(task.pk), statement, str(nth)]
    assert subprocess.run(worker, cwd=ROOT, env=environment(), check=False).returncode == -signal.SIGKILL
    task.refresh_from_db()
    assert (task.status, task.finished, len(done(task))) == ("running", bulk.CHUNK, bulk.CHUNK)
    assert acted(before) == done(task)

    assert task.lease_until is not None
    assert task.lease_until < timezone.now() + timedelta(minutes=16)
    Task.objects.filter(pk=task.pk).update(lease_until=timezone.now() - timedelta(seconds=1))  # so long after
    assert ran(task).status == "done"
    assert acted(before) == done(task) == [row.pk for row in rows]
    if kind != "take-back":
        back = ran(asked("take-back", takeback.changed(task), task=task.pk))
        assert done(back) == [row.pk for row in rows]
        assert {tuple(row) for row in StagedOrder.objects.values_list("assignee", "tags__len")} == {(None, 0)}
        assert not StagedOrder.objects.filter(status="ignored").exists()


def test_an_order_that_somebody_holds_stops_only_itself_and_two_tasks_never_wait_in_a_circle(
    rows: list[StagedOrder],
) -> None:
    one, other = asked("ignore", chosen(rows)), asked("assign", chosen(rows[::-1]))
    works = iter([one, other] * 2)
    in_threads(4, lambda: tasks.run(next(works).pk))
    for task in (one, other):
        task.refresh_from_db()
        assert (task.status, done(task)) == ("done", [row.pk for row in rows])


def test_who_was_taken_for_dead_and_is_not_changes_nothing_any_more(
    rows: list[StagedOrder], monkeypatch: pytest.MonkeyPatch
) -> None:
    task, noted = asked("ignore", chosen(rows)), bulk._noted

    def taken_over() -> None:
        Task.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert tasks._claim(task.pk)

    def slow(running: Task) -> bool:
        in_threads(1, taken_over)
        return noted(running)

    monkeypatch.setattr(bulk, "_noted", slow)
    tasks.run(task.pk)
    task.refresh_from_db()
    assert (task.status, task.finished, acted(0)) == ("running", 0, [])
    monkeypatch.undo()
    Task.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert done(ran(task)) == acted(0) == [row.pk for row in rows]

"""Taking a bulk action back as one: each order that stands as the action left it gets back what it had before.

An order that moved on since (opened, given to somebody else, tagged otherwise) is left as it is and reported: orders
do not depend on each other, so one of them does not hold the others up. Nothing in Sage is ever undone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.contrib.auth.models import User

from connectors.words import words
from staging import desk, staff
from staging.assigning import ASSIGN, Wish
from staging.bulk import DONE, Bell, Part, Row
from staging.closing import CLOSE_MANY
from staging.models import StagedOrder, Task

TAKE_BACK = "take-back"

MOVED_ON = "moved on"
"""The order no longer stands as the action left it."""


@dataclass(frozen=True)
class Way:
    """How a kind of action is taken back: whether an order stands as it left it, what is done, which bell is rung.

    ``stands`` is told the order's version as a closing left it.
    """

    stands: Callable[[Task, StagedOrder, int], bool]
    restore: Callable[[Task, StagedOrder, User | None, str], bool]
    bell: str = ""


def _closed_by(_task: Task, order: StagedOrder, version: int) -> bool:
    """Each further step would have made another version of it."""
    return order.status == StagedOrder.Status.IGNORED and order.version == version


def _open(_task: Task, order: StagedOrder, user: User | None, reason: str) -> bool:
    return staff.take_back(order, user, reason)


def _given_by(task: Task, order: StagedOrder, _version: int) -> bool:
    before = task.result.get("before", {}).get(str(order.pk))
    return before is not None and Wish.asked(task.parameters).after(*before) == (order.assignee_id, sorted(order.tags))


def _give_back(task: Task, order: StagedOrder, user: User | None, reason: str) -> bool:
    now = desk.locked(order.pk)
    if now is None or not _given_by(task, now, now.version):
        return False
    assignee, tags = task.result["before"][str(order.pk)]
    why = words("Taken back: %(reason)s", reason=reason)
    return desk.put(now, User.objects.filter(pk=assignee).first(), tags, user, why)


WAYS = {
    "ignore": Way(_closed_by, _open, "validate"),
    CLOSE_MANY: Way(_closed_by, _open, "validate"),
    ASSIGN: Way(_given_by, _give_back),
}
"""What can be taken back. A check is no change, and what was sent stays in Sage."""


def changed(task: Task) -> list[list[int]]:
    """[primary key, version as it was left] of each order that an action changed and can give back; one move each."""
    if task.kind not in WAYS or not task.ended_at:
        return []
    chosen = dict(task.parameters["orders"])
    return [[row[0], chosen[row[0]] + 1] for row in task.result.get("rows", []) if row[1] == DONE]


def begin(task: Task) -> Part:
    """``task``: the action; ``orders``: those it ``changed``; ``reason``."""
    action = Task.objects.get(pk=task.parameters["task"])
    way, reason = WAYS[action.kind], task.parameters["reason"]

    def part(left: dict[int, int]) -> Iterator[tuple[Row, Bell | None]]:
        found = StagedOrder.objects.in_bulk(list(left))
        for pk, version in left.items():
            order = found.get(pk)
            if order and way.stands(action, order, version) and way.restore(action, order, task.user, reason):
                yield [pk, DONE], (way.bell, order.shop_id) if way.bell else None
            else:
                yield [pk, MOVED_ON], None

    return part

"""Giving many orders to a person and tagging them, as one task: what it would do with each, and doing it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet

from connectors.plain import plain
from connectors.words import words
from staging import desk
from staging.bulk import AT_MOST, CHANGED, DONE, Bell, Part, Row
from staging.models import StagedOrder, Task

ASSIGN = "assign"

ALREADY, TOO_MANY_TAGS = "already", "too many tags"
"""Outcomes of one order beside those of every bulk action."""

NOBODY = 0


@dataclass(frozen=True)
class Wish:
    """What is asked for each order: whose it is to be (``NOBODY``, or None: as it is), tags to add, tags to take away.

    Neither touches the order's status or version, so what a check or the shop changes meanwhile stops nothing. What a
    person chose by is who has the order: it is left alone when somebody else was given it since.
    """

    to: int | None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    @classmethod
    def asked(cls, parameters: Mapping[str, Any]) -> Wish:
        """As a task's parameters hold it."""
        return cls(parameters["to"], tuple(parameters["add"]), tuple(parameters["remove"]))

    def after(self, assignee: int | None, tags: list[str]) -> tuple[int | None, list[str]]:
        """Whose the order would be, and its tags."""
        return assignee if self.to is None else self.to or None, desk.tagged(tags, self.add, self.remove)

    def outcome(self, assignee: int | None, tags: list[str], had: int) -> str:
        """What becomes of an order that is theirs now and was ``had``'s when it was chosen."""
        whose, tagged = self.after(assignee, tags)
        if (whose, tagged) == (assignee, sorted(tags)):
            return ALREADY
        if self.to is not None and assignee not in (had or None, whose):
            return CHANGED
        return TOO_MANY_TAGS if len(tagged) > desk.TAGS_AT_MOST else DONE


def held_by(orders: QuerySet[StagedOrder]) -> list[list[int]]:
    """[primary key, who has it] of each, the oldest first; of more than ``AT_MOST`` one too many."""
    rows = orders.order_by("placed_at", "pk").values_list("pk", "assignee")
    return [[pk, assignee or NOBODY] for pk, assignee in rows[: AT_MOST + 1]]


def begin(task: Task) -> Part:
    """``orders`` as ``held_by`` tells them, and the wish. ``result["before"]``: [who had it, its tags] of each changed.

    Raises ValueError when the person may not have orders any more.
    """
    wish = Wish.asked(task.parameters)
    person = desk.people().filter(pk=wish.to).first() if wish.to else None
    if wish.to and person is None:
        raise ValueError(words("Nothing was done: this person may not change orders any more. Choose another person."))

    def part(chosen: dict[int, int]) -> Iterator[tuple[Row, Bell | None]]:
        for pk, had in chosen.items():
            yield _act(task, wish, person, pk, had), None

    return part


def _act(task: Task, wish: Wish, person: User | None, pk: int, had: int) -> Row:
    order = desk.locked(pk)
    if order is None:
        return [pk, CHANGED]
    outcome = wish.outcome(order.assignee_id, order.tags, had)
    if outcome == DONE:
        task.result.setdefault("before", {})[str(pk)] = [order.assignee_id, order.tags]
        desk.put(order, order.assignee if wish.to is None else person, wish.after(None, order.tags)[1], task.user)
    if outcome == CHANGED and order.assignee:
        return [pk, outcome, plain(words("%(name)s has it now", name=str(order.assignee)))]
    return [pk, outcome]

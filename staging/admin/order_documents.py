"""The documents of one order and the attempts at them: what was sent, what came back, what happens next."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from connectors.telling import worded
from connectors.types import Exchange
from staging.models import Attempt, Event, Posting, StagedOrder
from staging.wording import amount

ATTEMPTS_SHOWN = 30

_Status = Posting.Status


@dataclass(frozen=True)
class ExchangeView:
    """One request and its answer, both laid out to be read."""

    told: Exchange
    request: str
    answer: str

    @property
    def path(self) -> str:
        """What was asked, as people write it."""
        return unquote(self.told.path)

    @property
    def writes(self) -> bool:
        """Whether it was to change something in Sage."""
        return self.told.method != "GET"


@dataclass(frozen=True)
class AttemptView:
    """One attempt and all that was said in it."""

    row: Attempt
    exchanges: list[ExchangeView]

    @property
    def decisive(self) -> ExchangeView | None:
        """The exchange that decided it: the last write, or the last look where nothing was sent."""
        return next((each for each in reversed(self.exchanges) if each.writes), next(reversed(self.exchanges), None))


@dataclass(frozen=True)
class PostingView:
    """One document: what was asked, what came back, the steps of it in the diary, and each attempt."""

    row: Posting
    total: str
    prepared: str
    answer: str
    warnings: list[str]
    steps: list[Event]
    attempts: list[AttemptView]

    @property
    def next_try(self) -> datetime | None:
        """When it is sent by itself, or looked up where an attempt left it in doubt; None when nothing is to come."""
        if self.row.status == _Status.READY and self.row.order.status == StagedOrder.Status.READY:
            return self.row.due_at
        doubt = self.row.status == _Status.PUSHING and self.attempts and self.attempts[0].row.outcome == _Status.PUSHING
        return self.row.lease_until if doubt else None


def posting_views(order: StagedOrder, postings: Sequence[Posting], events: Iterable[Event]) -> list[PostingView]:
    """The order's documents, the first one first; of their attempts the newest ones, newest first."""
    tries: defaultdict[int, list[AttemptView]] = defaultdict(list)
    for attempt in Attempt.objects.filter(posting__in=postings).order_by("-pk")[:ATTEMPTS_SHOWN]:
        tries[attempt.posting_id].append(attempt_view(attempt))
    steps: defaultdict[int | None, list[Event]] = defaultdict(list)
    for event in events:
        steps[event.posting_id].insert(0, event)
    return [_posting(row, order, steps[row.pk], tries[row.pk]) for row in postings]


def attempt_view(row: Attempt) -> AttemptView:
    """With every body laid out."""
    told = [Exchange(**each) for each in row.exchanges]
    return AttemptView(row, [ExchangeView(each, pretty(each.request), pretty(each.answer)) for each in told])


def _posting(row: Posting, order: StagedOrder, steps: list[Event], attempts: list[AttemptView]) -> PostingView:
    answer = row.answer or {}
    total = answer.get("total") or row.prepared.get("total") or row.prepared.get("amount")
    row.order = order
    return PostingView(
        row=row,
        total=amount(Decimal(total), order.currency) if total is not None else "",
        prepared=laid_out(row.prepared),
        answer=laid_out(answer) if answer else "",
        warnings=[worded(each) for each in answer.get("warnings", [])],
        steps=steps,
        attempts=attempts,
    )


_EXACT = "\ue000"
"""Stands around a number while it is laid out, so that each of its digits stays as it was sent."""


def pretty(text: str) -> str:
    """A body to be read: JSON over several lines, whatever else it is as it came."""
    try:
        value = json.loads(text, parse_float=lambda number: f"{_EXACT}{number}{_EXACT}")
    except (ValueError, RecursionError):
        return text
    return laid_out(value).replace(f'"{_EXACT}', "").replace(f'{_EXACT}"', "")


def laid_out(value: Any) -> str:
    """Over several lines."""
    return json.dumps(value, indent=1, ensure_ascii=False)

"""Open, keep and close the issues of an order: the one way in which a step says what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from staging.causes import CAUSES, IMPORTANCE, INTERNAL_ERROR
from staging.models import Issue, Posting, StagedOrder

PUSH_CODES = frozenset(
    {"reference-taken", "outcome-unknown", "refused", "incomplete-in-sage", "answer-differs", "lost-in-sage"}
)

SOURCES: dict[str, frozenset[str]] = {
    "validate": frozenset(CAUSES) - PUSH_CODES,
    "push": PUSH_CODES,
    "both": frozenset(CAUSES),
}
"""Which codes a source speaks for: what it does not name among them is closed, others are left alone."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. ``kind`` and ``value`` name what would have to change ("item", "BEDLAMP").

    ``place`` is where ("line 8", "deliver_to", "" for the whole order); ``values`` fill the cause's text;
    ``values["sage"]``, if any, is the Sage code concerned: its change wakes the order too.
    """

    code: str
    kind: str = ""
    value: str = ""
    place: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    suggestions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes two faults the same one."""
        return (self.code, self.kind, self.value[:250], self.place)


def first_cause(codes: Iterable[str]) -> str:
    """The most important of these codes, "" when there is none."""
    return min(codes, key=lambda code: IMPORTANCE.get(code, len(IMPORTANCE)), default="")


def settle(
    order: StagedOrder, faults: Iterable[Fault], source: str = "validate", posting: Posting | None = None
) -> list[Issue]:
    """Make the order's open issues of this source exactly ``faults``: open new, keep the same, close what is gone.

    With a ``posting``, what Sage said of the order's other postings stays; what it said of a document that it holds
    stays until a look at that one says otherwise. An issue that stays keeps its age; its values and suggestions follow.
    Returns the open issues of every source, the most important first; ``order`` itself is not saved. A code unknown to
    the catalogue is a bug: KeyError.
    """
    wanted = {fault.key: fault for fault in faults}
    for fault in wanted.values():
        CAUSES[fault.code]
    with transaction.atomic(savepoint=False):
        kept = _compare(order, wanted, SOURCES[source], posting)
        opened = [_issue(order, fault, posting) for fault in wanted.values()]
        if opened:
            Issue.objects.bulk_create(opened)
    return sorted([*kept, *opened], key=lambda issue: IMPORTANCE.get(issue.code, len(IMPORTANCE)))


def _compare(
    order: StagedOrder, wanted: dict[tuple[str, str, str, str], Fault], codes: frozenset[str], posting: Posting | None
) -> list[Issue]:
    """Close what is no longer wanted, refresh what is; the issues that stay open. ``wanted`` keeps what is to open."""
    kept = []
    for issue in order.issues.filter(closed_at=None):
        fault = wanted.pop((issue.code, issue.kind, issue.value, issue.place), None)
        if fault is None and issue.code in codes and _may_close(issue, posting):
            Issue.objects.filter(pk=issue.pk).update(closed_at=timezone.now())
            continue
        if fault is not None:
            _follow(issue, fault)
        kept.append(issue)
    return kept


def _may_close(issue: Issue, posting: Posting | None) -> bool:
    if issue.code not in PUSH_CODES or issue.posting is None:
        return True
    return issue.posting.status != Posting.Status.PUSHED if posting is None else issue.posting_id == posting.pk


def _follow(issue: Issue, fault: Fault) -> None:
    if issue.values != dict(fault.values) or issue.suggestions != fault.suggestions:
        issue.values, issue.suggestions = dict(fault.values), fault.suggestions
        issue.save(update_fields=["values", "suggestions"])


def _issue(order: StagedOrder, fault: Fault, posting: Posting | None) -> Issue:
    return Issue(
        order=order,
        posting=posting,
        code=fault.code,
        kind=fault.kind,
        value=fault.value[:250],
        place=fault.place,
        values=dict(fault.values),
        suggestions=fault.suggestions,
    )


def poisoned(order: StagedOrder) -> None:
    """Tell staff that the bridge itself failed on this order; its other issues and its status stay as they are."""
    fault = Fault(INTERNAL_ERROR)
    with transaction.atomic():
        order.issues.get_or_create(code=fault.code, kind="", value="", place="", closed_at=None)
        StagedOrder.objects.filter(pk=order.pk).update(first_cause=INTERNAL_ERROR)

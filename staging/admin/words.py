"""Issues in words for staff: what is wrong, where, what to do, and the link that does it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from staging.causes import CAUSES, ORDER_PAGE
from staging.models import Issue, StagedOrder


@dataclass(frozen=True)
class CauseView:
    """One open issue as a person reads it; ``link`` is empty when it is repaired on this very page."""

    issue: Issue
    title: str
    text: str
    link: str
    may_accept: bool
    suggestions: list[dict[str, str]]


def cause_view(issue: Issue) -> CauseView:
    """The words and the link of one issue."""
    cause = CAUSES[issue.code]
    return CauseView(
        issue=issue,
        title=str(cause.title),
        text=cause.tell(issue),
        link="" if cause.link_name == ORDER_PAGE else cause.link(issue),
        may_accept=cause.may_accept,
        suggestions=issue.suggestions,
    )


def cause_line(order: StagedOrder) -> str:
    """For a list: the most important open cause and its value, and how many more; else why the order waits."""
    issues: list[Issue] = getattr(order, "open_issues", [])
    if not issues:
        return order.reason or "–"
    first = min(issues, key=lambda issue: issue.code != order.first_cause)
    more = _(" (+%(n)d more)") % {"n": len(issues) - 1} if len(issues) > 1 else ""
    return f"{CAUSES[first.code].title} {first.value}".strip() + more

"""Issues and outcomes in words for staff: what is wrong, where, what to do, and the link that does it."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mappings.answers import why
from staging.assigning import ALREADY, TOO_MANY_TAGS
from staging.bulk import CHANGED, DONE, NOT_ALLOWED
from staging.causes import CAUSES, ORDER_PAGE
from staging.closing import FITS, NOT_FITTING
from staging.models import Issue, StagedOrder
from staging.takeback import MOVED_ON
from staging.wording import place_words, said

OUTCOMES = {
    DONE: gettext_lazy("done"),
    FITS: gettext_lazy("would be closed: Sage has it"),
    ALREADY: gettext_lazy("nothing to do: it is so already"),
    CHANGED: gettext_lazy("left as it is: it changed since you chose it"),
    NOT_FITTING: gettext_lazy("left as it is"),
    NOT_ALLOWED: gettext_lazy("left as it is: its status does not allow this"),
    TOO_MANY_TAGS: gettext_lazy("left as it is: it would have too many tags"),
    MOVED_ON: gettext_lazy("left as it is: somebody changed it since, or the bridge went on with it"),
}
"""What became of one order of a bulk action."""

GOOD = (DONE, FITS, ALREADY)
"""Outcomes after which there is nothing left to do for a person."""

REMEDIES = {
    CHANGED: gettext_lazy("Look at it; if it is still wanted, choose it again in the list."),
    NOT_FITTING: gettext_lazy("Correct it in Sage, or enter the number of this order's own document."),
    NOT_ALLOWED: gettext_lazy("Nothing, if that is right; its page says what may be done with it now."),
    TOO_MANY_TAGS: gettext_lazy("Take other tags of it away first."),
    MOVED_ON: gettext_lazy("Look at it; its page says what may be done with it now."),
}
"""What to do with an order that was left as it is."""

TEXT_SHOWN = 80
"""Characters of a text of the shop, where one order's stands for many."""

VERDICTS = {
    "equal": gettext_lazy("equal for every rate"),
    "total equal": gettext_lazy("total equal, tax differs by cents within the company's rule"),
    "held": gettext_lazy("different: nothing is sent"),
}
"""How the shop's totals compare with Sage's."""


@dataclass(frozen=True)
class CauseView:
    """One open issue as a person reads it; ``link`` is empty when it is repaired on this very page, ``right`` is what
    it takes to follow it.
    """

    issue: Issue
    title: str
    place: str
    text: str
    link: str
    right: str
    may_accept: bool
    suggestions: list[tuple[dict[str, Any], str]]
    proposal: list[str]
    others: tuple[int, ...] = ()  # further issues that the same repair ends


def cause_view(issue: Issue, lines: Iterable[int] | None = None) -> CauseView:
    """The words and the link of one issue. ``lines``: the order's line ids, so that places read "Line 2".

    Without them it stands for all orders with the same fault, and names no place.
    """
    cause = CAUSES[issue.code]
    place = "" if lines is None else place_words(issue.place, lines)
    link = "" if cause.link_name == ORDER_PAGE else cause.link(issue)
    return CauseView(
        issue=issue,
        title=cause.named(issue),
        place=place,
        text=_text(issue, place, lines or (), short=lines is None),
        link=link,
        right=cause.right,
        may_accept=cause.may_accept,
        suggestions=[_suggested(one, link) for one in issue.suggestions],
        proposal=_proposal(issue.values),
    )


def _text(issue: Issue, place: str, lines: Iterable[int] = (), *, short: bool = False) -> str:
    """What is wrong and what to do; where it stands for many orders, a long text of one of them is cut."""
    told = copy(issue)
    told.place = place
    if short:
        told.values = {name: _short(value) for name, value in issue.values.items()}
    if "diff" in issue.values:
        diff = [{**each, "place": place_words(each["place"], lines)} for each in issue.values["diff"]]
        told.values = {**told.values, "diff": diff}
    return CAUSES[issue.code].tell(told).lstrip("\u00a0: ")  # without a place; French has a blank before the colon


def _short(value: Any) -> Any:
    return Truncator(value).chars(TEXT_SHOWN) if isinstance(value, str) else value


def together(causes: Iterable[CauseView]) -> list[CauseView]:
    """The causes of one order, those that one repair ends as one: an unknown item on seven lines is mapped once."""
    found: dict[tuple[str, ...], list[CauseView]] = {}
    for cause in causes:
        issue = cause.issue
        key = (str(issue.pk),) if cause.may_accept or not cause.link else (issue.code, issue.kind, issue.value)
        found.setdefault(key, []).append(cause)
    return [_together(same) if same[1:] else same[0] for same in found.values()]


def _together(same: list[CauseView]) -> CauseView:
    place = ", ".join(cause.place for cause in same)
    others = tuple(cause.issue.pk for cause in same[1:])
    return replace(same[0], place=place, text=_text(same[0].issue, place), others=others)


def accepted_words(place: str, lines: Iterable[int]) -> str:
    """What staff accepted, from the place of such a correction ("text-too-long deliver_to"): the cause, and where."""
    code, _blank, where = place.partition(" ")
    told = [str(CAUSES[code].title) if code in CAUSES else code, place_words(where, lines)]
    return ", ".join(filter(None, told))


def _suggested(one: dict[str, Any], link: str) -> tuple[dict[str, Any], str]:
    """A suggestion with its ground in words, and the form with all filled in that it says."""
    filled = urlencode({"code": one["code"], **one.get("more", {})})
    return {**one, "ground": why(one["ground"], one.get("values", {}))}, f"{link}&{filled}" if link else ""


def _proposal(values: dict[str, Any]) -> list[str]:
    """The lines of an address as they would be sent, and what would go into the notes."""
    address = values.get("proposal")
    if not address:
        return []
    lines = [address.get("name", ""), *address.get("lines", []), f"{address.get('postcode', '')} {address.get('city')}"]
    notes = [_("in the comment: %(text)s") % {"text": text} for text in values.get("rest", [])]
    return [line.strip() for line in [*lines, *notes] if line.strip()]


def cause_line(order: StagedOrder) -> str:
    """For a list: the most important open cause and its value, and how many more; else why the order waits."""
    issues: list[Issue] = getattr(order, "open_issues", [])
    if not issues:
        return said(order.reason) or "–"
    first = min(issues, key=lambda issue: issue.code != order.first_cause)
    others = {(issue.code, issue.value) for issue in issues} - {(first.code, first.value)}
    more = _(" (+%(n)d more)") % {"n": len(others)} if others else ""
    return CAUSES[first.code].named(first) + more

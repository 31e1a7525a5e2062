"""One reason to hold an order: its words, and the page that repairs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse

from connectors.telling import worded
from staging.wording import change_words, field_words, figures, said

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    from staging.models import Issue

PART = "part"
"""Among an issue's values: the Sage code of the part of a pack that it is about."""

VOUCHER = "voucher"
"""The kind of an issue about a voucher, or its bank and payment code."""

ORDER_PAGE = "admin:staging_stagedorder_change"


class _Known(dict[str, Any]):
    """The values of an issue; a name that it lacks reads as a dash, so that an old row never breaks a page."""

    def __missing__(self, name: str) -> str:
        return "–"


@dataclass(frozen=True)
class Cause:
    """One reason to hold an order. ``text`` says what is wrong and where, ``remedy`` what to do.

    Both may name ``{value}``, ``{item}`` (the value, or the part of a pack), ``{place}`` and the issue's ``values``.
    ``link_name`` is a URL name of the page that repairs it, ``link_query`` prefills its form. ``may_accept``: staff may
    say "send it all the same"; ``by_hand``: accepting it says that the receipt or credit note was booked by hand, and
    it is not sent.
    """

    code: str
    title: StrPromise
    text: StrPromise
    remedy: StrPromise
    link_name: str = ORDER_PAGE
    link_query: Mapping[str, str] = field(default_factory=dict)
    may_accept: bool = False
    by_hand: bool = False

    def tell(self, issue: Issue) -> str:
        """What is wrong and what to do, for this issue."""
        return f"{self.text} {self.remedy}".format_map(_told(issue))

    def named(self, issue: Issue) -> str:
        """The title with what it is about: "Item unknown BEDLAMP"."""
        return f"{self.title} {_value(issue)}".strip()

    @property
    def right(self) -> str:
        """The right without which the page that repairs it is closed."""
        app, model, page = self.link_name.removeprefix("admin:").split("_")
        return f"{app}.{'add' if page == 'add' else 'view'}_{model}"

    def link(self, issue: Issue) -> str:
        """The address of the page that repairs this issue, its form filled in as far as known.

        A part of a pack is repaired where the pack's parts are named, a voucher that is money where it is called so.
        """
        if issue.kind == VOUCHER and not self.link_name.endswith("_add"):
            return f"{reverse('admin:mappings_vouchermapping_changelist')}?{urlencode({'q': issue.value})}"
        if PART in issue.values:
            return f"{reverse('admin:mappings_itempart_changelist')}?{urlencode({'q': issue.value})}"
        if self.link_name == ORDER_PAGE:
            return reverse(self.link_name, args=[issue.order_id])
        words = _words(issue)
        query = {name: text.format_map(words) for name, text in self.link_query.items()}
        return f"{reverse(self.link_name)}?{urlencode({k: v for k, v in query.items() if v != '–'})}"


def _words(issue: Issue) -> _Known:
    shop = issue.order.shop
    own = {"value": issue.value, "place": issue.place, "shop": shop.pk, "company": shop.company_id}
    return _Known({**issue.values, **own, "item": issue.values.get(PART, issue.value)})


_SAID = ("answer", "fault", "difference", "what", "why", "by")
_FIXED = ("what", "round_type", "tracked", "kind")
_FIGURES = (
    "stated", "computed", "difference", "shop", "sage", "owed", "limit", "amount", "excess", "total", "credited",
    "left", "incl", "excl", "rate", "sage_rate", "quantity", "what", "rates", "why", "before", "after", "changes",
)  # fmt: skip
"""Values that are Words, that are a word of ours, that are or contain decimal numbers; of a kind, ``sage`` is a
code.
"""


def _told(issue: Issue) -> _Known:
    """The values of an issue in the reader's language and number format; ``shop`` is what the shop says, no key."""
    words = _Known({**_words(issue), **issue.values, "value": _value(issue)})
    words |= {name: worded(words[name]) for name in _SAID if name in words}
    words |= {name: said(words[name]) for name in _FIXED if name in words}
    if "diff" in words:
        words["changes"] = "; ".join(map(change_words, words["diff"]))
    words |= {
        name: figures(str(words[name])) for name in _FIGURES if name in words and (name != "sage" or not issue.kind)
    }
    if "field" in words:
        words["field"] = field_words(words["field"])
    return words


def _value(issue: Issue) -> str:
    """What an issue is about; of a tax group "FR private", country and kind of buyer."""
    if issue.kind == "tax group":
        return " ".join(said(word) for word in issue.value.split())
    return said(issue.value) if issue.kind in ("", "charge") else issue.value


def adds(model: str, **query: str) -> dict[str, Any]:
    """The link to the form that adds a mapping, filled in."""
    return {"link_name": f"admin:mappings_{model}_add", "link_query": {"company": "{company}", **query}}


def records(kind: str) -> dict[str, Any]:
    """The link to the mirrored records of a kind, searched for the Sage code concerned."""
    return {"link_name": "admin:mappings_sagerecord_changelist", "link_query": {"kind": kind, "q": "{sage}"}}

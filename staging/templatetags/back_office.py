"""Times in the shop's zone, amounts in the reader's number format, places and fields in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from django import template
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format, get_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from connectors.telling import colon, worded
from mappings.forms import BACK
from staging.calm import last_settled, set_up
from staging.explaining import TITLES
from staging.proofs.words import counted_words
from staging.wording import (
    amount,
    clock_words,
    day_words,
    field_words,
    figures,
    kept_words,
    place_words,
    said,
    value_words,
)

register = template.Library()
register.filter("place_words", place_words)
register.filter("field_words", field_words)
register.filter("value_words", value_words)
register.filter("day_words", day_words)
register.filter("said", said)
register.filter("counted_words", counted_words)
register.filter("figures", figures)
register.filter("kept_words", kept_words)
register.filter("worded", worded)
register.filter("colon", colon)
register.filter("clock_words", clock_words)
register.simple_tag(last_settled)


@register.filter
def shop_time(moment: datetime | None, zone: str) -> str:
    """A moment to the minute in a zone, with the zone: "23 Nov 2026 14:05 CET"."""
    return _local(moment, zone, get_format("DATETIME_FORMAT"))


@register.filter
def shop_second(moment: datetime | None, zone: str) -> str:
    """The same to the second, for a diary."""
    return _local(moment, zone, get_format("DATETIME_FORMAT").replace("H:i", "H:i:s"))


def _local(moment: datetime | None, zone: str, form: str) -> str:
    return "–" if moment is None else date_format(moment.astimezone(ZoneInfo(zone)), form)


@register.filter
def money(value: Decimal | str | None, currency: str = "") -> str:
    """An amount with its currency; see ``amount``."""
    return amount(Decimal(value) if value not in (None, "") else None, currency)


@register.filter
def count(value: int) -> str:
    """A number of things, with the reader's separators."""
    return number_format(value, force_grouping=True)


@register.filter
def since(moment: datetime | None) -> str:
    """How long ago, in one unit: see ``span``."""
    return span(timezone.now() - moment if moment else None)


@register.filter
def due_words(moment: datetime | None) -> str:
    """When something is due: "now" once its time has come."""
    return _("now") if moment is None or moment <= timezone.now() else clock_words(moment)


@register.filter
def span(length: timedelta | None) -> str:
    """A length of time in one unit: "5 seconds", "3 hours"; its sign is the template's to tell."""
    if length is None:
        return "–"
    seconds = abs(int(length.total_seconds()))
    if seconds < 120:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    if seconds < 7200:
        return ngettext("%(n)d minute", "%(n)d minutes", seconds // 60) % {"n": seconds // 60}
    if seconds < 172800:
        return ngettext("%(n)d hour", "%(n)d hours", seconds // 3600) % {"n": seconds // 3600}
    return ngettext("%(n)d day", "%(n)d days", seconds // 86400) % {"n": seconds // 86400}


@register.filter
def shown(number: Any) -> str:
    """A quantity without trailing zeros, with the reader's decimal sign."""
    if number is None:
        return _("none")
    text = f"{Decimal(number).normalize():f}"
    return number_format(Decimal(text), max(0, -int(Decimal(text).as_tuple().exponent)), force_grouping=True)


@register.filter
def and_back(link: str, request: HttpRequest) -> str:
    """A link to a form that adds a mapping, from which one comes back to this page; any other link as it is."""
    if not urlsplit(link).path.endswith("/add/"):
        return link
    return f"{link}&{urlencode({BACK: request.get_full_path()})}"


@register.simple_tag
def nothing(shown: ChangeList) -> str:
    """What an empty list says: that nothing fits, or its page's ``nothing``, a text or what makes one of the list."""
    told = getattr(shown.model_admin, "nothing", None) or _("Nothing here yet.")
    said = told(shown) if callable(told) else str(told)
    if not said or (not callable(told) and (shown.has_active_filters or shown.query)):
        return _("Nothing fits the search and the filters.")
    return said % {"since": set_up()} if "%(since)s" in said else said


TABBED = {
    ("queue", "needs-you"), ("queue", "on-the-way"), ("has", "me"),
    *(("status__exact", status) for status in ("waiting", "posted", "ignored")),
}  # fmt: skip
"""What narrows the list of orders and is said by a tab above it already."""


@register.simple_tag
def narrowed(shown: ChangeList) -> list[tuple[str, str, str]]:
    """What narrows a list beside its tab, filter by filter: its title, what is chosen, and the list without it."""
    found = []
    for spec in shown.filter_specs:
        asked = {name: shown.filter_params[name] for name in spec.expected_parameters() if name in shown.filter_params}
        values = [value for many in asked.values() for value in many if value]
        if values and not {(name, many[0]) for name, many in asked.items()} <= TABBED:
            told = [each["display"] for each in spec.choices(shown) if each.get("selected") and "display" in each]
            words = ", ".join(map(str, told or values))
            found.append((str(spec.title), words, shown.get_query_string(remove=list(asked))))
    return found


@register.inclusion_tag("admin/staging/stagedorder/reasons.html")
def reasons(verdict: dict[str, Any] | None, currency: str) -> dict[str, Any]:
    """What makes Sage's figures other than the shop's, each with its share; what vouchers paid of the total."""
    told = verdict or {}
    rows = [
        {
            "title": TITLES.get(row["cause"], row["cause"]),
            "rate": "" if row.get("rate") is None else f"{amount(Decimal(row['rate']), least=0)} %",
            "amount": amount(Decimal(row["amount"]), signed=True),
            "tax": amount(Decimal(row["tax"]), signed=True),
        }
        for row in told.get("reasons", [])
    ]
    vouchers = Decimal(told.get("vouchers", 0))
    return {"rows": rows, "vouchers": amount(vouchers, currency) if vouchers else ""}

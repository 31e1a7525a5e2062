"""The tabs of an order's page: their names, and how many things stand behind each without reading them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.db.models import Count, Exists, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from staging.models import Event, Note, Posting, StagedOrder

ORDER, DOCUMENTS, MONEY, HAPPENED, NOTES, RAW, SIBLINGS = (
    "order",
    "documents",
    "money",
    "happened",
    "notes",
    "raw",
    "siblings",
)
TITLES = {
    ORDER: _("Order"),
    DOCUMENTS: _("Documents and attempts"),
    MONEY: _("Payments and refunds"),
    HAPPENED: _("What happened"),
    NOTES: _("Notes"),
    RAW: _("As downloaded"),
    SIBLINGS: _("Same reference"),
}
"""By name, in the order of the page; what is not always there comes last, so that each keeps its key."""

KEPT = "_changelist_filters"
"""In the address of an order's page, as Django writes it there: what the list was narrowed to that led to it."""

HOLDS = {
    ORDER: "lines totals order buyer deliver_to invoice_to corrections who-buys",
    DOCUMENTS: "documents",
    MONEY: "payments refunds",
    HAPPENED: "timeline",
    NOTES: "notes",
    RAW: "raws",
    SIBLINGS: "siblings",
}
"""The anchors of each: a link that names one leads to its tab."""


@dataclass(frozen=True)
class Tab:
    """One tab as the page shows it; ``n`` is None where there is nothing to count."""

    name: str
    url: str
    n: int | None
    here: bool

    @property
    def title(self) -> str:
        """In words."""
        return str(TITLES[self.name])

    @property
    def holds(self) -> str:
        """The anchors on it."""
        return HOLDS[self.name]


def asked(request: HttpRequest) -> str:
    """The tab that an address names; the first one when it names none."""
    name = request.GET.get("tab", ORDER)
    return name if name in TITLES else ORDER


def tabs(counts: Mapping[str, int], here: str, links: Mapping[str, str]) -> list[Tab]:
    """All tabs of an order, the one that is shown marked; orders of the same reference only where there are some."""
    return [
        Tab(name, links[name], counts.get(f"n_{name}"), name == here)
        for name in TITLES
        if name != SIBLINGS or counts["n_siblings"] or here == SIBLINGS
    ]


def address(pk: object, tab: str = "", kept: str = "") -> str:
    """Of an order's page, opened at a tab, from a list that was narrowed to ``kept``."""
    page = reverse("admin:staging_stagedorder_change", args=[pk])
    asked = {"tab": tab if tab in TITLES and tab != ORDER else "", KEPT: kept}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{page}?{query}" if query else page


def left(request: HttpRequest) -> tuple[str, str]:
    """Tab and list of the page where somebody sent a form, as the browser tells, for ``address``; the forms above the
    tabs belong to none of them.
    """
    asked = QueryDict(urlsplit(request.headers.get("referer", "")).query)
    return asked.get("tab", ""), asked.get(KEPT, "")


def counted(order: StagedOrder) -> dict[str, int]:
    """How many documents, events, notes and orders of the same reference there are, whether a document is being sent
    ("sending") and whether Sage holds the sale ("sold"), in one query.
    """
    mine = {"order": OuterRef("pk")}
    same = StagedOrder.objects.filter(shop=OuterRef("shop"), reference=OuterRef("reference")).exclude(reference="")
    sending = Posting.objects.filter(**mine, status=Posting.Status.PUSHING)
    sold = Posting.objects.filter(**mine, status=Posting.Status.PUSHED, kind=Posting.Kind.SALE)
    found: dict[str, Any] = dict(
        StagedOrder.objects.filter(pk=order.pk)
        .values(
            n_documents=_many(Posting.objects.filter(**mine)),
            n_happened=_many(Event.objects.filter(**mine)),
            n_notes=_many(Note.objects.filter(**mine)),
            n_siblings=_many(same.exclude(pk=OuterRef("pk"))),
            sending=Exists(sending),
            sold=Exists(sold),
        )
        .get()
    )
    return found


def _many(rows: QuerySet[Any]) -> Coalesce:
    n = rows.order_by().annotate(all=Value(1)).values("all").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(n, output_field=IntegerField()), 0)

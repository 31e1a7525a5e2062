"""What the page of one order shows, gathered from the rows; it asks neither the shop nor Sage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from connectors import open_sage, open_shop
from connectors.errors import Misconfigured, Rejected
from connectors.plain import restore
from connectors.types import Document, Raw, Sale, ShopOrder
from mappings.resolve import Resolver
from staging import sales, staff, steps
from staging.admin.columns import Columns
from staging.admin.forms import CorrectionForm
from staging.admin.order_documents import laid_out, posting_views
from staging.admin.order_lines import charge_views, line_views, references
from staging.admin.order_money import held_sale, moved, rates, totals
from staging.admin.order_tabs import (
    DOCUMENTS,
    HAPPENED,
    MONEY,
    NOTES,
    ORDER,
    RAW,
    SIBLINGS,
    TITLES,
    address,
    counted,
    tabs,
)
from staging.admin.who_buys import who_buys
from staging.admin.words import VERDICTS, CauseView, accepted_words, cause_view, together
from staging.admin.worklists import DOUBT, NEEDS_YOU, lend_suggestions, open_issues, queue
from staging.checks import Case
from staging.corrections import ACCEPT, SETTLE, lay
from staging.models import Correction, Event, Posting, RawRecord, StagedOrder, Step
from staging.wording import amount, said

EVENTS_SHOWN = 200
LATEST = 10
NOTES_SHOWN = 100

ON_THE_WAY = (StagedOrder.Status.STAGED, StagedOrder.Status.READY)
"""While it stands here the page looks again by itself."""


@dataclass(frozen=True)
class _Known:
    """What every tab knows of the order: what the shop told, what counts with the corrections, what holds it."""

    order: StagedOrder
    raws: list[RawRecord]
    corrections: list[Correction]
    read: ShopOrder | None
    counts: ShopOrder | None
    line_ids: list[int]  # places are called by their number on the page
    causes: list[CauseView]
    bound: CorrectionForm | None


def page(order: StagedOrder, tab: str = ORDER, bound: CorrectionForm | None = None, kept: str = "") -> dict[str, Any]:
    """The context of the order's page with one of its tabs; ``bound`` is a form that was sent and has faults, ``kept``
    what the list was narrowed to that led here.
    """
    links = {name: address(order.pk, name, kept) for name in TITLES}
    known = _known(order, bound)
    counts = counted(order)
    sending = bool(counts["sending"])
    money = {f"n_{MONEY}": len(known.counts.payments) + len(known.counts.refunds)} if known.counts else {}
    return {
        "order": order,
        "links": links,
        "again": links[tab],
        "history": reverse("admin:staging_stagedorder_history", args=[order.pk]),
        "read": known.counts,
        "total": amount(order.total, order.currency),
        "causes": together(known.causes),
        "moving": sending or order.status in ON_THE_WAY,
        "next": _next(order, known.causes, sending),
        "buttons": staff.acts(order.status, sending, bool(counts["sold"])),
        "seen": staff.seen(order, known.corrections),
        "line_ids": known.line_ids,
        "notes_kept": counts[f"n_{NOTES}"],
        "tabs": tabs(counts | money | {f"n_{RAW}": len(order.raws)}, tab, links),
        "panel": f"admin/staging/stagedorder/tab_{tab}.html",
        **_GATHERED[tab](known),
    }


def _known(order: StagedOrder, bound: CorrectionForm | None) -> _Known:
    raws = list(RawRecord.objects.filter(pk__in=order.raws).order_by("resource", "object_id"))
    corrections = list(order.corrections.select_related("user").order_by("pk"))
    read = _read(order, raws)
    counts = lay(read, corrections).order if read else None
    ids = [line.id for line in counts.lines] if counts else []
    issues = list(open_issues().filter(order=order).select_related("order__shop").order_by("pk"))
    lend_suggestions(issues, order.shop.company)
    causes = [cause_view(issue, ids) for issue in issues]
    causes.sort(key=lambda cause: cause.issue.code != order.first_cause)
    return _Known(order, raws, corrections, read, counts, ids, causes, bound)


def places(order: ShopOrder) -> list[str]:
    """Where the page offers corrections: each line, and the places with a table of their own."""
    return ["deliver_to", "invoice_to", "buyer", "order", *(f"line {line.id}" for line in order.lines)]


def orders_of(order: StagedOrder) -> tuple[ShopOrder, ShopOrder] | None:
    """The order as the shop tells it and as it counts with its corrections; None when it cannot be understood."""
    read = _read(order, list(RawRecord.objects.filter(pk__in=order.raws)))
    return (read, lay(read, order.corrections.all()).order) if read else None


def next_held(order: StagedOrder, orders: QuerySet[StagedOrder]) -> StagedOrder | None:
    """The order after this one among those of ``orders`` that need staff, from their top again after the last."""
    held = queue(orders.exclude(pk=order.pk), NEEDS_YOU).order_by("-placed_at", "-id")
    if order.placed_at is None:
        return held.first()
    later = held.filter(Q(placed_at__lt=order.placed_at) | Q(placed_at=order.placed_at, pk__lt=order.pk))
    return later.first() or held.first()


def _read(order: StagedOrder, raws: list[RawRecord]) -> ShopOrder | None:
    try:
        return open_shop(order.shop).read_order([Raw(raw.resource, raw.object_id, raw.payload) for raw in raws])
    except Rejected:
        return None


# --- what each tab gathers --------------------------------------------------------------------------------------------


def _order(known: _Known) -> dict[str, Any]:
    """Lines, totals, and the places in three columns: what one edits."""
    order, corrections = known.order, known.corrections
    postings = list(order.postings.order_by("pk"))
    return {
        **(_columns(known, known.read, known.counts, postings) if known.read and known.counts else {}),
        "rates": rates(order, postings),
        "totals": totals(order, postings),
        "verdict": VERDICTS.get((order.verdict or {}).get("kind", ""), ""),
        "corrections": [row for row in corrections if row.field not in (ACCEPT, SETTLE)],
        "accepted": [(row, accepted_words(row.place, known.line_ids)) for row in corrections if row.field == ACCEPT],
        "events": _events(order, LATEST),
    }


def _documents(known: _Known) -> dict[str, Any]:
    order = known.order
    return {"postings": posting_views(order, list(order.postings.order_by("pk")), _events(order, EVENTS_SHOWN))}


def _money(known: _Known) -> dict[str, Any]:
    return moved(known.order, known.counts, list(known.order.postings.order_by("pk"))) if known.counts else {}


def _happened(known: _Known) -> dict[str, Any]:
    return {"events": _events(known.order, EVENTS_SHOWN), "all": True}


def _notes(known: _Known) -> dict[str, Any]:
    return {"notes": known.order.notes.select_related("user").order_by("-pk")[:NOTES_SHOWN]}


def _raws(known: _Known) -> dict[str, Any]:
    return {"raws": [(raw, laid_out(raw.payload)) for raw in known.raws]}


def _siblings(known: _Known) -> dict[str, Any]:
    """Other orders of the same cart: one reference can be several orders (prestashop.md E1)."""
    order = known.order
    same = StagedOrder.objects.filter(shop=order.shop, reference=order.reference).exclude(reference="")
    return {"siblings": list(same.exclude(pk=order.pk).order_by("order_id")[:20])}


_GATHERED: dict[str, Callable[[_Known], dict[str, Any]]] = {
    ORDER: _order,
    DOCUMENTS: _documents,
    MONEY: _money,
    HAPPENED: _happened,
    NOTES: _notes,
    RAW: _raws,
    SIBLINGS: _siblings,
}


def _events(order: StagedOrder, most: int) -> list[Event]:
    """The diary, the newest first."""
    return list(order.events.select_related("user", "posting").order_by("-pk")[:most])


def _columns(known: _Known, read: ShopOrder, counts: ShopOrder, postings: list[Posting]) -> dict[str, Any]:
    """Shop, staged and Sage: the places and the lines."""
    order = known.order
    resolver = Resolver(order.shop)
    resolver.prefetch_items(references(counts))
    posting = _sale_posting(postings)
    sale = _sent(posting) or _draft(order, counts, resolver)
    columns = Columns(read, counts, known.corrections, sale, known.bound)
    answer = held_sale(postings)
    held = restore(Document, answer).lines if answer else ()
    found = columns.places({cause.issue.place for cause in known.causes})
    return {
        "who": who_buys(counts, resolver, postings),
        "stored": posting is not None and posting.status == Posting.Status.PUSHED,
        "places": found,
        "forms": {name: place.form for name, place in found.items()},
        "lines": line_views(order, columns, known.causes, resolver, held),
        "charges": charge_views(order, columns, held),
    }


def _sale_posting(postings: Sequence[Posting]) -> Posting | None:
    """The sale that counts: the last one that was not dropped."""
    found = [row for row in postings if row.kind == Posting.Kind.SALE and row.status != Posting.Status.DROPPED]
    return max(found, key=lambda row: row.generation, default=None)


def _sent(posting: Posting | None) -> Sale | None:
    """As it is sent; None when there is none, or it was prepared by a version that wrote less."""
    try:
        return restore(Sale, posting.prepared) if posting else None
    except TypeError:
        return None


def _draft(order: StagedOrder, counts: ShopOrder, resolver: Resolver) -> Sale | None:
    """As it would be sent now; a word without a Sage code stays empty. None when the company cannot be opened."""
    try:
        return sales.sale(Case(order, counts, resolver, open_sage(order.shop.company).widths))
    except Misconfigured:
        return None


# --- the first line ---------------------------------------------------------------------------------------------------


def _next(order: StagedOrder, causes: list[CauseView], in_flight: bool) -> str:
    """One sentence: what happens next, and who does it."""
    if in_flight and queue(StagedOrder.objects.filter(pk=order.pk), DOUBT).exists():
        return _("Sage may have it: the answer got lost. It is looked up before anything is sent again. Nothing to do.")
    if in_flight:
        return _("It is being sent to Sage at this moment and cannot be changed. This page looks again by itself.")
    if order.status == StagedOrder.Status.POSTED and causes:
        return _("Sage holds its documents, but look at the causes below.")
    if (pause := _pause(order)) is not None:
        told = {"step": steps.WORDS[pause.name], "pause": steps.pause_words(pause)}
        return _("It waits: “%(step)s” is %(pause)s.") % told
    reason = {"reason": said(order.reason) or "–"}
    texts = {
        StagedOrder.Status.STAGED: _("It will be checked in the next seconds. Nothing to do."),
        StagedOrder.Status.WAITING: _("It waits by itself: %(reason)s. Nothing to do.") % reason,
        StagedOrder.Status.INVALID: _("It waits for you: repair the causes below; after each it is checked again."),
        StagedOrder.Status.READY: _("It is checked and will be sent to Sage by itself. Nothing to do."),
        StagedOrder.Status.POSTED: _("Sage holds its documents. Nothing to do."),
        StagedOrder.Status.IGNORED: _("It was closed without documents: %(reason)s. Take it back if that is wrong.")
        % reason,
    }
    return texts[StagedOrder.Status(order.status)]


def _pause(order: StagedOrder) -> Step | None:
    """The pause of the step that is next for the order."""
    if order.status == StagedOrder.Status.STAGED:
        return steps.paused("validate", order.shop)
    return steps.paused("push", order.shop.company) if order.status == StagedOrder.Status.READY else None

"""What the page of one order shows, gathered from the rows; it asks neither the shop nor Sage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from connectors import open_sage, open_shop
from connectors.errors import Misconfigured, Rejected
from connectors.plain import restore
from connectors.types import Document, Payment, Raw, Refund, Sale, ShopOrder
from mappings.resolve import Resolver
from staging import sales, staff, steps
from staging.admin.columns import Columns
from staging.admin.forms import CorrectionForm
from staging.admin.order_documents import laid_out, posting_views
from staging.admin.order_lines import charge_views, line_views, references
from staging.admin.order_money import held_sale, rates, totals
from staging.admin.who_buys import who_buys
from staging.admin.words import VERDICTS, CauseView, cause_view
from staging.admin.worklists import DOUBT, queue
from staging.checks import Case
from staging.corrections import ACCEPT, SETTLE, lay
from staging.models import Correction, Posting, RawRecord, StagedOrder, Step
from staging.wording import amount, said

EVENTS_SHOWN = 200
NOTES_SHOWN = 100

ON_THE_WAY = (StagedOrder.Status.STAGED, StagedOrder.Status.READY)
"""While it stands here the page looks again by itself."""


@dataclass(frozen=True)
class MoneyView:
    """A payment or refund in the shop, and the document that books it in Sage if one was prepared."""

    told: Payment | Refund
    amount: str
    posting: Posting | None


def page(order: StagedOrder, bound: CorrectionForm | None = None) -> dict[str, Any]:
    """The context of the order's page; ``bound`` is a form that was sent and has faults."""
    raws = list(RawRecord.objects.filter(pk__in=order.raws).order_by("resource", "object_id"))
    corrections = list(order.corrections.select_related("user").order_by("pk"))
    read = _read(order, raws)
    corrected = lay(read, corrections).order if read else None
    ids = [line.id for line in corrected.lines] if corrected else []
    open_issues = order.issues.filter(closed_at__isnull=True).select_related("order__shop").order_by("pk")
    causes = [cause_view(issue, ids) for issue in open_issues]
    causes.sort(key=lambda cause: cause.issue.code != order.first_cause)
    postings = list(order.postings.order_by("pk"))
    events = list(order.events.select_related("user", "posting").order_by("-pk")[:EVENTS_SHOWN])
    in_flight = staff.in_flight(order)
    return {
        "order": order,
        "read": corrected,
        "total": amount(order.total, order.currency),
        "causes": causes,
        "in_flight": in_flight,
        "moving": in_flight or order.status in ON_THE_WAY,
        "next": _next(order, causes, in_flight),
        "next_held": next_held(order),
        "buttons": staff.lawful(order),
        "seen": staff.seen(order),
        "line_ids": ids,
        **(_columns(order, read, corrected, corrections, postings, causes, bound) if read and corrected else {}),
        "rates": rates(order, postings),
        "totals": totals(order, postings),
        "verdict": VERDICTS.get((order.verdict or {}).get("kind", ""), ""),
        "postings": posting_views(order, postings, events),
        "events": events,
        "notes": order.notes.select_related("user").order_by("-pk")[:NOTES_SHOWN],
        "corrections": [row for row in corrections if row.field not in (ACCEPT, SETTLE)],
        "accepted": [row for row in corrections if row.field == ACCEPT],
        "siblings": _siblings(order),
        "raws": [(raw, laid_out(raw.payload)) for raw in raws],
    }


def places(order: ShopOrder) -> list[str]:
    """Where the page offers corrections: each line, and the places with a table of their own."""
    return ["deliver_to", "invoice_to", "buyer", "order", *(f"line {line.id}" for line in order.lines)]


def orders_of(order: StagedOrder) -> tuple[ShopOrder, ShopOrder] | None:
    """The order as the shop tells it and as it counts with its corrections; None when it cannot be understood."""
    read = _read(order, list(RawRecord.objects.filter(pk__in=order.raws)))
    return (read, lay(read, order.corrections.all()).order) if read else None


def next_held(order: StagedOrder) -> StagedOrder | None:
    """The order after this one in the list of those that need staff, from its top again after the last."""
    held = StagedOrder.objects.filter(status=StagedOrder.Status.INVALID).exclude(pk=order.pk)
    held = held.order_by("-placed_at", "-id")
    if order.placed_at is None:
        return held.first()
    later = held.filter(Q(placed_at__lt=order.placed_at) | Q(placed_at=order.placed_at, pk__lt=order.pk))
    return later.first() or held.first()


def _read(order: StagedOrder, raws: list[RawRecord]) -> ShopOrder | None:
    try:
        return open_shop(order.shop).read_order([Raw(raw.resource, raw.object_id, raw.payload) for raw in raws])
    except Rejected:
        return None


# --- the three columns ------------------------------------------------------------------------------------------------


def _columns(
    order: StagedOrder,
    read: ShopOrder,
    counts: ShopOrder,
    corrections: list[Correction],
    postings: list[Posting],
    causes: list[CauseView],
    bound: CorrectionForm | None,
) -> dict[str, Any]:
    """Shop, staged and Sage: the places, the lines, and the money that came and went."""
    resolver = Resolver(order.shop)
    resolver.prefetch_items(references(counts))
    posting = _sale_posting(postings)
    sale = _sent(posting) or _draft(order, counts, resolver)
    columns = Columns(read, counts, corrections, sale, bound)
    answer = held_sale(postings)
    held = restore(Document, answer).lines if answer else ()
    found = columns.places()
    return {
        "who": who_buys(counts, resolver, postings),
        "stored": posting is not None and posting.status == Posting.Status.PUSHED,
        "sale": sale,
        "places": found,
        "forms": {name: place.form for name, place in found.items()},
        "lines": line_views(order, columns, causes, resolver, held),
        "charges": charge_views(order, columns, held),
        "payments": [_money(order, payment, "payment", payment.amount, postings) for payment in counts.payments],
        "refunds": [_money(order, refund, "slip", _returned(refund), postings) for refund in counts.refunds],
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


def _money(
    order: StagedOrder, told: Payment | Refund, what: str, value: Decimal, postings: Sequence[Posting]
) -> MoneyView:
    key = f"shop {order.shop_id} {what} {told.id}"
    mine = (row for row in postings if row.source_key == key or row.source_key.startswith(f"{key} "))
    currency = told.currency if isinstance(told, Payment) else order.currency
    return MoneyView(told, amount(value, currency), next(mine, None))


def _returned(refund: Refund) -> Decimal:
    """What goes back, with tax: goods and shipping (prestashop.md E6)."""
    return refund.products_incl + refund.shipping_incl


def _siblings(order: StagedOrder) -> list[StagedOrder]:
    """Other orders of the same cart: one reference can be several orders (prestashop.md E1)."""
    if not order.reference:
        return []
    same = StagedOrder.objects.filter(shop=order.shop, reference=order.reference)
    return list(same.exclude(pk=order.pk).order_by("order_id")[:20])


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

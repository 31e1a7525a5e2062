"""What the page of one order shows, gathered from the rows; it asks neither the shop nor Sage."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from connectors import open_shop
from connectors.errors import Rejected
from connectors.types import Line, Raw, ShopOrder
from mappings.resolve import ItemMatch, Resolver
from staging import staff
from staging.admin.forms import CorrectionForm
from staging.admin.words import VERDICTS, CauseView, cause_view
from staging.corrections import ACCEPT, lay
from staging.models import Posting, RawRecord, StagedOrder
from staging.wording import amount

EVENTS_SHOWN = 200

ON_THE_WAY = (StagedOrder.Status.STAGED, StagedOrder.Status.READY)
"""While it stands here the page looks again by itself."""


@dataclass(frozen=True)
class LineView:
    """One line: what the shop says, what it is in Sage, and what it might be."""

    number: int
    line: Line
    shop_reference: str
    total: str
    match: ItemMatch | None
    cause: CauseView | None
    form: CorrectionForm

    @property
    def corrected(self) -> bool:
        """Whether staff laid another reference over the shop's."""
        return self.line.reference != self.shop_reference


@dataclass(frozen=True)
class RateView:
    """One row of the totals: the shop's figures beside what Sage computes; ``difference`` is Sage less shop.

    ``held_tax`` is the tax that Sage's document itself tells for the rate, "" when it tells none.
    """

    name: str
    shop_base: str
    shop_tax: str
    sage_base: str
    sage_tax: str
    difference: str
    equal: bool
    held_tax: str = ""
    held_equal: bool = True


@dataclass(frozen=True)
class PostingView:
    """One document: what was asked, what came back."""

    row: Posting
    total: str
    prepared: str
    answer: str
    warnings: list[str]


def page(order: StagedOrder) -> dict[str, Any]:
    """The context of the order's page."""
    raws = list(RawRecord.objects.filter(pk__in=order.raws).order_by("resource", "object_id"))
    corrections = list(order.corrections.select_related("user").order_by("pk"))
    read = _read(order, raws)
    corrected = lay(read, corrections).order if read else None
    ids = [line.id for line in corrected.lines] if corrected else []
    open_issues = order.issues.filter(closed_at__isnull=True).select_related("order__shop").order_by("pk")
    causes = [cause_view(issue, ids) for issue in open_issues]
    causes.sort(key=lambda cause: cause.issue.code != order.first_cause)
    postings = list(order.postings.order_by("pk"))
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
        "lines": _lines(order, read, corrected, causes) if read and corrected else [],
        "forms": {place: CorrectionForm(corrected, place) for place in FORMS} if corrected else {},
        "rates": _rates(order, postings),
        "totals": _totals(order, postings),
        "verdict": VERDICTS.get((order.verdict or {}).get("kind", ""), ""),
        "postings": [_posting(row, order) for row in postings],
        "events": order.events.select_related("user", "posting").order_by("-pk")[:EVENTS_SHOWN],
        "corrections": [row for row in corrections if row.field != ACCEPT],
        "accepted": [row for row in corrections if row.field == ACCEPT],
        "siblings": _siblings(order),
        "raws": [(raw, _json(raw.payload)) for raw in raws],
    }


FORMS = ("deliver_to", "invoice_to", "buyer", "order")
"""Places with a form of their own; each line has one, too."""


def places(order: ShopOrder) -> list[str]:
    """Where the page offers corrections."""
    return [*FORMS, *(f"line {line.id}" for line in order.lines)]


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


def _lines(order: StagedOrder, read: ShopOrder, corrected: ShopOrder, causes: list[CauseView]) -> list[LineView]:
    resolver = Resolver(order.shop)
    resolver.prefetch_items([line.reference for line in corrected.lines])
    shop = {line.id: line.reference for line in read.lines}
    of_place = {cause.issue.place: cause for cause in reversed(causes) if cause.issue.kind == "item"}
    views = []
    for number, line in enumerate(corrected.lines, start=1):
        match = resolver.item(line.reference)
        views.append(
            LineView(
                number=number,
                line=line,
                shop_reference=shop.get(line.id, ""),
                total=amount(line.total_incl, order.currency),
                match=match if isinstance(match, ItemMatch) else None,
                cause=of_place.get(f"line {line.id}"),
                form=CorrectionForm(corrected, f"line {line.id}"),
            )
        )
    return views


def _rates(order: StagedOrder, postings: list[Posting]) -> list[RateView]:
    rows = []
    sale = _sale(postings)
    held = {Decimal(rate): Decimal(tax) for rate, tax in ((sale or {}).get("tax_by_rate") or {}).items()}
    for rate in (order.verdict or {}).get("rates", []):
        of = Decimal(rate["rate"])
        figures = {name: Decimal(rate[name]) for name in ("shop_base", "shop_tax", "sage_base", "sage_tax")}
        shop = figures["shop_base"] + figures["shop_tax"]
        sage = figures["sage_base"] + figures["sage_tax"]
        rows.append(
            RateView(
                name=f"{amount(of, least=0)} %",
                **{name: amount(value) for name, value in figures.items()},
                difference=amount(sage - shop, signed=True),
                equal=rate["shop_base"] == rate["sage_base"] and rate["shop_tax"] == rate["sage_tax"],
                held_tax=amount(held[of]) if of in held else "",
                held_equal=held.get(of, figures["shop_tax"]) == figures["shop_tax"],
            )
        )
    return rows


def _totals(order: StagedOrder, postings: list[Posting]) -> dict[str, Any]:
    """The last rows of the totals, and the cent that was put on the rounding charge."""
    verdict = order.verdict or {}
    if "total" not in verdict:
        return {}
    shop, sage = Decimal(verdict["total"]["shop"]), Decimal(verdict["total"]["sage"])
    rounding = Decimal(verdict.get("rounding", 0))
    return {
        "shop": amount(shop),
        "sage": amount(sage),
        "difference": amount(sage - shop, signed=True),
        "equal": shop == sage,
        "rounding": amount(rounding, order.currency, signed=True) if rounding else "",
        **_held_by_sage(postings, shop),
    }


def _held_by_sage(postings: list[Posting], shop: Decimal) -> dict[str, Any]:
    """What Sage's document says itself, beside the shop's total."""
    sale = _sale(postings)
    if sale is None:
        return {}
    total, tax = Decimal(sale["total"]), Decimal(sale["tax"])
    return {
        "document": {
            "number": sale.get("invoice_number") or sale["number"],
            "by_rate": bool(sale.get("tax_by_rate")),
            "total": amount(total),
            "tax": amount(tax),
            "difference": amount(total - shop, signed=True),
            "equal": total == shop,
        }
    }


def _sale(postings: list[Posting]) -> dict[str, Any] | None:
    """What Sage answered of the sale, of the last one when it was sent again."""
    sales = [row for row in postings if row.kind == Posting.Kind.SALE and row.answer]
    return max(sales, key=lambda row: row.generation).answer if sales else None


def _posting(row: Posting, order: StagedOrder) -> PostingView:
    answer = row.answer or {}
    total = answer.get("total") or row.prepared.get("total")
    return PostingView(
        row=row,
        total=amount(Decimal(total), order.currency) if total is not None else "",
        prepared=_json(row.prepared),
        answer=_json(answer) if answer else "",
        warnings=list(answer.get("warnings", [])),
    )


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


def _siblings(order: StagedOrder) -> list[StagedOrder]:
    """Other orders of the same cart: one reference can be several orders (prestashop.md E1)."""
    if not order.reference:
        return []
    same = StagedOrder.objects.filter(shop=order.shop, reference=order.reference)
    return list(same.exclude(pk=order.pk).order_by("order_id")[:20])


def _next(order: StagedOrder, causes: list[CauseView], in_flight: bool) -> str:
    """One sentence: what happens next, and who does it."""
    if in_flight:
        return _("It is being sent to Sage at this moment and cannot be changed. This page looks again by itself.")
    if order.status == StagedOrder.Status.POSTED and causes:
        return _("Sage holds its documents, but look at the causes below.")
    reason = {"reason": order.reason or "–"}
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

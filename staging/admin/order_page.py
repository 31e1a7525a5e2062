"""What the page of one order shows, gathered from the rows; it asks neither the shop nor Sage."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from connectors import open_shop
from connectors.errors import Rejected
from connectors.types import Line, Raw, ShopOrder
from mappings.resolve import ItemMatch, Resolver
from staging import staff
from staging.admin.money import amount
from staging.admin.words import CauseView, cause_view
from staging.corrections import lay
from staging.models import RawRecord, StagedOrder

EVENTS_SHOWN = 200


@dataclass(frozen=True)
class LineView:
    """One line: what the shop says, what it is in Sage."""

    line: Line
    shop_reference: str
    total: str
    match: ItemMatch | None

    @property
    def corrected(self) -> bool:
        """Whether staff laid another reference over the shop's."""
        return self.line.reference != self.shop_reference


@dataclass(frozen=True)
class RateView:
    """One row of the totals: the shop's figures beside Sage's, predicted or stored."""

    name: str
    shop_base: str
    shop_tax: str
    sage_base: str
    sage_tax: str
    equal: bool


def page(order: StagedOrder) -> dict[str, Any]:
    """The context of the order's page."""
    raws = list(RawRecord.objects.filter(pk__in=order.raws).order_by("resource", "object_id"))
    corrections = list(order.corrections.select_related("user").order_by("pk"))
    read = _read(order, raws)
    corrected = lay(read, corrections).order if read else None
    open_issues = order.issues.filter(closed_at__isnull=True).select_related("order__shop").order_by("pk")
    causes = [cause_view(issue) for issue in open_issues]
    return {
        "order": order,
        "read": corrected,
        "total": amount(order.total, order.currency),
        "causes": causes,
        "next": _next(order, causes),
        "buttons": staff.lawful(order),
        "lines": _lines(order, read, corrected) if read and corrected else [],
        "rates": _rates(order),
        "verdict": (order.verdict or {}).get("kind", ""),
        "postings": order.postings.order_by("pk"),
        "events": order.events.select_related("user", "posting").order_by("-pk")[:EVENTS_SHOWN],
        "corrections": corrections,
        "siblings": _siblings(order),
        "raws": [(raw, json.dumps(raw.payload, indent=1, ensure_ascii=False)) for raw in raws],
    }


def read_order(order: StagedOrder) -> ShopOrder | None:
    """The order as the shop tells it, without corrections; None when it cannot be understood."""
    return _read(order, list(RawRecord.objects.filter(pk__in=order.raws)))


def _read(order: StagedOrder, raws: list[RawRecord]) -> ShopOrder | None:
    try:
        return open_shop(order.shop).read_order([Raw(raw.resource, raw.object_id, raw.payload) for raw in raws])
    except Rejected:
        return None


def _lines(order: StagedOrder, read: ShopOrder, corrected: ShopOrder) -> list[LineView]:
    resolver = Resolver(order.shop)
    resolver.prefetch_items([line.reference for line in corrected.lines])
    shop = {line.id: line.reference for line in read.lines}
    views = []
    for line in corrected.lines:
        match = resolver.item(line.reference)
        found = match if isinstance(match, ItemMatch) else None
        views.append(LineView(line, shop.get(line.id, ""), amount(line.total_incl, order.currency), found))
    return views


def _rates(order: StagedOrder) -> list[RateView]:
    rows = []
    for rate in (order.verdict or {}).get("rates", []):
        texts = [_money(rate.get(name), order) for name in ("shop_base", "shop_tax", "sage_base", "sage_tax")]
        equal = rate.get("shop_tax") == rate.get("sage_tax")
        rows.append(RateView(f"{Decimal(rate['rate']).normalize():f} %", *texts, equal=equal))
    return rows


def _money(text: str | None, order: StagedOrder) -> str:
    return amount(Decimal(text), order.currency) if text is not None else "–"


def _siblings(order: StagedOrder) -> list[StagedOrder]:
    """Other orders of the same cart: one reference can be several orders (prestashop.md E1)."""
    if not order.reference:
        return []
    same = StagedOrder.objects.filter(shop=order.shop, reference=order.reference)
    return list(same.exclude(pk=order.pk).order_by("order_id")[:20])


def _next(order: StagedOrder, causes: list[CauseView]) -> str:
    """One sentence: what happens next, and who does it."""
    if staff.in_flight(order):
        return _("It is being sent to Sage at this moment. Wait a minute, then look again.")
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

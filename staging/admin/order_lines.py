"""The lines of one order: what the shop says, what counts, what Sage gets, and what the item might be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from connectors.telling import colon
from connectors.types import DocumentLine, Line, Sale, SaleLine, ShopOrder
from mappings.resolve import ItemMatch, PartMatch, Resolver
from staging import packs
from staging.admin.columns import Columns
from staging.admin.forms import CorrectionForm
from staging.admin.words import CauseView
from staging.models import Correction, StagedOrder
from staging.wording import amount, place_words


@dataclass(frozen=True)
class SageLineView:
    """A line of the sale: as asked for, and how much of it Sage holds if it says so."""

    line: SaleLine
    amount: str
    held: str = ""
    differs: bool = False


@dataclass(frozen=True)
class LineView:
    """One line in the three columns; ``marks`` are the corrections laid over it."""

    number: int
    line: Line
    shop: Line
    shop_total: str
    total: str
    match: ItemMatch | None
    parts: tuple[PartMatch, ...]
    cause: CauseView | None
    form: CorrectionForm
    sage: list[SageLineView]
    marks: list[Correction]

    @property
    def corrected(self) -> bool:
        """Whether what counts is not what the shop says."""
        return self.line != self.shop


@dataclass(frozen=True)
class ChargeView:
    """A charge: what it is called, the shop's amount with tax ("–" if it has none), and Sage's lines for it."""

    title: str
    shop: str
    sage: list[SageLineView]


def line_views(
    order: StagedOrder,
    columns: Columns,
    causes: list[CauseView],
    resolver: Resolver,
    held: Iterable[DocumentLine] = (),
) -> list[LineView]:
    """Every line of the order, in the shop's order; ``held`` are the lines that Sage says it holds."""
    read, counts = columns.read, columns.counts
    shop = {line.id: line for line in read.lines}
    of_place = {packs.whole(cause.issue.place): cause for cause in reversed(causes) if cause.issue.kind == "item"}
    sage = _by_source(columns.sale, list(held), order.currency)
    views = []
    for number, line in enumerate(counts.lines, start=1):
        match, place = resolver.item(line.reference), f"line {line.id}"
        told = shop.get(line.id, line)
        views.append(
            LineView(
                number=number,
                line=line,
                shop=told,
                shop_total=amount(told.total_incl, order.currency),
                total=amount(line.total_incl, order.currency),
                match=match if isinstance(match, ItemMatch) else None,
                parts=resolver.parts(line.reference),
                cause=of_place.get(place),
                form=columns.form(place),
                sage=sage.get(place, []),
                marks=[mark for (where, _field), mark in columns.marks.items() if where == place],
            )
        )
    return views


def charge_views(order: StagedOrder, columns: Columns, held: Iterable[DocumentLine] = ()) -> list[ChargeView]:
    """What is no line of goods: shipping, wrapping, vouchers, and what Sage alone gets (the rounding cent)."""
    shop = _charges(columns.read)
    found = _by_source(columns.sale, list(held), order.currency)
    own = {f"line {line.id}" for line in columns.counts.lines}
    sources = dict.fromkeys([*shop, *(source for source in found if source not in own)])
    views = []
    for source in sources:
        title, value = shop.get(source, (place_words(source), None))
        views.append(ChargeView(title, amount(value, order.currency), found.get(source, [])))
    return views


def _charges(order: ShopOrder) -> dict[str, tuple[str, Decimal]]:
    """The shop's charges by source, with tax; a voucher lowers the total."""
    known = (("shipping", order.shipping), ("wrapping", order.wrapping))
    found = {name: (place_words(name), charge.incl) for name, charge in known if charge.incl or charge.excl}
    for discount in order.discounts:
        title = f"{colon(place_words('discount'))} {discount.name}"
        found[f"discount {discount.id}"] = (title, -discount.value_incl)
    return found


def _by_source(sale: Sale | None, held: list[DocumentLine], currency: str) -> dict[str, list[SageLineView]]:
    """The sale's lines by what they come from. Sage numbers its lines as they were sent: told apart by their place."""
    lines = sale.lines if sale is not None else ()
    beside: list[DocumentLine | None] = [*held] if len(held) == len(lines) else [None] * len(lines)
    found: dict[str, list[SageLineView]] = {}
    for line, there in zip(lines, beside, strict=True):
        told = amount(there.amount, currency) if there else ""
        differs = there is not None and (there.amount != line.amount or there.quantity != line.quantity)
        view = SageLineView(line, amount(line.amount, currency), told, differs)
        found.setdefault(packs.whole(line.source), []).append(view)
    return found


def references(order: ShopOrder) -> list[str]:
    """What the lines are called in the shop."""
    return [line.reference for line in order.lines]

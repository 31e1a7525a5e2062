"""What the shop changed in an order that Sage holds already: compared in values, never amended silently."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from connectors.plain import plain
from connectors.types import Address, Sale, SaleLine
from connectors.words import Words, words
from staging import packs, sales
from staging.checks import Case
from staging.issues import Fault

CODE = "changed-after-posting"

ADDRESS_FIELDS = ("name", "lines", "city", "postcode")
"""Country and state are left out: their words may change by mapping, which is no change in the shop."""


def changed(case: Case, before: Sale) -> Fault | None:
    """The fault that tells what differs from the sale as it stands in Sage, None when nothing does."""
    diff = list(_differences(case, before))
    return Fault(CODE, values={"diff": diff}) if diff else None


def _differences(case: Case, before: Sale) -> Iterator[dict[str, Any]]:
    if case.order.state.cancelled:
        yield entry("order", "shop_state", words("taken"), words("cancelled in the shop"))
    now = sales.sale(case)
    _lines, verdict = case.drafted
    if before.currency != now.currency:
        yield entry("order", "currency", before.currency, now.currency)
    if before.total != verdict.total.shop:
        yield entry("order", "total", before.total, verdict.total.shop)
    yield from _lines_differ(before.lines, now.lines)
    yield from _address_differs("deliver_to", before.ship_to, now.ship_to)
    yield from _address_differs("invoice_to", before.bill_to, now.bill_to)


def _lines_differ(before: tuple[SaleLine, ...], after: tuple[SaleLine, ...]) -> Iterator[dict[str, Any]]:
    """By the source in the shop. A discount has a line for each rate, a pack one for each part: they are added up."""
    old, new = _by_source(before), _by_source(after)
    for source in dict.fromkeys([*old, *new]):
        if source not in new:
            yield entry(source, "", old[source][1], words("removed"))
        elif source not in old:
            yield entry(source, "", words("not there"), new[source][1])
        else:
            (line, amount, quantity), (line_now, amount_now, quantity_now) = old[source], new[source]
            if line.tax_included == line_now.tax_included and amount != amount_now:
                yield entry(source, "amount", amount, amount_now)
            if (line.code, line.unit) == (line_now.code, line_now.unit) and quantity != quantity_now:
                yield entry(source, "quantity", quantity, quantity_now)


def _by_source(lines: tuple[SaleLine, ...]) -> dict[str, tuple[SaleLine, Decimal, Decimal]]:
    sums: dict[str, tuple[SaleLine, Decimal, Decimal]] = {}
    for line in lines:
        source = packs.whole(line.source)
        if source in sums:
            first, amount, quantity = sums[source]
            sums[source] = (first, amount + line.amount, quantity)
        else:
            sums[source] = (line, line.amount, line.quantity)
    return sums


def _address_differs(place: str, before: Address, after: Address) -> Iterator[dict[str, Any]]:
    for field in ADDRESS_FIELDS:
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            yield entry(place, field, old, new)


def entry(place: str, field: str, before: object, after: object) -> dict[str, Any]:
    """One difference: where, of what (``wording.PLACES``, ``FIELDS``), and how it is in Sage and in the shop."""
    return {"place": place, "field": field, "before": _told(before), "after": _told(after)}


def _told(value: object) -> Any:
    if isinstance(value, Words):
        return plain(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value == value.to_integral() else f"{value:f}"
    return " / ".join(value) if isinstance(value, tuple) else str(value)

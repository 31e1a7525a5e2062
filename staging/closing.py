"""Close an order that somebody entered in Sage by hand: the document's number is verified there before it counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from connectors import open_sage, open_shop
from connectors.errors import Rejected
from connectors.plain import plain
from connectors.types import Document, Raw
from connectors.words import Words, joined, words
from mappings.resolve import CustomerMatch, Resolver
from staging import staff
from staging.bulk import CHANGED, DONE, NOT_ALLOWED, Bell, Part, Row
from staging.corrections import lay
from staging.models import Posting, RawRecord, StagedOrder, Task
from staging.wording import exact

CLOSE, CLOSE_MANY = "close-by-hand", "close-many"

FITS, NOT_FITTING = "fits", "not fitting"
"""Sage has the document and it is this order's; or it has none, or another's: the row says what."""

CENT = Decimal("0.01")


def run(task: Task) -> list[tuple[str, int]]:
    """``order``, ``seen``, ``number``, ``reason``: look the number up in Sage; close the order if all fits.

    What does not fit is told (``result["differences"]``); with ``apply`` and the money right the order is closed all
    the same, if Sage still says what was told. May be repeated. Raises the connector's errors, and ValueError in words.
    """
    asked = task.parameters
    order = StagedOrder.objects.select_related("shop__company").get(pk=asked["order"])
    if asked["seen"] != staff.seen(order) or "ignore" not in staff.lawful(order):
        raise ValueError(
            words("Nothing was done: the order changed meanwhile. Look at it, and close it again if it is so.")
        )
    try:
        document = _document(order, asked["number"])
    except ValueError as error:
        raise ValueError(words("Nothing was done: %(why)s", why=error.args[0])) from error
    differences = _differences(order, document)
    told = {"number": document.number, "customer": document.customer, "invoice": document.invoice_number}
    before, task.result = asked.get("told"), {**told, "differences": plain(differences)}
    if differences and not asked.get("apply"):
        task.message = words("Nothing was done yet: Sage's document does not fit the order.")
        return []
    if differences and (before != task.result or task.user is None or not task.user.has_perm(staff.MONEY_RIGHT)):
        raise ValueError(words("Nothing was done: Sage's document is not what you were shown. Look again."))
    if not staff.close_by_hand(order, task.user, document, asked.get("reason", "")):
        raise ValueError(words("Nothing was done: somebody was changing the order. Ask again."))
    task.message = words("Closed: Sage holds it as %(number)s, entered by hand.", number=document.number)
    return []


def begin(task: Task) -> Part:
    """Look up ``numbers`` (by primary key as text) in Sage; with ``apply`` the orders are closed that fit.

    What does not fit is left as it is, its row says why. Sage is asked both times.
    """

    def part(versions: dict[int, int]) -> Iterator[tuple[Row, Bell | None]]:
        found = StagedOrder.objects.select_related("shop__company").in_bulk(list(versions))
        looked = {pk: _looked(found.get(pk), version, task) for pk, version in versions.items()}
        return (([pk, *_closed(found, pk, looked[pk], task)], None) for pk in versions)

    return part


def _looked(order: StagedOrder | None, version: int, task: Task) -> Document | tuple[str, Any]:
    """The order's document in Sage if it fits; else the outcome, and why."""
    if order is None or order.version != version:
        return CHANGED, ""
    if "ignore" not in staff.lawful(order):
        return NOT_ALLOWED, ""
    try:
        document = _document(order, task.parameters["numbers"][str(order.pk)])
    except (ValueError, Rejected) as error:
        return NOT_FITTING, plain(error.args[0])
    differences = _differences(order, document)
    return (NOT_FITTING, plain(joined(*differences))) if differences else document


def _closed(
    found: Mapping[int, StagedOrder], pk: int, looked: Document | tuple[str, Any], task: Task
) -> tuple[str, Any]:
    if isinstance(looked, tuple):
        return looked
    if not task.parameters.get("apply"):
        return FITS, looked.number
    reason = task.parameters.get("reason", "")
    return (DONE if staff.close_by_hand(found[pk], task.user, looked, reason) else CHANGED), looked.number


def _document(order: StagedOrder, number: str) -> Document:
    """What Sage holds under its own number; ValueError when it holds none, or it is known to be another order's."""
    same = {"shop__company": order.shop.company_id}
    sales = Posting.objects.filter(company=order.shop.company_id, kind=Posting.Kind.SALE, document_number=number)
    other = StagedOrder.objects.filter(pk__in=sales.values("order")) | StagedOrder.objects.filter(
        sage_order=number, **same
    )
    if (taken := other.exclude(pk=order.pk).first()) is not None:
        text = words(
            "%(number)s in Sage is the document of the order %(order)s. Enter this order's own.",
            number=number,
            order=str(taken),
        )
        raise ValueError(text)
    document = open_sage(order.shop.company).numbered("sale", number)
    if document is None:
        raise ValueError(
            words("Sage has no order with the number %(number)s. Look it up there, then enter it again.", number=number)
        )
    return document


def _differences(order: StagedOrder, document: Document) -> list[Words]:
    """What of Sage's document is not as the order wants it, in words."""
    found = []
    if document.currency != order.currency or abs(document.total - (order.total or 0)) >= CENT:
        sides = {
            "sage": exact(document.total, document.currency),
            "shop": exact(order.total or Decimal(0), order.currency),
        }
        found.append(words("The total in Sage is %(sage)s, in the shop %(shop)s.", **sides))
    customer = _customer(order)
    if customer and customer != document.customer:
        names = {"sage": document.customer, "ours": customer}
        found.append(words("The customer in Sage is %(sage)s; by the mappings it would be %(ours)s.", **names))
    return found


def _customer(order: StagedOrder) -> str:
    """The customer by the mappings; empty when they do not say, or it would be a new one."""
    raws: list[Any] = list(RawRecord.objects.filter(pk__in=order.raws))
    try:
        read = open_shop(order.shop).read_order([Raw(raw.resource, raw.object_id, raw.payload) for raw in raws])
    except Rejected:
        return ""
    counts = lay(read, order.corrections.all()).order
    resolver = Resolver(order.shop)
    resolver.prefetch_buyers([counts])
    match = resolver.customer(counts)
    return match.code if isinstance(match, CustomerMatch) and not match.create else ""

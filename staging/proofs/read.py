"""Asking the shop and Sage themselves for everything a proof compares; our own rows only say why something differs.

But for one thing: the shop does not know what the bank is to pay out; that is compared with what we prepared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from connectors.errors import Rejected
from connectors.models import SageCompany
from connectors.models import Shop as ShopRow
from connectors.ports import Sage, Shop
from connectors.types import Document, Figure
from connectors.words import words
from mappings.models import PaymentMapping
from mappings.resolve import PaymentMatch, Resolver
from staging.models import Issue, Posting, StagedOrder
from staging.proofs.compare import compare
from staging.proofs.tally import OURS
from staging.proofs.types import (
    CREDIT_NOTE,
    KINDS,
    RECEIPT,
    REPAYMENT,
    SALE,
    STREAMS,
    DayProof,
    Evidence,
    Rules,
    Staged,
)

LONGEST = 31
"""Days that are proved in one go."""

CHUNK = 1000


def prove(shop: ShopRow, first: date, last: date, port: Shop, sage: Sage) -> list[DayProof]:
    """One proof for each shop-local day from ``first`` to ``last``, both included. Changes nothing.

    Raises the connectors' errors, and ValueError with a text for staff when the days make no sense.
    """
    if not first <= last < first + timedelta(days=LONGEST):
        raise ValueError(words("Choose at most %(n)d days, the first one first.", n=LONGEST))
    asked_at = timezone.now()
    figures = {kind: list(port.figures(stream, first, last)) for kind, stream in STREAMS.items()}
    prepared = _paid_out(shop, figures[CREDIT_NOTE])
    figures[REPAYMENT] = [_repayment(posting) for posting in prepared]
    documents = {kind: _documents(shop, kind, first, sage) for kind in _asked(shop.company, sage, bool(prepared))}
    _in_shop_words(shop, figures, documents)
    orders = {order for several in figures.values() for figure in several for order in figure.orders}
    orders |= _named(shop, documents)
    staged, postings = _staged(shop, orders), _postings(shop, orders)
    _look(documents, postings, sage)
    known = frozenset(posting.reference.upper() for posting in postings)
    waiting = frozenset(posting.reference for posting in prepared if _waits(posting))
    evidence = Evidence(figures, documents, staged, known, waiting)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    rules = _rules(shop)
    return [compare(day, evidence, rules, asked_at) for day in days]


def _asked(company: SageCompany, sage: Sage, paid_out: bool) -> list[str]:
    """The kinds of documents that this company keeps by the bridge and its Sage can tell of."""
    by_hand = {RECEIPT} if company.receipts == SageCompany.Receipts.NONE else set()
    goes_back = PaymentMapping.objects.filter(company=company, refund=PaymentMapping.Refund.REFUND)
    if not paid_out and not goes_back.exists():
        by_hand.add(REPAYMENT)
    return [kind for kind in KINDS if kind in sage.can and kind not in by_hand]


def _paid_out(shop: ShopRow, refunds: Iterable[Figure]) -> list[Posting]:
    """What the bank is to pay out of these refunds: the shop does not know it, the rules and what came decide it."""
    found: list[Posting] = []
    for chunk in _chunks({order for refund in refunds for order in refund.orders}):
        rows = Posting.objects.filter(order__shop=shop, order__order_id__in=chunk, kind=Posting.Kind.REPAYMENT)
        found += rows.exclude(status=Posting.Status.DROPPED).select_related("order", "depends_on").order_by("pk")
    return found


def _repayment(posting: Posting) -> Figure:
    order, prepared = posting.order, posting.prepared
    return Figure(
        id=int(posting.source_key.partition(" slip ")[2].partition(" ")[0]),
        day=date.fromisoformat(prepared["paid_date"]),
        orders=(order.order_id,),
        reference=posting.reference,
        amount=Decimal(prepared["amount"]),
        currency=order.currency,
        module=order.module,
    )


def _waits(posting: Posting) -> bool:
    """Whether only Sage's own posting of the credit note is missing."""
    credit = posting.depends_on
    ready = posting.status == Posting.Status.READY and credit is not None and credit.status == Posting.Status.PUSHED
    return ready and posting.order.status == StagedOrder.Status.READY


def _documents(shop: ShopRow, kind: str, since: date, sage: Sage) -> list[Document]:
    found = list(sage.documents(kind, since))
    for number, document in enumerate(found):
        # A list does not tell all amounts: an order that was invoiced may read as zero (sage300.md 6.2).
        if kind == SALE and document.total == 0 and document.invoice_number and _is_ours(shop, document):
            found[number] = _find(sage, kind, document.reference) or document
    return found


def _in_shop_words(shop: ShopRow, figures: dict[str, list[Figure]], documents: dict[str, list[Document]]) -> None:
    """Sage may call a currency by a code of its own: the proof uses the shop's."""
    resolver = Resolver(shop)
    used = {figure.currency for several in figures.values() for figure in several if figure.currency}
    words = {str(resolver.currency(iso)): iso for iso in used}
    for several in documents.values():
        several[:] = [replace(each, currency=words.get(each.currency, each.currency)) for each in several]


def _is_ours(shop: ShopRow, document: Document) -> bool:
    match = OURS.fullmatch(document.reference)
    return match is not None and match["prefix"].upper() == shop.prefix


def _named(shop: ShopRow, documents: dict[str, list[Document]]) -> set[int]:
    """The orders that documents of ours name."""
    matches = [OURS.fullmatch(document.reference) for several in documents.values() for document in several]
    return {int(match["order"]) for match in matches if match and match["prefix"].upper() == shop.prefix}


def _look(documents: dict[str, list[Document]], postings: Iterable[Posting], sage: Sage) -> None:
    """What we know to be in Sage but the list since the first day does not show (an earlier date) is looked up."""
    listed = {(kind, document.reference.casefold()) for kind, several in documents.items() for document in several}
    for posting in postings:
        if posting.kind in documents and (posting.kind, posting.reference.casefold()) not in listed:
            document = _find(sage, posting.kind, posting.reference, posting.prepared)
            if document is not None:
                documents[posting.kind].append(document)


def _find(sage: Sage, kind: str, reference: str, hint: dict[str, Any] | None = None) -> Document | None:
    try:
        return sage.find(kind, reference, hint)
    except Rejected:  # several carry it: the list shows them, and the proof names them
        return None


def _postings(shop: ShopRow, orders: Iterable[int]) -> list[Posting]:
    """What we believe to be in Sage because of these orders."""
    found: list[Posting] = []
    for chunk in _chunks(orders):
        rows = Posting.objects.filter(order__shop=shop, order__order_id__in=chunk, status=Posting.Status.PUSHED)
        found += rows.exclude(kind=Posting.Kind.CUSTOMER).order_by("pk")
    return found


def _staged(shop: ShopRow, orders: Iterable[int]) -> dict[int, Staged]:
    found: dict[int, Staged] = {}
    for chunk in _chunks(orders):
        rows = StagedOrder.objects.filter(shop=shop, order_id__in=chunk)
        causes, sent = _causes(rows), _sent(rows)
        for row in rows:
            found[row.order_id] = Staged(
                pk=row.pk,
                status=row.status,
                reason=row.reason,
                total=row.total,
                currency=row.currency,
                state=row.shop_state,
                day=row.order_date,
                causes=tuple(causes.get(row.pk, ())),
                sent=sent.get(row.pk),
                vouchers=Decimal((row.verdict or {}).get("vouchers", 0)),
            )
    return found


def _causes(rows: Any) -> dict[int, list[str]]:
    """The codes of the orders' open issues."""
    found: dict[int, list[str]] = {}
    open_issues = Issue.objects.filter(order__in=rows.values("pk"), closed_at=None).order_by("pk")
    for order, code in open_issues.values_list("order_id", "code"):
        codes = found.setdefault(order, [])
        if code not in codes:
            codes.append(code)
    return found


def _sent(rows: Any) -> dict[int, Decimal]:
    """The total asked of Sage by the last sale that was sent, with tax."""
    sales = Posting.objects.filter(order__in=rows.values("pk"), kind=Posting.Kind.SALE).exclude(answer=None)
    found: dict[int, Decimal] = {}
    for order, prepared in sales.order_by("generation").values_list("order_id", "prepared"):
        found[order] = Decimal(prepared["total"])
    return found


def _rules(shop: ShopRow) -> Rules:
    resolver = Resolver(shop)

    def places(currency: str) -> int:
        record = resolver.record("currency", currency) if currency else None
        return int(record.details.get("decimals", 2)) if record else 2

    def not_booked(figure: Figure) -> str:
        match = resolver.method(figure.method)
        match = match if isinstance(match, PaymentMatch) else resolver.payment(figure.module)
        return "" if not isinstance(match, PaymentMatch) or match.receipt else NOT_BOOKED

    def before_go_live(order: int, day: date | None) -> bool:
        return not shop.live or shop.before_go_live(order, day)

    return Rules(shop.prefix, places, before_go_live, not_booked)


NOT_BOOKED = "booked elsewhere"
"""The rule of a payment method that makes no receipts."""


def _chunks(orders: Iterable[int]) -> Iterable[list[int]]:
    ids = sorted(orders)
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))

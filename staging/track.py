"""Fourth verb: read back what became of the documents, and notice when Sage has lost some.

Documents vanish when Sage was restored to an earlier day. Then nothing more is written for the company until staff
have done the re-sync: Sage gives the same numbers again, and each further document makes the books harder to read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from connectors import open_sage
from connectors.errors import Misconfigured, Rejected, Unavailable
from connectors.models import SageCompany
from connectors.plain import plain
from connectors.ports import Sage
from connectors.types import Document
from connectors.words import words
from staging.answers import differences
from staging.issues import Fault, first_cause, settle
from staging.models import Issue, Posting, StagedOrder, move
from staging.outcome import numbers
from staging.slots import slot
from staging.sweeping import Swept, time_is_up

DELIVERED = "delivered"
OPEN_FOR = timedelta(days=90)
"""A document that is not complete after this is no longer asked about."""

RECENT = timedelta(days=3)
"""Documents pushed since are expected to be there still."""

LISTED = timedelta(days=7)
"""Money dated earlier is not listed every few minutes: what comes late may carry any old date."""

DATES = {"sale": "order_date", "receipt": "receipt_date", "credit note": "credit_date", "repayment": "paid_date"}
"""The kinds that are looked for, and what their date is called in what was prepared."""

LOOKED_UP = 20
"""So many missing documents are looked up one by one; they are enough to know."""

SLOT_WAIT = 10.0


def sweep(company: SageCompany, *, deadline: float | None = None, bell: Callable[[], None] = lambda: None) -> Swept:
    """Ask Sage about the company's open and recent documents; ``done`` counts orders that came to their end.

    Receipts, credit notes and refunds are only looked for: nothing becomes of them that an order would wait for.

    Stops the company (and raises no exception) when recent documents have vanished.
    """
    if not company.confirmed:
        return Swept(0, False, words("This installation is not confirmed for the company; confirm it on its page."))
    expected = sorted([*_expected(company), *_attached(company)], key=_pushed_at)
    if not expected or not company.usable():
        return Swept(0, False, company.state_reason)
    try:
        with slot(company, wait=SLOT_WAIT) as free:
            if not free:
                company.waive()
                return Swept(0, False)
            ended, left = _look(company, open_sage(company), expected, deadline)
    except Unavailable as error:
        company.pause(error.message)
        return Swept(0, False, error.message)
    except (Misconfigured, Rejected) as error:
        company.stop(error.message)
        return Swept(0, False, error.message)
    if company.state == company.State.PAUSED:
        company.resume()
    return Swept(ended + _end_complete(company), left, company.state_reason)


def _pushed(company: SageCompany) -> QuerySet[Posting]:
    sales = Posting.objects.filter(company=company, kind=Posting.Kind.SALE, status=Posting.Status.PUSHED)
    return sales.select_related("order__shop").order_by("pushed_at")


def _end_complete(company: SageCompany) -> int:
    """Orders whose document was complete already when Sage made it, unless it has vanished since."""
    complete = _pushed(company).filter(tracked_at=None, answer__complete=True, order__status=StagedOrder.Status.POSTED)
    gone = Issue.objects.filter(posting=OuterRef("pk"), code="lost-in-sage", closed_at=None)
    return sum(_ended(posting) for posting in complete.exclude(Exists(gone))[:1000])


def _expected(company: SageCompany) -> QuerySet[Posting]:
    """Sales that Sage should show: pushed lately, or not yet complete."""
    now = timezone.now()
    open_or_recent = Q(tracked_at=None) | Q(pushed_at__gt=now - RECENT)
    return _pushed(company).filter(open_or_recent, pushed_at__gt=now - OPEN_FOR, pushed_at__lt=now)


def _attached(company: SageCompany) -> list[Posting]:
    """Money pushed lately that a list of the last days shows, either way; what is older is the re-sync's."""
    now = timezone.now()
    pushed = Posting.objects.filter(company=company, status=Posting.Status.PUSHED, kind__in=set(DATES) - {"sale"})
    recent = pushed.filter(pushed_at__gt=now - RECENT, pushed_at__lt=now).select_related("order__shop")
    return [posting for posting in recent if _dated(posting) > (now - LISTED).date()]


def _pushed_at(posting: Posting) -> datetime:
    return posting.pushed_at or timezone.now()


def _dated(posting: Posting) -> date:
    return date.fromisoformat(posting.prepared[DATES[posting.kind]])


def _shown(sage: Sage, expected: list[Posting]) -> dict[tuple[str, str], Document]:
    """What Sage lists of the expected kinds since the oldest of each, by kind and reference."""
    shown: dict[tuple[str, str], Document] = {}
    for kind in {posting.kind for posting in expected}:
        since = min(_dated(posting) for posting in expected if posting.kind == kind)
        shown |= {(kind, document.reference): document for document in sage.documents(kind, since)}
    return shown


def _look(company: SageCompany, sage: Sage, expected: list[Posting], deadline: float | None) -> tuple[int, bool]:
    expected = [posting for posting in expected if posting.kind in sage.can]
    shown = _shown(sage, expected)
    gone = [posting for posting in expected if (posting.kind, posting.reference) not in shown]
    # A document may have been dated otherwise by a person: only the look by reference decides.
    gone = [each for each in gone[:LOOKED_UP] if sage.find(each.kind, each.reference, each.prepared) is None]
    if gone:
        _vanished(company, gone, expected)
    _back_again([posting for posting in expected if (posting.kind, posting.reference) in shown])
    ended = 0
    for posting in expected:
        document = shown.get((posting.kind, posting.reference)) if posting.kind == Posting.Kind.SALE else None
        if document is not None and posting.tracked_at is None and _moved_on(posting, document):
            ended += _follow(posting, sage.find("sale", posting.reference))
        if time_is_up(deadline):
            return ended, True
    return ended, False


def _moved_on(posting: Posting, document: Document) -> bool:
    before = posting.answer or {}
    return document.complete or document.invoice_number != before.get("invoice_number", "")


@transaction.atomic
def _follow(posting: Posting, document: Document | None) -> bool:
    """Take over what Sage says now; the differences are judged anew. True when the order came to its end."""
    if document is None:
        return False
    order = StagedOrder.objects.select_for_update(no_key=True).get(pk=posting.order_id)
    message = words("Sage: invoice %(invoice)s.", invoice=document.invoice_number or "–")
    if not move(posting, Posting.Status.PUSHED, message, answer=plain(document)):
        return False
    issues = settle(order, differences("sale", posting.prepared, document), source="push", posting=posting)
    cause = first_cause(issue.code for issue in issues)
    StagedOrder.objects.filter(pk=order.pk).update(first_cause=cause, **numbers([posting]))
    posting.order = order
    return document.complete and _ended(posting)


def _ended(posting: Posting) -> bool:
    order = posting.order
    if order.status != StagedOrder.Status.POSTED:
        return False
    with transaction.atomic():
        Posting.objects.filter(pk=posting.pk).update(tracked_at=timezone.now())
        return move(order, StagedOrder.Status.POSTED, words("Delivered and invoiced in Sage."), reason=DELIVERED)


def _back_again(there: list[Posting]) -> None:
    """Close the issue of documents that Sage shows again (the restore was undone)."""
    for issue in Issue.objects.filter(posting__in=there, code="lost-in-sage", closed_at=None).select_related("order"):
        issues = settle(issue.order, [], source="push", posting=issue.posting)
        cause = first_cause(each.code for each in issues)
        StagedOrder.objects.filter(pk=issue.order_id).update(first_cause=cause)


def _vanished(company: SageCompany, gone: list[Posting], expected: list[Posting]) -> None:
    """One document deleted by a person is that order's matter; several, or the newest one, mean a restore."""
    for posting in gone:
        issues = settle(posting.order, [Fault("lost-in-sage", value=posting.reference)], source="push", posting=posting)
        cause = first_cause(issue.code for issue in issues)
        StagedOrder.objects.filter(pk=posting.order_id).update(first_cause=cause)
    if len(gone) > 1 or gone[-1].pk == expected[-1].pk:
        company.stop(
            words(
                "Sage no longer has %(count)s documents that it had (%(first)s …): it was probably restored. Nothing "
                "is sent until the re-sync was done: start it from this company's page, or run manage.py resync.",
                count=len(gone),
                first=gone[0].reference,
            )
        )

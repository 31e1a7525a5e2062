"""The postings of an order as they should be: written, rewritten while Sage does not have them, or dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from connectors.plain import plain
from connectors.types import CreditNote, NewCustomer, Receipt, Repayment, Sale
from connectors.words import words
from mappings.buyers import claim
from staging.issues import Fault
from staging.models import Posting, StagedOrder, move

Status, Kind = Posting.Status, Posting.Kind

ATTACHED = (Kind.RECEIPT, Kind.CREDIT_NOTE, Kind.REPAYMENT)
"""What follows a sale: one posting per payment, per refund of the shop, and per refund that the bank pays out."""


class OvertakenError(Exception):
    """Somebody else changed the row meanwhile; the caller's transaction is rolled back and the order checked again."""


@dataclass(frozen=True)
class Wanted:
    """One document that Sage should hold because of an order; ``source_key`` names what in the shop it comes from.

    ``names`` are those under which a new customer's buyer is to be remembered; ``after`` is the reference of what it
    waits for, if that is not the sale.
    """

    kind: str
    source_key: str
    document: NewCustomer | Sale | Receipt | CreditNote | Repayment
    generation: int = 1
    names: tuple[str, ...] = ()
    after: str = ""


@dataclass(frozen=True)
class Wish:
    """A receipt, credit note or refund, and what keeps it from being sent."""

    wanted: Wanted
    faults: tuple[Fault, ...] = ()


def posted(row: StagedOrder) -> Posting | None:
    """The sale that Sage holds for this order, if it does: of several generations the last."""
    return max(
        (each for each in row.postings.all() if each.kind == Kind.SALE and each.status == Status.PUSHED),
        key=lambda each: each.generation,
        default=None,
    )


def holds(row: StagedOrder, reference: str) -> bool:
    """Whether Sage holds the order's document with this reference."""
    return any(each.reference == reference and each.status == Status.PUSHED for each in row.postings.all())


def write(row: StagedOrder, documents: Sequence[Wanted]) -> None:
    """Make the order's postings what they should be, in the caller's transaction.

    ``documents`` is all that Sage does not hold yet, a customer before its sale, a sale before what follows it. A
    posting that Sage does not have is rewritten: push looks for it before it writes, and compares what it finds with
    what is prepared, so a rewritten one can not be doubled. What Sage has is never touched; receipts and credit notes
    that are no longer wanted and were not sent are dropped, so is a customer that nobody else waits for. Raises
    OvertakenError.
    """
    before: Posting | None = None  # what the next sale waits for: its customer, else the credit note of the former one
    sale = posted(row)
    kept = set()
    known = {each.reference: each for each in row.postings.all()}
    for wanted in documents:
        if isinstance(wanted.document, NewCustomer):
            before = _customer(row, wanted, wanted.document)
            kept.add(before.pk)
            continue
        posting = _put(row, wanted, before if wanted.kind == Kind.SALE else known.get(wanted.after, sale))
        known[posting.reference] = posting
        if wanted.kind == Kind.SALE:
            sale = posting
        elif sale is not None and posting.source_key.startswith(sale.source_key):
            before = posting
        kept.add(posting.pk)
    for posting in row.postings.all():
        if posting.pk in kept or posting.status not in (Status.READY, Status.REFUSED, Status.LOST):
            continue
        if posting.kind in ATTACHED or (posting.kind == Kind.CUSTOMER and not _hand_over(posting, row)):
            _drop(posting)


def _put(row: StagedOrder, wanted: Wanted, depends_on: Posting | None) -> Posting:
    existing = next((each for each in row.postings.all() if _same(each, wanted)), None)
    prepared = plain(wanted.document)
    if existing is None:
        return Posting.objects.create(
            company_id=row.shop.company_id,
            order=row,
            kind=wanted.kind,
            source_key=wanted.source_key,
            generation=wanted.generation,
            reference=wanted.document.reference,
            prepared=prepared,
            depends_on=depends_on,
        )
    _prepare_again(existing, row, {**prepared, "reference": existing.reference}, depends_on)
    return existing


def _same(posting: Posting, wanted: Wanted) -> bool:
    if posting.kind != wanted.kind:
        return False
    if wanted.kind == Kind.SALE:
        return posting.generation == wanted.generation
    return posting.reference == wanted.document.reference


def _customer(row: StagedOrder, wanted: Wanted, customer: NewCustomer) -> Posting:
    """The posting of the buyer, shared by all the buyer's orders; one that waits goes with an order that is ready.

    The buyer is remembered first: of two who come at once, one is checked again and finds the other's customer.
    """
    if not claim(row.shop, wanted.names, customer.code):
        raise OvertakenError
    posting, created = Posting.objects.get_or_create(
        company_id=row.shop.company_id,
        kind=Kind.CUSTOMER,
        reference=customer.reference,
        defaults={"order": row, "source_key": wanted.source_key, "prepared": plain(customer)},
    )
    if not created and posting.status not in (Status.PUSHED, Status.PUSHING):
        owner = posting.order
        waits_for_another = owner.pk != row.pk and owner.status == StagedOrder.Status.READY
        if not (waits_for_another and posting.status == Status.READY):
            _prepare_again(posting, row, plain(customer), None)
    return posting


def _prepare_again(posting: Posting, row: StagedOrder, prepared: dict[str, Any], depends_on: Posting | None) -> None:
    if posting.status == Status.PUSHING:
        raise OvertakenError
    same = posting.prepared == prepared and posting.depends_on_id == (depends_on.pk if depends_on else None)
    if posting.status == Status.READY and same and posting.order_id == row.pk:
        return
    message = words("Prepared again.")
    changes: dict[str, Any] = {"prepared": prepared, "depends_on": depends_on, "order": row, "due_at": timezone.now()}
    if not move(posting, Status.READY, message, **changes):
        raise OvertakenError


def withdraw(row: StagedOrder, drop: bool) -> None:
    """The order is not to be sent (now): what was prepared and never reached Sage is dropped, if ``drop``.

    A customer that another order is ready for goes on with that order.
    """
    for posting in row.postings.all():
        if posting.kind == Kind.CUSTOMER:
            _hand_over(posting, row)
        elif drop and posting.status in (Status.READY, Status.REFUSED):
            _drop(posting)


def _drop(posting: Posting) -> None:
    if not move(posting, Status.DROPPED, words("No longer wanted.")):
        raise OvertakenError


def _hand_over(posting: Posting, row: StagedOrder) -> bool:
    """Give an unsent customer to another order that is ready for it; False when there is none."""
    if posting.status not in (Status.READY, Status.REFUSED):
        return False
    waiting = posting.dependents.filter(order__status=StagedOrder.Status.READY).exclude(order=row).first()
    if waiting is None:
        return False
    changes: dict[str, Any] = {"order": waiting.order, "due_at": timezone.now()}
    if not move(posting, Status.READY, words("Goes on with another order of this buyer."), **changes):
        raise OvertakenError
    return True

"""The postings of an order as they should be: written, rewritten while Sage does not have them, or dropped."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from connectors.plain import plain
from connectors.types import NewCustomer, Sale
from staging.models import Posting, StagedOrder, move

Status, Kind = Posting.Status, Posting.Kind


class OvertakenError(Exception):
    """Somebody else changed the row meanwhile; the caller's transaction is rolled back and the order checked again."""


def write(row: StagedOrder, sale: Sale, customer: NewCustomer | None, buyer_id: int) -> None:
    """Make the order's postings what they should be, in the caller's transaction.

    A posting that Sage does not have is rewritten: push looks for it before it writes, and compares what it finds with
    what is prepared, so a rewritten one can not be doubled. What Sage has is never touched. Raises OvertakenError.
    """
    depends_on = None if customer is None else _customer(row, customer, buyer_id)
    existing = max(
        (posting for posting in row.postings.all() if posting.kind == Kind.SALE),
        key=lambda posting: posting.generation,
        default=None,
    )
    prepared = plain(sale)
    if existing is None:
        Posting.objects.create(
            company_id=row.shop.company_id,
            order=row,
            kind=Kind.SALE,
            source_key=f"shop {row.shop_id} order {row.order_id}",
            reference=sale.reference,
            prepared=prepared,
            depends_on=depends_on,
        )
    else:
        _prepare_again(existing, row, {**prepared, "reference": existing.reference}, depends_on)


def _customer(row: StagedOrder, customer: NewCustomer, buyer_id: int) -> Posting:
    """The posting of the buyer, shared by all the buyer's orders; one that waits goes with an order that is ready."""
    posting, created = Posting.objects.get_or_create(
        company_id=row.shop.company_id,
        kind=Kind.CUSTOMER,
        source_key=f"shop {row.shop_id} customer {buyer_id}",
        generation=1,
        defaults={"order": row, "reference": customer.reference, "prepared": plain(customer)},
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
    message = _("Prepared again.")
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
    if not move(posting, Status.DROPPED, _("No longer wanted.")):
        raise OvertakenError


def _hand_over(posting: Posting, row: StagedOrder) -> None:
    if posting.status not in (Status.READY, Status.REFUSED):
        return
    waiting = posting.dependents.filter(order__status=StagedOrder.Status.READY).exclude(order=row).first()
    if waiting is None:
        return
    changes: dict[str, Any] = {"order": waiting.order, "due_at": timezone.now()}
    if not move(posting, Status.READY, _("Goes on with another order of this buyer."), **changes):
        raise OvertakenError

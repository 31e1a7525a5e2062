"""Send again after an un-post in Sage: Sage is asked what it holds of the sale, and staff then choose what is right.

Nothing is sent by asking. What Sage no longer has is sent again under its own reference; what it has is told on the
order's page, with the credit that the bridge proposes before a new sale under a linked reference.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from connectors import open_sage
from connectors.types import ZERO
from connectors.words import words
from staging import resync
from staging.corrections import AGAIN, SEND_AGAIN
from staging.models import Correction, Posting, StagedOrder, Task, move
from staging.wanted import posted


def ask(task: Task) -> list[tuple[str, int]]:
    """``order``, ``reason``: look in Sage for the order's sale. Raises the connector's errors; may be repeated."""
    order = StagedOrder.objects.select_related("shop__company").get(pk=task.parameters["order"])
    sale = posted(order)
    if sale is None:
        task.message = words("Sage holds no sale of this order by the bridge; there is nothing to send again.")
        return []
    sage = open_sage(order.shop.company)
    found = sage.find("sale", sale.reference, sale.prepared)
    if found is None:
        resync.lose(sale, task.user)
        task.message = words("Sage no longer has it: it is sent again under its own reference.")
    else:
        told = {"document": found.number, "invoice": found.invoice_number, "total": f"{found.total:f}"}
        notes = [note for name in _credit_notes(order, sale) if (note := sage.find("credit note", name))]
        credited = sum((note.total for note in notes), ZERO)
        _note(order, sale, told | {"credited": f"{credited:f}", "reason": task.parameters["reason"]}, task)
        task.message = words("Sage holds it as %(number)s. Choose on the order's page.", number=found.number)
    return [("validate", order.shop_id)]


def _credit_notes(order: StagedOrder, sale: Posting) -> list[str]:
    """The references of the credit notes that may lower the sale, known to be in Sage or not."""
    notes = order.postings.filter(kind=Posting.Kind.CREDIT_NOTE).values_list("reference", flat=True)
    return sorted({*notes, f"{order.sage_reference}-X{sale.generation}"})


@transaction.atomic
def _note(order: StagedOrder, sale: Posting, told: dict[str, Any], task: Task) -> None:
    row = StagedOrder.objects.select_for_update(no_key=True).get(pk=order.pk)
    if row.status != StagedOrder.Status.POSTED:
        raise ValueError(words("The order changed meanwhile. Look at it, and ask again if it is still to be sent."))
    message = words("To be sent again: %(reason)s", reason=told["reason"])
    move(row, "staged", message, user=task.user, due_at=timezone.now(), lease_until=None)
    values: dict[str, Any] = {"value": told | {"generation": sale.generation}, "shop_value": None, "user": task.user}
    values |= {"reason": told["reason"][:250], "at": timezone.now()}
    Correction.objects.update_or_create(order=row, place=SEND_AGAIN, field=AGAIN, defaults=values)

"""How staff settle a change after posting: the sale in Sage is credited, or credited and sent anew; or accepted."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from connectors.telling import marked
from connectors.words import words
from staging import staff
from staging.changes import CODE
from staging.corrections import ANEW, CREDIT, DIFFERENCE, REPLACE, SEND_AGAIN, SETTLE
from staging.models import Correction, Issue, StagedOrder, move

CHOICES = {
    DIFFERENCE: gettext_lazy("credit the difference in Sage"),
    CREDIT: gettext_lazy("credit the sale in Sage"),
    REPLACE: gettext_lazy("credit the sale in Sage and send it anew as it is now"),
    ANEW: gettext_lazy("send it anew; it was taken back in Sage by hand"),
}
"""Beside them stands ``staff.accept``: leave Sage as it is."""

_CHOICES = {CODE: (DIFFERENCE, CREDIT, REPLACE), SEND_AGAIN: (REPLACE, ANEW)}


@transaction.atomic
def settle(order: StagedOrder, issue: Issue, choice: str, user: User | None, reason: str) -> bool:
    """Choose for the change as it stands now; if the shop changes again, it asks again. False as in ``staff``.

    It moves money: the caller asks whether the person may. Whoever calls rings the bell of the next step.
    """
    if choice not in _CHOICES.get(issue.code, ()) or not reason.strip():
        return False
    if choice == DIFFERENCE and not issue.values.get("credit"):
        return False  # no credit note makes it to the cent
    StagedOrder.objects.select_for_update(no_key=True).get(pk=order.pk)
    if order.status != StagedOrder.Status.POSTED or "accept" not in staff.lawful(order):
        return False
    message = words("Settled in Sage: %(choice)s. %(reason)s", choice=marked(CHOICES[choice]), reason=reason.strip())
    if not move(order, "staged", message, user=user, due_at=timezone.now(), lease_until=None):
        return False
    values = {"shop_value": issue.values, "value": choice, "user": user, "reason": reason.strip()[:250]}
    Correction.objects.update_or_create(
        order=order, place=issue.code, field=SETTLE, defaults=values | {"at": timezone.now()}
    )
    return True

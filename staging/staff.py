"""What staff may do with an order: check again, send now, ignore, take back, correct a field, accept a cause.

Each is refused (False) while Sage may be receiving something of the order, or when it changed meanwhile. Whoever calls
rings the bell of the next step.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors.types import ShopOrder
from staging.corrections import ACCEPT, shop_value
from staging.models import Correction, Issue, Posting, StagedOrder, move

Status = StagedOrder.Status

_LAWFUL: dict[str, tuple[str, ...]] = {
    Status.STAGED: ("check", "correct", "ignore"),
    Status.WAITING: ("check", "correct", "ignore"),
    Status.INVALID: ("check", "correct", "ignore"),
    Status.READY: ("push", "check"),
    Status.POSTED: ("check", "correct"),
    Status.IGNORED: ("take_back",),
}


def in_flight(order: StagedOrder) -> bool:
    """Whether Sage may be receiving something of this order at this moment."""
    return order.postings.filter(status=Posting.Status.PUSHING).exists()


def lawful(order: StagedOrder) -> tuple[str, ...]:
    """What may be done with the order as it stands."""
    return () if in_flight(order) else _LAWFUL[order.status]


def check_again(order: StagedOrder, user: AbstractBaseUser | None) -> bool:
    """Have the order checked again, looking in Sage itself and not in the mirror."""
    return "check" in lawful(order) and _stage(order, user, _("To be checked again."), look_again=True)


def take_back(order: StagedOrder, user: AbstractBaseUser | None) -> bool:
    """An ignored order is to be checked and sent after all."""
    return "take_back" in lawful(order) and _stage(order, user, _("Taken back."), look_again=True)


@transaction.atomic
def push_now(order: StagedOrder, user: AbstractBaseUser | None) -> bool:
    """Make the order's waiting postings due at once."""
    if "push" not in lawful(order):
        return False
    rows = list(order.postings.filter(status=Posting.Status.READY))
    message = _("To be sent now.")
    done = [move(row, Posting.Status.READY, message, user=user, due_at=timezone.now()) for row in rows]
    return any(done)


@transaction.atomic
def ignore(order: StagedOrder, user: AbstractBaseUser | None, reason: str) -> bool:
    """Close the order without documents; what was prepared and never sent is dropped."""
    if "ignore" not in lawful(order) or not reason.strip():
        return False
    message = _("Ignored: %(reason)s") % {"reason": reason.strip()}
    if not move(order, Status.IGNORED, message, user=user, reason=reason.strip()[:250], first_cause=""):
        return False
    order.issues.filter(closed_at__isnull=True).update(closed_at=timezone.now())
    for row in order.postings.filter(status__in=[Posting.Status.READY, Posting.Status.REFUSED]):
        move(row, Posting.Status.DROPPED, message, user=user)
    return True


@transaction.atomic
def correct(
    order: StagedOrder,
    read: ShopOrder,
    place: str,
    field: str,
    value: Any,
    user: AbstractBaseUser | None,
    reason: str = "",
) -> bool:
    """Lay ``value`` over a field of the read order and have it checked. ValueError: the field may not be corrected."""
    replaced = shop_value(read, place, field)
    told = {"place": place, "field": field, "before": replaced, "after": value}
    message = _("Corrected %(place)s %(field)s: “%(after)s” instead of “%(before)s”.") % told
    if "correct" not in lawful(order) or not _stage(order, user, message, details=told):
        return False
    values = {"shop_value": replaced, "value": value, "user": user, "reason": reason[:250], "at": timezone.now()}
    Correction.objects.update_or_create(order=order, place=place, field=field, defaults=values)
    return True


@transaction.atomic
def accept(order: StagedOrder, issue: Issue, user: AbstractBaseUser | None, reason: str) -> bool:
    """Say "all the same" to one cause as it stands now; if its values change, it asks again."""
    if "correct" not in lawful(order) or not reason.strip():
        return False
    place = f"{issue.code} {issue.place}".strip()
    message = _("Accepted %(cause)s: %(reason)s") % {"cause": place, "reason": reason.strip()}
    if not _stage(order, user, message):
        return False
    values = {"shop_value": issue.values, "value": True, "user": user, "reason": reason.strip()[:250]}
    Correction.objects.update_or_create(order=order, place=place, field=ACCEPT, defaults=values)
    return True


@transaction.atomic
def withdraw(order: StagedOrder, correction: Correction, user: AbstractBaseUser | None) -> bool:
    """Take a correction away: the shop's word counts again."""
    told = {"place": correction.place, "field": correction.field, "before": correction.value}
    message = _("Correction withdrawn: %(place)s %(field)s.") % told
    if "correct" not in lawful(order) or not _stage(order, user, message, details=told):
        return False
    correction.delete()
    return True


def _stage(
    order: StagedOrder,
    user: AbstractBaseUser | None,
    message: str,
    *,
    look_again: bool = False,
    details: dict[str, Any] | None = None,
) -> bool:
    changes = {"look_again": look_again or order.look_again, "reason": "", "lease_until": None}
    return move(order, Status.STAGED, message, user=user, details=details, due_at=timezone.now(), **changes)

"""What staff may do with an order: check again, send now, ignore, take back, correct fields, accept a cause.

Each is refused (False) while Sage may be receiving something of the order, or when it is no longer in the version
given. Whoever calls rings the bell of the next step.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors.telling import marked
from connectors.types import Document, ShopOrder
from connectors.words import Words, joined, words
from staging.causes import CAUSES
from staging.checks import eyes
from staging.corrections import ACCEPT, MONEY_FIELDS, shop_value
from staging.models import Correction, Issue, Posting, StagedOrder, move
from staging.wanted import posted
from staging.wording import field_said, place_said, value_words

Status = StagedOrder.Status

MONEY_RIGHT = "staging.correct_money"

BY_HAND = "entered in Sage by hand"
"""Why such an order is closed (of ``wording.FIXED``); the number stands beside it."""

_LAWFUL: dict[str, tuple[str, ...]] = {
    Status.STAGED: ("check", "correct", "accept", "ignore"),
    Status.WAITING: ("check", "correct", "accept", "ignore"),
    Status.INVALID: ("check", "correct", "accept", "ignore"),
    Status.READY: ("push", "check"),
    Status.POSTED: ("check", "accept"),
    Status.IGNORED: ("take_back",),
}


def seen(order: StagedOrder, corrections: Sequence[Correction] | None = None) -> str:
    """What a person decides on, in short: the shop's words and the corrections laid over them.

    A check in the background changes the order's version but not this. ``corrections``, if read already, by their keys.
    """
    rows = order.corrections.order_by("pk").only("pk", "at") if corrections is None else corrections
    laid = [(row.pk, row.at) for row in rows]
    return hashlib.sha256(repr((order.raws, laid)).encode()).hexdigest()[:16]


def acts(status: str, sending: bool, sold: bool) -> tuple[str, ...]:
    """What may be done with an order of this status. ``sending``: Sage may be receiving something of it at this moment.

    ``sold``: Sage holds its sale. Then it is not closed as if it did not, and nothing is corrected while it is only
    looked at again: a correction counts for a sale that is still to be sent, the first or a new one.
    """
    if sending:
        return ()
    barred = {"ignore", "correct"} if status in (Status.STAGED, Status.WAITING) else {"ignore"}
    return tuple(act for act in _LAWFUL[status] if not (sold and act in barred))


def lawful(order: StagedOrder) -> tuple[str, ...]:
    """What may be done with the order as it stands."""
    return lawful_of({order.pk: order.status})[order.pk]


def lawful_of(rows: Mapping[int, str]) -> dict[int, tuple[str, ...]]:
    """``lawful`` of many orders (status by primary key) in one query."""
    told = Q(status=Posting.Status.PUSHING) | Q(status=Posting.Status.PUSHED, kind=Posting.Kind.SALE)
    found = set(Posting.objects.filter(told, order__in=list(rows)).values_list("order", "status"))
    return {
        pk: acts(status, (pk, Posting.Status.PUSHING) in found, (pk, Posting.Status.PUSHED) in found)
        for pk, status in rows.items()
    }


@transaction.atomic
def check_again(order: StagedOrder, user: User | None) -> bool:
    """Have the order checked again, looking in Sage itself and not in the mirror."""
    return _may(order, "check") and _stage(order, user, words("To be checked again."), look_again=True)


@transaction.atomic
def take_back(order: StagedOrder, user: User | None, reason: str = "") -> bool:
    """An ignored order is to be checked and sent after all; the number of what was entered by hand is forgotten."""
    told = words("Taken back: %(reason)s", reason=reason) if reason else words("Taken back.")
    if not _may(order, "take_back") or not _stage(order, user, told, look_again=True):
        return False
    if posted(order) is None:
        StagedOrder.objects.filter(pk=order.pk).update(sage_order="", sage_invoice="")
    return True


@transaction.atomic
def push_now(order: StagedOrder, user: User | None) -> bool:
    """Make the order's waiting postings due at once."""
    if not _may(order, "push"):
        return False
    rows = list(order.postings.filter(status=Posting.Status.READY))
    message = words("To be sent now.")
    done = [move(row, Posting.Status.READY, message, user=user, due_at=timezone.now()) for row in rows]
    return any(done)


@transaction.atomic
def ignore(order: StagedOrder, user: User | None, reason: str) -> bool:
    """Close the order without documents; what was prepared and never sent is dropped."""
    if not reason.strip() or not _may(order, "ignore"):
        return False
    return _close(order, user, words("Ignored: %(reason)s", reason=reason.strip()), reason=reason.strip()[:250])


@transaction.atomic
def close_by_hand(order: StagedOrder, user: User | None, document: Document, reason: str) -> bool:
    """Close the order as entered in Sage by hand under this document's numbers; the caller has verified them there."""
    if not _may(order, "ignore"):
        return False
    told = words("entered in Sage by hand as %(number)s", number=document.number)
    numbers = {"sage_order": document.number[:40], "sage_invoice": document.invoice_number[:40]}
    message = joined(words("Closed: %(what)s.", what=told), reason.strip())
    return _close(order, user, message, reason=BY_HAND, **numbers)


def _close(order: StagedOrder, user: User | None, message: str, **changes: Any) -> bool:
    if not move(order, Status.IGNORED, message, user=user, first_cause="", **changes):
        return False
    order.issues.filter(closed_at__isnull=True).update(closed_at=timezone.now())
    for row in order.postings.filter(status__in=[Posting.Status.READY, Posting.Status.REFUSED]):
        move(row, Posting.Status.DROPPED, message, user=user)
    return True


@transaction.atomic
def correct(
    order: StagedOrder, read: ShopOrder, place: str, values: Mapping[str, Any], user: User | None, reason: str = ""
) -> bool:
    """Lay ``values`` (by field) over one place of the order as the shop tells it, and have it checked.

    A value equal to the shop's takes the correction away. Quantities and amounts need a reason (else False) and the
    money right (else PermissionDenied). Raises ValueError for a field that may not be corrected.
    """
    if MONEY_FIELDS & values.keys():
        _may_move_money(user)
        if not reason.strip():
            return False
    shop = {field: shop_value(read, place, field) for field in values}
    told = {"place": place, "before": shop, "after": dict(values), "reason": reason}
    if not _may(order, "correct") or not _stage(order, user, _told(read, place, values, shop), details=told):
        return False
    for field, value in values.items():
        laid = order.corrections.filter(place=place, field=field)
        if value == shop[field]:
            laid.delete()
            continue
        changes = {"shop_value": shop[field], "value": value, "user": user, "reason": reason[:250]}
        Correction.objects.update_or_create(
            order=order, place=place, field=field, defaults=changes | {"at": timezone.now()}
        )
    return True


@transaction.atomic
def accept(order: StagedOrder, issue: Issue, user: User | None, reason: str) -> bool:
    """Say "all the same" to one cause as it stands now; if its values change, it asks again."""
    if not reason.strip() or not _may(order, "accept") or not _agrees(order, issue, user):
        return False
    place = f"{issue.code} {issue.place}".strip()
    cause = joined(marked(CAUSES[issue.code].title), issue.value)
    message = words("Accepted all the same (%(cause)s): %(reason)s", cause=cause, reason=reason.strip())
    if not _stage(order, user, message):
        return False
    values = {"shop_value": issue.values, "value": True, "user": user, "reason": reason.strip()[:250]}
    Correction.objects.update_or_create(
        order=order, place=place, field=ACCEPT, defaults=values | {"at": timezone.now()}
    )
    return True


@transaction.atomic
def withdraw(order: StagedOrder, correction: Correction, user: User | None) -> bool:
    """Take a correction, or what was accepted, away: the shop's word counts again."""
    if correction.field in MONEY_FIELDS:
        _may_move_money(user)
    told = {"place": correction.place, "field": correction.field, "before": correction.value}
    where = joined(place_said(correction.place), field_said(correction.field))
    message = words("Correction withdrawn: %(where)s.", where=where)
    if not _may(order, "accept") or not _stage(order, user, message, details=told):
        return False
    correction.delete()
    return True


def _agrees(order: StagedOrder, issue: Issue, user: User | None) -> bool:
    """A second pair of eyes is somebody else's than those that corrected, accepted or settled."""
    if issue.code != eyes.CODE:
        return True
    return user is None or not any(one.user_id == user.pk for one in order.corrections.all() if eyes.needs_eyes(one))


def _may_move_money(user: User | None) -> None:
    if user is not None and not user.has_perm(MONEY_RIGHT):
        raise PermissionDenied(_("Quantities and amounts need the money right. Ask an administrator for it."))


def _may(order: StagedOrder, act: str) -> bool:
    """Whether the act is lawful; the row stays locked until the transaction ends: no worker begins to send it."""
    now = StagedOrder.objects.select_for_update(no_key=True).get(pk=order.pk)
    return now.version == order.version and act in lawful(order)


def _told(read: ShopOrder, place: str, values: Mapping[str, Any], shop: Mapping[str, Any]) -> Words:
    """What was corrected, as one sentence of the diary."""
    where = place_said(place, [line.id for line in read.lines])
    changes = [
        words(
            "%(field)s “%(after)s” instead of “%(before)s”",
            field=field_said(field),
            after=value_words(value),
            before=value_words(shop[field]),
        )
        for field, value in values.items()
    ]
    return words("%(place)s corrected: %(changes)s.", place=where, changes=joined(*changes, by="; "))


def _stage(
    order: StagedOrder,
    user: User | None,
    message: str,
    *,
    look_again: bool = False,
    details: dict[str, Any] | None = None,
) -> bool:
    reason = order.reason if order.status == Status.POSTED else ""  # how a posted order ended stays true
    changes = {"look_again": look_again or order.look_again, "reason": reason, "lease_until": None}
    return move(order, Status.STAGED, message, user=user, details=details, due_at=timezone.now(), **changes)

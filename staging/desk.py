"""Who has an order, how it is tagged, what is noted beside it: for people only, nothing of it is ever sent.

None of this touches the order's status or version: it never stops a worker, nor is it stopped by one. Each change
leaves a line in the diary, and so in the audit.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from staging.models import Event, Note, StagedOrder

RIGHT = "staging.change_stagedorder"
TAGS_AT_MOST = 10
TAG_WIDTH = 30
NOTE_WIDTH = 2000


def people() -> QuerySet[User]:
    """To whom an order may be given: active staff who may change orders."""
    backend = "django.contrib.auth.backends.ModelBackend"
    found: QuerySet[User] = User.objects.with_perm(RIGHT, backend=backend).filter(is_staff=True)
    return found.order_by("username")


@transaction.atomic
def assign(order: StagedOrder, to: User | None, user: User | None) -> bool:
    """Give the order to somebody, or with None to nobody; False when that is so already."""
    now = _locked(order)
    if now.assignee_id == (to.pk if to else None):
        return False
    StagedOrder.objects.filter(pk=order.pk).update(assignee=to)
    with override(settings.LANGUAGE_CODE):  # the diary is one for all its readers
        _tell(now, user, _("Assigned to %(name)s.") % {"name": to} if to else _("Assigned to nobody."))
    return True


@transaction.atomic
def tag(order: StagedOrder, add: Iterable[str], remove: Iterable[str], user: User | None) -> bool:
    """Add and remove tags; False when nothing changes, or when there would be more than ``TAGS_AT_MOST``."""
    now = _locked(order)
    wanted = sorted({*now.tags, *clean_tags(add)} - set(clean_tags(remove)))
    if wanted == sorted(now.tags) or len(wanted) > TAGS_AT_MOST:
        return False
    StagedOrder.objects.filter(pk=order.pk).update(tags=wanted)
    with override(settings.LANGUAGE_CODE):
        _tell(now, user, _("Tags: %(tags)s.") % {"tags": ", ".join(wanted) or "–"})
    return True


@transaction.atomic
def note(order: StagedOrder, text: str, user: User | None) -> Note | None:
    """Write something beside the order; None when there is nothing to write. The words stand in the note alone."""
    text = text.strip()[:NOTE_WIDTH]
    return Note.objects.create(order=order, text=text, user=user) if text else None


def clean_tags(words: Iterable[str]) -> list[str]:
    """Tags as they are kept: lower case, single blanks, no commas."""
    plain = (" ".join(word.replace(",", " ").split()).lower()[:TAG_WIDTH] for word in words)
    return [word for word in plain if word]


def _locked(order: StagedOrder) -> StagedOrder:
    return StagedOrder.objects.select_for_update(no_key=True).get(pk=order.pk)


def _tell(order: StagedOrder, user: User | None, message: str) -> None:
    Event.objects.create(order=order, before=order.status, after=order.status, user=user, message=message)


@transaction.atomic
def unnote(row: Note, user: User) -> bool:
    """Take a note away: one's own, or with the right to delete notes anybody's; False when it is neither.

    The audit keeps that it was there; its words there are erased as all personal values are (docs/audit.md).
    """
    if row.user_id != user.pk and not user.has_perm("staging.delete_note"):
        return False
    row.delete()
    return True

"""Who has an order, how it is tagged, what is noted beside it: for people only, nothing of it is ever sent.

None of this touches the order's status or version: it never stops a worker, nor is it stopped by one. Each change
leaves a line in the diary, and so in the audit.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from connectors.words import joined, words
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
    now = locked(order.pk)
    return now is not None and put(now, to, now.tags, user)


@transaction.atomic
def tag(order: StagedOrder, add: Iterable[str], remove: Iterable[str], user: User | None) -> bool:
    """Add and remove tags; False when nothing changes, or when there would be more than ``TAGS_AT_MOST``."""
    now = locked(order.pk)
    if now is None:
        return False
    wanted = tagged(now.tags, add, remove)
    return len(wanted) <= TAGS_AT_MOST and put(now, now.assignee, wanted, user)


def locked(pk: int) -> StagedOrder | None:
    """The order as it stands, nobody else's until the transaction ends; None when there is none."""
    return StagedOrder.objects.select_for_update(no_key=True).filter(pk=pk).first()


def tagged(tags: Iterable[str], add: Iterable[str], remove: Iterable[str]) -> list[str]:
    """The tags with some more and without others, sorted."""
    return sorted({*tags, *clean_tags(add)} - set(clean_tags(remove)))


def put(order: StagedOrder, to: User | None, tags: list[str], user: User | None, why: str = "") -> bool:
    """Whose the order is and how it is tagged from now on; the caller has it ``locked``. False: it was so already."""
    same = sorted(order.tags) == sorted(tags)
    if same and order.assignee_id == (to.pk if to else None):
        return False
    told = []
    if order.assignee_id != (to.pk if to else None):
        told.append(words("Assigned to %(name)s.", name=str(to)) if to else words("Assigned to nobody."))
    if not same:
        told.append(words("Tags: %(tags)s.", tags=", ".join(tags) or "–"))
    StagedOrder.objects.filter(pk=order.pk).update(assignee=to, tags=tags)
    message = joined(*told, why)
    Event.objects.create(order=order, before=order.status, after=order.status, user=user, message=message)
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


@transaction.atomic
def unnote(row: Note, user: User) -> bool:
    """Take a note away: one's own, or with the right to delete notes anybody's; False when it is neither.

    The audit keeps that it was there; its words there are erased as all personal values are (docs/audit.md).
    """
    if row.user_id != user.pk and not user.has_perm("staging.delete_note"):
        return False
    row.delete()
    return True

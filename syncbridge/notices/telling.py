"""Who is told what: each alarm once and its end once, the digest once a day; what could not be sent is sent later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from staging.wording import moment_words
from syncbridge.models import Alarm, Notice, Told
from syncbridge.notices.alarms import AGAIN
from syncbridge.notices.channels import Message, send, url
from syncbridge.notices.digest import digest, fact

STALE = timedelta(days=1)
"""The end of an alarm that could not be told for so long is told no more."""


def tell() -> int:
    """Send every alarm, end and digest that is due; how many messages left. Safe in several workers at once."""
    return _each(Notice.Kind.ALARM, _tell_alarms) + _each(Notice.Kind.DIGEST, _tell_digest)


def _each(kind: str, step: Callable[[Notice], bool]) -> int:
    sent = 0
    for pk in Notice.objects.filter(kind=kind, active=True).values_list("pk", flat=True):
        with transaction.atomic():  # the row is locked while its message leaves: no other worker sends it, too
            row = Notice.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=pk, active=True).first()
            if row is not None:
                with translation.override(row.language):
                    sent += step(row)
    return sent


# --- alarms -----------------------------------------------------------------------------------------------------------


def _tell_alarms(notice: Notice) -> bool:
    """One message with all that is new and all that is over; an alarm that ended untold is nobody's business."""
    now = timezone.now()
    opened = list(Alarm.objects.filter(closed_at=None).exclude(told__notice=notice).order_by("pk"))
    over = Told.objects.filter(notice=notice, end_told=False, alarm__closed_at__range=(now - STALE, now - AGAIN))
    ended = list(over.select_related("alarm").order_by("pk"))
    if not (opened or ended) or not send(notice, _alarm_message(opened, [one.alarm for one in ended])):
        return False
    Told.objects.bulk_create(Told(alarm=alarm, notice=notice) for alarm in opened)
    Told.objects.filter(pk__in=[one.pk for one in ended]).update(end_told=True)
    return True


def _alarm_message(opened: list[Alarm], ended: list[Alarm]) -> Message:
    lines, facts = [], []
    for alarm in opened:
        lines += [f"✗ {alarm.title}", alarm.text, url(alarm.link), ""]
        facts.append(fact(alarm))
    for alarm in ended:
        assert alarm.closed_at is not None  # for mypy: only what is over
        over = _("It is over since %(at)s.") % {"at": moment_words(alarm.closed_at)}
        lines += [f"✓ {alarm.title}", over, ""]
        facts.append(fact(alarm))
    first = (opened or ended)[0]
    subject = first.title if opened else _("Over: %(title)s") % {"title": first.title}
    more = len(opened) + len(ended) - 1
    return Message(_("%(subject)s (+%(n)d more)") % {"subject": subject, "n": more} if more else subject, lines, facts)


def test(notice: Notice) -> bool:
    """A message at a person's wish, to see whether it arrives."""
    with translation.override(notice.language):
        lines = [_("Somebody wanted to see whether this notice arrives. It does."), "", url(reverse("admin:index"))]
        return send(notice, Message(_("A test"), lines))


# --- digest -----------------------------------------------------------------------------------------------------------


def _tell_digest(notice: Notice) -> bool:
    """Once a day from its hour on; nothing is sent while there is nothing that concerns them."""
    now = timezone.localtime()
    before = timezone.localtime(notice.digested) if notice.digested else None
    if now.hour < notice.hour or (before is not None and before.date() >= now.date()):
        return False
    message = digest(notice)
    if message is not None and not send(notice, message):
        return False
    Notice.objects.filter(pk=notice.pk).update(digested=timezone.now())
    return message is not None

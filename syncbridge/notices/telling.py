"""Who is told what: each alarm once and its end once, the digest once a day; what could not be sent is sent later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from staging.admin.words import cause_view
from staging.admin.worklists import NEEDS_YOU, Group, groups, orders_url, queue, read, sums
from staging.models import StagedOrder
from staging.wording import amount
from syncbridge.models import Alarm, Notice, Told
from syncbridge.notices.alarms import AGAIN
from syncbridge.notices.channels import Message, send, url

STALE = timedelta(days=1)
"""The end of an alarm that could not be told for so long is told no more."""

SHOWN = 30
"""Causes that a digest lists."""


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
        facts.append(_fact(alarm, "open", alarm.opened_at.isoformat()))
    for alarm in ended:
        assert alarm.closed_at is not None  # for mypy: only what is over
        over = _("It is over since %(at)s.") % {"at": _moment(alarm.closed_at)}
        lines += [f"✓ {alarm.title}", over, ""]
        facts.append(_fact(alarm, "over", alarm.closed_at.isoformat()))
    first = (opened or ended)[0]
    subject = first.title if opened else _("Over: %(title)s") % {"title": first.title}
    more = len(opened) + len(ended) - 1
    return Message(_("%(subject)s (+%(n)d more)") % {"subject": subject, "n": more} if more else subject, lines, facts)


def _fact(alarm: Alarm, state: str, at: str) -> dict[str, str]:
    return {"kind": alarm.kind, "subject": alarm.subject, "title": alarm.title, "state": state, "at": at}


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")


# --- digest -----------------------------------------------------------------------------------------------------------


def _tell_digest(notice: Notice) -> bool:
    """Once a day from its hour on; nothing is sent while nothing is held."""
    now = timezone.localtime()
    before = timezone.localtime(notice.digested) if notice.digested else None
    if now.hour < notice.hour or (before is not None and before.date() >= now.date()):
        return False
    message = digest(notice)
    if message is not None and not send(notice, message):
        return False
    Notice.objects.filter(pk=notice.pk).update(digested=timezone.now())
    return message is not None


def digest(notice: Notice) -> Message | None:
    """What is held, grouped by cause, the new causes first; None when nothing is."""
    found = groups()
    count, held = sums(queue(StagedOrder.objects.all(), NEEDS_YOU))
    if not found and not count:
        return None
    since = notice.digested or notice.created_at
    new = [group for group in found if group.since > since]
    old = [group for group in found if group not in new]
    subject = _("%(n)d orders held: %(sums)s") % {"n": count, "sums": _money(held)}
    lines = []
    oldest = queue(StagedOrder.objects.all(), NEEDS_YOU).order_by("placed_at").first()
    if oldest is not None and oldest.placed_at is not None:
        told = {"reference": oldest, "at": _moment(oldest.placed_at)}
        lines += [_("The oldest is %(reference)s, placed %(at)s.") % told, ""]
    for title, part in ((_("New causes"), new), (_("Still open"), old)):
        if part:
            lines += [f"{title}:", *[_line(group) for group in read(part[:SHOWN])]]
            lines += [_("… and %(n)d more.") % {"n": len(part) - SHOWN}] if len(part) > SHOWN else []
            lines.append("")
    lines.append(url(orders_url(queue=NEEDS_YOU)))
    return Message(subject, lines, [_group_fact(group, group in new) for group in found])


def _line(group: Group) -> str:
    told = {"cause": cause_view(group.sample).title, "n": group.orders, "sums": _money(group.sums)}
    return _("- %(cause)s · %(n)d orders · %(sums)s") % told


def _group_fact(group: Group, new: bool) -> dict[str, str]:
    told = {"cause": group.code, "value": group.value, "orders": str(group.orders)}
    return {**told, "sums": _money(group.sums), "new": "yes" if new else "no"}


def _money(by_currency: dict[str, Decimal]) -> str:
    return ", ".join(amount(total, currency) for currency, total in sorted(by_currency.items())) or "0"

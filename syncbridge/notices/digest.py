"""What a digest says: to accountants what is held, to operators what stands still, to everybody else both."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from staging.admin.words import cause_view
from staging.admin.worklists import NEEDS_YOU, Group, groups, orders_url, queue, read, sums
from staging.models import Event, Issue, StagedOrder
from staging.wording import amount, moment_words
from syncbridge.models import Alarm, Notice
from syncbridge.notices.channels import Message, url

SHOWN = 30
"""Causes that a digest lists."""

Role = Notice.Role


@dataclass
class Part:
    """One part of the digest: its share of the subject, its lines, and what a machine reads."""

    subject: str
    lines: list[str]
    facts: list[dict[str, str]] = field(default_factory=list)


def digest(notice: Notice) -> Message | None:
    """What concerns the notice's recipients since its last digest; None when there is nothing of the kind."""
    since = notice.digested or notice.created_at
    parts = [_held(since) if notice.role != Role.OPERATOR else None]
    parts += [_stands_still(since) if notice.role != Role.ACCOUNTANT else None]
    told = [part for part in parts if part is not None]
    if not told:
        return None
    lines = [line for part in told for line in (*part.lines, "")]
    return Message("; ".join(part.subject for part in told), lines[:-1], [fact for part in told for fact in part.facts])


# --- what is held -----------------------------------------------------------------------------------------------------


def _held(since: datetime) -> Part | None:
    """The held orders by cause, new causes first; with the money, the oldest, and what was settled meanwhile."""
    found = groups()
    waiting = queue(StagedOrder.objects.all(), NEEDS_YOU)
    count, held = sums(waiting)
    if not found and not count:
        return None
    new = [group for group in found if group.since > since]
    old = [group for group in found if group not in new]
    lines = []
    oldest = waiting.order_by("placed_at").first()
    if oldest is not None and oldest.placed_at is not None:
        told = {"reference": oldest, "at": moment_words(oldest.placed_at)}
        lines.append(_("The oldest is %(reference)s, placed %(at)s.") % told)
    lines += [*_settled(since), ""]
    for title, part in ((_("New causes"), new), (_("Still open"), old)):
        if part:
            lines += [f"{title}:", *[_line(group) for group in read(part[:SHOWN])]]
            lines += [_("… and %(n)d more.") % {"n": len(part) - SHOWN}] if len(part) > SHOWN else []
            lines.append("")
    lines.append(url(orders_url(queue=NEEDS_YOU)))
    told_of = {"n": count, "sums": _money(held)}
    subject = ngettext("%(n)d order held: %(sums)s", "%(n)d orders held: %(sums)s", count) % told_of
    return Part(subject, lines, [_group_fact(group, group in new) for group in found])


def _settled(since: datetime) -> list[str]:
    """How many orders are held no more, and how many of them no person touched: a mapping, the shop or Sage did it."""
    closed = Issue.objects.filter(closed_at__gt=since).values("order")
    free = StagedOrder.objects.filter(pk__in=closed).exclude(status=StagedOrder.Status.INVALID)
    if not (settled := free.count()):
        return []
    by_hand = Event.objects.filter(order=OuterRef("pk"), at__gt=since, user__isnull=False)
    told = {"n": settled, "alone": free.exclude(Exists(by_hand)).count()}
    return [_("Held no more: %(n)d, of these without anybody at the order itself: %(alone)d.") % told]


def _line(group: Group) -> str:
    told = {"cause": cause_view(group.sample).title, "n": group.orders, "sums": _money(group.sums)}
    return (
        ngettext("- %(cause)s · %(n)d order · %(sums)s", "- %(cause)s · %(n)d orders · %(sums)s", group.orders) % told
    )


def _group_fact(group: Group, new: bool) -> dict[str, str]:
    told = {"cause": group.code, "value": group.value, "orders": str(group.orders)}
    return {**told, "sums": _money(group.sums), "new": "yes" if new else "no"}


def _money(by_currency: dict[str, Decimal]) -> str:
    return ", ".join(amount(total, currency) for currency, total in sorted(by_currency.items())) or "0"


# --- what stands still ------------------------------------------------------------------------------------------------


def _stands_still(since: datetime) -> Part | None:
    """The alarms that are open, and those that were over since."""
    open_, over = Alarm.objects.filter(closed_at=None).order_by("pk"), Alarm.objects.filter(closed_at__gt=since)
    alarms = [*open_, *over.order_by("pk")]
    if not alarms:
        return None
    standing = [alarm for alarm in alarms if alarm.closed_at is None]
    lines = [f"{_('Stands still')}:"]
    for alarm in alarms[:SHOWN]:
        if alarm.closed_at is None:
            told = _("since %(at)s") % {"at": moment_words(alarm.opened_at)}
            lines += [f"✗ {alarm.title} ({told})", url(alarm.link)]
        else:
            lines.append(f"✓ {alarm.title} ({_('It is over since %(at)s.') % {'at': moment_words(alarm.closed_at)}})")
    some = ngettext("%(n)d alarm open", "%(n)d alarms open", len(standing)) % {"n": len(standing)}
    subject = some if standing else _("nothing stands still any more")
    return Part(subject, [line for line in lines if line], [fact(alarm) for alarm in alarms])


def fact(alarm: Alarm) -> dict[str, str]:
    """An alarm for a machine."""
    state, at = ("open", alarm.opened_at) if alarm.closed_at is None else ("over", alarm.closed_at)
    told = {"kind": alarm.kind, "subject": alarm.subject, "title": alarm.title}
    return {**told, "state": state, "at": at.isoformat()}

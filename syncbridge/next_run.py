"""When a step of a shop or company runs next, or what it waits for: for the pages “Jobs” and “Marks”."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from connectors.models import Connection, SageCompany, Shop
from connectors.telling import worded
from staging import jobs
from staging.models import Step
from staging.steps import pause_words
from staging.wording import clock_words
from syncbridge.schedule import TICKS

EVERY = {arguments[0]: seconds for function, arguments, _lane, seconds in TICKS if function is jobs.tick}
"""How often the clock rings a step, in seconds."""


def is_paused(step: Step | None) -> bool:
    """Whether a person's pause of it is in force."""
    return step is not None and step.paused_until is not None and step.paused_until > timezone.now()


def next_run(row: Shop | SageCompany, step: Step | None, name: str) -> str:
    """In words, with the zone where it is a time."""
    if step is not None and is_paused(step):
        return pause_words(step)
    if not row.confirmed:
        return _("not before this installation is confirmed for it")
    if isinstance(row, Shop) and not row.live:
        return _("not before the go-live")
    if row.state == Connection.State.STOPPED:
        return _("not before the connection is resumed: %(reason)s") % {"reason": worded(row.state_reason)}
    if row.state == Connection.State.PAUSED and row.retry_at:
        return _("the other side is away, tried again at %(at)s") % {"at": clock_words(row.retry_at, seconds=True)}
    return _by_the_clock(step, EVERY[name])


def _by_the_clock(step: Step | None, every: int) -> str:
    if step is None or step.ran_at is None:
        return _("with the clock's next round")
    late = timezone.now() - step.ran_at - timedelta(seconds=every)
    if late > max(timedelta(seconds=every), timedelta(minutes=1)):
        return _("overdue: no worker has taken it up")
    if every < 60:
        return _("in the next seconds")
    return clock_words(step.ran_at + timedelta(seconds=every))

"""The beat of clock and workers together: a worker writes it when it hears the clock. Who is dead when it ends."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from syncbridge import health
from syncbridge.models import Beat

TICK = "tick"

MISSED = timedelta(minutes=2)
"""Two beats: after so long the start page says it."""

DEAD = timedelta(minutes=5)
"""After so long it is an alarm."""


def beat() -> None:
    """Clock and workers are alive."""
    Beat.objects.update_or_create(name=TICK, defaults={"at": timezone.now()})


def silent_since(longer: timedelta) -> datetime | None:
    """When the last beat was, if that is longer ago; None while all is well, and before the very first one."""
    last = Beat.objects.filter(name=TICK).first()
    return last.at if last is not None and last.at < timezone.now() - longer else None


def who_is_dead() -> str:
    """Which process to start, as the queue shows it at this moment."""
    seen = health.look()
    if seen.away:
        return _("Redis does not answer: start it, or repair its address (REDIS_URL).")
    told = []
    if not seen.working:
        told.append(_("No worker answers: start one (python manage.py rqworker orders catalogue mirror)."))
    if not seen.ticking:
        told.append(_("The clock does not run: start it (python manage.py rqcron syncbridge.schedule)."))
    return " ".join(told) or _("Both answer at this moment: look at the page “Jobs” whether it goes on.")

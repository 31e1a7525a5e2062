"""What each step did last for a shop or a company, and a person's pause of it, which every machine keeps to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors.models import SageCompany, Shop
from staging.models import Step
from staging.sweeping import Swept
from staging.wording import clock_words

OF_SHOP = ("fetch", "validate", "compare")
OF_COMPANY = ("push", "track", "release")

WORDS = {
    "fetch": gettext_lazy("read the shop"),
    "validate": gettext_lazy("check orders"),
    "compare": gettext_lazy("compare with the shop"),
    "push": gettext_lazy("send to Sage"),
    "track": gettext_lazy("read back from Sage"),
    "release": gettext_lazy("release receipt batches"),
}
"""What a step does."""


def of(name: str, row: Shop | SageCompany) -> QuerySet[Step]:
    """The step's row; it is made when it first runs or is first paused."""
    return Step.objects.filter(name=name, **_whose(row))


def pauses() -> QuerySet[Step]:
    """What is paused at this moment."""
    return Step.objects.filter(paused_until__gt=timezone.now())


def paused(name: str, row: Shop | SageCompany) -> Step | None:
    """The pause that is in force, with who and why; a pause ends by itself."""
    return of(name, row).filter(paused_until__gt=timezone.now()).select_related("paused_by").first()


def pause_words(step: Step) -> str:
    """Who paused it until when, and why."""
    until = clock_words(step.paused_until) if step.paused_until else "–"
    told = {"who": step.paused_by or "–", "until": until, "reason": step.pause_reason}
    return _("paused by %(who)s until %(until)s (%(reason)s)") % told


def pause(name: str, row: Shop | SageCompany, until: datetime, user: User, reason: str) -> None:
    """Nobody runs the step for this row until then; what is running ends within its time."""
    step, _made = Step.objects.get_or_create(name=name, **_whose(row))
    step.paused_at, step.paused_until, step.paused_by, step.pause_reason = timezone.now(), until, user, reason[:250]
    step.save(update_fields=["paused_at", "paused_until", "paused_by", "pause_reason"])


def resume(name: str, row: Shop | SageCompany) -> bool:
    """End a pause before its time; False when there is none."""
    step = paused(name, row)
    if step is None:
        return False
    step.paused_until = timezone.now()  # its end, as if it had come by itself: what waited has its time to catch up
    step.save(update_fields=["paused_until"])
    return True


def note(name: str, row: Shop | SageCompany, began: datetime, swept: Swept | None) -> None:
    """Write down what a run did; None: it failed."""
    now = timezone.now()
    told = swept or Swept(0, False)
    values: dict[str, Any] = {"ran_at": now, "seconds": (now - began).total_seconds(), "done": told.done}
    values |= {"left": told.left, "note": told.note, "failed": swept is None}
    if told.done:
        values |= {"worked_at": now, "worked": told.done}
    if not of(name, row).update(**values):
        Step.objects.bulk_create([Step(name=name, **_whose(row), **values)], ignore_conflicts=True)


def _whose(row: Shop | SageCompany) -> dict[str, Any]:
    return {"shop": row} if isinstance(row, Shop) else {"company": row}

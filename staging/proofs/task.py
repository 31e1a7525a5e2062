"""What people and the clock ask for: prove some days and keep the result, read an order that a proof missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import override

from connectors import open_sage, open_shop
from connectors.models import Shop
from connectors.plain import plain, restore
from connectors.words import words
from staging.models import Task
from staging.proofs import mail
from staging.proofs.read import prove
from staging.proofs.types import DayProof
from staging.rereading import reread

PROVE, READ = "prove", "read-orders"
MORNING = 6
"""From this hour of the shop's own day on, its yesterday is proved."""

TRIES = 5
"""A daily proof that failed is asked for again with the next ticks, so often."""

Bells = list[tuple[str, int]]


def parameters(shop: Shop, first: date, last: date, *, daily: bool = False) -> dict[str, Any]:
    """What a task of kind ``prove`` is asked with; a ``daily`` one is mailed."""
    asked = {"shop": shop.pk, "first": first.isoformat(), "last": last.isoformat()}
    return asked | {"daily": True} if daily else asked


def run_proof(task: Task) -> Bells:
    """``shop``, ``first``, ``last`` (days), ``daily``: ask the shop and Sage; the proofs are the task's result."""
    asked = task.parameters
    shop = Shop.objects.select_related("company").get(pk=asked["shop"])
    days = date.fromisoformat(asked["first"]), date.fromisoformat(asked["last"])
    proofs = prove(shop, *days, open_shop(shop), open_sage(shop.company))
    task.result = {
        "days": {proof.day.isoformat(): plain(proof) for proof in proofs},
        "differences": sum(len(proof.differences) for proof in proofs),
    }
    differences = task.result["differences"]
    task.message = words("Differences: %(n)d.", n=differences) if differences else words("Nothing differs.")
    if asked.get("daily"):
        _mail(shop, proofs)
    return []


def _mail(shop: Shop, proofs: list[DayProof]) -> None:
    try:
        with override(settings.LANGUAGE_CODE):
            mail.send(shop, proofs)
    except OSError as error:
        raise ValueError(
            words(
                "The proof was made, but could not be mailed: %(why)s. Check EMAIL_URL; it is tried again every hour.",
                why=mail.mail_trouble(error),
            )
        ) from error


def run_reading(task: Task) -> Bells:
    """``shop``, ``orders`` (the shop's numbers): read them now, as if they had just changed."""
    shop = Shop.objects.get(pk=task.parameters["shop"])
    found, news = reread(shop, task.parameters["orders"], open_shop(shop))
    task.message = (
        words(
            "Read: %(found)d, of these new or changed: %(news)d. They are checked and sent now; then ask for the proof "
            "again.",
            found=found,
            news=news,
        )
        if found
        else words("The shop has no such order.")
    )
    return [("validate", shop.pk)]


def due() -> list[dict[str, Any]]:
    """Yesterday's proof of each live shop, once its morning has come and as long as it was not made."""
    wanted = []
    for shop in Shop.objects.exclude(state=Shop.State.STOPPED).order_by("pk"):
        now = timezone.now().astimezone(ZoneInfo(shop.time_zone))
        day = now.date() - timedelta(days=1)
        asked = parameters(shop, day, day, daily=True)
        if not shop.live or now.hour < MORNING:
            continue
        made = Task.objects.filter(kind=PROVE, parameters=asked)
        failed = made.filter(status=Task.Status.FAILED).count()
        if made.count() == failed < TRIES:
            wanted.append(asked)
    return wanted


@dataclass(frozen=True)
class Kept:
    """A proof that was kept, and the task that made it."""

    proof: DayProof
    task: Task


def kept(shop: Shop, first: date, last: date) -> dict[date, Kept]:
    """The latest proof of each of these days, where there is one."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    tasks = Task.objects.filter(kind=PROVE, parameters__shop=shop.pk)
    tasks = tasks.filter(result__days__has_any_keys=[day.isoformat() for day in days])
    found: dict[date, Kept] = {}
    for task in tasks.select_related("user").order_by("-pk")[:200]:
        for text, told in task.result["days"].items():
            day = date.fromisoformat(text)
            if day in days and day not in found:
                found[day] = Kept(restore(DayProof, told), task)
        if len(found) == len(days):
            break
    return dict(sorted(found.items()))


def proved(task: Task) -> list[DayProof]:
    """The proofs that a task made."""
    days = task.result.get("days", {}) if task.kind == PROVE else {}
    return [restore(DayProof, told) for _day, told in sorted(days.items())]


def under_way(shop: Shop, day: date) -> Task | None:
    """A proof of this day that is being made."""
    running = Task.objects.filter(kind=PROVE, status__in=[Task.Status.QUEUED, Task.Status.RUNNING])
    text = day.isoformat()
    running = running.filter(parameters__shop=shop.pk, parameters__first__lte=text, parameters__last__gte=text)
    return running.order_by("-pk").first()


def shop_yesterday(shop: Shop, now: datetime | None = None) -> date:
    """The shop's last whole day."""
    return (now or timezone.now()).astimezone(ZoneInfo(shop.time_zone)).date() - timedelta(days=1)

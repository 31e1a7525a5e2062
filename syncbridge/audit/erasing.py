"""Erasing personal values from the audit: those about one person on request, and all that are older than staff want."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import CharField, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from staging.models import Note, StagedOrder
from syncbridge.audit import values
from syncbridge.audit.act import Act
from syncbridge.audit.capture import record
from syncbridge.models import AuditEntry, AuditValue, Threshold
from syncbridge.thresholds import threshold

RIGHT = "syncbridge.erase_auditentry"
SHORTEST = 4
"""Letters that name a person at least: fewer would find half of the audit."""

BATCH = 2000
BUDGET = 120.0
"""Seconds that one day's sweep may take; what is left is erased the day after."""


@dataclass(frozen=True)
class Found:
    """How many personal values, in how many entries."""

    values: int
    entries: int


def about(person: str) -> QuerySet[AuditEntry]:
    """Entries with a personal value that contains the text, and those about orders and notes of who is called so.

    An e-mail address finds whole, as does a name; the case of letters does not matter. One reading of the values.
    """
    text = person.strip()
    if len(text) < SHORTEST:
        return AuditEntry.objects.none()
    said = AuditValue.objects.annotate(b=Cast("before", TextField()), a=Cast("after", TextField()))
    named = said.filter(Q(b__icontains=text) | Q(a__icontains=text)).values("entry_id")
    orders = StagedOrder.objects.filter(Q(email__iexact=text) | Q(customer__iexact=text))
    notes = Note.objects.filter(order__in=orders)
    everything = named.union(_of(StagedOrder, orders), _of(Note, notes), all=True)
    return AuditEntry.objects.filter(pk__in=everything)


def _of(model: type[StagedOrder] | type[Note], rows: QuerySet[StagedOrder] | QuerySet[Note]) -> QuerySet[Any, Any]:
    """The primary keys of the entries about these rows."""
    kind = ContentType.objects.get_for_model(model)
    keys = rows.order_by().annotate(key=Cast("pk", CharField(max_length=64))).values("key")
    return AuditEntry.objects.order_by().filter(content_type=kind, object_id__in=keys).values("pk")


def count(entries: QuerySet[AuditEntry]) -> Found:
    """What an erasure of these entries would take."""
    there = AuditValue.objects.filter(entry__in=entries.order_by())
    return Found(there.count(), there.values("entry").distinct().count())


@transaction.atomic
def erase(entries: QuerySet[AuditEntry], act: Act) -> Found:
    """Erase for the act's reason, which is kept with the numbers; nothing tells what the values were."""
    found = count(entries)
    values.erase(entries.order_by())
    with translation.override(settings.LANGUAGE_CODE):
        what = _("Personal values erased: %(values)d, in entries: %(entries)d.") % vars(found)
        record(act, AuditEntry(), AuditEntry.Action.ACT, {}, {"what": what}, label=_("audit"))
    return found


def tick() -> None:
    """Once a day: erase what is older than staff want to keep, for so long as there is time today."""
    days, until = threshold(Threshold.Name.PERSONAL), time.monotonic() + BUDGET
    if not days:
        return
    old = AuditEntry.objects.filter(at__lt=timezone.now() - timedelta(days=days)).order_by("-at")
    newest = old.values_list("pk", flat=True).first()
    while newest is not None and time.monotonic() < until:
        kept = AuditValue.objects.filter(entry__lte=newest).order_by("entry")
        batch = list(kept.values_list("entry", flat=True)[:BATCH])
        values.erase(AuditEntry.objects.filter(pk__in=batch))
        if len(batch) < BATCH:
            return

"""The slots of a company: how many requests it is asked at once, from all workers on all machines together.

A slot is free again when its holder's connection to the database has ended: PostgreSQL knows at once that a worker was
killed, on whatever machine. It only bounds how many ask at once, each document is guarded by its own lease: two in one
slot for a moment (a holder whose connection broke, or who slept longer than the lease) do no harm.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Func, IntegerField, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from connectors.models import SageCompany
from staging.models import Slot
from staging.models.postings import PUSH_LEASE

LEASE = PUSH_LEASE + timedelta(minutes=1)
"""A slot outlives what is done under it. For holders who vanished and whose connection does not end: a machine without
power or network, until PostgreSQL gives it up; and a worker that hangs. By the database's clock.
"""

CONNECTED = RawSQL("SELECT pid FROM pg_stat_activity", ())
OWN = Func(function="pg_backend_pid", output_field=IntegerField())

LOOK_AGAIN = 0.02


@contextmanager
def slot(company: SageCompany, *, wait: float) -> Iterator[bool]:
    """Hold a slot of the company for the length of the block; False when none became free within ``wait`` seconds."""
    holder = uuid4().hex
    until = time.monotonic() + wait
    taken = _take(company, holder)
    while not taken and time.monotonic() < until:
        time.sleep(LOOK_AGAIN)
        taken = _take(company, holder)
    try:
        yield taken
    finally:
        if taken:
            Slot.objects.filter(company=company, holder=holder).update(holder="", backend=None, lease_until=None)


def give_way(company: SageCompany) -> None:
    """Between two slots taken one after another: lets those who wait for one be first when there is no other."""
    if _free(company).count() <= 1:
        time.sleep(2 * LOOK_AGAIN)


def _free(company: SageCompany) -> QuerySet[Slot]:
    free = Q(lease_until=None) | Q(lease_until__lt=Now()) | ~Q(backend__in=CONNECTED)
    return Slot.objects.filter(free, company=company, number__lte=company.simultaneous)


def _take(company: SageCompany, holder: str) -> bool:
    first = _free(company).order_by("number").select_for_update(skip_locked=True).values("pk")[:1]
    with transaction.atomic():
        if Slot.objects.filter(pk=Subquery(first)).update(holder=holder, backend=OWN, lease_until=Now() + LEASE):
            return True
    if Slot.objects.filter(company=company, number__lte=company.simultaneous).count() < company.simultaneous:
        numbers = range(1, company.simultaneous + 1)
        Slot.objects.bulk_create([Slot(company=company, number=number) for number in numbers], ignore_conflicts=True)
    return False

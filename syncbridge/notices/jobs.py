"""The doors of the queue for notices: the clock's tick looks, then tells; a person has a notice tested."""

from __future__ import annotations

import django_rq
from django.db import transaction

from syncbridge.models import Notice
from syncbridge.notices import alarms, beats, telling


def tick() -> None:
    """A worker heard the clock: note that, look for what stands still, send what is due."""
    if beats.silent_since(beats.DEAD):
        alarms.look()  # perhaps nobody else was there to write down that all stood still
    beats.beat()
    alarms.look()
    telling.tell()


def ask_test(notice: Notice) -> None:
    """After the commit, have a test sent; how it went stands on the notice."""
    pk = notice.pk
    transaction.on_commit(lambda: django_rq.get_queue("orders").enqueue(test, pk), robust=True)


def test(pk: int) -> None:
    """Send it."""
    telling.test(Notice.objects.get(pk=pk))

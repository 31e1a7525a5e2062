"""The attempts at postings: hears what a sweep says to Sage and back, keeps it, and forgets it in time."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from connectors.plain import plain
from connectors.ports import Sage
from connectors.types import Exchange
from connectors.words import words
from staging.models import Attempt, Posting

logger = logging.getLogger(__name__)

AT_ONCE = 20_000
"""Attempts that one run forgets at most."""


class Attempts:
    """The attempts of one sweep. They are gathered and written together: an insert each would cost as a posting's move.

    A worker that dies takes along those of its last second; that they began stands in the diary all the same.
    """

    def __init__(self, sage: Sage) -> None:
        self._heard: list[Exchange] = []
        self._over: list[Attempt] = []
        sage.listen(self._heard.append)

    @contextmanager
    def of(self, posting: Posting) -> Iterator[None]:
        """All that is said inside belongs to one attempt at this posting."""
        self._heard.clear()
        at, began, failed = timezone.now(), time.monotonic(), ""
        try:
            yield
        except Exception:
            failed = words("The bridge itself failed; the document is looked up in Sage before anything is sent again.")
            raise
        finally:
            attempt = Attempt(
                posting=posting,
                at=at,
                seconds=round(time.monotonic() - began, 3),
                outcome=posting.status,
                message=failed or posting.told,
                exchanges=plain(self._heard),
            )
            self._over.append(attempt)

    def keep(self) -> None:
        """Write those that are over; that they cannot be written stops nobody."""
        over, self._over = self._over, []
        try:
            with transaction.atomic():
                Attempt.objects.bulk_create(over)
        except DatabaseError:
            logger.exception("the last %s attempts were not kept", len(over))


def forget() -> int:
    """Delete attempts older than the setting says, a bounded number; how many.

    While Sage does not hold a posting, all its attempts stay.
    """
    before = timezone.now() - timedelta(days=settings.ATTEMPTS_KEPT_DAYS)
    over = [Posting.Status.PUSHED, Posting.Status.DROPPED]
    old = Attempt.objects.filter(at__lt=before, posting__status__in=over).order_by("at")[:AT_ONCE]
    return Attempt.objects.filter(pk__in=old.values("pk")).delete()[0]

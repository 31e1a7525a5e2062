"""The clock, django-rq's own, but that it outlives a Redis that is away: else one restart of Redis would end it."""

from __future__ import annotations

import logging
import time
from typing import Any

from django_rq.management.commands import rqcron
from redis.exceptions import RedisError
from rq.exceptions import StopRequested

logger = logging.getLogger(__name__)

AGAIN = 5.0
"""Seconds until Redis is tried again."""


class Command(rqcron.Command):
    """Runs until it is ended from outside."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Begin anew, with the same schedule, each time that Redis broke off."""
        try:
            while not self._ran(*args, **options):
                time.sleep(AGAIN)
        except StopRequested:  # while it slept
            return

    def _ran(self, *args: Any, **options: Any) -> bool:
        """Whether it came to its own end."""
        try:
            super().handle(*args, **options)
        except RedisError as error:
            logger.error("The clock waits for Redis: %s", error)
            return False
        return True

"""Look for what stands still without the clock, so that dead workers are noticed, too: once, or as a process."""

from __future__ import annotations

import logging
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from syncbridge.models import Alarm
from syncbridge.notices import alarms, telling

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Prints the open alarms, sends what is due; ends with 1 while an alarm is open, or with ``--every`` never."""

    help = "Look for what stands still, tell who wants to know; exit code 1 while an alarm is open."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Once, as cron wants it, or again and again."""
        parser.add_argument("--every", type=float, metavar="SECONDS", help="look again and again (the process watch)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Needs the database only."""
        if options["every"]:
            self._watch(options["every"])
        standing = _look()
        for alarm in standing:
            self.stdout.write(f"{alarm.opened_at:%Y-%m-%d %H:%M} UTC  {alarm.title}: {alarm.text}")
        if standing:
            sys.exit(1)

    def _watch(self, seconds: float) -> None:
        """Until it is ended from outside; a database that is away is waited for."""
        while True:
            try:
                _look()
            except DatabaseError as error:
                logger.error("Nobody could look for what stands still: %s", error)
            close_old_connections()
            time.sleep(seconds)


def _look() -> list[Alarm]:
    standing = alarms.look()
    telling.tell()
    return standing

"""Look for what stands still without the clock, so that dead workers are noticed, too; for the system's own cron."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from syncbridge.notices import alarms, telling


class Command(BaseCommand):
    """Prints the open alarms, sends what is due; ends with 1 while an alarm is open."""

    help = "Look for what stands still, tell who wants to know; exit code 1 while an alarm is open."

    def handle(self, *args: Any, **options: Any) -> None:
        """Needs the database only."""
        standing = alarms.look()
        telling.tell()
        for alarm in standing:
            self.stdout.write(f"{alarm.opened_at:%Y-%m-%d %H:%M} UTC  {alarm.title}: {alarm.text}")
        if standing:
            sys.exit(1)

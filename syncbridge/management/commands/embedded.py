"""Start, stop or erase the embedded servers of this VAR_DIR: ``manage.py embedded start|stop|erase``."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from syncbridge import embedded


class Command(BaseCommand):
    """Start, stop or erase the embedded PostgreSQL and Redis server."""

    help = "Start, stop or erase the embedded PostgreSQL and Redis server of this VAR_DIR."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """One word: what to do."""
        parser.add_argument("what", choices=["start", "stop", "erase"])

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; ``start`` prints the two addresses."""
        try:
            if options["what"] == "start":
                self.stdout.write(f"{embedded.database_url()}\n{embedded.redis_url()}")
            elif options["what"] == "stop":
                embedded.stop()
            else:
                embedded.erase()
        except embedded.EmbeddedError as error:
            raise CommandError(str(error)) from error

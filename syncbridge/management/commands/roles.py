"""Make the groups accountant, operator and administrator, with the rights of this version: ``manage.py roles``."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from syncbridge.roles import ROLES, ensure_roles


class Command(BaseCommand):
    """Make the three roles; may be run again at any time."""

    help = "Make the groups accountant, operator and administrator; run it after each upgrade."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make them and say what to do with them."""
        try:
            ensure_roles()
        except LookupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Roles: {', '.join(ROLES)}. Put people into these groups under Users.")

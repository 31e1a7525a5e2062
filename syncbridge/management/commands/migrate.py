"""Django's ``migrate``, as the owner of the tables where DATABASE_OWNER_URL names one (docs/audit.md)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.core.management.commands import migrate

from syncbridge import owner


class Command(migrate.Command):
    """Migrates, and then gives the application's role what it needs."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Without an owner of its own, as Django does."""
        if settings.DATABASE_OWNER is None:
            super().handle(*args, **options)
            return
        try:
            with owner.acting(settings.DATABASE_OWNER) as role:
                super().handle(*args, **options)
                owner.grant(role)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error

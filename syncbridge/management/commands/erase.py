"""Erase a person's values from the audit: ``manage.py erase --email …`` counts, ``--apply --reason …`` erases."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from syncbridge.audit import erasing
from syncbridge.audit.act import REASON, Act, new_id


class Command(BaseCommand):
    """The same as in the audit's list, for who works at a shell."""

    help = "Count a person's values in the audit; with --apply and a reason erase them. Orders are not touched."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who, and why."""
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("--email", help="the person's e-mail address")
        who.add_argument("--name", help="first and last name, as on the order")
        parser.add_argument("--reason", default="", help="kept in the audit; name no person, but e.g. the request")
        parser.add_argument("--apply", action="store_true", help="erase what was found")

    def handle(self, *args: Any, **options: Any) -> None:
        """Show the numbers."""
        person, reason = str(options["email"] or options["name"]).strip(), options["reason"].strip()[:REASON]
        if len(person) < erasing.SHORTEST:
            raise CommandError(f"Enter at least {erasing.SHORTEST} letters of the address or name.")
        if options["apply"] and not reason:
            raise CommandError("Say why with --reason: it is kept, and name no person there.")
        entries = erasing.about(person)
        if options["apply"]:
            found = erasing.erase(entries, Act(0, "manage.py erase", new_id(), reason))
            self.stdout.write(f"Erased: {found.values} personal values in {found.entries} entries.")
        else:
            found = erasing.count(entries)
            self.stdout.write(f"{found.values} personal values in {found.entries} entries. --apply erases them.")

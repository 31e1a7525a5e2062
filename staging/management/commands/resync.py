"""After a restore: ``manage.py resync --company X --since YYYY-MM-DD`` shows what differs, ``--apply`` repairs it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connectors import open_sage
from connectors.errors import ConnectorError
from connectors.models import SageCompany
from staging import jobs, resync

LISTS = {
    "missing": "noted as in Sage, but not there (sent again by --apply)",
    "linked": "in Sage, but not noted (linked by --apply)",
    "differ": "under our reference lies something else (an issue tells)",
    "unknown": "in Sage with a reference of ours, but we never sent it (adopted when its order is fetched again)",
}


class Command(BaseCommand):
    """Compare our postings with what Sage holds, by our references."""

    help = "Compare our postings with what Sage holds since a date; with --apply make them right. Never writes to Sage."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which company, since when."""
        parser.add_argument("--company", required=True, help="name of the company")
        parser.add_argument("--since", required=True, type=date.fromisoformat, help="YYYY-MM-DD, by document date")
        parser.add_argument("--apply", action="store_true", help="write down what was found")

    def handle(self, *args: Any, **options: Any) -> None:
        """Show counts and references."""
        company = SageCompany.objects.filter(name=options["company"]).first()
        if company is None:
            raise CommandError("No such company. Enter its name as in the admin.")
        work = resync.apply if options["apply"] else resync.preview
        try:
            told = work(company, options["since"], open_sage(company)).told()
        except ConnectorError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{told['in_sage']} in Sage, {told['same']} as noted")
        for name, text in LISTS.items():
            self.stdout.write(f"{told[name]} {text}")
            for reference in told["lists"][name]:
                self.stdout.write(f"    {reference}")
        if options["apply"]:
            jobs.ring("validate_company", company.pk)
            self.stdout.write("Written down. What was lost is checked and sent again by the sweeps.")

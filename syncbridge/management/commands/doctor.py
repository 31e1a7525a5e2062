"""manage.py doctor: test every connection, or find out on a test company how it computes tax."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError

from connectors import open_sage
from connectors.checkup import checkup
from connectors.errors import ConnectorError
from connectors.models import SageCompany, Shop
from connectors.types import Finding

Row = TypeVar("Row", Shop, SageCompany)

_MARKS = {True: "ok  ", False: "FAIL", None: "?   "}
_SURE = "--yes-this-is-a-test-company"


class Command(BaseCommand):
    """Exit code 0 when nothing failed, 1 when something did or a name is wrong."""

    help = "Say in plain words what works with each connection and what is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which connections; by default all of them."""
        parser.add_argument("--shop", metavar="NAME", help="only this shop")
        parser.add_argument("--company", metavar="NAME", help="only this Sage company")
        probe = "find out how the company computes tax by POSTING small orders that stay there; needs --company and "
        parser.add_argument("--tax-probe", action="store_true", help=probe + _SURE)
        parser.add_argument(_SURE, action="store_true", dest="sure", help="the company may be filled with test orders")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run what was asked for."""
        if options["tax_probe"]:
            self._probe(options["company"], sure=options["sure"])
            return
        good = [self._examined(connection) for connection in _chosen(options["shop"], options["company"])]
        if not all(good):
            raise CommandError("Something is missing: see the lines marked FAIL.")

    def _examined(self, connection: Shop | SageCompany) -> bool:
        findings = checkup(connection)
        self.stdout.write(self.style.MIGRATE_HEADING(f"{connection._meta.verbose_name}: {connection.name}"))
        for finding in findings:
            self.stdout.write(_line(finding))
        return all(finding.ok is not False for finding in findings)

    def _probe(self, name: str | None, *, sure: bool) -> None:
        if not name or not sure:
            raise CommandError(
                f"The tax probe posts orders that cannot be deleted. Name a test company: --company NAME {_SURE}"
            )
        company = _named(SageCompany, name)
        sage = open_sage(company)
        if not hasattr(sage, "probe_tax"):
            raise CommandError(
                f"{company.get_edition_display()} has no tax probe. Ask the accountants how it rounds tax."
            )
        try:
            profile = sage.probe_tax(lambda number: self.stdout.write(f"Posted order {number}"))
        except ConnectorError as error:
            raise CommandError(error.message) from None
        self._tell(company, profile)

    def _tell(self, company: SageCompany, profile: Any) -> None:
        for note in profile.notes:
            self.stdout.write(f"Note: {note}")
        if profile.orders:
            self.stdout.write(f"Orders left in {company.org_id}: {', '.join(profile.orders)}. Delete them in Sage.")
        if not profile.ways:
            raise CommandError("The way of computing tax was not found. Send the notes above to support.")
        if len(profile.ways) > 1:
            self.stdout.write("The rates set up there give the same tax in several ways; any of these fits.")
        bases, roundings = ({getattr(way, name) for way in profile.ways} for name in ("basis", "rounding"))
        self.stdout.write(f"Tax is computed: {' or '.join(sorted(bases))}; rounding: {' or '.join(sorted(roundings))}.")
        self.stdout.write(f"Prices with tax: {_taken(profile.included)}; without tax: {_taken(profile.on_top)}.")
        self.stdout.write(f"Enter this in {company.name} (and in the real company, if it is set up alike).")


def _line(finding: Finding) -> str:
    remedy = f" {finding.remedy}" if finding.remedy else ""
    return f"  {_MARKS[finding.ok]} {finding.subject}: {finding.text}{remedy}"


def _taken(answer: bool | None) -> str:
    return {True: "taken", False: "refused", None: "not found out"}[answer]


def _chosen(shop: str | None, company: str | None) -> list[Shop | SageCompany]:
    """The connections asked for; all when none is named."""
    if shop or company:
        return [
            *([_named(Shop, shop)] if shop else []),
            *([_named(SageCompany, company)] if company else []),
        ]
    everything: list[Shop | SageCompany] = [*Shop.objects.order_by("name"), *SageCompany.objects.order_by("name")]
    if not everything:
        raise CommandError("There is no connection yet. Add a Sage company and a shop in the admin.")
    return everything


def _named(kind: type[Row], name: str) -> Row:
    rows = kind._default_manager
    found = rows.filter(name=name).first()
    if found is None:
        names = ", ".join(rows.order_by("name").values_list("name", flat=True)) or "none"
        raise CommandError(f"There is no {kind._meta.verbose_name} “{name}”. There is: {names}.")
    return found

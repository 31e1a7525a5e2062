"""The same sweeps by hand, without Redis: ``manage.py sweep fetch validate push [--until-quiet]``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connectors.models import SageCompany, Shop
from staging import fetch, push, release, steps, track, validate
from staging.sweeping import Swept

SHOP_STEPS: dict[str, Callable[..., Swept]] = {
    "fetch": fetch.sweep,
    "compare": fetch.compare,
    "validate": validate.sweep,
}
COMPANY_STEPS: dict[str, Callable[..., Swept]] = {
    "push": push.sweep,
    "track": track.sweep,
    "release": release.sweep,
}


class Command(BaseCommand):
    """Do what is due, in the order of the steps named."""

    help = "Do what is due, here and now: fetch, compare, validate, push, track, release, in the order named."

    def add_arguments(self, parser: CommandParser) -> None:
        """The steps, and which shop or company."""
        parser.add_argument("steps", nargs="+", choices=[*SHOP_STEPS, *COMPANY_STEPS])
        parser.add_argument("--shop", help="only this shop (its name)")
        parser.add_argument("--company", help="only this company (its name)")
        parser.add_argument("--until-quiet", action="store_true", help="repeat until a whole round did nothing")
        parser.add_argument("--seconds", type=float, default=None, help="start nothing new after this time")

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep, and say per step and row what was done."""
        deadline = time.monotonic() + options["seconds"] if options["seconds"] is not None else None
        quiet = False
        while not quiet:
            quiet = True
            for sweep, row, label in self._rows(options):
                if (pause := steps.paused(label, row)) is not None:
                    self.stdout.write(f"{label} {row}: paused by {pause.paused_by} ({pause.pause_reason}).")
                    continue
                swept = sweep(row, deadline=deadline)
                quiet = quiet and not swept.done and not swept.left
                if swept.done or swept.note or not options["until_quiet"]:
                    self.stdout.write(f"{label} {row}: {swept.done} done. {swept.note}".strip())
            if not options["until_quiet"] or (deadline is not None and time.monotonic() >= deadline):
                return

    def _rows(self, options: dict[str, Any]) -> Iterator[tuple[Callable[..., Swept], Shop | SageCompany, str]]:
        shops, companies = Shop.objects.order_by("pk"), SageCompany.objects.order_by("pk")
        if options["shop"]:
            shops = shops.filter(name=options["shop"])
            companies = companies.filter(shops__in=shops)
        if options["company"]:
            companies = companies.filter(name=options["company"])
            shops = shops.filter(company__in=companies)
        if not shops and not companies:
            raise CommandError("No such shop or company. Enter its name as in the admin.")
        for step in options["steps"]:
            if step in SHOP_STEPS:
                yield from ((SHOP_STEPS[step], shop, step) for shop in shops)
            else:
                yield from ((COMPANY_STEPS[step], company, step) for company in companies.distinct())

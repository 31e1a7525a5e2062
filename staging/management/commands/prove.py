"""manage.py prove: ask the shop and Sage themselves what a day holds, and say what differs."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connectors.models import Shop
from staging import tasks
from staging.models import Task
from staging.proofs import mail, sheets
from staging.proofs.task import PROVE, kept, parameters, shop_yesterday
from staging.proofs.types import DayProof

DIFFERS, NOT_PROVED = 1, 2


class Command(BaseCommand):
    """Exit code 0 when nothing differs, 1 when something does, 2 when it could not be proved."""

    help = "Prove a day: the shop's orders, payments and refunds against Sage's documents. Changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which day of which shops; by default yesterday of all."""
        parser.add_argument("--day", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the shop's own day")
        parser.add_argument("--until", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the last of several days")
        parser.add_argument("--shop", metavar="NAME", help="only this shop")
        parser.add_argument("--csv", type=Path, metavar="FILE", help="write everything counted and named to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prove, tell, and keep the proofs where the back-office shows them."""
        table, clean = None, True
        for shop in _shops(options["shop"]):
            first = options["day"] or shop_yesterday(shop)
            proofs = self._proved(shop, first, options["until"] or first)
            self.stdout.write(mail.text(shop, proofs))
            clean &= all(proof.clean for proof in proofs)
            if options["csv"]:
                rows = sheets.sheet(shop, proofs)
                table = rows if table is None else table.stack(rows)
        if table is not None:
            options["csv"].write_bytes(sheets.written(table, "csv"))
        if not clean:
            sys.exit(DIFFERS)

    def _proved(self, shop: Shop, first: date, last: date) -> list[DayProof]:
        task = Task.objects.create(kind=PROVE, parameters=parameters(shop, first, last))
        tasks.run(task.pk)
        task.refresh_from_db()
        if task.status != Task.Status.DONE:
            raise CommandError(f"{shop}: {task.message}", returncode=NOT_PROVED)
        return [each.proof for each in kept(shop, first, last).values()]


def _shops(name: str | None) -> list[Shop]:
    shops = Shop.objects.select_related("company").order_by("name")
    found = list(shops.filter(name=name) if name else shops)
    if not found:
        names = ", ".join(shops.values_list("name", flat=True)) or "none"
        raise CommandError(f"There is no shop “{name or ''}”. There is: {names}.", returncode=NOT_PROVED)
    return found

"""manage.py sandbox shop | sage: a small PrestaShop or Sage 300 on localhost that keeps its state in a file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from connectors.sandbox import prestashop, sage300


class Command(BaseCommand):
    """Serve one sandbox until Ctrl-C; two of them, on two ports, make a world to try a setup in."""

    help = "Run a sandbox PrestaShop (shop) or a sandbox Sage 300 (sage) on localhost until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which one, where it listens and what it keeps."""
        parser.add_argument("which", choices=["shop", "sage"])
        parser.add_argument("--port", type=int, help="8085 for the shop, 8320 for Sage")
        parser.add_argument("--state", type=Path, help="the file that keeps it; default: below VAR_DIR")
        parser.add_argument("--dataset", type=Path, help="shop: folder of JSON lists to start from")
        parser.add_argument("--shop-version", default="8.2", choices=["8.2", "9.1"], help="shop: what it answers like")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve."""
        state = options["state"] or settings.VAR_DIR / "sandbox" / f"{options['which']}.sqlite3"
        state.parent.mkdir(parents=True, exist_ok=True)
        if options["which"] == "shop":
            prestashop.serve(
                port=options["port"] or 8085,
                state=state,
                dataset=options["dataset"],
                version=options["shop_version"],
                announce=self.stdout.write,
            )
        else:
            sage300.serve(state, port=options["port"] or 8320, announce=self.stdout.write)

"""manage.py demo: everything on this machine, with live progress, until Ctrl-C."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from argparse import ArgumentParser
from datetime import datetime
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils import timezone

from connectors import open_sage
from connectors.sandbox.prestashop import FULL_KEY
from mappings import mirror
from syncbridge import embedded
from syncbridge.demo import progress, world
from syncbridge.demo.accounts import accounts
from syncbridge.demo.running import DemoError, Running, alone, free_port
from syncbridge.demo.trade import Customers

NEW_ORDERS_EVERY = 20.0
"""Seconds between two new orders: three a minute."""

ONCE_LIMIT = 600.0
"""Seconds after which `ONCE=1` gives up waiting for quiet."""

SPARED = ("worker-1", "worker-2", "clock", "watch")
"""Somebody may kill these, to see that the pages and a mail tell of it."""


class Command(BaseCommand):
    """A shop, a Sage and orders flowing between them; ends with every process it started stopped."""

    help = "Run the demo: sandbox shop and Sage, database, web, workers and clock on this machine."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How long it runs and what it starts from."""
        parser.add_argument("--once", action="store_true", help="run until nothing is due, print the summary, end")
        parser.add_argument("--reset", action="store_true", help="start afresh; without it the kept state goes on")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start, show, stop."""
        if not settings.EVALUATION:
            raise CommandError("The demo uses embedded servers. Unset DATABASE_URL and REDIS_URL, then start it again.")
        # A closed window sends SIGHUP; a shell that starts us in the background ignores SIGINT for us.
        for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ending, _interrupt)
        self.folder = settings.VAR_DIR / "demo"
        try:
            with alone(settings.VAR_DIR):
                self._from_start_to_stop(**options)
        except (DemoError, embedded.EmbeddedError) as error:
            raise CommandError(str(error)) from error

    def _from_start_to_stop(self, *, once: bool, reset: bool, **_options: Any) -> None:
        if reset:
            embedded.erase()
            shutil.rmtree(self.folder, ignore_errors=True)
        self.running = Running(settings.BASE_DIR, self.folder / "logs")
        try:
            self._run(once=once)
        except KeyboardInterrupt:
            self.stdout.write("\nStopping …")
        finally:
            for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # impatience must leave nothing behind
                signal.signal(ending, signal.SIG_IGN)
            connections.close_all()
            self.running.stop()
            embedded.stop()
        self.stdout.write("Everything is stopped. The state is kept; RESET=1 starts afresh.")

    def _run(self, *, once: bool) -> None:
        self.stdout.write("Starting the database and Redis …")
        call_command("migrate", verbosity=0)
        passwords = accounts(self.folder)
        customers = self._sandboxes()
        began = timezone.now()
        address = self._start()
        if not once:
            self._tell(address, passwords)
        self._show(customers, began, once=once)
        self.stdout.write("\nSummary")
        for line in progress.summary():
            self.stdout.write(line)

    def _sandboxes(self) -> Customers:
        """The sandbox shop and Sage, the connections to them, and Sage's records in the mirror."""
        shop_port, sage_port = self._port("shop", 8085), self._port("Sage", 8320)
        state = str(self.folder)
        self._manage("shop", "sandbox", "shop", "--port", str(shop_port), "--state", f"{state}/shop.sqlite3")
        self._manage("sage", "sandbox", "sage", "--port", str(sage_port), "--state", f"{state}/sage.sqlite3")
        self.running.wait_for_port(shop_port)
        self.running.wait_for_port(sage_port)
        self.shop_url, self.sage_url = f"http://127.0.0.1:{shop_port}", f"http://127.0.0.1:{sage_port}"
        customers = Customers(self.shop_url)
        customers.open_story()
        self.stdout.write("Reading what Sage knows …")
        shop = world.build(self.shop_url, FULL_KEY, f"{self.sage_url}/Sage300WebApi")
        mirror.refresh(shop.company, open_sage(shop.company))
        return customers

    def _start(self) -> str:
        """Web, two workers, the clock and the watch over them; the address to open."""
        port = self._port("web", 8000)
        os.environ.setdefault("PUBLIC_URL", f"http://127.0.0.1:{port}")  # for the links in mails
        self._manage("worker-1", "rqworker", *settings.LANES)
        self._manage("worker-2", "rqworker", *settings.LANES)
        self._manage("clock", "rqcron", "syncbridge.schedule")
        self._manage("watch", "alarms", "--every", "60")
        command = [sys.executable, "-m", "gunicorn", "syncbridge.wsgi", "--workers", "1", "--threads", "4"]
        self.running.start("web", [*command, "--bind", f"127.0.0.1:{port}"])
        self.running.wait_for_port(port)
        return f"http://127.0.0.1:{port}/admin/"

    def _manage(self, name: str, *words: str) -> None:
        self.running.start(name, [sys.executable, str(settings.BASE_DIR / "manage.py"), *words])

    def _port(self, what: str, wanted: int) -> int:
        port = free_port(wanted)
        if port != wanted:
            self.stdout.write(f"Port {wanted} is taken; the {what} uses {port}.")
        return port

    def _tell(self, address: str, passwords: dict[str, str]) -> None:
        self.stdout.write(f"\n  Open {address}\n")
        for name, password in passwords.items():
            self.stdout.write(f"    {name:<14} {password}")
        self.stdout.write(f"\n  The sandbox shop: {self.shop_url}   the sandbox Sage: {self.sage_url}")
        self.stdout.write("  Three orders a minute come in. Ctrl-C stops everything.\n")

    def _show(self, customers: Customers, began: datetime, *, once: bool) -> None:
        """Live progress; with ``once`` until nothing is due, else until Ctrl-C, with new customers coming in."""
        next_order = time.monotonic()
        limit = time.monotonic() + ONCE_LIMIT
        display = progress.Display(self.stdout, shutil.get_terminal_size().columns)
        while True:
            for told in self.running.check(() if once else SPARED):
                self.stdout.write(f"\n{told}\nThe demo goes on; “Jobs” says what is missing and how to start it.\n")
            if not once and time.monotonic() >= next_order:
                customers.order()
                next_order += NEW_ORDERS_EVERY
            display.show(progress.line(), progress.held())
            if once and progress.quiet(began):
                return
            if once and (stopped := progress.stopped()):
                raise DemoError(stopped)
            if once and time.monotonic() > limit:
                raise DemoError("It did not come to rest in ten minutes. The logs say why.")
            time.sleep(1)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt

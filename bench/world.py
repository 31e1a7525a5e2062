"""A shop and a Sage as processes of their own, so that what they cost is not taken for ours, and the rows for them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import requests
from django.conf import settings

from connectors import open_sage
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop import DATASET, FULL_KEY
from connectors.types import Position
from mappings import mirror
from mappings.models import PaymentMapping
from staging import marks
from staging.models import Mark
from syncbridge.demo import world as demo
from syncbridge.demo.running import Running, free_port

EVERY = 30.0
"""Seconds between two orders of the past: a shop with 2,880 orders a day."""

GOODS = ["demo_1", "demo_3", "demo_8", "demo_11", "BOOK-55", "FOOD-10", "LIGHT"]
PAID_AT_ONCE = ["paypal", "stripe_official"]


BEGINNING = datetime.now().replace(microsecond=0) - timedelta(days=20)  # noqa: DTZ005 - the shop's words, about
"""When the first generated order is placed."""

WINDOW = timedelta(hours=2)
"""Longer than what a shop reads again behind its mark."""


class Batch(NamedTuple):
    """Orders generated together: the first one's number, and when it was placed (shop-local text)."""

    first: int
    since: str


@dataclass
class World:
    """The processes, and the one company behind all shop rows."""

    running: Running
    shop_url: str
    sage_url: str
    company: SageCompany
    until: datetime = BEGINNING

    def ask_shop(self, command: str, **asked: Any) -> Any:
        """The sandbox shop's control door."""
        return _post(f"{self.shop_url}/sandbox/{command}", asked)

    def ask_sage(self, command: str, **asked: Any) -> Any:
        """The sandbox Sage's control door."""
        return _post(f"{self.sage_url}/sandbox/{command}", asked)

    def sage_time(self, milliseconds: int) -> None:
        """How long Sage takes to write a document."""
        requests.delete(f"{self.sage_url}/sandbox/trouble", timeout=30).raise_for_status()
        if milliseconds:
            self.ask_sage("trouble", kind="slow", verb="POST", resource="OEOrders", count=None, ms=milliseconds)

    def generate(self, count: int) -> Batch:
        """So many paid orders more in the shop's past, each batch behind the window that is read again."""
        since, self.until = self.until, self.until + timedelta(seconds=count * EVERY) + WINDOW
        asked = {"n": count, "start": f"{since:%Y-%m-%d %H:%M:%S}", "per_second": 1 / EVERY, "seed": count}
        first = self.ask_shop("generate", references=GOODS, modules=PAID_AT_ONCE, **asked)["first"]
        return Batch(first, f"{since:%Y-%m-%d %H:%M:%S}")

    def connect(self, prefix: str, batch: Batch) -> Shop:
        """A row for the shop with a prefix of its own: to us it is a new shop, live from the batch's first order on."""
        shop = Shop.objects.create(
            name=f"Shop {prefix}",
            prefix=prefix,
            url=self.shop_url,
            key=FULL_KEY,
            company=self.company,
            first_order_id=batch.first,
            installation=settings.INSTALLATION_ID,
        )
        for stream in Mark.Stream.values:
            # Each order has one payment, so their ids go together; behind the mark a window is read again.
            by_id = Position("", batch.first + shop.overlap_ids)
            to = Position(batch.since, 0) if stream == Mark.Stream.ORDERS else by_id
            marks.set_mark(shop, stream, to, None, "bench")
        return shop


@contextmanager
def build(folder: Path) -> Iterator[World]:
    """Both sandboxes running, and the company with all its mappings and its mirror."""
    running = Running(settings.BASE_DIR, folder / "logs")
    try:
        yield _built(running, folder)
    finally:
        running.stop()


def _built(running: Running, folder: Path) -> World:
    shop_port, sage_port = free_port(18085), free_port(18320)
    state = ["--state", str(folder / "shop.sqlite3"), "--dataset", str(_without_sales(folder / "dataset"))]
    manage(running, "shop", "sandbox", "shop", "--port", str(shop_port), *state)
    manage(running, "sage", "sandbox", "sage", "--port", str(sage_port), "--state", str(folder / "sage.sqlite3"))
    running.wait_for_port(shop_port)
    running.wait_for_port(sage_port)
    shop_url, sage_url = f"http://127.0.0.1:{shop_port}", f"http://127.0.0.1:{sage_port}"
    company = demo.build(shop_url, FULL_KEY, f"{sage_url}/Sage300WebApi").company
    SageCompany.objects.filter(pk=company.pk).update(simultaneous=32)
    PaymentMapping.objects.update(receipt=False)  # one document an order: a receipt is pushed as a sale is
    company.refresh_from_db()
    mirror.refresh(company, open_sage(company))
    return World(running, shop_url, sage_url, company)


def manage(running: Running, name: str, *words: str) -> None:
    """A command of manage.py as a process."""
    running.start(name, [sys.executable, "manage.py", *words])


def _without_sales(folder: Path) -> Path:
    """The sandbox's dataset without its orders: only generated ones are counted."""
    shutil.copytree(DATASET, folder)
    for path in folder.glob("order*.json"):
        if path.stem != "order_states":
            path.write_text("{}")
    return folder


def _post(url: str, asked: dict[str, Any]) -> Any:
    answer = requests.post(url, json=asked, timeout=300)
    answer.raise_for_status()
    return answer.json()

"""The demo: it tells its story from nothing, goes on from the kept state, and leaves no process behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest
import requests

from connectors import open_sage, open_shop
from connectors.sandbox.prestashop import FULL_KEY
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings import mirror
from staging import fetch, marks, push, validate
from staging.models import Issue, StagedOrder
from syncbridge.demo import world
from syncbridge.demo.progress import quiet
from syncbridge.demo.trade import Customers
from syncbridge.embedded import postgres, valkey

PROJECT = Path(__file__).parent.parent
PORTS = (8000, 8085, 8320)
PAID = {"paypal", "stripe_official"}
UNPAID = {"ps_cashondelivery", "ps_wirepayment", "ps_checkpayment"}
STARTED = 120.0
"""Seconds that a start may take on a slow machine."""


class Demo:
    """``manage.py demo`` as a process, with what it says."""

    def __init__(self, var: Path, *words: str) -> None:
        self.log = var.parent / f"demo{''.join(words)}.log"
        environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(PROJECT / "manage.py"), "demo", *words],
                cwd=var.parent,
                env=environment | {"VAR_DIR": str(var), "PYTHONUNBUFFERED": "1"},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def says(self, pattern: str) -> re.Match[str]:
        """Wait until it says something."""
        end = time.monotonic() + STARTED
        while time.monotonic() < end and self.process.poll() is None:
            if found := re.search(pattern, self.said):
                return found
            time.sleep(0.1)
        raise AssertionError(f"never said {pattern}:\n{self.said}")

    def ended(self, seconds: float = STARTED) -> int:
        return self.process.wait(seconds)


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    """A folder for one demo; whatever still runs there afterwards is ended."""
    folder = tmp_path / "var"
    folder.mkdir()
    yield folder
    erase = [sys.executable, str(PROJECT / "manage.py"), "embedded", "erase"]
    subprocess.run(erase, env={**os.environ, "VAR_DIR": str(folder)}, check=False)


def test_the_demo_from_nothing_to_ctrl_c(var: Path) -> None:
    # The first run: every port it would like is taken, and it says so.
    with ExitStack() as taken:
        for port in PORTS:
            listener = taken.enter_context(closing(socket.socket()))
            if listener.connect_ex(("127.0.0.1", port)):  # else somebody else listens there: just as well
                listener = taken.enter_context(closing(socket.socket()))
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(("127.0.0.1", port))
                listener.listen()
        first = Demo(var, "--once")
        assert first.ended() == 0, first.said
    for port, what in zip(PORTS, ("web", "shop", "Sage"), strict=True):
        (other,) = re.findall(rf"Port {port} is taken; the {what} uses (\d+)\.", first.said)
        assert int(other) > port

    # The summary tells the story: three causes for staff, some unpaid, the rest in Sage.
    summary = first.said.partition("Summary")[2]
    staff = summary.partition("What needs staff:")[2].partition("What waits by itself:")
    held = re.findall(r"(\d+) × (.+)", staff[0])
    assert held == [
        ("37", "Item unknown BEDLAMP"),
        ("1", "Payment method unknown alma"),
        ("1", "Text too long for Sage"),
    ]
    assert ("17", "not paid yet") in re.findall(r"(\d+) × (.+)", staff[2])
    (posted,) = re.findall(r"posted +(\d+) orders", summary)
    assert int(posted) > 40
    assert not living(var)

    # A second run goes on from there: nothing is read or sent a second time.
    second = Demo(var)
    counted = second.says(r"downloaded (\d+) · to check (\d+) · ready (\d+) · posted (\d+)")
    assert int(counted[1]) >= 108
    assert int(counted[4]) >= int(posted)
    address = second.says(r"Open (http://\S+)")[1]
    assert requests.get(address, timeout=60).status_code == 200
    assert re.search(r"accountant +\S+\n.*operator +\S+\n.*administrator +\S+\n.*auditor +\S+", second.said)

    # Another one on the same state is refused, and disturbs nobody.
    third = Demo(var, "--reset")
    assert third.ended() == 1
    assert "A demo is running already" in third.said
    assert "Traceback" not in third.said

    # Ctrl-C ends all that it started.
    started = psutil.Process(second.process.pid).children(recursive=True)
    assert len(started) >= 6
    second.process.send_signal(signal.SIGINT)
    second.process.send_signal(signal.SIGINT)  # by somebody impatient
    assert second.ended() == 0, second.said
    assert "Everything is stopped" in second.said
    assert "Traceback" not in second.said
    psutil.wait_procs(started, 60)
    assert not [process for process in started if process.is_running()]
    assert not living(var)


def living(var: Path) -> list[object]:
    """The embedded servers of a folder that still run, and processes that name it."""
    servers = [server for server in (postgres.postmaster(var), valkey.server(var)) if server]
    return [*servers, *(process for process in psutil.process_iter() if str(var) in words(process))]


def words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def test_what_customers_buy_while_one_watches_needs_staff_for_bedlamp_only(db: None) -> None:
    with PrestaShopSandbox() as presta, Sage300Sandbox() as sage:
        customers = Customers(presta.url)
        customers.open_story()
        customers.open_story()  # a first run that was broken off
        first = presta.rows("orders", module="alma")[0]["id"]
        for _ in range(30):
            customers.order()
        shop = world.build(presta.url, FULL_KEY, sage.base_url)
        marks.go_live(shop, f"#{first}", None, open_shop(shop), "the recorded orders are another test's")
        mirror.refresh(shop.company, open_sage(shop.company))
        fetch.sweep(shop)
        validate.sweep(shop)
        push.sweep(shop.company)

    orders = StagedOrder.objects.filter(order_id__gte=first)
    assert orders.count() == 32
    causes = Counter(Issue.objects.filter(closed_at=None).values_list("code", "value"))
    assert causes == {("item-unknown", "BEDLAMP"): 3, ("payment-unknown", "alma"): 1, ("text-too-long", ""): 1}
    assert set(orders.values_list("module", flat=True)) == {*PAID, *UNPAID, "alma"}
    assert {*orders.filter(status="waiting").values_list("module", flat=True)} == UNPAID
    assert orders.filter(status="posted").count() > 10
    assert quiet(orders[0].fetched_at)

"""Fetch beside a bare client that downloads the very same addresses, and validate: orders a second of one process."""

from __future__ import annotations

import time
from collections.abc import Iterator

import requests

from bench.report import Row, at_least, told
from bench.world import World
from connectors.models import Shop
from connectors.sandbox.prestashop import FULL_KEY
from staging import fetch, validate

TARGET = 40.0
REAL_SHOP_MS = 20
"""A quick real shop: the recorded ones say 3 to 18 ms (Execution-Time), before PHP has started."""


def measure(world: World, orders: int, rounds: int) -> Iterator[Row]:
    """Each round fetches the same orders as a shop never seen, downloads them bare, then checks them."""
    batch = world.generate(orders)
    fetch.sweep(world.connect("FW", batch), deadline=0)  # keys derived, modules loaded: no order's cost
    ratios, fetched, checked = [], [], []
    for number in range(rounds):
        shop = world.connect(f"F{number}", batch)
        ours, bare = _fetch(world, shop)
        ratios.append(100 * bare / ours)
        fetched.append(orders / ours)
        began = time.monotonic()
        checked.append(validate.sweep(shop).done / (time.monotonic() - began))
    yield at_least("fetch + stage, % of a bare client on the same pages", ratios, TARGET, "{:.0f}")
    world.ask_shop("slow", milliseconds=REAL_SHOP_MS)
    ours, bare = _fetch(world, world.connect("FS", batch))
    world.ask_shop("slow", milliseconds=0)
    yield told(f"… when the shop takes {REAL_SHOP_MS} ms for a request", [100 * bare / ours], "{:.0f}")
    yield told("fetch + stage, orders/s", fetched, "{:.0f}")
    yield told("validate, orders/s", checked, "{:.0f}")


def _fetch(world: World, shop: Shop) -> tuple[float, float]:
    """Seconds of a fetch, and of a client that asks for the same addresses, parses and drops."""
    world.ask_shop("requests", reset=True)
    began = time.monotonic()
    fetch.sweep(shop)
    ours = time.monotonic() - began
    asked = [line.partition(" ")[2] for line in world.ask_shop("requests")["requests"]]
    session = requests.Session()
    session.auth = (FULL_KEY, "")
    began = time.monotonic()
    for address in asked:
        session.get(world.shop_url + address, timeout=60).json()
    return ours, time.monotonic() - began

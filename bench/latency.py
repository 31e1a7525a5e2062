"""From the order placed in the shop to the invoice number in Sage, with real workers and the real clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from statistics import quantiles

from django.conf import settings
from django.utils import timezone

from bench.report import Row, at_most, told
from bench.world import GOODS, World, manage
from connectors import open_shop
from connectors.models import Shop
from staging import marks
from staging.models import Posting, StagedOrder

MOST = 30.0
WORKERS = 2
PATIENCE = 60.0


def measure(world: World, seconds: float, a_second: float) -> Iterator[Row]:
    """So many new orders a second for so long; each must arrive."""
    _set_aside()
    shop = world.connect("T", world.generate(1))
    marks.go_live(shop, "now", None, open_shop(shop), "bench")
    for number in range(WORKERS):
        manage(world.running, f"worker-{number}", "rqworker", *settings.LANES)
    manage(world.running, "clock", "rqcron", "syncbridge.schedule")
    time.sleep(5)
    placed = _place(world, round(seconds * a_second), 1 / a_second)
    arrived = _arrived(shop, len(placed))
    took = [(arrived[order_id] - at).total_seconds() for order_id, at in placed.items() if order_id in arrived]
    cuts = quantiles(took, n=20)
    what = f"seconds from shop to Sage's invoice, {a_second:g} orders/s, {WORKERS} workers"
    yield told(f"{what}: p50", [cuts[9]], "{:.1f}")
    yield at_most(f"{what}: p95", [cuts[18]], MOST, "{:.1f}")
    yield at_most("… orders that did not arrive", [len(placed) - len(took)], 0, "{:.0f}")


def _set_aside() -> None:
    """What the parts before left: only the new orders are to be on their way."""
    Shop.objects.update(state=Shop.State.STOPPED)
    StagedOrder.objects.exclude(status="posted").update(status="ignored")
    Posting.objects.filter(status=Posting.Status.READY).update(status=Posting.Status.DROPPED)


def _place(world: World, count: int, pause: float) -> dict[int, datetime]:
    """Order by order, as customers do; no two alike within minutes. By number, when the shop had it."""
    placed = {}
    begin = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, begin + number * pause - time.monotonic()))
        quantities = (1 + number % 17, 1 + number % 19)
        goods = (GOODS[number % len(GOODS)], GOODS[(number + 1 + number % 3) % len(GOODS)])
        lines = [{"reference": name, "quantity": each} for name, each in zip(goods, quantities, strict=True)]
        order_id = world.ask_shop("order", module="paypal", lines=lines)["id"]
        placed[order_id] = timezone.now()
    return placed


def _arrived(shop: Shop, count: int) -> dict[int, datetime]:
    """When each order's invoice was known; waits for the last one, within reason."""
    end = time.monotonic() + PATIENCE
    pushed = Posting.objects.filter(order__shop=shop, kind=Posting.Kind.SALE, pushed_at__isnull=False)
    while time.monotonic() < end and pushed.count() < count:
        time.sleep(1)
    return {order_id: at for order_id, at in pushed.values_list("order__order_id", "pushed_at") if at is not None}

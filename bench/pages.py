"""How long the pages that people live in take, with a million orders behind them: server time, rendering included."""

from __future__ import annotations

import time
from collections.abc import Iterator

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench.filler import fill
from bench.report import Row, at_most, told
from bench.world import World
from connectors.models import Shop
from mappings.models import LocationMapping
from staging import fetch, push, validate
from staging.models import StagedOrder

MOST = 300.0
"""Milliseconds in which 95 of 100 answers are to be there."""


def measure(world: World, size: int, times: int) -> Iterator[Row]:
    """Each page is asked for again and again, in turn with the others."""
    shop = Shop.objects.filter(orders__status=StagedOrder.Status.POSTED).first() or _posted(world)
    fill(shop, size)
    held = StagedOrder.objects.filter(shop=shop, status=StagedOrder.Status.INVALID).order_by("-placed_at").first()
    if held is None:
        raise RuntimeError("no order is held: there is nothing to look at")
    location = LocationMapping.objects.filter(company=shop.company).get()  # of nearly all orders: the worst one
    orders = reverse("admin:staging_stagedorder_changelist")
    pages = {
        "start": reverse("admin:index"),
        "held orders": f"{orders}?queue=needs-you",
        "all orders": orders,
        "missing mappings": f"{reverse('admin:staging_stagedorder_causes')}?only=missing",
        "a held order": reverse("admin:staging_stagedorder_change", args=[held.pk]),
        "search by reference": f"{orders}?q=P4711",
        "deleting a mapping": reverse("admin:mappings_locationmapping_delete", args=[location.pk]),
        "sent by that mapping": f"{orders}?by={location.noted_as}&status__exact=posted",
    }
    client = Client(SERVER_NAME="localhost")
    client.force_login(get_user_model().objects.create_superuser("pages"))
    took: dict[str, list[float]] = {name: [] for name in pages}
    counted = {name: _queries(client, address) for name, address in pages.items()}
    for _ in range(times):
        for name, address in pages.items():
            began = time.monotonic()
            client.get(address)
            took[name].append(1000 * (time.monotonic() - began))
    for name, all_of_it in took.items():
        p95 = sorted(all_of_it)[int(0.95 * (len(all_of_it) - 1))]
        yield at_most(f"{name} at {size:,} orders, p95 ms ({counted[name]} queries)", [p95], MOST, "{:.0f}")
        yield told("… all answers", all_of_it, "{:.0f}")


def _posted(world: World) -> Shop:
    """A shop with posted orders, for when no other part has left one: they are the patterns of the past."""
    shop = world.connect("P0", world.generate(50))
    for step, row in ((fetch, shop), (validate, shop), (push, world.company)):
        step.sweep(row)
    return shop


def _queries(client: Client, address: str) -> int:
    """The page's queries, once it has been asked for before."""
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answers {answer.status_code}")
    return len(captured)

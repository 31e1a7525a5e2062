"""Numbers that no machine changes: requests to the shop a page, statements a page, a batch, a posting, a list page."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench.report import Row, at_most, told
from bench.world import World
from staging import fetch, push, validate
from staging.sweeping import Swept

PAGE = 50
REQUESTS = 12.0
LIST_TARGET = 15.0
"""Ours: a page must not ask once a row."""


def measure(world: World) -> Iterator[Row]:
    """Three pages of a shop never seen: one for the statements, two for the requests, of which the last is warm."""
    shop = world.connect("C", world.generate(3 * PAGE))
    shop.list_size = PAGE
    shop.save()
    page, _first = _statements(lambda: fetch.sweep(shop, deadline=0))
    batch, checked = _statements(lambda: validate.sweep(shop))
    push.sweep(world.company, deadline=0)
    postings, pushed = _statements(lambda: push.sweep(world.company, deadline=time.monotonic() + 0.5))
    world.ask_shop("requests", reset=True)
    fetch.sweep(shop)
    yield from _requests(world.ask_shop("requests")["requests"])
    yield told(f"statements a fetch of {PAGE} new orders", [page], "{:.0f}")
    yield told("statements an order checked, in a batch of 50", [batch / checked.done], "{:.1f}")
    yield told("statements a posting pushed, in a sweep", [postings / pushed.done], "{:.1f}")
    yield from _list_pages()


def _statements(work: Callable[[], Swept]) -> tuple[int, Swept]:
    with CaptureQueriesContext(connection) as captured:
        swept = work()
    return sum(not query["sql"].startswith(("BEGIN", "COMMIT")) for query in captured.captured_queries), swept


def _list_pages() -> Iterator[Row]:
    staff = get_user_model().objects.create_superuser("bench")
    client = Client(SERVER_NAME="localhost")
    client.force_login(staff)
    for what, name in (("list of orders", "stagedorder_changelist"), ("orders by cause", "stagedorder_causes")):
        address = reverse(f"admin:staging_{name}")
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answers {answer.status_code}")
        yield at_most(f"statements a page: {what}", [len(captured)], LIST_TARGET, "{:.0f}")


def _requests(lines: list[str]) -> Iterator[Row]:
    """By page: a page begins with its list of changes."""
    pages: list[list[str]] = []
    for line in lines:
        resource = re.sub(r"^GET /api/(\w+).*", r"\1", line)
        if resource == "orders" and "display=[id,date_upd]" in line:
            pages.append([])
        elif resource == "order_payments" and "filter[id]" in line:
            break
        elif pages:
            pages[-1].append(resource)
    full = [page for page in pages if "order_details" in page]
    cold, warm = full[0], full[-1]
    extra = sorted({resource for resource in cold if resource not in warm})
    yield at_most("requests a page of 50 new orders, list included", [len(warm) + 1], REQUESTS, "{:.0f}")
    yield told("… of the first page, look-ups: " + ", ".join(extra), [len(cold) + 1], "{:.0f}")

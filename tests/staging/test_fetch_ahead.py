"""The next page is downloaded while one is stored: a crash or an error between the two loses and skips nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

import pytest
from django.db.backends.signals import connection_created

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from staging import fetch
from staging.models import Mark, StagedOrder
from tests.staging.conftest import connect, live

At = Callable[..., datetime]
DOWNLOAD = "carrier_tax_rate"
"""A field that only the request for whole orders names."""
LIST = "date_upd_ASC"


@pytest.fixture
def ids(presta: PrestaShopSandbox, at: At) -> list[int]:
    """Six orders, a minute between two of them."""
    placed = []
    for minute in range(6):
        at("2026-11-25 11:00:00", minutes=minute)
        placed.append(presta.add_order(lines=[{"reference": "demo_1", "quantity": 1}]))
    at("2026-11-25 12:00:00")
    return placed


@pytest.fixture
def small(presta: PrestaShopSandbox, company: SageCompany) -> Shop:
    """The shop, two orders to a page."""
    return live(connect(presta, company, page_size=2, list_size=2))


def stored() -> list[int]:
    return list(StagedOrder.objects.order_by("order_id").values_list("order_id", flat=True))


def downloads(presta: PrestaShopSandbox) -> list[str]:
    """The ids asked for whole, a text for each request: ``1|2``."""
    return [line.partition("filter[id]=[")[2].partition("]")[0] for line in presta.requests.lines(DOWNLOAD)]


def test_the_next_page_is_downloaded_while_one_is_stored_and_a_crash_then_loses_nothing(
    small: Shop, presta: PrestaShopSandbox, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    save, saved = fetch._save, []

    def crash_at_the_second(*values: object) -> None:
        save(*values)  # type: ignore[arg-type]
        saved.append(values)
        until = time.monotonic() + 60
        while len(downloads(presta)) <= len(saved) and time.monotonic() < until:
            time.sleep(0.01)
        if len(saved) == 2:
            raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(fetch, "_save", crash_at_the_second)
        with pytest.raises(MemoryError):
            fetch.sweep(small)
    assert downloads(presta) == [f"{ids[0]}|{ids[1]}", f"{ids[2]}", f"{ids[3]}"]
    assert stored() == ids[:2]
    assert Mark.objects.get(stream="orders").when == "2026-11-25 12:01:00"

    assert fetch.sweep(small).done == 4
    assert stored() == ids


@pytest.mark.parametrize("broken", [DOWNLOAD, LIST])
def test_an_error_ahead_comes_after_the_page_in_hand(
    small: Shop, presta: PrestaShopSandbox, ids: list[int], broken: str
) -> None:
    presta.trouble("status", every=3, path=broken, status=401)

    swept = fetch.sweep(small)
    assert stored() == ids[:3]
    assert Mark.objects.get(stream="orders").when == "2026-11-25 12:02:00"
    assert (small.state, small.state_reason) == ("stopped", swept.note)
    assert "key" in swept.note

    presta.calm()
    Shop.objects.update(state="active")
    small.refresh_from_db()
    assert fetch.sweep(small).done == 3
    assert stored() == ids


def test_the_thread_leaves_the_database_alone_and_ends(small: Shop, ids: list[int]) -> None:
    opened: list[str] = []

    def note(**_: object) -> None:
        opened.append(threading.current_thread().name)

    connection_created.connect(note)
    try:
        assert fetch.sweep(small).done == len(ids)
    finally:
        connection_created.disconnect(note)
    assert not opened
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fetch")]


def test_a_row_that_two_pages_list_is_downloaded_once(small: Shop, presta: PrestaShopSandbox, ids: list[int]) -> None:
    fetch.sweep(small)
    assert [each for asked in downloads(presta) for each in asked.split("|")] == [str(each) for each in ids]


def test_nothing_is_begun_when_the_time_is_up(small: Shop, presta: PrestaShopSandbox, ids: list[int]) -> None:
    swept = fetch.sweep(small, deadline=0)
    assert swept.left
    assert stored() == ids[:2]
    assert len(downloads(presta)) == 1

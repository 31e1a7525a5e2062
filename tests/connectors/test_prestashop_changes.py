"""Nothing that changed is missed, whatever shares a second, is edited while paging or is dated tomorrow."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from connectors import http
from connectors.errors import Misconfigured
from connectors.prestashop.client import PrestaShop
from connectors.sandbox.prestashop import PrestaShopSandbox
from connectors.types import Change, Page, Position
from tests.connectors.bad_server import BadServer, always, answer

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # 13:00 in Paris
LOCAL = "2026-11-23 13:00:00"
START = Position("2026-11-23 00:00:00", 0)


@pytest.fixture
def sandbox() -> Iterator[PrestaShopSandbox]:
    with PrestaShopSandbox() as shop:
        shop.clock.set(frozen=NOW)
        yield shop


def client(sandbox: PrestaShopSandbox, list_size: int = 5, time_zone: str = "Europe/Paris") -> PrestaShop:
    return PrestaShop(url=sandbox.url, key=sandbox.key, time_zone=time_zone, list_size=list_size)


def dated(sandbox: PrestaShopSandbox, *dates: str) -> list[int]:
    """Orders changed at these shop-local times."""
    return [sandbox.add_order(lines=[{"reference": "BEDLAMP", "quantity": 1}], date=date) for date in dates]


def ids(pages: list[Page]) -> list[int]:
    return [change.id for page in pages for change in page.changes]


def test_pages_are_sorted_by_time_and_carry_the_position_after_them(sandbox: PrestaShopSandbox) -> None:
    late, early = dated(sandbox, "2026-11-23 10:00:02", "2026-11-23 10:00:01")
    (page,) = client(sandbox).changed("orders", START)
    assert page.changes == (
        Change(early, "2026-11-23 10:00:01", (early,)),
        Change(late, "2026-11-23 10:00:02", (late,)),
    )
    assert page.after == Position("2026-11-23 10:00:02", late)
    assert page.shop_now == NOW


def test_from_the_very_beginning_everything_comes_once_or_more(sandbox: PrestaShopSandbox) -> None:
    known = {int(row["id"]) for row in sandbox.store.rows("orders")}
    assert set(ids(list(client(sandbox, 50).changed("orders", Position())))) == known


def test_the_last_rows_come_again(sandbox: PrestaShopSandbox) -> None:
    made = dated(sandbox, "2026-11-23 10:00:00", "2026-11-23 10:00:00", "2026-11-23 09:59:59")
    again = list(client(sandbox).changed("orders", Position("2026-11-23 10:00:00", made[1])))
    assert ids(again) == made[:2]


@pytest.mark.parametrize("list_size", [1, 2, 3, 4, 5, 6, 7])
def test_six_orders_in_one_second_across_a_page_border(sandbox: PrestaShopSandbox, list_size: int) -> None:
    made = dated(sandbox, "2026-11-23 09:00:00", *["2026-11-23 10:00:00"] * 6, "2026-11-23 11:00:00")
    pages = list(client(sandbox, list_size).changed("orders", START))
    assert set(ids(pages)) == set(made)
    assert pages[-1].after == Position("2026-11-23 11:00:00", made[-1])
    assert [page.after for page in pages] == sorted((page.after for page in pages), key=lambda at: (at.when, at.id))


def test_far_more_in_one_second_than_a_page_are_each_read(sandbox: PrestaShopSandbox) -> None:
    made = dated(sandbox, *["2026-11-23 10:00:00"] * 23, "2026-11-23 10:00:01")
    pages = list(client(sandbox, 4).changed("orders", START))
    assert set(ids(pages)) == set(made)
    assert max(len(page.changes) for page in pages) == 4


def test_a_crash_after_any_page_loses_nothing(sandbox: PrestaShopSandbox) -> None:
    made = dated(sandbox, *["2026-11-23 10:00:00"] * 7, *["2026-11-23 10:00:01"] * 3, "2026-11-23 10:00:02")
    whole = list(client(sandbox, 3).changed("orders", START))
    for crash_after in range(len(whole)):
        read = ids(whole[: crash_after + 1])
        position = whole[crash_after].after
        read += ids(list(client(sandbox, 3).changed("orders", position)))
        assert set(read) == set(made)


@pytest.mark.parametrize("seed", range(5))
def test_edits_and_new_orders_while_paging_lose_no_row(sandbox: PrestaShopSandbox, seed: int) -> None:
    rng = random.Random(seed)
    made = dated(sandbox, *[f"2026-11-23 10:00:{second // 4:02d}" for second in range(40)])
    newest: dict[int, str] = {}
    for number, page in enumerate(client(sandbox, 5).changed("orders", START)):
        newest |= {change.id: change.when for change in page.changes}
        if number < 8:
            edited = rng.choice(made)
            sandbox.store.update("orders", edited, date_upd=f"2026-11-23 12:{number:02d}:00")
            made += dated(sandbox, f"2026-11-23 12:{number:02d}:00")
    assert newest == {each: sandbox.store.row("orders", each)["date_upd"] for each in made}


def test_a_row_dated_tomorrow_is_read_but_does_not_move_the_mark(sandbox: PrestaShopSandbox) -> None:
    today, tomorrow = dated(sandbox, "2026-11-23 12:59:00", "2026-11-24 09:00:00")
    for _ in range(2):
        (page,) = client(sandbox).changed("orders", START)
        assert ids([page]) == [today, tomorrow]
        assert page.after == Position("2026-11-23 12:59:00", today)
    later = dated(sandbox, "2026-11-23 12:59:30")
    assert later[0] in ids(list(client(sandbox).changed("orders", page.after)))


def test_pages_full_of_tomorrow_end_and_leave_the_mark_alone(sandbox: PrestaShopSandbox) -> None:
    made = dated(sandbox, *["2026-11-24 09:00:00"] * 7, "2026-11-25 09:00:00")
    pages = list(client(sandbox, 3).changed("orders", START))
    assert set(ids(pages)) == set(made)
    assert {page.after for page in pages} == {START}


@pytest.mark.parametrize(
    ("zone", "now"), [("America/Toronto", "07:00:00"), ("Pacific/Auckland", "01:00:00"), ("Europe/Paris", "13:00:00")]
)
@pytest.mark.parametrize("skew", [-600, 0, 600])
def test_the_shop_s_own_clock_counts_in_any_zone(sandbox: PrestaShopSandbox, zone: str, now: str, skew: int) -> None:
    sandbox.clock.time_zone = zone
    day = "2026-11-24" if zone == "Pacific/Auckland" else "2026-11-23"
    before, at, behind = f"{day} 00:59:59", f"{day} {now}", f"{day} {now[:-1]}1"
    made = dated(sandbox, before, at, behind)
    (page,) = client(sandbox, 50, zone).changed("orders", Position("2026-11-22 12:00:00", 0))
    assert ids([page]) == made
    assert page.after.when == at
    # A clock that is off is the shop's as well: what it wrote by that clock is never "in the future".
    sandbox.clock.set(frozen=NOW.timestamp() + skew)
    written = sandbox.clock.text()
    (new,) = dated(sandbox, written)
    *_, last = client(sandbox, 50, zone).changed("orders", Position("2026-11-22 12:00:00", 0))
    assert set(ids([last])) == {*made, new}
    assert last.after.when == written


def test_payments_go_by_id_and_name_every_order_of_their_reference(sandbox: PrestaShopSandbox) -> None:
    reference = "SPLITCART"
    one, two = (
        sandbox.add_order(lines=[{"reference": "BEDLAMP", "quantity": 1}], reference=reference) for _ in range(2)
    )
    shop = client(sandbox, 50)
    start = Position("", shop.highest("payments") + 1)
    payment = sandbox.add_payment(one, "5.00")
    sandbox.requests.reset()
    (page,) = shop.changed("payments", start)
    assert page.changes[-1].id == payment
    assert page.changes[-1].orders == (one, two)
    assert page.after == Position("", payment)
    assert sandbox.requests.count == 2


def test_refunds_do_not_move_the_order_but_are_found(sandbox: PrestaShopSandbox) -> None:
    shop = client(sandbox, 2)
    order = sandbox.add_order(lines=[{"reference": "BEDLAMP", "quantity": 2}], state=2)
    moved = sandbox.store.row("orders", order)["date_upd"]
    detail = sandbox.store.rows("order_details", id_order=str(order))[0]["id"]
    start = shop.highest("refunds") + 1
    slips = [sandbox.add_slip(order, {detail: 1}), sandbox.add_slip(order, {detail: 1})]
    assert sandbox.store.row("orders", order)["date_upd"] == moved
    pages = list(shop.changed("refunds", Position("", start)))
    assert [change.orders for page in pages for change in page.changes] == [(order,), (order,)]
    assert ids(pages) == slips
    assert ids(list(shop.changed("refunds", Position("", slips[-1])))) == slips[-1:]
    assert ids(list(shop.changed("refunds", Position())))[-2:] == slips


def test_the_highest_id_and_an_empty_shop(sandbox: PrestaShopSandbox) -> None:
    shop = client(sandbox)
    assert shop.highest("orders") == 129
    for resource in ("orders", "order_slip", "order_payments"):
        for row in sandbox.store.rows(resource):
            sandbox.store.delete(resource, row["id"])
    for stream in ("orders", "payments", "refunds"):
        assert shop.highest(stream) == 0
        assert list(shop.changed(stream, Position())) == []


def test_only_this_shop_s_orders_of_a_multistore(sandbox: PrestaShopSandbox) -> None:
    ours, theirs = dated(sandbox, "2026-11-23 10:00:00", "2026-11-23 10:00:01")
    sandbox.store.update("orders", theirs, id_shop="2")
    shop = client(sandbox)
    assert ids(list(shop.changed("orders", START))) == [ours]
    assert [each.order_id for each in shop.snapshots([ours, theirs])] == [ours]


@pytest.mark.parametrize("stream", ["orders", "payments"])
def test_a_shop_that_ignores_the_filter_is_stopped_instead_of_followed(
    stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "PAUSES", (0.0,))
    rows = b'[{"id":9,"date_upd":"2020-01-01 00:00:00"},{"id":5,"date_upd":"2020-01-01 00:00:00"}]'
    body = b'{"orders":' + rows + b',"order_payments":' + rows + b"}"
    node = b'{"order_payments":' + rows + b"}" if stream == "payments" else body
    with BadServer(always(answer(200, node))) as server:
        shop = PrestaShop(url=server.url, key="K" * 32, time_zone="Europe/Paris", list_size=2)
        with pytest.raises(Misconfigured, match="not filtered and sorted"):
            list(shop.changed(stream, Position("2026-01-01 00:00:00", 10)))

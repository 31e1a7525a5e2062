"""The highwater marks: whatever the shop's clock, zone and writers do, no order is lost and none is there twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import open_shop
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.types import Position
from staging import fetch, intake, marks
from staging.models import Event, Mark, RawRecord, StagedOrder
from tests.staging.conftest import connect, live

At = Callable[..., datetime]
LINES = [{"reference": "demo_1", "quantity": 1}]


def everything_is_there(presta: PrestaShopSandbox) -> None:
    """Every order of the shop is staged once, as the shop has it now."""
    staged = {row.order_id: row for row in StagedOrder.objects.all()}
    shop = {int(row["id"]): row for row in presta.rows("orders")}
    assert staged.keys() == shop.keys()
    for order_id, row in shop.items():
        raw = RawRecord.objects.get(pk__in=staged[order_id].raws, resource="orders")
        assert {name: raw.payload[name] for name in ("date_upd", "current_state", "note")} == {
            name: row[name] for name in ("date_upd", "current_state", "note")
        }


def orders_mark() -> tuple[str, int]:
    mark = Mark.objects.get(stream="orders")
    return mark.when, mark.object_id


def place(presta: PrestaShopSandbox, count: int = 1, date: str | None = None) -> list[int]:
    return [presta.add_order(lines=LINES, date=date) for _ in range(count)]


@pytest.mark.parametrize(("size", "count"), [(4, 6), (3, 8), (2, 2), (1, 3)])
def test_many_orders_in_one_second(
    presta: PrestaShopSandbox, company: SageCompany, at: At, size: int, count: int
) -> None:
    shop = live(connect(presta, company, page_size=size, list_size=size))
    at("2026-11-25 11:00:00")
    place(presta, 2)
    at("2026-11-25 11:00:05")
    place(presta, count)
    at("2026-11-25 11:00:09")
    place(presta, 1)

    assert fetch.sweep(shop).done == count + 3
    everything_is_there(presta)


def test_half_of_a_second_committed_after_the_reading(shop: Shop, presta: PrestaShopSandbox, at: At) -> None:
    at("2026-11-25 11:00:05")
    place(presta, 3)
    fetch.sweep(shop)
    place(presta, 3)  # the clock stands: the same second

    assert fetch.sweep(shop).done == 3
    everything_is_there(presta)


@pytest.mark.parametrize("idle_minutes", [0, 1, 30, 600])
def test_written_again_in_the_second_in_which_it_was_read(
    shop: Shop, presta: PrestaShopSandbox, at: At, idle_minutes: int
) -> None:
    at("2026-11-25 11:00:05")
    (order_id,) = place(presta)
    fetch.sweep(shop)
    presta.edit("orders", order_id, gift_message="Hello", note="ring twice")  # date_upd is the same second still
    at("2026-11-25 11:00:05", minutes=idle_minutes)

    assert fetch.sweep(shop).done == 1
    everything_is_there(presta)


def test_written_again_in_a_second_of_the_doubled_hour(shop: Shop, presta: PrestaShopSandbox, at: At) -> None:
    at("2026-10-25 01:30:00")  # 02:30 in Paris for the second time
    (order_id,) = place(presta)
    fetch.sweep(shop)
    presta.edit("orders", order_id, gift_message="Hello", note="ring twice")
    at("2026-10-25 02:30:00")

    assert fetch.sweep(shop).done == 1
    everything_is_there(presta)


def test_a_late_commit_behind_the_mark_is_found_in_the_window(shop: Shop, presta: PrestaShopSandbox, at: At) -> None:
    at("2026-11-25 11:00:00")
    place(presta)
    fetch.sweep(shop)
    mark = orders_mark()
    place(presta, date="2026-11-25 11:05:00")  # 55 minutes before the mark, in the shop's words

    assert fetch.sweep(shop).done == 1
    assert orders_mark() == mark
    everything_is_there(presta)


def test_a_row_dated_tomorrow_is_read_and_does_not_move_the_mark(shop: Shop, presta: PrestaShopSandbox, at: At) -> None:
    at("2026-11-25 11:00:00")
    place(presta, date="2026-11-26 18:00:00")
    place(presta)

    assert fetch.sweep(shop).done == 2
    assert orders_mark()[0] == "2026-11-25 12:00:00"
    at("2026-11-25 14:00:00")
    place(presta)
    assert fetch.sweep(shop).done == 1
    everything_is_there(presta)


def test_orders_edited_and_placed_while_pages_are_read(presta: PrestaShopSandbox, company: SageCompany, at: At) -> None:
    shop = live(connect(presta, company, page_size=3, list_size=3))
    for minute in range(12):
        at("2026-11-25 11:00:00", minutes=minute)
        place(presta)
    ids = [int(row["id"]) for row in presta.rows("orders")]
    clock = iter(range(60))

    def meddle() -> None:
        number = next(clock)
        if number < 6:
            at("2026-11-25 11:20:00", seconds=number)
            presta.set_state(ids[number], 2)  # one that was read, and later ones that were not yet
            presta.edit("orders", ids[-1 - number], note=f"call {number}")
            place(presta)

    fetch.sweep(shop, bell=meddle)
    at("2026-11-25 11:30:00")
    fetch.sweep(shop)
    everything_is_there(presta)


def test_a_crash_after_the_first_of_three_pages(presta: PrestaShopSandbox, company: SageCompany, at: At) -> None:
    shop = live(connect(presta, company, page_size=2, list_size=2))
    for minute in range(6):
        at("2026-11-25 11:00:00", minutes=minute)
        place(presta)

    def crash() -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        fetch.sweep(shop, bell=crash)
    assert StagedOrder.objects.count() == 2
    assert orders_mark()[0] == "2026-11-25 12:01:00"
    # A killed worker leaves its lease behind: nobody else reads until it is over, and then nothing is lost.
    Mark.objects.update(lease_until=timezone.now() + timedelta(minutes=1))
    assert fetch.sweep(shop).done == 0
    Mark.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert fetch.sweep(shop).done == 4
    everything_is_there(presta)


def test_a_page_is_stored_with_its_mark_or_not_at_all(
    shop: Shop, presta: PrestaShopSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(presta, 3)

    def lost(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(fetch, "_save", lost)
        with pytest.raises(MemoryError):
            fetch.sweep(shop)
    assert not StagedOrder.objects.exists()
    assert not RawRecord.objects.exists()
    assert fetch.sweep(shop).done == 3


def test_a_worker_whose_lease_was_taken_saves_nothing(
    shop: Shop, presta: PrestaShopSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(presta, 3)
    store = intake.store

    def taken(*args: Any, **keywords: Any) -> int:
        Mark.objects.filter(stream="orders").update(version=99)
        return store(*args, **keywords)

    with monkeypatch.context() as slow:
        slow.setattr(intake, "store", taken)
        assert fetch.sweep(shop).done == 0
    assert not StagedOrder.objects.exists()


ZONES = ("America/Toronto", "Europe/Paris", "Pacific/Auckland")
CHANGES = {
    "America/Toronto": ("2026-03-08 07:00:00", "2026-11-01 06:00:00"),
    "Europe/Paris": ("2026-03-29 01:00:00", "2026-10-25 01:00:00"),
    "Pacific/Auckland": ("2026-09-26 14:00:00", "2026-04-04 14:00:00"),
}


@pytest.mark.parametrize("skew", [-600, 0, 600])
@pytest.mark.parametrize("turn", [0, 1], ids=["spring", "autumn"])
@pytest.mark.parametrize("zone", ZONES)
def test_over_the_change_of_time(
    presta: PrestaShopSandbox, company: SageCompany, zone: str, turn: int, skew: int
) -> None:
    """An order every 12 minutes from 1.5 hours before the change to 2.5 hours after it, read every 24 minutes."""
    presta.set_clock(time_zone=zone)
    shop = live(connect(presta, company, time_zone=zone))
    change = datetime.fromisoformat(CHANGES[zone][turn]).replace(tzinfo=UTC)
    highest = ""
    for step in range(21):
        presta.set_clock(frozen=change + timedelta(minutes=12 * step - 90, seconds=skew))
        place(presta)
        if step % 2:
            fetch.sweep(shop)
            assert orders_mark()[0] >= highest
            highest = orders_mark()[0]
    presta.set_clock(frozen=change + timedelta(hours=4))
    fetch.sweep(shop)
    everything_is_there(presta)
    assert StagedOrder.objects.count() == 21


def test_an_outage_over_the_autumn_night(shop: Shop, presta: PrestaShopSandbox, at: At) -> None:
    """Read last in the first turn of the doubled hour; what follows has smaller words than the mark."""
    at("2026-10-25 00:50:00")  # 02:50 in Paris, summer time
    place(presta)
    fetch.sweep(shop)
    at("2026-10-25 01:10:00")  # 02:10 again, winter time
    (second,) = place(presta)
    at("2026-10-25 04:00:00")

    assert fetch.sweep(shop).done == 1
    row = StagedOrder.objects.get(order_id=second)
    assert row.shop_changed == "2026-10-25 02:10:00"


def test_a_clock_that_ran_a_day_ahead_and_was_set_right(shop: Shop, presta: PrestaShopSandbox, at: At) -> None:
    at("2026-11-26 11:00:00")
    place(presta)
    fetch.sweep(shop)
    at("2026-11-25 11:05:00")
    place(presta)

    assert fetch.sweep(shop).done == 1
    everything_is_there(presta)


ACTS = st.lists(
    st.tuples(st.sampled_from(["place", "edit", "late", "future", "sweep", "skew"]), st.integers(0, 90)),
    min_size=3,
    max_size=14,
)


@pytest.mark.django_db(transaction=False)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_whatever_happens_nothing_is_lost_and_the_mark_never_goes_back(
    presta: PrestaShopSandbox, company: SageCompany, acts: list[tuple[str, int]]
) -> None:
    for resource in ("orders", "order_details", "order_payments"):
        for row in presta.rows(resource):
            presta.delete(resource, int(row["id"]))
    Event.objects.all().delete()
    StagedOrder.objects.all().delete()
    Shop.objects.all().delete()
    now = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)  # the doubled hour is near
    presta.set_clock(frozen=now)
    shop = live(connect(presta, company, page_size=2, list_size=2))
    highest = ("", 0)
    for act, amount in [*acts, ("sweep", 0)]:
        now += timedelta(minutes=amount / 4)
        presta.set_clock(frozen=now)
        local = presta.clock.text()
        ids = [int(row["id"]) for row in presta.rows("orders")]
        if act == "edit" and ids:
            presta.set_state(ids[amount % len(ids)], 2 + amount % 3)
        elif act == "late":
            place(presta, date=presta.clock.text((now - timedelta(minutes=amount % 40)).timestamp()))
        elif act == "future":
            place(presta, date=presta.clock.text((now + timedelta(days=1)).timestamp()))
        elif act == "sweep":
            fetch.sweep(shop)
            assert orders_mark() >= highest
            assert orders_mark()[0] <= max(local, highest[0])
            highest = orders_mark()
        else:
            place(presta, 1 + amount % 4)
    presta.set_clock(frozen=now + timedelta(minutes=5))
    fetch.sweep(shop)
    everything_is_there(presta)


# --- staff set a mark


def test_setting_a_mark_needs_a_reason_and_is_written_down(shop: Shop, staff_user: User) -> None:
    with pytest.raises(ValueError, match="reason"):
        marks.set_mark(shop, "orders", Position("2026-11-01 00:00:00", 0), staff_user, " ")
    marks.set_mark(shop, "orders", Position("2026-11-01 00:00:00", 0), staff_user, "the night's backup")

    event = Event.objects.last()
    assert event is not None
    assert event.user == staff_user
    assert "2026-11-01" in event.message
    assert "backup" in event.message


def test_positions_by_date_by_order_and_now(shop: Shop, presta: PrestaShopSandbox, at: At) -> None:
    at("2026-11-20 11:00:00")
    (early,) = place(presta)
    presta.add_payment(early, "10.00")
    at("2026-11-25 11:00:00")
    (late,) = place(presta)
    presta.add_payment(late, "10.00")
    port = open_shop(shop)
    payments = [int(row["id"]) for row in presta.rows("order_payments")]

    assert marks.position(shop, "orders", "now", port) == Position("2026-11-25 12:00:00", 0)
    assert marks.position(shop, "orders", "2026-11-22", port) == Position("2026-11-22 00:00:00", 0)
    assert marks.position(shop, "orders", f"#{late}", port) == Position("2026-11-25 12:00:00", 0)
    assert marks.position(shop, "payments", "now", port) == Position("", payments[-1])
    assert marks.position(shop, "payments", "2026-11-22", port) == Position("", payments[0])
    assert marks.position(shop, "refunds", "2026-11-22", port) == Position("", 0)
    for nonsense in ("tomorrow", "2026-13-01", ""):
        with pytest.raises(ValueError, match="Enter"):
            marks.position(shop, "orders", nonsense, port)
    with pytest.raises(ValueError, match="no readable order"):
        marks.position(shop, "orders", "#99999", port)


def test_a_preview_counts_and_changes_nothing(shop: Shop, presta: PrestaShopSandbox, at: At) -> None:
    at("2026-11-25 11:00:00")
    place(presta, 3)
    fetch.sweep(shop)
    at("2026-11-25 12:00:00")
    place(presta, 2)
    before = orders_mark()

    told = marks.preview(shop, "orders", Position("2026-11-25 00:00:00", 0), open_shop(shop))
    assert (told.rows, told.orders, told.known, told.more, told.left_out) == (5, 5, 3, False, 0)
    at("2026-11-25 13:00:00")
    forward = marks.preview(shop, "orders", marks.position(shop, "orders", "now", open_shop(shop)), open_shop(shop))
    assert (forward.rows, forward.left_out) == (0, 2)
    assert (forward.now, forward.told()["new"]) == ("{} #{}".format(*before), 0)
    assert orders_mark() == before


def test_setting_a_mark_back_reads_again_and_makes_nothing_twice(
    shop: Shop, presta: PrestaShopSandbox, at: At, staff_user: User
) -> None:
    at("2026-11-01 11:00:00")
    place(presta, 3)
    at("2026-11-25 11:00:00")
    fetch.sweep(shop)
    events = Event.objects.exclude(order=None).count()
    marks.set_mark(shop, "orders", Position("2026-10-01 00:00:00", 0), staff_user, "look again")

    assert fetch.sweep(shop).done == 0
    assert StagedOrder.objects.count() == 3
    assert Event.objects.exclude(order=None).count() == events


def test_a_mark_set_after_a_restore_goes_on(shop: Shop, presta: PrestaShopSandbox, at: At, staff_user: User) -> None:
    at("2026-11-25 11:00:00")
    place(presta)
    presta.snapshot("night")
    place(presta, 2)
    fetch.sweep(shop)
    presta.restore("night")
    fetch.sweep(shop)
    for stream in Mark.Stream.values:
        marks.set_mark(
            shop, stream, marks.position(shop, stream, "2026-11-25", open_shop(shop)), staff_user, "restored"
        )

    assert fetch.sweep(shop).note == ""
    assert not Mark.objects.exclude(halted="").exists()


def test_go_live_with_the_next_order(presta: PrestaShopSandbox, company: SageCompany, at: At, staff_user: User) -> None:
    at("2026-11-25 11:00:00")
    (old,) = place(presta)
    shop = connect(presta, company)
    marks.go_live(shop, "now", staff_user, open_shop(shop))
    (new,) = place(presta)

    fetch.sweep(shop)
    assert StagedOrder.objects.get(order_id=new).status == "staged"
    assert StagedOrder.objects.get(order_id=old).status == "ignored"
    assert shop.first_order_id == new

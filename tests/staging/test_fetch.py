"""Fetch against the sandbox shop: what is staged, what is known, what stops it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from staging import fetch
from staging.models import Event, Mark, Posting, RawRecord, StagedOrder, move
from tests.staging.conftest import connect, live

At = Callable[[str], datetime]
LINES = [{"reference": "demo_1", "quantity": 1}]


def test_a_new_order_is_staged_with_its_raws_and_columns(shop: Shop, presta: PrestaShopSandbox) -> None:
    order_id = presta.add_order(lines=LINES, module="paypal")

    swept = fetch.sweep(shop)

    row = StagedOrder.objects.get()
    assert (swept.done, swept.left) == (1, False)
    assert (row.order_id, row.status, row.module, row.currency) == (order_id, "staged", "paypal", "EUR")
    assert row.reference == presta.row("orders", order_id)["reference"]
    assert None not in (row.total, row.order_date, row.placed_at)
    assert "" not in (row.customer, row.email)
    raws = RawRecord.objects.filter(pk__in=row.raws)
    assert {"orders", "order_details", "customers", "addresses"} <= {raw.resource for raw in raws}
    assert row.events.get().after == "staged"


def test_reading_again_makes_nothing_new(shop: Shop, presta: PrestaShopSandbox) -> None:
    presta.add_order(lines=LINES)
    fetch.sweep(shop)
    raws, events = RawRecord.objects.count(), Event.objects.count()

    assert fetch.sweep(shop).done == 0
    assert (StagedOrder.objects.count(), RawRecord.objects.count(), Event.objects.count()) == (1, raws, events)


def test_nothing_is_asked_before_the_go_live(presta: PrestaShopSandbox, company: SageCompany) -> None:
    presta.add_order(lines=LINES)
    shop = connect(presta, company)

    assert "first order" in fetch.sweep(shop).note
    shop.first_order_id = 1
    shop.installation = "another machine"
    shop.save()
    assert "not confirmed" in fetch.sweep(shop).note
    assert not fetch.sweep(live(shop)).done
    assert presta.requests.count == 0


def test_no_mark_no_reading(presta: PrestaShopSandbox, company: SageCompany) -> None:
    presta.add_order(lines=LINES)
    shop = connect(presta, company, first_order_id=1)

    assert fetch.sweep(shop).done == 0
    assert presta.requests.count == 0


def test_older_orders_are_kept_but_ignored_until_money_moves(shop: Shop, presta: PrestaShopSandbox, at: At) -> None:
    at("2026-11-25 12:00:00")
    old = presta.add_order(lines=LINES, module="paypal")
    new = presta.add_order(lines=LINES, module="paypal")
    shop.first_order_id = new
    shop.save()

    fetch.sweep(shop)
    assert StagedOrder.objects.get(order_id=old).reason == "before go-live"
    assert StagedOrder.objects.get(order_id=new).status == "staged"

    presta.edit("orders", old, note="call first")
    fetch.sweep(shop)
    assert StagedOrder.objects.get(order_id=old).status == "ignored"

    detail = int(presta.rows("order_details", id_order=str(old))[0]["id"])
    presta.add_slip(old, {detail: 1})
    fetch.sweep(shop)
    assert StagedOrder.objects.get(order_id=old).status == "staged"


@pytest.mark.parametrize("news", ["payment", "refund"])
def test_money_that_does_not_move_date_upd_is_noticed(shop: Shop, presta: PrestaShopSandbox, at: At, news: str) -> None:
    at("2026-11-25 12:00:00")
    order_id = presta.add_order(lines=LINES)
    fetch.sweep(shop)
    at("2026-11-25 18:00:00")
    fetch.sweep(shop)
    row = StagedOrder.objects.get()
    move(row, "waiting", "unpaid")
    changed = presta.row("orders", order_id)["date_upd"]

    if news == "payment":
        presta.add_payment(order_id, "28.68", by_api=True)
    else:
        presta.add_slip(order_id, {int(presta.rows("order_details", id_order=str(order_id))[0]["id"]): 1})
    assert presta.row("orders", order_id)["date_upd"] == changed

    assert fetch.sweep(shop).done == 1
    row.refresh_from_db()
    assert row.status == "staged"
    assert fetch.sweep(shop).done == 0


def test_a_new_date_alone_is_no_news(shop: Shop, presta: PrestaShopSandbox, at: At) -> None:
    at("2026-11-25 12:00:00")
    order_id = presta.add_order(lines=LINES)
    fetch.sweep(shop)
    row = StagedOrder.objects.get()
    move(row, "waiting", "unpaid")
    at("2026-11-25 13:00:00")
    presta.edit("orders", order_id)

    assert fetch.sweep(shop).done == 0
    again = StagedOrder.objects.get()
    assert again.status == "waiting"
    assert again.raws != row.raws
    assert again.shop_changed == presta.row("orders", order_id)["date_upd"]


def test_a_change_is_staged_again_and_told(shop: Shop, presta: PrestaShopSandbox) -> None:
    order_id = presta.add_order(lines=LINES)
    fetch.sweep(shop)
    move(StagedOrder.objects.get(), "waiting", "unpaid")
    presta.set_state(order_id, 2)

    assert fetch.sweep(shop).done == 1
    row = StagedOrder.objects.get()
    assert row.status == "staged"
    last = row.events.last()
    assert last is not None
    assert "state:" in last.message


def test_a_change_while_it_is_being_sent_waits_for_the_answer(shop: Shop, presta: PrestaShopSandbox) -> None:
    order_id = presta.add_order(lines=LINES)
    fetch.sweep(shop)
    row = StagedOrder.objects.get()
    move(row, "ready", "prepared")
    Posting.objects.create(
        company=shop.company, order=row, kind="sale", source_key="x", reference="PS_1", prepared={}, status="pushing"
    )
    presta.set_state(order_id, 2)

    assert fetch.sweep(shop).done == 0
    row.refresh_from_db()
    assert (row.status, row.news) == ("ready", True)
    assert row.shop_state != ""


def test_what_staff_ignored_stays_ignored(shop: Shop, presta: PrestaShopSandbox, staff_user: object) -> None:
    order_id = presta.add_order(lines=LINES)
    fetch.sweep(shop)
    move(StagedOrder.objects.get(), "ignored", "done by hand", user=staff_user, reason="by hand")  # type: ignore[arg-type]
    presta.set_state(order_id, 2)

    assert fetch.sweep(shop).done == 0
    assert StagedOrder.objects.get().status == "ignored"


def test_what_the_bridge_closed_by_itself_is_opened_again(shop: Shop, presta: PrestaShopSandbox) -> None:
    order_id = presta.add_order(lines=LINES)
    fetch.sweep(shop)
    move(StagedOrder.objects.get(), "ignored", "cancelled in the shop", reason="cancelled")
    presta.set_state(order_id, 2)

    assert fetch.sweep(shop).done == 1
    assert StagedOrder.objects.get().status == "staged"


def test_one_broken_order_costs_only_itself(shop: Shop, presta: PrestaShopSandbox) -> None:
    good = presta.add_order(lines=LINES)
    bad = presta.add_order(lines=LINES)
    after = presta.add_order(lines=LINES)
    presta.edit("orders", bad, total_paid_tax_incl="a lot")

    assert fetch.sweep(shop).done == 3
    rows = {row.order_id: row for row in StagedOrder.objects.all()}
    assert not rows[good].fault
    assert not rows[after].fault
    assert rows[bad].fault
    assert rows[bad].raws


def test_values_that_no_column_can_hold_cost_only_their_order(shop: Shop, presta: PrestaShopSandbox) -> None:
    presta.add_order(lines=LINES)
    bad = presta.add_order(lines=LINES)
    presta.edit("orders", bad, total_paid_tax_incl="9" * 30, note="zero \0 and half \ud83d".replace("\ud83d", ""))

    assert fetch.sweep(shop).done == 2
    assert StagedOrder.objects.get(order_id=bad).fault
    assert not StagedOrder.objects.exclude(order_id=bad).get().fault


def test_a_broken_object_in_the_shops_answer_costs_only_its_order(shop: Shop, presta: PrestaShopSandbox) -> None:
    ids = [presta.add_order(lines=LINES) for _ in range(3)]
    presta.spoil("orders", ids[1])

    assert fetch.sweep(shop).done >= 2
    assert [row.order_id for row in StagedOrder.objects.filter(fault="").order_by("order_id")] == [ids[0], ids[2]]


def test_the_shop_away_pauses_the_connection_and_comes_back(shop: Shop, presta: PrestaShopSandbox) -> None:
    presta.add_order(lines=LINES)
    presta.trouble("status", status=500)

    assert fetch.sweep(shop).note
    assert (shop.state, shop.failures) == ("paused", 1)
    assert fetch.sweep(shop).done == 0
    presta.calm()
    Shop.objects.update(retry_at=datetime(2020, 1, 1).astimezone())

    assert fetch.sweep(shop).done == 1
    shop.refresh_from_db()
    assert (shop.state, shop.failures) == ("active", 0)


def test_a_refused_key_stops_the_connection(shop: Shop, presta: PrestaShopSandbox) -> None:
    presta.add_order(lines=LINES)
    Shop.objects.update(key="WRONGWRONGWRONGWRONGWRONGWRONG00")
    shop.refresh_from_db()

    fetch.sweep(shop)
    assert shop.state == "stopped"
    assert not shop.usable()
    assert not StagedOrder.objects.exists()


def test_a_restored_shop_halts_its_mark(shop: Shop, presta: PrestaShopSandbox) -> None:
    presta.add_order(lines=LINES)
    presta.snapshot("night")
    last = presta.add_order(lines=LINES)
    fetch.sweep(shop)
    presta.restore("night")

    note = fetch.sweep(shop).note
    assert str(last) in note
    assert "restored" in note
    presta.add_order(lines=LINES)
    asked = presta.requests.count
    assert fetch.sweep(shop).note == note
    assert presta.requests.count == asked
    assert Mark.objects.get(stream="orders").halted == note


def test_a_number_given_to_another_order_halts(shop: Shop, presta: PrestaShopSandbox, at: At) -> None:
    at("2026-11-25 12:00:00")
    presta.add_order(lines=LINES)
    presta.snapshot("night")
    last = presta.add_order(lines=LINES, reference="OLDORDER1")
    fetch.sweep(shop)
    presta.restore("night")
    at("2026-11-25 12:30:00")
    assert presta.add_order(lines=LINES, reference="NEWORDER1") == last

    note = fetch.sweep(shop).note
    assert "OLDORDER1" in note
    assert "NEWORDER1" in note
    assert StagedOrder.objects.get(order_id=last).reference == "OLDORDER1"


def test_the_bell_rings_after_each_page(presta: PrestaShopSandbox, company: SageCompany) -> None:
    shop = live(connect(presta, company, page_size=2, list_size=2))
    for _ in range(5):
        presta.add_order(lines=LINES)
    seen: list[int] = []

    fetch.sweep(shop, bell=lambda: seen.append(StagedOrder.objects.count()))
    # Orders of two seconds are paged otherwise than those of one: [2, 4, 5] or [2, 3, 5].
    assert (seen[0], seen[-1], len({*seen}) > 2) == (2, 5, True)


def test_a_page_needs_a_bounded_number_of_queries(
    presta: PrestaShopSandbox, company: SageCompany, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    shop = live(connect(presta, company))
    presta.generate(50, start="2026-11-25 10:00:00", references=["demo_1", "demo_6"])
    presta.set_clock(frozen=datetime.fromisoformat("2026-11-25T12:00:00+00:00"))

    with django_assert_max_num_queries(45):
        assert fetch.sweep(shop).done == 50
    with django_assert_max_num_queries(35):
        assert fetch.sweep(shop).done == 0


def test_compare_finds_what_no_date_told(shop: Shop, presta: PrestaShopSandbox, at: At) -> None:
    at("2026-11-25 12:00:00")
    order_id = presta.add_order(lines=LINES)
    fetch.sweep(shop)
    at("2026-11-26 12:00:00")
    fetch.sweep(shop)
    address = int(presta.row("orders", order_id)["id_address_delivery"])
    presta.edit("addresses", address, city="Elsewhere")
    assert fetch.sweep(shop).done == 0

    assert fetch.compare(shop).done == 1
    assert Mark.objects.get(stream="orders").compared_at
    assert fetch.compare(shop).done == 0

"""What the shop changes once Sage holds the sale is settled by staff: accepted, credited, or credited and sold anew."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from connectors import http
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.telling import worded
from staging import fetch, push, settling, staff
from staging.admin.order_page import orders_of
from staging.models import Issue
from tests.staging.books import CANCELLED, given_back, net, quiet, row, total, turn
from tests.staging.conftest import connect, live
from tests.staging.pushing import ready, settle
from tests.staging.world import map_all

D = Decimal


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The sandbox shop, mapped and live."""
    monkeypatch.setattr(http, "PAUSES", (0.0, 0.0))
    map_all(books)
    return live(connect(presta, books))


def sold(presta: PrestaShopSandbox, shop: Shop) -> int:
    lines = [{"reference": "demo_1", "quantity": 4}, {"reference": "demo_6", "quantity": 4}]
    (order,) = ready(presta, shop, lines=lines)
    push.sweep(shop.company)
    return order.order_id


def halve_a_line(presta: PrestaShopSandbox, order_id: int) -> None:
    """As the back office edits an order: pieces go, the totals follow."""
    row = presta.store.rows("order_details", id_order=order_id)[1]
    excl, incl = D(row["total_price_tax_excl"]) / 2, D(row["total_price_tax_incl"]) / 2
    pieces = str(int(row["product_quantity"]) // 2)
    presta.edit("order_details", row["id"], product_quantity=pieces)
    cheaper(presta, order_id, excl, incl)


def cheaper(presta: PrestaShopSandbox, order_id: int, excl: Decimal, incl: Decimal) -> None:
    """The order's second line costs so much less, and with it the order."""
    row = presta.store.rows("order_details", id_order=order_id)[1]
    order = presta.store.row("orders", order_id)
    line = {"total_price_tax_excl": excl, "total_price_tax_incl": incl}
    lowered: dict[str, Any] = {name: f"{D(row[name]) - by}" for name, by in line.items()}
    presta.edit("order_details", row["id"], **lowered)
    less = {"total_products": excl, "total_products_wt": incl, "total_paid": incl, "total_paid_tax_incl": incl}
    less |= {"total_paid_tax_excl": excl}
    totals: dict[str, Any] = {name: f"{D(order[name]) - by}" for name, by in less.items()}
    presta.edit("orders", order_id, **totals)


def change(order_id: int) -> Issue:
    return row(order_id).issues.get(code="changed-after-posting", closed_at=None)


def test_what_sage_holds_is_neither_corrected_nor_closed_while_it_is_only_looked_at_again(
    presta: PrestaShopSandbox, shop: Shop
) -> None:
    order = row(sold(presta, shop))
    assert staff.check_again(order, None)
    order = row(order.order_id)
    (read, _counts) = orders_of(order) or pytest.fail("it can be read")
    assert (order.status, staff.lawful(order)) == ("staged", ("check", "accept"))
    assert not staff.correct(order, read, "deliver_to", {"city": "Lyon"}, None)
    assert not staff.ignore(order, None, "a mistake")
    turn(shop)
    assert (row(order.order_id).status, order.corrections.count()) == ("posted", 0)


def test_a_sale_cancelled_after_posting_is_credited_when_staff_say_so(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User
) -> None:
    order_id = sold(presta, shop)
    presta.set_state(order_id, CANCELLED)
    turn(shop)
    assert not sage.credit_notes()
    assert not settling.settle(row(order_id), change(order_id), "credit", staff_user, " "), "a reason is needed"
    assert settling.settle(row(order_id), change(order_id), "credit", staff_user, "the buyer cancelled")
    turn(shop)
    turn(shop)
    (note,) = sage.credit_notes()
    assert note["Reference"] == f"PS_{order_id}-X1"
    assert net(sage) == 0
    quiet(order_id)


def test_what_was_refunded_before_is_not_credited_twice(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User
) -> None:
    order_id = sold(presta, shop)
    (first, *_rest) = presta.store.rows("order_details", id_order=order_id)
    presta.add_slip(order_id, {int(first["id"]): 1}, shipping=True)
    turn(shop)
    presta.set_state(order_id, CANCELLED)
    turn(shop)
    assert settling.settle(row(order_id), change(order_id), "credit", staff_user, "the buyer cancelled")
    turn(shop)
    assert len(sage.credit_notes()) == 2
    assert net(sage) == 0
    quiet(order_id)


def test_a_changed_order_is_credited_and_sold_anew(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User
) -> None:
    order_id = sold(presta, shop)
    halve_a_line(presta, order_id)
    turn(shop)
    assert settling.settle(row(order_id), change(order_id), "replace", staff_user, "fewer pieces")
    turn(shop)
    turn(shop)
    assert {order["OrderReference"] for order in sage.orders()} == {f"PS_{order_id}", f"PS_{order_id}-G2"}
    assert net(sage) == total(presta, order_id)
    assert row(order_id).sage_order == f"PS_{order_id}-G2"
    quiet(order_id)
    presta.set_state(order_id, CANCELLED)
    turn(shop)
    assert settling.settle(row(order_id), change(order_id), "credit", staff_user, "then cancelled")
    turn(shop)
    assert net(sage) == 0
    quiet(order_id)


def test_just_the_difference_is_credited_as_often_as_the_shop_lowers_the_order(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User
) -> None:
    order_id = sold(presta, shop)
    for again in (1, 2):
        before = net(sage)
        halve_a_line(presta, order_id)
        turn(shop)
        issue = change(order_id)
        assert D(issue.values["credit_total"]) == before - total(presta, order_id)
        assert [entry["quantity"] for entry in issue.values["credit"]] == [str(2 // again)]
        assert settling.settle(row(order_id), issue, "difference", staff_user, "fewer pieces")
        turn(shop)
        turn(shop)
        assert {note["Reference"] for note in sage.credit_notes()} >= {f"PS_{order_id}-X1D{again}"}
        assert (net(sage), len(sage.orders())) == (total(presta, order_id), 1)
        quiet(order_id)
    presta.set_state(order_id, CANCELLED)
    turn(shop)
    assert settling.settle(row(order_id), change(order_id), "credit", staff_user, "then cancelled")
    turn(shop)
    assert (net(sage), len(sage.credit_notes())) == (D(0), 3)
    quiet(order_id)


def test_a_lower_price_is_credited_without_goods(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User
) -> None:
    order_id = sold(presta, shop)
    cheaper(presta, order_id, excl=D("5.00"), incl=D("6.00"))
    turn(shop)
    assert settling.settle(row(order_id), change(order_id), "difference", staff_user, "a scratch")
    turn(shop)
    (note,) = sage.credit_notes()
    (line,) = note["CreditDebitDetails"]
    assert (line["LineType"], line["MiscellaneousChargesCode"]) == ("Miscellaneous", "DISC")
    assert note["CreditDebitNoteTotal"] == D("6.00")
    quiet(order_id)


def test_what_became_more_is_no_difference_to_credit(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User
) -> None:
    order_id = sold(presta, shop)
    cheaper(presta, order_id, excl=D("-5.00"), incl=D("-6.00"))
    turn(shop)
    assert "credit" not in change(order_id).values
    assert not settling.settle(row(order_id), change(order_id), "difference", staff_user, "dearer")
    assert settling.settle(row(order_id), change(order_id), "replace", staff_user, "dearer")
    turn(shop)
    assert net(sage) == total(presta, order_id)
    quiet(order_id)


def test_pieces_that_a_slip_gave_back_are_not_credited_once_more(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User
) -> None:
    order_id = sold(presta, shop)
    presta.add_slip(order_id, {int(presta.store.rows("order_details", id_order=order_id)[1]["id"]): 3})
    turn(shop)
    halve_a_line(presta, order_id)
    turn(shop)
    assert "credit" not in change(order_id).values


def test_a_slip_counts_for_the_sale_that_is_sent_anew(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User
) -> None:
    order_id = sold(presta, shop)
    slip = presta.add_slip(order_id, {int(presta.store.rows("order_details", id_order=order_id)[0]["id"]): 1})
    turn(shop)
    halve_a_line(presta, order_id)
    turn(shop)
    assert settling.settle(row(order_id), change(order_id), "replace", staff_user, "fewer pieces")
    turn(shop)
    assert net(sage) == total(presta, order_id) - given_back(presta, slip)
    quiet(order_id)
    for choice, state in (("credit", CANCELLED), ("replace", 2), ("credit", CANCELLED)):
        presta.set_state(order_id, state)
        turn(shop)
        assert settling.settle(row(order_id), change(order_id), choice, staff_user, "once more")
        turn(shop)
        assert net(sage) == (total(presta, order_id) - given_back(presta, slip) if choice == "replace" else 0)
        quiet(order_id)


def test_a_slip_of_an_order_that_was_credited_whole_is_held(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User
) -> None:
    order_id = sold(presta, shop)
    presta.set_state(order_id, CANCELLED)
    turn(shop)
    assert settling.settle(row(order_id), change(order_id), "credit", staff_user, "the buyer cancelled")
    turn(shop)
    presta.add_slip(order_id, {int(presta.store.rows("order_details", id_order=order_id)[0]["id"]): 1})
    turn(shop)
    assert list(row(order_id).issues.filter(closed_at=None).values_list("code", flat=True)) == ["refund-exceeds"]
    assert net(sage) == 0


def test_the_choice_holds_for_the_change_that_staff_saw(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User
) -> None:
    order_id = sold(presta, shop)
    halve_a_line(presta, order_id)
    turn(shop)
    assert settling.settle(row(order_id), change(order_id), "replace", staff_user, "fewer pieces")
    presta.set_state(order_id, CANCELLED)
    turn(shop)
    assert not sage.credit_notes()
    assert worded(change(order_id).values["diff"][0]["after"]) == "cancelled in the shop"


def test_an_order_that_comes_back_after_its_credit_is_asked_about(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User
) -> None:
    order_id = sold(presta, shop)
    presta.set_state(order_id, CANCELLED)
    turn(shop)
    assert settling.settle(row(order_id), change(order_id), "credit", staff_user, "the buyer cancelled")
    turn(shop)
    presta.set_state(order_id, 2)
    turn(shop)
    assert net(sage) == 0
    assert settling.settle(row(order_id), change(order_id), "replace", staff_user, "the buyer came back")
    turn(shop)
    assert net(sage) == total(presta, order_id)
    quiet(order_id)


@pytest.mark.parametrize("order_of_events", list(permutations(["pay", "refund", "sweep"])))
def test_any_order_of_events_ends_in_the_same_books(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, order_of_events: tuple[str, ...]
) -> None:
    SageCompany.objects.update(receipts=SageCompany.Receipts.PREPAYMENT)
    shop.take = Shop.Take.ALWAYS
    shop.save()
    lines: list[dict[str, Any]] = [{"reference": "demo_1", "quantity": 3}]
    order_id = presta.add_order(lines=lines, module="ps_wirepayment")
    (line, *_rest) = presta.store.rows("order_details", id_order=order_id)
    for event in order_of_events:
        if event == "pay":
            presta.add_payment(order_id, total(presta, order_id))
        elif event == "refund":
            presta.add_slip(order_id, {int(line["id"]): 1})
        else:
            turn(Shop.objects.get())
    turn(Shop.objects.get())
    settle(shop.company, 1)
    slip = sum((D(each["total_products_tax_incl"]) for each in presta.store.rows("order_slip")), D(0))
    assert net(sage) == total(presta, order_id) - slip
    (batch,) = sage.receipt_batches()
    assert [entry["CustomerReceiptAmount"] for entry in batch["ReceiptsAdjustments"]] == [total(presta, order_id)]
    quiet(order_id)


@pytest.mark.parametrize("call", range(8))
def test_a_cancel_while_it_is_being_sent_is_seen_after_it(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User, call: int
) -> None:
    (order,) = ready(presta, shop)
    sage.trouble("lose_answer", after_requests=call)
    push.sweep(SageCompany.objects.get())
    sage.no_trouble()
    presta.set_state(order.order_id, CANCELLED)
    fetch.sweep(shop)
    settle(shop.company, 3)
    turn(shop)
    if sage.orders():
        assert settling.settle(row(order.order_id), change(order.order_id), "credit", staff_user, "cancelled")
        turn(shop)
        quiet(order.order_id)
    else:
        assert row(order.order_id).status == "ignored"
    assert net(sage) == 0


@pytest.mark.parametrize(("button", "orders"), [("settle-difference", 1), ("settle-credit", 1), ("settle-replace", 2)])
def test_the_buttons_of_the_orders_page(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, admin_client: Client, button: str, orders: int
) -> None:
    order_id = sold(presta, shop)
    halve_a_line(presta, order_id)
    turn(shop)
    page = admin_client.get(reverse("admin:staging_stagedorder_change", args=[row(order_id).pk])).content.decode()
    assert button in page
    assert "sb-difference" in page
    address = reverse("admin:staging_stagedorder_act", args=[row(order_id).pk, button])
    seen = staff.seen(row(order_id))
    admin_client.post(address, {"seen": seen, "issue": change(order_id).pk, "reason": "edited in the shop"})
    turn(shop)
    assert (len(sage.orders()), len(sage.credit_notes())) == (orders, 1)
    quiet(order_id)


def test_crediting_needs_the_money_right(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, client: Client, staff_user: User
) -> None:
    order_id = sold(presta, shop)
    halve_a_line(presta, order_id)
    turn(shop)
    staff_user.is_staff = True
    staff_user.save()
    names = ["view_stagedorder", "change_stagedorder"]
    staff_user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(staff_user)
    page = client.get(reverse("admin:staging_stagedorder_change", args=[row(order_id).pk])).content.decode()
    assert "settle-credit" not in page
    address = reverse("admin:staging_stagedorder_act", args=[row(order_id).pk, "settle-credit"])
    told = {"seen": staff.seen(row(order_id)), "issue": change(order_id).pk, "reason": "no right"}
    assert client.post(address, told).status_code == 403
    turn(shop)
    assert not sage.credit_notes()

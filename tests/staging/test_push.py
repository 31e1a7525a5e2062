"""Push against the sandbox Sage: once and whole, whatever is lost, late, refused or changed meanwhile."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from connectors import http
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox, server
from connectors.telling import worded
from mappings.models import CustomerRule
from staging import fetch, push, staff, track, validate
from staging.models import Issue, Posting, Slot, StagedOrder
from staging.slots import slot
from tests.staging.conftest import connect, live
from tests.staging.pushing import documents, exactly_once, later, ready, settle
from tests.staging.world import map_all


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    """The sandbox shop, mapped and live."""
    map_all(books)
    return live(connect(presta, books))


@pytest.fixture
def company(shop: Shop) -> SageCompany:
    """The company that it feeds."""
    return shop.company


def test_a_ready_order_becomes_one_order_with_invoice(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    (order,) = ready(presta, shop)

    swept = push.sweep(company)

    assert (swept.done, swept.left) == (1, False)
    exactly_once(sage, order)
    (document,) = sage.orders()
    assert document["PurchaseOrderNumber"] == order.reference
    (invoice,) = sage.invoices()
    assert invoice["InvoiceTotalWithTax"] == order.total
    assert not Issue.objects.filter(closed_at=None).exists()


def test_a_second_sweep_and_a_replayed_job_write_nothing(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    (order,) = ready(presta, shop)
    push.sweep(company)
    later()

    assert push.sweep(company).done == 0
    assert sage.counts()["POST OEOrders"] == 1
    exactly_once(sage, order)


def test_orders_go_oldest_first(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    orders = ready(presta, shop, 3)

    assert push.sweep(company).done == 3
    assert [row["OrderNumber"] for row in sage.orders()] == [f"PS_{order.order_id}" for order in orders]


# --- copies, connections


def test_a_copied_database_asks_and_writes_nothing(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox, settings: Settings
) -> None:
    ready(presta, shop)
    settings.INSTALLATION_ID = "the copy"
    sage.clear_log()
    asked = presta.requests.count

    assert "not confirmed" in push.sweep(company).note
    assert "not confirmed" in track.sweep(company).note
    assert "not confirmed" in fetch.sweep(shop).note
    assert not sage.log()
    assert presta.requests.count == asked


@pytest.mark.parametrize("state", ["paused", "stopped"])
def test_a_paused_or_stopped_company_is_left_alone(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox, state: str
) -> None:
    ready(presta, shop)
    company.pause("away") if state == "paused" else company.stop("wrong password")
    sage.clear_log()

    assert push.sweep(company).note
    assert not sage.log()


def test_sage_away_pauses_and_the_order_goes_when_it_is_back(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    orders = ready(presta, shop, 2)
    sage.pause()

    assert push.sweep(company).done == 0
    assert company.state == "paused"
    assert {(row.status, row.attempts) for row in Posting.objects.all()} == {("ready", 0)}
    assert not Issue.objects.filter(closed_at=None).exists()

    sage.start()
    later()
    assert push.sweep(SageCompany.objects.get()).done == 2
    assert SageCompany.objects.get().state == "active"
    exactly_once(sage, *orders)


def test_a_wrong_password_stops_the_company_and_blames_no_order(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    (order,) = ready(presta, shop)
    sage.set_user("WEBAPI", "CHANGED")

    push.sweep(company)
    assert company.state == "stopped"
    order.refresh_from_db()
    assert order.status == "ready"
    assert not documents(sage)

    sage.set_user("WEBAPI", "WEBAPI")
    assert company.resume()
    assert push.sweep(company).done == 1
    exactly_once(sage, order)


# --- lost answers


@pytest.mark.parametrize("kind", ["lose_answer", "cut", "html", "drop"])
def test_a_lost_answer_is_looked_up_and_never_sent_twice(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox, kind: str
) -> None:
    (order,) = ready(presta, shop)
    sage.trouble(kind, verb="POST", resource="OEOrders", after=True)

    assert push.sweep(company).done == 0
    posting = Posting.objects.get()
    assert posting.status == "pushing"
    assert posting.lease_until is not None
    assert posting.lease_until < timezone.now() + timedelta(minutes=2)
    assert push.sweep(company).done == 0  # it rests before it is looked up
    later()
    assert push.sweep(company).done == 1
    exactly_once(sage, order)


def test_a_commit_after_the_client_gave_up_is_not_doubled(
    shop: Shop,
    company: SageCompany,
    presta: PrestaShopSandbox,
    sage: Sage300Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (order,) = ready(presta, shop)
    # It commits so late that the look finds nothing and the order is sent a second time before.
    gone, commits = server.Handler._wait_until_gone, threading.Event()
    monkeypatch.setattr(server.Handler, "_wait_until_gone", lambda *of: (gone(*of), commits.wait(60)))
    sage.trouble("late_commit", verb="POST", resource="OEOrders")

    with monkeypatch.context() as hasty:
        hasty.setattr(http, "Session", partial(http.Session, read_timeout=1.0))
        push.sweep(company)
    assert Posting.objects.get().status == "pushing"
    settle(company)
    exactly_once(sage, order)
    commits.set()
    at_last = time.monotonic() + 60
    while sage.counts()["POST OEOrders"] < 2:  # the first one is refused: the number is in use
        assert time.monotonic() < at_last
        time.sleep(0.01)
    exactly_once(sage, order)


def test_many_lost_answers_in_a_row_pause_the_company(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    orders = ready(presta, shop, 5)
    sage.trouble("lose_answer", verb="POST", resource="OEOrders", count=None)

    push.sweep(company)
    assert sage.counts()["POST OEOrders"] == push.LOST_IN_A_ROW
    assert company.state == "paused"
    sage.no_trouble()
    settle(company)
    exactly_once(sage, *orders)


def test_where_sage_takes_copies_an_empty_look_is_no_leave_to_write(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    SageCompany.objects.update(options={"own_order_number": False})
    company.refresh_from_db()
    (order,) = ready(presta, shop)
    sage.trouble("drop", verb="POST", resource="OEOrders")

    push.sweep(company)
    for _ in range(push.LOOKS + 1):
        later()
        push.sweep(company)
    order.refresh_from_db()
    assert order.status == "invalid"
    assert order.first_cause == "outcome-unknown"
    assert not documents(sage)
    # A person has looked and says: send it again.
    staff.check_again(order, None)
    validate.sweep(shop)
    assert push.sweep(company).done == 1
    assert len(sage.orders()) == 1


def test_where_sage_takes_copies_a_lost_answer_is_found_by_our_reference(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    SageCompany.objects.update(options={"own_order_number": False})
    company.refresh_from_db()
    (order,) = ready(presta, shop)
    sage.trouble("lose_answer", verb="POST", resource="OEOrders")

    push.sweep(company)
    later()
    assert push.sweep(company).done == 1
    order.refresh_from_db()
    assert order.sage_order == "ORD000001"
    assert len(sage.orders()) == 1


# --- refusals, differences


def test_a_refusal_is_told_in_sages_words_and_the_rest_goes_on(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    bad, good = ready(presta, shop, 2)
    Posting.objects.filter(order=bad).update(prepared={**bad.postings.get().prepared, "terms": "NOPE"})

    assert push.sweep(company).done == 1
    bad.refresh_from_db()
    assert (bad.status, bad.first_cause) == ("invalid", "refused")
    issue = bad.issues.get(closed_at=None)
    assert issue.values["answer"]
    assert bad.postings.get().status == "refused"

    staff.check_again(bad, None)
    validate.sweep(shop)
    assert push.sweep(company).done == 1
    exactly_once(sage, bad, good)
    assert not Issue.objects.filter(closed_at=None).exists()


def test_a_reference_taken_by_something_else_is_not_adopted(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    (order,) = ready(presta, shop)
    line = {"Item": "demo_1", "QuantityOrdered": 1, "PricingUnitPrice": "5.00"}
    body = {"CustomerNumber": "WEBEUR", "OrderNumber": f"PS_{order.order_id}", "OrderDate": "2026-11-20"}
    sage.add("OEOrders", body | {"OrderDetails": [line]})

    assert push.sweep(company).done == 0
    order.refresh_from_db()
    assert (order.status, order.first_cause) == ("invalid", "reference-taken")
    assert "total" in worded(order.issues.get(closed_at=None).values["difference"])
    assert len(sage.orders()) == 1


def test_a_customer_put_on_hold_meanwhile_holds_the_order_until_accepted(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User
) -> None:
    (order,) = ready(presta, shop)
    sage.change("ARCustomers", "WEBEUR", OnHold="Yes")
    sage.set_options(on_hold="allow")

    assert push.sweep(company).done == 0
    order.refresh_from_db()
    assert (order.status, order.first_cause) == ("invalid", "customer-on-hold")
    assert not sage.orders()
    assert staff.accept(order, order.issues.get(closed_at=None), staff_user, "the owner said so")
    validate.sweep(shop)
    assert push.sweep(company).done == 1
    exactly_once(sage, order)


@pytest.mark.parametrize("reason", ["short", "credit_hold"])
def test_an_order_without_its_invoice_is_told_and_verified_when_finished(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox, reason: str
) -> None:
    (order,) = ready(presta, shop)
    sage.trouble("no_invoice", verb="POST", resource="OEOrders", reason=reason)

    assert push.sweep(company).done == 1
    order.refresh_from_db()
    assert (order.status, order.first_cause) == ("posted", "incomplete-in-sage")
    track.sweep(company)
    order.refresh_from_db()
    assert order.reason == ""

    sage.finish_order(f"PS_{order.order_id}")
    assert track.sweep(company).done == 1
    order.refresh_from_db()
    assert (order.reason, order.first_cause) == ("delivered", "")
    assert not order.issues.filter(closed_at=None).exists()
    exactly_once(sage, order)


def test_totals_that_differ_are_told_and_the_document_is_noted(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    (order,) = ready(presta, shop)
    prepared = order.postings.get().prepared
    Posting.objects.update(prepared={**prepared, "total": "1.00"})

    assert push.sweep(company).done == 1
    order.refresh_from_db()
    assert (order.status, order.first_cause) == ("posted", "answer-differs")
    assert "instead of 1.00" in worded(order.issues.get(closed_at=None).values["difference"])


def test_what_the_shop_changed_meanwhile_is_checked_after_the_answer(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    (order,) = ready(presta, shop)
    sage.trouble("lose_answer", verb="POST", resource="OEOrders")
    push.sweep(company)
    presta.set_state(order.order_id, 6)  # cancelled
    fetch.sweep(shop)
    order.refresh_from_db()
    assert (order.status, order.news) == ("ready", True)
    later()
    rung: list[int] = []

    assert push.sweep(company, bell=lambda: rung.append(1)).done == 1
    order.refresh_from_db()
    assert (order.status, order.news, rung) == ("staged", False, [1])
    validate.sweep(shop)
    order.refresh_from_db()
    assert (order.status, order.first_cause) == ("posted", "changed-after-posting")
    assert len(sage.orders()) == 1


def test_one_poisoned_posting_does_not_end_the_sweep(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    poisoned, good = ready(presta, shop, 2)
    Posting.objects.filter(order=poisoned).update(prepared={"nonsense": True})

    with pytest.raises(KeyError):
        push.sweep(company)
    good.refresh_from_db()
    assert good.status == "posted"
    posting = poisoned.postings.get()
    assert posting.status == "pushing"
    assert posting.lease_until is not None
    assert posting.lease_until > timezone.now() + timedelta(minutes=5)
    assert push.sweep(company).done == 0


def test_a_new_customer_is_made_once_before_the_sales_that_need_it(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    CustomerRule.objects.filter(field="any").update(code="WEB", create=True)
    orders = ready(presta, shop, 2)
    assert Posting.objects.filter(kind="customer").count() == 1
    sage.trouble("lose_answer", verb="POST", resource="ARCustomers")

    push.sweep(company)
    assert not sage.orders()
    settle(company)
    for order in orders:
        order.refresh_from_db()
        assert order.status == "posted"
    customer = Posting.objects.get(kind="customer")
    assert {row["CustomerNumber"] for row in sage.orders()} == {customer.document_number}
    assert sage.counts()["POST ARCustomers"] == 1


def test_a_refused_customer_frees_the_other_orders_of_the_buyer(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    CustomerRule.objects.filter(field="any").update(code="WEB", create=True)
    orders = ready(presta, shop, 2)
    customer = Posting.objects.get(kind="customer")
    Posting.objects.filter(pk=customer.pk).update(prepared={**customer.prepared, "terms": "NOPE"})

    push.sweep(company)
    assert sorted(StagedOrder.objects.values_list("status", flat=True)) == ["invalid", "staged"]
    validate.sweep(shop)
    push.sweep(company)
    StagedOrder.objects.filter(status="invalid").update(status="staged")
    validate.sweep(shop)
    settle(company)
    for order in orders:
        order.refresh_from_db()
        assert order.status == "posted"


def test_the_slot_of_a_company_is_for_one_at_a_time(company: SageCompany) -> None:
    with slot(company, wait=0.1) as first, slot(company, wait=0.1) as second:
        assert (first, second) == (False, False) or first != second
    with slot(company, wait=0.1) as first, slot(company, wait=0.1) as second:
        assert (first, second) == (True, False)
    company.simultaneous = 2
    with slot(company, wait=0.1) as first, slot(company, wait=0.5) as second, slot(company, wait=0.1) as third:
        assert (first, second, third) == (True, True, False)


def test_who_slept_longer_than_the_lease_takes_no_slot_away(company: SageCompany) -> None:
    with slot(company, wait=0.1):
        pass  # the first one of all makes the rows
    with ExitStack() as sleeper:
        assert sleeper.enter_context(slot(company, wait=0.1))
        Slot.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        with slot(company, wait=0.1) as taken:
            assert taken
            sleeper.close()
            with slot(company, wait=0.1) as third:
                assert not third


def test_what_is_sent_is_what_was_prepared(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    (order,) = ready(presta, shop, gift_wrap=True, vouchers=[])
    prepared: dict[str, Any] = order.postings.get().prepared
    push.sweep(company)

    (invoice,) = sage.invoices()
    assert len(invoice["InvoiceDetails"]) == len(prepared["lines"])
    assert order.postings.get().prepared == prepared

"""Credit slips of the shop become credit notes in Sage: partial, repeated, never above the order, never twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connectors import http
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from staging import fetch, push, staff, validate
from staging.models import Posting, StagedOrder
from tests.staging.books import codes, credited, given_back, turn
from tests.staging.conftest import connect, live
from tests.staging.pushing import ready, settle
from tests.staging.world import map_all

D = Decimal


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The sandbox shop, mapped and live; its refunds become credit notes."""
    monkeypatch.setattr(http, "PAUSES", (0.0, 0.0))
    map_all(books)
    return live(connect(presta, books))


def sold(presta: PrestaShopSandbox, shop: Shop, pieces: int = 4) -> tuple[int, list[int]]:
    """An order with its invoice in Sage, and the ids of its lines."""
    lines = [{"reference": "demo_1", "quantity": pieces}, {"reference": "demo_6", "quantity": pieces}]
    (order,) = ready(presta, shop, lines=lines)
    push.sweep(shop.company)
    details = presta.store.rows("order_details", id_order=order.order_id)
    return order.order_id, [int(row["id"]) for row in details]


def test_partial_and_repeated_slips_become_one_credit_note_each(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    order_id, (shirt, mug) = sold(presta, shop)
    first = presta.add_slip(order_id, {shirt: 1})
    turn(shop)
    second = presta.add_slip(order_id, {shirt: 1, mug: 2}, shipping=True)
    turn(shop)
    turn(shop)
    expected = {f"PS_{order_id}-C{slip}": given_back(presta, slip) for slip in (first, second)}
    assert credited(sage) == expected
    order = StagedOrder.objects.get(order_id=order_id)
    assert (order.status, codes(order_id)) == ("posted", [])
    for posting in order.postings.filter(kind=Posting.Kind.CREDIT_NOTE):
        assert posting.answer is not None
        for name in ("total", "tax"):
            assert D(posting.answer[name]) == D(posting.prepared[name])
        assert posting.prepared["invoice_number"] == order.sage_invoice
    assert len(sage.orders()) == 1


def test_a_refund_before_the_push_is_sent_after_its_sale(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    (order,) = ready(presta, shop)
    (row, *_rest) = presta.store.rows("order_details", id_order=order.order_id)
    slip = presta.add_slip(order.order_id, {int(row["id"]): 1})
    turn(shop)
    assert credited(sage) == {f"PS_{order.order_id}-C{slip}": given_back(presta, slip)}
    assert len(sage.invoices()) == 1


def test_slips_above_the_order_are_held_and_may_be_settled_by_hand(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: Any
) -> None:
    order_id, (shirt, _mug) = sold(presta, shop, 2)
    presta.add_slip(order_id, {shirt: 2})
    presta.add_slip(order_id, {shirt: 1})
    turn(shop)
    assert codes(order_id) == ["refund-exceeds"]
    assert len(credited(sage)) == 1
    order = StagedOrder.objects.get(order_id=order_id)
    assert staff.accept(order, order.issues.get(closed_at=None), staff_user, "booked in Sage as CN 17")
    turn(shop)
    assert (StagedOrder.objects.get().status, codes(order_id)) == ("posted", [])
    assert len(credited(sage)) == 1


def test_shipping_is_given_back_once(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    order_id, (shirt, mug) = sold(presta, shop)
    presta.add_slip(order_id, {shirt: 1}, shipping=True)
    presta.add_slip(order_id, {mug: 1}, shipping=True)
    turn(shop)
    assert codes(order_id) == ["refund-exceeds"]
    assert len(credited(sage)) == 1


def test_slips_of_an_order_with_a_voucher_give_back_no_more_than_was_paid(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    shop.company.tax_tolerance = 1
    shop.company.save()
    lines = [{"reference": "demo_1", "quantity": 2}]
    (order,) = ready(presta, shop, lines=lines, vouchers=["PCT10"])
    push.sweep(shop.company)
    (line,) = presta.store.rows("order_details", id_order=order.order_id)
    presta.add_slip(order.order_id, {int(line["id"]): 1})
    presta.add_slip(order.order_id, {int(line["id"]): 1}, shipping=True)
    turn(shop)
    assert codes(order.order_id) == ["refund-exceeds"]
    assert len(credited(sage)) == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        pytest.param({"total_products_tax_excl": "1.230000"}, "refund-inconsistent", id="header beside its rows"),
        pytest.param({"amount": "999.000"}, "refund-inconsistent", id="amount beside its rows"),
    ],
)
def test_a_slip_that_contradicts_itself_is_held(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, fault: dict[str, str], code: str
) -> None:
    order_id, (shirt, _mug) = sold(presta, shop)
    slip = presta.add_slip(order_id, {shirt: 1})
    presta.store.update("order_slip", slip, **fault)
    turn(shop)
    assert codes(order_id) == [code]
    assert credited(sage) == {}


def test_a_slip_of_another_program_asks_first(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: Any
) -> None:
    order_id, (shirt, _mug) = sold(presta, shop)
    slip = presta.add_slip(order_id, {shirt: 1})
    presta.store.update("order_details", shirt, product_quantity_refunded="0")
    turn(shop)
    assert codes(order_id) == ["refund-unbooked"]
    assert credited(sage) == {}
    order = StagedOrder.objects.get(order_id=order_id)
    assert staff.accept(order, order.issues.get(closed_at=None), staff_user, "the money was given back")
    turn(shop)
    assert credited(sage) == {f"PS_{order_id}-C{slip}": given_back(presta, slip)}


def test_three_decimals_in_the_amount_are_the_same_amount(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    order_id, (shirt, _mug) = sold(presta, shop)
    slip = presta.add_slip(order_id, {shirt: 1})
    amount = given_back(presta, slip)
    presta.store.update("order_slip", slip, amount=f"{amount - D('0.002')}")
    turn(shop)
    assert credited(sage) == {f"PS_{order_id}-C{slip}": amount}


@pytest.mark.parametrize(
    ("rule", "reinjected", "restocked"),
    [("always", "0", True), ("never", "1", False), ("shop", "1", True), ("shop", "0", False)],
)
def test_goods_go_back_into_stock_by_the_rule(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, rule: str, reinjected: str, restocked: bool
) -> None:
    SageCompany.objects.update(restock=rule)
    order_id, (shirt, _mug) = sold(presta, shop)
    presta.add_slip(order_id, {shirt: 1})
    presta.store.update("order_details", shirt, product_quantity_reinjected=reinjected)
    turn(Shop.objects.get())
    assert Posting.objects.get(kind=Posting.Kind.CREDIT_NOTE).prepared["restock"] is restocked
    (note,) = sage.credit_notes()
    returned = note["CreditDebitDetails"][0]["ReturnType"] == "ItemsReturnedToInventory"
    assert returned is restocked


def test_a_credit_note_waits_for_day_end_when_the_company_says_so(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    SageCompany.objects.update(credit_after_day_end=True)
    order_id, (shirt, _mug) = sold(presta, shop)
    presta.add_slip(order_id, {shirt: 1})
    turn(shop)
    assert credited(sage) == {}
    order = StagedOrder.objects.get(order_id=order_id)
    assert (order.status, codes(order_id)) == ("ready", [])
    assert "day end" in str(order.events.latest("pk").message)
    sage.day_end()
    sage.post_batches()
    settle(shop.company, 1)
    assert len(credited(sage)) == 1


@pytest.mark.parametrize(("kind", "count"), [("drop", 1), ("lose_answer", 1), ("status", 3)])
def test_whichever_request_breaks_there_is_one_credit_note(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, kind: str, count: int
) -> None:
    for call in range(30):
        (order,) = ready(presta, shop)
        push.sweep(SageCompany.objects.get())
        (row, *_rest) = presta.store.rows("order_details", id_order=order.order_id)
        presta.add_slip(order.order_id, {int(row["id"]): 1})
        fetch.sweep(shop)
        validate.sweep(shop)
        sage.clear_log()
        sage.trouble(kind, after_requests=call, count=count)
        push.sweep(SageCompany.objects.get())
        reached = sum(sage.counts().values()) > call
        sage.no_trouble()
        settle(shop.company, 3)
        order.refresh_from_db()
        assert (order.status, codes(order.order_id)) == ("posted", [])
        assert len(credited(sage)) == call + 1
        if not reached:
            break
    assert call >= 2

"""Payments of the shop become receipts in Sage: one each, right or held with the cause, whatever happens meanwhile."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connectors import http
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings.models import PaymentMapping
from staging import fetch, push, staff, validate
from staging.models import StagedOrder
from staging.shares import Share, shares
from tests.staging.books import codes, entries, received, total, turn
from tests.staging.conftest import connect, live
from tests.staging.pushing import lines, ready, settle
from tests.staging.world import map_all

D = Decimal


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The sandbox shop, mapped and live; its payments become prepayments."""
    monkeypatch.setattr(http, "PAUSES", (0.0, 0.0))
    books.receipts = SageCompany.Receipts.PREPAYMENT
    books.save()
    map_all(books)
    return live(connect(presta, books))


def unpaid(presta: PrestaShopSandbox, shop: Shop) -> int:
    """An order on terms: Sage holds its sale before any money comes."""
    shop.take = Shop.Take.ALWAYS
    shop.save()
    order_id = presta.add_order(lines=lines(), module="ps_wirepayment")
    turn(shop)
    return order_id


def test_a_paid_order_becomes_a_sale_and_a_prepayment_that_names_it(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    (order,) = ready(presta, shop)
    push.sweep(shop.company)
    order.refresh_from_db()
    assert (order.status, order.sage_order) == ("posted", f"PS_{order.order_id}")
    (batch,) = sage.receipt_batches()
    (entry,) = batch["ReceiptsAdjustments"]
    posting = order.postings.get(kind="receipt")
    assert entry["CheckReceiptNumber"] == posting.reference
    assert entry["ReceiptTransactionType"] == "Prepayment"
    assert entry["MatchingDocumentNumber"] == order.sage_order
    assert entry["CustomerReceiptAmount"] == total(presta, order.order_id)
    assert (batch["BankCode"], entry["PaymentCode"]) == ("BNPEUR", "WIRE")
    assert batch["Description"] == f"PS BNPEUR {posting.prepared['receipt_date']}"


def test_money_that_comes_later_makes_its_receipt_then_and_nothing_twice(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    order_id = unpaid(presta, shop)
    assert received(sage) == {}
    worth = total(presta, order_id)
    first = presta.add_payment(order_id, D("5.00"))
    turn(shop)
    second = presta.add_payment(order_id, worth - D("5.00"), by_api=True)
    turn(shop)
    turn(shop)
    expected = {f"PS_{order_id}-R{first}": D("5.00"), f"PS_{order_id}-R{second}": worth - D("5.00")}
    assert received(sage) == expected
    assert StagedOrder.objects.get(order_id=order_id).status == "posted"
    assert len(sage.receipt_batches()) == 1
    assert len(sage.orders()) == 1


def test_more_money_than_the_order_is_worth_is_held_until_staff_say_so(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: Any
) -> None:
    order_id = unpaid(presta, shop)
    worth = total(presta, order_id)
    presta.add_payment(order_id, worth)
    double = presta.add_payment(order_id, D("3.00"))
    turn(shop)
    assert codes(order_id) == ["payment-exceeds"]
    assert sum(received(sage).values()) == worth
    order = StagedOrder.objects.get(order_id=order_id)
    assert staff.accept(order, order.issues.get(closed_at=None), staff_user, "the buyer has credit")
    turn(shop)
    assert codes(order_id) == []
    assert received(sage)[f"PS_{order_id}-R{double}"] == D("3.00")


def test_nothing_of_an_order_is_sent_while_its_receipt_could_not_be(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    PaymentMapping.objects.get().delete()
    mapping = PaymentMapping.objects.create(company=shop.company, module="*", code="WIRE", bank="NOBANK")
    order_id = presta.add_order(lines=lines(), module="paypal")
    turn(shop)
    assert codes(order_id) == ["bank-unknown"]
    assert not sage.orders()
    mapping.bank = "BNPEUR"
    mapping.save()
    turn(shop)
    assert StagedOrder.objects.get(order_id=order_id).status in ("posted", "invalid")


def test_a_late_payment_of_another_way_waits_for_its_mapping(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    order_id = unpaid(presta, shop)
    worth = total(presta, order_id)
    presta.add_payment(order_id, D("5.00"))
    presta.add_payment(order_id, worth - D("5.00"), method="Voucher desk")
    turn(shop)
    assert codes(order_id) == ["payment-method-unknown"]
    assert len(received(sage)) == 1
    PaymentMapping.objects.create(company=shop.company, module="Voucher desk", code="CHECK", bank="BNPEUR")
    turn(shop)
    assert codes(order_id) == []
    assert sum(received(sage).values()) == worth


def test_money_booked_elsewhere_makes_no_receipt(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    PaymentMapping.objects.update(receipt=False)
    (order,) = ready(presta, shop)
    push.sweep(shop.company)
    order.refresh_from_db()
    assert order.status == "posted"
    assert received(sage) == {}


def test_a_receipt_applied_to_the_invoice_waits_for_day_end(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    SageCompany.objects.update(receipts=SageCompany.Receipts.APPLIED)
    shop.company.refresh_from_db()
    (order,) = ready(presta, shop)
    settle(shop.company, 1)
    order.refresh_from_db()
    assert order.status == "ready"
    assert received(sage) == {}
    sage.day_end()
    sage.post_batches()
    settle(shop.company, 1)
    order.refresh_from_db()
    assert order.status == "posted"
    (entry,) = entries(sage)
    assert entry["ReceiptTransactionType"] == "Receipt"
    assert entry["AppliedReceiptsAdjustments"][0]["DocumentNumber"] == order.sage_invoice


@pytest.mark.parametrize(
    ("change", "code", "after"),
    [
        ({"amount": "7.00"}, "payment-changed", "7.00 EUR"),
        ({"amount": "3.00"}, "payment-changed", "3.00 EUR"),
        ({"payment_method": "Cash"}, "payment-changed", "5.00 EUR Cash"),
        (None, "payment-gone", ""),
    ],
    ids=["more", "less", "other method", "deleted"],
)
def test_a_payment_that_the_shop_edits_after_its_receipt_is_told_and_never_booked_again(
    shop: Shop,
    presta: PrestaShopSandbox,
    sage: Sage300Sandbox,
    staff_user: Any,
    change: dict[str, Any] | None,
    code: str,
    after: str,
) -> None:
    order_id = unpaid(presta, shop)
    payment = presta.add_payment(order_id, D("5.00"))
    turn(shop)
    before = received(sage)
    if change:
        presta.edit("order_payments", payment, **change)
    else:
        presta.delete("order_payments", payment)
    fetch.compare(shop)
    turn(shop)
    assert (received(sage), codes(order_id)) == (before, [code])
    order = StagedOrder.objects.get(order_id=order_id)
    issue = order.issues.get(closed_at=None)
    assert (issue.place, issue.values["receipts"]) == (f"payment {payment}", f"PS_{order_id}-R{payment}")
    assert issue.values["before"].startswith("5.00 EUR")
    assert issue.values.get("after", "").startswith(after)
    assert staff.accept(order, issue, staff_user, "reversed and entered anew in Sage")
    turn(shop)
    assert (received(sage), codes(order_id)) == (before, [])


def test_a_payment_of_two_orders_that_grew_after_its_receipt_is_not_given_to_the_other(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    shop.take = Shop.Take.ALWAYS
    shop.save()
    first = presta.add_order(lines=lines(), module="ps_wirepayment")
    reference = presta.store.row("orders", first)["reference"]
    payment = presta.add_payment(first, total(presta, first))
    turn(shop)
    assert sum(received(sage).values()) == total(presta, first)
    second = presta.add_order(lines=lines(), module="ps_wirepayment", reference=reference)
    presta.edit("order_payments", payment, amount=f"{total(presta, first) + total(presta, second)}")
    fetch.compare(shop)
    turn(shop)
    assert len(received(sage)) == 1
    assert codes(first) == codes(second) == ["payment-changed"]


@pytest.mark.parametrize(("kind", "count"), [("drop", 1), ("lose_answer", 1), ("status", 3)])
def test_whichever_request_breaks_there_is_one_receipt(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, kind: str, count: int
) -> None:
    for call in range(30):
        (order,) = ready(presta, shop)
        sage.clear_log()
        sage.trouble(kind, after_requests=call, count=count)
        push.sweep(SageCompany.objects.get())
        reached = sum(sage.counts().values()) > call
        sage.no_trouble()
        settle(shop.company, 5)
        order.refresh_from_db()
        if codes(order.order_id) == ["outcome-unknown"]:  # nobody knows whether a lost request is still at work
            assert staff.check_again(order, None)
            validate.sweep(shop)
            settle(shop.company, 2)
        order.refresh_from_db()
        assert (order.status, codes(order.order_id)) == ("posted", [])
        assert f"PS_{order.order_id}-R" in " ".join(received(sage))
        assert len(received(sage)) == call + 1
        if not reached:
            break
    assert call >= 6


@pytest.mark.parametrize(
    ("payments", "worth", "booked", "expected"),
    [
        pytest.param([(1, "10")], [(7, "10")], {}, {7: [("10", "0")]}, id="exactly"),
        pytest.param([(1, "4")], [(7, "10")], {}, {7: [("4", "0")]}, id="a part"),
        pytest.param([(1, "12")], [(7, "10")], {}, {7: [("12", "2")]}, id="too much"),
        pytest.param(
            [(1, "30")], [(7, "10"), (8, "20")], {}, {7: [("10", "0")], 8: [("20", "0")]}, id="one payment, two orders"
        ),
        pytest.param([(1, "10")], [(7, "10"), (8, "20")], {}, {7: [("10", "0")], 8: []}, id="the first only"),
        pytest.param(
            [(1, "31")], [(7, "10"), (8, "20")], {}, {7: [("10", "0")], 8: [("21", "1")]}, id="too much for both"
        ),
        pytest.param(
            [(1, "30")], [(7, "15"), (8, "15")], {(7, 1): "10"}, {7: [("10", "0")], 8: [("20", "5")]}, id="was booked"
        ),
    ],
)
def test_the_shares_of_a_payment_add_up_to_it(
    payments: list[tuple[int, str]],
    worth: list[tuple[int, str]],
    booked: dict[tuple[int, int], str],
    expected: dict[int, list[tuple[str, str]]],
) -> None:
    sent = {key: D(part) for key, part in booked.items()}
    found = shares([(i, D(a)) for i, a in payments], [(i, D(a)) for i, a in worth], sent)
    wanted = {order: [Share(1, D(part), D(excess)) for part, excess in parts] for order, parts in expected.items()}
    assert found == wanted
    assert sum(share.amount for parts in found.values() for share in parts) == sum(D(a) for _i, a in payments)

"""Money given back goes from the bank where the way of payment says so: never above what came, once, in any order."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from connectors import http, open_sage
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings.models import PaymentMapping
from staging import fetch, push, resync, staff, track, validate
from tests.staging.books import codes, credited, given_back, issue, post_all, quiet, repaid, row, total, turn
from tests.staging.conftest import connect, live
from tests.staging.pushing import lines, ready, settle
from tests.staging.world import map_all

D = Decimal
BATCHES = "ARRefundBatches"


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The sandbox shop, mapped and live; what is credited goes back from the bank."""
    monkeypatch.setattr(http, "PAUSES", (0.0, 0.0))
    books.receipts = SageCompany.Receipts.PREPAYMENT
    books.save()
    map_all(books)
    PaymentMapping.objects.update(refund=PaymentMapping.Refund.REFUND)
    return live(connect(presta, books))


def first_line(presta: PrestaShopSandbox, order_id: int) -> int:
    return int(presta.store.rows("order_details", id_order=order_id)[0]["id"])


def refunded(presta: PrestaShopSandbox, shop: Shop) -> tuple[int, int]:
    """A paid order in Sage of which a piece came back: its id and the slip's."""
    (order,) = ready(presta, shop)
    push.sweep(SageCompany.objects.get())
    slip = presta.add_slip(order.order_id, {first_line(presta, order.order_id): 1})
    turn(shop)
    return order.order_id, slip


def test_a_refund_is_paid_out_once_its_credit_note_is_posted(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    order_id, slip = refunded(presta, shop)
    assert (len(credited(sage)), repaid(sage)) == (1, {})
    assert (row(order_id).status, codes(order_id)) == ("ready", [])
    assert "day end" in row(order_id).events.latest("pk").message
    post_all(sage)
    settle(shop.company, 1)
    assert repaid(sage) == {f"PS_{order_id}-B{slip}": given_back(presta, slip)}
    quiet(order_id)
    (batch,) = sage.refund_batches()
    (entry,) = batch["RefundEntries"]
    assert batch["BatchDescription"].startswith("PS BNPEUR ")
    assert [line["DocumentNumber"] for line in entry["RefundDetails"]] == [f"PS_{order_id}-C{slip}"]
    sage.change(BATCHES, batch["BatchNumber"], BatchStatus="ReadyToPost")
    sage.post_batches()
    credit = sage.get("ARPostedDocuments", "WEBEUR", f"PS_{order_id}-C{slip}")
    assert credit is not None
    assert credit["CustomerCurrencyAmountDue"] == 0


def test_where_the_rule_says_credit_it_stays_open(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    PaymentMapping.objects.update(refund=PaymentMapping.Refund.CREDIT)
    order_id, _slip = refunded(presta, shop)
    quiet(order_id)
    assert len(credited(sage)) == 1
    assert not sage.refund_batches()


@pytest.mark.parametrize("events", list(permutations(["part", "rest", "slip"])))
def test_any_order_of_money_and_slip_gives_back_what_is_owed(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, events: tuple[str, ...]
) -> None:
    shop.take = Shop.Take.ALWAYS
    shop.save()
    order_id = presta.add_order(lines=[{"reference": "demo_1", "quantity": 3}], module="ps_wirepayment")
    worth, slip = total(presta, order_id), 0
    for event in events:
        if event == "slip":
            slip = presta.add_slip(order_id, {first_line(presta, order_id): 1})
        else:
            presta.add_payment(order_id, D("10.00") if event == "part" else worth - D("10.00"))
        turn(Shop.objects.get())
        post_all(sage)
    settle(shop.company, 1)
    assert sum(repaid(sage).values()) == given_back(presta, slip)
    quiet(order_id)


def test_what_was_never_paid_is_not_given_back(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    shop.take = Shop.Take.ALWAYS
    shop.save()
    order_id = presta.add_order(lines=lines(), module="ps_wirepayment")
    turn(shop)
    presta.add_slip(order_id, {first_line(presta, order_id): 1})
    turn(shop)
    post_all(sage)
    settle(shop.company, 1)
    quiet(order_id)
    assert (len(credited(sage)), sage.refund_batches()) == (1, [])


def test_what_the_api_cannot_do_is_entered_by_staff_and_looked_up(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    sage.set_options(missing=[BATCHES])
    order_id, slip = refunded(presta, shop)
    post_all(sage)
    settle(shop.company, 1)
    assert codes(order_id) == ["enter-in-sage"]
    told = issue(order_id, "enter-in-sage")
    number, amount = f"PS_{order_id}-B{slip}", given_back(presta, slip)
    assert (told.value, D(told.values["amount"]), told.values["bank"]) == (number, amount, "BNPEUR")
    assert staff.check_again(row(order_id), None)
    turn(shop)
    settle(shop.company, 1)
    assert codes(order_id) == ["enter-in-sage"], "not there yet"
    entered: dict[str, Any] = {"CustomerNumber": "WEBEUR", "DocumentNumber": number, "DocumentType": "Refund"}
    entered |= {"CustomerCurrencyInvoiceAmount": amount, "CurrencyCode": "EUR", "DocumentDate": "2026-11-23T00:00:00Z"}
    sage.add("ARPostedDocuments", entered)
    assert staff.check_again(row(order_id), None)
    turn(shop)
    quiet(order_id)
    assert row(order_id).postings.get(kind="repayment").document_number == number


def test_staff_who_could_not_give_the_number_say_that_it_is_done(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: Any
) -> None:
    sage.set_options(missing=["OECreditDebitNotes"])
    order_id, _slip = refunded(presta, shop)
    assert codes(order_id) == ["enter-in-sage"]
    assert staff.accept(row(order_id), issue(order_id, "enter-in-sage"), staff_user, "entered as CN 17, refunded, too")
    turn(shop)
    quiet(order_id)
    assert {each.status for each in row(order_id).postings.exclude(kind__in=["sale", "receipt"])} == {"dropped"}


def test_a_refund_that_a_restore_of_sage_lost_is_noticed_and_sent_again_once(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    order_id, slip = refunded(presta, shop)
    post_all(sage)
    sage.snapshot("night")
    settle(shop.company, 1)
    paid_out = {f"PS_{order_id}-B{slip}": given_back(presta, slip)}
    assert repaid(sage) == paid_out
    sage.restore("night")
    company = SageCompany.objects.get()
    track.sweep(company)
    assert (company.state, issue(order_id, "lost-in-sage").value) == ("stopped", f"PS_{order_id}-B{slip}")
    resync.apply(company, date(2026, 1, 1), open_sage(company))
    turn(shop)
    settle(shop.company, 1)
    assert repaid(sage) == paid_out
    quiet(order_id)


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("lose_answer", 1),
        pytest.param("drop", 1, marks=pytest.mark.proof),
        pytest.param("status", 3, marks=pytest.mark.proof),
    ],
)
def test_whichever_request_breaks_there_is_one_refund(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, kind: str, count: int
) -> None:
    for call in range(30):
        order_id, slip = refunded(presta, shop)
        post_all(sage)
        settle(shop.company, 0)
        row(order_id).postings.filter(kind="repayment").update(due_at=row(order_id).placed_at)
        sage.clear_log()
        sage.trouble(kind, after_requests=call, count=count)
        push.sweep(SageCompany.objects.get())
        reached = sum(sage.counts().values()) > call
        sage.no_trouble()
        settle(shop.company, 5)
        if codes(order_id) == ["outcome-unknown"]:  # nobody knows whether a lost request is still at work
            assert staff.check_again(row(order_id), None)
            fetch.sweep(shop)
            validate.sweep(shop)
            settle(shop.company, 2)
        quiet(order_id)
        assert (f"PS_{order_id}-B{slip}" in repaid(sage), len(repaid(sage))) == (True, call + 1)
        if not reached:
            break
    assert call >= 5

"""Receipt batches of past days are handed over by the company's rule, once, whatever breaks; late money goes on."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from connectors import http
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from staging import jobs, push, release
from staging.models import Posting, StagedOrder
from staging.proofs.task import PROVE, parameters
from syncbridge.models import Alarm, Threshold
from syncbridge.notices import alarms
from tests.staging.books import total, turn
from tests.staging.conftest import connect, live
from tests.staging.pushing import lines, ready, settle
from tests.staging.world import map_all

D = Decimal
DAY = 86400


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The sandbox shop three days ago; the company has its receipt batches released."""
    monkeypatch.setattr(http, "PAUSES", (0.0, 0.0))
    presta.set_clock(offset_seconds=-3 * DAY)
    books.receipts = SageCompany.Receipts.PREPAYMENT
    books.release_receipts = True
    books.save()
    map_all(books)
    return live(connect(presta, books))


def states(sage: Sage300Sandbox) -> list[tuple[str, str]]:
    return [(batch["Description"].rpartition("-")[2][2:], batch["BatchStatus"]) for batch in sage.receipt_batches()]


def hand_over() -> int:
    return release.sweep(SageCompany.objects.get()).done


def test_a_past_day_is_handed_over_once_and_said_so(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    (order,) = ready(presta, shop)
    push.sweep(shop.company)
    assert states(sage) == [("", "Open")]
    sage.clear_log()
    assert (hand_over(), hand_over(), states(sage)) == (1, 0, [("", "ReadyToPost")])
    assert sage.counts()["PATCH ARReceiptAndAdjustmentBatches"] == 1
    told = order.events.get(posting__kind="receipt", before="pushed", after="pushed").message
    assert "handed over" in told


def test_todays_batch_and_that_of_a_company_without_the_rule_stay_open(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    SageCompany.objects.update(release_receipts=False)
    ready(presta, shop)
    push.sweep(shop.company)
    assert (hand_over(), states(sage)) == (0, [("", "Open")])
    SageCompany.objects.update(release_receipts=True)
    presta.set_clock(offset_seconds=0)
    ready(presta, shop)
    push.sweep(SageCompany.objects.get())
    assert (hand_over(), states(sage)) == (1, [("", "ReadyToPost"), ("", "Open")])


def test_a_batch_waits_for_its_refused_receipts(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    first, second = ready(presta, shop, 2)
    push.sweep(shop.company)
    Posting.objects.filter(order=second, kind="receipt").update(status="refused")
    assert (hand_over(), states(sage)) == (0, [("", "Open")])
    Posting.objects.filter(order=second, kind="receipt").update(status="pushed")
    assert (hand_over(), states(sage)) == (1, [("", "ReadyToPost")])
    assert Posting.objects.filter(kind="receipt", tracked_at=None).count() == 0
    assert first.pk != second.pk


def test_a_past_days_batch_that_stays_open_is_an_alarm_until_it_is_handed_over(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    def told() -> list[Alarm]:
        alarms.look()
        return list(Alarm.objects.filter(closed_at=None, kind="batches"))

    ready(presta, shop)
    push.sweep(shop.company)
    (batch,) = sage.receipt_batches()
    sage.lock_batch(batch["BatchNumber"])
    assert (hand_over(), told()) == (0, []), "not for long yet"
    receipts = Posting.objects.filter(kind="receipt")
    receipts.update(pushed_at=timezone.now() - timedelta(hours=13))
    (alarm,) = told()
    assert batch["Description"] in alarm.text
    SageCompany.objects.update(release_receipts=False)
    assert told() == [], "a person's matter"
    SageCompany.objects.update(release_receipts=True)
    Threshold.objects.filter(name="batches").update(value=14)
    assert told() == []
    Threshold.objects.filter(name="batches").update(value=12)
    assert [again.link for again in told()] == [alarm.link]
    day = receipts.get().prepared["receipt_date"]
    assert alarm.link == f"{reverse('admin:staging_bank')}?shop={shop.pk}&first={day}&last={day}"
    sage.lock_batch(batch["BatchNumber"], locked=False)
    assert (hand_over(), told()) == (1, [])


def test_money_that_comes_after_it_goes_into_the_next_batch_of_the_day(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    shop.take = Shop.Take.ALWAYS
    shop.save()
    order_id = presta.add_order(lines=lines(), module="ps_wirepayment")
    presta.add_payment(order_id, D("5.00"))
    turn(shop)
    assert hand_over() == 1
    presta.add_payment(order_id, total(presta, order_id) - D("5.00"))
    turn(shop)
    assert states(sage) == [("", "ReadyToPost"), (" 2", "Open")]
    assert (hand_over(), states(sage)) == (1, [("", "ReadyToPost"), (" 2", "ReadyToPost")])
    assert StagedOrder.objects.get().status == "posted"
    sage.post_batches()
    assert sum(row["CustomerReceiptAmount"] for row in sage.all("ARPostedReceipts")) == total(presta, order_id)


@pytest.mark.parametrize("kind", ["drop", "lose_answer", "status"])
def test_whichever_request_breaks_the_batch_is_handed_over_in_the_end(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, kind: str
) -> None:
    for call in range(10):
        presta.set_clock(offset_seconds=-(20 - call) * DAY)
        ready(presta, shop)
        push.sweep(SageCompany.objects.get())
        sage.clear_log()
        sage.trouble(kind, after_requests=call, count=3 if kind == "status" else 1)
        hand_over()
        reached = sum(sage.counts().values()) > call
        sage.no_trouble()
        settle(shop.company, 1)  # a pause is over
        hand_over()
        assert set(states(sage)) == {("", "ReadyToPost")}
        if not reached:
            break
    assert call >= 1


def test_a_batch_that_somebody_has_open_does_not_keep_the_others(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    ready(presta, shop)
    presta.set_clock(offset_seconds=-2 * DAY)
    ready(presta, shop)
    push.sweep(shop.company)
    sage.lock_batch(1)
    assert (hand_over(), states(sage)) == (1, [("", "Open"), ("", "ReadyToPost")])
    sage.lock_batch(1, locked=False)
    assert (hand_over(), states(sage)) == (1, [("", "ReadyToPost"), ("", "ReadyToPost")])


def test_the_bank_page_tells_which_batches_wait_for_a_person(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, admin_client: Client
) -> None:
    ready(presta, shop)
    push.sweep(shop.company)
    day = Posting.objects.get(kind="receipt").prepared["receipt_date"]

    def page() -> str:
        task = jobs.ask(PROVE, parameters(shop, date.fromisoformat(day), date.fromisoformat(day)), None)
        jobs.run_task(task.pk)
        address = f"{reverse('admin:staging_bank')}?shop={shop.pk}&first={day}&last={day}"
        return admin_client.get(address).content.decode()

    assert f"PS BNPEUR {day} · open" in page()
    assert hand_over() == 1
    assert f"PS BNPEUR {day} · handed over" in page()

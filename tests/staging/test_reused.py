"""Numbers of payments and slips that the shop gave twice: told as a cause of its own, and no money goes twice."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from staging import fetch, push, staff, validate
from staging.models import Posting, StagedOrder
from tests.staging.conftest import connect, live
from tests.staging.pushing import lines, ready
from tests.staging.world import map_all


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    """The sandbox shop, mapped and live, that sells on terms too; its payments become prepayments."""
    books.receipts = SageCompany.Receipts.PREPAYMENT
    books.save()
    map_all(books)
    return live(connect(presta, books, take=Shop.Take.ALWAYS))


def turn(shop: Shop) -> None:
    fetch.compare(shop)
    validate.sweep(shop)
    push.sweep(SageCompany.objects.get())


def given_again(presta: PrestaShopSandbox, shop: Shop) -> tuple[StagedOrder, StagedOrder]:
    """A paid order, and one on terms to which the shop, restored, gives the number of the other's payment."""
    (paid,) = ready(presta, shop)
    later = presta.add_order(lines=lines(), module="ps_wirepayment")
    (payment,) = presta.rows("order_payments")
    push.sweep(shop.company)
    turn(shop)
    other = StagedOrder.objects.get(order_id=later)
    assert other.status == "posted"
    presta.edit("order_payments", int(payment["id"]), order_reference=other.reference, amount=str(other.total))
    return paid, other


def test_a_payment_number_given_again_is_a_cause_of_its_own_and_nothing_is_sent(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: Any
) -> None:
    paid, other = given_again(presta, shop)
    turn(shop)
    (issue,) = other.issues.filter(closed_at=None)
    assert (issue.code, issue.place.split()[0]) == ("number-reused", "payment")
    assert issue.values["other"] == paid.reference
    (batch,) = sage.receipt_batches()
    assert len(batch["ReceiptsAdjustments"]) == 1

    other.refresh_from_db()
    assert staff.accept(other, issue, staff_user, "booked in Sage by hand")
    turn(shop)
    other.refresh_from_db()
    assert (other.status, other.issues.filter(closed_at=None).count()) == ("posted", 0)
    assert not other.postings.filter(kind="receipt").exists()
    assert len(sage.receipt_batches()[0]["ReceiptsAdjustments"]) == 1


def test_the_number_of_a_receipt_that_was_never_sent_is_free(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    _paid, other = given_again(presta, shop)
    Posting.objects.filter(kind="receipt").update(status="dropped")
    turn(shop)
    assert not other.issues.filter(closed_at=None).exists()
    own = other.postings.get(kind="receipt")
    assert (own.status, own.source_key.endswith(f" order {other.order_id}")) == ("pushed", True)
    turn(shop)
    assert other.postings.filter(kind="receipt").count() == 1

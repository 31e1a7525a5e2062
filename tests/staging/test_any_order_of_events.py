"""Payments, refunds, releases and lost answers in any order: the books end the same."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from connectors import http
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings.models import PaymentMapping
from staging import release, staff
from tests.staging.books import codes, credited, given_back, net, post_all, quiet, received, repaid, row, total, turn
from tests.staging.conftest import connect, live
from tests.staging.pushing import settle
from tests.staging.world import map_all

D = Decimal
EVENTS = ("part", "rest", "first slip", "second slip", "release", "night", "lost answer", "turn", "turn")
"""What happens besides the order itself: ``part`` and ``rest`` are payments, after some of them the batch is closed."""


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop three days ago that sells on terms; receipts, their release and refunds from the bank by rule."""
    monkeypatch.setattr(http, "PAUSES", (0.0, 0.0))
    presta.set_clock(offset_seconds=-3 * 86400)
    books.receipts, books.release_receipts = SageCompany.Receipts.PREPAYMENT, True
    books.save()
    map_all(books)
    PaymentMapping.objects.update(refund=PaymentMapping.Refund.REFUND)
    return live(connect(presta, books, take=Shop.Take.ALWAYS))


@pytest.mark.parametrize("seed", range(5))
def test_the_books_end_the_same(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, seed: int) -> None:
    lines = [{"reference": "demo_1", "quantity": 3}, {"reference": "demo_6", "quantity": 2}]
    order_id = presta.add_order(lines=lines, module="ps_wirepayment")
    worth = total(presta, order_id)
    shirt, mug = (int(each["id"]) for each in presta.store.rows("order_details", id_order=order_id))
    slips: list[int] = []
    for event in random.Random(seed).sample(EVENTS, len(EVENTS)):
        if event in ("part", "rest"):
            presta.add_payment(order_id, D("10.00") if event == "part" else worth - D("10.00"), by_api=event == "part")
        elif event.endswith("slip"):
            slips.append(presta.add_slip(order_id, {shirt: 1} if event.startswith("first") else {shirt: 1, mug: 2}))
        elif event == "release":
            release.sweep(SageCompany.objects.get())
        elif event == "night":
            post_all(sage)
        else:
            if event == "lost answer":
                sage.trouble("lose_answer", after_requests=seed)
            turn(shop)
            sage.no_trouble()
            settle(shop.company, 1)
    finish(shop, sage, order_id)
    back = sum((given_back(presta, slip) for slip in slips), D(0))
    assert net(sage) == worth - back
    assert (sum(received(sage).values()), len(received(sage))) == (worth, 2)
    assert (sum(repaid(sage).values()), len(credited(sage))) == (back, 2)


def finish(shop: Shop, sage: Sage300Sandbox, order_id: int) -> None:
    """Turns and nights until nobody has to act; a doubt that only people can settle is settled."""
    for _ in range(2):
        turn(shop)
        settle(shop.company, 4)
        if "outcome-unknown" in codes(order_id):
            assert staff.check_again(row(order_id), None)
            turn(shop)
            settle(shop.company, 1)
        post_all(sage)
    settle(shop.company, 1)
    release.sweep(SageCompany.objects.get())
    quiet(order_id)
    assert {batch["BatchStatus"] for batch in sage.receipt_batches()} <= {"ReadyToPost", "Posted"}

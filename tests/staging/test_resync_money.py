"""After a restore of Sage, receipts and credit notes: noticed like sales, shown, and sent again once."""

from __future__ import annotations

from datetime import date

import pytest

from connectors import open_sage
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from staging import fetch, resync, track, validate
from staging.models import Issue, StagedOrder
from tests.staging.conftest import connect, live
from tests.staging.pushing import ready, settle
from tests.staging.world import map_all

SINCE = date(2026, 1, 1)


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    """The sandbox shop, mapped and live; its payments become prepayments."""
    books.receipts = SageCompany.Receipts.PREPAYMENT
    books.save()
    map_all(books)
    return live(connect(presta, books))


def turn(shop: Shop) -> None:
    """Read, check and push until nothing is due."""
    fetch.sweep(Shop.objects.get(pk=shop.pk))
    validate.sweep(shop)
    settle(shop.company, 2)


def held(sage: Sage300Sandbox) -> dict[str, list[str]]:
    """What Sage holds, by our references, sorted; a document twice is there twice."""
    entries = [entry for batch in sage.receipt_batches() for entry in batch["ReceiptsAdjustments"]]
    return {
        "sales": sorted(row["OrderNumber"] for row in sage.orders()),
        "receipts": sorted(entry["CheckReceiptNumber"] for entry in entries),
        "notes": sorted(note["Reference"] for note in sage.credit_notes()),
    }


def refund(presta: PrestaShopSandbox, order: StagedOrder) -> None:
    line = presta.rows("order_details", id_order=str(order.order_id))[0]
    presta.add_slip(order.order_id, {int(line["id"]): 1})


def compared(company: SageCompany) -> tuple[int, int, int]:
    told = resync.preview(company, SINCE, open_sage(company)).told()
    assert told["linked"] == told["differ"] == told["unknown"] == 0
    return told["in_sage"], told["same"], told["missing"]


def test_lost_money_is_noticed_shown_and_sent_again_once(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    company = shop.company
    (first,) = ready(presta, shop)
    turn(shop)
    sage.snapshot("night")
    ready(presta, shop)
    turn(shop)
    refund(presta, first)
    turn(shop)
    before = held(sage)
    assert [len(found) for found in before.values()] == [2, 2, 1]
    assert compared(company) == (5, 5, 0)

    sage.restore("night")
    track.sweep(company)
    assert company.state == "stopped"
    lost = set(Issue.objects.filter(closed_at=None, code="lost-in-sage").values_list("value", flat=True))
    assert len(lost) == 3
    assert any("-C" in reference for reference in lost)
    assert any("-R" in reference for reference in lost)
    assert compared(company) == (2, 2, 3)

    resync.apply(company, SINCE, open_sage(company))
    turn(shop)
    assert held(sage) == before
    assert compared(company) == (5, 5, 0)
    assert set(StagedOrder.objects.values_list("status", flat=True)) == {"posted"}
    assert not Issue.objects.filter(closed_at=None).exists()


def test_an_order_whose_credit_note_was_lost_keeps_the_numbers_of_its_sale(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    (order,) = ready(presta, shop)
    turn(shop)
    track.sweep(shop.company)
    sage.snapshot("night")
    refund(presta, order)
    turn(shop)
    before = held(sage)
    order.refresh_from_db()
    was = (order.sage_order, order.sage_invoice, order.reason)
    assert was == (f"PS_{order.order_id}", "IN000001", "delivered")

    sage.restore("night")
    track.sweep(shop.company)
    assert shop.company.state == "stopped"  # the newest of all that was sent is gone
    resync.apply(shop.company, SINCE, open_sage(shop.company))
    order.refresh_from_db()
    assert (order.status, order.sage_order, order.sage_invoice) == ("staged", *was[:2])
    turn(shop)
    order.refresh_from_db()
    assert (order.status, order.sage_order, order.sage_invoice, order.reason) == ("posted", *was)
    assert held(sage) == before


def asked_for_money(sage: Sage300Sandbox) -> int:
    """Requests about receipts and credit notes since the last call."""
    found = sum(n for what, n in sage.counts().items() if what.startswith(("GET AR", "GET OECredit")))
    sage.clear_log()
    return found


def test_money_that_is_there_costs_a_list_of_each_kind(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    first = ready(presta, shop, 2)
    turn(shop)
    refund(presta, first[0])
    turn(shop)
    asked_for_money(sage)
    track.sweep(shop.company)
    assert asked_for_money(sage) == 3  # batches with their entries, posted receipts, credit notes
    ready(presta, shop, 3)
    refund(presta, first[1])
    turn(shop)
    asked_for_money(sage)
    track.sweep(shop.company)
    assert asked_for_money(sage) == 3
    compared(shop.company)
    assert asked_for_money(sage) == 5  # and the customers, and the refunds


def test_of_many_missing_the_list_is_believed(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sage.snapshot("night")
    ready(presta, shop, 4)
    turn(shop)
    sage.restore("night")
    monkeypatch.setattr(resync, "LOOKED_UP", 1)
    sage.clear_log()
    assert compared(shop.company) == (0, 0, 8)
    assert sum(sage.counts().values()) < 14

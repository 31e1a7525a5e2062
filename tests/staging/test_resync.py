"""After a restore, of Sage, of our database, of two at once: nothing is doubled, nothing is missing."""

from __future__ import annotations

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from connectors import open_sage
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.telling import worded
from staging import fetch, push, resync, track, validate
from staging.models import Event, Issue, Mark, Posting, RawRecord, StagedOrder
from tests.staging.conftest import connect, live
from tests.staging.pushing import exactly_once, ready, settle
from tests.staging.world import map_all

SINCE = date(2026, 1, 1)


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    """The sandbox shop, mapped and live."""
    map_all(books)
    return live(connect(presta, books))


@pytest.fixture
def company(shop: Shop) -> SageCompany:
    """The company that it feeds."""
    return shop.company


def run(shop: Shop) -> None:
    """Fetch, check and push until nothing is due."""
    fetch.sweep(Shop.objects.get(pk=shop.pk))
    validate.sweep(shop)
    settle(shop.company, 2)


def forget(*orders: StagedOrder) -> None:
    """Our database as it was before it heard of these orders."""
    pks = [order.pk for order in orders]
    Event.objects.filter(order__in=pks).delete()
    Issue.objects.filter(order__in=pks).delete()
    Posting.objects.filter(order__in=pks).delete()
    StagedOrder.objects.filter(pk__in=pks).delete()
    RawRecord.objects.all().delete()
    Mark.objects.update(highest=0)


def compare(company: SageCompany) -> dict[str, int]:
    told = resync.preview(company, SINCE, open_sage(company)).told()
    return {name: told[name] for name in ("in_sage", "same", "missing", "linked", "differ", "unknown")}


ALL_WELL = {"missing": 0, "linked": 0, "differ": 0, "unknown": 0}


def test_nothing_to_do_when_nothing_was_restored(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    orders = ready(presta, shop, 3)
    push.sweep(company)

    assert compare(company) == {"in_sage": 3, "same": 3} | ALL_WELL
    resync.apply(company, SINCE, open_sage(company))
    exactly_once(sage, *orders)


def test_sage_was_restored(shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    first = ready(presta, shop)
    push.sweep(company)
    sage.snapshot("night")
    lost = ready(presta, shop, 2)
    push.sweep(company)
    sage.restore("night")
    waiting = ready(presta, shop)

    assert track.sweep(company).done == 1  # the one that Sage still has is delivered
    assert company.state == "stopped"
    assert "re-sync" in company.state_reason
    assert push.sweep(company).done == 0
    assert len(sage.orders()) == 1

    assert compare(company) == {"in_sage": 1, "same": 1} | ALL_WELL | {"missing": 2}
    assert Posting.objects.filter(status="lost").count() == 0  # a preview changes nothing
    resync.apply(company, SINCE, open_sage(company))
    assert Posting.objects.filter(status="lost").count() == 2
    assert set(StagedOrder.objects.filter(pk__in=[row.pk for row in lost]).values_list("status", flat=True)) == {
        "staged"
    }
    run(shop)
    exactly_once(sage, *first, *lost, *waiting)
    assert not Issue.objects.filter(closed_at=None).exists()
    assert compare(company) == {"in_sage": 4, "same": 4} | ALL_WELL


def test_one_document_deleted_by_hand_is_that_orders_matter(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    gone, _kept = ready(presta, shop, 2)
    push.sweep(company)
    number = next(row["OrderUniquifier"] for row in sage.orders() if row["OrderNumber"] == f"PS_{gone.order_id}")
    sage.remove("OEOrders", number)

    track.sweep(company)
    assert company.state == "active"
    gone.refresh_from_db()
    assert gone.first_cause == "lost-in-sage"


def test_our_database_was_restored_to_before_the_orders(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    first = ready(presta, shop)
    lost = ready(presta, shop, 2)
    push.sweep(company)
    posts = sage.counts()["POST OEOrders"]
    forget(*lost)

    assert compare(company) == {"in_sage": 3, "same": 1} | ALL_WELL | {"unknown": 2}
    resync.apply(company, SINCE, open_sage(company))
    run(shop)
    exactly_once(sage, *first, *StagedOrder.objects.exclude(pk=first[0].pk))
    assert StagedOrder.objects.count() == 3
    assert sage.counts()["POST OEOrders"] == posts


@pytest.mark.parametrize("status", ["ready", "pushing", "refused", "lost"])
def test_our_database_was_restored_to_before_the_push(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox, status: str
) -> None:
    (order,) = ready(presta, shop)
    push.sweep(company)
    Posting.objects.update(status=status, document_key="", document_number="", answer=None, pushed_at=None)
    StagedOrder.objects.update(
        status={"refused": "invalid", "lost": "staged"}.get(status, "ready"), sage_order="", sage_invoice=""
    )

    assert compare(company) == {"in_sage": 1, "same": 0} | ALL_WELL | {"linked": 1}
    resync.apply(company, SINCE, open_sage(company))
    assert Posting.objects.get().status == "pushed"
    posts = sage.counts()["POST OEOrders"]
    run(shop)
    order.refresh_from_db()
    assert (order.status, order.first_cause) == ("posted", "")
    assert sage.counts()["POST OEOrders"] == posts
    assert len(sage.orders()) == 1


def test_sage_and_our_database_were_restored_to_different_nights(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    first, second = ready(presta, shop, 2)
    push.sweep(company)
    sage.snapshot("night")  # Sage knows two, our backup the first only
    (third,) = ready(presta, shop)
    push.sweep(company)
    sage.restore("night")
    forget(second, third)

    resync.apply(company, SINCE, open_sage(company))
    run(shop)
    assert StagedOrder.objects.count() == 3
    exactly_once(sage, first, *StagedOrder.objects.exclude(pk=first.pk))


def test_sage_and_the_shop_were_restored(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    (first,) = ready(presta, shop)
    push.sweep(company)
    sage.snapshot("night")
    presta.snapshot("night")
    (second,) = ready(presta, shop)
    push.sweep(company)
    sage.restore("night")
    presta.restore("night")

    assert "restored" in fetch.sweep(shop).note
    resync.apply(company, SINCE, open_sage(company))
    run(shop)  # the shop is halted; what we know of its orders is enough to post the second again
    exactly_once(sage, first, second)


def test_what_lies_under_our_reference_but_is_not_ours_is_told(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    (order,) = ready(presta, shop)
    push.sweep(company)
    (row,) = sage.orders()
    sage.change("OEOrders", row["OrderUniquifier"], PurchaseOrderNumber="SOMEBODY")

    assert compare(company) == {"in_sage": 1, "same": 0} | ALL_WELL | {"differ": 1}
    resync.apply(company, SINCE, open_sage(company))
    order.refresh_from_db()
    assert order.first_cause == "reference-taken"
    assert "SOMEBODY" in worded(order.issues.get(closed_at=None).values["difference"])


def test_the_command_shows_and_with_apply_repairs(
    shop: Shop, company: SageCompany, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    sage.snapshot("night")
    (order,) = ready(presta, shop)
    push.sweep(company)
    sage.restore("night")
    out = StringIO()

    call_command("resync", company="Books", since=SINCE, stdout=out)
    assert f"PS_{order.order_id}" in out.getvalue()
    assert "1 noted as in Sage, but not there" in out.getvalue()
    assert Posting.objects.get().status == "pushed"
    call_command("resync", company="Books", since=SINCE, apply=True, stdout=out)
    assert Posting.objects.get().status == "lost"
    with pytest.raises(CommandError, match="No such company"):
        call_command("resync", company="Nobody", since=SINCE)

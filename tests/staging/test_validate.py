"""Validate against the sandbox shop and the sandbox Sage: what holds an order, what frees it, what must not break."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors import open_sage
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.telling import worded
from mappings.mirror import look_up
from mappings.models import (
    CarrierMapping,
    ChargeMapping,
    CustomerRule,
    ItemMapping,
    LocationMapping,
    PaymentMapping,
    SageRecord,
    TakeRule,
    TaxClassMapping,
    revision,
)
from staging import fetch, validate, waking
from staging.checking import Checking
from staging.models import Correction, Issue, Posting, RawRecord, StagedOrder, move
from tests.staging.conftest import connect, live
from tests.staging.world import check, map_all

MUG = [{"reference": "demo_11", "quantity": 1}]
LAMP = [{"reference": "BEDLAMP", "quantity": 1}]


@pytest.fixture
def web(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    """The shop, live, with every mapping in place."""
    map_all(books)
    return live(connect(presta, books))


def one(shop: Shop) -> StagedOrder:
    (row,) = check(shop)
    return row


def codes(row: StagedOrder) -> set[str]:
    return set(row.issues.filter(closed_at=None).values_list("code", flat=True))


def accept(row: StagedOrder, place: str, seen: Any = None) -> None:
    Correction.objects.create(order=row, place=place, field="accept", value=True, shop_value=seen)
    row.refresh_from_db()
    assert move(row, "staged", "accepted", due_at=timezone.now())


def again(row: StagedOrder, **changes: Any) -> StagedOrder:
    """Staged once more, checked, as it is now."""
    row.refresh_from_db()
    assert move(row, "staged", "again", due_at=timezone.now(), **changes)
    validate.sweep(row.shop)
    row.refresh_from_db()
    return row


def posted(row: StagedOrder) -> None:
    """As if push had done its work."""
    sale = row.postings.get(kind="sale")
    assert move(sale, "pushing", "sent")
    assert move(sale, "pushed", "taken", document_number="ORD1")
    assert move(row, "posted", "done")


# --- what holds an order ----------------------------------------------------------------------------------------------


def test_all_faults_of_an_order_are_found_at_once(web: Shop, presta: PrestaShopSandbox) -> None:
    for table in (PaymentMapping, CarrierMapping, LocationMapping, ChargeMapping, TaxClassMapping, CustomerRule):
        table.objects.all().delete()
    presta.edit("addresses", 7, address1="12 bis, rue de l'Église " + "très longue " * 8)
    SageRecord.objects.filter(kind="item", code="demo_11").update(active=False)
    SageRecord.objects.filter(kind="fiscal period").update(details={"from": "2020-01-01", "to": "2020-12-31"})
    presta.add_order(lines=LAMP + MUG, module="paypal")

    row = one(web)

    assert row.status == "invalid"
    assert codes(row) == {
        *("item-unknown", "item-inactive", "customer-unknown", "tax-class-unknown", "payment-unknown"),
        *("carrier-unknown", "location-unknown", "charge-unknown", "date-not-in-calendar", "text-too-long"),
    }
    assert row.first_cause == "customer-unknown"
    assert not row.postings.exists()
    lamp = row.issues.get(code="item-unknown")
    assert (lamp.kind, lamp.value, lamp.place.split()[0]) == ("item", "BEDLAMP", "line")


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ({"sellable": False}, "item-not-sellable"),
        ({"lot": True}, "item-lot-or-serial"),
        ({"serial": True}, "item-lot-or-serial"),
        ({"unit": "Pallet"}, "unit-unknown"),
    ],
)
def test_an_item_that_cannot_be_sold(web: Shop, presta: PrestaShopSandbox, details: dict[str, Any], code: str) -> None:
    item = SageRecord.objects.get(kind="item", code="demo_11")
    SageRecord.objects.filter(pk=item.pk).update(details={**item.details, **details})
    presta.add_order(lines=MUG, module="paypal")
    assert codes(one(web)) == {code}


@pytest.mark.parametrize(
    ("details", "module", "code"),
    [
        ({"on_hold": True}, "paypal", "customer-on-hold"),
        ({"currency": "USD"}, "paypal", "customer-currency"),
        ({"check_credit": True, "credit_limit": "100", "balance": "99"}, "ps_cashondelivery", "customer-over-limit"),
        ({"check_credit": True, "credit_limit": "100", "balance": "99"}, "paypal", ""),
    ],
)
def test_a_customer_that_may_not_buy(
    web: Shop, presta: PrestaShopSandbox, details: dict[str, Any], module: str, code: str
) -> None:
    TakeRule.objects.create(shop=web, field="payment", value="ps_cashondelivery", take="always")
    account = SageRecord.objects.get(kind="customer", code="WEBEUR")
    SageRecord.objects.filter(pk=account.pk).update(details={**account.details, **details})
    presta.add_order(lines=MUG, module=module)
    row = one(web)
    assert codes(row) == ({code} if code else set())
    if code in ("customer-on-hold", "customer-over-limit"):
        accept(row, code)
        validate.sweep(web)
        row.refresh_from_db()
        assert row.status == "ready"


def test_a_locked_period_and_a_rate_that_sage_has_otherwise(web: Shop, presta: PrestaShopSandbox) -> None:
    for period in SageRecord.objects.filter(kind="fiscal period"):
        SageRecord.objects.filter(pk=period.pk).update(details={**period.details, "locked": True})
    for rate in SageRecord.objects.filter(kind="tax rate", code__startswith="FRTVA|"):
        rates = {**rate.details["rates"], "1": "19.60000"}
        SageRecord.objects.filter(pk=rate.pk).update(details={**rate.details, "rates": rates})
    presta.add_order(lines=MUG, module="paypal")
    row = one(web)
    assert codes(row) == {"period-locked", "tax-rate-differs"}
    assert row.issues.get(code="tax-rate-differs").values["sage_rate"] == "19.6"


def test_totals_that_do_not_add_up_are_named(web: Shop, presta: PrestaShopSandbox) -> None:
    order = presta.add_order(lines=MUG, module="paypal")
    stated = presta.row("orders", order)["total_paid_tax_incl"]
    presta.edit("orders", order, total_paid_tax_incl=str(float(stated) + 5))
    row = one(web)
    assert codes(row) == {"totals-differ"}
    assert row.issues.get().values["difference"] == "+5.00"


def test_a_voucher_that_no_rate_explains(web: Shop, presta: PrestaShopSandbox) -> None:
    order = presta.add_order(lines=MUG, module="paypal", vouchers=["10 percent off"])
    (voucher,) = presta.rows("order_cart_rules", id_order=str(order))
    with_tax = float(voucher["value"])
    presta.edit("order_cart_rules", int(voucher["id"]), value_tax_excl=str(with_tax - 0.01))
    row = one(web)
    assert "discount-unexplained" in codes(row)
    assert codes(row) <= {"discount-unexplained", "totals-differ"}


def test_a_long_address_is_split_only_when_somebody_says_so(web: Shop, presta: PrestaShopSandbox) -> None:
    long = "Résidence des Trois Fontaines, bâtiment C, escalier 4, deuxième étage, porte gauche"
    presta.edit("addresses", 7, address1=long, address2="")
    presta.add_order(lines=MUG, module="paypal")
    row = one(web)
    assert codes(row) == {"text-too-long"}
    proposal = row.issues.get().values["proposal"]["lines"]

    accept(row, "text-too-long", row.issues.get().values)
    validate.sweep(web)

    row.refresh_from_db()
    assert row.status == "ready"
    lines = row.postings.get().prepared["ship_to"]["lines"]
    assert lines == proposal
    assert " ".join(lines) == long


def test_an_order_that_cannot_be_read_is_held_with_its_reason(web: Shop, presta: PrestaShopSandbox) -> None:
    bad, good = (presta.add_order(lines=[line], module="paypal") for line in (MUG[0], {**MUG[0], "quantity": 3}))
    (detail,) = presta.rows("order_details", id_order=str(bad))
    presta.edit("order_details", int(detail["id"]), product_quantity="many")
    broken, whole = check(web)
    assert (broken.order_id, broken.status, codes(broken)) == (bad, "invalid", {"unreadable"})
    assert (whole.order_id, whole.status) == (good, "ready")


def test_the_later_of_two_like_orders_is_held_until_staff_decide(web: Shop, presta: PrestaShopSandbox) -> None:
    presta.add_order(lines=MUG, module="paypal", date="2026-11-20 10:00:00")
    presta.add_order(lines=MUG, module="paypal", date="2026-11-20 10:09:00")
    presta.add_order(lines=MUG, module="paypal", date="2026-11-20 10:30:00")
    presta.add_order(lines=MUG, module="paypal", date="2026-11-20 10:31:00", address=8)

    rows = check(web)

    assert [row.status for row in rows] == ["ready", "invalid", "ready", "ready"]
    issue = rows[1].issues.get()
    assert (issue.code, issue.values["twin"], issue.values["minutes"]) == ("possible-duplicate", rows[0].reference, 9)
    accept(rows[1], "possible-duplicate", {**issue.values, "twin": "ANOTHER"})
    validate.sweep(web)
    rows[1].refresh_from_db()
    assert rows[1].status == "invalid"
    Correction.objects.update(shop_value=issue.values)
    assert again(rows[1]).status == "ready"


def test_of_several_twins_the_oldest_is_named_so_that_an_acceptance_holds(web: Shop, presta: PrestaShopSandbox) -> None:
    for minute in ("00", "03", "06"):
        presta.add_order(lines=MUG, module="paypal", date=f"2026-11-20 10:{minute}:00")
    oldest, middle, newest = check(web)
    for touched in (oldest, middle):
        StagedOrder.objects.filter(pk=touched.pk).update(customer="touched")  # PostgreSQL now finds it last
        assert again(newest).issues.get(closed_at=None).values["twin"] == oldest.reference


def test_siblings_under_one_reference_are_no_duplicates(web: Shop, presta: PrestaShopSandbox) -> None:
    for _each in range(2):
        presta.add_order(lines=MUG, module="paypal", date="2026-11-20 10:00:00", reference="SIBLINGSX")
    assert [row.status for row in check(web)] == ["ready", "ready"]


# --- which orders are taken -------------------------------------------------------------------------------------------


def test_an_unpaid_order_waits_for_its_payment(web: Shop, presta: PrestaShopSandbox) -> None:
    order = presta.add_order(lines=LAMP, module="ps_wirepayment")
    row = one(web)
    assert (row.status, row.reason, codes(row)) == ("waiting", "not paid yet", set())
    presta.set_state(order, 2)
    assert one(web).status == "invalid"


def test_a_rule_wakes_what_waits_for_it(web: Shop, presta: PrestaShopSandbox) -> None:
    presta.add_order(lines=MUG, module="ps_cashondelivery")
    assert one(web).status == "waiting"
    assert validate.sweep(web).done == 0
    TakeRule.objects.create(shop=web, field="payment", value="ps_cashondelivery", take="always")
    assert one(web).status == "ready"
    TakeRule.objects.update(take="never")
    row = again(one(web))
    assert (row.status, row.reason) == ("ignored", "not taken, by rule")


def test_a_waiting_order_is_looked_at_again_when_its_time_has_come(web: Shop, presta: PrestaShopSandbox) -> None:
    presta.add_order(lines=MUG, module="ps_cashondelivery")
    row = one(web)
    web.take = "always"
    web.save()
    assert validate.sweep(web).done == 0
    StagedOrder.objects.filter(pk=row.pk).update(due_at=timezone.now())
    assert one(web).status == "ready"


def test_cancelled_before_it_was_sent_drops_what_was_prepared(web: Shop, presta: PrestaShopSandbox) -> None:
    order = presta.add_order(lines=MUG, module="paypal")
    assert one(web).status == "ready"
    presta.set_state(order, 6)
    row = one(web)
    assert (row.status, row.reason) == ("ignored", "cancelled in the shop")
    assert row.postings.get().status == "dropped"
    presta.set_state(order, 2)
    assert one(web).status == "ready"
    assert row.postings.get().status == "ready"


def test_nothing_is_checked_before_the_go_live_is_named(web: Shop, presta: PrestaShopSandbox) -> None:
    presta.add_order(lines=MUG, module="paypal")
    fetch.sweep(web)
    Shop.objects.update(first_order_id=None)
    web.refresh_from_db()
    assert validate.sweep(web).note
    assert StagedOrder.objects.get().status == "staged"


def test_an_order_from_before_the_go_live_is_never_ready(web: Shop, presta: PrestaShopSandbox) -> None:
    order = presta.add_order(lines=MUG, module="paypal")
    Shop.objects.update(first_order_id=order + 1)
    web.refresh_from_db()
    row = one(web)
    assert (row.status, row.reason) == ("ignored", "before go-live")
    move(row, "staged", "taken back", user=User.objects.create_user("ada"))
    assert one(web).status == "ignored"
    presta.add_payment(order, "1.00")
    row = one(web)
    assert (row.status, codes(row)) == ("invalid", {"before-go-live-money"})


# --- three ways to repair BEDLAMP -------------------------------------------------------------------------------------


@pytest.fixture
def lamps(web: Shop, presta: PrestaShopSandbox) -> list[StagedOrder]:
    for day in ("20", "21", "22"):
        presta.add_order(lines=LAMP, module="paypal", date=f"2026-11-{day} 10:00:00")
    presta.add_order(lines=[{"reference": "demo_3", "quantity": 1}], module="paypal")
    rows = check(web)
    assert [row.status for row in rows] == ["invalid", "invalid", "invalid", "ready"]
    return rows[:3]


def test_mapping_it_wakes_all_that_wait_once(web: Shop, lamps: list[StagedOrder]) -> None:
    assert waking.wake(web, 50) == 0
    ItemMapping.objects.create(company=web.company, reference="BEDLAMP", code="A1-104/0", factor=2)
    assert waking.wake(web, 50) == 3
    assert waking.wake(web, 50) == 0
    validate.sweep(web)
    assert set(StagedOrder.objects.values_list("status", flat=True)) == {"ready"}
    assert {row.checked_revision for row in StagedOrder.objects.filter(pk__in=[lamp.pk for lamp in lamps])} == {
        revision(web.company_id)
    }
    line = lamps[0].postings.get().prepared["lines"][0]
    assert (line["code"], line["quantity"], line["amount"]) == ("A1-104/0", "2.0000", "20.60")
    assert line["unit_price"] == "10.300000"


def test_another_mapping_wakes_nobody(web: Shop, lamps: list[StagedOrder]) -> None:
    ItemMapping.objects.create(company=web.company, reference="OTHER", code="A1-104/0")
    assert waking.wake(web, 50) == 0


def test_a_change_while_an_order_is_checked_wakes_it_after(web: Shop, lamps: list[StagedOrder]) -> None:
    """The revision stored is the one read at the start of the check."""
    rows = [again(lamp) for lamp in lamps[:1]]
    before = rows[0].checked_revision
    ItemMapping.objects.create(company=web.company, reference="BEDLAMP", code="A1-104/0")
    assert revision(web.company_id) == before + 1
    assert waking.answered(web).count() == 3


def test_creating_it_in_sage_and_checking_again(web: Shop, lamps: list[StagedOrder], sage: Sage300Sandbox) -> None:
    like = sage.get("IC/ICItems", "DEMO_11") or sage.all("IC/ICItems")[0]
    sage.add("IC/ICItems", {**like, "UnformattedItemNumber": "BEDLAMP", "ItemNumber": "BEDLAMP"})
    sage.clear_log()
    assert again(lamps[0], look_again=True).status == "ready"
    validate.sweep(web)
    assert [lamp.status for lamp in StagedOrder.objects.filter(pk__in=[lamp.pk for lamp in lamps])] == ["ready"] * 3


def test_editing_it_in_the_shop(web: Shop, lamps: list[StagedOrder], presta: PrestaShopSandbox) -> None:
    for detail in presta.rows("order_details", id_order=str(lamps[0].order_id)):
        presta.edit("order_details", int(detail["id"]), product_reference="demo_11")
    presta.edit("orders", lamps[0].order_id)
    assert [row.status for row in check(web)] == ["ready", "invalid", "invalid", "ready"]


def test_correcting_it_on_one_order(web: Shop, lamps: list[StagedOrder]) -> None:
    place = lamps[1].issues.get().place
    Correction.objects.create(
        order=lamps[1], place=place, field="reference", value="demo_11", shop_value="BEDLAMP", reason="the mug"
    )
    assert again(lamps[1]).status == "ready"


def test_an_item_that_comes_back_wakes_whoever_spells_it_otherwise(
    web: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    order = presta.add_order(lines=MUG, module="paypal")
    (detail,) = presta.rows("order_details", id_order=str(order))
    presta.edit("order_details", int(detail["id"]), product_reference="a1-104/0")
    sage.set_item_active("A11040", active=False)
    look_up(web.company, open_sage(web.company), "item", "A1-104/0")
    assert codes(one(web)) == {"item-inactive"}
    sage.set_item_active("A11040", active=True)
    look_up(web.company, open_sage(web.company), "item", "A1-104/0")
    assert waking.wake(web, 50) == 1


def test_a_mapping_of_any_value_wakes_all_of_its_kind(web: Shop, presta: PrestaShopSandbox) -> None:
    CarrierMapping.objects.all().delete()
    presta.add_order(lines=MUG, module="paypal")
    assert codes(one(web)) == {"carrier-unknown"}
    CarrierMapping.objects.create(company=web.company, reference_id=2, code="CARR")
    assert one(web).status == "ready"


# --- Sage itself ------------------------------------------------------------------------------------------------------


def test_a_code_that_is_missing_is_looked_up_once_in_a_sweep(
    web: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    for day in ("20", "21", "22"):
        presta.add_order(lines=LAMP, module="paypal", date=f"2026-11-{day} 10:00:00")
    fetch.sweep(web)
    sage.clear_log()
    validate.sweep(web)
    assert len([entry for entry in sage.log() if "ICItems('BEDLAMP')" in entry.path]) == 1


def test_a_sage_that_is_away_is_no_fault_of_the_order(
    web: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    presta.add_order(lines=LAMP + MUG, module="paypal")
    fetch.sweep(web)
    sage.pause()
    validate.sweep(web)
    row = StagedOrder.objects.get()
    assert (row.status, codes(row)) == ("invalid", {"item-unknown"})
    assert SageCompany.objects.get().state == "paused"


# --- after posting ----------------------------------------------------------------------------------------------------


def test_a_change_after_posting_is_told_and_never_sent(web: Shop, presta: PrestaShopSandbox) -> None:
    order = presta.add_order(lines=MUG, module="paypal")
    row = one(web)
    posted(row)
    presta.set_state(order, 4)
    row = one(web)
    assert (row.status, codes(row)) == ("posted", set())
    prepared = row.postings.get().prepared

    presta.edit("addresses", 7, city="Lyon")
    presta.edit("orders", order)
    row = one(web)

    assert (row.status, codes(row), row.first_cause) == ("posted", {"changed-after-posting"}, "changed-after-posting")
    issue = row.issues.get()
    assert {"place": "deliver_to", "field": "city", "before": "Paris", "after": "Lyon"} in issue.values["diff"]
    assert row.postings.get().prepared == prepared
    accept(row, "changed-after-posting", issue.values)
    assert (one(web).status, codes(row)) == ("posted", set())
    presta.set_state(order, 6)
    row = one(web)
    assert codes(row) == {"changed-after-posting"}
    assert "cancelled in the shop" in [worded(each["after"]) for each in row.issues.get(closed_at=None).values["diff"]]


def test_changed_back_closes_the_issue(web: Shop, presta: PrestaShopSandbox) -> None:
    order = presta.add_order(lines=MUG, module="paypal")
    posted(one(web))
    for city, open_now in (("Lyon", {"changed-after-posting"}), ("Paris", set())):
        presta.edit("addresses", 7, city=city)
        presta.edit("orders", order)
        assert codes(one(web)) == open_now


def test_an_order_that_is_being_sent_is_left_for_later(web: Shop, presta: PrestaShopSandbox) -> None:
    presta.add_order(lines=MUG, module="paypal")
    row = one(web)
    sale = row.postings.get()
    move(sale, "pushing", "sent")
    move(row, "staged", "again")
    swept = validate.sweep(web)
    assert (swept.done, swept.left) == (0, False)
    row.refresh_from_db()
    assert row.status == "staged"


@pytest.mark.parametrize("status", ["refused", "lost", "dropped", "ready"])
def test_a_posting_that_sage_does_not_have_is_prepared_anew(web: Shop, presta: PrestaShopSandbox, status: str) -> None:
    presta.add_order(lines=MUG, module="paypal")
    row = one(web)
    Posting.objects.update(status=status, prepared={"stale": True})
    row = again(row)
    sale = row.postings.get()
    assert (row.status, sale.status) == ("ready", "ready")
    assert sale.prepared["reference"] == "PS_" + str(row.order_id)


# --- new customers ----------------------------------------------------------------------------------------------------


def test_a_new_customer_comes_before_the_sale_and_is_shared(web: Shop, presta: PrestaShopSandbox) -> None:
    CustomerRule.objects.filter(field="any").update(create=True, code="WEB")
    presta.add_order(lines=MUG, module="paypal", date="2026-11-20 10:00:00")
    presta.add_order(lines=LAMP, module="paypal", date="2026-11-20 11:00:00")
    first, second = check(web)
    customer, sale = first.postings.order_by("pk")
    assert (customer.kind, customer.reference, customer.source_key) == ("customer", "PSC3", f"shop {web.pk} buyer PSC3")
    assert (customer.prepared["group"], customer.prepared["code"]) == ("WEB", "PSC3")
    assert (sale.depends_on, sale.prepared["customer"]) == (customer, "PSC3")

    presta.set_state(first.order_id, 6)
    ItemMapping.objects.create(company=web.company, reference="BEDLAMP", code="A1-104/0")
    first, second = check(web)

    assert (first.status, second.status) == ("ignored", "ready")
    assert {posting.kind for posting in second.postings.all()} == {"customer", "sale"}
    assert Posting.objects.filter(kind="customer").count() == 1
    assert second.postings.get(kind="sale").depends_on == customer


def test_a_ready_order_is_checked_again_when_its_own_mapping_changes(web: Shop, presta: PrestaShopSandbox) -> None:
    lamp = ItemMapping.objects.create(company=web.company, reference="BEDLAMP", code="A1-104/0")
    presta.add_order(lines=LAMP, module="paypal")
    presta.add_order(lines=MUG, module="paypal")
    both = {row.order_id: row for row in check(web)}
    assert {row.status for row in both.values()} == {"ready"}

    lamp.code = "A1-103/0"
    lamp.save()
    (row,) = waking.outdated(web)
    assert row.words[:2] == ["item BEDLAMP", "payment paypal"]
    sale = row.postings.get()
    assert move(sale, "pushing", "sent")
    assert not waking.outdated(web).exists()
    assert move(sale, "ready", "not sent after all")
    validate.sweep(web)
    row.refresh_from_db()
    assert (row.status, row.postings.get().prepared["lines"][0]["code"]) == ("ready", "A1-103/0")
    assert not waking.outdated(web).exists()

    CustomerRule.objects.first().save()  # type: ignore[union-attr]
    assert waking.outdated(web).count() == 2


# --- many at work, and bugs -------------------------------------------------------------------------------------------


def test_a_claimed_order_is_nobody_elses_until_its_lease_is_over(web: Shop, presta: PrestaShopSandbox) -> None:
    presta.add_order(lines=MUG, module="paypal")
    fetch.sweep(web)
    assert len(validate.claim(web)) == 1
    assert validate.claim(web) == []
    StagedOrder.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert len(validate.claim(web)) == 1


def test_what_changed_during_a_check_wins_and_is_checked_again(web: Shop, presta: PrestaShopSandbox) -> None:
    presta.add_order(lines=MUG, module="paypal")
    fetch.sweep(web)
    checking = Checking(web, None)
    rows = validate.claim(web)
    assert move(StagedOrder.objects.get(), "staged", "staff corrected it")
    assert validate._check(checking, rows) == (0, 0)
    row = StagedOrder.objects.get()
    assert (row.status, row.lease_until, row.postings.count(), codes(row)) == ("staged", None, 0, set())
    assert row.due_at > timezone.now()
    StagedOrder.objects.update(due_at=timezone.now())
    assert one(web).status == "ready"


def test_a_posting_that_is_taken_up_during_a_check_stops_its_rewriting(web: Shop, presta: PrestaShopSandbox) -> None:
    presta.add_order(lines=MUG, module="paypal")
    row = one(web)
    Posting.objects.update(prepared={"stale": True})
    move(row, "staged", "again")
    checking, rows = Checking(web, None), validate.claim(web)
    assert move(Posting.objects.get(), "pushing", "sent")
    assert validate._check(checking, rows) == (0, 0)
    row.refresh_from_db()
    assert (row.status, row.lease_until) == ("staged", None)
    assert Posting.objects.get().prepared == {"stale": True}


def test_one_poisoned_order_ends_no_sweep(
    web: Shop, presta: PrestaShopSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    for day in ("20", "21"):
        presta.add_order(lines=MUG, module="paypal", date=f"2026-11-{day} 10:00:00")
    fetch.sweep(web)
    bad = StagedOrder.objects.order_by("order_id")[0]
    StagedOrder.objects.filter(pk=bad.pk).update(raws=[*bad.raws, 999_999])

    with caplog.at_level(logging.ERROR):
        swept = validate.sweep(web)

    bad.refresh_from_db()
    assert (swept.done, swept.left) == (1, False)
    assert (bad.status, bad.first_cause, codes(bad)) == ("staged", "internal-error", {"internal-error"})
    assert bad.lease_until is not None
    assert bad.lease_until > timezone.now()
    assert "Traceback" in caplog.text
    assert "Traceback" not in str(Issue.objects.get().values)
    StagedOrder.objects.filter(pk=bad.pk).update(raws=bad.raws[:-1], lease_until=None)
    validate.sweep(web)
    bad.refresh_from_db()
    assert (bad.status, codes(bad)) == ("ready", set())


def test_the_bell_rings_after_each_batch_with_ready_orders_only(web: Shop, presta: PrestaShopSandbox) -> None:
    rung = []
    presta.add_order(lines=LAMP, module="paypal")
    fetch.sweep(web)
    validate.sweep(web, bell=lambda: rung.append(1))
    assert rung == []
    presta.add_order(lines=MUG, module="paypal")
    fetch.sweep(web)
    validate.sweep(web, bell=lambda: rung.append(1))
    assert rung == [1]


def test_a_deadline_in_the_past_starts_nothing(web: Shop, presta: PrestaShopSandbox) -> None:
    presta.add_order(lines=MUG, module="paypal")
    fetch.sweep(web)
    assert validate.sweep(web, deadline=0.0) == (0, True, "")


def test_reading_costs_the_same_for_many_and_writing_a_little_for_each(web: Shop, presta: PrestaShopSandbox) -> None:
    def queries(count: int) -> int:
        presta.generate(count, seed=count, references=["demo_11", "demo_3", "PENNY"], modules=["paypal"])
        fetch.sweep(web)
        with CaptureQueriesContext(connection) as captured:
            assert validate.sweep(web).done == count
        return len(captured)

    few, many = queries(5), queries(45)
    assert (many - few) / 40 < 9
    assert few <= 90
    assert RawRecord.objects.count() > 0

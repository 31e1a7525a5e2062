"""The go-live, rehearsed on copies first; and what keeps copies and restores from doing harm (docs/rehearsal.md)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import tablib
from django.core.management import call_command
from django.urls import reverse
from pytest_django import Settings

from connectors import open_sage
from connectors.checkup import checkup
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings import resources
from mappings.mirror import refresh
from staging import fetch
from staging.models import Mark, StagedOrder
from tests.story import OPENING, Staff, Story, decide, opened

TABLES = (
    resources.ItemResource,
    resources.CustomerRuleResource,
    resources.TaxGroupResource,
    resources.TaxClassResource,
    resources.PaymentResource,
    resources.CarrierResource,
    resources.LocationResource,
    resources.ChargeResource,
)


@pytest.fixture
def story(db: None) -> Iterator[Story]:
    """A bridge that is live."""
    with opened() as told:
        yield told


@pytest.fixture
def operator(db: None) -> Staff:
    """Who looks after the bridge."""
    return Staff("operator")


def goes_live(story: Story) -> str:
    """The page that names the first order."""
    return reverse("admin:staging_mark_go_live", args=[story.shop.pk])


@pytest.mark.django_db(transaction=True)
def test_the_go_live_is_rehearsed_on_a_copy_and_then_done(tmp_path: Path, settings: Settings, bells: None) -> None:
    with PrestaShopSandbox() as shop, Sage300Sandbox(company="SAMINC") as sage:
        shop.set_clock(frozen=OPENING)
        with PrestaShopSandbox(copy_of(shop, tmp_path)) as copy:
            rehearsed = rehearse(copy, sage)
        sage.company = "SAMLTD"
        assert not sage.orders()  # the real books know nothing of it

        # The real thing is a new installation with an empty database; it is given the mappings that were found.
        call_command("flush", interactive=False, verbosity=0)
        settings.INSTALLATION_ID = "production"
        real = Story(shop, sage)
        refresh(real.company, open_sage(real.company))
        for table, rows in rehearsed.items():
            table().import_data(tablib.Dataset().load(rows, "csv"), raise_errors=True)
        works(real)
        preview = Staff("operator").sets(goes_live(real), "the day has come", kind="now")
        assert preview["rows"] == 0  # all that is in the shop now stays out

        lamp = real.buys("BEDLAMP")
        real.turn()
        assert real.status(lamp) == ["posted"]
        assert real.document(lamp)["OrderDetails"][0]["Item"] == "A1-104/0"
        assert not StagedOrder.objects.exclude(order_id=lamp).exclude(status="ignored").exists()
        assert [order["OrderNumber"] for order in sage.orders()] == [f"PS_{lamp}"]


def rehearse(copy: PrestaShopSandbox, sage: Sage300Sandbox) -> dict[type[resources.MappingResource], str]:
    """The rehearsal: the copy of the shop, the test company, ten days of real orders; the mappings that came of it.

    Shop and company have the names that they will have, so that the spreadsheets fit.
    """
    trial = Story(copy, sage)
    works(trial)
    decide(trial.company)
    for module in ("ps_wirepayment", "ps_checkpayment", "ps_cashondelivery"):
        trial.pays_by(module)

    # The go-live is set some days back: the preview says what that will read.
    preview = Staff("operator").sets(goes_live(trial), "rehearsal", kind="date", day="2026-11-15")
    assert 0 < preview["orders"] <= 106
    assert preview["known"] == 0

    # It runs; staff map what is missing, and it runs on.
    trial.turn()
    link = reverse("admin:mappings_itemmapping_add") + f"?reference=BEDLAMP&company={trial.company.pk}"
    Staff().fills(link, code="A1-104/0")
    trial.turn()

    # Compared: Sage holds what the bridge says, and the sums are the shop's.
    posted = StagedOrder.objects.filter(status="posted")
    assert posted.count() > 20
    numbers = trial.compared()
    assert numbers["in_sage"] == numbers.pop("same") >= posted.count()
    assert numbers == dict.fromkeys(numbers, 0) | {"in_sage": numbers["in_sage"]}
    in_shop = sum(Decimal(copy.row("orders", order.order_id)["total_paid_tax_incl"]) for order in posted)
    assert sum(invoice["InvoiceTotalWithTax"] for invoice in sage.invoices()) == in_shop
    return {table: table().export().csv for table in TABLES}


def works(story: Story) -> None:
    """Both connections are tested, and nothing is missing (but that the shop's clock stands still here)."""
    for row in (story.company, story.shop):
        assert {finding.subject for finding in checkup(row) if finding.ok is False} <= {"clock"}


def copy_of(shop: PrestaShopSandbox, folder: Path) -> Path:
    """Last night's backup of the shop, played into another place."""
    state = folder / "copy.sqlite3"
    shutil.copy(shop.snapshot("night"), state)
    return state


def test_a_copied_database_does_nothing_until_somebody_confirms_it(story: Story, settings: Settings) -> None:
    story.turn()
    number = story.buys("demo_1")

    # The database is played into another installation, by accident or for a rehearsal.
    settings.INSTALLATION_ID = "the other machine"
    story.sage.clear_log()
    asked = story.presta.requests.count
    story.turn()
    story.looks_back()
    assert not story.sage.log()
    assert story.presta.requests.count == asked
    assert "not confirmed" in fetch.sweep(story.shop).note

    # An administrator says that the first installation is gone, and this one goes on where it was.
    administrator = Staff("administrator")
    administrator.confirms(story.shop)
    administrator.confirms(story.company)
    story.turn()
    assert story.status(number) == ["posted"]


def test_a_restored_shop_is_noticed_and_staff_decide(story: Story, operator: Staff) -> None:
    story.presta.snapshot("night")
    lost = [story.buys("demo_1"), story.buys("demo_3")]
    story.turn()
    assert story.status(*lost) == ["posted", "posted"]
    paid = max(int(row["id"]) for row in story.presta.rows("order_payments"))

    # The shop's host plays last night's backup in: the two orders are gone, and their numbers will come again.
    story.presta.restore("night")
    story.passes(minutes=5)
    story.turn()
    halted = {mark.stream: mark.halted for mark in Mark.objects.exclude(halted="")}
    assert {stream: "restored" in text for stream, text in halted.items()} == {"orders": True, "payments": True}

    # Nothing is read until somebody has decided.
    story.presta.set_clock(frozen=story.now)
    again = story.buys("demo_11")
    assert again == lost[0]
    story.turn()
    assert story.status(*lost) == ["posted", "posted"]
    assert len(story.sage.orders()) == 2
    page = operator.browser.get(reverse("admin:staging_mark_changelist")).content.decode()
    assert "restored" in page

    # The merchant raises the shop's counters above the numbers that were used, and the operator sets the marks anew.
    story.presta.delete("orders", again)
    used = {"orders": lost[-1], "order_payments": paid}
    for resource, number in used.items():
        if not story.presta.rows(resource, id=str(number)):
            story.presta.add_row(resource, id=number)
    for mark in Mark.objects.filter(shop=story.shop):
        operator.sets(reverse("admin:staging_mark_change", args=[mark.pk]), "the shop was restored", kind="now")
    fresh = story.buys("demo_1")
    for resource, number in used.items():
        story.presta.delete(resource, number)
    story.turn()
    assert fresh == lost[-1] + 1
    assert story.status(fresh) == ["posted"]
    assert len(story.sage.orders()) == 3

"""What an accountant repairs in a minute: an unknown item, a new way to pay, an address too long, a wrong reference."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from staging.models import StagedOrder
from tests.browser.conftest import SignIn
from tests.story import Story

pytestmark = pytest.mark.browser

Work = Callable[[], None]


def band(page: Page) -> str:
    """The first line of the order's page: its status and its next step."""
    return page.locator(".sb-band").inner_text()


def test_bedlamp_is_repaired_in_under_a_minute(story: Story, sign_in: SignIn, work: Work) -> None:
    lamps = [story.buys("BEDLAMP", language=1) for _ in range(7)]
    story.turn()
    assert story.status(*lamps) == ["invalid"] * 7
    begun = time.monotonic()

    page = sign_in()
    expect(page.get_by_role("link", name="! Needs you 7")).to_be_visible()
    row = page.get_by_role("row", name="Item unknown BEDLAMP")
    expect(row).to_contain_text("7")
    row.get_by_role("link", name="Repair").click()
    page.get_by_role("link", name="A1-104/0").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("would go to Sage").first).to_be_visible()
    page.get_by_role("button", name="Save and release").click()
    expect(page.get_by_text("are being checked now")).to_be_visible()
    work()

    page.goto("/admin/")
    expect(page.get_by_text("Nothing holds an order")).to_be_visible()
    assert time.monotonic() - begun < 60
    assert story.status(*lamps) == ["posted"] * 7
    for number in lamps:
        order = story.order(number)
        assert order.sage_invoice.startswith("IN")
        assert story.document(number)["OrderDetails"][0]["Item"] == "A1-104/0"
    page.goto(f"/admin/staging/stagedorder/?q={story.order(lamps[0]).sage_invoice}")
    expect(page.get_by_role("link", name=re.compile(story.order(lamps[0]).reference))).to_be_visible()


def test_a_new_way_to_pay_is_mapped_from_the_held_order(story: Story, sign_in: SignIn, work: Work) -> None:
    numbers = [
        story.buys("demo_1", module="alma", payment="Alma - pay in 3 instalments", state=2),
        story.buys("demo_3", module="alma", payment="Alma - pay in 3 instalments", state=2),
    ]
    story.turn()

    page = sign_in()
    page.get_by_role("link", name="! Needs you 2").click()
    expect(page.get_by_role("row", name=re.compile("Payment method unknown alma"))).to_have_count(2)
    page.get_by_role("link", name=re.compile(story.order(numbers[0]).reference)).click()
    page.locator(".sb-holds").get_by_role("link", name="Repair").click()
    page.get_by_label("Sage code").fill("DIGWAL")
    page.get_by_label("terms", exact=False).fill("WEB")
    page.get_by_label("bank", exact=False).fill("BNPEUR")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("would go to Sage").first).to_be_visible()
    page.get_by_role("button", name="Save and release").click()
    expect(page.get_by_text("are being checked now")).to_be_visible()
    work()

    assert story.status(*numbers) == ["posted", "posted"]
    page.goto(f"/admin/staging/stagedorder/{story.order(numbers[0]).pk}/change/")
    assert "posted" in band(page)
    expect(page.get_by_text(story.order(numbers[0]).sage_invoice).first).to_be_visible()


STREET = "Résidence les Grands Chênes, bâtiment C, escalier 4, 3e étage, porte 12, boîte aux lettres 7"


def test_a_proposed_split_is_accepted_and_the_page_follows_by_itself(story: Story, sign_in: SignIn, work: Work) -> None:
    story.presta.edit("addresses", 7, address1=STREET, address2="")
    number = story.buys("demo_1")
    story.turn()

    page = sign_in()
    page.goto(f"/admin/staging/stagedorder/{story.order(number).pk}/change/")
    expect(page.locator(".sb-proposal")).to_contain_text("Résidence les Grands Chênes")
    page.get_by_text("Accept the proposed split…").click()
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.locator(".sb-band")).to_contain_text("to be checked")
    work()

    expect(page.locator(".sb-band")).to_contain_text("posted")  # nobody reloaded it
    assert story.status(number) == ["posted"]


def test_an_address_is_edited_on_this_order_only(story: Story, sign_in: SignIn, work: Work) -> None:
    story.presta.edit("addresses", 7, address1=STREET, address2="")
    number = story.buys("demo_1")
    story.turn()
    raw = story.order(number).raws

    page = sign_in()
    page.goto(f"/admin/staging/stagedorder/{story.order(number).pk}/change/")
    for place in ("Ship to", "Bill to"):
        card = page.locator(".sb-card", has=page.get_by_role("heading", name=place))
        card.get_by_text("Correct…").click()
        card.get_by_label("Address lines").fill("Les Grands Chênes C4\n3e étage, porte 12")
        card.get_by_label("Reason").fill("shorter, as on the door")
        card.get_by_role("button", name="Save and check").click()
        expect(page.get_by_text("Done; it is on its way.")).to_be_visible()
        work()

    order = story.order(number)
    assert (order.status, order.raws) == ("posted", raw)
    assert story.document(number)["ShipToAddressLine1"] == "Les Grands Chênes C4"
    page.goto(f"/admin/staging/stagedorder/{order.pk}/change/")
    expect(page.get_by_role("row", name=re.compile("Ship to, address lines"))).to_contain_text("shorter, as on")


def test_after_a_save_comes_the_next_held_order(story: Story, sign_in: SignIn) -> None:
    older, newer = story.buys("BEDLAMP"), story.buys("BEDLAMP", "demo_1")
    story.turn()

    page = sign_in()
    page.goto(f"/admin/staging/stagedorder/{story.order(newer).pk}/change/")
    line = page.locator("tr", has_text="BEDLAMP")
    line.get_by_text("Correct…").click()
    line.get_by_label("Reference").fill("A1-104/0")
    line.get_by_role("button", name="Save, next order").click()

    expect(page.get_by_text("This is the next one.")).to_be_visible()
    assert story.order(older).reference in band(page)
    page.keyboard.press("Alt+n")  # there is no other one left: it stays
    assert StagedOrder.objects.get(order_id=newer).status == "staged"


def test_two_at_one_order_the_second_sees_what_the_first_did(story: Story, sign_in: SignIn) -> None:
    number = story.buys("BEDLAMP")
    story.turn()
    ada, bert = sign_in(name="ada"), sign_in(name="bert")
    for page in (ada, bert):
        page.goto(f"/admin/staging/stagedorder/{story.order(number).pk}/change/")
        page.locator("tr", has_text="BEDLAMP").get_by_text("Correct…").click()
    ada.get_by_label("Reference").fill("A1-104/0")
    ada.get_by_role("button", name="Save and check").click()
    expect(ada.get_by_text("Done; it is on its way.")).to_be_visible()

    bert.get_by_label("Reference").fill("A1-105/0")
    bert.get_by_role("button", name="Save and check").click()

    conflict = bert.get_by_role("alert")
    expect(conflict).to_contain_text("Nothing was saved")
    expect(conflict).to_contain_text("ada")
    expect(conflict).to_contain_text("A1-105/0")
    (kept,) = story.order(number).corrections.all()
    assert kept.value == "A1-104/0"

"""What holds an order before Sage has it, repaired in a minute: scenarios U1, U2, U3, U6 and U7, clicks counted."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from connectors.models import Shop
from staging.models import StagedOrder
from tests.browser.clicks import clicked, documented, enters
from tests.browser.conftest import SignIn, Work
from tests.story import Story

pytestmark = pytest.mark.browser


def band(page: Page) -> str:
    """The first line of the order's page: its status and its next step."""
    return page.locator(".sb-band").inner_text()


def save(page: Page) -> None:
    """Save a mapping and confirm what the preview says it releases."""
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("would go to Sage").first).to_be_visible()
    expect(page.get_by_role("button", name="Save and release")).to_be_focused()
    page.get_by_role("button", name="Save and release").click()
    expect(page.get_by_text("are being checked now")).to_be_visible()


def test_u1_a_new_way_to_pay_blocks_forty_orders(story: Story, sign_in: SignIn, work: Work) -> None:
    alma = "Alma - pay in 3 instalments"
    numbers = [story.buys("demo_1", module="alma", payment=alma, state=2) for _ in range(40)]
    story.turn()
    assert set(story.status(*numbers)) == {"invalid"}

    page = sign_in()
    row = page.get_by_role("row", name="Payment method unknown alma")
    expect(row).to_contain_text("40")
    row.get_by_role("link", name="Repair").click()
    enters(page.get_by_label("Sage code"), "DIGWAL")
    enters(page.get_by_label("terms", exact=False), "WEB")
    enters(page.get_by_label("bank", exact=False), "BNPEUR")
    save(page)
    work()

    assert set(story.status(*numbers)) == {"posted"}
    assert len(story.sage.orders()) == 40
    assert clicked(page) == documented("U1") <= 6


STREET = "Résidence les Grands Chênes, bâtiment C, escalier 4, 3e étage, porte 12, boîte aux lettres 7"


def test_u2_an_address_too_long_goes_as_proposed_and_above_an_amount_somebody_else_agrees(
    story: Story, sign_in: SignIn, work: Work
) -> None:
    story.presta.edit("addresses", 7, address1=STREET, address2="")
    number = story.buys("demo_1")
    story.turn()
    raw = story.order(number).raws

    page = sign_in()
    page.get_by_role("row", name="Text too long").get_by_role("link", name="See the orders").click()
    page.get_by_role("link", name=re.compile(story.order(number).reference)).click()
    expect(page.locator(".sb-proposal").first).to_contain_text("Résidence les Grands Chênes")
    page.get_by_text("Accept the proposed split…").first.click()
    page.get_by_role("button", name="Accept", exact=True).first.click()
    expect(page.locator(".sb-band")).to_contain_text("to be checked")
    work()

    expect(page.locator(".sb-band")).to_contain_text("posted")  # nobody reloaded it
    assert (story.status(number), story.order(number).raws) == (["posted"], raw)
    assert clicked(page) == documented("U2") <= 4

    # Above the shop's amount somebody else agrees before such an order is sent.
    Shop.objects.update(four_eyes_above=Decimal(1))
    number = story.buys("demo_3")
    story.turn()
    page.goto(f"/admin/staging/stagedorder/{story.order(number).pk}/change/")
    accept(page, "Accept the proposed split…", "Split as proposed")
    expect(page.get_by_text("is saved and checked. Held: Needs a second pair of eyes")).to_be_visible()
    work()
    expect(page.locator(".sb-holds")).to_contain_text("accountant corrected, accepted or settled something")
    accept(page, "Accept all the same…", "I am sure")
    expect(page.get_by_text("somebody else than you has to agree")).to_be_visible()
    assert (story.status(number), len(story.sage.orders())) == (["invalid"], 1)
    other = sign_in(name="bert")
    other.get_by_role("row", name="Needs a second pair of eyes").get_by_role("link", name="See the orders").click()
    other.get_by_role("link", name=re.compile(story.order(number).reference)).click()
    accept(other, "Accept all the same…", "compared with the shop")
    work()
    expect(other.locator(".sb-band")).to_contain_text("posted")
    assert (story.status(number), len(story.sage.orders())) == (["posted"], 2)


def accept(page: Page, how: str, reason: str) -> None:
    """Say to the first cause that the order goes all the same."""
    page.get_by_text(how).first.click()
    page.locator(".sb-menu[open]").get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Accept", exact=True).first.click()


def test_an_address_is_edited_on_this_order_only(story: Story, sign_in: SignIn, work: Work) -> None:
    story.presta.edit("addresses", 7, address1=STREET, address2="")
    number = story.buys("demo_1")
    story.turn()
    raw = story.order(number).raws

    page = sign_in()
    page.goto(f"/admin/staging/stagedorder/{story.order(number).pk}/change/")
    for place, said in (
        ("Ship to", "is saved and checked. Held: Text too long"),
        ("Bill to", "is saved and is being checked now."),
    ):
        card = page.locator(".sb-card", has=page.get_by_role("heading", name=place))
        card.get_by_text("Correct…").click()
        card.get_by_label("Address lines").fill("Les Grands Chênes C4\n3e étage, porte 12")
        card.get_by_label("Reason").fill("shorter, as on the door")
        card.get_by_role("button", name="Save and check").click()
        expect(page.get_by_text(said)).to_be_visible()
        work()

    order = story.order(number)
    assert (order.status, order.raws) == ("posted", raw)
    assert story.document(number)["ShipToAddressLine1"] == "Les Grands Chênes C4"
    page.goto(f"/admin/staging/stagedorder/{order.pk}/change/")
    expect(page.get_by_role("row", name=re.compile("Ship to, address lines"))).to_contain_text("shorter, as on")


def test_u3_a_cent_of_rounding_goes_by_itself_and_its_cause_is_named(story: Story, sign_in: SignIn) -> None:
    lines = [{"reference": "ROUND1", "quantity": 7}, {"reference": "ROUND3", "quantity": 9}]
    number = story.buys(lines=lines)
    total = Decimal(str(story.presta.row("orders", number)["total_paid_tax_incl"]))
    story.presta.edit("orders", number, total_paid_tax_incl=str(total + Decimal("0.01")))
    story.turn()

    page = sign_in()
    expect(page.get_by_text("Nothing holds an order")).to_be_visible()
    assert clicked(page) == documented("U3") == 0
    page.goto(f"/admin/staging/stagedorder/{story.order(number).pk}/change/")
    expect(page.locator("#totals")).to_contain_text("the shop and Sage round at different places")
    expect(page.locator("#totals")).to_contain_text("0.01 EUR went to the rounding charge")
    charges = {line["MiscellaneousChargesCode"]: line for line in story.document(number)["OrderDetails"]}
    assert charges["ROUND"]["ExtendedAmount"] == Decimal("0.01")


def test_u6_an_item_deleted_in_the_shop_is_found_by_what_the_order_says(
    story: Story, sign_in: SignIn, work: Work
) -> None:
    lamps = [story.buys("BEDLAMP", language=1) for _ in range(2)]
    (product,) = story.presta.rows("products", reference="BEDLAMP")
    story.presta.delete("products", int(product["id"]))
    story.turn()

    page = sign_in()
    expect(page.get_by_role("link", name="! Needs you 2")).to_be_visible()
    row = page.get_by_role("row", name="Product deleted in the shop BEDLAMP")
    row.get_by_role("link", name="A1-104/0").click()
    save(page)
    work()

    assert story.status(*lamps) == ["posted"] * 2
    assert {story.document(number)["OrderDetails"][0]["Item"] for number in lamps} == {"A1-104/0"}
    assert clicked(page) == documented("U6")
    page.goto(f"/admin/staging/stagedorder/{story.order(lamps[0]).pk}/change/")
    expect(page.locator("#lines")).to_contain_text("deleted in the shop")


def test_a_missing_mapping_tells_its_ground_and_what_it_releases_and_is_taken_back(
    story: Story, sign_in: SignIn, work: Work
) -> None:
    lamps = [story.buys("BEDLAMP", language=1) for _ in range(3)]
    both = story.buys("BEDLAMP", module="klarna", payment="Klarna", language=1)
    story.turn()

    page = sign_in("administrator")
    page.goto("/admin/staging/stagedorder/causes/?only=missing")
    row = page.get_by_role("row", name="Item unknown BEDLAMP")
    for told in ("same name", "1 of them is held by something else, too", story.order(lamps[0]).reference, " CET"):
        expect(row).to_contain_text(told)
    row.get_by_role("link", name="A1-104/0").click()
    page.get_by_label("Sage code").fill("A1-103/0")
    page.get_by_label("Note").fill("as the sales team says")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Back, without saving").click()  # what was typed is still there
    expect(page.get_by_label("Note")).to_have_value("as the sales team says")
    expect(page.get_by_label("Sage code")).to_have_value("A1-103/0")
    page.get_by_label("Sage code").fill("A1-104/0")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Releases 4 orders: 3 pass, 1 is then held: Payment method unknown.")).to_be_visible()
    page.get_by_role("button", name="Save and release").click()
    expect(page.get_by_text("are being checked now")).to_be_visible()
    work()
    assert story.status(*lamps, both) == ["posted"] * 3 + ["invalid"]

    page.goto("/admin/mappings/itemmapping/")
    page.get_by_role("checkbox").nth(1).check()
    page.select_option("select[name=action]", "delete_selected")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("3 orders were sent to Sage by this as it was until now")).to_be_visible()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Show them").click()
    expect(opened.value.locator(".sb-narrowed")).to_contain_text("Mapping it goes by BEDLAMP → A1-104/0")
    for lamp in lamps:
        expect(opened.value.get_by_role("link", name=re.compile(story.order(lamp).reference))).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("link", name="Undo").click()
    page.get_by_label("Reason").fill("it is still sold")
    page.get_by_role("button", name=re.compile("Take")).click()
    page.goto("/admin/mappings/itemmapping/")
    expect(page.get_by_text("BEDLAMP")).to_be_visible()


def test_after_a_save_comes_the_next_held_order(story: Story, sign_in: SignIn) -> None:
    older, newer = story.buys("BEDLAMP"), story.buys("BEDLAMP", "demo_1")
    story.turn()

    page = sign_in()
    page.goto(f"/admin/staging/stagedorder/{story.order(newer).pk}/change/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("next held order")
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("n")
    expect(page.locator(".sb-band")).to_contain_text(story.order(older).reference)
    page.keyboard.press("n")  # after the last the first
    line = page.locator("tr", has_text="BEDLAMP").filter(has_not_text="demo_1")
    expect(page.locator(".sb-band")).to_contain_text(story.order(newer).reference)
    line.get_by_text("Correct…").click()
    expect(line.get_by_label("Reference")).to_be_focused()
    page.keyboard.press("Escape")
    expect(line.get_by_text("Correct…")).to_be_focused()
    expect(line.get_by_label("Reference")).to_be_hidden()
    page.keyboard.press("Enter")
    line.get_by_label("Reference").fill("A1-104/0")
    line.get_by_role("button", name="Save, next order").click()

    expect(page.get_by_text("This is the next one.")).to_be_visible()
    assert story.order(older).reference in band(page)
    page.keyboard.press("Alt+n")  # there is no other one left: it stays
    assert StagedOrder.objects.get(order_id=newer).status == "staged"


def test_u7_two_at_one_order_the_second_sees_what_the_first_did(story: Story, sign_in: SignIn) -> None:
    number = story.buys("BEDLAMP")
    story.turn()
    ada, bert = sign_in(name="ada"), sign_in(name="bert")
    for page in (ada, bert):
        page.goto(f"/admin/staging/stagedorder/{story.order(number).pk}/change/")
        page.locator("tr", has_text="BEDLAMP").get_by_text("Correct…").click()
    ada.get_by_label("Reference").fill("A1-104/0")
    ada.get_by_role("button", name="Save and check").click()
    expect(ada.get_by_text("is saved and is being checked now.")).to_be_visible()

    enters(bert.get_by_label("Reference"), "A1-105/0")
    bert.get_by_role("button", name="Save and check").click()

    conflict = bert.get_by_role("alert")
    expect(conflict).to_contain_text("Nothing was saved")
    expect(conflict).to_contain_text("ada")
    expect(conflict).to_contain_text("A1-105/0")
    (kept,) = story.order(number).corrections.all()
    assert kept.value == "A1-104/0"
    assert clicked(bert) == documented("U7")

"""The tabs of an order's page: changed without a reload, by mouse and by keys, and nothing that is typed is lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Dialog, Page, expect

from staging.models import StagedOrder
from tests.browser.conftest import SignIn, Work
from tests.browser.test_repairs import band
from tests.story import Story

pytestmark = pytest.mark.browser

TABS = ["Order", "Documents and attempts", "Payments and refunds", "What happened", "Notes", "As downloaded"]


def opens(page: Page, row: StagedOrder, where: str = "") -> None:
    """Go to the order's page, and leave a mark that a reload would wipe off."""
    page.goto(f"/admin/staging/stagedorder/{row.pk}/change/{where}")
    page.evaluate("window.stayed = true")


def here(page: Page) -> str:
    """The tab that is said to be open, with what its address says."""
    return page.locator(".sb-panel > .sb-tabs [aria-current=page]").inner_text()


def stayed(page: Page) -> bool:
    """Whether the page was not loaded anew."""
    return bool(page.evaluate("window.stayed === true"))


def test_a_tab_opens_without_a_reload_and_its_address_leads_back_to_it(story: Story, sign_in: SignIn) -> None:
    number = story.buys("demo_1")
    story.turn()
    page = sign_in()
    opens(page, story.order(number))
    tabs = page.get_by_role("navigation", name="Parts of this page")
    assert [re.sub(r"\s*\d+$", "", text) for text in tabs.get_by_role("link").all_inner_texts()] == TABS

    tabs.get_by_role("link", name="Documents and attempts").click()
    expect(page.locator("#documents")).to_contain_text("HTTP 201")
    expect(page.locator("#lines")).to_have_count(0)
    expect(page.locator("#tab-documents")).to_be_focused()
    assert "?tab=documents" in page.url
    assert here(page).startswith("Documents and attempts")
    assert stayed(page)
    assert page.evaluate("localStorage.getItem('htmx-history-cache')") is None  # no buyer's name is left in a browser

    page.go_back()
    expect(page.locator("#lines")).to_be_visible()
    page.go_forward()
    expect(page.locator("#documents")).to_be_visible()
    page.reload()
    expect(page.locator("#documents")).to_be_visible()
    assert here(page).startswith("Documents and attempts")


def test_keys_open_tabs(story: Story, sign_in: SignIn) -> None:
    number = story.buys("BEDLAMP")
    story.turn()
    page = sign_in()
    opens(page, story.order(number))
    for key, name in (("4", "happened"), ("6", "raw"), ("5", "notes"), ("2", "documents"), ("1", "order")):
        page.keyboard.press(key)
        expect(page.locator(f"#tab-{name}")).to_have_attribute("aria-current", "page")
    expect(page.locator("#lines")).to_be_visible()
    assert stayed(page)
    page.locator("#desk-tag").press_sequentially("2")  # typed, no key
    assert here(page) == "Order"


def test_links_to_a_place_lead_to_the_tab_that_holds_it(story: Story, sign_in: SignIn) -> None:
    number = story.buys("BEDLAMP")
    story.turn()
    page = sign_in()
    for place in ("payments", "timeline", "raws", "notes", "documents", "lines"):
        page.goto("/admin/")
        opens(page, story.order(number), f"#{place}")
        expect(page.locator(f"#{place}")).to_be_visible()


def test_a_moving_order_follows_on_the_tab_that_is_open(story: Story, sign_in: SignIn, work: Work) -> None:
    number = story.buys("BEDLAMP")
    story.turn()
    page = sign_in()
    opens(page, story.order(number))
    page.locator("tr", has_text="BEDLAMP").get_by_text("Correct…").click()
    page.get_by_label("Reference").fill("A1-104/0")
    page.get_by_role("button", name="Save and check").click()
    expect(page.locator(".sb-band")).to_contain_text("to be checked")
    page.get_by_role("link", name="What happened").first.click()
    expect(page.locator("#timeline")).to_contain_text("A1-104/0")
    work()
    expect(page.locator(".sb-band")).to_contain_text("posted")  # nobody reloaded it
    expect(page.locator("#timeline")).to_contain_text("In Sage as")
    assert here(page).startswith("What happened")


def test_what_is_typed_outlives_the_page_that_follows(story: Story, sign_in: SignIn) -> None:
    number = story.buys("BEDLAMP")
    story.turn()
    StagedOrder.objects.filter(order_id=number).update(status="staged")
    page = sign_in()
    opens(page, story.order(number), "?tab=notes")
    page.get_by_label("New note").fill("called the buyer")
    page.get_by_label("New note").blur()
    StagedOrder.objects.filter(order_id=number).update(status="invalid")
    page.wait_for_timeout(2_600)  # it would have looked by now
    assert "to be checked" in band(page)
    assert page.get_by_label("New note").input_value() == "called the buyer"
    page.get_by_label("New note").fill("")
    page.get_by_label("New note").blur()
    expect(page.locator(".sb-band")).to_contain_text("needs staff")


def test_who_leaves_a_correction_unsaved_is_asked(story: Story, sign_in: SignIn) -> None:
    number = story.buys("BEDLAMP")
    story.turn()
    page = sign_in()
    opens(page, story.order(number))
    page.locator("tr", has_text="BEDLAMP").get_by_text("Correct…").click()
    page.get_by_label("Reference").fill("A1-104/0")
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.once("dialog", refuse)
    page.get_by_role("link", name="As downloaded").click()
    assert asked == ["What you typed here is not saved. Leave it?"]
    assert page.get_by_label("Reference").input_value() == "A1-104/0"
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="As downloaded").click()
    expect(page.locator("#raws")).to_be_visible()


def test_a_button_above_the_tabs_leaves_the_open_one_open(story: Story, sign_in: SignIn) -> None:
    number = story.buys("BEDLAMP")
    story.turn()
    page = sign_in()
    opens(page, story.order(number))
    page.get_by_role("link", name="Notes").first.click()
    page.get_by_label("New note").fill("called the buyer")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#notes")).to_contain_text("called the buyer")
    page.get_by_role("link", name="What happened").first.click()
    expect(page.locator("#timeline")).to_be_visible()
    page.get_by_role("button", name="Take it").click()
    expect(page.locator(".sb-desk")).to_contain_text("Who has it: accountant")
    assert here(page).startswith("What happened")

"""With the keyboard alone, and by ear: what the browser's accessibility tree calls a thing, and where the keys lead."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.pages import furnish
from tests.story import Story

pytestmark = pytest.mark.browser

FOCUSED = """() => {
  const one = document.activeElement, box = one.closest(".focus-within\\\\:outline-2") || one;
  const look = getComputedStyle(box), place = one.getBoundingClientRect();
  return {
    tag: one.tagName,
    text: (one.innerText || one.value || one.placeholder || one.title || one.ariaLabel || "").trim(),
    seen: place.width > 0 && place.height > 0 && place.right > 0 && place.top < innerHeight && place.bottom > 0,
    ringed: look.outlineStyle !== "none" && look.outlineWidth !== "0px",
  };
}"""


def links(page: Page) -> list[str]:
    """The names of all links of the page, as the browser tells them to a screen reader."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    return [each["name"]["value"] for each in nodes if each.get("role", {}).get("value") == "link" and "name" in each]


def test_a_link_is_called_what_it_says_and_switches_are_reached_by_keys(story: Story, sign_in: SignIn) -> None:
    furnish(story)
    page = sign_in("administrator")
    names = links(page)
    for name in ("syncbridge", "Start", "Needs you 4", "By cause", "All orders", "Day proof", "Audit", "People"):
        assert names.count(name) == 1, name
    assert "" not in names
    assert page.get_by_role("link", name="Needs you 4", exact=True).count() == 1
    assert not [name for name in names if "front_hand" in name or "home" in name]
    # The theme's own switches, by keys.
    page.get_by_role("button", name="Mappings").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Payment methods")).to_be_visible()
    page.get_by_role("button", name="administrator").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def walk(page: Page, steps: int) -> list[dict[str, object]]:
    """What gets the focus, key by key, until the page ends."""
    found: list[dict[str, object]] = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        now = page.evaluate(FOCUSED)
        if now["tag"] == "BODY":
            break
        found.append(now)
    return found


def reaches_all(page: Page) -> None:
    """Every step with Tab is in sight and ringed."""
    steps = walk(page, 150)
    assert steps[0]["text"] == "To the content"
    assert str(steps[2]["text"]).endswith("Ctrl + K")
    assert [step for step in steps if not (step["seen"] and step["ringed"])] == []


def test_the_keyboard_reaches_all_and_shows_where_it_is(story: Story, sign_in: SignIn) -> None:
    addresses = furnish(story)
    page = sign_in("administrator")
    for name in ("start", "orders", "order-held", "shop", "thresholds"):
        page.goto(f"/admin/{addresses[name]}")
        reaches_all(page)
    page.goto("/admin/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # past the sidebar
    page.wait_for_function("document.activeElement.id === 'content'")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#content') !== null")


def test_the_search_of_every_page_finds_orders(story: Story, sign_in: SignIn) -> None:
    number = story.buys("demo_1")
    story.turn()
    page = sign_in()
    page.get_by_role("button", name="Search orders").click()
    page.locator("#search-input-command").press_sequentially(str(story.order(number).reference))
    page.locator("#command-results-list").get_by_role("link", name=str(story.order(number).reference)).click()
    expect(page.locator(".sb-band")).to_contain_text(f"PS_{number}")

"""Everybody can read every page: axe-core finds nothing serious, light or dark; tables have heads; all fits in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import SignIn
from tests.browser.pages import furnish
from tests.story import Story

pytestmark = pytest.mark.browser

GALLERY = Path(__file__).parents[2] / "docs/pages.md"
PICTURED = re.compile(r"\(images/(.+?)(?:-fr)?\.png\)")

PARTS = 3
"""As one test it would be the last that the suite waits for."""

GRAVE = {"serious", "critical"}

LIGHT: dict[str, Any] = {"resultTypes": ["violations"]}
DARK: dict[str, Any] = LIGHT | {"runOnly": ["color-contrast", "link-in-text-block"]}
"""What dark can change."""

BARE = """() => [...document.querySelectorAll("table")].filter((table) => table.getClientRects().length && (
  !table.querySelector("th") || [...table.querySelectorAll("thead th")].some((head) => !head.textContent.trim()
  && !head.querySelector("input"))
)).map((table) => table.outerHTML.slice(0, 300))"""
"""Tables without heads, or with a head that says nothing."""

WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


SAME = {"exclude": [["#nav-sidebar"]]}
"""The sidebar is looked at once, on the start page."""


def faults(page: Page, options: dict[str, Any], context: dict[str, Any] | None) -> Iterator[str]:
    """What axe-core finds serious or critical, with the first places."""
    for found in Axe().run(page, context, options).response["violations"]:
        if found["impact"] in GRAVE:
            yield f"{found['id']}: {found['help']}; " + "; ".join(node["html"][:200] for node in found["nodes"][:3])


def look(page: Page, context: dict[str, Any] | None = SAME) -> Iterator[str]:
    """All that is wrong with the page that is open: light, dark, at 1366 and at 768 pixels."""
    yield from faults(page, LIGHT, context)
    page.evaluate("document.documentElement.classList.add('dark')")
    yield from (f"dark: {fault}" for fault in faults(page, DARK, context))
    yield from (f"a table without heads: {table}" for table in page.evaluate(BARE))
    for width in (768, 1366):
        page.set_viewport_size({"width": width, "height": 900})
        if (beyond := page.evaluate(WIDE)) > 0:
            yield f"{beyond} pixels wider than {width}"


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_can_be_read_by_everybody(story: Story, sign_in: SignIn, part: int) -> None:
    pages = furnish(story)
    assert set(PICTURED.findall(GALLERY.read_text())) == {*pages, "preview"}
    page = sign_in("administrator")
    wrong: dict[str, list[str]] = {}
    for name, address in list(pages.items())[part::PARTS]:
        answer = page.goto(f"/admin/{address}")
        assert answer is not None
        assert answer.ok, name
        wrong[name] = list(look(page, SAME if address else None))
    assert not {name: found for name, found in wrong.items() if found}


def test_who_saves_or_signs_in_can_read_that_too(story: Story, sign_in: SignIn) -> None:
    address = furnish(story)["mapping"]
    page = sign_in("administrator")
    page.goto(f"/admin/{address}")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Save and release").wait_for()
    assert not list(look(page))
    page.context.clear_cookies()
    page.goto("/admin/")
    assert not list(look(page))

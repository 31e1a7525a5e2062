"""How many clicks a scenario takes: counted in the page itself, and held against the table in docs/accountant.md."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page

TABLE = Path(__file__).parents[2] / "docs/accountant.md"

COUNT = """addEventListener("pointerdown", (press) => {
  if (press.isTrusted) sessionStorage.setItem("clicks", Number(sessionStorage.getItem("clicks")) + 1);
}, true)"""
"""Runs in every page before its own scripts; sessionStorage lasts from page to page of one window."""


def enters(field: Locator, text: str) -> None:
    """Type into a field, as a person does: it is clicked first."""
    field.click()
    field.fill(text)


def clicked(page: Page) -> int:
    """How often this window was clicked since somebody signed in (which is done with the keyboard)."""
    return int(page.evaluate("Number(sessionStorage.getItem('clicks'))"))


def documented(scenario: str) -> int:
    """What the table says of a scenario, such as "U1"."""
    (row,) = [line for line in TABLE.read_text().splitlines() if line.startswith(f"| {scenario} |")]
    return int(row.split("|")[3])

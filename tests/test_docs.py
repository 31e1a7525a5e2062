"""What the pages say about rights, switches, intervals, commands and files is what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from connectors.prestashop.doctor import READ
from staging.models import Posting, StagedOrder
from syncbridge.management.commands.switches import table
from syncbridge.schedule import TICKS

PROJECT = Path(__file__).parent.parent
PAGES = [PROJECT / "README.md", PROJECT / "CHANGELOG.md", *sorted((PROJECT / "docs").rglob("*.md"))]
SHORT = {10: "10 s", 60: "1 min", 300: "5 min", 3600: "1 h", 6 * 3600: "6 h", 24 * 3600: "24 h"}


def text(name: str) -> str:
    return (PROJECT / name).read_text()


def anchors(page: str) -> set[str]:
    """The anchors that a page's headings make."""
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        file, _hash, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        assert path.is_file(), target
        assert not anchor or anchor in anchors(path.read_text()), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_command_exists(page: Path) -> None:
    said = page.read_text()
    known = set(get_commands())
    assert set(re.findall(r"manage\.py ([a-z_]+)", said)) <= known
    targets = set(re.findall(r"^([a-z]+):.*##", text("Makefile"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", said)) <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_file_named_is_there(page: Path) -> None:
    code = r"`((?:staging|mappings|connectors|syncbridge|tests|docs)/[\w/.]+\.(?:py|md))`"
    named = re.findall(code, page.read_text())
    assert [name for name in named if not (PROJECT / name).exists()] == []


def test_the_key_needs_exactly_the_rights_that_are_told() -> None:
    told = text("README.md").partition("It needs the right to read")[2].partition("\n2. ")[0]
    assert set(re.findall(r"`(\w+)`", told)) == set(READ)


def test_the_switches_are_told_as_they_are() -> None:
    told = text("docs/switches.md").partition("\n| switch ")[2]
    assert "| switch " + told.strip() == "\n".join(table()), (
        "Put what `manage.py switches` prints into docs/switches.md."
    )


def test_the_intervals_are_told_as_they_are() -> None:
    rows = re.findall(r"^\| ([^|]+) \| (\w+) \| (\d+ \w+) \|$", text("docs/architecture.md"), re.MULTILINE)
    assert sorted((lane, every) for _what, lane, every in rows) == sorted(
        (lane, SHORT[seconds]) for _function, _arguments, lane, seconds in TICKS
    )
    steps = {arguments[0] for _function, arguments, *_rest in TICKS if arguments}
    assert steps <= {what.split()[0] for what, _lane, _every in rows}


def test_the_state_machines_name_every_status() -> None:
    drawn = set(re.findall(r"\w+", text("docs/architecture.md").partition("## Two state machines")[2]))
    assert drawn >= {*StagedOrder.Status.values, *Posting.Status.values}

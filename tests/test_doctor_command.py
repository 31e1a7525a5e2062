"""manage.py doctor: what it prints, how it ends, and that it posts to nothing but a named test company."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from connectors.models import SageCompany
from connectors.sandbox.sage300 import Sage300Sandbox


@pytest.fixture(scope="module")
def box() -> Iterator[Sage300Sandbox]:
    with Sage300Sandbox() as box:
        yield box


@pytest.fixture
def books(db: None, box: Sage300Sandbox) -> SageCompany:
    """A company whose every finding is good."""
    return SageCompany.objects.create(
        name="Books",
        url=box.base_url,
        org_id="SAMLTD",
        user="WEBAPI",
        password="WEBAPI",
        installation=settings.INSTALLATION_ID,
    )


def doctor(*arguments: str) -> str:
    out = StringIO()
    call_command("doctor", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_all_connections_are_tested(books: SageCompany) -> None:
    said = doctor()
    assert "Sage company: Books" in said
    assert "ok   Org ID: The company SAMLTD opens." in said
    assert "FAIL" not in said
    books.refresh_from_db()
    assert books.checked is not None


def test_a_failure_ends_it_with_an_error_after_everything_was_tested(books: SageCompany) -> None:
    SageCompany.objects.create(
        name="Away", url="http://127.0.0.1:9", org_id="X", user="U", password="P", installation=settings.INSTALLATION_ID
    )
    out = StringIO()
    with pytest.raises(CommandError, match="FAIL"):
        call_command("doctor", stdout=out, no_color=True)
    said = out.getvalue()
    assert said.index("Away") < said.index("FAIL address") < said.index("Books")


def test_a_name_chooses_one(books: SageCompany) -> None:
    assert doctor("--company", "Books").count("Sage company:") == 1
    with pytest.raises(CommandError, match=r"“Boks”\. There is: Books"):
        doctor("--company", "Boks")
    with pytest.raises(CommandError, match="There is: none"):
        doctor("--shop", "Boks")


@pytest.mark.django_db
def test_without_connections_it_says_what_to_do() -> None:
    with pytest.raises(CommandError, match="Add a Sage company"):
        doctor()


@pytest.mark.parametrize("arguments", [(), ("--company", "Books"), ("--yes-this-is-a-test-company",)])
def test_the_tax_probe_wants_the_name_and_the_promise(
    books: SageCompany, box: Sage300Sandbox, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(CommandError, match="Name a test company"):
        doctor("--tax-probe", *arguments)
    assert box.orders() == []


def test_the_tax_probe_tells_what_it_found_and_left(books: SageCompany, box: Sage300Sandbox) -> None:
    said = doctor("--tax-probe", "--company", "Books", "--yes-this-is-a-test-company")
    assert "Tax is computed: line; rounding: half up." in said
    assert "Prices with tax: taken; without tax: taken." in said
    for order in box.orders():
        assert order["OrderNumber"] in said

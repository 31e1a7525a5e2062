"""The mirror against the sandbox Sage, over HTTP: what is new, changed, back and gone, and who is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from connectors import open_sage
from connectors.errors import Unavailable
from connectors.models import SageCompany
from connectors.ports import Sage
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.types import RECORD_KINDS, Record
from connectors.words import words
from mappings import mirror
from mappings.models import ANY, ItemMapping, SageRecord, comparable, revision
from tests.mappings.conftest import woken


@pytest.fixture(scope="module")
def running() -> Iterator[Sage300Sandbox]:
    with Sage300Sandbox() as box:
        box.snapshot("new")
        yield box


@pytest.fixture
def box(running: Sage300Sandbox) -> Sage300Sandbox:
    running.restore("new")
    return running


@pytest.fixture
def books(db: None, box: Sage300Sandbox) -> SageCompany:
    return SageCompany.objects.create(
        name="Books", url=box.base_url, org_id="SAMLTD", user="WEBAPI", password="WEBAPI", installation="x"
    )


@pytest.fixture
def sage(books: SageCompany) -> Sage:
    return open_sage(books)


def add_bedlamp(box: Sage300Sandbox) -> None:
    box.add("ICItems", {"UnformattedItemNumber": "BEDLAMP", "ItemNumber": "BEDLAMP", "Description": "Bedside lamp"})


def row(company: SageCompany, kind: str, code: str) -> SageRecord:
    return SageRecord.objects.get(company=company, kind=kind, code=code)


def test_all_kinds_are_mirrored_and_a_second_pass_writes_nothing(books: SageCompany, sage: Sage) -> None:
    first = mirror.refresh(books, sage)
    assert first["new"] == first["read"] == SageRecord.objects.count()
    assert set(SageRecord.objects.values_list("kind", flat=True)) == set(RECORD_KINDS)
    assert all(found.match == comparable(found.code) for found in SageRecord.objects.all())
    before = revision(books.pk)
    seen = dict(SageRecord.objects.values_list("pk", "seen_at"))
    second = mirror.refresh(books, sage)
    assert second == {"read": first["read"], "new": 0, "changed": 0, "back": 0, "vanished": 0}
    assert revision(books.pk) == before
    assert all(found.seen_at > seen[found.pk] for found in SageRecord.objects.all())


def test_only_the_kinds_asked_for_are_read(books: SageCompany, sage: Sage, box: Sage300Sandbox) -> None:
    mirror.refresh(books, sage, ["terms", "location"])
    assert set(SageRecord.objects.values_list("kind", flat=True)) == {"terms", "location"}


def test_a_changed_record_is_announced_with_the_words_it_may_help(
    books: SageCompany, sage: Sage, box: Sage300Sandbox
) -> None:
    mirror.refresh(books, sage)
    since = revision(books.pk)
    box.add("OEShipViaCodes", {"Code": "DHL", "Name": "DHL Express"})
    box.set_item_active("A11030", active=False)
    result = mirror.refresh(books, sage)
    assert (result["new"], result["changed"]) == (1, 1)
    assert woken(books, since) == {("ship via", "DHL"), ("carrier", ANY), ("item", "A1-103/0"), ("item", ANY)}
    assert not row(books, "item", "A1-103/0").active


def test_what_vanished_is_marked_and_what_comes_back_is_announced(
    books: SageCompany, sage: Sage, box: Sage300Sandbox
) -> None:
    box.add("OEShipViaCodes", {"Code": "DHL", "Name": "DHL Express"})
    mirror.refresh(books, sage)
    box.remove("OEShipViaCodes", "DHL")
    since = revision(books.pk)
    assert mirror.refresh(books, sage)["vanished"] == 1
    gone = row(books, "ship via", "DHL")
    assert gone.gone_at is not None
    assert not gone.active
    assert ("ship via", "DHL") in woken(books, since)
    box.add("OEShipViaCodes", {"Code": "DHL", "Name": "DHL Express"})
    since = revision(books.pk)
    assert mirror.refresh(books, sage)["back"] == 1
    assert (row(books, "ship via", "DHL").gone_at, row(books, "ship via", "DHL").active) == (None, True)
    assert ("carrier", ANY) in woken(books, since)


def test_bedlamp_made_in_sage_and_looked_up_wakes_who_waits(
    books: SageCompany, sage: Sage, box: Sage300Sandbox
) -> None:
    assert mirror.look_up(books, sage, "item", "bedlamp") is None
    since = revision(books.pk)
    assert woken(books, 0) == set()
    add_bedlamp(box)
    found = mirror.look_up(books, sage, "item", "bedlamp")
    assert found is not None
    assert (found.code, found.match, found.active) == ("BEDLAMP", "BEDLAMP", True)
    assert woken(books, since) == {("item", "BEDLAMP"), ("item", "bedlamp")}


def test_an_item_that_is_mapped_to_wakes_the_references_mapped_to_it(
    books: SageCompany, sage: Sage, box: Sage300Sandbox
) -> None:
    mirror.refresh(books, sage, ["item"])
    ItemMapping.objects.create(company=books, reference="BEDLAMP", code="A1-104/0")
    since = revision(books.pk)
    box.set_item_active("A11040", active=False)
    assert mirror.look_up(books, sage, "item", "A1-104/0") is not None
    assert woken(books, since) == {("item", "A1-104/0"), ("item", "A11040"), ("item", "BEDLAMP")}


def test_a_record_looked_up_in_vain_is_marked_gone(books: SageCompany, sage: Sage, box: Sage300Sandbox) -> None:
    add_bedlamp(box)
    mirror.look_up(books, sage, "item", "BEDLAMP")
    box.remove("ICItems", "BEDLAMP")
    since = revision(books.pk)
    assert mirror.look_up(books, sage, "item", "BEDLAMP") is None
    assert row(books, "item", "BEDLAMP").gone_at is not None
    assert ("item", "BEDLAMP") in woken(books, since)


# --- what a Sage that answers wrongly must not do: the port, with chosen answers --------------------------------------


class Answering:
    """A Sage whose records are chosen; ``fails`` after that many, as when a page in the middle cannot be read."""

    def __init__(self, records: Iterable[Record], fails: int | None = None) -> None:
        self._records, self._fails = list(records), fails

    def records(self, kind: str) -> Iterator[Record]:
        for place, record in enumerate(self._records):
            if place == self._fails:
                raise Unavailable(words("away"))
            yield record

    def record(self, kind: str, code: str) -> Record | None:
        return next((record for record in self._records if record.code == code), None)


def items(count: int, **details: Any) -> list[Record]:
    return [Record("item", f"I{number}", f"Item {number}", True, details) for number in range(count)]


def refresh(company: SageCompany, records: Iterable[Record], **more: Any) -> dict[str, int]:
    return mirror.refresh(company, Answering(records, **more), ["item"])  # type: ignore[arg-type]


def live(company: SageCompany) -> int:
    return SageRecord.objects.filter(company=company, kind="item", active=True, gone_at=None).count()


@pytest.fixture
def plain_books(db: None) -> SageCompany:
    return SageCompany.objects.create(name="Books", url="http://sage.invalid", org_id="X", user="x", password="x")


@pytest.mark.parametrize(("left", "marked"), [(80, 20), (79, 0), (10, 0), (0, 0)])
def test_too_much_at_once_does_not_vanish(plain_books: SageCompany, left: int, marked: int) -> None:
    refresh(plain_books, items(100))
    result = refresh(plain_books, items(100)[:left])
    assert live(plain_books) == 100 - marked
    assert result.get("refused: item", 0) == (0 if marked else 100 - left)


def test_one_of_three_may_vanish_but_never_all(plain_books: SageCompany) -> None:
    refresh(plain_books, items(3))
    assert refresh(plain_books, items(2))["vanished"] == 1
    assert refresh(plain_books, [])["refused: item"] == 2


def test_an_interrupted_pass_keeps_what_it_read_and_marks_nothing(
    plain_books: SageCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "BATCH", 10)
    refresh(plain_books, items(30))
    changed = [replace(record, label="changed") for record in items(30)]
    with pytest.raises(Unavailable):
        refresh(plain_books, changed, fails=25)
    assert SageRecord.objects.filter(label="changed").count() == 20
    assert live(plain_books) == 30


def test_a_mass_change_is_announced_as_one(plain_books: SageCompany) -> None:
    refresh(plain_books, items(300))
    assert woken(plain_books, 0) == {("item", ANY)}


def test_a_balance_wakes_only_when_it_falls(plain_books: SageCompany) -> None:
    def with_balance(balance: str) -> set[tuple[str, str]]:
        since = revision(plain_books.pk)
        record = Record("customer", "WEB", "Web", True, {"balance": balance, "credit_limit": "100"})
        mirror.look_up(plain_books, Answering([record]), "customer", "WEB")  # type: ignore[arg-type]
        assert row(plain_books, "customer", "WEB").details["balance"] == balance
        return woken(plain_books, since)

    assert with_balance("90.00") == {("customer", "WEB"), ("customer", ANY)}
    assert with_balance("95.00") == set()
    assert with_balance("20.00") == {("customer", "WEB"), ("customer", ANY)}

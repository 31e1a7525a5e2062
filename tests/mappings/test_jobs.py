"""The refresh as a job: it rings when it is done, and leaves a Sage alone that is away or set up wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import django_rq
import pytest

from connectors.models import SageCompany
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings import jobs
from mappings.models import SageRecord


@pytest.fixture
def box() -> Iterator[Sage300Sandbox]:
    with Sage300Sandbox() as box:
        yield box


@pytest.fixture
def books(db: None, box: Sage300Sandbox) -> SageCompany:
    return SageCompany.objects.create(
        name="Books", url=box.base_url, org_id="SAMLTD", user="WEBAPI", password="WEBAPI", installation="x"
    )


def rung(lane: str) -> list[tuple[Any, Any]]:
    return [(job.func_name, job.args) for job in django_rq.get_queue(lane).jobs]


def test_the_clock_asks_for_each_company_and_a_refresh_rings(
    books: SageCompany, bells: None, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        jobs.refresh_mirrors()
    assert rung("mirror") == [("mappings.jobs.refresh_mirror", (books.pk,))]
    with django_capture_on_commit_callbacks(execute=True):
        result = jobs.refresh_mirror(books.pk)
    assert result["new"] == SageRecord.objects.count() > 0
    assert rung("orders") == [("staging.jobs.validate_company", (books.pk,))]


def test_a_sage_that_is_away_pauses_and_one_set_up_wrongly_stops(books: SageCompany, box: Sage300Sandbox) -> None:
    SageCompany.objects.update(password="WRONG")
    assert jobs.refresh_mirror(books.pk) == {}
    books.refresh_from_db()
    assert books.state == "stopped"
    books.resume()
    box.pause()
    assert jobs.refresh_mirror(books.pk) == {}
    books.refresh_from_db()
    assert books.state == "paused"
    box.start()
    assert jobs.refresh_mirror(books.pk) == {}  # not before its next try
    assert not SageRecord.objects.exists()

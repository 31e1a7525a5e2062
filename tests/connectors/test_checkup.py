"""A connection's test: the findings are kept on its row, and nothing makes it raise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from connectors.checkup import checkup
from connectors.models import SageCompany, Shop
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.telling import worded


@pytest.fixture(scope="module")
def box() -> Iterator[Sage300Sandbox]:
    with Sage300Sandbox() as box:
        yield box


def company(url: str, **more: Any) -> SageCompany:
    values = {"user": "WEBAPI", "password": "WEBAPI", "installation": settings.INSTALLATION_ID, **more}
    return SageCompany.objects.create(name="Books", url=url, org_id="SAMLTD", **values)


@pytest.mark.django_db
def test_a_good_connection_is_noted_as_good(box: Sage300Sandbox) -> None:
    row = company(box.base_url)
    findings = checkup(row)
    row.refresh_from_db()
    assert row.checked is not None
    assert row.checked["ok"] is True
    assert row.checked["at"].endswith("+00:00")
    assert [worded(kept["text"]) for kept in row.checked["findings"]] == [finding.text for finding in findings]
    assert "WEBAPI" not in str(row.checked)


@pytest.mark.django_db
def test_a_copy_is_told_that_it_may_not_write(box: Sage300Sandbox) -> None:
    row = company(box.base_url, installation="another")
    first = checkup(row)[0]
    assert (first.subject, first.ok) == ("installation", False)
    row.refresh_from_db()
    assert row.checked is not None
    assert row.checked["ok"] is False


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "words"),
    [({"password": "wrong"}, "password"), ({"options": {"own_order_numbre": True}}, "own_order_numbre")],
)
def test_a_bad_connection_is_a_finding_not_an_accident(box: Sage300Sandbox, values: Any, words: str) -> None:
    row = company(box.base_url, **values)
    bad = [finding for finding in checkup(row) if finding.ok is False]
    assert len(bad) == 1
    assert words in bad[0].text
    assert bad[0].remedy


@pytest.mark.django_db
def test_a_shop_out_of_reach_is_a_finding_too(box: Sage300Sandbox) -> None:
    shop = Shop.objects.create(name="Shop", url="http://127.0.0.1:9", key="K" * 32, company=company(box.base_url))
    findings = checkup(shop)
    assert any(finding.ok is False for finding in findings)
    shop.refresh_from_db()
    assert shop.checked is not None
    assert shop.checked["ok"] is False
    assert "K" * 32 not in str(shop.checked)

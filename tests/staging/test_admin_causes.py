"""What holds orders, one row per cause and value: since when, which for example, what could be meant and why."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from connectors.models import SageCompany, Shop
from mappings.models import PaymentMapping, SageRecord
from staging.models import Issue
from tests.staging.back_office import hold, order, page, person

CAUSES = reverse("admin:staging_stagedorder_causes")
MISSING = f"{CAUSES}?only=missing"


@pytest.fixture
def shop(company: SageCompany) -> Shop:
    """A shop that nobody asks."""
    return Shop.objects.create(name="Web", url="http://127.0.0.1:1", key="X", company=company, time_zone="Europe/Paris")


def text(reader: Client, address: str) -> str:
    answer = reader.get(address)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(answer.content.decode())).split())


def titles(reader: Client, address: str) -> list[str]:
    return [cause.title for _group, cause in reader.get(address).context["groups"]]


def test_a_row_tells_since_when_which_for_example_and_why_a_code_is_suggested(shop: Shop) -> None:
    rows = [order(shop) for _ in range(5)]
    named = {"code": "A1-104/0", "label": "Bedside Lamp", "ground": "name", "values": {"score": 95}, "score": 95}
    for row in rows:
        hold(row, suggestions=[named], values={"name": "Bedside lamp"})
    Issue.objects.update(opened_at=datetime(2026, 11, 24, 12, 0, tzinfo=UTC))
    hold(rows[0], "payment-unknown", "alma", opened_at=timezone.now())
    reader = person()
    seen = text(reader, MISSING)
    assert "24 Nov 2026 13:00 CET" in seen  # the shop's own time
    assert re.search(r"\d+ (day|hour|minute|week|month|year)s?.* ago", seen)
    assert "A1-104/0 Bedside Lamp name is alike 95 %" in seen
    assert "1 of them is held by something else, too." in seen
    (lamps, _cause), _alma = reader.get(MISSING).context["groups"]
    assert [each.pk for each in lamps.examples] == [row.pk for row in rows[:3]]
    shown = reader.get(MISSING).content.decode()
    assert all(page(row) in shown for row in rows[:3])
    assert page(rows[4]) not in shown


def test_the_shop_stands_there_where_there_are_several(company: SageCompany, shop: Shop) -> None:
    hold(order(shop))
    assert "· Web" not in text(person(), MISSING)
    other = Shop.objects.create(name="Outlet", url="http://127.0.0.1:2", key="X", company=company, prefix="OUT")
    hold(order(other))
    assert "· Outlet, Web" in text(person("auditor"), MISSING)


def test_many_rows_are_searched_and_turned_over(shop: Shop) -> None:
    for number in range(60):
        hold(order(shop), value=f"ITEM-{number}", values={"name": "Wall clock" if number == 7 else "Lamp"})
    hold(order(shop), "payment-unknown", "alma")
    reader = person()
    assert len(titles(reader, MISSING)) == 50
    assert "Rows 1 to 50 of 61" in text(reader, MISSING)
    link = re.search(r'rel="next" href="([^"]+)"', reader.get(MISSING).content.decode())
    assert link
    assert len(titles(reader, CAUSES + html.unescape(link[1]))) == 11
    assert titles(reader, f"{MISSING}&q=item-59") == ["Item unknown ITEM-59"]
    assert titles(reader, f"{MISSING}&q=clock") == ["Item unknown ITEM-7"]
    assert titles(reader, f"{MISSING}&cause=payment-unknown") == ["Payment method unknown alma"]
    assert "No row is like this" in text(reader, f"{MISSING}&q=nobody-says-this")
    assert len(titles(reader, f"{MISSING}&page=nonsense")) == 50
    assert titles(reader, f"{CAUSES}?cause=nonsense") == []


def test_the_page_costs_the_same_for_few_causes_and_for_many(shop: Shop) -> None:
    reader = person()

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            reader.get(MISSING)
        return len(queries)

    hold(order(shop))
    few = cost()
    for number in range(120):
        hold(order(shop), value=f"ITEM-{number}")
    assert cost() == few <= 12


def test_what_another_shop_says_fills_the_whole_form(company: SageCompany, shop: Shop) -> None:
    for code, label in (("DIGWAL", "Digital Wallet"), ("WIRE", "Transfer")):
        told = {"kind": "payment code", "code": code, "match": code, "label": label, "seen_at": timezone.now()}
        SageRecord.objects.create(company=company, **told)
    other = Shop.objects.create(name="Outlet", url="http://127.0.0.1:2", key="X", company=company, prefix="OUT")
    decided = {"module": "alma", "code": "DIGWAL", "terms": "WEB", "bank": "BNPEUR"}
    PaymentMapping.objects.create(company=company, shop=other, **decided)
    more = {"terms": "WEB", "bank": "BNPEUR"}
    suggested = {"code": "DIGWAL", "label": "Digital Wallet", "ground": "elsewhere", "values": {"where": "Outlet"}}
    hold(order(shop), "payment-unknown", "alma", kind="payment", suggestions=[{**suggested, "more": more}])
    reader = person()
    assert "DIGWAL Digital Wallet mapped so for Outlet" in text(reader, MISSING)
    link = next(link for _g, cause in reader.get(MISSING).context["groups"] for _s, link in cause.suggestions)
    form = reader.get(link).context["adminform"].form
    assert [form[name].value() for name in ("module", "code", "terms", "bank")] == ["alma", "DIGWAL", "WEB", "BNPEUR"]
    offered = text(reader, link)  # the form works out anew what could be meant
    assert "DIGWAL Digital Wallet · mapped so for Outlet" in offered

"""The start page: yesterday by each shop's own calendar, and everything that stands still, with where to look."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from connectors.models import SageCompany, Shop
from mappings.models import SageRecord, TaxClassMapping
from staging.models import Mark, Task
from syncbridge import days, first_steps
from syncbridge.models import Alarm, Beat, Notice, Threshold
from syncbridge.notices import beats
from tests.staging.back_office import hold, order, person, posting

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the 25th of November, eleven o'clock in Paris."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def connect(company: SageCompany, name: str = "Web", zone: str = "Europe/Paris", **fields: Any) -> Shop:
    """A live shop, read a moment ago."""
    values = {"installation": settings.INSTALLATION_ID, "first_order_id": 1, "prefix": name.upper()[:3]}
    shop = Shop.objects.create(name=name, url="http://x", key="X", company=company, time_zone=zone, **(values | fields))
    Mark.objects.create(shop=shop, stream="orders", set=True, read_at=NOW)
    return shop


def start(role: str = "accountant") -> Any:
    answer = person(role).get(reverse("admin:index"))
    assert answer.status_code == 200
    return answer


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_yesterday_in_one_sentence(company: SageCompany) -> None:
    shop = connect(company)
    for status, many in (("posted", 3), ("invalid", 2), ("waiting", 1), ("staged", 1), ("ready", 1), ("ignored", 1)):
        for _ in range(many):
            order(shop, status)
    order(shop, placed_at=NOW)
    order(shop, placed_at=NOW - timedelta(days=3))
    text = words(start())
    assert "yesterday (Tuesday 24 November): 9 staged, 3 in Sage" in text
    assert ">2 held</a> (21.00 EUR), 1 waiting, 2 on the way, 1 ignored" in text
    assert '<span class="sb-count">4</span>' in text


def test_yesterday_is_the_shops_own(company: SageCompany) -> None:
    paris, auckland = connect(company), connect(company, "Kiwi", "Pacific/Auckland")
    late = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # the 24th in Paris, the 25th in Auckland
    for moment in (late, late - timedelta(hours=12), late + timedelta(hours=1)):
        order(paris, placed_at=moment)
        order(auckland, placed_at=moment)
    days = {day.shop.name: (day.day.isoformat(), day.total) for day in start().context["days"]}
    assert days == {"Web": ("2026-11-24", 2), "Kiwi": ("2026-11-24", 1)}


def test_what_the_shop_counts_is_told_once_the_day_was_proved(company: SageCompany) -> None:
    shop = connect(company)
    order(shop, "posted")
    balance = {"kind": "sale", "currency": "EUR", "shop_count": 4, "left_out_count": 1}
    receipts = {"kind": "receipt", "currency": "EUR", "shop_count": 9, "left_out_count": 0}
    result = {"days": {"2026-11-24": {"balances": [balance, receipts]}, "2026-11-23": {"balances": [balance] * 2}}}
    Task.objects.create(kind="prove", parameters={"shop": shop.pk}, result=result, created_at=NOW)
    text = words(start())
    assert "4 orders in the shop</a> (1 not for Sage yet: unpaid or cancelled), 1 staged, 1 in Sage, none held" in text


def test_a_tile_is_yellow_from_the_first_and_red_from_its_threshold_on(company: SageCompany) -> None:
    shop = connect(company)
    order(shop, "staged", status_since=NOW - timedelta(minutes=20))
    reader = person()

    def tiles() -> tuple[dict[str, str], str]:
        answer = reader.get(reverse("admin:index"))
        return {tile.title: tile.level for tile in answer.context["tiles"]}, words(answer)

    assert tiles()[0] == {
        "Needs you": "calm",
        "Missing mappings": "calm",
        "Changed after posting": "calm",
        "In doubt": "calm",
        "On the way": "due",
    }
    for _ in range(2):
        hold(order(shop))
    levels, text = tiles()
    assert (levels["Needs you"], levels["Missing mappings"]) == ("due", "due")
    assert (
        '! Needs you</span> <span class="sb-tile-count sb-number">2</span> <span class="sb-warn">to do</span>' in text
    )
    Threshold.objects.filter(name="held").update(value=2)
    Threshold.objects.filter(name="backlog").update(value=15)
    levels, text = tiles()
    assert (levels["Needs you"], levels["On the way"]) == ("urgent", "urgent")
    assert (
        '‼ Needs you</span> <span class="sb-tile-count sb-number">2</span> <span class="sb-bad">urgent</span>' in text
    )
    Threshold.objects.filter(name__in=["late", "backlog"]).update(value=30)
    assert tiles()[0]["On the way"] == "calm"


def test_the_charts_say_the_same_as_their_tables(company: SageCompany) -> None:
    shop = connect(company)
    begun = NOW - timedelta(days=2)  # what had been placed before is read then, and sent a month late
    old = order(shop, "posted", placed_at=NOW - timedelta(days=20), fetched_at=begun)
    posting(old, "pushed", pushed_at=begun)
    for status in ("posted", "posted", "invalid"):
        row = order(shop, status, placed_at=NOW - timedelta(days=1), fetched_at=NOW - timedelta(days=1))
        if status == "posted":
            posting(row, "pushed", pushed_at=NOW - timedelta(days=1, minutes=-3))
    order(shop, "posted", placed_at=NOW - timedelta(days=60), fetched_at=begun)
    with CaptureQueriesContext(connection) as asked:
        days.tick()
    assert len(asked) <= 8

    shown = start().context["charts"]

    assert shown.outcomes.rows == [[date(2026, 11, 24), 2, 1, 0, 0, 0], [date(2026, 11, 5), 1, 0, 0, 0, 0]]
    assert shown.times.rows == [[date(2026, 11, 24), "Web", 3.0, 3.0]]
    bars = {each["label"]: sum(each["data"]) for each in json.loads(shown.outcomes.data)["datasets"]}
    assert bars == {"in Sage": 3, "held": 1, "waiting": 0, "on the way": 0, "ignored": 0}


def test_a_shop_without_orders_says_so(company: SageCompany) -> None:
    connect(company)
    assert "no orders placed" in words(start())


def troubles(role: str = "operator") -> list[str]:
    return [trouble.title for trouble in start(role).context["troubles"]]


def test_nothing_stands_still_when_all_is_well(books: SageCompany) -> None:
    connect(books)
    assert troubles() == []


def test_what_stands_still_is_told_with_its_reason_and_a_link(books: SageCompany) -> None:
    stopped = connect(books, state="stopped", state_reason="The key was refused.")
    connect(books, "Copy", installation="another")
    Mark.objects.filter(shop=connect(books, "Back")).update(halted="The shop was restored.")
    Mark.objects.filter(shop=connect(books, "Quiet")).update(read_at=NOW - timedelta(hours=1))
    connect(books, "New", first_order_id=None)
    Task.objects.create(kind="resync", status="failed", message="Sage is away.", ended_at=timezone.now())
    Task.objects.create(kind="resync", status="failed", ended_at=NOW - timedelta(days=2))
    Task.objects.create(kind="mark", status="failed", ended_at=timezone.now())  # somebody mistook a day

    answer = start("operator")

    titles = [trouble.title for trouble in answer.context["troubles"]]
    assert titles == [
        "Copy: not confirmed",
        "New: not live",
        "Web: stopped",
        "Back orders: halted",
        "Quiet: silent",
        "Failed: Re-sync",
    ]
    text = words(answer)
    assert "The key was refused." in text
    assert "Sage is away." in text
    assert reverse("admin:connectors_shop_change", args=[stopped.pk]) in text


def test_an_empty_installation_leads_to_the_first_order_step_by_step(db: None) -> None:
    client = person("administrator")

    def undone() -> list[str]:
        answer = client.get(reverse("admin:index"))
        return [step.title for step in answer.context["first_steps"] if not step.done]

    assert undone() == [
        "Worker and clock run",
        "A Sage company",
        "The Sage company can be used",
        "What Sage knows was read",
        "A shop",
        "The shop can be used",
        "The mappings that every order needs",
        "People have their roles",
        "Somebody is told when something stands still",
        "Go-live",
    ]
    Beat.objects.create(name=beats.TICK, at=NOW)
    company = SageCompany.objects.create(name="Books", url="http://x", org_id="A", user="W", password="x")
    assert undone()[:2] == ["The Sage company can be used", "What Sage knows was read"]
    usable = {"installation": settings.INSTALLATION_ID, "checked": {"at": NOW.isoformat(), "ok": True}}
    SageCompany.objects.update(**usable)
    SageRecord.objects.create(company=company, kind="item", code="A1", seen_at=NOW)
    shop = Shop.objects.create(name="Web", url="http://x", key="K", company=company)
    assert undone()[:2] == ["The shop can be used", "The mappings that every order needs"]
    assert reverse("admin:connectors_shop_change", args=[shop.pk]) in words(client.get(reverse("admin:index")))
    Shop.objects.update(**usable)
    for model in first_steps.MAPPED:
        needed = {"rate": 20} if model is TaxClassMapping else {}
        model._default_manager.create(company=company, code="1", **needed)
    person("accountant")
    Notice.objects.create(kind="alarm", role="operator", sent_at=NOW)
    assert undone() == ["Go-live"]
    Shop.objects.update(first_order_id=1)
    assert undone() == []
    said = words(client.get(reverse("admin:index")))
    assert "First steps" not in said
    assert "sb-count" not in said  # nothing is held: no number beside “Needs you”


def test_who_connects_nothing_is_told_who_does(db: None) -> None:
    answer = start("accountant")
    assert answer.context["first_steps"] == []
    assert "An administrator adds the first one" in words(answer)


def test_what_no_tile_tells_stands_still_too(company: SageCompany) -> None:
    connect(company)
    Beat.objects.create(name=beats.TICK, at=NOW - beats.MISSED)
    Alarm.objects.create(kind="backlog", subject="shop 1", title="Its tile is red", text="x")
    assert start().context["troubles"] == []
    Beat.objects.update(at=NOW - beats.MISSED - timedelta(seconds=1))
    Alarm.objects.create(kind="silence", subject="shop 1", title="No orders from Web", text="Place a test order.")
    Alarm.objects.create(kind="silence", subject="shop 2", title="It is over", text="x", closed_at=NOW)
    client = person("operator")
    titles = [trouble.title for trouble in client.get(reverse("admin:index")).context["troubles"]]
    assert titles == ["Workers or clock stand still", "No orders from Web"]


def test_in_french(company: SageCompany) -> None:
    connect(company)
    answer = person().get(reverse("admin:index"), headers={"accept-language": "fr"})
    assert 'lang="fr"' in answer.content.decode()
    assert "mardi 24 novembre" in answer.content.decode()

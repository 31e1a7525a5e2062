"""The list of orders: what it finds, what it shows, what it costs."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from connectors.models import SageCompany, Shop
from staging.admin.filters import search
from staging.admin.worklists import QUEUES, queue
from staging.models import StagedOrder
from tests.staging.back_office import hold, order, orders_url, page, person, posting

CAUSES = "admin:staging_stagedorder_causes"


@pytest.fixture
def shop(company: SageCompany) -> Shop:
    """A shop that nobody asks."""
    return Shop.objects.create(name="Web", url="http://127.0.0.1:1", key="X", company=company)


def shown(address: str, role: str = "accountant") -> list[str]:
    """The references on a list, from its top."""
    answer = person(role).get(address)
    assert answer.status_code == 200
    return [row.reference for row in answer.context["cl"].result_list]


KEYS = (
    "REFX",
    "refx",
    "4711",
    "#4711",
    "PS_4711",
    "ada@example.com",
    "ADA@example.com",
    "ORD000007",
    "IN000009",
    "1234.56",
    "1234,56",
    "1,234.56 EUR",
    "1\u202f234,56\u00a0€",
    "BEDLAMP",
    "bedlamp",
    "REFX ada@example.com",
)


@pytest.mark.parametrize("key", KEYS)
def test_an_order_is_found_by_each_of_its_keys(shop: Shop, key: str) -> None:
    numbers = {"sage_order": "ORD000007", "sage_invoice": "IN000009", "total": "1234.56"}
    hold(order(shop, reference="REFX", order_id=4711, email="ada@example.com", **numbers))
    hold(order(shop), value="OTHER")
    assert shown(orders_url(q=key)) == ["REFX"]


@pytest.mark.parametrize("key", ["nothing", "4712", "REFX nothing", "99999999999999999999", "%", "12.3.4"])
def test_what_is_no_key_finds_nothing(shop: Shop, key: str) -> None:
    order(shop, reference="REFX", order_id=4711)
    answer = person().get(orders_url(q=key))
    assert list(answer.context["cl"].result_list) == []
    assert "The search knows whole references, numbers, e-mails, amounts and item codes; no names." in " ".join(
        answer.content.decode().split()
    )


def test_a_search_reads_indexes_and_never_all_orders(shop: Shop) -> None:
    order(shop)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for key in (*KEYS, "nothing"):
        plan = search(StagedOrder.objects.all(), key).explain()
        assert "Seq Scan on staging_stagedorder" not in plan, (key, plan)


def test_no_work_queue_reads_all_orders(shop: Shop) -> None:
    order(shop)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for name, _words in QUEUES:
        plan = queue(StagedOrder.objects.all(), name).explain()
        assert "Seq Scan on staging_stagedorder" not in plan, (name, plan)


def test_a_row_says_what_holds_the_order_in_words(shop: Shop) -> None:
    row = order(shop)
    for place in ("line 1", "line 2"):  # one repair
        hold(row, place=place)
    hold(row, "payment-unknown", "alma")
    waiting = order(shop, "waiting", reason="not paid yet")
    text = person().get(orders_url()).content.decode()
    assert "Item unknown BEDLAMP" in text or "Payment method unknown alma" in text
    assert "(+1 more)" in text
    assert "not paid yet" in text
    assert "10.50 EUR" in text
    assert page(waiting) in text
    assert "item-unknown" not in text.replace("cause=item-unknown", "")


def test_amounts_are_written_as_the_reader_writes_them(shop: Shop) -> None:
    order(shop, total="1234.50")
    assert "1.234,50" in person().get(orders_url(), headers={"accept-language": "fr"}).content.decode().replace(
        "\u202f", "."
    ).replace("\xa0", ".")


def test_lists_cost_the_same_for_few_orders_and_for_many(shop: Shop) -> None:
    reader = person()
    addresses = [orders_url(), orders_url(queue="needs-you"), reverse(CAUSES), reverse("admin:index")]

    def cost() -> list[int]:
        found = []
        for address in addresses:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert reader.get(address).status_code == 200
            found.append(len(queries))
        return found

    hold(order(shop))
    few = cost()
    for number in range(30):
        row = order(shop)
        hold(row, value=f"ITEM{number % 7}")
        hold(row, "payment-unknown", "alma")
        posting(row)
    assert cost() == few
    assert max(few) <= 35, few


# --- work queues ------------------------------------------------------------------------------------------------------


def test_each_tile_counts_the_list_behind_it(shop: Shop) -> None:
    for _ in range(3):
        hold(order(shop))
    hold(order(shop), "payment-unknown", "alma")
    hold(order(shop, "posted"), "changed-after-posting", "")
    hold(order(shop), "outcome-unknown", "PS_7")
    posting(order(shop, "ready"), "pushing", sent_at=timezone.now() - timedelta(hours=1))
    posting(order(shop, "ready"), "pushing", sent_at=timezone.now())
    order(shop, "staged")
    order(shop, "posted")
    order(shop, "ignored")

    reader = person()
    tiles = reader.get(reverse("admin:index")).context["tiles"]

    counted = {str(tile.title): tile.count for tile in tiles}
    assert counted == {
        "Needs you": 5,
        "Missing mappings": 2,
        "Changed after posting": 1,
        "In doubt": 2,
        "On the way": 3,
    }
    for tile in tiles:
        listed = reader.get(tile.url).context
        rows = listed["groups"] if "groups" in listed else listed["cl"].result_list
        assert len(rows) == tile.count, tile.title


def test_one_row_per_cause_and_value_with_the_orders_behind_it(shop: Shop) -> None:
    twice = order(shop, total="100")
    hold(twice, place="line 1", suggestions=[{"code": "A1-104/0", "label": "Bedside Lamp", "ground": "", "score": 9}])
    hold(twice, place="line 2")
    hold(order(shop, total="20", currency="USD"))
    settled = hold(order(shop))
    settled.closed_at = timezone.now()
    settled.save()
    hold(order(shop), "payment-unknown", "alma")

    reader = person()
    answer = reader.get(reverse(CAUSES))
    (lamps, lamps_cause), (alma, _cause) = answer.context["groups"]

    assert (lamps.orders, {name: f"{total:.0f}" for name, total in lamps.sums.items()}) == (
        2,
        {"EUR": "100", "USD": "20"},
    )
    assert alma.orders == 1
    assert "reference=BEDLAMP" in lamps_cause.link
    assert "&amp;code=A1-104%2F0" in answer.content.decode()
    listed = reader.get(lamps.url)
    assert len(listed.context["cl"].result_list) == 2
    text = " ".join(listed.content.decode().split())
    assert re.search(r"Only: .*Cause</span> <strong>Item unknown</strong>.*Value</span> <strong>BEDLAMP</strong>", text)
    assert 'href="?cause=item-unknown" aria-label="Not only value: BEDLAMP"' in text
    assert "Only:" not in reader.get(orders_url(queue="needs-you", has="me")).content.decode()  # a tab says it


def test_nothing_held_is_said(shop: Shop) -> None:
    assert "Nothing holds an order" in person().get(reverse(CAUSES)).content.decode()


@pytest.mark.parametrize("role", ["accountant", "operator", "administrator"])
def test_every_role_sees_orders(shop: Shop, role: str) -> None:
    order(shop)
    assert len(shown(orders_url(), role)) == 1


@pytest.mark.parametrize(
    "address", [orders_url, lambda: reverse(CAUSES), lambda: reverse("admin:staging_mark_changelist")]
)
def test_who_has_no_right_sees_none(shop: Shop, address: object) -> None:
    assert callable(address)
    assert person("").get(address()).status_code == 403
    assert b"REF" not in person("", "another").get(reverse("admin:index")).content

"""Every recorded order through the front door: fetched over HTTP, checked against a mirror read over HTTP."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from connectors.models import SageCompany
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from mappings.models import ChargeMapping, ItemMapping
from staging.models import Issue, Posting, StagedOrder
from tests.staging.conftest import connect, live
from tests.staging.world import check, map_all

ORDERS = 106


@pytest.fixture
def recorded(books: SageCompany) -> list[StagedOrder]:
    """All recorded orders, checked with BEDLAMP unknown."""
    map_all(books)
    with PrestaShopSandbox() as presta:
        return check(live(connect(presta, books)))


def test_each_recorded_order_is_ready_waiting_or_held_for_a_sensible_cause(recorded: list[StagedOrder]) -> None:
    assert Counter(row.status for row in recorded) == {"ready": 43, "invalid": 40, "waiting": 20, "ignored": 3}
    assert Counter(row.reason for row in recorded if row.reason) == {
        "not paid yet": 17,
        "payment error in the shop": 3,
        "cancelled in the shop": 3,
    }
    causes = Counter(Issue.objects.filter(closed_at=None).values_list("code", "value"))
    assert causes == {
        ("item-unknown", "BEDLAMP"): 37,
        ("possible-duplicate", ""): 4,
        ("tax-differs", ""): 2,
        ("rounding-cent", "rounding"): 1,
    }
    assert all(row.first_cause for row in recorded if row.status == "invalid")


def test_the_totals_of_recorded_orders_are_equal_per_rate_but_where_the_shop_rounds_pieces(
    recorded: list[StagedOrder],
) -> None:
    verdicts = {row.order_id: row.verdict["kind"] for row in recorded if row.verdict}
    assert {order for order, kind in verdicts.items() if kind != "equal"} == {45, 46, 47}
    for row in recorded:
        if row.status == "ready":
            assert row.verdict is not None
            assert Decimal(row.verdict["total"]["sage"]) == row.total


def test_a_ready_order_has_one_sale_that_says_what_the_shop_says(recorded: list[StagedOrder]) -> None:
    for row in recorded:
        sales = list(row.postings.all())
        assert len(sales) == (row.status == "ready")
        for sale in sales:
            prepared = sale.prepared
            assert (sale.kind, sale.reference, sale.status) == ("sale", f"PS_{row.order_id}", "ready")
            assert prepared["purchase_order"] == row.reference
            assert Decimal(prepared["total"]) == row.total
            assert sum(Decimal(line["amount"]) for line in prepared["lines"]) == row.total
            assert "" not in {line["code"] for line in prepared["lines"]}


def test_mapping_one_item_releases_all_that_waited_for_it_and_only_them(books: SageCompany) -> None:
    map_all(books)
    with PrestaShopSandbox() as presta:
        shop = live(connect(presta, books))
        check(shop)
        held = set(Issue.objects.filter(value="BEDLAMP").values_list("order_id", flat=True))
        others = dict(StagedOrder.objects.exclude(pk__in=held).values_list("pk", "version"))

        ItemMapping.objects.create(company=books, reference="BEDLAMP", code="A1-104/0")
        check(shop)

    assert not Issue.objects.filter(value="BEDLAMP", closed_at=None).exists()
    assert StagedOrder.objects.filter(pk__in=held, status="ready").count() == 33
    assert dict(StagedOrder.objects.exclude(pk__in=held).values_list("pk", "version")) == others
    first, *_rest = Posting.objects.filter(order__in=held).order_by("due_at", "pk")
    assert first.order.placed_at == min(
        row.placed_at for row in StagedOrder.objects.filter(pk__in=held, status="ready") if row.placed_at
    )
    assert {line["code"] for line in first.prepared["lines"] if line["kind"] == "item"} >= {"A1-104/0"}


def test_the_cent_goes_to_a_rounding_charge_where_there_is_one(books: SageCompany) -> None:
    ChargeMapping.objects.create(company=books, charge="rounding", code="ROUND")
    map_all(books)
    books.tax_tolerance = 1
    books.save()
    with PrestaShopSandbox() as presta:
        row = next(row for row in check(live(connect(presta, books))) if row.order_id == 47)

    assert row.status == "ready", list(row.issues.values())
    assert row.verdict is not None
    assert row.verdict["rounding"] == "0.01"
    (cent,) = [line for line in row.postings.get().prepared["lines"] if line["source"] == "rounding"]
    assert (cent["code"], cent["amount"], cent["rate"]) == ("ROUND", "0.01", "0")
    assert Decimal(row.postings.get().prepared["total"]) == row.total

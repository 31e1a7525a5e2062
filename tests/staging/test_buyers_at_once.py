"""Customers of buyers who come at once, or whose making is broken off; and how much is asked for them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings.buyers import known_by
from mappings.models import BuyerCode, SageRecord
from mappings.resolve import Resolver
from staging import fetch, push, validate
from staging.checking import Checking
from staging.models import StagedOrder
from tests.mappings.conftest import an_order
from tests.staging.buying import bought_by, buys, check, made, row, shop_of_buyers
from tests.staging.pushing import later, settle
from tests.staging.test_push_crashes import ROOT, in_threads


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The sandbox shop, mapped and live; every buyer gets a customer of the group WEB."""
    return shop_of_buyers(presta, books, monkeypatch)


# --- at once, and broken off ------------------------------------------------------------------------------------------


def test_two_who_come_at_once_agree(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    """Two workers have judged before either writes: the unique row decides, the second is checked again."""
    numbers = [buys(presta, spelling, guest=True) for spelling in ("jo@example.fr", "JO@example.fr")]
    fetch.sweep(shop)
    batches = [[each] for each in validate.claim(shop)]
    outcomes = [next(Checking(shop, None).judged(batch)) for batch in batches]
    assert [validate._finish(each) for each in outcomes] == [True, False]
    StagedOrder.objects.update(due_at=timezone.now())
    validate.sweep(shop)
    settle(shop.company, 2)
    assert len({bought_by(sage, number) for number in numbers}) == 1
    assert len(made(sage, "jo@example.fr")) == 1


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_make_one_customer(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validate, "BATCH", 1)
    SageCompany.objects.update(simultaneous=3)
    numbers = [buys(presta, email, guest=True) for email in ("jo@example.fr", "JO@example.fr", "Jo@Example.fr") * 2]
    fetch.sweep(shop)

    for _ in range(3):
        in_threads(3, lambda: validate.sweep(Shop.objects.get()))
        in_threads(3, lambda: push.sweep(SageCompany.objects.get()))
        StagedOrder.objects.update(due_at=timezone.now())
        later()

    assert [row(number).status for number in numbers] == ["posted"] * 6
    assert len({bought_by(sage, number) for number in numbers}) == 1
    assert len(made(sage, "jo@example.fr")) == sage.counts()["POST ARCustomers"] == 1


@pytest.mark.proof
@pytest.mark.django_db(transaction=True)
def test_four_processes_at_once_make_one_customer(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, environment: Callable[..., dict[str, str]]
) -> None:
    SageCompany.objects.update(simultaneous=4)
    numbers = [buys(presta, spelling, guest=True) for spelling in ("jo@example.fr", "Jo@Example.fr") * 6]
    fetch.sweep(shop)
    command = [sys.executable, "manage.py", "sweep", "validate", "push", "--until-quiet"]
    for _ in range(2):  # who was second is checked again after two seconds
        workers = [subprocess.Popen(command, cwd=ROOT, env=environment()) for _ in range(4)]
        assert [worker.wait(timeout=300) for worker in workers] == [0] * 4
        StagedOrder.objects.update(due_at=timezone.now())
        later()

    assert {row(number).status for number in numbers} == {"posted"}
    assert len({bought_by(sage, number) for number in numbers}) == 1
    assert len(made(sage, "jo@example.fr")) == sage.counts()["POST ARCustomers"] == 1


@pytest.mark.parametrize("kind", ["drop", "lose_answer"])
def test_the_kth_request_of_a_new_customer_breaks(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, kind: str
) -> None:
    numbers = []
    for call in range(12):
        email = f"buyer{call}@example.fr"
        numbers.append(buys(presta, email))
        check(shop)
        sage.clear_log()
        sage.trouble(kind, after_requests=call, count=3)
        push.sweep(SageCompany.objects.get())
        assert len(made(sage, email)) <= 1
        reached = sum(sage.counts().values()) > call
        sage.no_trouble()
        settle(shop.company, 3)
        assert len(made(sage, email)) == 1
        assert [row(number).status for number in numbers] == ["posted"] * len(numbers)
        if not reached:
            break
    assert call >= 5, "the matrix must reach every request for customer and sale"


# --- how much it asks -------------------------------------------------------------------------------------------------


def test_a_batch_is_read_in_three_queries(shop: Shop, django_assert_num_queries: Any) -> None:
    BuyerCode.objects.create(shop=shop, buyer="email b3@example.fr", code="WEBEUR")
    orders = [an_order(buyer=100 + each, email=f"B{each}@example.fr") for each in range(40)]
    resolver = Resolver(shop)
    with django_assert_num_queries(3):
        resolver.prefetch_buyers(orders)
    assert resolver.record("customer group", "WEB")
    with django_assert_num_queries(0):
        codes = [getattr(resolver.customer(order), "new", "") for order in orders]
    assert (codes[0], codes[3], len(set(codes))) == ("PSC100", "", 40)


def test_a_buyer_is_found_by_an_index(shop: Shop) -> None:
    SageRecord.objects.bulk_create(
        SageRecord(
            company=shop.company,
            kind="customer",
            code=f"C{number}",
            match=f"C{number}",
            seen_at=timezone.now(),
            known_by=known_by({"email": f"c{number}@example.fr", "vat_number": f"FR{number}"}),
        )
        for number in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE mappings_sagerecord")
    words = ["email c7@example.fr", "vat BE0697449992"]
    found = SageRecord.objects.filter(company=shop.company, kind="customer", known_by__overlap=words)
    assert "mirror_known_by" in found.explain()
    assert [record.code for record in found] == ["C7"]

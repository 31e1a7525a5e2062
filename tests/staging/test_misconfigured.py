"""A connection that cannot even be opened (a wrong switch, a secret of another key) is stopped; no sweep falls over."""

from __future__ import annotations

import pytest
from django.db import connection

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from staging import fetch, push, track, validate
from staging.models import StagedOrder
from tests.staging.conftest import connect, live
from tests.staging.world import check, map_all

ENCRYPTED_ELSEWHERE = "gAAAAABn" + "x" * 92


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    """The sandbox shop, mapped and live, with one order ready and one to be checked."""
    map_all(books)
    shop = live(connect(presta, books))
    presta.add_order(lines=[{"reference": "demo_11", "quantity": 1}], module="paypal")
    check(shop)
    presta.add_order(lines=[{"reference": "demo_3", "quantity": 1}], module="paypal")
    fetch.sweep(shop)
    return shop


def overwrite(row: Shop | SageCompany, column: str) -> None:
    """A secret as another installation's key left it."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {row._meta.db_table} SET {column} = %s WHERE id = %s", [ENCRYPTED_ELSEWHERE, row.pk])


@pytest.mark.parametrize("wrong", ["switch", "password"])
def test_a_company_that_cannot_be_opened_is_stopped(shop: Shop, sage: Sage300Sandbox, wrong: str) -> None:
    if wrong == "switch":
        SageCompany.objects.update(options={"no_such_switch": 1})
    else:
        overwrite(shop.company, "password")

    assert validate.sweep(Shop.objects.get()).note
    note = push.sweep(SageCompany.objects.get()).note
    assert track.sweep(SageCompany.objects.get()).note

    company = SageCompany.objects.get()
    assert (company.state, company.state_reason) == ("stopped", note)
    assert sorted(StagedOrder.objects.values_list("status", flat=True)) == ["ready", "staged"]
    assert not sage.orders()


def test_a_shop_that_cannot_be_opened_is_stopped(shop: Shop) -> None:
    overwrite(shop, "key")

    assert validate.sweep(Shop.objects.get()).note
    note = fetch.sweep(Shop.objects.get()).note

    assert (Shop.objects.get().state, Shop.objects.get().state_reason) == ("stopped", note)
    assert "Enter it again." in note

"""Receipts, credit notes and refunds broken off at every step: one document or none, and in the end exactly one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from connectors import http
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings.models import PaymentMapping
from staging import fetch, push, staff, validate
from tests.staging.books import codes, credited, post_all, quiet, received, repaid, row, turn
from tests.staging.conftest import connect, live
from tests.staging.pushing import ready, settle
from tests.staging.test_push_crashes import Killed, killed_at
from tests.staging.world import map_all

KINDS = ("receipt", "credit note", "repayment")

pytestmark = pytest.mark.proof
"""Every step of every kind takes a minute; the tests of each kind break its requests in the everyday suite."""


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The sandbox shop, mapped and live; payments become receipts, and what is credited is paid out."""
    monkeypatch.setattr(http, "PAUSES", (0.0, 0.0))
    books.receipts = SageCompany.Receipts.PREPAYMENT
    books.save()
    map_all(books)
    PaymentMapping.objects.update(refund=PaymentMapping.Refund.REFUND)
    return live(connect(presta, books))


def due(kind: str, presta: PrestaShopSandbox, shop: Shop, sage: Sage300Sandbox) -> int:
    """An order of which a document of this kind is due next, and nothing else."""
    (order,) = ready(presta, shop)
    if kind == "receipt":
        order.postings.filter(kind="receipt").update(due_at="2100-01-01T00:00Z")
        push.sweep(SageCompany.objects.get())
    else:
        push.sweep(SageCompany.objects.get())
        line = presta.store.rows("order_details", id_order=order.order_id)[0]
        presta.add_slip(order.order_id, {int(line["id"]): 1})
        fetch.sweep(shop)
        validate.sweep(shop)
    if kind == "repayment":
        push.sweep(SageCompany.objects.get())
        post_all(sage)
    order.postings.filter(kind=kind).update(due_at="2000-01-01T00:00Z")
    return order.order_id


def held(kind: str, sage: Sage300Sandbox) -> int:
    """How many of the kind Sage holds; one reference twice is a fault."""
    return len({"receipt": received, "credit note": credited, "repayment": repaid}[kind](sage))


def finish(order_id: int, shop: Shop, sage: Sage300Sandbox) -> None:
    """The next runs, until nobody has to act; a doubt that only people can settle is settled."""
    settle(shop.company, 3)
    post_all(sage)
    settle(shop.company, 2)
    if codes(order_id) == ["outcome-unknown"]:  # nobody knows whether a lost request is still at work
        assert staff.check_again(row(order_id), None)
        turn(shop)
        settle(shop.company, 1)
    quiet(order_id)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_dies_at_the_kth_request(
    shop: Shop,
    presta: PrestaShopSandbox,
    sage: Sage300Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    moment: str,
) -> None:
    for call in range(30):
        order_id = due(kind, presta, shop, sage)
        before = held(kind, sage)
        try:
            with killed_at(monkeypatch, call, moment):
                push.sweep(SageCompany.objects.get())
        except Killed:
            assert held(kind, sage) - before in (0, 1)
            finish(order_id, shop, sage)
            assert held(kind, sage) == before + 1
        else:
            break
    assert call >= 2, "the matrix must reach every request of a push"


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_dies_at_the_kth_statement_to_the_database(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, kind: str
) -> None:
    for statement in range(0, 200, 2):
        order_id = due(kind, presta, shop, sage)
        before = held(kind, sage)
        count = iter(range(10_000))

        def dying(execute: Callable[..., Any], *args: Any, at: int = statement, count: Iterator[int] = count) -> Any:
            if next(count) == at:
                raise Killed
            return execute(*args)

        try:
            with connection.execute_wrapper(dying):
                push.sweep(SageCompany.objects.get())
        except Killed:
            finish(order_id, shop, sage)
            assert held(kind, sage) == before + 1
        else:
            break
    assert statement > 10

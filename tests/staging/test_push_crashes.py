"""Push broken off at every step: one document or none, and the second run ends with exactly one."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from connectors import http
from connectors.answers import Response
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from staging import fetch, push, slots, staff, validate
from staging.models import Event, Posting, Slot, StagedOrder
from tests.month import kill
from tests.staging.books import credited, given_back, received
from tests.staging.conftest import connect, live
from tests.staging.pushing import documents, exactly_once, later, ready, settle
from tests.staging.world import map_all

ROOT = Path(__file__).parents[2]


class Killed(BaseException):
    """The worker is gone: nothing catches this."""


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The sandbox shop, mapped and live; reads are tried again without a pause."""
    monkeypatch.setattr(http, "PAUSES", (0.0, 0.0))
    map_all(books)
    return live(connect(presta, books))


@contextmanager
def killed_at(monkeypatch: pytest.MonkeyPatch, call: int, moment: str) -> Iterator[None]:
    """Die at the n-th request, before it leaves or after its answer came."""
    once, count = http.Session._once, iter(range(10_000))

    def dying(self: http.Session, *args: Any, **keywords: Any) -> Response:
        mine = next(count) == call
        if mine and moment == "before":
            raise Killed
        answer = once(self, *args, **keywords)
        if mine:
            raise Killed
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(http.Session, "_once", dying)
        yield


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_that_dies_at_the_kth_request(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    orders: list[StagedOrder] = []
    for call in range(30):
        orders += ready(presta, shop)
        try:
            with killed_at(monkeypatch, call, moment):
                push.sweep(shop.company)
        except Killed:
            assert max(documents(sage).values(), default=0) <= 1
            settle(shop.company, 2)
            exactly_once(sage, *orders)
        else:
            break
    assert call >= 4, "the matrix must reach every request of a push"
    exactly_once(sage, *orders)


@pytest.mark.parametrize(
    ("kind", "count"), [("drop", 1), ("drop", 3), ("lose_answer", 1), ("lose_answer", 3), ("status", 3), ("cut", 1)]
)
def test_the_kth_request_breaks(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, kind: str, count: int
) -> None:
    orders: list[StagedOrder] = []
    for call in range(30):
        orders += ready(presta, shop)
        sage.clear_log()
        sage.trouble(kind, after_requests=call, count=count)
        push.sweep(SageCompany.objects.get())
        assert max(documents(sage).values(), default=0) <= 1
        reached = sum(sage.counts().values()) > call
        sage.no_trouble()
        settle(shop.company, 3)
        exactly_once(sage, *orders)
        if not reached:
            break
    assert call >= 4


def test_a_worker_that_dies_at_the_kth_statement_to_the_database(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    orders: list[StagedOrder] = []
    for statement in range(200):
        orders += ready(presta, shop)
        count = iter(range(10_000))

        def dying(execute: Callable[..., Any], *args: Any, at: int = statement, count: Iterator[int] = count) -> Any:
            if next(count) == at:
                raise Killed
            return execute(*args)

        try:
            with connection.execute_wrapper(dying):
                push.sweep(shop.company)
        except Killed:
            settle(shop.company, 1)
        else:
            break
    assert statement > 15
    exactly_once(sage, *orders)


def in_threads(count: int, work: Callable[[], object]) -> None:
    """Run the same at once in many threads, each with its own database connection."""
    gate, errors = threading.Barrier(count), []

    def run() -> None:
        try:
            gate.wait()
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("simultaneous", [1, 8])
def test_many_workers_at_once_send_each_order_once(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, simultaneous: int
) -> None:
    SageCompany.objects.update(simultaneous=simultaneous)
    orders = ready(presta, shop, 6)
    in_threads(6, lambda: push.sweep(SageCompany.objects.get()))
    settle(shop.company, 1)
    exactly_once(sage, *orders)
    assert sage.counts()["POST OEOrders"] == 6


@pytest.mark.django_db(transaction=True)
def test_two_workers_rescue_one_posting(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    SageCompany.objects.update(simultaneous=8)
    (order,) = ready(presta, shop)
    sage.trouble("drop", verb="POST", resource="OEOrders")
    push.sweep(SageCompany.objects.get())
    later()
    in_threads(4, lambda: push.sweep(SageCompany.objects.get()))
    exactly_once(sage, order)


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_write_one_batch_of_receipts(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    SageCompany.objects.update(simultaneous=8, receipts=SageCompany.Receipts.PREPAYMENT)
    shop.company.refresh_from_db()
    ready(presta, shop, 5)
    sage.trouble("slow", ms=100, verb="POST", count=None)
    in_threads(4, lambda: push.sweep(SageCompany.objects.get()))
    settle(shop.company, 1)
    assert set(Posting.objects.values_list("kind", "status")) == {("sale", "pushed"), ("receipt", "pushed")}
    (batch,) = sage.receipt_batches()
    assert len({entry["CheckReceiptNumber"] for entry in batch["ReceiptsAdjustments"]}) == 5
    assert len(batch["ReceiptsAdjustments"]) == 5


@pytest.mark.django_db(transaction=True)
def test_a_long_sweep_lets_others_have_the_only_slot(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(presta, shop, 8)
    monkeypatch.setattr(push, "TURN", 0.2)
    monkeypatch.setattr(slots, "LOOK_AGAIN", 0.15)
    sage.trouble("slow", ms=30, verb="POST", count=None)

    def wait_for_it() -> None:
        while not Slot.objects.exclude(lease_until=None).exists():
            time.sleep(0.01)
        with slots.slot(SageCompany.objects.get(), wait=60) as taken:
            assert taken
            assert Posting.objects.filter(status="ready").exists()

    works = iter((lambda: push.sweep(SageCompany.objects.get()), wait_for_it))
    in_threads(2, lambda: next(works)())
    assert not Posting.objects.exclude(status="pushed").exists()


# --- processes


def sweeper(environment: Callable[..., dict[str, str]]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "manage.py", "sweep", "push", "--until-quiet"]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.mark.django_db(transaction=True)
def test_the_only_slot_of_a_killed_worker_is_free(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, environment: Callable[..., dict[str, str]]
) -> None:
    orders = ready(presta, shop, 2)
    sage.trouble("late_commit", verb="POST", resource="OEOrders")
    worker = sweeper(environment)
    while sage.world.troubles.listed():  # until it is hit
        assert worker.poll() is None
        time.sleep(0.01)
    with slots.slot(shop.company, wait=0.1) as taken:
        assert not taken
    kill(worker)

    with slots.slot(shop.company, wait=60) as taken:
        assert taken, "the lease lasts longer than this"
    push.sweep(shop.company)
    assert sorted(Posting.objects.values_list("status", flat=True)) == ["pushed", "pushing"]
    settle(shop.company, 1)
    exactly_once(sage, *orders)


# --- heavy


@pytest.mark.proof
@pytest.mark.django_db(transaction=True)
def test_twenty_processes_on_one_order(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, environment: Callable[..., dict[str, str]]
) -> None:
    SageCompany.objects.update(simultaneous=20)
    (order,) = ready(presta, shop)
    sage.trouble("slow", ms=300, count=None)
    workers = [sweeper(environment) for _ in range(20)]
    for worker in workers:
        assert worker.wait(timeout=300) == 0
    exactly_once(sage, order)
    assert sage.counts()["POST OEOrders"] == 1


def given_back_of(presta: PrestaShopSandbox, shop: Shop, orders: list[StagedOrder]) -> dict[str, Decimal]:
    """Have a piece of every other order come back; what Sage is to credit, by reference."""
    found = {}
    for order in orders[::2]:
        line = presta.store.rows("order_details", id_order=order.order_id)[0]
        slip = presta.add_slip(order.order_id, {int(line["id"]): 1})
        found[f"PS_{order.order_id}-C{slip}"] = given_back(presta, slip)
    fetch.sweep(shop)
    validate.sweep(shop)
    return found


ENOUGH = 5
"""More postings than these must have been left in doubt by the kills: else these prove nothing."""


def rescued() -> int:
    """How many postings a worker found that another one had left in doubt."""
    return Posting.objects.filter(events__message__contains="Left in doubt").distinct().count()


@pytest.mark.proof
@pytest.mark.django_db(transaction=True)
def test_workers_killed_at_random_for_minutes(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, environment: Callable[..., dict[str, str]]
) -> None:
    shop.company.simultaneous, shop.company.receipts = 3, SageCompany.Receipts.PREPAYMENT
    shop.company.save()
    sage.trouble("slow", ms=60, count=None)
    orders: list[StagedOrder] = []
    slips: dict[str, Decimal] = {}
    rng = random.Random(7)
    seconds = float(os.environ.get("KILL_SECONDS", "120"))
    until, at_last = time.monotonic() + seconds, time.monotonic() + 10 * seconds
    while time.monotonic() < until or (rescued() <= ENOUGH and time.monotonic() < at_last):
        slips |= given_back_of(presta, shop, orders[-6:])
        orders += ready(presta, shop, 6)
        last = Event.objects.latest("pk").pk
        workers = [sweeper(environment) for _ in range(3)]
        begun = Event.objects.filter(pk__gt=last, after="pushing")
        while any(worker.poll() is None for worker in workers) and not begun.exists():  # a slow machine begins late
            time.sleep(0.05)
        time.sleep(rng.uniform(0.0, 3.0))
        for worker in workers:
            kill(worker)
        time.sleep(0.3)  # what the dead ones had sent is committed or not by now
        assert max(documents(sage).values(), default=0) <= 1
        later()  # nobody holds a lease any more
    sage.no_trouble()
    settle(shop.company)
    for order in StagedOrder.objects.filter(issues__code="outcome-unknown", issues__closed_at=None).distinct():
        assert staff.check_again(order, None)  # of a receipt nobody else knows whether a lost request is still at work
    validate.sweep(shop)
    settle(shop.company)
    exactly_once(sage, *orders)
    paid = {f"PS_{order.order_id}-R" for order in orders}
    assert {reference.rpartition("R")[0] + "R" for reference in received(sage)} == paid
    assert len(received(sage)) == len(orders)
    assert credited(sage) == slips
    assert rescued() > ENOUGH, "the kills must have hit pushes"

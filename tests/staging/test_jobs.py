"""Jobs are thin: a tick rings, a bell leads from step to step, and a lost Redis loses nothing."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import django_rq
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from django_rq.cron import DjangoCronScheduler
from redis.exceptions import ConnectionError as AwayError
from rq import SimpleWorker
from rq import cron as rq_cron
from rq.exceptions import StopRequested

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from staging import jobs, tasks
from staging.models import Mark, Posting, StagedOrder, Task
from tests.staging.conftest import connect, live
from tests.staging.pushing import exactly_once, lines, ready
from tests.staging.world import map_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("bells")]


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    """The sandbox shop, mapped and live."""
    map_all(books)
    return live(connect(presta, books))


def lane() -> Any:
    return django_rq.get_queue("orders")


def rung() -> list[str]:
    return [job.func_name.rpartition(".")[2] for job in lane().jobs]


def work() -> None:
    """Let a worker do all that was rung, and what that rings."""
    SimpleWorker([lane()], connection=lane().connection).work(burst=True, logging_level="ERROR")


def test_one_tick_leads_an_order_from_the_shop_to_its_invoice(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    presta.add_order(lines=lines(), module="paypal")
    jobs.tick("fetch", 10)
    assert rung() == ["fetch"]

    work()
    exactly_once(sage, StagedOrder.objects.get())
    assert not lane().failed_job_registry.get_job_ids()


def test_a_flushed_redis_costs_a_tick_and_nothing_else(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    presta.add_order(lines=lines(), module="paypal")
    jobs.fetch(shop.pk)
    assert rung() == ["validate"]
    lane().connection.flushdb()

    for step in ("validate", "push"):
        jobs.tick(step, 10)
        work()
    exactly_once(sage, StagedOrder.objects.get())


def test_bells_ring_after_the_commit_only(shop: Shop) -> None:
    with transaction.atomic():
        jobs.ring("push", shop.company_id)
        assert rung() == []
    assert rung() == ["push"]


def test_ringing_without_redis_does_not_fail(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(django_rq, "get_queue", away)
    jobs.ring("push", shop.company_id)


def test_stopped_connections_are_not_rung(shop: Shop) -> None:
    shop.stop("wrong key")
    jobs.tick("fetch", 10)
    jobs.tick("push", 10)
    assert rung() == ["push"]


def test_a_sweep_whose_time_is_up_rings_itself(
    shop: Shop, presta: PrestaShopSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(presta, shop, 2)
    monkeypatch.setattr(jobs, "BUDGET", -1.0)
    jobs.push(shop.company_id)
    assert rung() == ["push"]


def test_a_changed_mapping_rings_every_shop_of_the_company(shop: Shop) -> None:
    jobs.validate_company(shop.company_id)
    assert rung() == ["validate"]


def test_the_schedule_names_only_what_exists() -> None:
    before = list(rq_cron._job_data_registry)
    from syncbridge import schedule

    assert {seconds for *_rest, seconds in schedule.TICKS} >= {10}
    registered = [entry for entry in rq_cron._job_data_registry if entry not in before] or schedule.TICKS
    assert registered
    for function, arguments, name, _seconds in schedule.TICKS:
        assert name in {"orders", "catalogue", "mirror"}
        if function is jobs.tick:
            assert arguments[0] in jobs.STEPS


# --- what people ask for


def chosen() -> list[list[int]]:
    """All orders, each in the version that a person sees now."""
    return [[order.pk, order.version] for order in StagedOrder.objects.order_by("pk")]


def ask(kind: str, **parameters: Any) -> Task:
    task = jobs.ask(kind, parameters, None)
    work()
    task.refresh_from_db()
    return task


def test_checking_again_and_pushing_by_task(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    orders = ready(presta, shop, 2)
    Posting.objects.update(due_at=timezone.now() + timedelta(hours=1))

    task = ask("push-now", orders=chosen())
    assert (task.status, task.total, task.result["done"]) == ("done", 2, 2)
    exactly_once(sage, *orders)
    task = ask("recheck", orders=chosen())
    assert (task.status, task.result["done"]) == ("done", 2)
    exactly_once(sage, *orders)


def test_a_resync_by_task(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    sage.snapshot("night")
    orders = ready(presta, shop, 2)
    jobs.push(shop.company_id)
    sage.restore("night")

    told = ask("resync", company=shop.company_id, since="2026-01-01").result
    assert told["missing"] == 2
    ask("resync", company=shop.company_id, since="2026-01-01", apply=True)
    exactly_once(sage, *orders)


def test_a_mark_by_task(shop: Shop, presta: PrestaShopSandbox, staff_user: User) -> None:
    presta.add_order(lines=lines())
    before = Mark.objects.get(stream="orders").when
    task = ask("mark", shop=shop.pk, stream="orders", to="2026-11-01")
    assert (task.status, task.result["orders"], task.result["known"]) == ("done", 1, 0)
    assert Mark.objects.get(stream="orders").when == before
    shown = {"when": task.result["when"], "id": task.result["id"]}
    ask("mark", shop=shop.pk, stream="orders", apply=True, reason="again", **shown)
    assert Mark.objects.get(stream="orders").when >= "2026-11-01 00:00:00"
    task = ask("mark", shop=shop.pk, stream="orders", to="yesterday")
    assert task.status == "failed"
    assert "Enter" in task.message


def test_a_go_live_by_task(presta: PrestaShopSandbox, books: SageCompany) -> None:
    presta.add_order(lines=lines())
    shop = connect(presta, books)
    assert ask("go-live", shop=shop.pk, first="now").status == "done"
    assert not Mark.objects.exists()
    task = ask("go-live", shop=shop.pk, first="now", apply=True, reason="we begin")
    assert task.status == "done", task.message
    shop.refresh_from_db()
    assert shop.first_order_id == 2
    assert Mark.objects.filter(shop=shop, set=True).count() == 3


def test_a_task_whose_bell_was_lost_is_found(shop: Shop) -> None:
    task = Task.objects.create(kind="recheck", parameters={"orders": []})
    assert tasks.waiting() == []
    Task.objects.update(created_at=timezone.now() - timedelta(hours=1))
    jobs.tick_tasks()
    work()
    task.refresh_from_db()
    assert task.status == "done"


def test_a_task_is_done_once(shop: Shop) -> None:
    task = Task.objects.create(kind="recheck", parameters={"orders": []})
    jobs.run_task(task.pk)
    ended = Task.objects.get().ended_at
    jobs.run_task(task.pk)
    assert Task.objects.get().ended_at == ended


def test_an_unknown_task_is_refused(shop: Shop) -> None:
    with pytest.raises(ValueError, match="no such task"):
        jobs.ask("make coffee", {}, None)


# --- by hand


def test_the_sweep_command_needs_no_redis(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    presta.add_order(lines=lines(), module="paypal")
    out = StringIO()
    call_command("sweep", "fetch", "validate", "push", until_quiet=True, stdout=out)
    exactly_once(sage, StagedOrder.objects.get())
    assert "push Books: 1 done." in out.getvalue()
    assert rung() == []


def test_the_sweep_command_by_name(shop: Shop) -> None:
    out = StringIO()
    call_command("sweep", "fetch", "push", shop="Web", stdout=out)
    assert "fetch Web: 0 done." in out.getvalue()
    with pytest.raises(CommandError, match="No such"):
        call_command("sweep", "fetch", shop="Nowhere")


def test_the_clock_outlives_a_redis_that_is_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from syncbridge import schedule

    ends = iter([AwayError("refused"), AwayError("refused"), None, AwayError("refused"), StopRequested()])
    loaded = []

    def start(self: DjangoCronScheduler) -> None:
        loaded.append(len(self.get_jobs()))
        if (end := next(ends)) is not None:
            raise end

    monkeypatch.setattr(DjangoCronScheduler, "start", start)
    monkeypatch.setattr("syncbridge.management.commands.rqcron.AGAIN", 0)
    call_command("rqcron", "syncbridge.schedule", stdout=StringIO())
    call_command("rqcron", "syncbridge.schedule", stdout=StringIO())
    assert loaded == [len(schedule.TICKS)] * 5
    assert "The clock waits for Redis: refused" in caplog.text

"""The page “Jobs”: what lives, what waits, what each step did; a person's pause holds on every machine and ends."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from io import StringIO

import django_rq
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from redis.exceptions import ConnectionError as AwayError
from rq import SimpleWorker
from rq.cron import CronScheduler
from rq.job import Job
from rq.utils import utcformat

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from staging import jobs, steps
from staging.models import StagedOrder, Step, Task
from syncbridge import on_the_way
from syncbridge.models import AuditEntry, Beat
from syncbridge.notices import alarms, beats
from tests.staging.back_office import hold, order, person, posting
from tests.staging.conftest import connect, live
from tests.staging.world import map_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("bells")]

PAGE = reverse("admin:staging_step_changelist")


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    """The sandbox shop, mapped and live."""
    map_all(books)
    return live(connect(presta, books))


def told(client: Client) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(answer.content.decode())).split())


def acts(client: Client, name: str, pk: int, act: str, **entered: str) -> int:
    return client.post(reverse("admin:staging_step_act", args=[name, pk, act]), entered).status_code


def tomorrow() -> str:
    return f"{timezone.localtime() + timedelta(days=1):%Y-%m-%dT%H:%M}"


def test_what_lives_and_what_each_step_did(shop: Shop, presta: PrestaShopSandbox) -> None:
    client = person("operator")
    silent = told(client)
    assert "No worker answers" in silent
    assert "python manage.py rqworker" in silent
    assert "The clock does not run" in silent

    presta.add_order(lines=[{"reference": "demo_11", "quantity": 1}], module="paypal")
    lane = django_rq.get_queue("orders")
    Beat.objects.create(name=beats.TICK)
    clock = CronScheduler(connection=lane.connection)
    clock.register_birth()
    worker = SimpleWorker([lane], connection=lane.connection)
    worker.register_birth()  # type: ignore[no-untyped-call]
    jobs.ring("fetch", shop.pk)
    asked = Task.objects.create(kind="recheck", parameters={"orders": []})
    lane.enqueue(jobs.run_task, asked.pk)
    waiting = told(client)
    assert re.search(r"1 worker, last seen \d seconds? ago", waiting)
    assert "The clock runs" in waiting
    assert re.search(r"what customers wait for 2 \d+ seconds? Web: read the shop · Check again", waiting)
    assert lane.get_job_ids()[0] not in waiting
    lane.enqueue(jobs.fetch, shop.pk, at_front=True)
    lane.connection.delete(Job.key_for(lane.get_job_ids()[0]))  # as a bell that nobody heard in time
    assert re.search(r"what customers wait for 2 \d+ seconds? Web: read the shop · Check again", told(client))

    jobs.fetch(shop.pk)
    assert "1 done" in told(client)
    jobs.fetch(shop.pk)
    assert re.search(r"read the shop (\d+ \w+ \d{4} )?\d\d:\d\d UTC \d+ seconds? ago nothing was due", told(client))
    assert re.search(r"1 done, \d+ seconds? ago", told(client))
    assert re.search(r"check orders – 1 \d+ second", told(client))


def test_what_is_on_its_way_is_told_as_orders_and_documents(shop: Shop) -> None:
    client = person("operator")
    assert "Nothing is being sent, and nothing waits." in told(client)
    now = timezone.now()
    sending, due, again, lost = (order(shop, "ready") for _ in range(4))
    posting(sending, "pushing", sent_at=now)
    posting(due, due_at=now - timedelta(minutes=5))
    posting(again, due_at=now + timedelta(minutes=10), attempts=3)
    posting(lost, "pushing", sent_at=now - timedelta(minutes=30), lease_until=now - timedelta(seconds=1))
    staged, refused, done = order(shop, "staged"), order(shop), order(shop, "posted")
    dead = posting(refused, "refused", sent_at=now - timedelta(hours=3))
    hold(refused, "refused", posting=dead)
    posting(done, "pushed")
    failed = Task.objects.create(kind="resync", status="failed", ended_at=now, message="Sage is away.")

    text = told(client)
    assert re.search(rf"sale {sending.sage_reference} {sending} {sending.order_id} · Web .{{0,30}} being sent", text)
    assert re.search(rf"sale {due.sage_reference} .{{0,60}} waits to be sent 5 minutes", text)
    assert re.search(rf"check {staged} .{{0,60}} waits to be checked", text)
    assert re.search(rf"sale {again.sage_reference} .{{0,60}} 3 (\d+ \w+ \d{{4}} )?\d\d:\d\d UTC", text)
    assert re.search(rf"sale {lost.sage_reference} .{{0,60}} now Sage's answer was lost", text)
    assert re.search(rf"Needs a person .{{0,80}} sale {refused.sage_reference} ", text)
    assert re.search(rf"Re-sync {failed.pk} · – · \d+ seconds? · Sage is away\.", text)
    assert done.reference not in text
    page = client.get(PAGE).content.decode()
    for row in (sending, due, again, lost, staged, refused):
        assert reverse("admin:staging_stagedorder_change", args=[row.pk]) in page


def test_of_many_that_wait_the_first_are_shown_and_the_others_counted(shop: Shop) -> None:
    for _ in range(on_the_way.SHOWN + 3):
        order(shop, "staged")
    client = person("operator")
    text = told(client)
    assert text.count("waits to be checked") == on_the_way.SHOWN
    assert "… and 3 more" in text
    with CaptureQueriesContext(connection) as few:
        told(client)
    for _ in range(20):
        order(shop, "staged")
    with CaptureQueriesContext(connection) as many:
        told(client)
    assert len(many) == len(few)


def test_who_was_killed_is_missed(shop: Shop) -> None:
    redis, client = django_rq.get_connection("orders"), person("operator")
    worker = SimpleWorker([django_rq.get_queue("orders")], connection=redis)
    worker.register_birth()  # type: ignore[no-untyped-call]
    clock = CronScheduler(connection=redis)
    clock.register_birth()
    assert "No worker" not in told(client)
    assert "The clock runs" in told(client)

    long_ago = timezone.now() - timedelta(minutes=5)
    redis.hset(worker.key, "last_heartbeat", utcformat(long_ago))
    assert "No worker has answered for 5 minutes." in told(client)
    redis.zadd("rq:cron_schedulers", {clock.name: long_ago.timestamp()})
    assert "The clock has not run for 5 minutes." in told(client)


def test_the_page_tells_when_redis_is_away(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    order(shop, "staged")

    def away(*_: object) -> None:
        raise AwayError("refused")

    monkeypatch.setattr(django_rq, "get_connection", away)
    text = told(person("operator"))
    assert "Redis does not answer; nothing is lost." in text
    assert re.search(r"check orders – 1 \d+ second", text)


def test_a_paused_step_is_left_alone_until_its_time(shop: Shop, presta: PrestaShopSandbox) -> None:
    presta.add_order(lines=[{"reference": "demo_11", "quantity": 1}], module="paypal")
    client = person("operator")
    assert acts(client, "fetch", shop.pk, "pause", until=tomorrow(), reason="the shop is being updated") == 302
    text = told(client)
    assert "paused by operator until" in text
    assert "the shop is being updated" in text
    entry = AuditEntry.objects.filter(content_type__model="step").latest("pk")
    assert (entry.who, entry.reason) == ("operator", "the shop is being updated")

    jobs.fetch(shop.pk)
    out = StringIO()
    call_command("sweep", "fetch", stdout=out)
    assert "paused by operator" in out.getvalue()
    assert not StagedOrder.objects.exists()
    assert acts(client, "fetch", shop.pk, "run") == 302
    assert not django_rq.get_queue("orders").jobs

    Step.objects.update(paused_until=timezone.now() - timedelta(seconds=1))
    assert jobs.fetch(shop.pk) == 1
    assert "paused by" not in told(client)


def test_a_shop_is_paused_and_resumed_as_a_whole(shop: Shop) -> None:
    client = person("administrator")
    acts(client, "shop", shop.pk, "pause", until=tomorrow(), reason="stocktaking")
    assert sorted(steps.pauses().values_list("name", flat=True)) == sorted(steps.OF_SHOP)
    acts(client, "shop", shop.pk, "resume")
    assert not steps.pauses().exists()
    assert {str(job.func_name).rpartition(".")[2] for job in django_rq.get_queue("orders").jobs} == set(steps.OF_SHOP)


def test_what_waits_for_a_pause_says_so(shop: Shop) -> None:
    client, row = person("administrator"), order(shop, "staged")
    acts(client, "validate", shop.pk, "pause", until=tomorrow(), reason="stocktaking")
    for address in (reverse("admin:staging_stagedorder_change", args=[row.pk]), reverse("admin:index")):
        text = client.get(address).content.decode()
        assert "check orders" in text
        assert re.search(r"paused by administrator until .* \(stocktaking\)", text)


def test_a_pause_has_an_end_and_a_reason(shop: Shop) -> None:
    client = person("operator")
    for entered in ({"reason": "x"}, {"until": tomorrow()}, {"until": "2020-01-01T00:00", "reason": "x"}):
        acts(client, "push", shop.company_id, "pause", **entered)
        assert "Nothing was done" in told(client)
    assert not Step.objects.exists()


def test_only_operators_pause_and_run(shop: Shop) -> None:
    for role in ("accountant", "auditor"):
        client = person(role)
        assert acts(client, "push", shop.company_id, "pause", until=tomorrow(), reason="x") == 403
        assert acts(client, "push", shop.company_id, "run") == 403
        assert "Run now" not in told(client)


def test_what_is_paused_raises_no_alarm(shop: Shop) -> None:
    StagedOrder.objects.filter(pk=order(shop, "staged").pk).update(due_at=timezone.now() - timedelta(days=1))
    assert "backlog" in {alarm.kind for alarm in alarms.look()}
    client = person("operator")
    acts(client, "shop", shop.pk, "pause", until=tomorrow(), reason="stocktaking")
    assert not [alarm for alarm in alarms.look() if alarm.kind in ("backlog", "stuck")]


def test_the_number_of_queries_does_not_grow(shop: Shop) -> None:
    client = person("operator")
    told(client)
    with CaptureQueriesContext(connection) as few:
        told(client)
    for number in range(5):
        Shop.objects.create(
            name=f"S{number}", url="http://127.0.0.1:1", key="X", company=shop.company, prefix=f"S{number}"
        )
    with CaptureQueriesContext(connection) as many:
        told(client)
    assert len(many) == len(few)

"""A dry run tells order by order what the check then does, and changes nothing; a bulk action is looked at first."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from mappings.models import ItemMapping, PaymentMapping
from staging import bulk, push, tasks, validate
from staging.dryrun import MORE, DryRun, of_days
from staging.models import Event, Issue, Posting, StagedOrder, Task, move
from tests.staging.back_office import order, orders_url, person, posting
from tests.staging.conftest import connect, live
from tests.staging.world import check, map_all

MUG = [{"reference": "demo_11", "quantity": 1}]


@pytest.fixture
def web(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    """Two orders are held for BEDLAMP, one of them also for a way to pay; one waits for its money; one is in Sage."""
    map_all(books)
    PaymentMapping.objects.filter(module="*").update(module="paypal")
    presta.add_order(lines=MUG, module="paypal")
    shop = live(connect(presta, books))
    check(shop)
    push.sweep(books)
    for quantity, module in ((1, "paypal"), (2, "alma")):
        presta.add_order(lines=[{"reference": "BEDLAMP", "quantity": quantity}], module=module)
    presta.add_order(lines=[{"reference": "demo_11", "quantity": 3}], module="paypal", state=10)
    check(shop)
    assert sorted(StagedOrder.objects.values_list("status", flat=True)) == ["invalid", "invalid", "posted", "waiting"]
    return shop


def done() -> Task:
    """The newest task, after a worker took it."""
    task = Task.objects.latest("pk")
    tasks.run(task.pk)
    task.refresh_from_db()
    return task


def page(client: Client, task: Task) -> str:
    return client.get(reverse("admin:staging_task_change", args=[task.pk])).content.decode()


def everything() -> list[Any]:
    tables = (StagedOrder, Issue, Posting, Event)
    return [list(table._default_manager.order_by("pk").values()) for table in tables]


def tries_all(client: Client, shop: Shop) -> Task:
    today = timezone.localdate()
    days = {"first": (today - timedelta(days=3000)).isoformat(), "last": (today + timedelta(days=3000)).isoformat()}
    answer = client.post(reverse("admin:staging_dry_run"), {"shop": shop.pk, **days})
    assert answer.status_code == 302, answer.content.decode()
    return done()


def test_the_orders_of_some_days_are_tried_and_the_check_does_exactly_that(web: Shop) -> None:
    client, before = person(), everything()
    ItemMapping.objects.bulk_create([ItemMapping(company=web.company, reference="BEDLAMP", code="A1-104/0")])
    task = tries_all(client, web)

    assert everything() == before
    assert (task.status, task.finished) == ("done", 4)
    told = {pk: (outcome, cause) for pk, outcome, cause in task.result["rows"]}
    outcomes = [("invalid", "payment-unknown"), ("posted", ""), ("ready", ""), ("waiting", "")]
    assert sorted(told.values()) == outcomes
    text = page(client, task)
    assert "would go to Sage" in text
    assert "✗ <a href=" in text
    csv = client.get(reverse("admin:staging_task_outcomes", args=[task.pk])).content.decode()
    assert csv.count("\n") == 5

    asked = client.post(reverse("admin:staging_task_confirm", args=[task.pk]))
    assert asked.status_code == 302
    assert done().result["done"] == 4
    validate.sweep(web)
    found = {row.pk: (row.status, row.first_cause) for row in StagedOrder.objects.all()}
    assert found == told


def test_one_order_is_tried_from_its_page(web: Shop) -> None:
    client, row = person(), StagedOrder.objects.filter(first_cause="item-unknown").earliest("pk")
    address = reverse("admin:staging_stagedorder_try", args=[row.pk])
    assert address in client.get(reverse("admin:staging_stagedorder_change", args=[row.pk])).content.decode()
    before = everything()
    assert client.post(address).status_code == 302
    task = done()
    assert everything() == before
    assert task.result["rows"] == [[row.pk, "invalid", "item-unknown"]]
    assert "BEDLAMP" in task.message
    assert person("auditor").post(address).status_code == 403


def test_what_is_missing_in_sage_of_a_posted_order_is_told(web: Shop) -> None:
    SageCompany.objects.update(receipts="prepayment")
    task = tries_all(person(), Shop.objects.get())
    assert MORE in [outcome for _pk, outcome, _cause in task.result["rows"]]


def test_it_goes_on_after_a_crash_and_is_stopped(web: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("staging.tasks.KINDS", {"dry-run": bulk.Bulk(DryRun, chunk=3)})
    noted = bulk._noted

    def dies(running: Task) -> bool:
        noted(running)
        raise KeyboardInterrupt

    rows = [[row.pk, row.version] for row in StagedOrder.objects.order_by("pk")]
    task = Task.objects.create(kind="dry-run", parameters={"orders": rows})
    with monkeypatch.context() as broken:
        broken.setattr(bulk, "_noted", dies)
        with pytest.raises(KeyboardInterrupt):
            tasks.run(task.pk)
    Task.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert [row[0] for row in done().result["rows"]] == [pk for pk, _version in rows]
    assert sum(count for _outcome, _cause, count, _sums in done().result["tally"]) == len(rows)

    Task.objects.create(kind="dry-run", parameters={"orders": rows})
    monkeypatch.setattr(bulk, "_noted", lambda running: noted(running) and tasks.stop(running))
    stopped = done()
    assert (stopped.status, stopped.finished) == ("stopped", 3)


def test_days_are_those_of_the_shop(web: Shop) -> None:
    row = order(web, placed_at=timezone.datetime.fromisoformat("2026-10-31T23:30:00+00:00"))  # type: ignore[attr-defined]
    assert row in of_days(web, date(2026, 11, 1), date(2026, 11, 30))
    assert row not in of_days(web, date(2026, 10, 1), date(2026, 10, 31))


# --- bulk actions -----------------------------------------------------------------------------------------------------


def chooses(client: Client, action: str, rows: list[StagedOrder], **more: str) -> Any:
    return client.post(orders_url(), {"action": action, "_selected_action": [row.pk for row in rows], **more})


def test_check_again_is_tried_first_and_then_done_with_the_same_orders(web: Shop) -> None:
    client, rows = person(), list(StagedOrder.objects.filter(status="invalid").order_by("pk"))
    ItemMapping.objects.bulk_create([ItemMapping(company=web.company, reference="BEDLAMP", code="A1-104/0")])
    assert chooses(client, "check_again", rows).status_code == 302
    tried = done()
    assert {outcome for _pk, outcome, _cause in tried.result["rows"]} == {"ready", "invalid"}
    assert "exactly these 2 orders" in page(client, tried)
    assert move(rows[0], "staged", "The shop changed it.")

    client.post(reverse("admin:staging_task_confirm", args=[tried.pk]))
    assert sorted(outcome for _pk, outcome in done().result["rows"]) == ["changed", "done"]


def test_what_would_be_sent_is_told_before(company: SageCompany) -> None:
    shop = Shop.objects.create(name="Web", url="http://127.0.0.1:1", key="X", company=company)
    ready, sending, held = order(shop, "ready"), order(shop, "ready"), order(shop)
    posting(ready)
    posting(sending, "pushing")
    client = person()
    looked = chooses(client, "push_now", [ready, sending, held])
    found = [(group.words, group.count) for group in looked.context["groups"]]
    assert found[0] == ("would be sent now", 1)
    assert set(found[1:]) == {("left as it is: it is being sent at this moment", 1), ("left as it is: needs staff", 1)}
    assert not Task.objects.exists()

    chooses(client, "push_now", [ready], chosen=" ".join(looked.context["chosen"]))
    assert sorted(outcome for _pk, outcome in done().result["rows"]) == ["done", "not allowed", "not allowed"]

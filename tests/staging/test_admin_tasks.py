"""Bulk actions, marks, go-live and re-sync: asked on a page, done by a job, each looked at before it is done."""

from __future__ import annotations

import csv
import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from connectors.models import SageCompany, Shop
from staging import assigning, bulk, dryrun, fetch, tasks
from staging.models import Mark, StagedOrder, Step, Task, move
from tests.staging.back_office import order, orders_url, person, posting
from tests.story import Story

Answer = Any


@pytest.fixture
def shop(company: SageCompany) -> Shop:
    """A shop that nobody asks."""
    return Shop.objects.create(name="Web", url="http://127.0.0.1:1", key="X", company=company)


def chooses(client: Client, action: str, *rows: StagedOrder, **more: str) -> Answer:
    """Tick orders in the list and run an action on them."""
    data = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    return client.post(orders_url(), data)


def done() -> Task:
    """The newest task, after a worker took it."""
    task = Task.objects.latest("pk")
    tasks.run(task.pk)
    task.refresh_from_db()
    return task


def page(task: Task) -> str:
    return reverse("admin:staging_task_change", args=[task.pk])


def frozen(*rows: StagedOrder) -> list[list[int]]:
    return [[row.pk, row.version] for row in rows]


def confirms(client: Client, task: Task, reason: str = "because") -> Answer:
    return client.post(reverse("admin:staging_task_confirm", args=[task.pk]), {"reason": reason})


def outcomes(task: Task) -> list[str]:
    return [outcome for _pk, outcome in task.result["rows"]]


# --- bulk actions -----------------------------------------------------------------------------------------------------


def test_the_chosen_orders_are_checked_again_and_each_outcome_is_told(shop: Shop) -> None:
    held, ready, ignored, left = order(shop), order(shop, "ready"), order(shop, "ignored"), order(shop)
    client = person()
    tried = Task.objects.create(kind="dry-run", status="done", parameters={"orders": frozen(held, ready, ignored)})
    answer = confirms(client, tried)
    task = done()

    assert answer.headers["location"] == page(task)
    assert (task.status, task.total, task.finished, task.result["done"]) == ("done", 3, 3, 2)
    assert outcomes(task) == ["done", "done", "not allowed"]
    statuses = [StagedOrder.objects.get(pk=row.pk).status for row in (held, ready, ignored, left)]
    assert statuses == ["staged", "staged", "ignored", "invalid"]
    text = client.get(page(task)).content.decode()
    assert "2 of 3 done" in text
    assert "its status does not allow this" in text
    told = client.get(reverse("admin:staging_task_outcomes", args=[task.pk])).content.decode("utf-8-sig")
    head, first, *others = csv.reader(told.splitlines())
    assert head == ["order", "reference", "customer", "total", "currency", "status", "outcome", "what to do", "page"]
    assert first[:6] == [str(ignored.order_id), ignored.reference, "", "10.50", "EUR", "ignored"]  # what needs somebody
    assert first[-1].startswith("http://testserver/")
    assert "its page says what may be done" in first[-2]
    assert [row[1] for row in others] == [held.reference, ready.reference]
    assert left.reference not in told


def test_sent_now_means_due_now(shop: Shop) -> None:
    row = order(shop, "ready")
    waiting = posting(row, due_at=timezone.now() + timedelta(hours=3))
    client = person()
    looked = chooses(client, "push_now", row)
    chooses(client, "push_now", row, chosen=" ".join(looked.context["chosen"]))
    assert done().result["done"] == 1
    waiting.refresh_from_db()
    assert waiting.due_at <= timezone.now()


def test_ignoring_asks_for_a_reason_and_leaves_what_changed_meanwhile(shop: Shop) -> None:
    rows = [order(shop) for _ in range(3)]
    client = person()
    asked = chooses(client, "ignore", *rows)
    assert asked.status_code == 200
    assert not Task.objects.exists()
    chosen = " ".join(asked.context["chosen"])
    again = chooses(client, "ignore", rows[0], chosen=chosen, reason=" ")
    assert again.context["chosen"] == asked.context["chosen"]
    assert move(rows[1], "staged", "The shop changed it.")

    chooses(client, "ignore", rows[0], chosen=chosen, reason="orders of the agency")
    task = done()

    assert outcomes(task) == ["done", "changed", "done"]
    assert [StagedOrder.objects.get(pk=row.pk).status for row in rows] == ["ignored", "staged", "ignored"]
    assert "orders of the agency" in client.get(page(task)).content.decode()


def test_all_orders_of_a_list_are_counted_and_frozen(shop: Shop) -> None:
    rows = [order(shop) for _ in range(4)]
    answer = chooses(person(), "ignore", rows[0], select_across="1")
    order(shop)
    assert len(answer.context["chosen"]) == 4


def test_too_many_at_once_are_refused_with_what_to_do(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "AT_MOST", 2)
    monkeypatch.setattr(dryrun, "AT_MOST", 2)
    monkeypatch.setattr(assigning, "AT_MOST", 2)
    rows = [order(shop) for _ in range(3)]
    client = person()
    for action in ("check_again", "ignore", "assign_or_tag"):
        answer = chooses(client, action, rows[0], select_across="1")
        assert "Choose fewer" in client.get(answer.headers["location"]).content.decode()
    assert not Task.objects.exists()


def test_who_may_only_look_has_no_actions(shop: Shop) -> None:
    row = order(shop)
    chooses(person("operator"), "check_again", row)
    assert not Task.objects.exists()


def bulk_task(shop: Shop, many: int) -> Task:
    rows = [order(shop) for _ in range(many)]
    return Task.objects.create(kind="recheck", parameters={"orders": [[row.pk, row.version] for row in rows]})


def test_a_bulk_action_is_stopped_between_two_parts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    task, client = bulk_task(shop, bulk.CHUNK + 5), person("administrator")
    noted = bulk._noted

    def stopped(running: Task) -> bool:
        kept = noted(running)
        if running.finished == bulk.CHUNK:
            client.post(reverse("admin:staging_task_stop", args=[task.pk]))
        return kept

    monkeypatch.setattr(bulk, "_noted", stopped)
    task = done()
    assert (task.status, task.finished, task.result["done"]) == ("stopped", bulk.CHUNK, bulk.CHUNK)
    assert StagedOrder.objects.filter(status="staged").count() == bulk.CHUNK
    assert "stopped" in client.get(page(task)).content.decode()


def test_a_bulk_action_whose_worker_died_goes_on_where_it_was(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    task, noted = bulk_task(shop, bulk.CHUNK + 5), bulk._noted

    def dies(running: Task) -> bool:
        noted(running)
        raise KeyboardInterrupt

    monkeypatch.setattr(bulk, "_noted", dies)
    with pytest.raises(KeyboardInterrupt):
        tasks.run(task.pk)
    monkeypatch.undo()
    Task.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    task = done()
    assert (task.status, task.result["done"]) == ("done", bulk.CHUNK + 5)
    assert outcomes(task) == ["done"] * (bulk.CHUNK + 5)


def test_only_who_asked_or_an_operator_stops_it(shop: Shop) -> None:
    task = bulk_task(shop, 1)
    address = reverse("admin:staging_task_stop", args=[task.pk])
    assert person().post(address).status_code == 403
    assert person("operator").post(address).status_code == 302
    task.refresh_from_db()
    assert task.status == "stopped"


@pytest.mark.parametrize("kind", sorted(tasks.KINDS))
@pytest.mark.parametrize("status", Task.Status.values)
def test_every_task_has_a_page(shop: Shop, kind: str, status: str) -> None:
    company = shop.company_id
    parameters = {"shop": shop.pk, "company": company, "stream": "orders", "since": "2026-11-01", "orders": []}
    parameters |= {"to": None, "add": ["vip"], "remove": [], "numbers": {}}
    task = Task.objects.create(kind=kind, status=status, parameters=parameters, message="Something was said.")
    text = person().get(page(task)).content.decode()
    assert "Something was said." in text
    assert ("hx-trigger" in text.partition('id="task"')[2][:300]) == (status in ("queued", "running"))


# --- marks ------------------------------------------------------------------------------------------------------------


def test_marks_tell_both_times_the_clocks_and_why_they_halt(story: Story) -> None:
    story.turn()
    Mark.objects.filter(stream="refunds").update(halted="The shop was restored.")
    Mark.objects.filter(stream="orders").update(when="2026-11-25 10:00:00", object_id=7)
    text = person().get(reverse("admin:staging_mark_changelist")).content.decode()
    assert "25 Nov 2026 10:00:00 CET · #7" in text
    assert "25 Nov 2026 09:00:00 UTC" in text
    assert "ours" in text
    assert "The shop was restored." in text
    assert "Set…" not in text
    assert "Set…" in person("operator").get(reverse("admin:staging_mark_changelist")).content.decode()


def words(client: Client) -> str:
    text = client.get(reverse("admin:staging_mark_changelist")).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(text)).split())


def test_marks_tell_how_far_behind_the_shop_they_are_and_when_it_is_read_next(story: Story) -> None:
    story.buys("demo_1")
    story.passes(hours=3)
    story.turn()
    client = person()
    text = words(client)
    assert re.search(r"✓ nothing unread, \d+ seconds? ago newest change: 3 hours older", text)
    assert "Last full compare never" in text
    assert "Next reading with the clock's next round" in text

    fetch.compare(story.shop)
    Step.objects.create(name="fetch", shop=story.shop, ran_at=timezone.now(), left=True)
    Step.objects.create(name="compare", shop=story.shop, ran_at=timezone.now())
    text = words(client)
    assert re.search(r"Last full compare \d+ \w+ \d{4} \d\d:\d\d CES?T \(\d+ \w+ ago\)", text)
    assert "Next reading in the next seconds" in text
    assert re.search(r"Next compare (\d+ \w+ \d{4} )?\d\d:\d\d UTC", text)
    assert "✗ more lies unread: about 3 hours behind the shop" in text

    Step.objects.update(left=False)
    Mark.objects.update(read_at=timezone.now() - timedelta(hours=3))
    assert "✗ not read for 3 hours: what came since is not known" in words(client)


def test_the_number_of_queries_does_not_grow_with_the_shops(story: Story) -> None:
    client = person()
    words(client)
    with CaptureQueriesContext(connection) as few:
        words(client)
    for number in range(3):
        Shop.objects.create(name=f"S{number}", url="http://x", key="X", company=story.company, prefix=f"S{number}")
    with CaptureQueriesContext(connection) as many:
        words(client)
    assert len(many) == len(few)


def asks_for_mark(client: Client, stream: str = "orders", **entered: str) -> Answer:
    mark = Mark.objects.get(stream=stream)
    return client.post(reverse("admin:staging_mark_change", args=[mark.pk]), entered)


def test_a_mark_is_looked_at_then_set_where_the_preview_showed(story: Story) -> None:
    story.buys("demo_1")
    client = person("operator")
    asks_for_mark(client, kind="now")
    looked = done()
    before = Mark.objects.get(stream="orders").when
    assert (looked.status, looked.result["known"]) == ("done", 0)

    story.passes(hours=1)  # the confirmation comes late
    assert confirms(client, looked, reason=" ").status_code == 302
    assert Task.objects.count() == 1
    confirms(client, looked, "the old ones were typed by hand")
    assert done().status == "done"

    mark = Mark.objects.get(stream="orders")
    assert mark.when == looked.result["when"] > before
    assert story.shop.name in client.get(page(looked)).content.decode()


@pytest.mark.parametrize(
    "entered",
    [{}, {"kind": "order"}, {"kind": "date"}, {"kind": "date", "day": "soon"}, {"kind": "order", "order": "-1"}],
)
def test_a_place_that_is_none_is_asked_for_again(story: Story, entered: dict[str, str]) -> None:
    answer = asks_for_mark(person("operator"), **entered)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not Task.objects.exists()


def test_a_mark_in_the_shops_future_is_refused_with_what_to_do(story: Story) -> None:
    client = person("operator")
    asks_for_mark(client, kind="date", day="2027-01-01")
    task = done()
    assert task.status == "failed"
    text = client.get(page(task)).content.decode()
    assert "earlier date" in text
    assert "Set the mark" not in text


def test_a_shop_goes_live_from_the_page(story: Story) -> None:
    number = story.buys("demo_1")
    Mark.objects.all().delete()
    Shop.objects.update(first_order_id=None, first_order_date=None)
    client = person("operator")
    assert "Not live" in client.get(reverse("admin:staging_mark_changelist")).content.decode()
    address = reverse("admin:staging_mark_go_live", args=[story.shop.pk])
    client.post(address, {"kind": "order", "order": str(number)})
    looked = done()
    assert looked.result["orders"] == 1
    assert not Mark.objects.exists()
    confirms(client, looked, "we begin")
    assert done().status == "done"
    story.turn()
    assert story.status(number) == ["posted"]


def test_a_company_is_compared_then_what_was_found_is_written_down(story: Story) -> None:
    story.sage.snapshot("night")
    number = story.buys("demo_1")
    story.turn()
    story.sage.restore("night")
    client = person("operator")
    client.post(reverse("admin:staging_resync"), {"company": story.company.pk, "since": "2026-11-01"})
    looked = done()
    assert f"PS_{number}" in looked.result["lists"]["missing"]
    assert f"PS_{number}" in client.get(page(looked)).content.decode()
    assert story.status(number) == ["posted"]

    confirms(client, looked, "restored at night")
    assert done().result["missing"] == looked.result["missing"]
    story.turn()
    assert [row["OrderNumber"] for row in story.sage.orders()] == [f"PS_{number}"]


@pytest.mark.parametrize("address", ["mark", "go-live", "resync", "confirm"])
def test_marks_and_resync_are_the_operators(story: Story, address: str) -> None:
    mark = Mark.objects.get(stream="orders")
    looked = Task.objects.create(kind="mark", status="done", parameters={"shop": story.shop.pk, "stream": "orders"})
    addresses = {
        "mark": reverse("admin:staging_mark_change", args=[mark.pk]),
        "go-live": reverse("admin:staging_mark_go_live", args=[story.shop.pk]),
        "resync": reverse("admin:staging_resync"),
        "confirm": reverse("admin:staging_task_confirm", args=[looked.pk]),
    }
    entered = {"kind": "now", "company": str(story.company.pk), "since": "2026-11-01", "reason": "why not"}
    assert person().post(addresses[address], entered).status_code == 403
    assert Task.objects.count() == 1

"""A bulk action is taken back as one: what stands as it was left comes back, what moved on is told and left alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from connectors.models import SageCompany, Shop
from staging import tasks
from staging.models import StagedOrder, Task
from syncbridge.models import AuditEntry
from tests.staging.back_office import order, person
from tests.story import Story, opened


@pytest.fixture
def shop(company: SageCompany) -> Shop:
    """A shop that nobody asks."""
    return Shop.objects.create(name="Web", url="http://127.0.0.1:1", key="X", company=company)


def does(kind: str, rows: list[StagedOrder], **parameters: Any) -> Task:
    """A worker does a bulk action for the accountant."""
    user = User.objects.get(username="accountant")
    token = {row.pk: row.assignee_id or 0 if kind == "assign" else row.version for row in rows}
    chosen = [[pk, token[pk]] for pk in token]
    return ran(Task.objects.create(kind=kind, parameters={"orders": chosen, **parameters}, user=user))


def ran(task: Task) -> Task:
    tasks.run(task.pk)
    task.refresh_from_db()
    return task


def address(task: Task) -> str:
    return reverse("admin:staging_task_take_back", args=[task.pk])


def page(client: Client, task: Task) -> str:
    return client.get(reverse("admin:staging_task_change", args=[task.pk])).content.decode()


def taken_back(client: Client, task: Task, reason: str = "the wrong day") -> Task:
    answer = client.post(address(task), {"reason": reason})
    assert answer.status_code == 302, answer.content.decode()
    return ran(Task.objects.latest("pk"))


def would(client: Client, task: Task) -> dict[str, int]:
    groups = client.get(address(task)).context["groups"]
    return {group.words.partition(":")[0]: group.count for group in groups}


def statuses(rows: list[StagedOrder]) -> list[str]:
    return [StagedOrder.objects.get(pk=row.pk).status for row in rows]


def outcomes(task: Task) -> list[str]:
    return [row[1] for row in task.result["rows"]]


def test_ignored_orders_are_opened_again_but_for_those_that_moved_on(shop: Shop) -> None:
    client, rows = person(), [order(shop) for _ in range(4)]
    task = does("ignore", rows, reason="orders of the agency")
    assert "Take it back…" in page(client, task)
    for name in ("take_back", "ignore"):  # somebody opened one and ignored it again: that is theirs
        opened_page = client.get(reverse("admin:staging_stagedorder_change", args=[rows[0].pk]))
        entered = {"seen": opened_page.context["seen"], "reason": "this one really"}
        client.post(reverse("admin:staging_stagedorder_act", args=[rows[0].pk, name]), entered)
    StagedOrder.objects.filter(pk=rows[1].pk).delete()

    told = would(client, task)
    assert told == {"would be opened again and checked": 2, "changed since, left as it is": 1}
    assert client.post(address(task), {"reason": " "}).status_code == 200
    back = taken_back(client, task)

    assert (back.status, outcomes(back)) == ("done", ["moved on", "moved on", "done", "done"])
    assert statuses([rows[0], *rows[2:]]) == ["ignored", "staged", "staged"]
    assert "Taken back: the wrong day" in rows[2].events.latest("pk").message
    entries = AuditEntry.objects.filter(object_id=str(rows[2].pk), content_type__model="stagedorder")
    request = entries.latest("pk").request
    assert entries.latest("pk").reason == "the wrong day"
    assert {entry.object_id for entry in AuditEntry.objects.filter(request=request, action="act")} == {
        str(row.pk) for row in rows[2:]
    }
    text = page(client, task)
    assert reverse("admin:staging_task_change", args=[back.pk]) in text
    assert address(task) not in text
    assert "somebody changed it since" in page(client, back)
    assert "choose the orders in the list again" in page(client, back)


def test_nothing_comes_back_twice(shop: Shop) -> None:
    client, rows = person(), [order(shop)]
    task = does("ignore", rows, reason="x")
    taken_back(client, task)
    assert would(client, task) == {"changed since, left as it is": 1}
    assert "Nothing can be taken back" in client.get(address(task)).content.decode()
    again = taken_back(client, task)
    assert (again.status, again.result["done"], outcomes(again)) == ("done", 0, ["moved on"])
    assert "Nothing was changed" in page(client, again)


def test_assigned_and_tagged_orders_get_back_what_they_had(shop: Shop) -> None:
    client, rows = person(), [order(shop) for _ in range(3)]
    person(name="bert")
    ada, bert = User.objects.get(username="accountant"), User.objects.get(username="bert")
    StagedOrder.objects.filter(pk=rows[0].pk).update(assignee=bert, tags=["vip", "monday"])
    rows[0].refresh_from_db()
    task = does("assign", rows, to=ada.pk, add=["monday"], remove=["vip"])
    assert outcomes(task) == ["done"] * 3
    assert list(StagedOrder.objects.get(pk=rows[0].pk).tags) == ["monday"]
    StagedOrder.objects.filter(pk=rows[2].pk).update(tags=["monday", "urgent"])  # tagged by somebody since
    StagedOrder.objects.update(version=5)  # the bridge's own work stops nothing

    assert would(client, task) == {"would get back who had them, and their tags": 2, "changed since, left as it is": 1}
    back = taken_back(client, task)
    assert outcomes(back) == ["done", "done", "moved on"]
    kept = [StagedOrder.objects.get(pk=row.pk) for row in rows]
    assert [(row.assignee, row.tags) for row in kept] == [
        (bert, ["vip", "monday"]),
        (None, []),
        (ada, ["monday", "urgent"]),
    ]
    assert "Assigned to bert. Tags: vip, monday. Taken back: the wrong day" in rows[0].events.latest("pk").message


def test_what_cannot_be_taken_back_says_why(shop: Shop) -> None:
    client, rows = person(), [order(shop, "ready")]
    for kind, why in (("recheck", "A check cannot be taken back"), ("push-now", "what Sage holds stays there")):
        task = does(kind, rows)
        assert why in page(client, task)
        assert client.get(address(task)).status_code == 403
        assert client.post(address(task), {"reason": "x"}).status_code == 403


def test_what_is_under_way_is_not_taken_back(shop: Shop) -> None:
    client, rows = person(), [order(shop)]
    task = does("ignore", rows, reason="x")
    Task.objects.filter(pk=task.pk).update(status="running", ended_at=None)
    assert client.post(address(task), {"reason": "x"}).status_code == 403


def test_a_stopped_one_is_taken_back_as_far_as_it_came(shop: Shop) -> None:
    client, rows = person(), [order(shop) for _ in range(2)]
    task = does("ignore", rows, reason="x")
    Task.objects.filter(pk=task.pk).update(
        status="stopped", finished=1, result={"rows": task.result["rows"][:1], "done": 1}
    )
    assert "1 order was not looked at" in page(client, Task.objects.get(pk=task.pk))
    assert outcomes(taken_back(client, task)) == ["done"]
    assert statuses(rows) == ["staged", "ignored"]


@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_only_who_may_act_takes_back(shop: Shop, role: str) -> None:
    person()
    task = does("ignore", [order(shop)], reason="x")
    client = person(role)
    assert "Take it back…" not in page(client, task)
    assert client.get(address(task)).status_code == 403
    assert client.post(address(task), {"reason": "x"}).status_code == 403
    assert Task.objects.count() == 1


def test_the_audit_leads_to_it(shop: Shop) -> None:
    client, rows = person(), [order(shop) for _ in range(2)]
    data = {"action": "ignore", "_selected_action": [row.pk for row in rows]}
    asked = client.post(reverse("admin:staging_stagedorder_changelist"), data)
    chosen = {"chosen": " ".join(asked.context["chosen"]), "reason": "orders of the agency"}
    client.post(reverse("admin:staging_stagedorder_changelist"), data | chosen)
    task = ran(Task.objects.latest("pk"))
    entry = AuditEntry.objects.filter(action="act").latest("pk")
    entry_page = reverse("admin:syncbridge_auditentry_change", args=[entry.pk])
    assert address(task) in client.get(entry_page).content.decode()
    assert address(task) not in person("auditor").get(entry_page).content.decode()


def test_an_opened_order_goes_its_way_and_sage_has_it_once(db: None) -> None:
    with opened() as story:
        _sold_and_ignored(story)


def _sold_and_ignored(story: Story) -> None:
    client, held = person(), story.buys("demo_1", module="alma")
    story.turn()
    task = does("ignore", [story.order(held)], reason="ordered twice")
    story.turn()
    assert story.status(held) == ["ignored"]
    taken_back(client, task)
    story.pays_by("alma")
    story.turn()
    assert story.status(held) == ["posted"]
    assert [row["OrderNumber"] for row in story.sage.orders()] == [f"PS_{held}"]
    assert would(client, task) == {"changed since, left as it is": 1}
    assert outcomes(taken_back(client, task)) == ["moved on"]
    assert story.status(held) == ["posted"]

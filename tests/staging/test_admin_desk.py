"""Who has an order, its tags and notes: on its page, for many at once, in the list, in the audit; and nobody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from connectors.models import SageCompany, Shop
from staging import tasks
from staging.admin import paging
from staging.models import Note, StagedOrder, Task
from syncbridge.audit.values import erase, told
from syncbridge.models import AuditEntry
from tests.staging.back_office import hold, order, orders_url, page, person, posting


@pytest.fixture
def shop(company: SageCompany) -> Shop:
    """A shop that nobody asks."""
    return Shop.objects.create(name="Web", url="http://127.0.0.1:1", key="X", company=company)


def does(client: Client, row: StagedOrder, name: str, **entered: Any) -> Any:
    """Send one of the small forms of the order's page."""
    return client.post(reverse("admin:staging_stagedorder_desk", args=[row.pk, name]), entered)


def user(name: str = "accountant") -> User:
    return User.objects.get(username=name)


def shown(client: Client, **query: str) -> list[str]:
    return [row.reference for row in client.get(orders_url(**query)).context["cl"].result_list]


def test_an_order_is_given_to_somebody_and_found_as_mine(shop: Shop) -> None:
    ada, bert, row, other = person(name="ada"), person(name="bert"), order(shop), order(shop)
    does(ada, row, "assign", to=user("bert").pk)
    row.refresh_from_db()
    assert row.assignee == user("bert")
    assert row.version == 0
    assert "Assigned to bert." in row.events.latest("pk").message
    assert told(AuditEntry.objects.latest("pk"))[1]["what"] == "Assigned to bert."
    assert shown(bert, has="me") == shown(ada, has=str(user("bert").pk)) == [row.reference]
    assert shown(ada, has="nobody") == [other.reference]
    assert "bert" in ada.get(orders_url()).content.decode()
    does(ada, row, "take")
    assert shown(ada, has="me") == [row.reference]
    does(ada, row, "assign", to="0")
    assert shown(ada, has="me") == []


def test_it_is_given_to_nobody_who_could_not_work_on_it(shop: Shop) -> None:
    client, row = person(), order(shop)
    person("operator")
    for to in (user("operator").pk, "999999", "x", ""):
        does(client, row, "assign", to=to)
    assert StagedOrder.objects.get(pk=row.pk).assignee is None
    assert list(client.get(page(row)).context["people"]) == [user()]


def test_tags_are_added_filtered_and_taken_away(shop: Shop) -> None:
    client, row = person(), order(shop)
    order(shop)
    does(client, row, "tag", add="  Ask the   Shop, vip ")
    row.refresh_from_db()
    assert row.tags == ["ask the shop", "vip"]
    assert shown(client, tag="vip") == [row.reference]
    assert "ask the shop" in client.get(orders_url()).content.decode()
    does(client, row, "tag", remove="vip")
    assert shown(client, tag="vip") == []
    does(client, row, "tag", add=",".join(f"t{n}" for n in range(20)))
    row.refresh_from_db()
    assert row.tags == ["ask the shop"]


def test_a_note_is_shown_newest_first_and_erased_from_the_audit(shop: Shop) -> None:
    ada, row = person(name="ada"), order(shop)
    for text in ("called Mr Blanc", "he calls back", "   "):
        does(ada, row, "note", text=text)
    assert [note.text for note in ada.get(page(row), {"tab": "notes"}).context["notes"]] == [
        "he calls back",
        "called Mr Blanc",
    ]

    first = Note.objects.get(text="called Mr Blanc")
    does(person(name="bert"), row, "unnote", note=first.pk)
    assert Note.objects.count() == 2
    does(ada, row, "unnote", note=first.pk)
    assert Note.objects.count() == 1

    entries = AuditEntry.objects.filter(content_type__model="note", object_id=str(first.pk))
    assert [told(entry)[0].get("text") for entry in entries.filter(action="delete")] == ["called Mr Blanc"]
    assert not any("Blanc" in str((entry.before, entry.after, entry.label)) for entry in AuditEntry.objects.all())
    assert erase(entries) == 2
    assert not any("Blanc" in str(told(entry)) for entry in entries)


@pytest.mark.parametrize("role", ["operator", "auditor", ""])
@pytest.mark.parametrize("name", ["assign", "take", "tag", "note", "unnote"])
def test_who_may_not_change_orders_changes_nothing_of_it(shop: Shop, role: str, name: str) -> None:
    row = order(shop)
    assert does(person(role), row, name, to="0", add="x", text="x", note="1").status_code == 403
    assert not Note.objects.exists()
    if role:
        assert "Take it" not in person(role, "another").get(page(row)).content.decode()


def many(client: Client, rows: list[StagedOrder], **wish: Any) -> Any:
    """Choose orders in the list, enter a wish, and look at what it would do."""
    asked = {"action": "assign_or_tag", "_selected_action": [row.pk for row in rows]}
    entered = {"to": "", "add": "", "remove": ""} | wish
    return client.post(orders_url(), asked | entered | {"chosen": " ".join(chosen(client, rows))})


def chosen(client: Client, rows: list[StagedOrder]) -> list[str]:
    asked = {"action": "assign_or_tag", "_selected_action": [row.pk for row in rows]}
    pairs: list[str] = client.post(orders_url(), asked).context["chosen"]
    return pairs


def goes_on(client: Client, looked: Any, **wish: Any) -> Task:
    """Confirm what was looked at; the task after a worker did it."""
    told = {"action": "assign_or_tag", "_selected_action": [looked.context["orders"][0].pk]}
    told |= {"chosen": " ".join(looked.context["chosen"]), "looked": looked.context["looked"]}
    answer = client.post(orders_url(status__exact="invalid"), told | {"to": "", "add": "", "remove": ""} | wish)
    assert answer.status_code == 302, answer.content.decode()
    task = Task.objects.latest("pk")
    tasks.run(task.pk)
    task.refresh_from_db()
    return task


def would(looked: Any) -> dict[str, int]:
    return {group.words: group.count for group in looked.context["groups"]}


def test_many_are_given_and_tagged_together_and_only_those_that_were_chosen(shop: Shop) -> None:
    client, rows = person(), [order(shop) for _ in range(3)]
    text = client.post(orders_url(), {"action": "assign_or_tag", "_selected_action": [row.pk for row in rows[:2]]})
    assert "exactly these 2 orders" in text.content.decode()
    assert rows[2].reference not in text.content.decode()
    assert "Choose a person, or enter a tag." in many(client, rows[:2]).content.decode()

    wish = {"to": user().pk, "add": "monday"}
    looked = many(client, rows[:2], **wish)
    assert would(looked) == {"would be changed": 2}
    assert not Task.objects.exists()
    task = goes_on(client, looked, **wish)
    assert (task.status, task.result["done"]) == ("done", 2)
    for row in rows:
        row.refresh_from_db()
    assert [row.tags for row in rows] == [["monday"], ["monday"], []]
    assert [row.assignee for row in rows] == [user(), user(), None]
    acts = AuditEntry.objects.filter(content_type__model="stagedorder")
    assert acts.count() == 2
    assert AuditEntry.objects.filter(request=acts[0].request, content_type__model="task").exists()
    shown_page = client.get(reverse("admin:staging_task_change", args=[task.pk])).content.decode()
    assert f"{orders_url()}?status__exact=invalid" in shown_page


def test_what_many_would_become_is_told_and_is_what_becomes_of_them(shop: Shop) -> None:
    ada, rows = person(name="ada"), [order(shop) for _ in range(4)]
    person(name="bert")
    StagedOrder.objects.filter(pk=rows[1].pk).update(assignee=user("ada"), tags=["vip"])
    StagedOrder.objects.filter(pk=rows[2].pk).update(tags=[f"t{n}" for n in range(10)])
    wish = {"to": user("ada").pk, "add": "vip"}
    looked = many(ada, rows, **wish)
    assert looked.context["holders"] == [("", 3), ("ada", 1)]
    told = would(looked)
    assert list(told.values()) == [2, 1, 1]

    StagedOrder.objects.filter(pk=rows[3].pk).update(assignee=user("bert"))
    StagedOrder.objects.filter(pk=rows[0].pk).update(version=7)  # a check in the background stops nothing
    task = goes_on(ada, looked, **wish)
    outcomes = {row[0]: row[1] for row in task.result["rows"]}
    assert [outcomes[row.pk] for row in rows] == ["done", "already", "too many tags", "changed"]
    assert StagedOrder.objects.get(pk=rows[3].pk).assignee == user("bert")
    assert "bert has it now" in ada.get(reverse("admin:staging_task_change", args=[task.pk])).content.decode()


def test_another_wish_than_the_one_that_was_looked_at_is_shown_anew(shop: Shop) -> None:
    client, rows = person(), [order(shop)]
    looked = many(client, rows, add="monday")
    told = {"action": "assign_or_tag", "_selected_action": [rows[0].pk], "chosen": " ".join(looked.context["chosen"])}
    told |= {"looked": looked.context["looked"], "to": "", "add": "tuesday", "remove": ""}
    assert client.post(orders_url(), told).context["looked"] != looked.context["looked"]
    assert not Task.objects.exists()


def test_nobody_gets_many_who_lost_the_right_meanwhile(shop: Shop) -> None:
    row = order(shop)
    person(name="bert")
    User.objects.filter(username="bert").update(is_active=False)
    wish = {"to": user("bert").pk, "add": [], "remove": []}
    task = Task.objects.create(kind="assign", parameters={"orders": [[row.pk, 0]], **wish})
    tasks.run(task.pk)
    task.refresh_from_db()
    assert (task.status, "may not change orders any more" in task.message) == ("failed", True)
    assert StagedOrder.objects.get(pk=row.pk).assignee is None


def test_by_cause_says_who_has_some(shop: Shop) -> None:
    client, row = person(), order(shop)
    hold(row)
    hold(order(shop))
    does(client, row, "take")
    ((group, _cause),) = client.get(reverse("admin:staging_stagedorder_causes")).context["groups"]
    assert (group.orders, group.who) == (2, "accountant")


def test_the_list_says_when_the_bridge_tries_again(shop: Shop) -> None:
    late = timezone.now() + timedelta(hours=2)
    posting(order(shop, "ready"), due_at=late, attempts=3)
    order(shop, "posted", sage_order="PS_7", sage_invoice="IN9")
    order(shop, "invalid", due_at=late)
    order(shop, "waiting", due_at=timezone.now())
    client = person()
    rows = client.get(orders_url()).context["cl"]
    tries = [rows.model_admin.next_or_number(row) for row in rows.result_list]
    assert tries[:3] == ["now", "–", "PS_7 · IN9"]
    assert tries[3].endswith("CET (tried 3 times)")


def test_a_long_list_is_not_counted_to_its_end(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "COUNTED", 3)
    for _ in range(5):
        order(shop)
    answer = person().get(orders_url())
    assert answer.context["cl"].result_count == 3
    text = answer.content.decode()
    assert "more than 3 orders" in text
    assert "3 results" not in text

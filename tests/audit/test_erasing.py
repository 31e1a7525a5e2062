"""Personal values leave the audit on a person's request and after the days that staff set; the entries stay."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from connectors.models import SageCompany
from mappings.models import CustomerRule
from staging.models import Event, Note, StagedOrder
from syncbridge import schedule
from syncbridge.audit import capture, erasing, values
from syncbridge.audit.act import Act
from syncbridge.models import AuditEntry, AuditValue, Threshold

SignIn = Callable[..., Client]
LIST = "admin:syncbridge_auditentry_changelist"
JO = "jo@example.com"


@pytest.fixture
def jo(company: SageCompany, order: StagedOrder) -> dict[str, AuditEntry]:
    """What is kept of Jo: a rule by e-mail, what was done with an order of hers, a note on it; and something of Bob."""
    ada = User.objects.create_user("ada")
    act = Act(ada.pk, "ada", "a" * 32)
    StagedOrder.objects.filter(pk=order.pk).update(email=JO, customer="Jo Doe")
    rule = CustomerRule.objects.create(company=company, field="email", value="Jo@Example.com", code="WEB")
    bob = CustomerRule.objects.create(company=company, field="email", value="bob@example.com", code="WEB")
    note = Note.objects.create(order=order, text="she called", user=ada)
    kept = {
        name: capture.record(act, row, "add", {}, values.held(row))
        for name, row in (("rule", rule), ("bob", bob), ("note", note))
    }
    Event.objects.create(order=order, user=ada, message="Street corrected: “Elm Street 1”.")
    kept["order"] = AuditEntry.objects.get(content_type__model="stagedorder")
    return kept


def left() -> set[int]:
    return set(AuditValue.objects.values_list("entry", flat=True))


def chosen(client: Client, query: str, *rows: AuditEntry, **more: str) -> str:
    """Choose rows of the list, ask for the erasure, and answer its page."""
    fields: dict[str, Any] = {"action": "erase", "_selected_action": [row.pk for row in rows], **more}
    return html.unescape(client.post(reverse(LIST) + query, fields, follow=True).content.decode())


def test_a_person_is_found_by_address_and_name_wherever_it_stands(jo: dict[str, AuditEntry]) -> None:
    hers = {jo[name].pk for name in ("rule", "note", "order")}
    assert set(erasing.about("JO@example.com ").values_list("pk", flat=True)) == hers
    assert set(erasing.about("jo doe").values_list("pk", flat=True)) == hers - {jo["rule"].pk}
    assert not erasing.about("jo").exists()
    assert not erasing.about("").exists()
    assert not erasing.about("nobody@example.com").exists()


def test_an_administrator_erases_a_person_from_the_list(sign_in: SignIn, jo: dict[str, AuditEntry]) -> None:
    client, query = sign_in("administrator"), f"?person={JO}"
    assert {row.pk for row in client.get(reverse(LIST) + query).context["cl"].result_list} == {
        jo[name].pk for name in ("rule", "note", "order")
    }
    across = {"select_across": "1"}
    page = chosen(client, query, jo["rule"], **across)
    there = AuditValue.objects.exclude(entry=jo["bob"]).count()
    assert f"Entries chosen: 3; with personal values: 3; values in all: {there}." in page
    newest = str(AuditEntry.objects.latest("pk").pk)
    assert "enter a reason" in chosen(client, query, jo["rule"], newest=newest, reason=" ", **across)
    assert len(left()) == 4
    page = chosen(client, query, jo["rule"], newest=newest, reason="request 7", **across)
    assert f"Personal values erased: {there}, in entries: 3." in page
    assert left() == {jo["bob"].pk}
    note = AuditEntry.objects.latest("pk")
    assert (note.who, note.reason, note.after) == (
        "administrator", "request 7", {"what": f"Personal values erased: {there}, in entries: 3."},
    )  # fmt: skip
    assert JO not in repr(list(AuditEntry.objects.values()))
    assert StagedOrder.objects.get().email == JO  # an accounting record


def test_only_what_the_page_counted_is_erased(sign_in: SignIn, jo: dict[str, AuditEntry], company: SageCompany) -> None:
    client, newest = sign_in("administrator"), str(AuditEntry.objects.latest("pk").pk)
    late = capture.record(Act(1, "ada", "b"), CustomerRule.objects.first() or company, "change", {"value": JO}, {})
    chosen(client, f"?person={JO}", jo["rule"], newest=newest, reason="x", select_across="1")
    assert left() == {jo["bob"].pk, late.pk}


def test_rows_may_be_chosen_one_by_one(sign_in: SignIn, jo: dict[str, AuditEntry]) -> None:
    client, newest = sign_in("administrator"), str(AuditEntry.objects.latest("pk").pk)
    chosen(client, "", jo["bob"], newest=newest, reason="x")
    assert left() == {jo[name].pk for name in ("rule", "note", "order")}


def test_what_was_erased_is_said_in_words(sign_in: SignIn, jo: dict[str, AuditEntry]) -> None:
    client = sign_in("auditor")
    page = reverse("admin:syncbridge_auditentry_change", args=[jo["rule"].pk])
    assert "Jo@Example.com" in client.get(page).content.decode()
    assert "<ins>personal</ins>" in client.get(reverse(LIST)).content.decode()
    values.erase(AuditEntry.objects.filter(pk=jo["rule"].pk))
    listed = client.get(reverse(LIST)).content.decode()
    assert "<ins>erased</ins>" in listed
    assert "<ins>personal</ins>" in listed  # of the others
    assert "<ins>erased</ins>" in client.get(page).content.decode()
    french = client.get(page, headers={"accept-language": "fr"}).content.decode()
    assert "<ins>effacé</ins>" in french


def test_a_change_between_two_personal_values_is_seen_in_the_list(sign_in: SignIn, company: SageCompany) -> None:
    rule = CustomerRule.objects.create(company=company, field="email", value=JO, code="WEB")
    capture.record(Act(1, "ada", "a"), rule, "change", {"value": "old@example.com"}, {"value": JO})
    assert "</span> <ins>personal</ins>" in sign_in("auditor").get(reverse(LIST)).content.decode()


@pytest.mark.parametrize("role", ["accountant", "operator", "auditor"])
def test_nobody_else_erases_or_searches_a_person(sign_in: SignIn, jo: dict[str, AuditEntry], role: str) -> None:
    client, newest = sign_in(role), str(AuditEntry.objects.latest("pk").pk)
    assert 'name="person"' not in client.get(reverse(LIST)).content.decode()
    assert client.get(f"{reverse(LIST)}?person={JO}").status_code == 302  # not a filter of theirs
    chosen(client, "", jo["bob"], newest=newest, reason="x")
    assert len(left()) == 4


def test_the_command_shows_and_then_erases(jo: dict[str, AuditEntry]) -> None:
    said = StringIO()
    call_command("erase", email=JO, stdout=said)
    assert len(left()) == 4
    with pytest.raises(CommandError, match="--reason"):
        call_command("erase", email=JO, apply=True)
    with pytest.raises(CommandError, match="at least 4"):
        call_command("erase", email="jo", apply=True, reason="x")
    call_command("erase", email=JO, apply=True, reason="request 7", stdout=said)
    assert left() == {jo["bob"].pk}
    assert "in 3 entries. --apply erases them." in said.getvalue()
    entry = AuditEntry.objects.latest("pk")
    assert (entry.who, entry.reason) == ("manage.py erase", "request 7")


# --- retention --------------------------------------------------------------------------------------------------------


def aged(company: SageCompany, *days: int) -> list[int]:
    """An entry with a personal value for each age in days."""
    rule = CustomerRule.objects.create(company=company, field="email", value=JO, code="WEB")
    made = []
    for age in days:
        entry = AuditEntry(
            user_id=1, who="ada", request="r", content_type_id=1, object_id=str(rule.pk), label="rule", action="add",
            at=timezone.now() - timedelta(days=age),
        )  # fmt: skip
        entry.save()
        AuditValue.objects.create(entry=entry, field="value", after=JO)
        made.append(entry.pk)
    return made


def test_old_values_go_by_themselves_once_staff_say_so(company: SageCompany, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (erasing.tick, (), "mirror", 24 * 3600) in schedule.TICKS
    monkeypatch.setattr(erasing, "BATCH", 2)
    entries = aged(company, 800, 500, 400, 366, 364, 10)
    erasing.tick()
    assert left() == set(entries)  # by default they are kept
    Threshold.objects.update_or_create(name="personal", defaults={"value": 365})
    erasing.tick()
    assert left() == set(entries[4:])
    assert AuditEntry.objects.count() == len(entries)


def test_a_day_without_old_values_costs_little(company: SageCompany, django_assert_num_queries: Any) -> None:
    Threshold.objects.update_or_create(name="personal", defaults={"value": 365})
    aged(company, *range(1, 20))
    with django_assert_num_queries(2):
        erasing.tick()


def test_the_days_are_set_by_who_may_erase(sign_in: SignIn) -> None:
    for name in ("personal", "alone", "held"):
        Threshold.objects.update_or_create(name=name, defaults={"value": 1})
    page, other = (reverse("admin:syncbridge_threshold_change", args=[name]) for name in ("personal", "alone"))
    assert sign_in("operator").post(page, {"value": "1"}).status_code == 403
    client = sign_in("administrator")
    assert "Enter 1 or more" in client.post(page, {"value": "0.5"}).content.decode()
    assert client.post(page, {"value": "730"}).status_code == 302
    assert client.post(other, {"value": "0"}).status_code == 302
    held = reverse("admin:syncbridge_threshold_change", args=["held"])
    assert "Enter 1 or more" in client.post(held, {"value": "0"}).content.decode()
    assert Threshold.objects.get(name="personal").value == 730
    connection.check_constraints()

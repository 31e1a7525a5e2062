"""Every change by a person leaves one entry, from whichever page; the bridge's own work leaves none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from connectors.models import SageCompany, Shop
from mappings.models import ItemMapping
from staging import staff, tasks
from staging.jobs import ask
from staging.models import Mark, Posting, StagedOrder
from syncbridge.audit import capture, values
from syncbridge.models import AuditEntry
from tests.audit.conftest import entries
from tests.mappings.test_spreadsheets import TWO, confirm, preview

pytestmark = pytest.mark.usefixtures("bells")

SignIn = Callable[..., Client]


def item_form(company: SageCompany, **fields: Any) -> dict[str, Any]:
    return {"company": company.pk, "reference": "BEDLAMP", "code": "A1-104/0", "factor": "1", **fields}


def test_a_mapping_added_changed_and_deleted(sign_in: SignIn, company: SageCompany) -> None:
    client = sign_in("administrator")
    answer = client.post(reverse("admin:mappings_itemmapping_add"), item_form(company))
    row = ItemMapping.objects.get()
    client.post(reverse("admin:mappings_itemmapping_change", args=[row.pk]), item_form(company, code="A1-103/0"))
    client.post(reverse("admin:mappings_itemmapping_change", args=[row.pk]), item_form(company, code="A1-103/0"))
    client.post(reverse("admin:mappings_itemmapping_delete", args=[row.pk]), {"post": "yes", "reason": "wrong item"})
    added, changed, deleted = entries("itemmapping")  # saving the same again is no change
    assert (added.action, added.after["reference"], added.who) == ("add", "BEDLAMP", "administrator")
    assert added.request == answer["X-Request-Id"]
    assert (changed.before, changed.after) == ({"code": "A1-104/0"}, {"code": "A1-103/0"})
    assert (deleted.action, deleted.before["code"], deleted.after) == ("delete", "A1-103/0", {})
    assert (deleted.object_id, deleted.reason) == (str(row.pk), "wrong item")
    assert len({added.request, changed.request, deleted.request}) == 3


def test_an_import_is_one_request_and_its_preview_leaves_nothing(sign_in: SignIn, company: SageCompany) -> None:
    client = sign_in("accountant")
    text = preview(client, TWO)
    assert entries("itemmapping") == []
    confirm(client, text)
    kept = entries("itemmapping")
    assert [entry.after["reference"] for entry in kept] == ["BEDLAMP", "DESKBOX"]
    assert len({entry.request for entry in kept}) == 1


def test_a_bulk_delete_is_kept_row_by_row(sign_in: SignIn, company: SageCompany) -> None:
    rows = [ItemMapping.objects.create(company=company, reference=name, code="A1-104/0") for name in ("A", "B")]
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], "post": "yes"}
    sign_in("administrator").post(reverse("admin:mappings_itemmapping_changelist"), chosen)
    assert not ItemMapping.objects.exists()
    kept = entries("itemmapping", "delete")
    assert {entry.before["reference"] for entry in kept} == {"A", "B"}
    assert len({entry.request for entry in kept}) == 1


def test_a_new_secret_is_said_to_have_changed_and_nothing_more(sign_in: SignIn, shop: Shop) -> None:
    client = sign_in("administrator")
    page = client.get(reverse("admin:connectors_shop_change", args=[shop.pk]))
    form = page.context["adminform"].form
    fields = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    answer = client.post(page.request["PATH_INFO"], {**fields, "key": "NEW-SECRET-KEY", "reason": ""})
    assert answer.status_code == 302
    kept = next(entry for entry in entries("shop") if "key" in entry.after)
    assert (kept.before["key"], kept.after["key"]) == ("•••", "•••")
    assert "NEW-SECRET-KEY" not in repr(list(AuditEntry.objects.values()))


def test_resuming_and_confirming_a_connection(sign_in: SignIn, shop: Shop) -> None:
    shop.stop("Key refused.")
    client = sign_in("administrator")
    client.post(reverse("admin:connectors_shop_act", args=[shop.pk, "resume"]))
    client.post(reverse("admin:connectors_shop_act", args=[shop.pk, "confirm"]), {"sure": "on"})
    resumed, confirmed = entries("shop", "act")
    assert resumed.after == {"what": "Resumed."}
    assert "Installation confirmed" in confirmed.after["what"]


def test_groups_rights_and_passwords_of_people(sign_in: SignIn) -> None:
    client = sign_in("administrator")
    bob = User.objects.create_user("bob", is_staff=True)
    fields = {"username": "bob", "is_active": "on", "is_staff": "on", "email": "bob@example.com"}
    moments = {"date_joined_0": "2026-11-01", "date_joined_1": "10:00:00"}
    groups = [Group.objects.get(name="accountant").pk]
    page = reverse("admin:auth_user_change", args=[bob.pk])
    assert client.post(page, {**fields, **moments, "groups": groups}).status_code == 302
    password = {"password1": "Zx8-aaaa-bbbb", "password2": "Zx8-aaaa-bbbb"}
    client.post(reverse("admin:auth_user_password_change", args=[bob.pk]), password)
    kept = entries("user", "change")
    told: dict[str, Any] = {}
    for entry in kept:
        told |= entry.after
    assert told["groups"] == ["accountant"]
    assert told["password"] == "•••"
    assert told["email"] == "personal"
    assert any(values.told(entry)[1].get("email") == "bob@example.com" for entry in kept)


def test_what_is_done_with_an_order_and_why(sign_in: SignIn, order: StagedOrder) -> None:
    client = sign_in("accountant")
    url = reverse("admin:staging_stagedorder_act", args=[order.pk, "ignore"])
    client.post(url, {"seen": staff.seen(order), "reason": "booked by hand"})
    (entry,) = entries("stagedorder")
    assert (entry.action, entry.label, entry.reason) == ("act", "XKBKNABJK 42 PS_42", "booked by hand")
    assert (entry.before["status"], entry.after["status"]) == ("invalid", "ignored")
    assert "booked by hand" in values.told(entry)[1]["what"]


def test_a_bulk_action_is_one_request_though_a_worker_does_it(sign_in: SignIn, order: StagedOrder) -> None:
    client = sign_in("accountant")
    seen = {"chosen": f"{order.pk}:{order.version}", "reason": "booked by hand"}
    chosen = {"action": "ignore", "_selected_action": [order.pk], **seen}
    client.post(reverse("admin:staging_stagedorder_changelist"), chosen)
    (asked,) = entries("task", "add")
    tasks.run(int(asked.object_id))
    (done,) = entries("stagedorder")
    assert (done.request, done.who, done.label) == (asked.request, "accountant", "XKBKNABJK 42 PS_42")


def test_a_mark_set_by_a_task_tells_where_it_was(order: StagedOrder, monkeypatch: pytest.MonkeyPatch) -> None:
    user = User.objects.create_user("olga")
    monkeypatch.setattr(tasks, "open_shop", lambda _row: None)  # setting a mark asks the shop nothing
    parameters = {"shop": order.shop_id, "stream": "orders", "apply": True, "when": "2026-11-01 00:00:00", "id": 0}
    tasks.run(ask("mark", {**parameters, "reason": "read November again"}, user).pk)
    assert Mark.objects.get().when == "2026-11-01 00:00:00"
    entry = entries("mark")[-1]
    assert (entry.after["when"], entry.who, entry.reason) == ("2026-11-01 00:00:00", "olga", "read November again")


def test_the_bridges_own_work_leaves_nothing(company: SageCompany, shop: Shop, order: StagedOrder) -> None:
    ItemMapping.objects.create(company=company, reference="X", code="A1-104/0")
    staff.check_again(order, None)
    assert not AuditEntry.objects.exists()


def test_a_change_and_its_entry_stand_or_fall_together(
    sign_in: SignIn, company: SageCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in("accountant")
    client.raise_request_exception = False

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(AuditEntry.objects, "create", broken)
    assert client.post(reverse("admin:mappings_itemmapping_add"), item_form(company)).status_code == 500
    assert not ItemMapping.objects.exists()


def test_a_password_is_stored_in_one_transaction_with_its_entry(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that opens no transaction of its own."""
    client, bob = sign_in("administrator"), User.objects.create_user("bob", password="old one")
    client.raise_request_exception = False

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(AuditEntry.objects, "create", broken)
    password = {"password1": "Zx8-aaaa-bbbb", "password2": "Zx8-aaaa-bbbb"}
    url = reverse("admin:auth_user_password_change", args=[bob.pk])
    assert client.post(url, password).status_code == 500
    bob.refresh_from_db()
    assert bob.check_password("old one")


def test_every_table_of_ours_is_audited_or_named_as_the_machines() -> None:
    names = {model._meta.label_lower for model in capture.audited()}
    assert {"mappings.itemmapping", "mappings.takerule", "connectors.shop", "staging.mark", "auth.user"} <= names
    assert Posting._meta.label_lower not in names
    assert not names & capture.MACHINE

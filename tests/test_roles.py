"""The four roles: who may pass which door, each tried; exactly these rights, made as often as one likes."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.db import transaction
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from connectors.models import SageCompany, Shop
from staging.models import Mark, StagedOrder, Task
from syncbridge.models import Notice
from syncbridge.roles import ROLES, ensure_roles
from tests.doors import ACTIONS, ALL, DOORS, FOR_EVERY_STAFF, OPERATING, RQ, TABLES, doors


@pytest.fixture
def clients(db: None) -> dict[str, Client]:
    """A browser per role, one of somebody of the staff without any, and a stranger's."""
    ensure_roles()
    made = {"stranger": Client()}
    for role in (*ROLES, "nobody"):
        user = User.objects.create_user(role, is_staff=True)
        if role in ROLES:
            user.groups.add(Group.objects.get(name=role))
        made[role] = Client()
        made[role].force_login(user)
    return made


@pytest.fixture
def rows(clients: dict[str, Client]) -> dict[str, Any]:
    """A row of what the doors are about."""
    company = SageCompany.objects.create(name="Books", url="http://sage.invalid", org_id="A", user="W", password="x")
    shop = Shop.objects.create(name="Lamps", url="http://shop.invalid", key="K", company=company)
    order = StagedOrder.objects.create(shop=shop, order_id=1, status="invalid")
    moving = {"shop": shop.pk, "stream": "orders", "to": "now"}
    acted = {"parameters": {"orders": [[order.pk, 0]]}, "result": {"rows": [[order.pk, "done"]]}, "status": "done"}
    comparing = {"company": company.pk, "since": "2026-11-01"}
    looked = {"status": "done", "result": {"when": "", "id": 1}}
    made = {
        "order": order,
        "shop": shop,
        "company": company,
        "mark": Mark.objects.create(shop=shop, stream="orders"),
        "task": Task.objects.create(kind="recheck"),
        "tried": Task.objects.create(kind="dry-run", parameters={"orders": [[order.pk, 0]]}, status="done"),
        "ignored": Task.objects.create(kind="ignore", ended_at=timezone.now(), **acted),
        "moved": Task.objects.create(kind="mark", parameters=moving, **looked),
        "compared": Task.objects.create(kind="resync", parameters=comparing, **looked),
        "user": User.objects.create_user("somebody"),
        "notice": Notice.objects.create(kind="alarm", role="operator"),
    }
    return {name: row.pk for name, row in made.items()}


def passes(client: Client, method: str, url: str, posted: dict[str, Any] | None = None) -> bool:
    """Whether the door opens, whatever is behind it; who is not signed in is sent to sign in."""
    answer = getattr(client, method)(url, posted or {})
    assert answer.status_code < 500, url
    signing_in = answer.status_code == 302 and answer.headers["Location"].startswith(reverse("admin:login"))
    assert signing_in == ("_auth_user_id" not in client.session), url
    return answer.status_code != 403 and not signing_in


def passing(clients: dict[str, Client], method: str, url: str, posted: dict[str, Any] | None = None) -> set[str]:
    """Who passes; nothing of what they did there remains."""
    found = set()
    for who, client in clients.items():
        with transaction.atomic():
            if passes(client, method, url, posted):
                found.add(who)
            transaction.set_rollback(True)
    return found


@pytest.mark.usefixtures("bells")
def test_who_may_pass_a_door(clients: dict[str, Client], rows: dict[str, Any]) -> None:
    found = {}
    for name, arguments, method, posted, _allowed in DOORS:
        url = reverse(f"admin:{name}", args=[argument.format(**rows) for argument in arguments])
        found[(method, name, *arguments)] = passing(clients, method, url, posted)
    assert found == {(method, name, *arguments): allowed for name, arguments, method, _posted, allowed in DOORS}


def test_who_may_see_add_change_and_delete(clients: dict[str, Client], rows: dict[str, Any]) -> None:
    known = {f"staging_{name}": name for name in ("task", "mark")} | {"staging_stagedorder": "order"}
    found: dict[str, Any] = {}
    for table in TABLES:
        row = rows[known[table]] if table in known else 99_999_999  # the right is asked before the row
        one = {view: reverse(f"admin:{table}_{view}", args=[row]) for view in ("change", "delete", "history")}
        see = passing(clients, "get", reverse(f"admin:{table}_changelist"))
        assert passing(clients, "get", one["change"]) == see, table
        add, delete = (passing(clients, "post", url) for url in (reverse(f"admin:{table}_add"), one["delete"]))
        assert passing(clients, "get", reverse(f"admin:{table}_add")) == add, table
        change = TABLES[table][2] if table in known else passing(clients, "post", one["change"])  # see DOORS
        found[table] = (see, add, change, delete)
        assert passing(clients, "get", one["history"]) == {*clients} - {"stranger"}  # only the way to the audit
    assert found == TABLES


def test_every_door_stands_in_a_table() -> None:
    standard = {f"{table}_{view}" for table in TABLES for view in ("changelist", "add", "change", "delete", "history")}
    told = standard | {door[0] for door in DOORS} | set(FOR_EVERY_STAFF)
    every = set(doors())
    assert len(every) > 150
    assert {name for name in every - told if not name.startswith(RQ)} == set()
    assert told - every == set()


@pytest.mark.usefixtures("bells")
def test_the_queues_own_pages_are_for_who_operates(clients: dict[str, Client]) -> None:
    arguments = {
        "queue_index": 0, "job_id": "none", "key": "none", "scheduler_index": 0, "result_id": "none", "token": "none",
        "connection_index": 0, "scheduler_name": "none", "cron_job_name": "none", "object_id": 1,
    }  # fmt: skip
    queue = [each for each in admin.site._registry.items() if each[0]._meta.app_label == "django_rq"]
    ((_model, page),) = queue
    assert len(page.get_urls()) > 25
    for pattern in page.get_urls():
        if pattern.name is None or pattern.name.endswith("_history"):  # that is the way to the audit, as for all rows
            continue
        regex = getattr(pattern.pattern, "regex", None)
        names = [*pattern.pattern.converters, *(regex.groupindex if regex else ())]
        needed = {name: arguments[name] for name in names}
        url = reverse(f"admin:{pattern.name}", kwargs=needed)
        for method in ("get", "post"):
            found = {who for who, client in clients.items() if opens(client, method, url)}
            assert found <= OPERATING, (method, url)
    assert passing(clients, "get", reverse("admin:django_rq_home")) == OPERATING
    assert passing(clients, "post", reverse("admin:django_rq_clear", args=[0])) == OPERATING


def opens(client: Client, method: str, url: str) -> bool:
    """As ``passes``, for pages that may fail on a job that does not exist."""
    client.raise_request_exception = False
    with transaction.atomic():
        answer = getattr(client, method)(url)
        transaction.set_rollback(True)
    return answer.status_code not in (401, 403) and reverse("admin:login") not in answer.headers.get("Location", "")


def test_which_bulk_actions_are_offered(clients: dict[str, Client]) -> None:
    for role in clients.keys() - {"stranger"}:
        request: HttpRequest = RequestFactory().get("/")
        request.user = User.objects.get(username=role)
        for model, page in admin.site._registry.items():
            app, table = model._meta.app_label, f"{model._meta.app_label}_{model._meta.model_name}"
            assert not page.list_editable or table == "syncbridge_threshold"  # see tests/test_lists.py
            if app == "django_rq" or not page.has_view_permission(request):
                continue
            offered = ACTIONS.get(table, ACTIONS.get(app, {}))
            assert set(page.get_actions(request)) == {name for name, who in offered.items() if role in who}, table


@pytest.mark.usefixtures("bells")
@pytest.mark.parametrize("action", [name for name, allowed in ACTIONS["staging_stagedorder"].items()])
def test_who_may_act_on_many_orders(clients: dict[str, Client], rows: dict[str, Any], action: str) -> None:
    order = rows["order"]
    asked = {"action": action, "_selected_action": [order], "chosen": f"{order}:0", "add": "x", "reason": "x"}
    before, found = Task.objects.count(), set()
    for role, client in clients.items():
        with transaction.atomic():
            answer = client.post(reverse("admin:staging_stagedorder_changelist"), asked)
            if "chosen" in (answer.context or {}) or Task.objects.count() > before:
                found.add(role)
            transaction.set_rollback(True)
    assert found == ACTIONS["staging_stagedorder"][action]


def test_the_search_box_finds_what_its_reader_may_see(clients: dict[str, Client], rows: dict[str, Any]) -> None:
    StagedOrder.objects.update(reference="XKBKNABJK", customer="Jo Doe")
    url = reverse("admin:search")
    found = {
        who
        for who, client in clients.items()
        if b"Jo Doe" in client.get(url, {"s": "XKBKNABJK", "extended": "1"}).content
    }
    assert found == ALL
    start = {who for who, client in clients.items() if b"Lamps" in client.get(reverse("admin:index")).content}
    assert start == ALL


# --- the roles' rights -----------------------------------------------------------------------------------------------


def test_the_auditor_has_no_right_but_to_look() -> None:
    assert {right.split(".")[1].split("_")[0] for right in ROLES["auditor"]} == {"view"}


def test_making_them_again_changes_nothing_and_takes_back_what_was_added(db: None) -> None:
    ensure_roles()
    first = {group.name: set(group.permissions.values_list("pk", flat=True)) for group in Group.objects.all()}
    Group.objects.get(name="accountant").permissions.set(Permission.objects.all())
    Group.objects.create(name="auditors").permissions.set(Permission.objects.filter(codename="view_stagedorder"))
    call_command("roles")
    again = {group.name: set(group.permissions.values_list("pk", flat=True)) for group in Group.objects.all()}
    assert {name: again[name] for name in ROLES} == first
    assert len(again["auditors"]) == 1


def test_rights_that_no_app_defines_are_said(db: None) -> None:
    Permission.objects.filter(codename="operate_shop").delete()
    with pytest.raises(CommandError, match=r"connectors\.operate_shop\. Run 'manage\.py migrate' first"):
        call_command("roles")
    assert not Group.objects.exists()


def test_nobody_may_change_a_record_delete_an_order_or_forge_the_diary(db: None) -> None:
    for role, rights in ROLES.items():
        may_go = {"staging.delete_note"}  # what a person wrote beside an order
        assert not {right for right in rights if right.startswith("staging.delete_")} - may_go, role
        assert not rights & {"mappings.add_sagerecord", "mappings.delete_sagerecord", "staging.change_event"}, role


def test_an_administrator_makes_no_superuser_and_touches_none(clients: dict[str, Client]) -> None:
    boss = User.objects.create_superuser("boss", password="x")
    other = User.objects.create_user("other", is_staff=True)
    client = clients["administrator"]
    fields = {"username": "other", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    moments = {"date_joined_0": "2026-11-01", "date_joined_1": "10:00:00"}
    assert client.post(reverse("admin:auth_user_change", args=[other.pk]), {**fields, **moments}).status_code == 302
    other.refresh_from_db()
    assert not other.is_superuser
    page = reverse("admin:auth_user_change", args=[boss.pk])
    assert client.post(page, {**fields, **moments, "username": "boss2"}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[boss.pk])
    assert client.post(password, {"password1": "Zx8-aaaa-bbbb", "password2": "Zx8-aaaa-bbbb"}).status_code == 403
    boss.refresh_from_db()
    assert (boss.username, boss.check_password("x")) == ("boss", True)

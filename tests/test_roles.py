"""The four roles: exactly these rights, made as often as one likes; a matrix of who may open what."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from connectors.models import SageCompany, Shop
from mappings.models import ItemMapping
from staging.models import StagedOrder, Task
from syncbridge.roles import ROLES, ensure_roles


@pytest.fixture
def clients(db: None) -> dict[str, Client]:
    """A browser per role, and one of somebody without any."""
    ensure_roles()
    made = {}
    for role in (*ROLES, "nobody"):
        user = User.objects.create_user(role, is_staff=True)
        if role != "nobody":
            user.groups.add(Group.objects.get(name=role))
        made[role] = Client()
        made[role].force_login(user)
    return made


ALL, ACCOUNTS = {"accountant", "operator", "administrator", "auditor"}, {"accountant", "administrator"}
OPERATING, ADMINISTERING = {"operator", "administrator"}, {"administrator"}
MATRIX = [
    ("mappings_itemmapping_changelist", ALL),
    ("mappings_itemmapping_add", ACCOUNTS),
    ("mappings_itemmapping_import", ACCOUNTS),
    ("mappings_itemmapping_export", ALL),
    ("mappings_takerule_add", ACCOUNTS),
    ("mappings_sagerecord_changelist", ALL),
    ("connectors_shop_changelist", ALL),
    ("connectors_shop_add", {"administrator"}),
    ("connectors_sagecompany_changelist", ALL),
    ("connectors_sagecompany_add", {"administrator"}),
    ("auth_user_changelist", {"administrator", "auditor"}),
    ("auth_user_add", {"administrator"}),
    ("auth_group_changelist", {"administrator", "auditor"}),
    ("auth_group_add", set()),
    ("staging_stagedorder_changelist", ALL),
    ("staging_stagedorder_causes", ALL),
    ("staging_posting_changelist", ALL),
    ("staging_rawrecord_changelist", ALL),
    ("staging_mark_changelist", ALL),
    ("staging_task_changelist", ALL),
    ("staging_step_changelist", ALL),
    ("staging_dry_run", ACCOUNTS),
    ("staging_resync", OPERATING),
    ("syncbridge_auditentry_changelist", ALL),
    ("syncbridge_alarm_changelist", ALL),
    ("syncbridge_notice_changelist", ADMINISTERING | {"auditor"}),
    ("syncbridge_notice_add", ADMINISTERING),
]


@pytest.mark.parametrize(("view", "allowed"), MATRIX, ids=[view for view, _allowed in MATRIX])
def test_who_may_open_what(clients: dict[str, Client], view: str, allowed: set[str]) -> None:
    opened = {role for role, client in clients.items() if client.get(reverse(f"admin:{view}")).status_code == 200}
    assert opened == allowed


ACTS: list[tuple[str, tuple[Any, ...], dict[str, Any], set[str]]] = [
    ("staging_stagedorder_act", ("{order}", "check"), {}, ACCOUNTS),
    ("staging_stagedorder_act", ("{order}", "ignore"), {"reason": "x"}, ACCOUNTS),
    ("staging_stagedorder_correct", ("{order}",), {"place": "nowhere"}, ACCOUNTS),
    ("connectors_shop_act", ("{shop}", "test"), {}, OPERATING),
    ("connectors_shop_act", ("{shop}", "resume"), {}, OPERATING),
    ("connectors_shop_act", ("{shop}", "confirm"), {"sure": "on"}, ADMINISTERING),
    ("mappings_sagerecord_refresh", ("{company}",), {}, {"accountant", "operator", "administrator"}),
    ("mappings_itemmapping_delete", ("{item}",), {}, ADMINISTERING),
    ("mappings_itemmapping_change", ("{item}",), {}, ACCOUNTS),
    ("syncbridge_auditentry_undo", ("none",), {"reason": "x"}, ACCOUNTS),
    ("staging_task_stop", ("{task}",), {}, OPERATING),
    ("staging_task_take_back", ("{ignored}",), {"reason": "x"}, ACCOUNTS),
    ("staging_task_confirm", ("{tried}",), {}, ACCOUNTS),
    *[
        ("staging_stagedorder_desk", ("{order}", name), {"to": "0", "add": "x", "text": "x"}, ACCOUNTS)
        for name in ("assign", "take", "tag", "note")
    ],
    ("staging_stagedorder_try", ("{order}",), {}, ACCOUNTS),
    ("staging_stagedorder_close", ("{order}",), {"number": "1"}, ACCOUNTS),
]
"""What a role may do: page, its arguments, what is posted, who is not turned away (403)."""


@pytest.mark.usefixtures("bells")
@pytest.mark.parametrize(("view", "names", "posted", "allowed"), ACTS, ids=[f"{act[0]}-{act[1][-1]}" for act in ACTS])
def test_who_may_do_what(
    clients: dict[str, Client], view: str, names: tuple[Any, ...], posted: dict[str, Any], allowed: set[str]
) -> None:
    company = SageCompany.objects.create(name="Books", url="http://sage.invalid", org_id="A", user="W", password="x")
    shop = Shop.objects.create(name="Lamps", url="http://shop.invalid", key="K", company=company)
    order = StagedOrder.objects.create(shop=shop, order_id=1, status="invalid")
    item = ItemMapping.objects.create(company=company, reference="A", code="B")
    rows = {"order": order.pk, "shop": shop.pk, "company": company.pk, "item": item.pk}
    done: dict[str, Any] = {"status": "done", "ended_at": timezone.now(), "parameters": {"orders": [[order.pk, 0]]}}
    rows["task"] = Task.objects.create(kind="recheck").pk
    rows["tried"] = Task.objects.create(kind="dry-run", **done).pk
    rows["ignored"] = Task.objects.create(kind="ignore", result={"rows": [[order.pk, "done"]]}, **done).pk
    url = reverse(f"admin:{view}", args=[name.format(**rows) for name in names])
    assert {role for role, client in clients.items() if client.post(url, posted).status_code != 403} == allowed


@pytest.mark.usefixtures("bells")
@pytest.mark.parametrize("action", ["check_again", "push_now", "ignore", "close_by_hand", "assign_or_tag"])
def test_who_may_act_on_many_orders(clients: dict[str, Client], action: str) -> None:
    company = SageCompany.objects.create(name="Books", url="http://sage.invalid", org_id="A", user="W", password="x")
    shop = Shop.objects.create(name="Lamps", url="http://shop.invalid", key="K", company=company)
    order = StagedOrder.objects.create(shop=shop, order_id=1, status="invalid")
    asked = {"action": action, "_selected_action": [order.pk], "chosen": f"{order.pk}:0", "add": "x", "reason": "x"}
    allowed = set()
    for role, client in clients.items():
        answer = client.post(reverse("admin:staging_stagedorder_changelist"), asked)
        if "chosen" in (answer.context or {}) or Task.objects.exists():
            allowed.add(role)
        Task.objects.all().delete()
    assert allowed == ACCOUNTS


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

"""The three roles: exactly these rights, made as often as one likes; a matrix of who may open what."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

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


ALL, ACCOUNTS = {"accountant", "operator", "administrator"}, {"accountant", "administrator"}
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
    ("auth_user_changelist", {"administrator"}),
    ("auth_user_add", {"administrator"}),
    ("auth_group_changelist", {"administrator"}),
    ("auth_group_add", set()),
]


@pytest.mark.parametrize(("view", "allowed"), MATRIX, ids=[view for view, _allowed in MATRIX])
def test_who_may_open_what(clients: dict[str, Client], view: str, allowed: set[str]) -> None:
    opened = {role for role, client in clients.items() if client.get(reverse(f"admin:{view}")).status_code == 200}
    assert opened == allowed


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
        assert not {right for right in rights if right.startswith("staging.delete_")}, role
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

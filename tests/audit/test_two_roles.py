"""With an owner of the tables, the application does all its work and can do nothing to the audit but add to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.conf import settings as project
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection
from pytest_django import DjangoDbBlocker, Settings

from mappings.models import ItemMapping
from staging.models import Event
from syncbridge import checks
from syncbridge.audit import capture, values
from syncbridge.audit.act import Act
from syncbridge.models import AuditEntry, AuditValue
from tests.story import Staff, Story, opened

AUDIT = ("syncbridge_auditentry", "syncbridge_auditvalue")


@pytest.fixture(scope="module")
def owner(django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Any]]:
    """A database of its own, migrated by its owner; the tests' connection is the application's role there."""
    with django_db_blocker.unblock():
        connection.ensure_connection()
        was, name = connection.settings_dict, f"owned_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
        connection.close()
        roles = {"owner": f"{name}_owner", "app": f"{name}_app"}
        drop = [f"DROP DATABASE IF EXISTS {name}", *(f"DROP ROLE IF EXISTS {role}" for role in roles.values())]
        make = [f"CREATE ROLE {role} LOGIN" for role in roles.values()]
        _by_superuser(was, *drop, *make, f"CREATE DATABASE {name} OWNER {roles['owner']}")
        connection.settings_dict = {**was, "NAME": name, "USER": roles["app"]}
        held = {"NAME": name, "USER": roles["owner"]}
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(project, "DATABASE_OWNER", held)
                call_command("migrate", verbosity=0)
                call_command("migrate", verbosity=0)  # again changes nothing
            ContentType.objects.clear_cache()
            yield held
        finally:
            connection.close()
            connection.settings_dict = was
            ContentType.objects.clear_cache()
            _by_superuser(was, *drop)


def _by_superuser(where: dict[str, Any], *statements: str) -> None:
    with psycopg2.connect(host=where["HOST"], user=where["USER"], dbname="postgres") as session:
        session.autocommit = True
    with session.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    session.close()


@pytest.fixture(scope="module")
def story(owner: dict[str, Any]) -> Iterator[Story]:
    """A shop and a Sage; nothing is rolled back: the database goes as a whole."""
    with opened() as told:
        yield told


@pytest.fixture(scope="module")
def staff(story: Story) -> Staff:
    """An accountant at the browser."""
    return Staff()


def refused(statement: str) -> None:
    with connection.cursor() as cursor, pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        cursor.execute(statement)


@pytest.mark.usefixtures("bells")
def test_the_application_does_its_whole_work(story: Story, staff: Staff) -> None:
    number = story.buys("BEDLAMP")
    story.turn()
    assert story.order(number).status == "invalid"
    staff.fills("/admin/mappings/itemmapping/add/", company=story.company.pk, reference="BEDLAMP", code="A1-104/0")
    staff.presses(story.order(number), "check")
    for _n in range(3):
        story.turn()
    story.looks_back()
    assert story.order(number).status == "posted"
    assert story.document(number)["OrderNumber"] == f"PS_{number}"
    kept = AuditEntry.objects.filter(who=staff.user.username)
    assert {entry.content_type.model for entry in kept} >= {"itemmapping", "stagedorder"}
    there = AuditValue.objects.filter(entry__in=kept).count()
    assert there
    assert values.erase(kept) == there
    ItemMapping.objects.all().delete()


def test_it_can_only_add_to_the_audit_and_the_diary(story: Story) -> None:
    connection.ensure_connection()
    for table in AUDIT:
        refused(f"UPDATE {table} SET id = id")
        refused(f"TRUNCATE {table} CASCADE")
        refused(f"DROP TRIGGER audit_rows ON {table}")
        refused(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        refused(f"DROP TABLE {table} CASCADE")
        refused(f"CREATE TRIGGER mine BEFORE INSERT ON {table} EXECUTE FUNCTION syncbridge_audit_guard()")
    refused("DELETE FROM syncbridge_auditentry")
    refused("CREATE OR REPLACE FUNCTION syncbridge_audit_guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'")
    refused("DROP FUNCTION syncbridge_audit_guard() CASCADE")
    refused("SET session_replication_role = replica")
    refused("CREATE TABLE mine (id int)")
    refused("DELETE FROM django_migrations")
    with pytest.raises(ProgrammingError, match="permission denied"):
        Event.objects.update(message="otherwise")
    with pytest.raises(ProgrammingError, match="permission denied"):
        Event.objects.all().delete()


def test_a_personal_value_is_deleted_by_an_erasure_alone(story: Story) -> None:
    entry = capture.record(Act(1, "ada", "r1"), story.shop, "change", {"name": "A"}, {"name": "B"})
    AuditValue.objects.create(entry=entry, field="email", before="jo@example.com")
    with pytest.raises(ProgrammingError, match="append-only"):
        AuditValue.objects.all().delete()


def test_the_check_warns_of_who_owns_the_audit(owner: dict[str, Any], settings: Settings) -> None:
    settings.EVALUATION = False
    assert checks.audit_beyond_reach(None) == []
    kept = connection.settings_dict
    connection.close()
    try:
        connection.settings_dict = {**kept, **owner}
        (warning,) = checks.audit_beyond_reach(None)
    finally:
        connection.close()
        connection.settings_dict = kept
    assert warning.id == "syncbridge.W002"


@pytest.mark.parametrize(("changed", "said"), [({"NAME": "other"}, "two databases"), ({"USER": None}, "one role")])
def test_an_owner_that_does_not_fit_is_refused(
    owner: dict[str, Any], settings: Settings, changed: dict[str, Any], said: str
) -> None:
    application = connection.settings_dict
    settings.DATABASE_OWNER = owner | {name: value or application[name] for name, value in changed.items()}
    with pytest.raises(CommandError, match=said):
        call_command("migrate", verbosity=0)

"""The database itself refuses to change the audit, from the ORM and from SQL; only personal values may be erased."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import InternalError, ProgrammingError, connection, transaction

from syncbridge.audit import capture, values
from syncbridge.audit.act import Act
from syncbridge.models import AuditEntry, AuditValue

REFUSED = (ProgrammingError, InternalError)


@pytest.fixture
def entry(db: None) -> AuditEntry:
    """An entry about a person's row, with a personal value and a secret."""
    row = User.objects.create_user("bob", email="bob@example.com", password="hush")
    act = Act(row.pk, "ada", "r1", "asked for")
    before = {"email": "old@example.com", "password": "pbkdf2$old", "is_staff": False}
    after = {"email": "bob@example.com", "password": "pbkdf2$new", "is_staff": True}
    return capture.record(act, row, AuditEntry.Action.CHANGE, before, after)


@pytest.mark.parametrize("table", ["syncbridge_auditentry", "syncbridge_auditvalue"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_sql_is_refused(entry: AuditEntry, verb: str, table: str) -> None:
    with connection.cursor() as cursor:
        for name in ("syncbridge_auditentry", "syncbridge_auditvalue"):
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER audit_whole")  # off in tests only, see conftest
        with pytest.raises(REFUSED, match="append-only"), transaction.atomic():
            cursor.execute(verb.format(table))
    assert AuditEntry.objects.filter(pk=entry.pk).exists()
    assert entry.values.count() == 1


def test_the_orm_is_refused(entry: AuditEntry) -> None:
    with pytest.raises(REFUSED, match="append-only"), transaction.atomic():
        AuditEntry.objects.update(who="somebody else")
    with pytest.raises(REFUSED, match="append-only"), transaction.atomic():
        entry.values.all().delete()
    entry.who = "somebody else"
    with pytest.raises(REFUSED, match="append-only"), transaction.atomic():
        entry.save()


def test_secrets_are_never_kept_and_personal_values_stand_apart(entry: AuditEntry) -> None:
    entry.refresh_from_db()
    assert entry.before == {"email": "personal", "password": "•••", "is_staff": False}
    assert entry.after == {"email": "personal", "password": "•••", "is_staff": True}
    assert values.told(entry)[1]["email"] == "bob@example.com"
    assert "pbkdf2" not in repr(list(AuditEntry.objects.values())) + repr(list(AuditValue.objects.values()))


def test_erasing_takes_the_personal_values_and_leaves_the_entry(entry: AuditEntry) -> None:
    assert values.erase(AuditEntry.objects.filter(pk=entry.pk)) == 1
    entry.refresh_from_db()
    assert values.told(entry)[1] == {"email": "personal", "password": "•••", "is_staff": True}
    assert (entry.who, entry.reason) == ("ada", "asked for")
    with pytest.raises(REFUSED, match="append-only"), transaction.atomic():
        AuditEntry.objects.all().delete()  # erasing opened the values only, and only for its own statement

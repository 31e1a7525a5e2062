"""Two roles of PostgreSQL: the owner of the tables, which migrates, and the application's, with the least rights.

Only who owns a table can drop or disable its triggers; so the application cannot touch what guards the audit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from staging.models import Event
from syncbridge.models import AuditEntry, AuditValue

RIGHTS = {
    MigrationRecorder.Migration._meta.db_table: "SELECT",
    Event._meta.db_table: "SELECT, INSERT",
    AuditEntry._meta.db_table: "SELECT, INSERT",
    AuditValue._meta.db_table: "SELECT, INSERT, DELETE",  # the trigger lets an erasure delete, and nothing else
}
"""What the application may do with these tables; with every other one of ours it may do ``USUAL``."""

USUAL = "SELECT, INSERT, UPDATE, DELETE"


@contextmanager
def acting(owner: dict[str, Any]) -> Iterator[str]:
    """Work as the owner; gives the application's role. Raises ImproperlyConfigured when the two do not fit."""
    application = connection.settings_dict
    if owner["NAME"] != application["NAME"]:
        raise ImproperlyConfigured("DATABASE_OWNER_URL and DATABASE_URL name two databases. Name the same in both.")
    if owner["USER"] == application["USER"]:
        raise ImproperlyConfigured("DATABASE_OWNER_URL and DATABASE_URL name one role. Name two, or unset the former.")
    connection.close()
    connection.settings_dict = {**application, **owner}
    try:
        yield application["USER"]
    finally:
        connection.close()
        connection.settings_dict = application


@transaction.atomic
def grant(role: str) -> None:
    """As the owner: let ``role`` do exactly what the application does, and make no table of its own."""
    name = connection.ops.quote_name(role)
    ours = {*connection.introspection.django_table_names(include_views=False), *RIGHTS}
    tables = ours.intersection(connection.introspection.table_names())
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        schema = cursor.fetchone()[0]
        cursor.execute(f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {name}")
        cursor.execute(f"GRANT USAGE ON SCHEMA {schema} TO {name}")
        for table in sorted(tables):
            quoted = connection.ops.quote_name(table)
            cursor.execute(f"REVOKE ALL ON {quoted} FROM {name}")
            cursor.execute(f"GRANT {RIGHTS.get(table, USUAL)} ON {quoted} TO {name}")


def within_reach() -> bool:
    """Whether the role we work as owns the audit, by itself or through a role it belongs to (a superuser always)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass(%s)",
            [AuditEntry._meta.db_table],
        )
        found = cursor.fetchone()
    return bool(found and found[0])

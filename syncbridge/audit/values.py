"""What an audited row holds, as JSON; which of it is secret and which is personal; and the erasure of the latter."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import connection, models, transaction
from django.db.models import QuerySet
from encrypted_fields.fields import EncryptedFieldMixin

from syncbridge.models import AuditEntry, AuditValue

SECRET = "•••"  # noqa: S105 - a mask
"""Stands in before and after for a secret: it was there, and it changed; nothing more is ever said."""

PERSONAL_VALUE = "personal"
"""Stands in an entry for a value that lies in an AuditValue, or lay there until it was erased."""

SECRETS: dict[str, frozenset[str]] = {"auth.user": frozenset({"password"})}
"""Secret fields besides the encrypted ones."""

PERSONAL: dict[str, frozenset[str]] = {
    "auth.user": frozenset({"first_name", "last_name", "email"}),
    "mappings.buyercode": frozenset({"buyer"}),
    "mappings.customerrule": frozenset({"value", "note"}),
    "staging.note": frozenset({"text"}),
    "staging.stagedorder": frozenset({"customer", "email"}),
    "syncbridge.notice": frozenset({"address"}),
}
"""Fields that may name a person, by model. What was said about an order (its events) is personal as a whole."""

UNTOLD: dict[str, frozenset[str]] = {"auth.user": frozenset({"last_login"})}
"""Fields whose change is nobody's decision."""

MACHINES_OWN: dict[str, frozenset[str]] = {
    "staging.mark": frozenset({"version", "highest", "lease_until"}),
    "staging.task": frozenset({"total", "finished", "result", "status", "message", "ended_at", "lease_until"}),
    "syncbridge.notice": frozenset({"trouble", "trouble_since", "sent_at", "digested"}),
}
"""Fields that an entry keeps and no page shows: what the machine notes for itself."""

Values = dict[str, Any]


def stored(model: type[models.Model], pk: Any) -> Values | None:
    """The row as it is in the database, by field; None when there is none."""
    row = model._default_manager.filter(pk=pk).first() if pk is not None else None
    return None if row is None else held(row)


def held(row: models.Model) -> Values:
    """The row's own fields, JSON-able; secrets as they are, for comparing only."""
    return {
        field.name: plain(field.value_from_object(row))
        for field in row._meta.concrete_fields
        if field.name not in UNTOLD.get(row._meta.label_lower, ())
    }


def plain(value: Any) -> Any:
    """JSON as such, numbers and times as text that their field reads back."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value if value is None or isinstance(value, bool | int | str | list | dict) else str(value)


def secrets(model: type[models.Model]) -> frozenset[str]:
    """The model's secret fields."""
    encrypted = {field.name for field in model._meta.concrete_fields if isinstance(field, EncryptedFieldMixin)}
    return SECRETS.get(model._meta.label_lower, frozenset()) | encrypted


def personal(model: type[models.Model]) -> frozenset[str]:
    """The model's fields that may name a person."""
    return PERSONAL.get(model._meta.label_lower, frozenset())


def told(entry: AuditEntry) -> tuple[Values, Values]:
    """Before and after of an entry with its personal values, as far as they were not erased."""
    before, after = dict(entry.before), dict(entry.after)
    for value in entry.values.all():
        for side, told in ((before, value.before), (after, value.after)):
            if value.field in side:
                side[value.field] = told
    return before, after


def erase(entries: QuerySet[AuditEntry]) -> int:
    """Delete the personal values of these entries, for retention or a person's request; how many there were.

    The entries themselves stay: who changed which field of what, when and why.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL syncbridge.erasing = 'on'")
        count, _models = AuditValue.objects.filter(entry__in=entries).delete()
        cursor.execute("SET LOCAL syncbridge.erasing = 'off'")
        return count

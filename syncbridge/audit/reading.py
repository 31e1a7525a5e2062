"""An entry's changes as its reader sees them: fields by their names, values in words, nothing of a secret but that."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from connectors.telling import colon
from staging.wording import moment_words
from syncbridge.audit.values import MACHINES_OWN, PERSONAL_VALUE, SECRET, Values
from syncbridge.models import AuditEntry

if TYPE_CHECKING:
    Field = models.Field[Any, Any]

ERASED = "\0erased"
"""Stands for a personal value that is no more; nothing that was kept can be equal to it."""


def table(entry: AuditEntry, before: Values, after: Values, at_most: int | None = None) -> str:
    """Field by field; with ``at_most`` the first of them, for a list, which looks nothing up."""
    fields = _fields(entry)
    before, after = _erased(entry, before, after)
    names = dict.fromkeys([*before, *after])
    hidden = MACHINES_OWN.get(f"{entry.content_type.app_label}.{entry.content_type.model}", frozenset()) | {"id"}
    rows = []
    for name in names:
        sides = before.get(name), after.get(name)
        # What was empty and stays so is no change; of what is not told nobody can say so.
        apart = {SECRET, PERSONAL_VALUE, ERASED} & {str(side) for side in sides}
        if name not in hidden and (apart or _words(fields.get(name), sides[0]) != _words(fields.get(name), sides[1])):
            rows.append((name, sides))
    lines = ((_row(fields.get(name), name, sides, look_up=at_most is None),) for name, sides in rows[:at_most])
    text = format_html_join("", "{}", lines)
    more = len(rows[at_most:]) if at_most else 0
    return format_html("{}<div>{}</div>", text, _("and %(n)d more") % {"n": more}) if more else text


def _fields(entry: AuditEntry) -> dict[str, Field]:
    model = entry.content_type.model_class()
    return {field.name: field for field in model._meta.fields} if model else {}


def _row(field: Field | None, name: str, sides: tuple[Any, Any], *, look_up: bool) -> str:
    """A field as its model calls it in the reader's language; what the model does not have, as it was kept."""
    title = colon(field.verbose_name if field is not None else name)
    before, after = (_name(field, side) if look_up else _words(field, side) for side in sides)
    if before == after:  # both are kept apart, were erased, or are secret
        return format_html("<div><span>{}</span> <ins>{}</ins></div>", title, after)
    return format_html("<div><span>{}</span> <del>{}</del> → <ins>{}</ins></div>", title, before, after)


def _erased(entry: AuditEntry, before: Values, after: Values) -> tuple[Values, Values]:
    """Both sides, with the word for each personal value that is no more."""
    left = {value.field for value in entry.values.all()}
    gone = {name for side in (before, after) for name, value in side.items() if value == PERSONAL_VALUE} - left
    old, new = ({name: ERASED if name in gone else value for name, value in side.items()} for side in (before, after))
    return old, new


def _name(field: Field | None, value: Any) -> str:
    """The row that a value points to, while there is one; else as ``_words``."""
    if isinstance(field, models.ForeignKey) and value is not None:
        row = field.related_model._default_manager.filter(pk=value).first()
        return _words(field, value) if row is None else str(row)
    return _words(field, value)


def _words(field: Field | None, value: Any) -> str:
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value in (PERSONAL_VALUE, ERASED):
        return _("erased") if value == ERASED else pgettext("value", "personal")
    if value == SECRET:
        return _("••• (a secret; only that it changed is kept)")
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateTimeField) and isinstance(value, str):
        return _moment(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _moment(value: str) -> str:
    try:
        return moment_words(datetime.fromisoformat(value))
    except ValueError:
        return value

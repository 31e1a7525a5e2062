"""Taking back one request's changes of mappings as a whole, as long as nothing has moved since."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from mappings import jobs
from mappings.models import ANY, Mapping, TakeRule
from staging.models import Issue
from syncbridge.audit.values import PERSONAL_VALUE, Values, stored, told
from syncbridge.models import AuditEntry

Action = AuditEntry.Action


class NotUndoneError(ValueError):
    """Nothing was taken back; the text says why and what to do instead."""


def mapped(entry: AuditEntry) -> type[Mapping] | type[TakeRule] | None:
    """The mapping table that the entry is about, None when it is about something else."""
    model = entry.content_type.model_class()
    return model if model is not None and issubclass(model, Mapping | TakeRule) else None


def undoable(entries: Iterable[AuditEntry]) -> bool:
    """Whether a request's entries are changes of mappings, and of nothing else."""
    found = list(entries)
    return bool(found) and all(mapped(entry) and entry.action != Action.ACT for entry in found)


@transaction.atomic
def undo(request: str) -> int:
    """Set every mapping row that a request changed back to what it was, last change first; how many entries that was.

    All or nothing: NotUndoneError when a row is no longer as the request left it, when an order that it released was
    sent to Sage since, or when the request changed more than mappings. The orders concerned are checked again.
    """
    entries = list(AuditEntry.objects.filter(request=request).prefetch_related("values").order_by("-pk"))
    if not undoable(entries):
        raise NotUndoneError(_("This was not only a change of mappings. Take it back by hand, on the pages concerned."))
    companies = set()
    for entry in entries:
        model = mapped(entry)
        assert model is not None  # for mypy: undoable said so
        companies.add(_back(entry, model))
    for company in companies:
        jobs.ring(company)
    return len(entries)


def _back(entry: AuditEntry, model: type[Mapping] | type[TakeRule]) -> int:
    """One entry taken back; the company concerned."""
    before, after = told(entry)
    if PERSONAL_VALUE in (*before.values(), *after.values()):
        raise NotUndoneError(_("The former values were erased (personal data). Enter them again by hand."))
    locked = model._default_manager.select_for_update().filter(pk=entry.object_id).first()
    now = stored(model, entry.object_id)
    _unmoved(entry, now, after)
    row = _row(model, {**(now or {}), **before}, locked)
    _unsent(entry, [row, *([_row(model, now)] if now else [])])
    if entry.action == Action.ADD:
        company: int = row.company_id
        row.delete()
        return company
    try:
        row.validate_constraints()
    except ValidationError as error:
        text = _("%(row)s cannot come back: %(why)s Look at the mapping that took its place.")
        raise NotUndoneError(text % {"row": entry.label, "why": " ".join(error.messages)}) from error
    row.save()
    return row.company_id


def _row(model: type[Mapping] | type[TakeRule], values: Values, into: models.Model | None = None) -> Mapping | TakeRule:
    """A row with these values, as they were told in JSON."""
    row = into or model()
    for field in model._meta.concrete_fields:
        if field.name in values:
            setattr(row, field.attname, field.to_python(values[field.name]))
    assert isinstance(row, Mapping | TakeRule)
    return row


def _unmoved(entry: AuditEntry, now: Values | None, after: Values) -> None:
    if entry.action == Action.DELETE:
        same = now is None
    else:
        same = now is not None and all(now.get(name) == value for name, value in after.items())
    if not same:
        text = _("%(row)s was changed again since. Look at its history, and correct it by hand.")
        raise NotUndoneError(text % {"row": entry.label})


def _unsent(entry: AuditEntry, rows: list[Mapping | TakeRule]) -> None:
    """No order that waited for one of these rows' values was sent after the change."""
    for row in rows:
        waited = Issue.objects.filter(kind=row.kind, order__shop__company=row.company_id, closed_at__gte=entry.at)
        if row.wakes != ANY:
            waited = waited.filter(value=row.wakes)
        sent = waited.filter(order__postings__sent_at__gte=entry.at).values("order").distinct().count()
        if sent:
            text = _("%(n)d orders that this change released were sent to Sage since. Correct the mapping by hand.")
            raise NotUndoneError(text % {"n": sent})

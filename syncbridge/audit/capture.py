"""What is audited, and how it is noticed: Django's own signals, because they see every page and every app's rows.

The project is imported by nobody, so the apps cannot report; and users, groups and imports change in code that is not
ours. ADR 5 says more. Machine work (no act, see ``act``) leaves no entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save

from connectors.telling import kept
from staging.models import Event, StagedOrder
from syncbridge.audit.act import REASON, Act, current, new_id
from syncbridge.audit.values import PERSONAL_VALUE, SECRET, Values, held, personal, secrets, stored
from syncbridge.models import AuditEntry, AuditValue

APPS = ("connectors", "mappings", "staging", "syncbridge")

MACHINE = frozenset(
    {
        "mappings.change",
        "mappings.revision",
        "mappings.sagerecord",
        "staging.correction",  # its event tells of it
        "staging.event",  # heard apart
        "staging.issue",
        "staging.posting",
        "staging.rawrecord",
        "staging.slot",
        "syncbridge.alarm",
        "syncbridge.auditentry",
        "syncbridge.auditvalue",
        "syncbridge.beat",
        "syncbridge.daysummary",
        "syncbridge.told",
    }
)
"""Tables that no person changes, or whose change is told otherwise. Every other table of ours is audited."""

Action = AuditEntry.Action


def audited() -> list[type[models.Model]]:
    """The tables of which every change by a person is kept."""
    own = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    return [*(model for model in own if model._meta.label_lower not in MACHINE), User, Group]


def listen() -> None:
    """Connect; per table, because a listener to all would slow every bulk delete of the machine."""
    for model in audited():
        name = f"audit {model._meta.label_lower}"
        pre_save.connect(_before_save, model, dispatch_uid=name)
        post_save.connect(_saved, model, dispatch_uid=name)
        post_delete.connect(_deleted, model, dispatch_uid=name)
        for field in model._meta.many_to_many:
            m2m_changed.connect(_linked, field.remote_field.through, dispatch_uid=f"{name} {field.name}")
    post_save.connect(_happened, Event, dispatch_uid="audit event")
    post_save.connect(_logged, LogEntry, dispatch_uid="audit log")


def record(
    act: Act, row: models.Model, action: str, before: Values, after: Values, *, label: str = "", reason: str = ""
) -> AuditEntry:
    """Write one entry: secrets masked, personal values set apart. In the caller's transaction."""
    model = type(row)
    apart = (before.keys() | after.keys()) & personal(model)
    entry = AuditEntry.objects.create(
        user_id=act.user_id,
        who=act.who,
        request=act.request,
        content_type=ContentType.objects.get_for_model(model),
        object_id=str(row.pk or ""),
        label=(label or _label(row))[:250],
        action=action,
        before=_masked(model, before, apart),
        after=_masked(model, after, apart),
        reason=(reason or act.reason)[:REASON],
    )
    _set_apart(entry, {name: (before.get(name), after.get(name)) for name in sorted(apart)})
    return entry


def _masked(model: type[models.Model], values: Values, apart: set[str]) -> Values:
    hidden = secrets(model)
    return {
        name: (SECRET if value else "") if name in hidden else PERSONAL_VALUE if name in apart else value
        for name, value in values.items()
    }


def _set_apart(entry: AuditEntry, values: Mapping[str, tuple[Any, Any]]) -> None:
    AuditValue.objects.bulk_create(
        AuditValue(entry=entry, field=name, before=before, after=after) for name, (before, after) in values.items()
    )


def _label(row: models.Model) -> str:
    """What people call it; without what may name a person, save a user's own name."""
    if isinstance(row, StagedOrder):
        return f"{row.reference} {row.order_id} {row.sage_reference}".strip()
    if personal(type(row)) and not isinstance(row, User):
        return f"{row._meta.verbose_name} {row.pk}"
    return str(row)


# --- rows -------------------------------------------------------------------------------------------------------------


def _before_save(sender: type[models.Model], instance: models.Model, raw: bool, **kwargs: Any) -> None:
    if not raw and current() is not None:
        instance.__dict__["_audit_before"] = stored(sender, instance.pk)


def _saved(sender: type[models.Model], instance: models.Model, raw: bool, **kwargs: Any) -> None:
    act, before = current(), instance.__dict__.pop("_audit_before", None)
    if raw or act is None:
        return
    after = stored(sender, instance.pk) or {}
    if before is None:
        record(act, instance, Action.ADD, {}, after)
        return
    changed = [name for name, value in after.items() if before.get(name) != value]
    if changed:
        old, new = ({name: side.get(name) for name in changed} for side in (before, after))
        record(act, instance, Action.CHANGE, old, new)


def _deleted(sender: type[models.Model], instance: models.Model, **kwargs: Any) -> None:
    if (act := current()) is not None:
        record(act, instance, Action.DELETE, held(instance), {})


def _linked(sender: type[models.Model], instance: models.Model, action: str, reverse: bool, **kwargs: Any) -> None:
    """A user's groups and rights, a group's rights; told from whichever side they were changed."""
    act, (when, _sep, _verb) = current(), action.partition("_")
    if act is None:
        return
    name = _accessor(sender, instance, reverse)
    now = sorted(str(other) for other in getattr(instance, name).all())
    if when == "pre":
        instance.__dict__["_audit_links"] = now
    elif (before := instance.__dict__.pop("_audit_links", now)) != now:
        record(act, instance, Action.CHANGE, {name: before}, {name: now})


def _accessor(through: type[models.Model], row: models.Model, reverse: bool) -> str:
    if not reverse:
        return next(field.name for field in row._meta.many_to_many if field.remote_field.through is through)
    related = (link for link in row._meta.related_objects if getattr(link, "through", None) is through)
    return str(next(related).get_accessor_name())


# --- acts that are more than a changed row ----------------------------------------------------------------------------


def _happened(sender: type[Event], instance: Event, created: bool, raw: bool, **kwargs: Any) -> None:
    """What a person did with an order, as its diary says it; a mark's event is left to the mark's own row."""
    user = instance.user
    if raw or not created or user is None or instance.order_id is None:
        return
    act = current() or Act(user.pk, user.get_username(), new_id())
    order = StagedOrder.objects.select_related("shop").get(pk=instance.order_id)
    details = dict(instance.details)
    reason = str(details.pop("reason", ""))
    told: dict[str, tuple[Any, Any]] = {"what": (None, kept(instance.message))}
    if "before" in details or "after" in details:
        place = str(details.get("place", "")) or "values"
        told[place] = (details.get("before"), details.get("after"))
    states = ({"status": instance.before}, {"status": instance.after})
    if instance.before == instance.after:
        states = ({}, {})
    before, after = ({**side, **dict.fromkeys(told, PERSONAL_VALUE)} for side in states)
    entry = record(act, order, Action.ACT, before, after, reason=reason)
    _set_apart(entry, told)


def _logged(sender: type[LogEntry], instance: LogEntry, raw: bool, **kwargs: Any) -> None:
    """What a page did without saving the row (resumed, confirmed): a sentence, where Django itself logs JSON."""
    act, kind, what = current(), instance.content_type, str(instance.change_message)
    model = kind.model_class() if kind is not None else None
    if raw or act is None or model not in audited() or what[:1] in ("", "["):
        return
    told = AuditEntry.objects.filter(request=act.request, content_type=kind, object_id=instance.object_id)
    row = model._default_manager.filter(pk=instance.object_id).first()
    if row is not None and not told.exists():  # an import logs each row that it saved, too
        record(act, row, Action.ACT, {}, {"what": what})

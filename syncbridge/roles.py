"""The four roles of staff, each with the least rights its work needs; one table, made true by ``ensure_roles``."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db import transaction

ACCOUNTANT = "accountant"
OPERATOR = "operator"
ADMINISTRATOR = "administrator"
AUDITOR = "auditor"

_TABLES = (
    "itemmapping",
    "itempart",
    "customerrule",
    "taxgroupmapping",
    "taxclassmapping",
    "paymentmapping",
    "vouchermapping",
    "carriermapping",
    "locationmapping",
    "wordmapping",
    "chargemapping",
    "takerule",
)
_SEEN = ("stagedorder", "posting", "rawrecord", "mark", "step", "task")


def _rights(app: str, verbs: str, models: tuple[str, ...]) -> frozenset[str]:
    return frozenset(f"{app}.{verb}_{model}" for verb in verbs.split() for model in models)


# Everybody sees what is in transit and what it is decided by; nobody sees a secret (the pages never show one).
_SEE = (
    _rights("staging", "view", _SEEN)
    | _rights("mappings", "view", (*_TABLES, "buyercode", "sagerecord"))
    | _rights("connectors", "view", ("shop", "sagecompany"))
    | _rights("syncbridge", "view", ("auditentry", "alarm", "threshold"))
)
_LOOK = _SEE | _rights("mappings", "change", ("sagerecord",))  # to have the mirror refreshed; nobody edits a record

# Decides about orders and mappings; an import needs add and change, an export view.
_ACCOUNTANT = (
    _LOOK
    | _rights("staging", "change", ("stagedorder",))
    | _rights("mappings", "add change", _TABLES)
    | frozenset({"staging.correct_money", "syncbridge.undo_auditentry"})
)

# Keeps it running: tests, stops, resumes connections, sets marks, looks after jobs; decides about no order or mapping.
_OPERATOR = (
    _LOOK
    | _rights("connectors", "operate", ("shop", "sagecompany"))
    | _rights("staging", "change", ("mark",))
    | _rights("staging", "add change", ("task",))
    | _rights("syncbridge", "change", ("threshold",))
    | frozenset({"django_rq.admin"})
)

# Everything the other two may, the connections themselves, deleting mappings, and who may do what.
_ADMINISTRATOR = (
    _ACCOUNTANT
    | _OPERATOR
    | _rights("mappings", "delete", _TABLES)
    | _rights("mappings", "change delete", ("buyercode",))
    | _rights("staging", "delete", ("note",))
    | _rights("connectors", "add change delete", ("shop", "sagecompany"))
    | _rights("auth", "view add change", ("user",))
    | _rights("auth", "view", ("group",))
    | _rights("syncbridge", "view add change delete", ("notice",))
    | _rights("syncbridge", "erase", ("auditentry",))
)

# Sees everything, also who may do what; changes nothing.
_AUDITOR = _SEE | _rights("auth", "view", ("user", "group")) | _rights("syncbridge", "view", ("notice",))

ROLES: dict[str, frozenset[str]] = {
    ACCOUNTANT: _ACCOUNTANT,
    OPERATOR: _OPERATOR,
    ADMINISTRATOR: _ADMINISTRATOR,
    AUDITOR: _AUDITOR,
}
"""Rights ("app.codename") per role."""


@transaction.atomic
def ensure_roles() -> None:
    """Make each role's group hold exactly its rights; run again after each upgrade. Other groups are left alone.

    Raises LookupError for a right that no app defines: then the migrations have not been run.
    """
    known = {
        f"{right.content_type.app_label}.{right.codename}": right
        for right in Permission.objects.select_related("content_type")
    }
    missing = sorted(frozenset().union(*ROLES.values()) - known.keys())
    if missing:
        raise LookupError(f"Unknown rights: {', '.join(missing)}. Run 'manage.py migrate' first.")
    for name, rights in ROLES.items():
        group, _made = Group.objects.get_or_create(name=name)
        group.permissions.set([known[right] for right in rights])

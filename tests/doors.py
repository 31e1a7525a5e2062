"""Every door of the site and who may pass: what the tests of the roles (test_roles.py) try one by one.

A page that stands in no table fails there: whoever adds one says here who may open it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from syncbridge.roles import ROLES

NONE: frozenset[str] = frozenset()
ALL = frozenset(ROLES)
ACCOUNTS, OPERATING = frozenset({"accountant", "administrator"}), frozenset({"operator", "administrator"})
ADMINISTERING, CONTROLLING = frozenset({"administrator"}), frozenset({"administrator", "auditor"})
WORKING = ALL - {"auditor"}

MAPPING = (ALL, ACCOUNTS, ACCOUNTS, ADMINISTERING)
TO_SEE = (ALL, NONE, NONE, NONE)
TABLES: dict[str, tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]] = {
    **{
        f"mappings_{name}": MAPPING
        for name in (
            *("itemmapping", "itempart", "customerrule", "taxgroupmapping", "taxclassmapping", "paymentmapping"),
            *("vouchermapping", "carriermapping", "locationmapping", "wordmapping", "chargemapping", "takerule"),
        )
    },
    "mappings_buyercode": (ALL, NONE, ADMINISTERING, ADMINISTERING),
    "mappings_sagerecord": TO_SEE,
    "staging_stagedorder": TO_SEE,
    "staging_posting": TO_SEE,
    "staging_rawrecord": TO_SEE,
    "staging_task": TO_SEE,
    "staging_step": TO_SEE,
    "staging_mark": (ALL, NONE, OPERATING, NONE),
    "syncbridge_auditentry": TO_SEE,
    "syncbridge_alarm": TO_SEE,
    "syncbridge_notice": (CONTROLLING, ADMINISTERING, ADMINISTERING, ADMINISTERING),
    "syncbridge_threshold": (ALL, NONE, OPERATING, NONE),
    "connectors_shop": (ALL, ADMINISTERING, ADMINISTERING, ADMINISTERING),
    "connectors_sagecompany": (ALL, ADMINISTERING, ADMINISTERING, ADMINISTERING),
    "auth_user": (CONTROLLING, ADMINISTERING, ADMINISTERING, NONE),
    "auth_group": (CONTROLLING, NONE, NONE, NONE),
}
"""Who may see, add, change and delete the rows of a table on Django's own pages for it."""

Door = tuple[str, tuple[str, ...], str, dict[str, Any], frozenset[str]]

DOORS: list[Door] = [
    # --- orders
    ("staging_stagedorder_causes", (), "get", {}, ALL),
    ("staging_stagedorder_change", ("{order}",), "post", {}, ALL),  # shows the page as a GET does; its forms are below
    *(
        ("staging_stagedorder_act", ("{order}", name), "post", {"reason": "x"}, ACCOUNTS)
        for name in ("check", "push", "take_back", "ignore", "accept", "send-again", "settle-credit")
    ),
    ("staging_stagedorder_correct", ("{order}",), "post", {"place": "nowhere"}, ACCOUNTS),
    *(
        ("staging_stagedorder_desk", ("{order}", name), "post", {}, ACCOUNTS)
        for name in ("assign", "take", "tag", "note", "unnote")
    ),
    ("staging_dry_run", (), "get", {}, ACCOUNTS),
    ("staging_dry_run", (), "post", {}, ACCOUNTS),
    ("staging_stagedorder_try", ("{order}",), "post", {}, ACCOUNTS),
    ("staging_stagedorder_close", ("{order}",), "post", {"number": "ORD1"}, ACCOUNTS),
    # --- proofs and the bank page; to have a day proved is to look, and changes nothing
    ("staging_proof", (), "get", {}, ALL),
    ("staging_proof_ask", (), "post", {}, ALL),
    ("staging_proof_read", (), "post", {}, ACCOUNTS),
    ("staging_proof_export", ("{shop}", "2026-11-01", "csv"), "get", {}, ALL),
    ("staging_bank", (), "get", {}, ALL),
    ("staging_bank_tick", (), "post", {}, ACCOUNTS),
    ("staging_bank_untick", (), "post", {}, ACCOUNTS),
    # --- tasks
    ("staging_task_change", ("{task}",), "post", {}, ALL),  # as a GET
    ("staging_task_confirm", ("{tried}",), "post", {}, ACCOUNTS),
    ("staging_task_confirm", ("{moved}",), "post", {"reason": "x"}, OPERATING),
    ("staging_task_confirm", ("{compared}",), "post", {"reason": "x"}, OPERATING),
    ("staging_task_take_back", ("{ignored}",), "get", {}, ACCOUNTS),
    ("staging_task_take_back", ("{ignored}",), "post", {"reason": "x"}, ACCOUNTS),
    ("staging_task_stop", ("{task}",), "post", {}, OPERATING),
    ("staging_task_outcomes", ("{task}",), "get", {}, ALL),
    # --- marks, jobs, connections
    ("staging_mark_change", ("{mark}",), "post", {"kind": "now"}, OPERATING),
    ("staging_mark_go_live", ("{shop}",), "get", {}, OPERATING),
    ("staging_mark_go_live", ("{shop}",), "post", {"kind": "now"}, OPERATING),
    ("staging_resync", (), "get", {}, OPERATING),
    ("staging_resync", (), "post", {}, OPERATING),
    *(
        ("staging_step_act", (name, pk, act), "post", {}, OPERATING)
        for name, pk in (("shop", "{shop}"), ("push", "{company}"))
        for act in ("run", "pause", "resume")
    ),
    *(
        (f"connectors_{name}_act", ("{" + row + "}", act), "post", {"sure": "on"}, roles)
        for name, row in (("shop", "shop"), ("sagecompany", "company"))
        for act, roles in (("test", OPERATING), ("stop", OPERATING), ("resume", OPERATING), ("confirm", ADMINISTERING))
    ),
    # --- mappings
    *(
        (f"{table}_{view}", (), method, {}, roles)
        for table, rights in TABLES.items()
        if rights == MAPPING and table != "mappings_takerule"  # which has no spreadsheets
        for view, method, roles in (
            *(("codes", "get", ALL), ("export", "get", ALL), ("export", "post", ALL)),
            *(("import", "get", ACCOUNTS), ("import", "post", ACCOUNTS), ("process_import", "post", ACCOUNTS)),
        )
    ),
    ("mappings_sagerecord_refresh", ("{company}",), "post", {}, WORKING),
    # --- audit, thresholds, notices
    ("syncbridge_auditentry_undo", ("none",), "get", {}, ACCOUNTS),
    ("syncbridge_auditentry_undo", ("none",), "post", {"reason": "x"}, ACCOUNTS),
    ("syncbridge_threshold_change", ("personal",), "post", {}, ADMINISTERING),
    ("syncbridge_notice_test", ("{notice}",), "post", {}, ADMINISTERING),
    # --- people
    ("auth_user_password_change", ("{user}",), "get", {}, ADMINISTERING),
    ("auth_user_password_change", ("{user}",), "post", {}, ADMINISTERING),
]
"""What is more than a row's own pages: name, arguments, method, what is posted, who may pass."""

RQ = "django_rq_"
FOR_EVERY_STAFF = {
    "index": "says nothing of orders to who may not see them: test_dashboard tells",
    "search": "finds what its reader may see: see below",
    "app_list": "lists the tables that its reader may see",
    "autocomplete": "Django asks the right to see the table",
    "view_on_site": "no row of ours has a page outside the admin",
    "login": "the door itself",
    "logout": "for who came in",
    "password_change": "one's own",
    "password_change_done": "one's own",
    "jsi18n": "texts alone",
    "set_language": "of one's own pages",
}
"""Pages without a right of their own, and why."""

ACTIONS = {
    "mappings": {"delete_selected": ADMINISTERING},
    "mappings_sagerecord": {},
    "staging_stagedorder": dict.fromkeys(
        ("check_again", "push_now", "ignore", "close_by_hand", "assign_or_tag"), ACCOUNTS
    ),
    "syncbridge_auditentry": {"export": ALL, "erase": ADMINISTERING},
    "syncbridge_notice": {"delete_selected": ADMINISTERING},
    "syncbridge_threshold": {"reset": OPERATING},
    "connectors": {"delete_selected": ADMINISTERING},
}
"""Bulk actions by table, or by app where all its tables have the same, and to whom they are offered."""


def doors() -> Iterator[str]:
    """The name of every address of the site; what has none leads nowhere but to one that has."""

    def walk(resolver: URLResolver) -> Iterator[str]:
        for each in resolver.url_patterns:
            if isinstance(each, URLPattern):
                yield each.name or ""
            else:
                yield from walk(each)

    yield from filter(None, walk(get_resolver()))

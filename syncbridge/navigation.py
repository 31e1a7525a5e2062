"""The admin's sidebar, and what the search box finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Item = dict[str, Any]


def _may(right: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(right)


def _item(title: StrOrPromise, icon: str, name: str, right: str, query: str = "", **more: Any) -> Item:
    """One link: to a URL name of the admin, for those who have the right."""
    link = reverse_lazy(f"admin:{name}")
    to: Any = (lambda request: f"{link}{query}") if query else link
    return {"title": title, "icon": icon, "link": to, "permission": _may(right), **more}


def _table(title: StrOrPromise, icon: str, app: str, model: str) -> Item:
    return _item(title, icon, f"{app}_{model}_changelist", f"{app}.view_{model}")


def _on(name: str, **query: str) -> Callable[[HttpRequest], bool]:
    """Whether the request is for this page with exactly these of the list's filters."""

    def active(request: HttpRequest) -> bool:
        asked = {key: request.GET.get(key, "") for key in ("status__exact", "queue")}
        wanted = {"status__exact": "", "queue": "", **query}
        return request.path == str(reverse_lazy(f"admin:{name}")) and asked == wanted

    return active


def _below(name: str, *but: str) -> Callable[[HttpRequest], bool]:
    """Whether the request is for this page or one below it, except for the pages ``but``."""
    page, others = reverse_lazy(f"admin:{name}"), [reverse_lazy(f"admin:{other}") for other in but]
    return lambda request: request.path.startswith(str(page)) and request.path not in map(str, others)


def held(request: HttpRequest) -> str:
    """How many orders need staff, for the sidebar; empty when none does or it is nobody's business."""
    from staging.admin.worklists import NEEDS_YOU, queue
    from staging.models import StagedOrder

    if not request.user.has_perm("staging.view_stagedorder"):
        return ""
    return str(queue(StagedOrder.objects.all(), NEEDS_YOU).count() or "")


def find(request: HttpRequest, term: str) -> list[Any]:
    """Orders by any of their numbers, for the search box of every page."""
    from unfold.dataclasses import SearchResult

    from staging.admin.filters import search
    from staging.models import StagedOrder

    if not request.user.has_perm("staging.view_stagedorder"):
        return []
    found = search(StagedOrder.objects.select_related("shop"), term).order_by("-placed_at", "-pk")[:20]
    return [
        SearchResult(
            title=f"{order.reference or order.order_id} · {order.customer}",
            description=f"{order.shop} · {order.order_id} · {order.sage_reference}",
            link=reverse_lazy("admin:staging_stagedorder_change", args=[order.pk]),
            icon="receipt_long",
        )
        for order in found
    ]


_ORDERS = "staging_stagedorder_changelist"
_VIEW = "staging.view_stagedorder"
_NEEDS_YOU = {"queue": "needs-you"}

WORK: list[Item] = [
    {"title": _("Start"), "icon": "home", "link": reverse_lazy("admin:index")},
    _item(
        _("Needs you"), "front_hand", _ORDERS, _VIEW, "?queue=needs-you",
        active=_on(_ORDERS, **_NEEDS_YOU), badge="syncbridge.navigation.held", badge_variant="danger",
    ),
    _item(_("By cause"), "stacks", "staging_stagedorder_causes", _VIEW),
    _item(_("All orders"), "receipt_long", _ORDERS, _VIEW, active=_on(_ORDERS)),
    _item(_("Day proof"), "fact_check", "staging_proof", _VIEW),
    _item(_("Bank"), "account_balance", "staging_bank", _VIEW),
    _table(_("Documents in Sage"), "description", "staging", "posting"),
    {
        **_table(_("Tasks"), "checklist", "staging", "task"),
        "active": _below("staging_task_changelist", "staging_proof", "staging_bank"),
    },
]  # fmt: skip

MAPPINGS: list[Item] = [
    _table(_("Items"), "inventory_2", "mappings", "itemmapping"),
    _table(_("Parts of packs"), "package_2", "mappings", "itempart"),
    _table(_("Customers"), "group", "mappings", "customerrule"),
    _table(_("Buyers"), "badge", "mappings", "buyercode"),
    _table(_("Tax groups"), "account_balance", "mappings", "taxgroupmapping"),
    _table(_("Tax classes"), "percent", "mappings", "taxclassmapping"),
    _table(_("Payment methods"), "credit_card", "mappings", "paymentmapping"),
    _table(_("Vouchers as payment"), "redeem", "mappings", "vouchermapping"),
    _table(_("Carriers"), "local_shipping", "mappings", "carriermapping"),
    _table(_("Charges"), "add_shopping_cart", "mappings", "chargemapping"),
    _table(_("Locations"), "warehouse", "mappings", "locationmapping"),
    _table(_("Currencies, countries"), "public", "mappings", "wordmapping"),
    _table(_("Which orders are taken"), "rule", "mappings", "takerule"),
    _table(_("Records in Sage"), "database", "mappings", "sagerecord"),
]

CONNECTIONS: list[Item] = [
    _table(_("Shops"), "storefront", "connectors", "shop"),
    _table(pgettext_lazy("title", "Sage companies"), "apartment", "connectors", "sagecompany"),
    {
        **_table(_("Marks"), "bookmark", "staging", "mark"),
        "active": _below("staging_mark_changelist", "staging_resync"),
    },
    _item(_("Re-sync with Sage"), "sync_problem", "staging_resync", "staging.add_task"),
]

RUNNING: list[Item] = [
    _item(_("Jobs"), "conveyor_belt", "staging_step_changelist", "staging.view_step"),
    _item(_("Queue (technical view)"), "bug_report", "django_rq_dashboard_changelist", "django_rq.admin"),
    _table(_("Raw records"), "data_object", "staging", "rawrecord"),
    _table(_("Audit"), "history", "syncbridge", "auditentry"),
    _table(_("Alarms"), "notifications_active", "syncbridge", "alarm"),
    _table(_("Notices"), "mail", "syncbridge", "notice"),
    _table(_("Thresholds"), "tune", "syncbridge", "threshold"),
    _item(_("People"), "badge", "auth_user_changelist", "auth.view_user"),
    _item(_("Roles"), "shield_person", "auth_group_changelist", "auth.view_group"),
]

SIDEBAR: dict[str, Any] = {
    "show_search": True,
    "command_search": True,
    "show_all_applications": False,
    "navigation": [
        {"title": _("Work"), "items": WORK},
        {"title": _("Mappings"), "items": MAPPINGS, "separator": True, "collapsible": True},
        {"title": _("Connections"), "items": CONNECTIONS, "separator": True},
        {"title": _("Running it"), "items": RUNNING, "separator": True},
    ],
}

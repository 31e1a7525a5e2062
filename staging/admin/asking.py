"""Who may ask for which task, and asking: it is written down, and a worker does it."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from staging import bulk, jobs
from staging.models import StagedOrder, Task

SHOWN = 200
"""Orders listed before a bulk action; the others are counted."""

NEEDED = {"mark": "staging.change_mark", "go-live": "staging.change_mark", "resync": "staging.add_task"}
"""The right to ask for a task of a kind; bulk actions need the right to change orders."""


def may_ask(request: HttpRequest, kind: str) -> bool:
    """Whether this person may ask for a task of a kind."""
    return request.user.has_perm(NEEDED.get(kind, "staging.change_stagedorder"))


def ask(request: HttpRequest, kind: str, parameters: dict[str, Any]) -> HttpResponse:
    """Write the request down and go to its page; PermissionDenied without the right."""
    if not may_ask(request, kind):
        raise PermissionDenied
    task = jobs.ask(kind, parameters, cast(User, request.user))
    return HttpResponseRedirect(reverse("admin:staging_task_change", args=[task.pk]))


def ask_chosen(request: HttpRequest, kind: str, orders: list[list[int]], **more: Any) -> HttpResponse:
    """Ask for what is to be done with the orders that were chosen in the list; the task remembers the list."""
    if len(orders) > bulk.AT_MOST:
        return refuse_many(request)
    return ask(request, kind, {"orders": orders, **more, "list": request.GET.urlencode()})


def refuse_many(request: HttpRequest) -> HttpResponse:
    """Back to the list: more were chosen than one task takes."""
    messages.error(request, too_many())
    return HttpResponseRedirect(request.get_full_path())


def too_many() -> str:
    """Why, and what to do."""
    text = _("Nothing was done: at most %(n)s orders at once. Choose fewer with filters or days, then ask again.")
    return text % {"n": number_format(bulk.AT_MOST, force_grouping=True)}


def seen(request: HttpRequest) -> list[list[int]]:
    """[primary key, version or who had it] of each chosen order, as the page showed them."""
    pairs = [text.partition(":") for text in request.POST.get("chosen", "").split()]
    return [[int(pk), int(token)] for pk, _colon, token in pairs if pk.isdecimal() and token.isdecimal()]


def shown(chosen: list[list[int]], action: str) -> dict[str, Any]:
    """What each page that asks about chosen orders needs, to show them and to send them again as they were chosen."""
    return {
        "action": action,
        "chosen": [f"{pk}:{token}" for pk, token in chosen],
        "orders": StagedOrder.objects.filter(pk__in=[pk for pk, _token in chosen[:SHOWN]]).order_by("placed_at", "pk"),
        "unshown": max(0, len(chosen) - SHOWN),
    }


def onward(before: Task, **parameters: Any) -> dict[str, Any]:
    """Parameters of a task that goes on from another: its orders were chosen from the same list."""
    return parameters | {name: before.parameters[name] for name in ("list",) if name in before.parameters}


def list_url(task: Task) -> str:
    """The list that its orders were chosen from, filtered as it was; "" when they were not."""
    if "list" not in task.parameters:
        return ""
    return f"{reverse('admin:staging_stagedorder_changelist')}?{task.parameters['list']}"

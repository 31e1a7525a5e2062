"""What people asked for: how far it is, what came out, and the confirmation of what was only looked at."""

from __future__ import annotations

import csv
from datetime import date
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from connectors.models import SageCompany, Shop
from mappings.spreadsheets import safe_cell
from staging import jobs, tasks
from staging.admin import proof
from staging.admin.foretold import groups, outcome_words
from staging.admin.forms import ReasonForm
from staging.admin.rows import ReadOnly
from staging.admin.words import OUTCOMES, TASKS
from staging.closing import CLOSE
from staging.dryrun import DRY_RUN
from staging.forecast import Tally
from staging.models import Mark, StagedOrder, Task
from staging.staff import MONEY_RIGHT

ROWS_SHOWN = 500

NEEDED = {"mark": "staging.change_mark", "go-live": "staging.change_mark", "resync": "staging.add_task"}
"""The right to ask for a task of a kind; bulk actions need the right to change orders."""

PREVIEWED = (*NEEDED, DRY_RUN, CLOSE)
"""Kinds that are looked at first and confirmed afterwards; a dry run by having the same orders checked."""


def may_ask(request: HttpRequest, kind: str) -> bool:
    """Whether this person may ask for a task of a kind."""
    return request.user.has_perm(NEEDED.get(kind, "staging.change_stagedorder"))


def ask(request: HttpRequest, kind: str, parameters: dict[str, Any]) -> HttpResponse:
    """Write the request down and go to its page; PermissionDenied without the right."""
    if not may_ask(request, kind):
        raise PermissionDenied
    task = jobs.ask(kind, parameters, cast(User, request.user))
    return HttpResponseRedirect(reverse("admin:staging_task_change", args=[task.pk]))


@admin.register(Task)
class TaskAdmin(ReadOnly):
    """What people asked for, and how far it is."""

    list_display = ["what", "state", "finished", "total", "user", "created_at", "ended_at", "message"]
    list_filter = ["status"]
    list_select_related = ["user"]
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        """Without what a task was asked and found: that may be thousands of orders."""
        return super().get_queryset(request).defer("parameters", "result")  # type: ignore[no-any-return]

    @admin.display(description=gettext_lazy("task"), ordering="kind")
    def what(self, row: Task) -> str:
        """What was asked for."""
        return f"{TASKS.get(row.kind, row.kind)} {row.pk}"

    @display(  # type: ignore[untyped-decorator]
        description=gettext_lazy("status"),
        ordering="status",
        label={"done": "success", "failed": "danger", "running": "info", "queued": "info", "stopped": "warning"},
    )
    def state(self, row: Task) -> tuple[str, str]:
        """The status in words."""
        return row.status, row.get_status_display()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """How far it is and what came out; looks again by itself while it is under way."""
        task = self._task(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": task,
            "task": task,
            "title": f"{TASKS.get(task.kind, task.kind)} {task.pk}",
            "under_way": task.status in (Task.Status.QUEUED, Task.Status.RUNNING),
            "may_stop": task.kind in tasks.BULK and self._may_stop(request, task),
            "rows": _rows(task, ROWS_SHOWN),
            "unshown": max(0, task.finished - ROWS_SHOWN) if task.kind in tasks.BULK else 0,
            "groups": groups(Tally(task.result["tally"])) if "tally" in task.result else [],
            "about": _about(task),
            "confirm": self._confirmable(request, task),
            "form": ReasonForm(),
        }
        return TemplateResponse(request, "admin/staging/task/page.html", context)

    def confirm(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do what was looked at: the same parameters, and for a mark the very position that was shown."""
        task = self._task(request, pk)
        form = ReasonForm(request.POST)
        if request.method != "POST" or not self._confirmable(request, task):
            raise PermissionDenied
        if task.kind == DRY_RUN:
            return ask(request, "recheck", {"orders": task.parameters["orders"]})
        if not form.is_valid():
            messages.error(request, _("Nothing was done: enter a reason, it is kept."))
            return HttpResponseRedirect(reverse("admin:staging_task_change", args=[pk]))
        parameters = {**task.parameters, "apply": True, "reason": form.cleaned_data["reason"]}
        if task.kind == "mark":
            parameters |= {"when": task.result["when"], "id": task.result["id"]}
        if task.kind == CLOSE:
            parameters |= {"told": task.result}
        return ask(request, task.kind, parameters)

    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End a bulk action before its next orders."""
        task = self._task(request, pk)
        if request.method != "POST" or not self._may_stop(request, task):
            raise PermissionDenied
        if not tasks.stop(task):
            messages.warning(request, _("It had ended already."))
        return HttpResponseRedirect(reverse("admin:staging_task_change", args=[pk]))

    def outcomes(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The rows of a bulk action as CSV."""
        task = self._task(request, pk)
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="task-{task.pk}.csv"'
        response.write("\ufeff")  # so that Excel takes it for UTF-8
        table = csv.writer(response)
        table.writerow([_("order"), _("reference"), _("customer"), _("outcome")])
        for order, outcome in _rows(task):
            known = [order.order_id, order.reference, order.customer] if order else ["", "", ""]
            table.writerow([safe_cell(str(cell)) for cell in (*known, outcome)])
        return response

    def get_urls(self) -> list[Any]:
        """The page's buttons post here."""
        wrap = self.admin_site.admin_view
        return [
            *proof.urls(self.admin_site),
            path("<int:pk>/confirm/", wrap(self.confirm), name="staging_task_confirm"),
            path("<int:pk>/stop/", wrap(self.stop), name="staging_task_stop"),
            path("<int:pk>/outcomes.csv", wrap(self.outcomes), name="staging_task_outcomes"),
            *super().get_urls(),
        ]

    def _task(self, request: HttpRequest, pk: object) -> Task:
        if not str(pk).isdecimal():
            raise Http404
        task = get_object_or_404(Task.objects.select_related("user"), pk=pk)
        if not self.has_view_permission(request, task):
            raise PermissionDenied
        return task

    def _may_stop(self, request: HttpRequest, task: Task) -> bool:
        return task.user_id == request.user.pk or request.user.has_perm("staging.change_task")

    def _confirmable(self, request: HttpRequest, task: Task) -> bool:
        looked = task.status == Task.Status.DONE and not task.parameters.get("apply")
        if task.kind == CLOSE and not (task.result.get("differences") and request.user.has_perm(MONEY_RIGHT)):
            return False
        return task.kind in PREVIEWED and looked and may_ask(request, task.kind)


def _rows(task: Task, at_most: int | None = None) -> list[tuple[StagedOrder | None, str]]:
    rows = task.result.get("rows", [])[:at_most] if task.kind in tasks.BULK else []
    orders: QuerySet[StagedOrder] = StagedOrder.objects.select_related("shop")
    found = orders.in_bulk([row[0] for row in rows])
    words = outcome_words if task.kind == DRY_RUN else _acted
    return [(found.get(pk), words(*outcome)) for pk, *outcome in rows]


def _acted(outcome: str, told: str = "") -> str:
    words = str(OUTCOMES.get(outcome, outcome))
    return f"{words}: {told}" if told else words


def _about(task: Task) -> dict[str, Any]:
    """The shop or company that the task concerns, and what was asked, in words."""
    asked = task.parameters
    shop = Shop.objects.filter(pk=asked["shop"]).first() if "shop" in asked else None
    company = SageCompany.objects.filter(pk=asked["company"]).first() if "company" in asked else None
    order = StagedOrder.objects.select_related("shop").filter(pk=asked["order"]).first() if "order" in asked else None
    stream = dict(Mark.Stream.choices).get(asked.get("stream", Mark.Stream.ORDERS), "")
    days = {
        name: date.fromisoformat(asked[name]) for name in ("first", "last") if task.kind == DRY_RUN and name in asked
    }
    return {"shop": shop, "company": company, "stream": stream, "asked": asked, "order": order, **days}

"""What people asked for: how far it is, what came out, and the confirmation of what was only looked at."""

from __future__ import annotations

from datetime import date
from typing import Any

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
from staging import tasks
from staging.admin import proof
from staging.admin.asking import NEEDED, ask, list_url, may_ask, onward
from staging.admin.forms import ReasonForm
from staging.admin.rows import ReadOnly
from staging.admin.takeback_pages import TakeBackViews
from staging.admin.task_rows import as_csv, groups, rows
from staging.assigning import ASSIGN, Wish
from staging.closing import CLOSE, CLOSE_MANY, FITS
from staging.dryrun import DRY_RUN
from staging.models import Mark, StagedOrder, Task
from staging.proofs.task import proved
from staging.proofs.words import sentence
from staging.staff import MONEY_RIGHT
from staging.wording import kept_words

ROWS_SHOWN, ROWS_SHOWN_UNDER_WAY = 500, 50

PREVIEWED = (*NEEDED, DRY_RUN, CLOSE, CLOSE_MANY)
"""Kinds that are looked at first and confirmed afterwards; a dry run by having the same orders checked."""


@admin.register(Task)
class TaskAdmin(TakeBackViews, ReadOnly):
    """What people asked for, and how far it is."""

    nothing = gettext_lazy(
        "No task since this bridge was set up on %(since)s. What takes longer than a page is one: "
        "actions on many orders, dry runs, day proofs, marks, re-syncs."
    )
    list_display = ["what", "state", "finished", "total", "user", "created_at", "ended_at", "outcome"]
    list_filter = ["status"]
    list_select_related = ["user"]
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        """Without what a task was asked and found: that may be thousands of orders."""
        return super().get_queryset(request).defer("parameters", "result")  # type: ignore[no-any-return]

    @admin.display(description=gettext_lazy("task"), ordering="kind")
    def what(self, row: Task) -> str:
        """What was asked for."""
        return str(row)

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
        under_way = task.status in (Task.Status.QUEUED, Task.Status.RUNNING)
        bulk, shown = task.kind in tasks.BULK, ROWS_SHOWN_UNDER_WAY if under_way else ROWS_SHOWN
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": task,
            "task": task,
            "title": str(task),
            "under_way": under_way,
            "bulk": bulk,
            "may_stop": bulk and self._may_stop(request, task),
            "rows": rows(task, shown),
            "left": task.total - task.finished,
            "unshown": max(0, task.finished - shown) if bulk else 0,
            "groups": [] if under_way else groups(task),
            "fitting": len(_fitting(task)),
            "back": list_url(task),
            **self.takes_back(request, task),
            "about": _about(task),
            "proved": [(sentence(proof), proof.day.isoformat()) for proof in proved(task)],
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
            return ask(request, "recheck", onward(task, orders=task.parameters["orders"]))
        if task.kind == CLOSE_MANY:
            return ask(request, CLOSE_MANY, {**task.parameters, "orders": _fitting(task), "apply": True})
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
        return as_csv(request, self._task(request, pk))

    def get_urls(self) -> list[Any]:
        """The page's buttons post here."""
        wrap = self.admin_site.admin_view
        return [
            *proof.urls(self.admin_site),
            *self.takeback_urls(),
            path("<int:pk>/confirm/", wrap(self.confirm), name="staging_task_confirm"),
            path("<int:pk>/stop/", wrap(self.stop), name="staging_task_stop"),
            path("<int:pk>/outcomes.csv", wrap(self.outcomes), name="staging_task_outcomes"),
            *super().get_urls(),
        ]

    @admin.display(description=gettext_lazy("message"))
    def outcome(self, task: Task) -> str:
        """What came of it."""
        return kept_words(task.message)

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
        if task.kind == CLOSE_MANY and not _fitting(task):
            return False
        return task.kind in PREVIEWED and looked and may_ask(request, task.kind)


def _fitting(task: Task) -> list[list[int]]:
    """Of orders whose numbers were looked up in Sage, those that fit, as they were chosen."""
    if task.kind != CLOSE_MANY:
        return []
    fits = {row[0] for row in task.result.get("rows", []) if row[1] == FITS}
    return [pair for pair in task.parameters["orders"] if pair[0] in fits]


def _about(task: Task) -> dict[str, Any]:
    """The shop or company that the task concerns, and what was asked, in words."""
    asked = task.parameters
    shop = Shop.objects.filter(pk=asked["shop"]).first() if "shop" in asked else None
    company = SageCompany.objects.filter(pk=asked["company"]).first() if "company" in asked else None
    order = StagedOrder.objects.select_related("shop").filter(pk=asked["order"]).first() if "order" in asked else None
    streams = dict(Mark.Stream.choices)
    days = {
        name: date.fromisoformat(asked[name]) for name in ("first", "last") if task.kind == DRY_RUN and name in asked
    }
    return {
        "shop": shop,
        "company": company,
        "stream": streams.get(asked.get("stream", Mark.Stream.ORDERS), ""),
        "marks": [(streams.get(name, name), at) for name, at in task.result.get("marks", {}).items()],
        "asked": asked,
        "order": order,
        "wish": _wish(task),
        **days,
    }


def _wish(task: Task) -> str:
    """Of an assignment: whose the orders were to be, and how tagged."""
    if task.kind != ASSIGN:
        return ""
    wish, told = Wish.asked(task.parameters), []
    if wish.to is not None:
        person = User.objects.filter(pk=wish.to).first()
        told.append(_("Assigned to %(name)s.") % {"name": person or "–"} if wish.to else _("Assigned to nobody."))
    if wish.add:
        told.append(_("Tags added: %(tags)s.") % {"tags": ", ".join(wish.add)})
    if wish.remove:
        told.append(_("Tags taken away: %(tags)s.") % {"tags": ", ".join(wish.remove)})
    return " ".join(told)

"""Taking a bulk action back: what of it would come back, then a task that does it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from staging.admin.asking import ask, may_ask, onward
from staging.admin.foretold import Group
from staging.admin.forms import ReasonForm
from staging.assigning import ASSIGN
from staging.closing import CLOSE_MANY
from staging.forecast import Tally
from staging.models import StagedOrder, Task
from staging.takeback import TAKE_BACK, WAYS, changed

WOULD = {
    "ignore": gettext_lazy("would be opened again and checked"),
    CLOSE_MANY: gettext_lazy("would be opened again and checked, their numbers in Sage forgotten"),
    ASSIGN: gettext_lazy("would get back who had them, and their tags"),
}
"""What taking an action back does with an order that stands as it was left."""

NEVER = {
    "recheck": gettext_lazy("A check cannot be taken back: it changed nothing of the orders themselves."),
    "push-now": gettext_lazy("Sending cannot be taken back: what Sage holds stays there."),
    TAKE_BACK: gettext_lazy("To do it once more, choose the orders in the list again."),
}
"""Why some actions cannot be taken back."""

STANDS = "stands"


def takeback_url(task: Task) -> str:
    """The page that asks; "" when there is nothing to take back."""
    return reverse("admin:staging_task_take_back", args=[task.pk]) if changed(task) else ""


class TakeBackViews:
    """Part of the tasks' ModelAdmin."""

    def takes_back(self, request: HttpRequest, task: Task) -> dict[str, Any]:
        """For the task's page: the way back, the tasks that went it already, or why there is none."""
        if not task.ended_at:
            return {}
        taken = Task.objects.none()
        if task.kind in WAYS:
            went = Task.objects.filter(kind=TAKE_BACK, parameters__task=task.pk)
            taken = went.select_related("user").defer("parameters", "result").order_by("pk")
        whole = any(row.status == Task.Status.DONE for row in taken)
        return {
            "taken_back": taken,
            "take_back_url": "" if whole or not may_ask(request, TAKE_BACK) else takeback_url(task),
            "never": NEVER.get(task.kind, ""),
            "action": Task.objects.filter(pk=task.parameters.get("task")).first() if task.kind == TAKE_BACK else None,
        }

    def take_back(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What would come back and what moved on; confirmed with a reason, a task does it."""
        admin: Any = self
        task = admin._task(request, pk)
        orders = changed(task)
        if not may_ask(request, TAKE_BACK) or not orders:
            raise PermissionDenied
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            return ask(request, TAKE_BACK, onward(task, task=task.pk, orders=orders, **form.cleaned_data))
        context = {
            **admin.admin_site.each_context(request),
            "opts": admin.opts,
            "original": task,
            "task": task,
            "title": _("Take back: %(task)s") % {"task": task},
            "count": len(orders),
            "groups": _would(task, orders),
            "form": form,
            "by_hand": task.kind == CLOSE_MANY,
        }
        return TemplateResponse(request, "admin/staging/task/take_back.html", context)

    def takeback_urls(self) -> list[Any]:
        """Where its button leads."""
        admin: Any = self
        view = admin.admin_site.admin_view(self.take_back)
        return [path("<int:pk>/take-back/", view, name="staging_task_take_back")]


def _would(task: Task, orders: list[list[int]]) -> list[Group]:
    """The orders that an action changed by what taking it back would do with them; those that come back first."""
    fields = ("pk", "status", "version", "assignee", "tags", "currency", "total")
    found = StagedOrder.objects.only(*fields).in_bulk([pk for pk, _version in orders])
    tally = Tally()
    for pk, version in orders:
        order = found.get(pk)
        if order is not None:
            stands = WAYS[task.kind].stands(task, order, version)
            tally.add(STANDS if stands else order.status, "", order.currency, order.total)
    words = {value: _("changed since, left as it is: %(status)s") % {"status": label} for value, label in STATUSES}
    words[STANDS] = str(WOULD[task.kind])
    rows = [Group.of(words[outcome], n, sums, outcome == STANDS) for outcome, _cause, n, sums in tally.told()]
    return sorted(rows, key=lambda group: not group.good)


STATUSES = StagedOrder.Status.choices

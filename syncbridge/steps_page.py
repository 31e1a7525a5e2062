"""The page “Jobs”: are workers and clock alive, what waits, and what each step did; run now, pause, resume."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors.models import SageCompany, Shop
from staging import jobs, steps
from staging.admin.rows import ReadOnly
from staging.models import Posting, StagedOrder, Step, Task
from syncbridge import health, on_the_way
from syncbridge.models import Beat
from syncbridge.next_run import is_paused, next_run
from syncbridge.notices.beats import TICK

LONGEST = timedelta(days=30)
TASKS_SHOWN = 10


@dataclass(frozen=True)
class StepView:
    """One step of a shop or company: what it did last, what it does next, and who paused it."""

    name: str
    words: str
    row: Step | None
    paused: bool
    next: str
    due: int = 0
    oldest: datetime | None = None


class PauseForm(forms.Form):
    """Until when, and why."""

    until = forms.DateTimeField(
        label=gettext_lazy("until"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M"],
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=250)

    def clean_until(self) -> datetime:
        """Some time from now on; a pause that nobody would remember is none."""
        until: datetime = self.cleaned_data["until"]
        if not timezone.now() < until <= timezone.now() + LONGEST:
            raise forms.ValidationError(_("Choose a time from now on, within the next 30 days."))
        return until


@admin.register(Step)
class StepAdmin(ReadOnly):
    """Workers, clock, lanes and steps."""

    list_display = ["name", "shop", "company", "ran_at"]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Everything on one page; it looks again by itself."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        beat = Beat.objects.filter(name=TICK).first()
        under_way = Task.objects.filter(status__in=[Task.Status.QUEUED, Task.Status.RUNNING])
        context = {
            **self.admin_site.each_context(request),
            "title": _("Jobs"),
            "content_title": _("Jobs"),
            "health": health.look(),
            "beat": beat,
            "way": on_the_way.look(),
            "groups": _groups(request),
            "tasks": _light(under_way)[:TASKS_SHOWN],
            "soon": timezone.localtime() + timedelta(hours=1),
        }
        return TemplateResponse(request, "admin/syncbridge/jobs.html", context)

    def act(self, request: HttpRequest, name: str, pk: int, act: str) -> HttpResponse:
        """Run now, pause or resume a step of a shop or company; ``name`` “shop” or “company”: all its steps."""
        row, names = _of(name, pk)
        if request.method != "POST" or not _may_operate(request, row):
            raise PermissionDenied
        acts = {"run": self._run, "pause": self._pause, "resume": self._resume}
        if act not in acts:
            raise Http404
        acts[act](request, row, names)
        return HttpResponseRedirect(reverse("admin:staging_step_changelist"))

    def _run(self, request: HttpRequest, row: Shop | SageCompany, names: tuple[str, ...]) -> None:
        free = [name for name in names if steps.paused(name, row) is None]
        for name in free:
            jobs.ring(name, row.pk)
            with translation.override(settings.LANGUAGE_CODE):  # it is kept
                self.log_change(request, row, _("Run now: %(step)s.") % {"step": steps.WORDS[name]})
        if not free:
            messages.warning(request, _("Nothing was done: it is paused. Resume it first."))
        elif health.look().working:
            messages.success(request, _("A worker takes it up in the next seconds."))
        else:
            messages.warning(request, _("No worker answers at this moment: it is done once one does. See above."))

    def _pause(self, request: HttpRequest, row: Shop | SageCompany, names: tuple[str, ...]) -> None:
        form = PauseForm(request.POST)
        if not form.is_valid():
            told = " ".join(str(error) for errors in form.errors.values() for error in errors)
            messages.error(request, _("Nothing was done: %(why)s") % {"why": told})
            return
        for name in names:
            steps.pause(name, row, form.cleaned_data["until"], cast(User, request.user), form.cleaned_data["reason"])
        messages.success(request, _("Paused. What is running at this moment ends within a minute."))

    def _resume(self, request: HttpRequest, row: Shop | SageCompany, names: tuple[str, ...]) -> None:
        resumed = [name for name in names if steps.resume(name, row)]
        for name in resumed:
            jobs.ring(name, row.pk)
        if resumed:
            messages.success(request, _("It goes on in the next seconds."))
        else:
            messages.warning(request, _("It was not paused any more."))

    def get_urls(self) -> list[Any]:
        """The buttons post here."""
        view = self.admin_site.admin_view(self.act)
        return [path("<str:name>/<int:pk>/<str:act>/", view, name="staging_step_act"), *super().get_urls()]


def _light(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """The oldest first, without what they were asked and found: that may be thousands of orders."""
    return tasks.select_related("user").defer("parameters", "result").order_by("pk")


def _of(name: str, pk: int) -> tuple[Shop | SageCompany, tuple[str, ...]]:
    """The row that a button concerns, and its steps."""
    if name == "shop" or name in steps.OF_SHOP:
        return get_object_or_404(Shop, pk=pk), steps.OF_SHOP if name == "shop" else (name,)
    if name == "company" or name in steps.OF_COMPANY:
        return get_object_or_404(SageCompany, pk=pk), steps.OF_COMPANY if name == "company" else (name,)
    raise Http404


def _may_operate(request: HttpRequest, row: Shop | SageCompany) -> bool:
    return request.user.has_perm(f"connectors.operate_{row._meta.model_name}")


def _groups(request: HttpRequest) -> list[dict[str, Any]]:
    """Each shop and company with its steps; the queries do not grow with their number."""
    known = {(step.name, step.shop_id, step.company_id): step for step in Step.objects.select_related("paused_by")}
    due = _due()
    found = []
    shops, companies = Shop.objects.select_related("company"), SageCompany.objects.all()
    rows: list[Shop | SageCompany] = [*shops.order_by("name"), *companies.order_by("name")]
    for row in rows:
        of_shop = isinstance(row, Shop)
        views = []
        for name in steps.OF_SHOP if of_shop else steps.OF_COMPANY:
            step = known.get((name, row.pk, None) if of_shop else (name, None, row.pk))
            count, oldest = due.get((name, row.pk), (0, None))
            paused, told = is_paused(step), next_run(row, step, name)
            views.append(StepView(name, str(steps.WORDS[name]), step, paused, told, count, oldest))
        link = reverse(f"admin:connectors_{row._meta.model_name}_change", args=[row.pk])
        group = {"row": row, "kind": "shop" if of_shop else "company", "link": link, "steps": views}
        found.append(group | {"may": _may_operate(request, row), "any_paused": any(view.paused for view in views)})
    return found


def _due() -> dict[tuple[str, int], tuple[int, datetime | None]]:
    """How many orders are due to be checked and documents to be sent, and since when the oldest is."""
    now = timezone.now()
    checks = StagedOrder.objects.filter(status=StagedOrder.Status.STAGED, due_at__lte=now).order_by()
    sends = Posting.objects.filter(status=Posting.Status.READY, due_at__lte=now).order_by()
    return {
        **{
            ("validate", pk): (n, at)
            for pk, n, at in checks.values_list("shop").annotate(n=Count("pk"), at=Min("due_at"))
        },
        **{
            ("push", pk): (n, at)
            for pk, n, at in sends.values_list("company").annotate(n=Count("pk"), at=Min("due_at"))
        },
    }

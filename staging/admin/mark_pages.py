"""The highwater marks: where reading stands, how the clocks stand to each other, and the forms that set them.

Nothing here asks the shop: a form writes down a task, whose page shows what it would do and asks for confirmation.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from connectors.models import SageCompany, Shop
from staging import marks
from staging.admin.asking import ask, may_ask
from staging.admin.rows import ReadOnly
from staging.models import Mark, Step

CLOCKS_APART = 90
"""Seconds; a shop clock further from ours is worth a word."""

LATE = timedelta(minutes=3)
"""After this without a reading nobody knows what lies unread in the shop."""

NOW, DATE, ORDER = "now", "date", "order"


class WhereForm(forms.Form):
    """A place in the shop's history: now, a day, or an order; ``to`` is how a task is told of it."""

    kind = forms.ChoiceField(
        label=gettext_lazy("From"),
        choices=[
            (ORDER, gettext_lazy("an order and all later ones")),
            (DATE, gettext_lazy("a day (in the shop's time)")),
            (NOW, gettext_lazy("now: leave out everything older")),
        ],
        widget=forms.RadioSelect,
        initial=ORDER,
    )
    order = forms.IntegerField(label=gettext_lazy("Order number"), min_value=1, required=False)
    day = forms.DateField(
        label=gettext_lazy("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean(self) -> dict[str, Any]:
        """What belongs to the chosen kind is there."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") == ORDER and not cleaned.get("order") and "order" not in self.errors:
            self.add_error("order", _("Enter the order's number as in the shop."))
        if cleaned.get("kind") == DATE and not cleaned.get("day") and "day" not in self.errors:
            self.add_error("day", _("Enter a day."))
        return cleaned

    @property
    def to(self) -> str:
        """“now”, “2026-11-01” or “#1042”."""
        chosen = self.cleaned_data
        return {NOW: NOW, DATE: f"{chosen['day']}", ORDER: f"#{chosen['order']}"}[chosen["kind"]]


class CompanyForm(forms.Form):
    """Which company is compared with its Sage, and since when."""

    company = forms.ModelChoiceField(SageCompany.objects.order_by("name"), label=pgettext_lazy("title", "Sage company"))
    since = forms.DateField(
        label=gettext_lazy("Documents since"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


@admin.register(Mark)
class MarkAdmin(ReadOnly):
    """Where reading stands."""

    list_display = ["shop", "stream", "set"]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """All shops with their streams: mark, clocks, lag, halt."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows, steps = list(Mark.objects.select_related("shop").order_by("shop__name", "pk")), _steps()
        shops = [(shop, [mark for mark in rows if mark.shop_id == shop.pk]) for shop in Shop.objects.order_by("name")]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Marks"),
            "shops": [(shop, [_view(mark, steps) for mark in own], _runs(shop.pk, own, steps)) for shop, own in shops],
            "may_set": may_ask(request, "mark"),
        }
        return TemplateResponse(request, "admin/staging/mark/list.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One mark and the form that sets it."""
        if not object_id.isdecimal():
            raise Http404
        mark = get_object_or_404(Mark.objects.select_related("shop"), pk=object_id)
        if not self.has_view_permission(request, mark):
            raise PermissionDenied
        form = WhereForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return ask(request, "mark", {"shop": mark.shop_id, "stream": mark.stream, "to": form.to})
        steps, own = _steps(), Mark.objects.filter(shop=mark.shop_id)
        context = {
            "title": str(mark),
            "original": mark,
            "view": _view(mark, steps),
            "may_set": may_ask(request, "mark"),
        }
        context["runs"] = _runs(mark.shop_id, own, steps)
        return self._form(request, form, "admin/staging/mark/set.html", context)

    def go_live(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The form that names a shop's first order."""
        shop = get_object_or_404(Shop, pk=pk)
        if not may_ask(request, "go-live"):
            raise PermissionDenied
        form = WhereForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return ask(request, "go-live", {"shop": shop.pk, "first": form.to})
        context = {"title": _("Go-live of %(shop)s") % {"shop": shop}, "shop": shop, "may_set": True}
        return self._form(request, form, "admin/staging/mark/go_live.html", context)

    def resync(self, request: HttpRequest) -> HttpResponse:
        """The form that compares a company with its Sage."""
        if not may_ask(request, "resync"):
            raise PermissionDenied
        companies = list(SageCompany.objects.values_list("pk", flat=True)[:2])
        initial = {"company": companies[0] if len(companies) == 1 else None, **request.GET.dict()}
        form = CompanyForm(request.POST if request.method == "POST" else None, initial=initial)
        if request.method == "POST" and form.is_valid():
            asked = form.cleaned_data
            return ask(request, "resync", {"company": asked["company"].pk, "since": asked["since"].isoformat()})
        return self._form(request, form, "admin/staging/mark/resync.html", {"title": _("Re-sync with Sage")})

    def get_urls(self) -> list[Any]:
        """The forms beside the marks' own."""
        wrap = self.admin_site.admin_view
        return [
            path("go-live/<int:pk>/", wrap(self.go_live), name="staging_mark_go_live"),
            path("resync/", wrap(self.resync), name="staging_resync"),
            *super().get_urls(),
        ]

    def _form(self, request: HttpRequest, form: forms.Form, page: str, context: dict[str, Any]) -> HttpResponse:
        common = {**self.admin_site.each_context(request), "opts": self.opts, "form": form}
        return TemplateResponse(request, page, common | context)


Steps = dict[tuple[int | None, str], Step]


def _steps() -> Steps:
    """What reads the shops, and what compares them, by shop and name."""
    rows = Step.objects.filter(name__in=["fetch", "compare"]).select_related("paused_by")
    return {(step.shop_id, step.name): step for step in rows}


def _runs(shop: int, marks: Iterable[Mark], steps: Steps) -> dict[str, Any]:
    """A shop's two steps, and what its full compare did last."""
    orders = next((mark for mark in marks if mark.stream == Mark.Stream.ORDERS), None)
    return {
        "fetch": steps.get((shop, "fetch")),
        "compare": steps.get((shop, "compare")),
        "compared_at": orders and orders.compared_at,
        "comparing": orders and orders.compare_when,
    }


def _view(mark: Mark, steps: Steps) -> dict[str, Any]:
    """One mark for its page; ``newest``: how much older than the shop's clock the newest change is that was read."""
    offset, instant, lag = marks.offset(mark), marks.instant(mark), marks.lag(mark)
    fetch = steps.get((mark.shop_id, "fetch"))
    return {
        "mark": mark,
        "instant": instant,
        "lag": lag,
        "late": lag is not None and lag > LATE,
        "left": fetch is not None and fetch.left,
        "newest": mark.shop_now - instant if mark.shop_now and instant else None,
        "offset": offset,
        "apart": offset is not None and abs(offset.total_seconds()) > CLOCKS_APART,
        "ahead": offset is not None and offset.total_seconds() > 0,
    }

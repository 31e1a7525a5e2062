"""The page of one order and its buttons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from staging import jobs, staff
from staging.admin.forms import CorrectionForm
from staging.admin.order_page import page, read_order
from staging.models import StagedOrder

LIST_FIELDS = {"lines"}
"""Corrected fields that are lists: one entry a line of the text."""


class OrderViews:
    """What the order's page shows and does; part of its ModelAdmin."""

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Everything about one order, to decide and to repair."""
        row = self._row(request, object_id, change=False)
        admin: Any = self
        context = {
            **admin.admin_site.each_context(request),
            "opts": admin.opts,
            "original": row,
            "title": str(row),
            "may_change": admin.has_change_permission(request, row),
            **page(row),
        }
        return TemplateResponse(request, "admin/staging/stagedorder/page.html", context)

    def act(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """One of the page's buttons: check, push, ignore, take_back, accept."""
        row = self._row(request, pk)
        acts: dict[str, Callable[[], bool]] = {
            "check": lambda: staff.check_again(row, request.user),
            "push": lambda: staff.push_now(row, request.user),
            "take_back": lambda: staff.take_back(row, request.user),
            "ignore": lambda: staff.ignore(row, request.user, request.POST.get("reason", "")),
            "accept": lambda: self._accept(request, row),
        }
        if name not in acts:
            raise Http404
        return self._done(request, row, acts[name]())

    def correct(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lay a correction over a field, or withdraw one."""
        row = self._row(request, pk)
        if withdrawn := request.POST.get("withdraw"):
            correction = get_object_or_404(row.corrections, pk=withdrawn)
            return self._done(request, row, staff.withdraw(row, correction, request.user))
        form, read = CorrectionForm(request.POST), read_order(row)
        if not form.is_valid() or read is None:
            messages.error(request, _("The correction was not understood. Enter it again."))
            return _back(row)
        asked = form.cleaned_data
        value = asked["value"].splitlines() if asked["field"] in LIST_FIELDS else asked["value"].strip()
        try:
            done = staff.correct(row, read, asked["place"], asked["field"], value, request.user, asked["reason"])
        except (ValueError, KeyError) as error:
            raise Http404 from error  # the page offers no such field
        return self._done(request, row, done)

    def _accept(self, request: HttpRequest, row: StagedOrder) -> bool:
        issue = get_object_or_404(row.issues, pk=request.POST.get("issue"), closed_at__isnull=True)
        return staff.accept(row, issue, request.user, request.POST.get("reason", ""))

    def _row(self, request: HttpRequest, pk: object, *, change: bool = True) -> StagedOrder:
        """The order, if this user may look at it, or with ``change`` post a change to it."""
        admin: Any = self
        row = get_object_or_404(StagedOrder.objects.select_related("shop__company"), pk=pk)
        allowed = admin.has_change_permission if change else admin.has_view_permission
        if not allowed(request, row) or (change and request.method != "POST"):
            raise PermissionDenied
        return row

    def _done(self, request: HttpRequest, row: StagedOrder, done: bool) -> HttpResponse:
        if done:
            jobs.ring("validate", row.shop_id)
            jobs.ring("push", row.shop.company_id)
        self.tell(request, int(done), int(not done))
        return _back(row)

    def tell(self, request: HttpRequest, done: int, left: int) -> None:
        """Say how many orders an action reached, and what became of the others."""
        if done:
            text = ngettext("%(n)d order: done, it is on its way.", "%(n)d orders: done, they are on their way.", done)
            messages.success(request, text % {"n": done})
        if left:
            text = ngettext(
                "%(n)d order was left as it is: its status does not allow this, or it changed meanwhile. Look again.",
                "%(n)d orders were left: their status does not allow this, or they changed meanwhile. Look again.",
                left,
            )
            messages.warning(request, text % {"n": left})


def _back(row: StagedOrder) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:staging_stagedorder_change", args=[row.pk]))

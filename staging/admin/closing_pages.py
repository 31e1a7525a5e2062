"""The forms for what somebody entered in Sage by hand: one order from its page, or many from the list."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from staging import staff
from staging.admin.asking import ask, ask_chosen, seen, shown
from staging.admin.order_tabs import address, left
from staging.closing import CLOSE, CLOSE_MANY
from staging.dryrun import frozen
from staging.models import StagedOrder

NO_NUMBER = gettext_lazy("Nothing was done: enter the order's number in Sage.")

FORMS = 50
"""Orders whose numbers are entered on one page."""


class ClosingViews:
    """Part of the orders' ModelAdmin."""

    def close(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have a job look the number up in Sage; what it finds is on the task's page."""
        row = get_object_or_404(StagedOrder, pk=pk)
        if request.method != "POST":
            raise PermissionDenied
        number = request.POST.get("number", "").strip()[:40]
        if not number:
            messages.error(request, NO_NUMBER)
            return HttpResponseRedirect(address(pk, *left(request)))
        asked = {"seen": request.POST.get("seen", ""), "reason": request.POST.get("reason", "").strip()[:250]}
        return ask(request, CLOSE, {"order": row.pk, "number": number, **asked})

    @action(description=gettext_lazy("Entered in Sage by hand"), permissions=["change"])  # type: ignore[untyped-decorator]
    def close_by_hand(self, request: HttpRequest, queryset: QuerySet[StagedOrder]) -> HttpResponse:
        """Ask for the number of each chosen order, then have a job look them up: its page tells which fit."""
        entered = {pk: number for pk in request.POST if (number := _number(request, pk))}
        if entered:
            chosen = [pair for pair in seen(request) if f"number-{pair[0]}" in entered]
            numbers = {str(pk): entered[f"number-{pk}"] for pk, _version in chosen}
            reason = request.POST.get("reason", "").strip()[:250]
            return ask_chosen(request, CLOSE_MANY, chosen, numbers=numbers, reason=reason)
        if again := "chosen" in request.POST:
            messages.error(request, NO_NUMBER)
        chosen = seen(request) if again else frozen(queryset)
        if len(chosen) > FORMS:
            messages.error(request, _("Nothing was done: choose at most %(n)d orders for this.") % {"n": FORMS})
            return HttpResponseRedirect(request.get_full_path())
        admin: Any = self
        orders = StagedOrder.objects.filter(pk__in=[pk for pk, _version in chosen]).order_by("placed_at", "pk")
        lawful = staff.lawful_of({row.pk: row.status for row in orders})
        context = {
            **admin.admin_site.each_context(request),
            "opts": admin.opts,
            **shown(chosen, "close_by_hand"),
            "rows": [(row, "ignore" in lawful[row.pk]) for row in orders],
            "title": _("Entered in Sage by hand"),
        }
        return TemplateResponse(request, "admin/staging/stagedorder/close.html", context)

    def closing_urls(self) -> list[Any]:
        """Where the form posts."""
        view = cast(Any, self).admin_site.admin_view(self.close)
        return [path("<int:pk>/close/", view, name="staging_stagedorder_close")]


def _number(request: HttpRequest, name: str) -> str:
    return request.POST[name].strip()[:40] if name.startswith("number-") else ""

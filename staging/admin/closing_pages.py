"""The order page's form for what somebody entered in Sage by hand."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _

from staging.admin.task_pages import ask
from staging.closing import CLOSE
from staging.models import StagedOrder


class ClosingViews:
    """Part of the orders' ModelAdmin."""

    def close(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have a job look the number up in Sage; what it finds is on the task's page."""
        row = get_object_or_404(StagedOrder, pk=pk)
        if request.method != "POST":
            raise PermissionDenied
        number = request.POST.get("number", "").strip()[:40]
        if not number:
            messages.error(request, _("Nothing was done: enter the order's number in Sage."))
            return HttpResponseRedirect(reverse("admin:staging_stagedorder_change", args=[pk]))
        seen, reason = request.POST.get("seen", ""), request.POST.get("reason", "").strip()[:250]
        return ask(request, CLOSE, {"order": row.pk, "seen": seen, "number": number, "reason": reason})

    def closing_urls(self) -> list[Any]:
        """Where the form posts."""
        view = cast(Any, self).admin_site.admin_view(self.close)
        return [path("<int:pk>/close/", view, name="staging_stagedorder_close")]

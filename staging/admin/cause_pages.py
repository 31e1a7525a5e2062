"""What holds orders, one row per cause and value: how many, since when, which for example, and the repair."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from connectors.models import Shop
from staging.admin.filters import causes_open
from staging.admin.words import cause_view
from staging.admin.worklists import GROUPS_SHOWN, MISSING, groups, read

SEARCHED = 10
"""From so many rows on the page offers to search in them."""


class CauseViews(ModelAdmin):  # type: ignore[misc]
    """The page of causes; with ``?only=missing`` of those that a mapping ends."""

    def by_cause(self, request: HttpRequest) -> HttpResponse:
        """A page of causes, narrowed by ``q`` (a word of the shop) and ``cause``."""
        self.may_view(request)
        missing = request.GET.get("only") == "missing"
        value, cause = request.GET.get("q", "").strip(), request.GET.get("cause", "")
        offered = [(code, words) for code, words in causes_open() if not missing or code in MISSING]
        codes = {code for code, _words in offered if cause in ("", code)} if missing or cause else None
        page = Paginator(groups(codes, value), GROUPS_SHOWN).get_page(request.GET.get("page"))
        title = _("Missing mappings") if missing else _("What holds orders")
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "content_title": title,
            "missing": missing,
            "groups": [(group, cause_view(group.sample)) for group in read(list(page.object_list))],
            "page": page,
            "filtered": bool(value or cause),
            "searched": bool(value or cause) or page.paginator.count > SEARCHED,
            "offered": offered,
            "several_shops": Shop.objects.values("pk")[:2].count() > 1,
        }
        return TemplateResponse(request, "admin/staging/stagedorder/causes.html", context)

    def cause_urls(self) -> list[Any]:
        """The address of the page."""
        return [path("causes/", self.admin_site.admin_view(self.by_cause), name="staging_stagedorder_causes")]

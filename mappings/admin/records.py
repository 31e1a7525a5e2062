"""The mirror of Sage's records: to look at, to search in, and to have refreshed."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display

from connectors.models import SageCompany
from connectors.types import RECORD_KINDS
from mappings import jobs
from mappings.checking import KIND_NAMES
from mappings.models import SageRecord

REFRESH = "mappings.change_sagerecord"
"""The right to have the mirror refreshed; nobody changes a record here."""


class KindFilter(admin.SimpleListFilter):
    """Records of one kind; all kinds are known, so nothing is counted."""

    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The kinds that are mirrored."""
        return [(kind, str(KIND_NAMES[kind])) for kind in RECORD_KINDS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SageRecord]) -> QuerySet[SageRecord]:
        """Narrow to the chosen kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(SageRecord)
class SageRecordAdmin(ModelAdmin):  # type: ignore[misc]
    """What exists in Sage, as it was read last."""

    nothing = gettext_lazy("Nothing was read from Sage yet.")
    list_display = ["code", "label", "kind_name", "company", "state", "seen_at"]
    list_filter = [KindFilter, "active", "company"]
    list_select_related = ["company"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["code", "match", "label"]
    ordering = ["kind", "code"]
    fields = ["company", "kind_name", "code", "label", "active", "seen_at", "gone_at", "facts"]
    readonly_fields = fields
    list_before_template = "admin/mappings/refresh.html"
    may_refresh = False

    @display(description=gettext_lazy("state"), label={"active": "success", "inactive": "warning", "gone": "danger"})  # type: ignore[untyped-decorator]
    def state(self, row: SageRecord) -> tuple[str, str]:
        """Active, inactive or no longer in Sage."""
        if row.gone_at is not None:
            return "gone", _("no longer in Sage")
        return ("active", _("active")) if row.active else ("inactive", _("inactive"))

    @admin.display(description=gettext_lazy("kind"), ordering="kind")
    def kind_name(self, row: SageRecord) -> str:
        """What it is."""
        return str(KIND_NAMES.get(row.kind, row.kind))

    @admin.display(description=gettext_lazy("details"))
    def facts(self, row: SageRecord) -> str:
        """Everything the connector said about it."""
        return format_html("<pre>{}</pre>", json.dumps(row.details, indent=2, ensure_ascii=False))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: records come from Sage."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: SageRecord | None = None) -> bool:
        """Never: records are changed in Sage."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SageRecord | None = None) -> bool:
        """Never: what is deleted in Sage is marked as vanished."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list; above it, when each company was read last, and the button."""
        context = {
            "mirrored": SageCompany.objects.annotate(read=Max("records__seen_at")).order_by("name"),
            "may_refresh": request.user.has_perm(REFRESH),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)  # type: ignore[no-any-return]

    def get_urls(self) -> list[Any]:
        """The button posts here."""
        view = self.admin_site.admin_view(self.refresh)
        return [path("refresh/<int:pk>/", view, name="mappings_sagerecord_refresh"), *super().get_urls()]

    def refresh(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have a company's records read again."""
        company = SageCompany.objects.filter(pk=pk).first()
        if request.method != "POST" or company is None or not request.user.has_perm(REFRESH):
            raise PermissionDenied
        jobs.ask_refresh(company.pk)
        text = _("The records of %(company)s are being read from Sage. Reload this page in a minute.")
        messages.success(request, text % {"company": company})
        return HttpResponseRedirect(reverse("admin:mappings_sagerecord_changelist"))

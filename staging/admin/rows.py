"""Read-only lists of what the sweeps wrote: postings, raw records, tasks."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from staging.models import Posting, RawRecord, Task


class ReadOnly(ModelAdmin):  # type: ignore[misc]
    """To look at; nobody adds, edits or deletes here."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False


@admin.register(Posting)
class PostingAdmin(ReadOnly):
    """Documents in Sage, or on their way there."""

    list_display = ["reference", "kind", "company", "order", "state", "document_number", "attempts", "pushed_at"]
    list_filter = ["status", "kind", "company"]
    list_select_related = ["company", "order"]
    search_fields = ["=reference", "=document_number"]
    search_help_text = _("Reference or number in Sage, whole")
    ordering = ["-pk"]

    @display(
        description=_("status"),
        label={"pushed": "success", "refused": "danger", "lost": "danger", "ready": "info", "pushing": "warning"},
    )
    def state(self, row: Posting) -> tuple[str, str]:
        """The status in words."""
        return row.status, row.get_status_display()


@admin.register(RawRecord)
class RawRecordAdmin(ReadOnly):
    """What the shop said, word for word."""

    list_display = ["resource", "object_id", "shop", "seen_at"]
    list_filter = ["shop", "resource"]
    list_select_related = ["shop"]
    search_fields = ["=object_id"]
    ordering = ["-pk"]


@admin.register(Task)
class TaskAdmin(ReadOnly):
    """What people asked for, and how far it is."""

    list_display = ["kind", "status", "finished", "total", "user", "created_at", "ended_at", "message"]
    list_filter = ["status", "kind"]
    list_select_related = ["user"]
    ordering = ["-pk"]

"""The notices' pages: who is told what, and the alarms that are open or over."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget

from connectors.telling import worded
from staging.admin.rows import ReadOnly
from syncbridge.audit import erasing
from syncbridge.models import Alarm, Notice, Threshold


class NoticeForm(forms.ModelForm):  # type: ignore[type-arg]
    """A notice; its webhook goes in and never comes out. Empty keeps the stored one, unless mail is chosen."""

    class Meta:
        model = Notice
        fields = ["kind", "role", "address", "webhook", "hour", "language", "active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.pop("webhook", None)
        if "webhook" in self.fields:
            self.fields["webhook"].widget = UnfoldAdminPasswordWidget(
                attrs={"autocomplete": "new-password"}, render_value=False
            )

    def clean(self) -> dict[str, Any]:
        """Keep the stored webhook where nothing else was chosen."""
        cleaned = super().clean() or self.cleaned_data
        if not any(cleaned.get(name) for name in ("role", "address", "webhook")):
            cleaned["webhook"] = self.instance.webhook
        return cleaned


@admin.register(Notice)
class NoticeAdmin(ModelAdmin):  # type: ignore[misc]
    """Who is told what."""

    form = NoticeForm
    list_display = ["kind", "to", "hour", "language", "active", "digested", "difficulty"]
    list_filter = ["kind", "active"]
    readonly_fields = ["difficulty", "digested"]

    def get_fields(self, request: HttpRequest, obj: Notice | None = None) -> list[str]:
        """Without the webhook for who may only look: Django would show its value."""
        fields = [*NoticeForm.Meta.fields, *self.readonly_fields]
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return fields if may else [name for name in fields if name != "webhook"]

    @admin.display(description=gettext_lazy("to"))
    def to(self, row: Notice) -> str:
        """The role, the address, or that it is a webhook."""
        return row.get_role_display() or row.address or _("webhook")

    @admin.display(description=gettext_lazy("trouble"))
    def difficulty(self, row: Notice) -> str:
        """Why the last message did not leave."""
        return worded(row.trouble) or "–"


@admin.register(Alarm)
class AlarmAdmin(ReadOnly):
    """Alarms, the open ones first."""

    list_display = ["title", "state", "kind", "opened_at", "closed_at"]
    list_filter = ["kind"]
    fields = ["title", "kind", "text", "opened_at", "closed_at"]
    readonly_fields = fields
    ordering = ["-closed_at", "-pk"]  # PostgreSQL sorts what has no end first

    @display(description=gettext_lazy("state"), label={"open": "danger", "over": "success"})  # type: ignore[untyped-decorator]
    def state(self, row: Alarm) -> tuple[str, str]:
        """Open or over."""
        return ("over", _("✓ over")) if row.closed_at else ("open", _("✗ open"))


@admin.register(Threshold)
class ThresholdAdmin(ModelAdmin):  # type: ignore[misc]
    """What counts as late, as backlog, as silence; the rows are given, their values are staff's."""

    list_display = ["name", "value"]
    fields = ["name", "value"]
    readonly_fields = ["name"]
    ordering = ["name"]

    def has_change_permission(self, request: HttpRequest, obj: Threshold | None = None) -> bool:
        """When personal values go is for those who may erase them."""
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or obj.name != Threshold.Name.PERSONAL or request.user.has_perm(erasing.RIGHT))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There are those that there are."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Threshold | None = None) -> bool:
        """None may be missing."""
        return False

"""The notices' pages: who is told what, and the alarms that are open or over."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminPasswordWidget

from connectors.telling import worded
from staging.admin.rows import ReadOnly
from staging.templatetags.back_office import shown
from staging.wording import moment_words
from syncbridge.audit import erasing
from syncbridge.models import Alarm, Notice, Threshold
from syncbridge.notices import jobs
from syncbridge.thresholds import MEANINGS


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

    nothing = gettext_lazy("Nobody is told anything by mail or webhook yet. Administrators add notices here.")
    form = NoticeForm
    change_form_outer_before_template = "admin/syncbridge/notice.html"
    list_display = ["kind", "to", "hour", "language", "active", "sent_at", "difficulty"]
    list_filter = ["kind", "active"]
    readonly_fields = ["difficulty", "sent_at"]

    def get_fields(self, request: HttpRequest, obj: Notice | None = None) -> list[str]:
        """Without the webhook for who may only look: Django would show its value."""
        fields = [*NoticeForm.Meta.fields, *self.readonly_fields]
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return fields if may else [name for name in fields if name != "webhook"]

    def test(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have a test sent: a notice that was never seen to arrive is none."""
        notice = self.get_object(request, str(pk))
        if request.method != "POST" or notice is None or not self.has_change_permission(request, notice):
            raise PermissionDenied
        jobs.ask_test(notice)
        messages.info(request, _("A test is on its way. How it went stands here in a few seconds: load the page anew."))
        return HttpResponseRedirect(reverse("admin:syncbridge_notice_change", args=[pk]))

    def get_urls(self) -> list[Any]:
        """The button posts here."""
        view = self.admin_site.admin_view(self.test)
        return [path("<int:pk>/test/", view, name="syncbridge_notice_test"), *super().get_urls()]

    @admin.display(description=gettext_lazy("to"))
    def to(self, row: Notice) -> str:
        """The role, the address, or that it is a webhook."""
        return row.whom

    @admin.display(description=gettext_lazy("trouble"))
    def difficulty(self, row: Notice) -> str:
        """Why the last message did not leave."""
        return f"✗ {worded(row.trouble)}" if row.trouble else "–"


@admin.register(Alarm)
class AlarmAdmin(ReadOnly):
    """Alarms, the open ones first."""

    nothing = gettext_lazy("No alarm since this bridge was set up on %(since)s.")
    list_display = ["title", "state", "kind", "opened_at", "closed_at"]
    list_filter = ["kind"]
    fields = ["title", "kind", "text", "where", "opened_at", "closed_at", "whom"]
    readonly_fields = fields
    ordering = ["-closed_at", "-pk"]  # PostgreSQL sorts what has no end first

    @display(description=gettext_lazy("state"), label={"open": "danger", "over": "success"})  # type: ignore[untyped-decorator]
    def state(self, row: Alarm) -> tuple[str, str]:
        """Open or over."""
        return ("over", _("✓ over")) if row.closed_at else ("open", _("✗ open"))

    @admin.display(description=gettext_lazy("where to look"))
    def where(self, row: Alarm) -> str:
        """The page that the alarm is about."""
        return format_html('<a href="{}">{}</a>', row.link, _("open")) if row.link else "–"

    @admin.display(description=gettext_lazy("told to"))
    def whom(self, row: Alarm) -> str:
        """Which notices told it, when, and its end."""
        told = row.told.select_related("notice").order_by("pk")
        lines = [(str(one.notice), moment_words(one.at), _("and its end") if one.end_told else "") for one in told]
        return format_html_join(mark_safe("<br>"), "{} · {} {}", lines) if lines else _("nobody")


class ThresholdForm(forms.ModelForm):  # type: ignore[type-arg]
    """One row of the page, with what a reader of screens hears as its label; ``fixed``: names not for this person."""

    fixed: frozenset[str] = frozenset()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "value" in self.fields:
            self.initial["value"] = f"{self.instance.value.normalize():f}"
            label = f"{self.instance} ({MEANINGS[self.instance.name].unit})"
            least = int(self.instance.name not in Threshold.MAY_BE_NONE)
            self.fields["value"].widget.attrs |= {"aria-label": label, "min": least, "step": "any"}
            self.fields["value"].disabled = self.instance.name in self.fixed


@admin.register(Threshold)
class ThresholdAdmin(ModelAdmin):  # type: ignore[misc]
    """What counts as urgent, late, a backlog, silence; the rows are given, their values are staff's."""

    list_display = ["name", "value", "unit", "as_it_comes", "what_then"]
    list_display_links = None
    list_editable = ["value"]
    list_fullwidth = True
    sortable_by = ()
    actions = ["reset"]
    fields = ["name", "value", "unit", "as_it_comes", "what_then"]
    readonly_fields = ["name", "unit", "as_it_comes", "what_then"]
    form = ThresholdForm

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """As the names are listed in the model."""
        return [Case(*(When(name=name, then=place) for place, name in enumerate(Threshold.Name.values))).asc()]

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """The rows' form, with the theme's fields, but for what this person may not change."""
        fixed = {row.name for row in Threshold.objects.all() if not self.has_change_permission(request, row)}
        form = type("OwnThresholdForm", (ThresholdForm,), {"fixed": frozenset(fixed)})
        return super().get_changelist_form(request, **{"form": form, **kwargs})

    @display(description=gettext_lazy("unit"))  # type: ignore[untyped-decorator]
    def unit(self, row: Threshold) -> str:
        """Orders, minutes …"""
        return str(MEANINGS[row.name].unit)

    @display(description=gettext_lazy("as it comes"))  # type: ignore[untyped-decorator]
    def as_it_comes(self, row: Threshold) -> str:
        """What counts where nobody set anything."""
        default = MEANINGS[row.name].default
        return shown(default) if row.value == default else _("%(n)s (changed)") % {"n": shown(default)}

    @display(description=gettext_lazy("what happens then"))  # type: ignore[untyped-decorator]
    def what_then(self, row: Threshold) -> str:
        """What the threshold is good for."""
        return str(MEANINGS[row.name].text)

    @action(description=gettext_lazy("Reset to what it was when it came"), permissions=["change"])  # type: ignore[untyped-decorator]
    def reset(self, request: HttpRequest, queryset: QuerySet[Threshold]) -> None:
        """Row by row, so that the audit has each."""
        for row in (row for row in queryset if self.has_change_permission(request, row)):
            row.value = Decimal(str(MEANINGS[row.name].default))
            row.save()
        messages.success(request, _("These count again as they came."))

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

"""The audit's pages: who changed what, when and why; to look at, to search, to export, and to take mappings back."""

from __future__ import annotations

import csv
import json
from datetime import datetime, time
from typing import Any

from django.contrib import admin, messages
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import action, display
from unfold.utils import parse_date_str

from mappings.spreadsheets import safe_cell
from staging.admin.asking import may_ask
from staging.admin.rows import ReadOnly
from staging.admin.takeback_pages import takeback_url
from staging.models import Task
from staging.takeback import TAKE_BACK, WAYS
from staging.templatetags.back_office import shop_second
from syncbridge.audit import undo
from syncbridge.audit.capture import audited
from syncbridge.audit.values import Values, told
from syncbridge.models import AuditEntry

COLUMNS = ["id", "at", "who", "action", "kind", "object id", "object", "before", "after", "reason", "request"]
UNDO = "syncbridge.undo_auditentry"
UNDO_SHOWN = 50


class KindFilter(admin.SimpleListFilter):
    """Changes of one kind of object."""

    title = gettext_lazy("kind of object")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every kind that is kept."""
        return sorted(((m._meta.label_lower, str(m._meta.verbose_name)) for m in audited()), key=lambda one: one[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Narrow to the chosen kind."""
        app, _dot, model = (self.value() or "").partition(".")
        return queryset.filter(content_type__app_label=app, content_type__model=model) if model else queryset


class WhoFilter(admin.SimpleListFilter):
    """Changes by one person; an index walks from name to name, however many changes there are."""

    title = gettext_lazy("who")
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Everybody who ever changed something."""
        names = AuditEntry.objects.order_by("who").values_list("who", flat=True).distinct()
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Narrow to the chosen person."""
        return queryset.filter(who=self.value()) if self.value() else queryset


class DaysFilter(RangeDateFilter):  # type: ignore[misc]
    """Changes on the days from … to …, both included, in the zone in which staff read times; an index serves it."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Narrow to the days; what is no date narrows nothing."""
        zone, chosen = timezone.get_current_timezone(), self.used_parameters
        first, last = (parse_date_str(chosen.get(f"{self.parameter_name}_{end}")) for end in ("from", "to"))
        if first:
            queryset = queryset.filter(at__gte=datetime.combine(first, time.min, zone))
        return queryset.filter(at__lte=datetime.combine(last, time.max, zone)) if last else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    """Changes by people."""

    list_display = ["when", "who", "did", "object", "changes", "reason", "one_request"]
    list_filter = [KindFilter, "action", WhoFilter, ("at", DaysFilter)]
    list_filter_submit = True
    list_select_related = ["content_type"]
    search_fields = ["label"]  # shows the box; the search itself is below
    search_help_text = gettext_lazy("Order (reference or number), name of the object, request, person")
    ordering = ["-pk"]
    actions = ["export"]
    fields = ["when", "who", "did", "object", "reason", "request", "whole"]
    readonly_fields = fields
    change_form_after_template = "admin/syncbridge/auditentry/request.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        """Every word is found in the object's name, or is the request or the person."""
        for word in search_term.split():
            queryset = queryset.filter(Q(label__icontains=word) | Q(request=word) | Q(who=word))
        return queryset, False

    # --- columns ------------------------------------------------------------------------------------------------------

    @display(description=gettext_lazy("when"), ordering="at")  # type: ignore[untyped-decorator]
    def when(self, row: AuditEntry) -> str:
        """To the second, with the zone in which staff read times."""
        return shop_second(row.at, timezone.get_current_timezone_name())

    @display(description=gettext_lazy("action"))  # type: ignore[untyped-decorator]
    def did(self, row: AuditEntry) -> str:
        """Added, changed, deleted, done."""
        return row.get_action_display()

    @display(description=gettext_lazy("object"))  # type: ignore[untyped-decorator]
    def object(self, row: AuditEntry) -> str:
        """What it is, with the link to it while it exists and to its history."""
        kind = row.content_type
        about = format_html("{}: <strong>{}</strong>", kind.name, row.label)
        history = format_html('<a href="{}">{}</a>', history_url(kind, row.object_id), _("history"))
        try:
            page = reverse(f"admin:{kind.app_label}_{kind.model}_change", args=[row.object_id])
        except NoReverseMatch:
            return format_html("{}<br>{}", about, history)
        return format_html('{}<br><a href="{}">{}</a> · {}', about, page, _("open"), history)

    @display(description=gettext_lazy("changes"))  # type: ignore[untyped-decorator]
    def changes(self, row: AuditEntry) -> str:
        """Field by field; personal values are on the entry's own page only."""
        return _table(row, row.before, row.after, 4)

    @display(description=gettext_lazy("changes"))  # type: ignore[untyped-decorator]
    def whole(self, row: AuditEntry) -> str:
        """All of them, with what may name a person unless it was erased."""
        return _table(row, *told(row))

    @display(description=gettext_lazy("request"))  # type: ignore[untyped-decorator]
    def one_request(self, row: AuditEntry) -> str:
        """The link to everything that was changed together."""
        return format_html('<a href="{}" title="{}">{}…</a>', _request_url(row.request), row.request, row.request[:8])

    # --- export -------------------------------------------------------------------------------------------------------

    @action(description=gettext_lazy("Export as CSV"))  # type: ignore[untyped-decorator]
    def export(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> HttpResponse:
        """The chosen entries, oldest first; personal values are not exported."""
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="audit-{timezone.localdate()}.csv"'
        response.write("\ufeff")  # so that Excel takes it for UTF-8
        table = csv.writer(response)
        table.writerow(COLUMNS)
        for row in queryset.select_related("content_type").order_by("pk").iterator(2000):
            kind = f"{row.content_type.app_label}.{row.content_type.model}"
            sides = [json.dumps(side, ensure_ascii=False, sort_keys=True) for side in (row.before, row.after)]
            cells = [row.who, row.action, kind, row.object_id, row.label, *sides, row.reason, row.request]
            table.writerow([row.pk, row.at.isoformat(), *map(safe_cell, cells)])
        return response

    # --- taking back --------------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One entry, what was changed with it, and for mappings the button that takes it all back."""
        row = self.get_object(request, object_id)
        together = AuditEntry.objects.filter(request=row.request) if row else AuditEntry.objects.none()
        context = {
            "together": together.count(),
            "request_url": _request_url(row.request) if row else "",
            "may_undo": request.user.has_perm(UNDO) and undo.undoable(together.select_related("content_type")),
            "actions": _actions(request, together),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)  # type: ignore[no-any-return]

    def undo(self, request: HttpRequest, name: str) -> HttpResponse:
        """Take a request's changes of mappings back, with a reason; first the page that asks for it."""
        if not request.user.has_perm(UNDO):
            raise PermissionDenied
        if request.method != "POST":
            return self._ask_undo(request, name)
        if not request.POST.get("reason", "").strip():
            messages.error(request, _("Nothing was taken back: enter a reason, it is kept."))
            return HttpResponseRedirect(_request_url(name))
        try:
            count = undo.undo(name)
        except undo.NotUndoneError as error:
            messages.error(request, _("Nothing was taken back. %(why)s") % {"why": error})
        else:
            messages.success(request, _("Taken back: %(n)d changes. The orders concerned are checked.") % {"n": count})
        return HttpResponseRedirect(_request_url(name))

    def _ask_undo(self, request: HttpRequest, name: str) -> HttpResponse:
        together = list(AuditEntry.objects.filter(request=name).select_related("content_type").order_by("pk"))
        if not together:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": pgettext("changes", "Take back"),
            "original": together[0],
            "changes": [(entry.label, _table(entry, entry.before, entry.after, 4)) for entry in together[:UNDO_SHOWN]],
            "together": len(together),
            "request_url": _request_url(name),
            "may_undo": undo.undoable(together),
        }
        return TemplateResponse(request, "admin/syncbridge/auditentry/undo.html", context)

    def get_urls(self) -> list[Any]:
        """The button posts here."""
        view = self.admin_site.admin_view(self.undo)
        return [path("undo/<str:name>/", view, name="syncbridge_auditentry_undo"), *super().get_urls()]


def history(request: HttpRequest, app_label: str, model_name: str, object_id: str) -> HttpResponse:
    """Every object's history page: the audit of that object."""
    kind = ContentType.objects.filter(app_label=app_label, model=model_name).first()
    if kind is None:
        raise Http404
    return HttpResponseRedirect(history_url(kind, object_id))


def _actions(request: HttpRequest, together: QuerySet[AuditEntry]) -> list[tuple[Task, str]]:
    """The bulk actions that a request asked for, with the page that takes each back."""
    kind = ContentType.objects.get_for_model(Task)
    asked = together.filter(content_type=kind, action=AuditEntry.Action.ADD).values_list("object_id", flat=True)
    found = Task.objects.filter(pk__in=[int(pk) for pk in asked], kind__in=WAYS)
    return [(task, takeback_url(task) if may_ask(request, TAKE_BACK) else "") for task in found]


def history_url(kind: ContentType, object_id: str) -> str:
    """The audit of one object."""
    query = {"kind": f"{kind.app_label}.{kind.model}", "object_id__exact": object_id}
    return f"{reverse('admin:syncbridge_auditentry_changelist')}?{urlencode(query)}"


def _request_url(name: str) -> str:
    return f"{reverse('admin:syncbridge_auditentry_changelist')}?{urlencode({'request__exact': name})}"


def _table(entry: AuditEntry, before: Values, after: Values, at_most: int | None = None) -> str:
    names = dict.fromkeys([*before, *after])
    every = ((_field(entry, name), _words(before.get(name)), _words(after.get(name))) for name in names)
    changed = [row for row in every if row[1] != row[2]]  # what was empty and stays so is no change
    rows = changed[:at_most]
    text = format_html_join("", "<div><span>{}:</span> <del>{}</del> → <ins>{}</ins></div>", rows)
    more = len(changed) - len(rows)
    return format_html("{}<div>{}</div>", text, _("and %(n)d more") % {"n": more}) if more else text


def _field(entry: AuditEntry, name: str) -> str:
    """A field as its model calls it in the reader's language; what the model does not have, as it was kept."""
    model = entry.content_type.model_class()
    fields = {field.name: field.verbose_name for field in model._meta.fields} if model else {}
    return str(fields.get(name, name))


def _words(value: Any) -> str:
    if value in (None, "", [], {}):
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

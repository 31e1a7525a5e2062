"""The audit's pages: who changed what, when and why; to look at, to search, to export, and to take mappings back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from unfold.decorators import action, display

from staging.admin.asking import may_ask
from staging.admin.rows import ReadOnly
from staging.admin.takeback_pages import takeback_url
from staging.models import Task
from staging.takeback import TAKE_BACK, WAYS
from staging.templatetags.back_office import shop_second
from syncbridge.audit import erase_page, erasing, export, reading, undo
from syncbridge.audit.filters import DaysFilter, KindFilter, PersonFilter, WhoFilter
from syncbridge.audit.values import told
from syncbridge.models import AuditEntry, AuditValue

UNDO = "syncbridge.undo_auditentry"
UNDO_SHOWN = 50


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    """Changes by people."""

    nothing = gettext_lazy("Nobody has changed anything since this bridge was set up on %(since)s.")
    list_display = ["when", "who", "did", "object", "changes", "reason", "one_request"]
    list_filter = [KindFilter, "action", WhoFilter, ("at", DaysFilter)]
    list_filter_submit = True
    list_select_related = ["content_type"]
    search_fields = ["label"]  # shows the box; the search itself is below
    search_help_text = gettext_lazy("Order (reference or number), name of the object, request, person")
    ordering = ["-pk"]
    actions = ["export", "erase"]
    fields = ["when", "who", "did", "object", "reason", "request", "whole"]
    readonly_fields = fields
    change_form_after_template = "admin/syncbridge/auditentry/request.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        """With the names of the personal values that are left, for the list."""
        names = Prefetch("values", AuditValue.objects.only("entry", "field"))
        return super().get_queryset(request).prefetch_related(names)  # type: ignore[no-any-return]

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
        return reading.table(row, row.before, row.after, at_most=4)

    @display(description=gettext_lazy("changes"))  # type: ignore[untyped-decorator]
    def whole(self, row: AuditEntry) -> str:
        """All of them, with what may name a person; where that was erased, the word for it."""
        return reading.table(row, *told(row))

    @display(description=gettext_lazy("request"))  # type: ignore[untyped-decorator]
    def one_request(self, row: AuditEntry) -> str:
        """The link to everything that was changed together."""
        return format_html('<a href="{}" title="{}">{}…</a>', _request_url(row.request), row.request, row.request[:8])

    # --- export -------------------------------------------------------------------------------------------------------

    @action(description=gettext_lazy("Export as CSV"), permissions=["view"])  # type: ignore[untyped-decorator]
    def export(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> StreamingHttpResponse:
        """The chosen entries; personal values are not exported."""
        return export.export(request, queryset)

    # --- erasing ------------------------------------------------------------------------------------------------------

    @action(description=gettext_lazy("Erase personal values…"), permissions=["erase"])  # type: ignore[untyped-decorator]
    def erase(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> HttpResponse:
        """Those of the chosen entries, after a look at how many there are."""
        return erase_page.answer(self, request, queryset)

    def has_erase_permission(self, request: HttpRequest) -> bool:
        """Administrators."""
        return request.user.has_perm(erasing.RIGHT)

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """Who may erase what is kept of a person may look for it."""
        return [*self.list_filter, *([PersonFilter] if self.has_erase_permission(request) else [])]

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
        found = AuditEntry.objects.filter(request=name).select_related("content_type").prefetch_related("values")
        together = list(found.order_by("pk"))
        if not together:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": pgettext("changes", "Take back"),
            "original": together[0],
            "changes": [
                (entry.label, reading.table(entry, entry.before, entry.after, at_most=4))
                for entry in together[:UNDO_SHOWN]
            ],
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

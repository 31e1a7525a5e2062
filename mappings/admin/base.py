"""What the pages of all mapping tables share: the checked form, waking, import and export, code completion."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from import_export.admin import ImportExportModelAdmin
from import_export.forms import ConfirmImportForm
from import_export.results import Result
from unfold.contrib.import_export.forms import ExportForm

from connectors.models import SageCompany
from mappings import jobs
from mappings.admin.preview import Previewing, ask
from mappings.checking import named
from mappings.forms import BACK, BESIDE, MappingForm
from mappings.models import ANY, Mapping, SageRecord, TakeRule, comparable, wake
from mappings.spreadsheets import EXPORT_FORMATS, IMPORT_FORMATS, InTheForm, UploadForm, confirmable

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ACT = "syncbridge.act"
"""Where a request carries the id under which its changes are audited."""

OFFERED = 20
"""Codes offered while one types."""


class Waking(Previewing):
    """Whoever changes a row here has the orders checked that waited for it, at once and also when many are deleted."""

    list_per_page = 50
    list_before_template = "admin/mappings/intro.html"
    nothing = gettext_lazy(
        "Nothing here yet. Add a row, or import a spreadsheet: the export shows its columns. "
        "Both need the accountant role."
    )
    intro: StrOrPromise = ""
    """One or two sentences above the list: what belongs here, and what need not."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, wake (the row does), ring, and say so."""
        super().save_model(request, obj, form, change)
        jobs.ring(obj.company_id)
        messages.info(request, format_html("{} {}", self._released(obj), _undo(request)))

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Back to the page with the next repair, where the form was opened from one; else to the list."""
        back = request.GET.get(BACK, "")
        if url_has_allowed_host_and_scheme(back, None):
            return HttpResponseRedirect(back)
        return super().response_post_save_add(request, obj)  # type: ignore[no-any-return]

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete, wake (the row does) and ring."""
        super().delete_model(request, obj)
        jobs.ring(obj.company_id)
        self._gone(request, 1)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete many at once; a plain bulk delete would wake nobody."""
        rows = list(queryset)
        wake(rows)
        queryset.delete()
        for company_id in {row.company_id for row in rows}:
            jobs.ring(company_id)
        self._gone(request, len(rows))

    def _gone(self, request: HttpRequest, n: int) -> None:
        text = ngettext(
            "%(n)d row is deleted. Orders that went by it are being checked now.",
            "%(n)d rows are deleted. Orders that went by them are being checked now.",
            n,
        )
        messages.info(request, format_html("{} {}", text % {"n": n}, _undo(request)))

    def _released(self, row: Mapping | TakeRule) -> str:
        text = _("Orders that waited for this are being checked now.")
        word = row.wakes
        query = {"q": word} if word != ANY and " " not in word else {"status__exact": "invalid"}
        try:
            orders = reverse("admin:staging_stagedorder_changelist")
        except NoReverseMatch:
            return text
        return format_html('{} <a href="{}">{}</a>', text, f"{orders}?{urlencode(query)}", _("Those still held"))


def _undo(request: HttpRequest) -> str:
    """The link that takes this request's changes back, for those who may."""
    name = request.META.get(ACT, "")
    if not name or not request.user.has_perm("syncbridge.undo_auditentry"):
        return ""
    return format_html('<a href="{}">{}</a>', reverse("admin:syncbridge_auditentry_undo", args=[name]), _("Undo"))


class ConfirmForm(ConfirmImportForm):  # type: ignore[misc]
    """Carries, besides the file, what the table looked like in the preview."""

    seen = forms.CharField(widget=forms.HiddenInput)

    def clean_import_file_name(self) -> str:
        """Only a file that we previewed, today."""
        name: str = self.cleaned_data["import_file_name"]
        if not confirmable(name):
            raise ValidationError(_("This preview is too old. Upload the file again."))
        return name


class MappingAdmin(Waking, ImportExportModelAdmin):  # type: ignore[misc]
    """One mapping table. Import and export as CSV or XLSX, with a preview that is checked again on confirmation."""

    form = MappingForm
    import_form_class = UploadForm
    confirm_form_class = ConfirmForm
    export_form_class = ExportForm
    import_template_name = "admin/mappings/import.html"
    import_formats = IMPORT_FORMATS
    export_formats = EXPORT_FORMATS
    to_encoding = "utf-8-sig"  # so that Excel takes it for what it is
    tmp_storage_class = InTheForm
    show_change_form_export = False
    list_select_related = ["shop", "company"]
    targets: tuple[str, ...] = ()
    """Kinds of record that the code may name, for the label in the list."""

    class Media:
        js = ["mappings/codes.js"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With label and state of the Sage record, for the list."""
        record = SageRecord.objects.filter(company=OuterRef("company"), kind__in=self.targets, code=OuterRef("code"))
        found = super().get_queryset(request)
        return found.annotate(  # type: ignore[no-any-return]
            sage_label=Subquery(record.values("label")[:1]),
            sage_active=Subquery(record.values("active")[:1]),
        )

    @admin.display(description=gettext_lazy("in Sage"), ordering="code")
    def sage(self, row: Any) -> str:
        """The code and what it is there; says so when it is not (any more)."""
        if not self.targets:
            return row.code  # type: ignore[no-any-return]
        if row.sage_active is None:
            return format_html("<strong>{}</strong> ✗ {}", row.code, _("not in Sage"))
        state = "" if row.sage_active else _("✗ inactive in Sage")
        return format_html("<strong>{}</strong> {} {}", row.code, row.sage_label, state)

    @admin.display(description=gettext_lazy("shop"), ordering="shop")
    def for_shop(self, row: Any) -> str:
        """The shop it holds for."""
        return str(row.shop) if row.shop else _("every shop")

    # --- the form -----------------------------------------------------------------------------------------------------

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form, knowing the address's query."""
        form = super().get_form(request, obj, change, **kwargs)
        return type(form)(form.__name__, (form,), {"query": request.GET})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """From the address, as Django does; where there is one company it is that one."""
        data: dict[str, Any] = super().get_changeform_initial_data(request)
        for name in BESIDE:
            data.pop(name, None)
        companies = list(SageCompany.objects.values_list("pk", flat=True)[:2])
        if len(companies) == 1:
            data.setdefault("company", companies[0])
        return data

    def get_urls(self) -> list[Any]:
        """The form asks here for codes while one types."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_codes"
        return [path("codes/", self.admin_site.admin_view(self.codes), name=name), *super().get_urls()]

    def codes(self, request: HttpRequest) -> HttpResponse:
        """Active Sage records that begin so or are called so: {"codes": [{"code", "label"}]}."""
        if not (self.has_view_or_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        said, company = request.GET.get("q", "").strip(), request.GET.get("company", "")
        row = self.model()
        for name in ("create", "word_kind"):
            if hasattr(row, name):
                setattr(row, name, request.GET.get(name, ""))
        row.tax_group = ""  # the form's own default would hide the field
        kinds = [kind for field, kind in named(row) if field == request.GET.get("field")]
        fitting = Q(match__startswith=comparable(said)) | Q(label__icontains=said)
        found = SageRecord.objects.filter(fitting, kind__in=kinds, active=True)
        found = found.filter(company_id=int(company) if company.isdecimal() else None)
        return JsonResponse({"codes": list(found.order_by("code").values("code", "label")[:OFFERED])})

    # --- spreadsheets -------------------------------------------------------------------------------------------------

    def has_import_permission(self, request: HttpRequest) -> bool:
        """An import adds and changes."""
        return bool(self.has_add_permission(request) and self.has_change_permission(request))

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The upload; then, above the rows cell by cell, what would come of the whole file."""
        answer = super().import_action(request, **kwargs)
        result = getattr(answer, "context_data", {}).get("result")
        if result is not None and not result.has_errors() and not result.has_validation_errors():
            rows = [row.instance for row in result if row.is_new() or row.is_update()]
            answer.context_data["told"] = ask(self.model, saved=rows)
        return answer  # type: ignore[no-any-return]

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        """What the library carries over, and what the table looked like."""
        return {**super().get_confirm_form_initial(request, import_form), "seen": self._digest()}

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Import what was previewed; if the table was changed since, it has to be looked at again."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        if request.method == "POST" and request.POST.get("seen") != self._digest():
            messages.error(request, _("This table was changed since the preview. Upload the file again and look anew."))
            return HttpResponseRedirect(reverse(f"admin:mappings_{self.opts.model_name}_import"))
        return super().process_import(request, **kwargs)  # type: ignore[no-any-return]

    def get_import_data_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        """One wrong row and nothing is written."""
        own = {"rollback_on_validation_errors": True, "retain_instance_in_row_result": True}
        return {**super().get_import_data_kwargs(**kwargs), **own}

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """Ring for each company the file touched; a fault that came up since the preview is said, not passed over."""
        if result.has_errors() or result.has_validation_errors():
            messages.error(
                request, _("Nothing was imported: something in Sage or here changed since. Upload the file again.")
            )
            return HttpResponseRedirect(reverse(f"admin:mappings_{self.opts.model_name}_import"))
        for company_id in {row.instance.company_id for row in result if row.is_new() or row.is_update()}:
            jobs.ring(company_id)
        answer = super().process_result(result, request)
        messages.info(
            request, format_html("{} {}", _("Orders that waited for this are being checked now."), _undo(request))
        )
        return answer  # type: ignore[no-any-return]

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        """In plain words."""
        text = _("This file cannot be read so. Save it as CSV (UTF-8) or as XLSX, and choose that format here.")
        form.add_error("import_file", text)

    def _digest(self) -> str:
        """Changes with any row of the table."""
        digest = hashlib.sha256()
        for row in self.model._default_manager.order_by("pk").values_list():
            digest.update(repr(row).encode())
        return digest.hexdigest()

"""The connections' pages: settings, state, the test, and which installation may write."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display

from connectors import jobs
from connectors.admin.forms import SageCompanyForm, ShopForm
from connectors.models import SageCompany, Shop
from connectors.telling import kept, worded
from connectors.words import Words, words

C = TypeVar("C", Shop, SageCompany)

PATIENCE = timedelta(minutes=2)
"""A test that was asked for longer ago has died with its worker: the button comes back."""


class ConnectionAdmin(ModelAdmin):  # type: ignore[misc]
    """What shops and companies have in common. Test, stop, resume are the operator's, the rest the administrator's."""

    change_form_outer_before_template = "admin/connectors/state.html"
    list_before_template = "admin/intro.html"
    search_fields = ["name", "url"]
    nothing = gettext_lazy("None yet. Administrators add the first one with the button above.")
    secret = ""
    intro: Any = ""

    # --- list ---------------------------------------------------------------------------------------------------------

    @display(  # type: ignore[untyped-decorator]
        description=gettext_lazy("state"), label={"active": "success", "paused": "warning", "stopped": "danger"}
    )
    def condition(self, row: C) -> tuple[str, str]:
        """Active, paused or stopped, in words."""
        return row.state, row.get_state_display()

    @admin.display(description=gettext_lazy("installation"))
    def may_write(self, row: C) -> str:
        """Whether this installation was confirmed for it."""
        return _("✓ confirmed") if row.confirmed else _("✗ not confirmed: it reads and writes nothing")

    @admin.display(description=gettext_lazy("last test"))
    def tested(self, row: C) -> str:
        """How the last test ended."""
        checked = row.checked or {}
        if "at" not in checked:
            return _("never")
        return _("✓ all works") if checked.get("ok") else _("✗ something is missing")

    # --- the secret ---------------------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without the secret for those who may only look: Django would show them its value."""
        fieldsets = super().get_fieldsets(request, obj)
        if self.has_change_permission(request, obj) or (obj is None and self.has_add_permission(request)):
            return fieldsets
        return [
            (name, {**options, "fields": [field for field in options["fields"] if field != self.secret]})
            for name, options in fieldsets
        ]

    # --- what is fixed ------------------------------------------------------------------------------------------------

    def frozen(self, row: Any) -> list[str]:
        """Fields that may not change any more, because Sage holds documents made with them."""
        raise NotImplementedError

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What is fixed, once there is something to protect."""
        return [*super().get_readonly_fields(request, obj), *(self.frozen(obj) if obj else [])]

    # --- state, test, installation ------------------------------------------------------------------------------------

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The form, below a panel with the state, the last test and the buttons."""
        row = self.get_object(request, object_id) if object_id else None
        return super().changeform_view(  # type: ignore[no-any-return]
            request, object_id, form_url, {**(extra_context or {}), **(self._panel(request, row) if row else {})}
        )

    def _panel(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        checked = row.checked or {}
        asked, at = _time(checked.get("asked")), _time(checked.get("at"))
        return {
            "may_operate": self._may_operate(request),
            "may_confirm": self.has_change_permission(request, row),
            "act_url": f"admin:connectors_{self.opts.model_name}_act",
            "findings": [{**one, **_told(one)} for one in checked.get("findings", [])],
            "tested_at": at,
            "testing": asked is not None and asked > timezone.now() - PATIENCE,
            "unheard": asked if asked is not None and asked <= timezone.now() - PATIENCE else None,
        }

    def _may_operate(self, request: HttpRequest) -> bool:
        user, name = request.user, self.opts.model_name
        return user.has_perm(f"connectors.operate_{name}") or user.has_perm(f"connectors.change_{name}")

    def get_urls(self) -> list[Any]:
        """The panel's buttons post here."""
        view = self.admin_site.admin_view(self.act)
        name = f"connectors_{self.opts.model_name}_act"
        return [path("<int:pk>/act/<str:act>/", view, name=name), *super().get_urls()]

    def act(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        """One of the buttons: test, stop, resume, confirm."""
        row = self.get_object(request, str(pk))
        allowed = self.has_change_permission(request, row) if act == "confirm" else self._may_operate(request)
        acts = {"test": self._test, "stop": self._stop, "resume": self._resume, "confirm": self._confirm}
        if request.method != "POST" or row is None or act not in acts or not allowed:
            raise PermissionDenied
        with transaction.atomic():
            acts[act](request, row)
        return HttpResponseRedirect(reverse(f"admin:connectors_{self.opts.model_name}_change", args=[pk]))

    def _test(self, request: HttpRequest, row: Any) -> None:
        jobs.ask_test(row)
        messages.info(request, _("The connection is being tested. The result appears on this page."))

    def _stop(self, request: HttpRequest, row: Any) -> None:
        """What is being read or sent at this moment ends; nothing more is asked until somebody resumes it."""
        reason = request.POST.get("reason", "").strip()
        if not reason:
            messages.error(request, _("Nothing was done: enter a reason, it is kept."))
        elif row.stop(words("Stopped by %(who)s: %(reason)s", who=request.user.get_username(), reason=reason)):
            self._note(request, row, words("Stopped."))
            messages.success(request, _("The connection is stopped: nothing is read or sent until it is resumed."))
        else:
            messages.warning(request, _("It was stopped already. The reason is below."))

    def _resume(self, request: HttpRequest, row: Any) -> None:
        if row.resume():
            self._note(request, row, words("Resumed."))
            messages.success(request, _("The connection is in use again."))
        else:
            messages.warning(request, _("Nothing was done: its state had changed meanwhile. Look again."))

    def _confirm(self, request: HttpRequest, row: Any) -> None:
        if request.POST.get("sure") != "on":
            messages.error(request, _("Nothing was done: tick the box to say that no other installation uses it."))
            return
        before = row.installation or "–"
        type(row)._default_manager.filter(pk=row.pk).update(installation=settings.INSTALLATION_ID)
        told = words("Installation confirmed: %(id)s (before: %(before)s).", id=settings.INSTALLATION_ID, before=before)
        self._note(request, row, told)
        messages.success(request, _("This installation may use the connection now."))

    def _note(self, request: HttpRequest, row: Any, what: Words) -> None:
        """For the audit, in the language of what is written down."""
        self.log_change(request, row, kept(what))


def _told(finding: dict[str, Any]) -> dict[str, str]:
    return {name: worded(finding.get(name)) for name in ("subject", "text", "remedy")}


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@admin.register(Shop)
class ShopAdmin(ConnectionAdmin):
    """PrestaShop shops."""

    form = ShopForm
    secret = "key"  # noqa: S105 - the name of the field
    intro = gettext_lazy("Each shop feeds one Sage company. Nothing is fetched before its first order is named.")
    list_display = ["name", "company", "url", "condition", "may_write", "tested"]
    list_select_related = ["company"]
    list_filter = ["company", "state"]
    fieldsets = [
        (None, {"fields": ["name", "company", "url", "key", "shop_id", "time_zone", "ca_bundle"]}),
        (
            gettext_lazy("Orders"),
            {
                "fields": [
                    "take",
                    "sale_as",
                    "prefix",
                    "duplicate_minutes",
                    "four_eyes_above",
                    "first_order_id",
                    "first_order_date",
                ]
            },
        ),
        (gettext_lazy("Reading"), {"fields": ["page_size", "list_size", "overlap_minutes", "overlap_ids"]}),
    ]

    def frozen(self, row: Shop) -> list[str]:
        """Its documents are found again by prefix, in this company."""
        # By the reverse relation: connections know no postings.
        posted = row.company.postings.filter(order__shop=row).exists()
        return ["company", "prefix"] if posted else []


@admin.register(SageCompany)
class SageCompanyAdmin(ConnectionAdmin):
    """Companies in Sage."""

    form = SageCompanyForm
    secret = "password"  # noqa: S105 - the name of the field
    intro = gettext_lazy("The books that orders go into. Test the connection, then confirm this installation for it.")
    list_display = ["name", "org_id", "url", "condition", "may_write", "tested"]
    list_filter = ["state"]
    fieldsets = [
        (None, {"fields": ["name", "edition", "url", "org_id", "user", "password", "currency", "ca_bundle"]}),
        (
            gettext_lazy("How Sage computes tax"),
            {"fields": ["tax_basis", "tax_rounding", "prices_include_tax", "tax_tolerance", "rounding_cents"]},
        ),
        (
            gettext_lazy("Payments and refunds"),
            {"fields": ["receipts", "release_receipts", "restock", "credit_after_day_end"]},
        ),
        (gettext_lazy("More"), {"fields": ["simultaneous", "options"]}),
    ]

    def frozen(self, row: SageCompany) -> list[str]:
        """Other books under the same row would make every posting of it untrue."""
        return ["url", "org_id"] if row.postings.exists() else []

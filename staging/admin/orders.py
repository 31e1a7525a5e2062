"""The list of orders, and the door to each order's page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import action, display

from connectors.models import Shop
from staging.admin import actions
from staging.admin.money import amount
from staging.admin.order_page import page
from staging.admin.words import cause_line
from staging.causes import CAUSES
from staging.models import Issue, StagedOrder


class CauseFilter(admin.SimpleListFilter):
    """Orders by the first thing that holds them."""

    title = gettext_lazy("cause")
    parameter_name = "cause"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Only the causes that hold an order now."""
        held = StagedOrder.objects.exclude(first_cause="").order_by().values_list("first_cause", flat=True).distinct()
        return [(code, str(CAUSES[code].title)) for code in held if code in CAUSES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StagedOrder]) -> QuerySet[StagedOrder]:
        """Narrow to the chosen cause."""
        return queryset.filter(first_cause=self.value()) if self.value() else queryset


class ReasonForm(forms.Form):
    """Why an order is closed without documents."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=250, widget=forms.TextInput(attrs={"size": 60}))


def search(queryset: QuerySet[StagedOrder], words: str) -> QuerySet[StagedOrder]:
    """Orders by reference, e-mail, Sage number or the value that holds them; each an indexed look-up, never a scan."""
    for word in words.split():
        found = (
            Q(reference=word.upper())
            | Q(email=word.lower())
            | Q(sage_order=word.upper())
            | Q(sage_invoice=word.upper())
            | Q(pk__in=Issue.objects.filter(value=word, closed_at__isnull=True).values("order_id"))
        )
        number = word.rpartition("_")[2]
        if number.isdecimal() and len(number) < 19:
            shops = Shop.objects.values_list("pk", flat=True)
            found |= Q(shop__in=list(shops), order_id=int(number))
        queryset = queryset.filter(found)
    return queryset


@admin.register(StagedOrder)
class StagedOrderAdmin(ModelAdmin):  # type: ignore[misc]
    """Orders as a work list: what, why, how much money, how old."""

    list_display = ["order", "shop", "customer", "money", "state", "cause", "age", "in_sage"]
    list_filter = [
        "status", CauseFilter, "shop", "module", ("order_date", RangeDateFilter),
    ]
    list_filter_submit = True
    list_per_page = 50
    list_select_related = ["shop", "shop__company"]
    show_full_result_count = False
    search_fields = ["reference"]  # shows the box; the search itself is ``search``
    search_help_text = gettext_lazy("Reference, order number, e-mail, Sage number or item code")
    ordering = ["-placed_at", "-id"]
    actions = ["check_again", "push_now", "ignore"]
    change_form_template = "admin/staging/stagedorder/page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StagedOrder]:
        """With the open issues of the page's rows in one further query."""
        issues = Prefetch("issues", Issue.objects.filter(closed_at__isnull=True).order_by("pk"), to_attr="open_issues")
        return super().get_queryset(request).prefetch_related(issues)  # type: ignore[no-any-return]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[StagedOrder], search_term: str
    ) -> tuple[QuerySet[StagedOrder], bool]:
        """See ``search``."""
        return search(queryset, search_term), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Orders come from the shop only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: StagedOrder | None = None) -> bool:
        """Orders are never deleted here: they are ignored with a reason."""
        return False

    # --- columns ------------------------------------------------------------------------------------------------------

    @display(description=gettext_lazy("order"), ordering="order_id")
    def order(self, row: StagedOrder) -> str:
        """The shop's reference over its number."""
        return format_html("<strong>{}</strong><br><span class='sb-faint'>{}</span>", row.reference or "?", row.order_id)

    @display(description=gettext_lazy("total"), ordering="total")
    def money(self, row: StagedOrder) -> str:
        """Total with tax, with its currency."""
        return format_html("<span class='sb-number'>{}</span>", amount(row.total, row.currency))

    @display(
        description=gettext_lazy("status"), ordering="status",
        label={
            StagedOrder.Status.INVALID: "danger", StagedOrder.Status.POSTED: "success",
            StagedOrder.Status.READY: "info", StagedOrder.Status.STAGED: "info", StagedOrder.Status.WAITING: "warning",
        },
    )
    def state(self, row: StagedOrder) -> tuple[str, str]:
        """The status in words; the colour only repeats it."""
        return row.status, row.get_status_display()

    @display(description=gettext_lazy("what holds it"))
    def cause(self, row: StagedOrder) -> str:
        """The first cause in words, and how many more there are."""
        return cause_line(row)

    @display(description=gettext_lazy("age"), ordering="placed_at")
    def age(self, row: StagedOrder) -> str:
        """Since when the order exists."""
        return timesince(row.placed_at, timezone.now(), depth=1) if row.placed_at else "–"

    @display(description=gettext_lazy("in Sage"))
    def in_sage(self, row: StagedOrder) -> str:
        """Order and invoice number in Sage."""
        return " · ".join(number for number in (row.sage_order, row.sage_invoice) if number) or "–"

    # --- actions ------------------------------------------------------------------------------------------------------

    @action(description=gettext_lazy("Check again"), permissions=["change"])
    def check_again(self, request: HttpRequest, queryset: QuerySet[StagedOrder]) -> None:
        """Have the chosen orders checked again."""
        self._tell(request, *actions.each(queryset, lambda row: actions.check_again(row, request.user)))

    @action(description=gettext_lazy("Send now"), permissions=["change"])
    def push_now(self, request: HttpRequest, queryset: QuerySet[StagedOrder]) -> None:
        """Make the chosen orders due."""
        self._tell(request, *actions.each(queryset, lambda row: actions.push_now(row, request.user)))

    @action(description=gettext_lazy("Ignore with reason"), permissions=["change"])
    def ignore(self, request: HttpRequest, queryset: QuerySet[StagedOrder]) -> HttpResponse | None:
        """Ask for the reason, then close the chosen orders without documents."""
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            self._tell(request, *actions.each(queryset, lambda row: actions.ignore(row, request.user, reason)))
            return None
        context = {**self.admin_site.each_context(request), "form": form, "orders": queryset, "title": _("Ignore orders")}
        return TemplateResponse(request, "admin/staging/stagedorder/ignore.html", context)

    def _tell(self, request: HttpRequest, done: int, left: int) -> None:
        if done:
            text = ngettext("%(n)d order: done, it is on its way.", "%(n)d orders: done, they are on their way.", done)
            messages.success(request, text % {"n": done})
        if left:
            text = ngettext(
                "%(n)d order was left as it is: its status does not allow this, or it changed meanwhile. Open it to see.",
                "%(n)d orders were left as they are: their status does not allow this, or they changed meanwhile. "
                "Open them to see.",
                left,
            )
            messages.warning(request, text % {"n": left})

    # --- the order's page ---------------------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        """The page's buttons post here."""
        act = path("<int:pk>/act/<str:name>/", self.admin_site.admin_view(self.act), name="staging_stagedorder_act")
        return [act, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Everything about one order, to decide and to repair."""
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "original": row, "title": str(row),
            "may_change": self.has_change_permission(request, row), "reason_form": ReasonForm(), **page(row),
        }
        return TemplateResponse(request, self.change_form_template, context)

    def act(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """One of the page's buttons: check, push, ignore, take_back."""
        row = self.get_object(request, str(pk))
        if request.method != "POST" or row is None or not self.has_change_permission(request, row):
            raise PermissionDenied
        acts = {
            "check": lambda: actions.check_again(row, request.user),
            "push": lambda: actions.push_now(row, request.user),
            "take_back": lambda: actions.take_back(row, request.user),
            "ignore": lambda: actions.ignore(row, request.user, request.POST.get("reason", "")),
        }
        if name not in acts:
            raise PermissionDenied
        done = acts[name]()
        self._tell(request, int(done), int(not done))
        return HttpResponseRedirect(reverse("admin:staging_stagedorder_change", args=[pk]))

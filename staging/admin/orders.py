"""The list of orders: what, why, how much money, how old; bulk actions are tasks."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import action, display

from connectors.models import Shop
from staging import jobs, staff
from staging.admin.forms import ReasonForm
from staging.admin.money import amount
from staging.admin.order_views import OrderViews
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


def search(queryset: QuerySet[StagedOrder], words: str) -> QuerySet[StagedOrder]:
    """Orders by reference, number, e-mail, Sage number or the value that holds them; indexed look-ups, never a scan."""
    for word in words.split():
        held = Issue.objects.filter(value=word, closed_at__isnull=True)
        found = Q(reference=word.upper()) | Q(email=word.lower()) | Q(pk__in=held.values("order_id"))
        found |= Q(sage_order=word.upper()) | Q(sage_invoice=word.upper())
        number = word.rpartition("_")[2]
        if number.isdecimal() and len(number) < 19:
            found |= Q(shop__in=list(Shop.objects.values_list("pk", flat=True)), order_id=int(number))
        queryset = queryset.filter(found)
    return queryset


@admin.register(StagedOrder)
class StagedOrderAdmin(OrderViews, ModelAdmin):  # type: ignore[misc]
    """Orders as a work list."""

    list_display = ["order", "shop", "customer", "money", "state", "cause", "age", "in_sage"]
    list_filter = ["status", CauseFilter, "shop", "module", ("order_date", RangeDateFilter)]
    list_filter_submit = True
    list_per_page = 50
    list_select_related = ["shop", "shop__company"]
    show_full_result_count = False
    search_fields = ["reference"]  # shows the box; the search itself is ``search``
    search_help_text = gettext_lazy("Reference, order number, e-mail, Sage number or item code")
    ordering = ["-placed_at", "-id"]
    actions = ["check_again", "push_now", "ignore"]

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
        text = "<strong>{}</strong><br><span class='sb-faint'>{}</span>"
        return format_html(text, row.reference or "?", row.order_id)

    @display(description=gettext_lazy("total"), ordering="total")
    def money(self, row: StagedOrder) -> str:
        """Total with tax, with its currency."""
        return format_html("<span class='sb-number'>{}</span>", amount(row.total, row.currency))

    @display(
        description=gettext_lazy("status"),
        ordering="status",
        label={"invalid": "danger", "posted": "success", "ready": "info", "staged": "info", "waiting": "warning"},
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

    # --- bulk actions -------------------------------------------------------------------------------------------------

    @action(description=gettext_lazy("Check again"), permissions=["change"])
    def check_again(self, request: HttpRequest, queryset: QuerySet[StagedOrder]) -> None:
        """Have the chosen orders checked again, by a job."""
        self._ask(request, "recheck", queryset)

    @action(description=gettext_lazy("Send now"), permissions=["change"])
    def push_now(self, request: HttpRequest, queryset: QuerySet[StagedOrder]) -> None:
        """Make the chosen orders due, by a job."""
        self._ask(request, "push-now", queryset)

    @action(description=gettext_lazy("Ignore with reason"), permissions=["change"])
    def ignore(self, request: HttpRequest, queryset: QuerySet[StagedOrder]) -> HttpResponse | None:
        """Ask for the reason, then close the chosen orders without documents."""
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if not form.is_valid():
            context = {"form": form, "orders": queryset, "title": _("Ignore orders")}
            page = "admin/staging/stagedorder/ignore.html"
            return TemplateResponse(request, page, {**self.admin_site.each_context(request), **context})
        done = [staff.ignore(row, request.user, form.cleaned_data["reason"]) for row in queryset]
        self.tell(request, sum(done), len(done) - sum(done))
        return None

    def _ask(self, request: HttpRequest, kind: str, queryset: QuerySet[StagedOrder]) -> None:
        orders = list(queryset.values_list("pk", flat=True))
        jobs.ask(kind, {"orders": orders}, request.user)
        text = ngettext("%(n)d order: it is being done.", "%(n)d orders: it is being done.", len(orders))
        messages.success(request, text % {"n": len(orders)} + " " + _("See Tasks for the result."))

    def get_urls(self) -> list[Any]:
        """The buttons of an order's page post here."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/act/<str:name>/", wrap(self.act), name="staging_stagedorder_act"),
            path("<int:pk>/correct/", wrap(self.correct), name="staging_stagedorder_correct"),
            *super().get_urls(),
        ]

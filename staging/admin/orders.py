"""The list of orders: what, why, how much money, how old, who has it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from staging.admin.bulk_pages import BulkViews
from staging.admin.cause_pages import CauseViews
from staging.admin.closing_pages import ClosingViews
from staging.admin.desk_filters import AssigneeFilter, TagFilter
from staging.admin.desk_views import DeskViews
from staging.admin.filters import CauseFilter, MappingFilter, PaymentFilter, QueueFilter, ValueFilter, search
from staging.admin.order_views import OrderViews
from staging.admin.paging import BoundedPaginator
from staging.admin.words import cause_line
from staging.admin.worklists import nothing, open_issues
from staging.models import Posting, StagedOrder
from staging.templatetags.back_office import shop_time
from staging.wording import amount


@admin.register(StagedOrder)
class StagedOrderAdmin(OrderViews, CauseViews, DeskViews, BulkViews, ClosingViews, ModelAdmin):  # type: ignore[misc]
    """Orders as a work list."""

    list_display = ["order", "buyer", "money", "state", "cause", "age", "who", "next_or_number"]
    list_filter = [
        "status",
        QueueFilter,
        CauseFilter,
        ValueFilter,
        AssigneeFilter,
        TagFilter,
        "shop",
        PaymentFilter,
        MappingFilter,
        ("order_date", RangeDateFilter),
    ]
    list_filter_submit = True
    list_before_template = "admin/staging/stagedorder/tabs.html"
    list_fullwidth = True
    list_per_page = 30
    list_select_related = ["shop", "shop__company", "assignee"]
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # counting by each filter would read all orders
    search_fields = ["reference"]  # shows the box; the search itself is ``search``
    search_help_text = gettext_lazy("Reference, number, e-mail, Sage number, amount, item code")
    ordering = ["-placed_at", "-id"]
    actions = ["check_again", "push_now", "ignore", "close_by_hand", "assign_or_tag"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StagedOrder]:
        """With the open issues and the unsent documents of the page's rows, one further query each."""
        issues = Prefetch("issues", open_issues().order_by("pk"), to_attr="open_issues")
        unsent = Posting.objects.filter(status__in=[Posting.Status.READY, Posting.Status.PUSHING]).order_by("due_at")
        ahead = Prefetch("postings", unsent, to_attr="unsent")
        return super().get_queryset(request).prefetch_related(issues, ahead)  # type: ignore[no-any-return]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[StagedOrder], search_term: str
    ) -> tuple[QuerySet[StagedOrder], bool]:
        """See ``search``."""
        return search(queryset, search_term), False

    def nothing(self, shown: ChangeList) -> str:
        """What an empty list of orders means: see ``worklists.nothing``; "" where filters found none."""
        if shown.query:
            return _(
                "Nothing fits. The search knows whole references, numbers, e-mails, amounts and item codes; no names."
            )
        chosen = {name: value for name, (value, *_more) in shown.filter_params.items()}
        return nothing(chosen.get("queue", "")) if chosen.keys() <= {"queue"} and not shown.query else ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Orders come from the shop only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: StagedOrder | None = None) -> bool:
        """Orders are never deleted here: they are ignored with a reason."""
        return False

    # --- columns ------------------------------------------------------------------------------------------------------

    @display(description=gettext_lazy("order"), ordering="order_id")  # type: ignore[untyped-decorator]
    def order(self, row: StagedOrder) -> str:
        """The shop's reference over its number and the shop."""
        text = "<strong class='sb-reference'>{}</strong><br><span class='sb-faint'>{} · {}</span>"
        return format_html(text, row.reference or "?", row.order_id, row.shop)

    @display(description=gettext_lazy("customer"), ordering="customer")  # type: ignore[untyped-decorator]
    def buyer(self, row: StagedOrder) -> str:
        """The customer on two lines at most; all of a long name appears when one points at it."""
        return format_html("<span class='sb-two' dir='auto' title='{0}'>{0}</span>", row.customer or "–")

    @display(description=gettext_lazy("total"), ordering="total")  # type: ignore[untyped-decorator]
    def money(self, row: StagedOrder) -> str:
        """Total with tax, with its currency."""
        return format_html("<span class='sb-number'>{}</span>", amount(row.total, row.currency))

    @display(  # type: ignore[untyped-decorator]
        description=gettext_lazy("status"),
        ordering="status",
        label={"invalid": "danger", "posted": "success", "ready": "info", "staged": "info", "waiting": "warning"},
    )
    def state(self, row: StagedOrder) -> tuple[str, str]:
        """The status in words; the colour only repeats it."""
        return row.status, row.get_status_display()

    @display(description=gettext_lazy("what holds it"))  # type: ignore[untyped-decorator]
    def cause(self, row: StagedOrder) -> str:
        """The first cause in words, and how many more there are."""
        return format_html("<span class='sb-cause'>{}</span>", cause_line(row))

    @display(description=gettext_lazy("age"), ordering="placed_at")  # type: ignore[untyped-decorator]
    def age(self, row: StagedOrder) -> str:
        """Since when the order exists."""
        return timesince(row.placed_at, timezone.now(), depth=1) if row.placed_at else "–"

    @display(description=gettext_lazy("who has it"), ordering="assignee")  # type: ignore[untyped-decorator]
    def who(self, row: StagedOrder) -> str:
        """Who has it, and how it is tagged."""
        tags = format_html_join(" ", "<span class='sb-chip'>{}</span>", ((tag,) for tag in row.tags))
        return format_html("{} {}", row.assignee or ("" if row.tags else "–"), tags)

    @display(description=gettext_lazy("next try / in Sage"))  # type: ignore[untyped-decorator]
    def next_or_number(self, row: StagedOrder) -> str:
        """Order and invoice number in Sage; before that, when the bridge goes on by itself, in the shop's time.

        "–" when the order waits for a person or for nothing.
        """
        if numbers := [number for number in (row.sage_order, row.sage_invoice) if number]:
            return " · ".join(numbers)
        unsent: list[Posting] = getattr(row, "unsent", [])
        at = unsent[0].due_at if unsent else row.due_at if row.status in BY_ITSELF else None
        if at is None or row.status not in (*BY_ITSELF, StagedOrder.Status.READY):
            return "–"
        told = _("now") if at <= timezone.now() else shop_time(at, row.shop.time_zone)
        tried = max((posting.attempts for posting in unsent), default=0)
        often = ngettext("tried %(n)d time", "tried %(n)d times", tried) % {"n": tried}
        return f"{told} ({often})" if tried else told

    # --- further pages ------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        """The buttons of an order's page post here."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/act/<str:name>/", wrap(self.act), name="staging_stagedorder_act"),
            path("<int:pk>/correct/", wrap(self.correct), name="staging_stagedorder_correct"),
            *self.cause_urls(),
            *self.desk_urls(),
            *self.bulk_urls(),
            *self.closing_urls(),
            *super().get_urls(),
        ]


BY_ITSELF = (StagedOrder.Status.STAGED, StagedOrder.Status.WAITING)
"""Here the bridge checks again by itself, at the latest when the order is due."""

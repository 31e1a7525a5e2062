"""Read-only lists of what the sweeps wrote: postings and raw records."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from connectors.models import Shop
from staging.admin.order_documents import ATTEMPTS_SHOWN, attempt_view, laid_out
from staging.models import Posting, RawRecord
from staging.templatetags.back_office import shop_time

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class ReadOnly(ModelAdmin):  # type: ignore[misc]
    """To look at; nobody adds, edits or deletes here."""

    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False


def in_shops_time(name: str, title: StrOrPromise, shop: Callable[[Any], Shop]) -> Callable[[Any], str]:
    """A column with a moment in the time of the row's shop; any other column's are in the site's."""

    @admin.display(description=title, ordering=name)
    def column(row: Any) -> str:
        return shop_time(getattr(row, name), shop(row).time_zone)

    column.__name__ = name
    return column


_DUE, _SENT = (
    in_shops_time(name, title, lambda row: row.order.shop)
    for name, title in (("due_at", _("due")), ("pushed_at", _("in Sage since")))
)
_SEEN = in_shops_time("seen_at", _("seen"), lambda row: row.shop)


@admin.register(Posting)
class PostingAdmin(ReadOnly):
    """Documents in Sage, or on their way there."""

    nothing = _(
        "No document was made for Sage since this bridge was set up on %(since)s. Orders that pass the check make them."
    )
    list_display = ["reference", "kind", "company", "of_order", "state", "document_number", "attempts", _SENT]
    list_filter = ["status", "kind", "company"]
    list_select_related = ["company", "order__shop"]
    search_fields = ["=reference", "=document_number"]
    search_help_text = _("Reference or number in Sage, whole")
    ordering = ["-pk"]
    fields = ["company", "of_order", "kind", "reference", "status", "document_number", "attempts", _DUE, _SENT]
    fields = [*fields, "sent", "answered", "tries"]
    readonly_fields = fields

    def get_fields(self, request: HttpRequest, obj: Posting | None = None) -> list[Any]:
        """What was said to Sage contains what the shop says: for whoever may see that."""
        may_read = request.user.has_perm("staging.view_rawrecord")
        return [name for name in self.fields if may_read or name != "tries"]

    @display(  # type: ignore[untyped-decorator]
        description=_("status"),
        label={"pushed": "success", "refused": "danger", "lost": "danger", "ready": "info", "pushing": "warning"},
    )
    def state(self, row: Posting) -> tuple[str, str]:
        """The status in words."""
        return row.status, row.get_status_display()

    @admin.display(description=_("order"), ordering="order")
    def of_order(self, row: Posting) -> str:
        """The order, as a link to its page."""
        return format_html('<a href="{}">{}</a>', _page(row), row.order)

    @admin.display(description=_("what is sent"))
    def sent(self, row: Posting) -> str:
        """Exactly what goes to Sage."""
        return _pre(row.prepared)

    @admin.display(description=_("what Sage answered"))
    def answered(self, row: Posting) -> str:
        """The document as Sage told it."""
        return _pre(row.answer) if row.answer else "–"

    @admin.display(description=_("attempts, the newest first"))
    def tries(self, row: Posting) -> str:
        """What was said to Sage and back, attempt by attempt."""
        rows = row.tries.order_by("-pk")[:ATTEMPTS_SHOWN]
        context = {"attempts": [attempt_view(each) for each in rows], "zone": row.order.shop.time_zone}
        return render_to_string("admin/staging/stagedorder/attempts.html", context) if rows else "–"


@admin.register(RawRecord)
class RawRecordAdmin(ReadOnly):
    """What the shop said, word for word."""

    nothing = _("Nothing was read from a shop since this bridge was set up on %(since)s.")
    list_display = ["resource", "object_id", "shop", _SEEN]
    list_filter = ["shop"]
    list_select_related = ["shop"]
    search_fields = ["object_id"]  # shows the box; see get_search_results
    search_help_text = _("Resource and number, e.g. orders 42")
    ordering = ["-pk"]
    fields = ["shop", "resource", "object_id", _SEEN, "said"]
    readonly_fields = fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[RawRecord], search_term: str
    ) -> tuple[QuerySet[RawRecord], bool]:
        """By resource and number: a look-up in the index."""
        for word in search_term.split():
            if word.isdecimal() and len(word) < 19:
                queryset = queryset.filter(object_id=int(word))
            else:
                queryset = queryset.filter(resource=word)
        return queryset, False

    @admin.display(description=_("what the shop said"))
    def said(self, row: RawRecord) -> str:
        """The payload."""
        return _pre(row.payload)


def _page(row: Posting) -> str:
    return reverse("admin:staging_stagedorder_change", args=[row.order_id])


def _pre(value: Any) -> str:
    return format_html('<pre class="sb-pre" tabindex="0">{}</pre>', laid_out(value))

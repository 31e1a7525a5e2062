"""What is done with many orders at once: a preview by outcome of exactly those that were chosen, then a job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from connectors.models import Shop
from staging import bulk, staff
from staging.admin.asking import ask, ask_chosen, may_ask, seen, shown, too_many
from staging.admin.foretold import Group
from staging.admin.forms import ReasonForm
from staging.dryrun import DRY_RUN, frozen, of_days
from staging.forecast import Tally
from staging.models import StagedOrder

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

MAY, SENDING = "may", "sending"
"""Outcomes of a preview beside the statuses that do not allow it."""


@dataclass(frozen=True)
class Act:
    """A bulk action that is confirmed on a page: what ``staff`` calls it, and its words."""

    name: str
    title: StrOrPromise
    text: StrOrPromise
    would: StrOrPromise
    button: StrOrPromise
    reason: bool = False


ACTS = {
    "push-now": Act(
        "push",
        gettext_lazy("Send now"),
        gettext_lazy("What is ready is made due now and sent in the next seconds, the oldest first."),
        gettext_lazy("would be sent now"),
        gettext_lazy("Send them now"),
    ),
    "ignore": Act(
        "ignore",
        gettext_lazy("Ignore orders"),
        gettext_lazy("They are closed without documents in Sage; each can be taken back later."),
        gettext_lazy("would be closed without documents"),
        gettext_lazy("Ignore them"),
        reason=True,
    ),
}


class DaysForm(forms.Form):
    """Which orders are tried: those of some days of a shop, by the shop's calendar."""

    shop = forms.ModelChoiceField(Shop.objects.order_by("name"), label=gettext_lazy("Shop"), empty_label=None)
    first = forms.DateField(label=gettext_lazy("From"), widget=DATE)
    last = forms.DateField(label=gettext_lazy("To"), widget=DATE)

    def clean(self) -> dict[str, Any]:
        """The days in their order."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("first") and cleaned.get("last") and cleaned["first"] > cleaned["last"]:
            raise forms.ValidationError(_("Enter the first day first."))
        return cleaned


class BulkViews:
    """The list's bulk actions and the dry run's form; part of the orders' ModelAdmin."""

    @action(description=gettext_lazy("Check again"), permissions=["change"])  # type: ignore[untyped-decorator]
    def check_again(self, request: HttpRequest, queryset: QuerySet[StagedOrder]) -> HttpResponse:
        """Tell first what would come of it: a dry run, whose page has the very same orders checked."""
        return ask_chosen(request, DRY_RUN, frozen(queryset), again=True)

    @action(description=gettext_lazy("Send now"), permissions=["change"])  # type: ignore[untyped-decorator]
    def push_now(self, request: HttpRequest, queryset: QuerySet[StagedOrder]) -> HttpResponse:
        """Make the chosen orders due, by a job."""
        return self._preview(request, "push-now", queryset)

    @action(description=gettext_lazy("Ignore with reason"), permissions=["change"])  # type: ignore[untyped-decorator]
    def ignore(self, request: HttpRequest, queryset: QuerySet[StagedOrder]) -> HttpResponse:
        """Have the chosen orders closed without documents, by a job."""
        return self._preview(request, "ignore", queryset)

    def _preview(self, request: HttpRequest, kind: str, queryset: QuerySet[StagedOrder]) -> HttpResponse:
        """What the action would do with the chosen orders; confirmed, a job does it with exactly those.

        The page carries the version of each order that it shows: one that changes meanwhile is left alone.
        """
        act, confirmed = ACTS[kind], "chosen" in request.POST
        chosen = seen(request) if confirmed else frozen(queryset)
        form = ReasonForm(request.POST if confirmed else None) if act.reason else None
        if len(chosen) > bulk.AT_MOST or (confirmed and (form is None or form.is_valid())):
            return ask_chosen(request, kind, chosen, **(form.cleaned_data if confirmed and form else {}))
        admin: Any = self
        context = {
            **admin.admin_site.each_context(request),
            "opts": admin.opts,
            "act": act,
            **shown(chosen, kind.replace("-", "_")),
            "form": form,
            "groups": _would(act, [pk for pk, _version in chosen]),
            "title": act.title,
        }
        return TemplateResponse(request, "admin/staging/stagedorder/confirm.html", context)

    def try_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The order's page: check it without writing anything."""
        row = get_object_or_404(StagedOrder, pk=pk)
        if request.method != "POST":
            raise PermissionDenied
        return ask(request, DRY_RUN, {"orders": [[row.pk, row.version]], "again": True})

    def dry_run(self, request: HttpRequest) -> HttpResponse:
        """Choose some days of a shop, and have all their orders checked without writing anything."""
        if not may_ask(request, DRY_RUN):
            raise PermissionDenied
        form = DaysForm(request.POST if request.method == "POST" else None, initial=_last_month())
        if request.method == "POST" and form.is_valid():
            shop, first, last = (form.cleaned_data[name] for name in ("shop", "first", "last"))
            orders = frozen(of_days(shop, first, last))
            more = {"shop": shop.pk, "first": first.isoformat(), "last": last.isoformat()}
            if len(orders) <= bulk.AT_MOST:
                return ask(request, DRY_RUN, {"orders": orders, **more})
            form.add_error(None, too_many())
        admin: Any = self
        context = {**admin.admin_site.each_context(request), "opts": admin.opts, "form": form, "title": _("Dry run")}
        return TemplateResponse(request, "admin/staging/stagedorder/dry_run.html", context)

    def bulk_urls(self) -> list[Any]:
        """The dry run's addresses."""
        wrap: Callable[..., Any] = cast(Any, self).admin_site.admin_view
        return [
            path("dry-run/", wrap(self.dry_run), name="staging_dry_run"),
            path("<int:pk>/try/", wrap(self.try_one), name="staging_stagedorder_try"),
        ]


def _last_month() -> dict[str, Any]:
    last = timezone.localdate().replace(day=1) - timedelta(days=1)
    return {"first": last.replace(day=1), "last": last}


def _would(act: Act, pks: list[int]) -> list[Group]:
    """The chosen orders by whether they may be acted on as they stand, and if not, why."""
    rows = StagedOrder.objects.filter(pk__in=pks).values_list("pk", "status", "currency", "total")
    lawful = staff.lawful_of({pk: status for pk, status, _currency, _total in rows})
    tally = Tally()
    for pk, status, currency, total in rows:
        tally.add(MAY if act.name in lawful[pk] else status if lawful[pk] else SENDING, "", currency, total)
    words = {value: _("left as it is: %(status)s") % {"status": label} for value, label in StagedOrder.Status.choices}
    words |= {MAY: str(act.would), SENDING: _("left as it is: it is being sent at this moment")}
    found = [Group.of(words[outcome], n, sums, outcome == MAY) for outcome, _cause, n, sums in tally.told()]
    return sorted(found, key=lambda group: not group.good)

"""The page of one order and its buttons."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from connectors.errors import Misconfigured
from connectors.telling import worded
from staging import desk, jobs, settling, staff
from staging.admin.forms import CorrectionForm
from staging.admin.order_page import next_held, orders_of, page, places
from staging.admin.order_tabs import KEPT, ORDER, address, asked, left
from staging.admin.worklists import NEEDS_YOU
from staging.checks import eyes
from staging.corrections import SEND_AGAIN
from staging.forecast import foretell
from staging.models import Issue, StagedOrder
from staging.wording import field_words, value_words

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Act = Callable[[StagedOrder], bool]

ATTEMPTS = 3

ALL_HELD = f"queue={NEEDS_YOU}"
"""The list whose held orders are all held orders."""

TAB = "order-tab"
"""What htmx asks for when somebody changes the tab: the tab alone."""

CHECKED = gettext_lazy("{} is saved and is being checked now.")
TOLD = {
    "check": gettext_lazy("{} is being checked now."),
    "push": gettext_lazy("{} is being sent now."),
    "take_back": gettext_lazy("{} is open again and is being checked now."),
    "ignore": gettext_lazy("{} is closed without documents; “Take back” opens it again."),
    SEND_AGAIN: gettext_lazy("Sage is being asked what it holds of {}; the answer will stand here."),
}
"""What a button did, by its name; after any other one the order is checked, and it is told at once what holds it."""


class OrderViews:
    """What the order's page shows and does; part of its ModelAdmin.

    Each form carries what the person saw (``staff.seen``); if the shop or a colleague has changed that by now, nothing
    is saved, and the page says who did what, beside what the person had entered.
    """

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Everything about one order, to decide and to repair."""
        row = self._row(request, object_id)
        return self._page(request, row)

    def act(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """One of the page's buttons: check, push, ignore, take_back, accept, send-again, settle-…."""
        user, reason = cast(User, request.user), request.POST.get("reason", "")
        acts: dict[str, Act] = {
            "check": lambda row: staff.check_again(row, user),
            "push": lambda row: staff.push_now(row, user),
            "take_back": lambda row: staff.take_back(row, user),
            "ignore": lambda row: staff.ignore(row, user, reason),
            "accept": lambda row: _accept(request, row, reason),
            SEND_AGAIN: lambda row: _send_again(request, row, reason),
            **{f"settle-{choice}": _settling(request, choice, reason) for choice in settling.CHOICES},
        }
        if name not in acts:
            raise Http404
        entered = [(_("Reason"), reason)] if reason else []
        return self._do(request, pk, acts[name], entered, TOLD.get(name, CHECKED))

    def correct(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lay corrections over one place of the order, or withdraw one."""
        row, user = self._to_change(request, pk), cast(User, request.user)
        if withdrawn := request.POST.get("withdraw"):
            return self._do(request, pk, lambda row: _withdraw(row, withdrawn, user), [])
        orders, place = orders_of(row), request.POST.get("place", "")
        if orders is None or place not in places(orders[1]):
            raise Http404  # the page offers no such form
        read, counts = orders
        form = CorrectionForm(counts, place, request.POST)
        if not form.is_valid() and request.POST.get("seen") == staff.seen(row):
            messages.error(request, _("Nothing was saved: look at what is marked below, then save again."))
            return self._page(request, row, form)
        values, reason = form.values, form.cleaned_data.get("reason", "")
        if form.is_valid() and not values:
            messages.info(request, _("Nothing was saved: you changed nothing."))
            return _back(request, row)
        entered = [(field_words(name), value_words(value)) for name, value in values.items()]
        return self._do(request, pk, lambda row: staff.correct(row, read, place, values, user, reason), entered)

    def may_view(self, request: HttpRequest, row: StagedOrder | None = None) -> None:
        """Raise PermissionDenied for who may not see orders."""
        admin: Any = self
        if not admin.has_view_permission(request, row):
            raise PermissionDenied

    def _row(self, request: HttpRequest, pk: object) -> StagedOrder:
        if not str(pk).isdecimal():
            raise Http404
        row = get_object_or_404(StagedOrder.objects.select_related("shop__company", "assignee"), pk=pk)
        self.may_view(request, row)
        return row

    def _to_change(self, request: HttpRequest, pk: object) -> StagedOrder:
        """The order, if this person may change it and posted a change."""
        row, admin = self._row(request, pk), cast(Any, self)
        if request.method != "POST" or not admin.has_change_permission(request, row):
            raise PermissionDenied
        return row

    def _page(
        self, request: HttpRequest, row: StagedOrder, bound: CorrectionForm | None = None, **more: Any
    ) -> HttpResponse:
        admin: Any = self
        may_change = admin.has_change_permission(request, row)
        tab, kept, following = ORDER if bound else asked(request), _kept(request), self._next(request, row)
        if request.headers.get("HX-Target") == TAB and not more:
            context = {**page(row, tab, kept=kept), "may_change": may_change, "next_held": following}
            return TemplateResponse(request, "admin/staging/stagedorder/order_tab.html", context)
        context = {
            **admin.admin_site.each_context(request),
            "opts": admin.opts,
            "original": row,
            "title": str(row),
            "may_change": may_change,
            "people": desk.people() if may_change else [],
            "next_held": following,
            **page(row, tab, bound, kept),
            **more,
        }
        status = 409 if "conflict" in more else 200
        return TemplateResponse(request, "admin/staging/stagedorder/page.html", context, status=status)

    def _do(
        self, request: HttpRequest, pk: int, act: Act, entered: list[tuple[str, str]], told: StrOrPromise = CHECKED
    ) -> HttpResponse:
        """Act on what the person saw; overtaken by a check in the background, act again on the checked order."""
        for _attempt in range(ATTEMPTS):
            row = self._to_change(request, pk)
            if request.POST.get("seen") != staff.seen(row):
                conflict = {"entered": entered, "events": row.events.order_by("-pk")[:3]}
                return self._page(request, row, conflict=conflict)
            with override(settings.LANGUAGE_CODE):  # the audit calls what this makes in one language
                done = act(row)
            if done:
                return self._done(request, row, _held(row) if entered and told is CHECKED else "", told)
            if self._row(request, pk).version == row.version:
                break
        messages.warning(request, _refused(request, row))
        return _back(request, row)

    def _done(self, request: HttpRequest, row: StagedOrder, held: str, told: StrOrPromise) -> HttpResponse:
        """Back to the page, or on to the next held order if so asked; ``held`` is what still holds it."""
        jobs.ring("validate", row.shop_id)
        jobs.ring("push", row.shop.company_id)
        link = format_html('<a href="{}">{}</a>', address(row.pk), row)
        said: list[str] = [
            format_html(_("{} is saved and checked. {}"), link, held) if held else format_html(str(told), link)
        ]
        following = ""
        if "next" in request.POST:
            following = self._next(request, row)
            said.append(_("This is the next one.") if following else _("It was the last one."))
        messages.add_message(
            request,
            messages.WARNING if held else messages.SUCCESS,
            format_html_join(" ", "{}", ((text,) for text in said)),
        )
        return HttpResponseRedirect(following) if following else _back(request, row)

    def _next(self, request: HttpRequest, row: StagedOrder) -> str:
        """The address of the next held order of the list that this one was opened from; "" when there is none."""
        kept = _kept(request)
        following = next_held(row, self._listed(request, kept))
        return address(following.pk, kept=kept) if following else ""

    def _listed(self, request: HttpRequest, kept: str) -> QuerySet[StagedOrder]:
        """The orders of a list that was narrowed so; all orders where it was not, or to nonsense."""
        orders: QuerySet[StagedOrder] = StagedOrder.objects.all()
        if kept in ("", ALL_HELD):
            return orders
        asked = copy(request)
        asked.GET = QueryDict(kept)
        try:
            orders = cast(Any, self).get_changelist_instance(asked).queryset
        except (IncorrectLookupParameters, SuspiciousOperation):
            return orders
        return orders.prefetch_related(None)


def _kept(request: HttpRequest) -> str:
    """What the list was narrowed to that the order was opened from."""
    return left(request)[1] if request.method == "POST" else request.GET.get(KEPT, "")


def _held(row: StagedOrder) -> str:
    """All that a check of the corrected order finds at once, "" when nothing would hold it, or nobody can tell yet."""
    try:
        told = next(foretell(row.shop, [row.pk]), None)
    except Misconfigured:
        return ""
    return worded(told.message) if told is not None and told.to == StagedOrder.Status.INVALID else ""


def _refused(request: HttpRequest, row: StagedOrder) -> str:
    """Why nothing was done with an order that nobody changed meanwhile, and what to do."""
    if "reason" in request.POST and not request.POST["reason"].strip():
        return _("Nothing was done: enter a reason, it is kept.")
    issue = _issue(request, row)
    if issue is not None and issue.code == eyes.CODE:
        return _("Nothing was done: somebody else than you has to agree. Assign the order to a colleague.")
    told = {"status": row.get_status_display()}
    return (
        _("Nothing was done: the order is “%(status)s” now, which does not allow it. This page says what may be done.")
        % told
    )


def _issue(request: HttpRequest, row: StagedOrder) -> Issue | None:
    number = request.POST.get("issue", "")
    return row.issues.filter(pk=number, closed_at__isnull=True).first() if number.isdecimal() else None


def _settling(request: HttpRequest, choice: str, reason: str) -> Act:
    """A credit note moves money: it needs the money right."""

    def act(row: StagedOrder) -> bool:
        user = cast(User, request.user)
        if not user.has_perm("staging.correct_money"):
            raise PermissionDenied
        issue = _issue(request, row)
        return issue is not None and settling.settle(row, issue, choice, user, reason)

    return act


def _send_again(request: HttpRequest, row: StagedOrder, reason: str) -> bool:
    """Sage is asked by a job; what it holds then stands on the order's page."""
    user = cast(User, request.user)
    if not user.has_perm("staging.correct_money"):
        raise PermissionDenied
    if not reason.strip() or row.status != StagedOrder.Status.POSTED or "accept" not in staff.lawful(row):
        return False
    jobs.ask(SEND_AGAIN, {"order": row.pk, "reason": reason.strip()}, user)
    return True


def _accept(request: HttpRequest, row: StagedOrder, reason: str) -> bool:
    issue = _issue(request, row)
    return issue is not None and staff.accept(row, issue, cast(User, request.user), reason)


def _withdraw(row: StagedOrder, number: str, user: User) -> bool:
    correction = row.corrections.filter(pk=number).first() if number.isdecimal() else None
    return correction is not None and staff.withdraw(row, correction, user)


def _back(request: HttpRequest, row: StagedOrder) -> HttpResponse:
    """To the order's page, at the tab where the form was sent."""
    return HttpResponseRedirect(address(row.pk, *left(request)))

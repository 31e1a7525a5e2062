"""The day proof and the bank page: what the clock or a person had asked for, shown; nothing here asks shop or Sage."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors.models import Shop
from mappings.spreadsheets import safe_cell
from staging import jobs
from staging.admin import payouts
from staging.admin.spans import DATE, SpanForm
from staging.models import Task
from staging.proofs import DayProof, Difference, Sum, sheets
from staging.proofs.bank import BankDay, bank_days, totals
from staging.proofs.payouts import Banked, banked
from staging.proofs.task import PROVE, READ, Kept, kept, parameters, shop_yesterday, under_way
from staging.proofs.words import KINDS, PARTS, WHY, about, line, link
from staging.proofs.words import READ as REPAIRED_BY_READING

VIEW = "staging.view_stagedorder"
"""Whoever may look at orders may look at proofs and have one made: it changes nothing."""

CHANGE = "staging.change_stagedorder"


class DayForm(forms.Form):
    """Which day of which shop."""

    shop = forms.ModelChoiceField(Shop.objects.order_by("name"), label=gettext_lazy("Shop"), empty_label=None)
    day = forms.DateField(label=gettext_lazy("Day (in the shop's time)"), widget=DATE)


@dataclass(frozen=True)
class DifferenceView:
    """One difference in words, with what repairs it: a page, a button that reads the order, or Sage itself."""

    row: Difference
    kind: str
    title: str
    text: str
    link: str
    may_read: bool


def urls(site: admin.AdminSite) -> list[URLPattern]:
    """The pages, under the name of tasks: a proof is one."""
    wrap = site.admin_view
    return [
        path("proof/", wrap(day_page), name="staging_proof"),
        path("proof/ask/", wrap(ask), name="staging_proof_ask"),
        path("proof/read/", wrap(read), name="staging_proof_read"),
        path("proof/<int:pk>/<str:day>.<str:kind>", wrap(export), name="staging_proof_export"),
        path("bank/", wrap(bank_page), name="staging_bank"),
        *payouts.urls(site),
    ]


def day_page(request: HttpRequest) -> HttpResponse:
    """One day of one shop: the latest proof that was made of it."""
    _may(request, VIEW)
    shop = _shop(request)
    form = DayForm(request.GET or None, initial={"shop": shop, "day": shop_yesterday(shop) if shop else None})
    if form.is_bound and form.is_valid():
        shop = cast(Shop, form.cleaned_data["shop"])
    day = _day(form, shop)
    found = kept(shop, day, day).get(day) if shop and day else None
    asked = under_way(shop, day) if shop and day else None
    context = _common(request, form, shop, _("Day proof")) | {"day": day, "asked": asked}
    if shop and day:
        context |= {"previous": _to(shop, day - timedelta(days=1)), "next": _to(shop, day + timedelta(days=1))}
        context |= {"is_over": day <= shop_yesterday(shop), "failed": None if found or asked else _failed(shop, day)}
    if found and shop:
        context |= _told(request, shop, found)
    return TemplateResponse(request, "admin/staging/proof.html", context)


def bank_page(request: HttpRequest) -> HttpResponse:
    """Receipts per bank beside the shop's payments per method, day by day, to tick payouts off; also as CSV."""
    _may(request, VIEW)
    shop = _shop(request)
    last = shop_yesterday(shop) if shop else None
    first = last - timedelta(days=6) if last else None
    initial = {"shop": shop, "first": first, "last": last}
    form = SpanForm(request.GET if "first" in request.GET else None, initial=initial)
    if form.is_bound and form.is_valid():
        shop, first, last = (form.cleaned_data[name] for name in ("shop", "first", "last"))
    if (form.is_bound and not form.is_valid()) or shop is None or first is None or last is None:
        context = _common(request, form, shop, _("Bank")) | {"rows": []}
        return TemplateResponse(request, "admin/staging/bank.html", context)
    found = kept(shop, first, last)
    rows = bank_days(each.proof for each in found.values())
    at_banks = banked(shop, rows)
    if request.GET.get("as") == "csv":
        return _bank_csv(shop, rows, at_banks)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    context = _common(request, form, shop, _("Bank")) | {
        "first": first,
        "last": last,
        "rows": rows,
        "totals": totals(rows),
        "banked": at_banks,
        "may_tick": request.user.has_perm(CHANGE),
        "unproved": [day for day in days if day not in found],
        "oldest": min((each.proof.asked_at for each in found.values()), default=None),
        "asked": under_way(shop, first) or under_way(shop, last),
        "csv": f"?{_query(shop=shop.pk, first=first, last=last, **{'as': 'csv'})}",
    }
    return TemplateResponse(request, "admin/staging/bank.html", context)


def ask(request: HttpRequest) -> HttpResponse:
    """Have some days proved; back to the page that asked."""
    _may(request, VIEW, post=True)
    form = SpanForm(request.POST)
    if not form.is_valid():
        raise Http404
    shop, first, last = (form.cleaned_data[name] for name in ("shop", "first", "last"))
    if not (under_way(shop, first) and under_way(shop, last)):
        jobs.ask(PROVE, parameters(shop, first, last), cast(User, request.user))
    if request.POST.get("page") == "bank":
        query = _query(shop=shop.pk, first=first, last=last)
        return HttpResponseRedirect(f"{reverse('admin:staging_bank')}?{query}")
    return HttpResponseRedirect(_to(shop, first))


def read(request: HttpRequest) -> HttpResponse:
    """Have one order read that a proof missed; to the page of that task."""
    _may(request, CHANGE, post=True)
    shop = get_object_or_404(Shop, pk=_number(request.POST.get("shop")))
    order = _number(request.POST.get("order"))
    if not order:
        raise Http404
    task = jobs.ask(READ, {"shop": shop.pk, "orders": [order]}, cast(User, request.user))
    messages.info(request, _("Order %(order)s is being read. Then ask for the proof again.") % {"order": order})
    return HttpResponseRedirect(reverse("admin:staging_task_change", args=[task.pk]))


def export(request: HttpRequest, pk: int, day: str, kind: str) -> HttpResponse:
    """The proof of a day as a table."""
    _may(request, VIEW)
    shop = get_object_or_404(Shop, pk=pk)
    try:
        found = kept(shop, date.fromisoformat(day), date.fromisoformat(day))
    except ValueError:
        raise Http404 from None
    if kind not in sheets.FORMATS or not found:
        raise Http404
    table = sheets.sheet(shop, [each.proof for each in found.values()])
    response = HttpResponse(sheets.written(table, kind), content_type=sheets.FORMATS[kind])
    response["Content-Disposition"] = f'attachment; filename="proof-{shop.pk}-{day}.{kind}"'
    return response


# --- inside -----------------------------------------------------------------------------------------------------------


def _may(request: HttpRequest, right: str, *, post: bool = False) -> None:
    if not request.user.has_perm(right) or (post and request.method != "POST"):
        raise PermissionDenied


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _shop(request: HttpRequest) -> Shop | None:
    """The shop asked for, else the first."""
    shops = Shop.objects.select_related("company").order_by("name")
    return shops.filter(pk=_number(request.GET.get("shop"))).first() or shops.first()


def _day(form: DayForm, shop: Shop | None) -> date | None:
    if form.is_bound:
        return form.cleaned_data.get("day") if form.is_valid() else None
    return shop_yesterday(shop) if shop else None


def _to(shop: Shop, day: date) -> str:
    return f"{reverse('admin:staging_proof')}?{_query(shop=shop.pk, day=day)}"


def _query(**values: object) -> str:
    return urlencode({name: str(value) for name, value in values.items()})


def _common(request: HttpRequest, form: forms.Form, shop: Shop | None, title: str) -> dict[str, Any]:
    common = {"title": title, "content_title": title, "form": form, "shop": shop}
    return {**admin.site.each_context(request), **common}


def _failed(shop: Shop, day: date) -> Task | None:
    """The last proof of this day, if it failed."""
    text = day.isoformat()
    asked = Task.objects.filter(kind=PROVE, parameters__shop=shop.pk, parameters__first__lte=text)
    last = asked.filter(parameters__last__gte=text).order_by("-pk").first()
    return last if last and last.status == Task.Status.FAILED else None


def _told(request: HttpRequest, shop: Shop, found: Kept) -> dict[str, Any]:
    """A proof for its page."""
    proof, may_change = found.proof, request.user.has_perm(CHANGE)
    return {
        "proof": proof,
        "made_by": found.task,
        "lines": [line(balance) for balance in proof.balances],
        "not_asked": [KINDS[kind][1] for kind in proof.not_asked],
        "balances": [(KINDS[balance.kind][0], balance) for balance in proof.balances],
        "differences": [_view(each, shop, may_change) for each in proof.differences],
        "left_out": [(KINDS[each.kind][0], each) for each in proof.left_out],
        "parts": _parts(proof),
        "exports": [
            (kind.upper(), reverse("admin:staging_proof_export", args=[shop.pk, proof.day.isoformat(), kind]))
            for kind in sheets.FORMATS
        ],
    }


def _view(row: Difference, shop: Shop, may_change: bool) -> DifferenceView:
    why = WHY[row.cause]
    return DifferenceView(
        row=row,
        kind=str(KINDS[row.kind][0]),
        title=str(why.title),
        text=about(row),
        link=link(row, shop),
        may_read=may_change and why.repair == REPAIRED_BY_READING and bool(row.order),
    )


def _parts(proof: DayProof) -> list[tuple[str, list[Sum]]]:
    return [
        (str(title), rows) for part, title in PARTS.items() if (rows := [row for row in proof.sums if row.part == part])
    ]


def _bank_csv(shop: Shop, rows: Iterable[BankDay], at_banks: Iterable[Banked]) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="bank-{shop.pk}.csv"'
    response.write("\ufeff")  # so that Excel takes it for UTF-8
    table = csv.writer(response)
    head = (
        _("day"),
        _("currency"),
        _("side"),
        _("name"),
        _("count"),
        _("amount"),
        _("ticked off"),
        _("by"),
        _("payout"),
    )
    table.writerow(head)
    ticks = {(each.day, each.currency, each.bank): each.tick for each in at_banks if each.tick}
    for row in rows:
        for each in row.payments:
            table.writerow(
                [row.day, row.currency, _("shop"), safe_cell(each.name), each.count, each.amount, "", "", ""]
            )
        for each in row.receipts:
            tick = ticks.get((row.day, row.currency, each.name)) if row.day else None
            seen = (
                (f"{tick.at:%Y-%m-%d}", tick.user.get_username(), safe_cell(tick.statement)) if tick else ("", "", "")
            )
            table.writerow([row.day, row.currency, _("Sage"), safe_cell(each.name), each.count, each.amount, *seen])
    return response

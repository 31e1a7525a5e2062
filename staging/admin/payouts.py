"""The two buttons of the bank page: tick off what a payout contains, and take a tick back."""

from __future__ import annotations

from typing import cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from staging.admin.spans import SpanForm
from staging.proofs.bank import bank_days
from staging.proofs.payouts import banked, tick, untick
from staging.proofs.task import kept

CHANGE = "staging.change_stagedorder"


def urls(site: admin.AdminSite) -> list[URLPattern]:
    """Both, beside the bank page."""
    return [
        path("bank/tick/", site.admin_view(tick_off), name="staging_bank_tick"),
        path("bank/untick/", site.admin_view(take_back), name="staging_bank_untick"),
    ]


class TickForm(SpanForm):
    """Which days were looked at, and on which payout or statement the chosen receipts were found."""

    statement = forms.CharField(max_length=60, required=False)


def tick_off(request: HttpRequest) -> HttpResponse:
    """Note the chosen receipts as found, with their amounts as the proofs say."""
    form = _asked(request)
    shop, first, last = (form.cleaned_data[name] for name in ("shop", "first", "last"))
    rows = bank_days(each.proof for each in kept(shop, first, last).values())
    wanted = set(request.POST.getlist("bank_day"))
    chosen = [each for each in banked(shop, rows) if each.key in wanted]
    new = tick(shop, chosen, form.cleaned_data["statement"], cast(User, request.user))
    if new:
        messages.success(request, ngettext("%(n)d is ticked off.", "%(n)d are ticked off.", new) % {"n": new})
    else:
        messages.warning(request, _("Nothing was chosen. Mark the receipts that the payout contains."))
    return _back(form)


def take_back(request: HttpRequest) -> HttpResponse:
    """Take one tick back."""
    form = _asked(request)
    number = request.POST.get("payout", "")
    if not (number.isascii() and number.isdecimal() and untick(form.cleaned_data["shop"], int(number))):
        raise Http404
    messages.success(request, _("The tick is taken back; the audit shows that it was there."))
    return _back(form)


def _asked(request: HttpRequest) -> TickForm:
    if request.method != "POST" or not request.user.has_perm(CHANGE):
        raise PermissionDenied
    form = TickForm(request.POST)
    if not form.is_valid():
        raise Http404
    return form


def _back(form: TickForm) -> HttpResponse:
    query = {
        name: str(getattr(form.cleaned_data[name], "pk", form.cleaned_data[name])) for name in ("shop", "first", "last")
    }
    return HttpResponseRedirect(f"{reverse('admin:staging_bank')}?{urlencode(query)}")

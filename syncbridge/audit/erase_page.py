"""Erasing personal values from the audit's list: how many in how many entries, the reason, and then it is done."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from syncbridge.audit import erasing
from syncbridge.audit.act import current
from syncbridge.models import AuditEntry


def answer(page: ModelAdmin[AuditEntry], request: HttpRequest, chosen: QuerySet[AuditEntry]) -> HttpResponse:
    """Show what would go; with a reason, erase exactly that: of entries written since, nothing."""
    newest = request.POST.get("newest", "")
    if newest.isdecimal() and (act := current()) is not None:
        if act.reason:
            found = erasing.erase(chosen.filter(pk__lte=int(newest)), act)
            messages.success(request, _("Personal values erased: %(values)d, in entries: %(entries)d.") % vars(found))
            return HttpResponseRedirect(request.get_full_path())
        messages.error(request, _("Nothing was erased: enter a reason, it is kept."))
    newest_now = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": _("Erase personal values"),
        "chosen": chosen.count(),
        "found": erasing.count(chosen),
        "newest": newest_now,
        "checkbox": ACTION_CHECKBOX_NAME,
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "select_across": request.POST.get("select_across", "0"),
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/syncbridge/auditentry/erase.html", context)

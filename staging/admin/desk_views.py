"""Who has an order, its tags and notes: the order page's small forms, and the same for many orders of the list."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action

from staging import desk
from staging.models import Note, StagedOrder

AT_ONCE = 500
"""Orders that are assigned or tagged in one request."""

SHOWN = 50

NOBODY = "0"


class DeskForm(forms.Form):
    """To whom, and which tags; what is left empty stays as it is."""

    to = forms.ChoiceField(label=gettext_lazy("Assign to"), required=False)
    add = forms.CharField(
        label=gettext_lazy("Add tags"), required=False, max_length=300, help_text=gettext_lazy("separated by commas")
    )
    remove = forms.CharField(label=gettext_lazy("Take tags away"), required=False, max_length=300)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        people = [(str(user.pk), user.get_username()) for user in desk.people()]
        self.fields["to"].choices = [("", _("as it is")), (NOBODY, _("nobody")), *people]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Something must be asked for."""
        cleaned = super().clean() or self.cleaned_data
        if not any(cleaned.get(name) for name in ("to", "add", "remove")):
            raise forms.ValidationError(_("Choose a person, or enter a tag."))
        return cleaned

    def carry_out(self, order: StagedOrder, user: User) -> bool:
        """Whether anything changed."""
        to, done = self.cleaned_data["to"], False
        if to:
            done = desk.assign(order, None if to == NOBODY else desk.people().get(pk=to), user)
        add, remove = (self.cleaned_data[name].split(",") for name in ("add", "remove"))
        return desk.tag(order, add, remove, user) or done


class DeskViews:
    """Part of the orders' ModelAdmin."""

    def desk(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """One of the small forms of the order's page: assign, take, tag, note, unnote."""
        admin, row = cast(Any, self), get_object_or_404(StagedOrder, pk=pk)
        if request.method != "POST" or not admin.has_change_permission(request, row):
            raise PermissionDenied
        user = cast(User, request.user)
        if name == "assign":
            self._assign(request, row, user)
        elif name == "take":
            desk.assign(row, user, user)
        elif name == "tag":
            desk.tag(row, request.POST.get("add", "").split(","), request.POST.getlist("remove"), user)
        elif name == "note":
            desk.note(row, request.POST.get("text", ""), user)
        elif name == "unnote":
            self._unnote(request, row, user)
        else:
            raise Http404
        anchor = "#notes" if "note" in name else ""
        return HttpResponseRedirect(reverse("admin:staging_stagedorder_change", args=[pk]) + anchor)

    def _assign(self, request: HttpRequest, row: StagedOrder, user: User) -> None:
        to = request.POST.get("to", "")
        person = desk.people().filter(pk=to).first() if to.isdecimal() and to != NOBODY else None
        if person is None and to != NOBODY:
            messages.error(request, _("Nothing was done: choose a person of the list."))
        else:
            desk.assign(row, person, user)

    def _unnote(self, request: HttpRequest, row: StagedOrder, user: User) -> None:
        number = request.POST.get("note", "")
        found = Note.objects.filter(order=row, pk=number).first() if number.isdecimal() else None
        if found is not None and not desk.unnote(found, user):
            messages.error(request, _("Nothing was done: only who wrote it, or an administrator, takes a note away."))

    @action(description=gettext_lazy("Assign or tag"), permissions=["change"])  # type: ignore[untyped-decorator]
    def assign_or_tag(self, request: HttpRequest, queryset: QuerySet[StagedOrder]) -> HttpResponse | None:
        """Ask for a person and tags, then give them to exactly the orders that were chosen."""
        admin = cast(Any, self)
        confirmed = "confirmed" in request.POST
        chosen = _sent(request) if confirmed else list(queryset.values_list("pk", flat=True)[: AT_ONCE + 1])
        if len(chosen) > AT_ONCE:
            text = _("Nothing was done: at most %(n)d orders at once. Narrow the list with filters, then choose again.")
            messages.error(request, text % {"n": AT_ONCE})
            return None
        form = DeskForm(request.POST if confirmed else None)
        if form.is_valid():
            orders = StagedOrder.objects.filter(pk__in=chosen).order_by("pk")
            n = sum(form.carry_out(order, cast(User, request.user)) for order in orders)
            messages.success(request, ngettext("%(n)d order changed.", "%(n)d orders changed.", n) % {"n": n})
            return None
        context = {
            **admin.admin_site.each_context(request),
            "opts": admin.opts,
            "form": form,
            "chosen": chosen,
            "orders": StagedOrder.objects.filter(pk__in=chosen[:SHOWN]),
            "unshown": max(0, len(chosen) - SHOWN),
            "title": _("Assign or tag orders"),
        }
        return TemplateResponse(request, "admin/staging/stagedorder/assign.html", context)

    def desk_urls(self) -> list[Any]:
        """Where the small forms post."""
        view = cast(Any, self).admin_site.admin_view(self.desk)
        return [path("<int:pk>/desk/<str:name>/", view, name="staging_stagedorder_desk")]


def _sent(request: HttpRequest) -> list[int]:
    return [int(pk) for pk in request.POST.get("chosen", "").split() if pk.isdecimal()]

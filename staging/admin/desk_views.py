"""Who has an order, its tags and notes: the order page's small forms, and the same for many orders of the list."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from staging import bulk, desk
from staging.admin.asking import ask_chosen, refuse_many, seen, shown
from staging.admin.foretold import Group
from staging.admin.order_tabs import NOTES, address, left
from staging.admin.words import OUTCOMES
from staging.assigning import ALREADY, ASSIGN, TOO_MANY_TAGS, Wish, held_by
from staging.bulk import CHANGED, DONE
from staging.forecast import Tally
from staging.models import Note, StagedOrder

NOBODY = "0"

WOULD = {
    DONE: gettext_lazy("would be changed"),
    ALREADY: gettext_lazy("nothing to do: it is so already"),
    CHANGED: gettext_lazy("left as it is: somebody else was given it since you chose it"),
    TOO_MANY_TAGS: OUTCOMES[TOO_MANY_TAGS],
}
"""What would become of an order."""


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

    @property
    def wish(self) -> Wish:
        """What is asked for."""
        told = self.cleaned_data
        add, remove = (desk.clean_tags(told[name].split(",")) for name in ("add", "remove"))
        return Wish(int(told["to"]) if told["to"] else None, tuple(add), tuple(remove))


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
        tab, kept = left(request)
        return HttpResponseRedirect(address(pk, NOTES if "note" in name else tab, kept))

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
    def assign_or_tag(self, request: HttpRequest, queryset: QuerySet[StagedOrder]) -> HttpResponse:
        """Ask for a person and tags, tell what that would change, then have a job do it to exactly those orders.

        What was looked at is what is done: a wish that was entered anew is told anew.
        """
        entered = "chosen" in request.POST
        chosen = seen(request) if entered else held_by(queryset)
        if len(chosen) > bulk.AT_MOST:
            return refuse_many(request)
        form = DeskForm(request.POST if entered else None)
        wish = form.wish if form.is_valid() else None
        looked = json.dumps(asdict(wish)) if wish else ""
        if wish and request.POST.get("looked") == looked:
            return ask_chosen(request, ASSIGN, chosen, **asdict(wish))
        admin = cast(Any, self)
        context = {
            **admin.admin_site.each_context(request),
            "opts": admin.opts,
            **shown(chosen, "assign_or_tag"),
            "form": form,
            "looked": looked,
            "groups": _would(wish, chosen) if wish else [],
            "holders": _holders([pk for pk, _had in chosen]),
            "title": _("Assign or tag orders"),
        }
        return TemplateResponse(request, "admin/staging/stagedorder/assign.html", context)

    def desk_urls(self) -> list[Any]:
        """Where the small forms post."""
        view = cast(Any, self).admin_site.admin_view(self.desk)
        return [path("<int:pk>/desk/<str:name>/", view, name="staging_stagedorder_desk")]


def _would(wish: Wish, chosen: list[list[int]]) -> list[Group]:
    """The chosen orders by what would become of them."""
    had, tally = {pair[0]: pair[1] for pair in chosen}, Tally()
    rows = StagedOrder.objects.filter(pk__in=list(had)).values_list("pk", "assignee", "tags", "currency", "total")
    for pk, assignee, tags, currency, total in rows:
        tally.add(wish.outcome(assignee, tags, had[pk]), "", currency, total)
    told = tally.told()
    found = [Group.of(str(WOULD[outcome]), n, sums, outcome == DONE) for outcome, _cause, n, sums in told]
    return sorted(found, key=lambda group: not group.good)


def _holders(pks: list[int]) -> list[tuple[str, int]]:
    """Who has how many of the orders now, nobody as ""."""
    rows = StagedOrder.objects.filter(pk__in=pks).order_by().values_list("assignee__username").annotate(n=Count("pk"))
    return [(name or "", n) for name, n in rows.order_by("-n", "assignee__username")]

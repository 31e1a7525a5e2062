"""The list narrowed by who has an order and by its tags."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from staging.models import StagedOrder

Orders = QuerySet[StagedOrder]

HELD_AT_MOST = 2000
"""The tags offered are those of so many held orders, the newest first."""


class AssigneeFilter(admin.SimpleListFilter):
    """Who has it."""

    title = _("who has it")
    parameter_name = "has"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Me, nobody, and everybody who has one."""
        others = User.objects.filter(orders__isnull=False).exclude(username=request.user.get_username())
        others = others.distinct().order_by("username")
        return [("me", _("me")), ("nobody", _("nobody")), *((str(user.pk), user.get_username()) for user in others)]

    def queryset(self, request: HttpRequest, queryset: Orders) -> Orders:
        """Narrow to the chosen person."""
        value = self.value() or ""
        if value == "me":
            return queryset.filter(assignee=request.user.pk)
        if value == "nobody":
            return queryset.filter(assignee=None)
        return queryset.filter(assignee=int(value)) if value.isdecimal() else queryset


class TagFilter(admin.SimpleListFilter):
    """One tag; offered are those of held orders, and the one that is chosen."""

    title = _("tag")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """In the alphabet's order."""
        held = StagedOrder.objects.filter(status=StagedOrder.Status.INVALID).exclude(tags=[])
        found = {tag for tags in held.values_list("tags", flat=True)[:HELD_AT_MOST] for tag in tags}
        chosen = request.GET.get(self.parameter_name)
        return [(tag, tag) for tag in sorted(found | ({chosen} if chosen else set()))]

    def queryset(self, request: HttpRequest, queryset: Orders) -> Orders:
        """Narrow to the chosen tag, by its index."""
        return queryset.filter(tags__contains=[self.value()]) if self.value() else queryset

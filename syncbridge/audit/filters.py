"""What narrows the audit's list: kind of object, who, days, and for who may erase it, the person it tells of."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateFilter, TextFilter
from unfold.utils import parse_date_str

from syncbridge.audit import erasing
from syncbridge.audit.capture import audited
from syncbridge.models import AuditEntry


class KindFilter(admin.SimpleListFilter):
    """Changes of one kind of object."""

    title = gettext_lazy("kind of object")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every kind that is kept."""
        kinds: list[type[Model]] = [*audited(), AuditEntry]
        return sorted(((m._meta.label_lower, str(m._meta.verbose_name)) for m in kinds), key=lambda one: one[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Narrow to the chosen kind."""
        app, _dot, model = (self.value() or "").partition(".")
        return queryset.filter(content_type__app_label=app, content_type__model=model) if model else queryset


class WhoFilter(admin.SimpleListFilter):
    """Changes by one person; an index walks from name to name, however many changes there are."""

    title = gettext_lazy("who")
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Everybody who ever changed something."""
        names = AuditEntry.objects.order_by("who").values_list("who", flat=True).distinct()
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Narrow to the chosen person."""
        return queryset.filter(who=self.value()) if self.value() else queryset


class DaysFilter(RangeDateFilter):  # type: ignore[misc]
    """Changes on the days from … to …, both included, in the zone in which staff read times; an index serves it."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Narrow to the days; what is no date narrows nothing."""
        zone, chosen = timezone.get_current_timezone(), self.used_parameters
        first, last = (parse_date_str(chosen.get(f"{self.parameter_name}_{end}")) for end in ("from", "to"))
        if first:
            queryset = queryset.filter(at__gte=datetime.combine(first, time.min, zone))
        return queryset.filter(at__lte=datetime.combine(last, time.max, zone)) if last else queryset


class PersonFilter(TextFilter):  # type: ignore[misc]
    """What is kept of one person: personal values with the address or name, and what was done with their orders."""

    title = gettext_lazy("person (whole e-mail or name)")
    parameter_name = "person"

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Narrow to the person; too few letters find nobody."""
        return queryset.filter(pk__in=erasing.about(self.value()).values("pk")) if self.value() else queryset

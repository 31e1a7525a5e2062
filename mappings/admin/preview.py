"""Before a person's change of a mapping is saved: what would come of it, shown to be confirmed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from mappings.models import Mapping, TakeRule

Row = Mapping | TakeRule

asking = Signal()
"""Sent with ``saved``, rows as they would be saved, and ``gone``, rows that would be deleted. A receiver answers with
what would come of it (``Told``), or None.
"""

SEEN = "_seen"
"""The field of the form that says which preview was confirmed."""


@dataclass(frozen=True)
class Told:
    """``html`` for the page; ``gist`` changes when a person should look again (not with each order that comes in)."""

    html: str
    gist: str


class LookFirst(Exception):  # noqa: N818 (no error: the way out of a form that is not to be saved yet)
    """Something comes of this change that nobody has confirmed yet."""

    def __init__(self, row: Row, told: list[Told], seen: str) -> None:
        super().__init__()
        self.row, self.told, self.seen = row, told, seen


class Previewing(ModelAdmin):  # type: ignore[misc]
    """Shows what would come of saving, or of deleting one row or many, and does it when that is confirmed."""

    actions = ["delete_selected"]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form; or, instead of saving, the preview."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[no-any-return]
        except LookFirst as look:
            context = {"told": look.told, "typed": [*_typed(request), (SEEN, look.seen)]}
            return self._show(request, "preview", look.row, context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save what was confirmed, or of which nothing comes."""
        _confirmed(request, obj, ask(type(obj), saved=[obj]))
        super().save_model(request, obj, form, change)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The question; or, instead of deleting, the question anew."""
        try:
            return super().delete_view(request, object_id, extra_context)  # type: ignore[no-any-return]
        except LookFirst as look:
            return self._show_gone(request, [look.row], look.told, look.seen)

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        """What would come of it, instead of Django's question."""
        rows = [context["object"]]
        told = ask(type(rows[0]), gone=rows)
        return self._show_gone(request, rows, told, _seen(rows, told))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete what was confirmed, or of which nothing comes."""
        _confirmed(request, obj, ask(type(obj), gone=[obj]))
        super().delete_model(request, obj)

    @admin.action(permissions=["delete"], description=gettext_lazy("Delete selected %(verbose_name_plural)s"))
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Show what would come of deleting these rows together, then delete exactly them, as they were shown."""
        rows = list(queryset.order_by("pk"))
        told = ask(self.model, gone=rows)
        seen = _seen(rows, told)
        if "post" not in request.POST or (told and request.POST.get(SEEN) != seen):
            return self._show_gone(request, rows, told, seen)
        self.log_deletions(request, queryset)
        self.delete_queryset(request, queryset)
        return None

    def _show_gone(self, request: HttpRequest, rows: list[Row], told: list[Told], seen: str) -> HttpResponse:
        context = {"told": told, "rows": rows, "seen": seen, "many": "action" in request.POST}
        return self._show(request, "delete", rows[0], context)

    def _show(self, request: HttpRequest, page: str, row: Row, context: dict[str, Any]) -> HttpResponse:
        if SEEN in request.POST:
            messages.warning(request, _("Something has changed since you looked. Look again, then confirm."))
        context["again"] = SEEN in request.POST
        shared = {**self.admin_site.each_context(request), "opts": self.opts, "title": str(row)}
        return TemplateResponse(request, f"admin/mappings/{page}.html", {**shared, **context})


def ask(table: type[Row], *, saved: Sequence[Row] = (), gone: Sequence[Row] = ()) -> list[Told]:
    """What would come of saving and deleting these rows of one table, all of them together."""
    answers: list[tuple[Any, Any]] = asking.send(table, saved=saved, gone=gone)
    return [answer for _receiver, answer in answers if answer is not None]


def _confirmed(request: HttpRequest, row: Row, told: list[Told]) -> None:
    """Go on where nothing comes of it or the person confirmed just this; LookFirst else."""
    seen = _seen([row], told)
    if told and request.POST.get(SEEN) != seen:
        raise LookFirst(row, told, seen)


def _seen(rows: Sequence[Row], told: Iterable[Told]) -> str:
    """What a confirmation is good for: this change of these rows as they are stored, and what comes of it."""
    table = type(rows[0])
    stored = list(table._default_manager.filter(pk__in=[row.pk for row in rows]).order_by("pk").values_list())
    wanted = [[str(getattr(row, field.attname)) for field in row._meta.concrete_fields] for row in rows]
    return hashlib.sha256(repr((stored, wanted, [each.gist for each in told])).encode()).hexdigest()


def _typed(request: HttpRequest) -> Iterator[tuple[str, str]]:
    for name, values in request.POST.lists():
        if name not in (SEEN, "csrfmiddlewaretoken"):
            yield from ((name, str(value)) for value in values)

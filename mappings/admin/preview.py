"""Before a person's change of a mapping is saved: what would come of it, shown to be confirmed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from mappings.models import Mapping, TakeRule

asking = Signal()
"""Sent with ``row``, as it would be saved, or with ``gone`` deleted. A receiver answers with what would come of it
(``Told``), or None.
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

    def __init__(self, row: Mapping | TakeRule, told: list[Told], seen: str) -> None:
        super().__init__()
        self.row, self.told, self.seen = row, told, seen


class Previewing(ModelAdmin):  # type: ignore[misc]
    """A form that shows what would come of saving it, once, and saves when confirmed; so does the page that deletes."""

    delete_confirmation_template = "admin/mappings/delete.html"

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
            return self._preview(request, look)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save what was confirmed, or of which nothing comes."""
        answers: list[tuple[Any, Any]] = asking.send(type(obj), row=obj)
        told: list[Told] = [answer for _receiver, answer in answers if answer is not None]
        seen = _seen(obj, told)
        if told and request.POST.get(SEEN) != seen:
            raise LookFirst(obj, told, seen)
        super().save_model(request, obj, form, change)

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        """Django's question, with what would come of it."""
        row = context["object"]
        answers: list[tuple[Any, Any]] = asking.send(type(row), row=row, gone=True)
        told = [answer for _receiver, answer in answers if answer is not None]
        return super().render_delete_form(request, {**context, "told": told})  # type: ignore[no-any-return]

    def _preview(self, request: HttpRequest, look: LookFirst) -> HttpResponse:
        if SEEN in request.POST:
            messages.warning(request, _("Something has changed since you looked. Look again, then confirm."))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(look.row),
            "told": look.told,
            "typed": [*_typed(request), (SEEN, look.seen)],
        }
        return TemplateResponse(request, "admin/mappings/preview.html", context)


def _seen(row: Mapping | TakeRule, told: list[Told]) -> str:
    """What a confirmation is good for: this change of this row as it is stored, and what comes of it."""
    stored = type(row)._default_manager.filter(pk=row.pk).values_list().first()
    wanted = [str(getattr(row, field.attname)) for field in row._meta.concrete_fields]
    return hashlib.sha256(repr((stored, wanted, [each.gist for each in told])).encode()).hexdigest()


def _typed(request: HttpRequest) -> Iterator[tuple[str, str]]:
    for name, values in request.POST.lists():
        if name not in (SEEN, "csrfmiddlewaretoken"):
            yield from ((name, str(value)) for value in values)

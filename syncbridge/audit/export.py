"""The audit as a CSV file, page by page as it is read: as long as one likes, in little memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from mappings.spreadsheets import safe_cell
from syncbridge.audit.act import current
from syncbridge.audit.capture import record
from syncbridge.models import AuditEntry

COLUMNS = ["id", "at", "who", "action", "kind", "object id", "object", "before", "after", "reason", "request"]
PAGE = 1000


def export(request: HttpRequest, chosen: QuerySet[AuditEntry]) -> StreamingHttpResponse:
    """The chosen entries, oldest first, without personal values; that it was exported is an entry itself."""
    newest = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    if (act := current()) is not None:
        with translation.override(settings.LANGUAGE_CODE):
            what = _("Exported: %(n)d entries.") % {"n": chosen.count()}
            record(act, AuditEntry(), AuditEntry.Action.ACT, {}, {"what": what}, label=_("audit"))
    rows = chosen.select_related(None).prefetch_related(None).filter(pk__lte=newest).order_by("pk")
    response = StreamingHttpResponse(_pages(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{timezone.localdate()}.csv"'
    return response


def _pages(rows: QuerySet[AuditEntry]) -> Iterator[str]:
    """The file in pieces of so many lines."""
    kinds = {kind.pk: f"{kind.app_label}.{kind.model}" for kind in ContentType.objects.all()}
    lines = chain([COLUMNS], (_cells(row, kinds) for row in rows.iterator(PAGE)))
    start = "\ufeff"  # so that Excel takes it for UTF-8
    while page := list(islice(lines, PAGE)):
        text = io.StringIO()
        csv.writer(text).writerows(page)
        yield start + text.getvalue()
        start = ""


def _cells(row: AuditEntry, kinds: dict[int, str]) -> list[Any]:
    kind = kinds.get(row.content_type_id, str(row.content_type_id))
    sides = [json.dumps(side, ensure_ascii=False, sort_keys=True) for side in (row.before, row.after)]
    cells = [row.who, row.action, kind, row.object_id, row.label, *sides, row.reason, row.request]
    return [row.pk, row.at.isoformat(), *map(safe_cell, cells)]

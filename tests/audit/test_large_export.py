"""All that a filter finds leaves as one file, page by page, however much it is."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from syncbridge.models import AuditEntry

FILL = """
INSERT INTO syncbridge_auditentry
    (at, user_id, who, request, content_type_id, object_id, label, action, before, after, reason)
SELECT now() - n * interval '1 minute', 1, 'ada', md5((n / 50)::text), (SELECT min(id) FROM django_content_type),
    n::text, 'BEDLAMP ' || n, CASE WHEN n %% 10 = 0 THEN 'delete' ELSE 'change' END,
    jsonb_build_object('code', 'A1-' || n, 'note', repeat('as it was ', 20)),
    jsonb_build_object('code', 'B1-' || n, 'note', repeat('as it is ', 20)), 'told by Sage'
FROM generate_series(1, %s) AS n
"""


@pytest.mark.parametrize("many", [10_000, pytest.param(100_000, marks=pytest.mark.proof)])
def test_all_that_a_filter_finds_leaves_in_little_memory(sign_in: Callable[..., Client], many: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL, [many])
    some = AuditEntry.objects.filter(action="change").first()
    assert some is not None
    fields = {"action": "export", "select_across": "1", "_selected_action": [some.pk]}
    url = f"{reverse('admin:syncbridge_auditentry_changelist')}?action__exact=change"
    answer = sign_in("auditor").post(url, fields)
    tracemalloc.start()
    try:
        pieces = [(piece.count(b"\n"), len(piece)) for piece in answer.streaming_content]  # type: ignore[attr-defined]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sum(lines for lines, _size in pieces) == many * 9 // 10 + 1
    assert sum(size for _lines, size in pieces) > 400 * many
    assert peak < 15_000_000
    assert AuditEntry.objects.latest("pk").after == {"what": f"Exported: {many * 9 // 10} entries."}

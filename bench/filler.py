"""A long past for a shop: orders, raws, postings, issues and events, multiplied from a few real ones by the database.

Of a hundred orders ninety-three were posted, three were ignored, three wait for their money and one needs staff.
"""

from __future__ import annotations

from django.db import connection

from connectors.models import Shop
from staging.models import StagedOrder

FAR = 10_000_000
"""Ids in the shop above those it gives itself; the past ends where the mark stands."""

_NUMBERED = """
CREATE TEMP TABLE past AS
SELECT t.id AS template, s.n, %(far)s + s.n AS order_id,
       CASE WHEN s.n %% 100 = 0 THEN 'invalid' WHEN s.n %% 100 < 4 THEN 'waiting' WHEN s.n %% 100 < 7 THEN 'ignored'
            ELSE 'posted' END AS status,
       now() - interval '21 days' - s.n * interval '3 minutes' AS at
  FROM generate_series(1, %(count)s) AS s (n)
  JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM staging_stagedorder
         WHERE shop_id = %(shop)s AND status = 'posted') AS t
    ON t.place = s.n %% (SELECT count(*) FROM staging_stagedorder WHERE shop_id = %(shop)s AND status = 'posted')
"""

_OWN = "('orders', 'order_details', 'order_payments')"
"""Raws that each order has for itself; customers, addresses and small tables are shared by many."""

_RAWS = f"""
INSERT INTO staging_rawrecord (shop_id, resource, object_id, digest, payload, seen_at)
SELECT r.shop_id, r.resource, %(far)s + p.n * 100 + r.id %% 100, md5(r.digest || p.n) || md5(p.n::text), r.payload, p.at
  FROM past p JOIN staging_stagedorder o ON o.id = p.template JOIN staging_rawrecord r ON r.id = ANY (o.raws)
 WHERE r.resource IN {_OWN}
"""

_ORDERS = {
    "order_id": "p.order_id",
    "reference": "'P' || p.n",
    "email": "'p' || p.n || '@example.com'",
    "status": "p.status",
    "reason": "CASE p.status WHEN 'posted' THEN 'delivered' WHEN 'waiting' THEN 'not paid' ELSE '' END",
    "first_cause": "CASE p.status WHEN 'invalid' THEN 'item-unknown' ELSE '' END",
    "sage_order": "CASE p.status WHEN 'posted' THEN 'P_' || p.n ELSE '' END",
    "placed_at": "p.at",
    "fetched_at": "p.at",
    "status_since": "p.at",
    "due_at": "CASE p.status WHEN 'waiting' THEN now() + interval '30 days' ELSE p.at END",
}

_POSTINGS = {
    "order_id": "o.id",
    "source_key": "'past ' || p.n",
    "reference": "'P_' || p.n",
    "document_number": "'P_' || p.n",
    "due_at": "p.at",
    "pushed_at": "p.at",
    "tracked_at": "p.at",
}

_EVENTS = {"order_id": "o.id", "at": "p.at", "posting_id": "NULL"}

_ISSUES = """
INSERT INTO staging_issue (order_id, code, kind, value, place, "values", suggestions, opened_at, closed_at)
SELECT o.id, 'item-unknown', 'item', 'MISSING' || p.n %% 50, 'line 1', '{}', '[]', p.at,
       CASE p.status WHEN 'invalid' THEN NULL ELSE p.at END
  FROM past p JOIN staging_stagedorder o ON o.shop_id = %(shop)s AND o.order_id = p.order_id WHERE p.n %% 20 = 0
"""

_BY_ORDER = "JOIN staging_stagedorder o ON o.shop_id = %(shop)s AND o.order_id = p.order_id"


def fill(shop: Shop, size: int) -> None:
    """Bring the shop to ``size`` orders. Its posted ones are the patterns; at least one must be there."""
    values = {"far": FAR, "shop": shop.pk, "count": size - StagedOrder.objects.filter(shop=shop).count()}
    with connection.cursor() as cursor:
        for statement in (
            _NUMBERED,
            _RAWS,
            _like(cursor_columns("staging_stagedorder"), _ORDERS, "staging_stagedorder", "t.id = p.template", ""),
            _like(
                cursor_columns("staging_posting"),
                _POSTINGS,
                "staging_posting",
                "t.order_id = p.template AND t.kind = 'sale'",
                f"{_BY_ORDER} WHERE p.status = 'posted'",
            ),
            _like(cursor_columns("staging_event"), _EVENTS, "staging_event", "t.order_id = p.template", _BY_ORDER),
            _ISSUES,
            "DROP TABLE past",
        ):
            cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE")


def cursor_columns(table: str) -> list[str]:
    """The columns of a table but its key."""
    with connection.cursor() as cursor:
        return [c.name for c in connection.introspection.get_table_description(cursor, table) if c.name != "id"]


def _like(columns: list[str], others: dict[str, str], table: str, pattern: str, rest: str) -> str:
    """Insert rows like those of the patterns, but for some columns."""
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(others.get(column, f't."{column}"') for column in columns)
    return f"INSERT INTO {table} ({names}) SELECT {values} FROM past p JOIN {table} t ON {pattern} {rest}"

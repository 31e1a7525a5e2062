"""What changed in a shop: keyset paging that loses no row, whatever is edited or shares a second meanwhile.

Orders go by (date_upd, id). Each request begins at a second, that second included; a page that holds nothing but one
second is followed by pages by id within it. An edit moves a row to the end, where it is met again. Refunds and
payments go by id, because they do not move their order's date_upd (prestashop.md A4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from connectors.errors import Misconfigured
from connectors.prestashop.parse import Row
from connectors.prestashop.webservice import Webservice, number
from connectors.types import Change, Page, Position
from connectors.words import words

RESOURCES = {"orders": "orders", "payments": "order_payments", "refunds": "order_slip"}
BEGINNING = "1970-01-01 00:00:00"
END = "9999-12-31 23:59:59"

Text = Callable[[datetime], str]


def order_pages(webservice: Webservice, position: Position, size: int, text: Text) -> Iterator[Page]:
    """Orders changed at or after ``position.when``, the whole second again. ``text`` writes a time as the shop does."""
    when = position.when or BEGINNING
    after = Position(when, position.id) if position.when else Position()
    while True:
        rows = _orders(webservice, {"date_upd": f"[{when},{END}]"}, size)
        _check_order(rows, when)
        shop_now = webservice.shop_now
        after = _after(after, rows, text(shop_now))
        if rows:
            yield _page(rows, after, shop_now)
        if len(rows) < size:
            return
        last = _when(rows[-1])
        if last != when:
            when = last
            continue
        # The page did not get past its first second: the rest of that second by id, then on behind it.
        for rest in _rest_of_second(webservice, when, number(rows[-1]["id"]), size):
            shop_now = webservice.shop_now
            after = _after(after, rest, text(shop_now))
            yield _page(rest, after, shop_now)
        first = _orders(webservice, {"date_upd": f">[{when}]"}, 1)
        if not first:
            return
        _check_order(first, when)
        when = _when(first[0])


def id_pages(webservice: Webservice, stream: str, position: Position, size: int) -> Iterator[Page]:
    """Payments or refunds with an id at or after ``position.id``, with the orders they concern."""
    least = max(position.id - 1, 0)
    while True:
        rows = _by_id(webservice, stream, least, size)
        if any(number(row["id"]) <= least for row in rows):
            raise _filter_ignored(RESOURCES[stream])
        shop_now = webservice.shop_now
        if rows:
            concerned = _concerned(webservice, stream, rows)
            changes = tuple(
                Change(number(row["id"]), str(row.get("date_add") or ""), concerned[row["id"]]) for row in rows
            )
            least = changes[-1].id
            yield Page(changes, Position("", least), shop_now)
        if len(rows) < size:
            return


def highest(webservice: Webservice, stream: str) -> int:
    """The highest id in a stream, 0 when it is empty."""
    filters = {"id_shop": f"[{webservice.shop_id}]"} if stream == "orders" else {}
    rows = webservice.rows(RESOURCES[stream], display="[id]", filters=filters, sort="id_DESC", limit=1)
    return number(rows[0]["id"]) if rows else 0


def _orders(webservice: Webservice, filters: dict[str, str], size: int) -> list[Row]:
    filters = {**filters, "id_shop": f"[{webservice.shop_id}]"}
    return webservice.rows(
        "orders", display="[id,date_upd]", filters=filters, sort="date_upd_ASC,id_ASC", limit=size, dated=True
    )


def _rest_of_second(webservice: Webservice, when: str, last: int, size: int) -> Iterator[list[Row]]:
    while True:
        rows = _orders(webservice, {"date_upd": f"[{when},{when}]", "id": f">[{last}]"}, size)
        if any(number(row["id"]) <= last for row in rows):
            raise _filter_ignored("orders")
        if rows:
            yield rows
            last = number(rows[-1]["id"])
        if len(rows) < size:
            return


def _by_id(webservice: Webservice, stream: str, least: int, size: int) -> list[Row]:
    owner = "id_order" if stream == "refunds" else "order_reference"
    return webservice.rows(
        RESOURCES[stream], display=f"[id,{owner},date_add]", filters={"id": f">[{least}]"}, limit=size
    )


def _concerned(webservice: Webservice, stream: str, rows: list[Row]) -> dict[str, tuple[int, ...]]:
    """The orders of each row; for payments by reference, one request for the page (prestashop.md E1)."""
    if stream == "refunds":
        return {row["id"]: (number(row["id_order"]),) if number(row.get("id_order")) else () for row in rows}
    references = {row["id"]: str(row.get("order_reference") or "") for row in rows}
    found = webservice.orders_of({reference for reference in references.values() if reference})
    return {each: tuple(found.get(reference.casefold(), ())) for each, reference in references.items()}


def _page(rows: list[Row], after: Position, shop_now: datetime) -> Page:
    changes = tuple(Change(number(row["id"]), _when(row), (number(row["id"]),)) for row in rows)
    return Page(changes, after, shop_now)


def _after(after: Position, rows: list[Row], now: str) -> Position:
    """The last row that is not dated beyond the shop's clock; the position never goes back."""
    seen = [(_when(row), number(row["id"])) for row in rows if _when(row) <= now]
    return Position(*max([(after.when, after.id), *seen]))


def _check_order(rows: list[Row], when: str) -> None:
    """A shop (or a module in it) that ignores filter or sort would make us skip rows: stop instead (pains.md 11)."""
    keys = [(_when(row), number(row["id"])) for row in rows]
    if keys != sorted(keys) or (keys and keys[0][0] < when):
        raise _filter_ignored("orders")


def _filter_ignored(resource: str) -> Misconfigured:
    return Misconfigured(
        words(
            "The shop's list of %(resource)s is not filtered and sorted as asked, so changes could be missed. Check "
            "which module or cache changes the webservice's answers, switch it off for /api, then test the connection.",
            resource=resource,
        )
    )


def _when(row: Row) -> str:
    return str(row.get("date_upd") or "")

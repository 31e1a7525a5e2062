"""filter, sort and limit of a list, from the query string to SQL, with PrestaShop's grammar and its gaps."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from .refusal import Crash, Refusal, unknown_name
from .schema import Field, Resource
from .store import quoted

DATE_FIELDS = ("date_add", "date_upd")
BRACKETS = re.compile(r"^(.*)\[(.*)\](.*)$", re.DOTALL)
RANGE = re.compile(r"^([\d.:\-\s]+),([\d.:\-\s]+)$")
NUMBER = re.compile(r"^\s*[-+]?\d*\.?\d+")

# Without sort= and filter the rows come as the database finds them: these lists were seen in an index's order.
UNSORTED = {
    "addresses": "id_customer",
    "order_histories": "id_order",
    "order_payments": "order_reference",
    "order_states": "module_name",
    "products": "id_supplier",
    "states": "id_country",
}


@dataclass
class Listing:
    """WHERE, ORDER BY and LIMIT of one list, with the values that go into them."""

    where: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    order: str = "id"
    limit: str = ""

    def sql(self, table: str, columns: str) -> str:
        """The SELECT."""
        where = f" WHERE {' AND '.join(self.where)}" if self.where else ""
        return f"SELECT {columns} FROM {quoted(table)}{where} ORDER BY {self.order}{self.limit}"  # noqa: S608


def filterable(resource: Resource, with_dates: bool) -> list[str]:
    """Names PrestaShop lists as filters: all but the multilingual; date_add and date_upd only with ``date=1``."""
    names = [name for name in resource.field_names if not resource.by_name[name].i18n and name not in DATE_FIELDS]
    return [*names, *DATE_FIELDS] if with_dates else names


def read_listing(resource: Resource, query: dict[str, str], version: str) -> Listing:
    """The list a request asks for; Refusal with PrestaShop's error where it has one."""
    listing = Listing()
    with_dates = query.get("date") == "1"
    for name, value in query.items():
        if name.startswith("filter["):
            _add_filter(listing, resource, (name[len("filter[") : -1], value), with_dates, version)
    if "sort" in query:
        _set_order(listing, resource, query["sort"], with_dates)
    elif resource.name in UNSORTED and not listing.where:
        listing.order = f"{_ordered(resource.by_name[UNSORTED[resource.name]])}, id"
    if "limit" in query:
        _set_limit(listing, query["limit"], version)
    return listing


def _add_filter(listing: Listing, resource: Resource, asked: tuple[str, str], with_dates: bool, version: str) -> None:
    name, value = asked
    if "][" in name:
        raise Refusal(400, (31, "There is no existing linked table for this resource"))
    known = filterable(resource, with_dates)
    found = resource.by_name.get(name)
    if name not in known and not (found and found.i18n):
        raise Refusal(400, (32, unknown_name("This filter does not exist.", name, known)))
    if found is None:
        # date=1 admits date_upd everywhere, also where the table has no such column: 8.2 dies of it, 9.1 finds nothing.
        if version == "8.2":
            raise Crash
        listing.where.append("0")
        return
    if found.computed:
        text = f'The field "{name}" is dynamic. It is not possible to filter GET query with this field.'
        raise Refusal(400, (34, text))
    if value == "":
        raise Refusal(400, (33, f'The filter "{name}" is malformed.'))
    condition = _i18n_condition if found.i18n else _condition
    condition(listing, found, value)


def _condition(listing: Listing, found: Field, value: str) -> None:
    parts = BRACKETS.match(value)
    column = quoted(found.name)
    if parts is None:
        _equal(listing, found, [value])
        return
    before, inside, after = parts.groups()
    if before == "%" or after == "%":
        _add(listing, f"{column} LIKE ?", before + inside + after)
    elif (before, after) == ("", ""):
        bounds = RANGE.match(inside)
        if inside.find("|") > 0:
            _equal(listing, found, inside.split("|"))
        elif bounds:
            low, high = sorted(_comparable(found, each) for each in bounds.groups())
            _add(listing, f"{_ordered(found)} BETWEEN ? AND ?", low, high)
        else:
            _equal(listing, found, [inside])
    elif before in ("<", ">"):
        _add(listing, f"{_ordered(found)} {before} ?", _comparable(found, inside))
    elif before == "!":
        _add(listing, f"{_ordered(found)} NOT IN ({', '.join('?' * (inside.count('|') + 1))})", *_each(found, inside))
    # Any other sign before the bracket (>=, for one) is dropped without a word: everything comes.


def _i18n_condition(listing: Listing, found: Field, value: str) -> None:
    """A multilingual field matches if it does in any language."""
    inner = Listing()
    _condition(inner, Field("value"), value)
    if inner.where:
        each = f"SELECT json_extract(value, '$.value') AS value FROM json_each({quoted(found.name)})"  # noqa: S608
        test = inner.where[0].replace('"value"', "value COLLATE NOCASE")
        _add(listing, f"EXISTS (SELECT 1 FROM ({each}) WHERE {test})", *inner.values)  # noqa: S608


def _each(found: Field, inside: str) -> list[Any]:
    return [_comparable(found, each) for each in inside.split("|")]


def _equal(listing: Listing, found: Field, texts: list[str]) -> None:
    if found.name == "id" or found.kind == "number":
        wanted: list[Any] = [_comparable(found, text) for text in texts]
        left = _ordered(found)
    elif found.kind == "int":
        # Stored as text, as the shop shows them, or as a number where it shows one: both are asked, the index is used.
        numbers = [int(_comparable(found, text)) for text in texts]
        wanted = [*map(str, numbers), *numbers]
        left = quoted(found.name)
    else:
        wanted = [_comparable(found, text) for text in texts]
        left = quoted(found.name)
    _add(listing, f"{left} IN ({', '.join('?' * len(wanted))})", *wanted)


def _ordered(found: Field) -> str:
    """The column as something that sorts as in the shop's database."""
    numeric = found.kind in ("int", "number") and found.name != "id"
    return f"CAST({quoted(found.name)} AS REAL)" if numeric else quoted(found.name)


def _comparable(found: Field, text: str) -> Any:
    """What the database makes of the text: numbers from their leading digits, dates with midnight added."""
    if found.kind in ("int", "number"):
        digits = NUMBER.match(text)
        number = float(digits[0]) if digits else 0.0
        return int(number) if number.is_integer() else number
    if found.kind == "date":
        text = text.strip().replace("T", " ")
        return f"{text} 00:00:00" if len(text) == len("2026-11-05") else text
    return text


def _add(listing: Listing, condition: str, *values: Any) -> None:
    listing.where.append(condition)
    listing.values.extend(values)


def _set_order(listing: Listing, resource: Resource, value: str, with_dates: bool) -> None:
    inside = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    terms = []
    for part in inside.split(","):
        name, _, direction = part.rpartition("_")
        if direction.upper() not in ("ASC", "DESC"):
            text = (
                'The "sort" value has to be formed as this example: "field_ASC" or '
                "'[field_1_DESC,field_2_ASC,field_3_ASC,...]' (\"field\" has to be an available field)"
            )
            raise Refusal(400, (37, text))
        known = filterable(resource, with_dates)
        i18n = [each.name for each in resource.fields if each.i18n]
        if name not in known and name not in i18n:
            text = f"Unable to filter by this field. However, these are available: {', '.join(known)}"
            raise Refusal(400, (38, f"{text}, for i18n fields:{', '.join(i18n)}"))
        if name not in resource.by_name:
            raise Crash
        terms.append(f"{_ordered(resource.by_name[name])} {direction.upper()}")
    listing.order = ", ".join(terms)


def _set_limit(listing: Listing, value: str, version: str) -> None:
    parts = value.split(",")
    if len(parts) > 2:
        raise Refusal(400, (39, 'The "limit" value has to be formed as this example: "5,25" or "10"'))
    numbers = [int(_comparable(Field("", "int"), part)) for part in parts]
    if min(numbers) < 0:
        if version == "8.2":
            raise Crash
        numbers = [0]
    offset, count = numbers if len(numbers) == 2 else (0, numbers[0])
    listing.limit = f" LIMIT {count} OFFSET {offset}"

"""The small words of the Web API: JSON with exact decimals, filter and key literals, envelopes in both spellings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from json import dumps
from typing import Any

Row = dict[str, Any]


def encode(value: Any) -> str:
    """A body as JSON, properties in their order and Decimals as numbers with every digit (sage300.md 2).

    Written by hand because the standard encoder knows Decimals as text only.
    """
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{dumps(name)}:{encode(item)}" for name, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(encode(item) for item in value) + "]"
    return dumps(value)


def quoted(text: str) -> str:
    """A text literal: single quotes, a quote inside doubled (sage300.md 4)."""
    return "'" + text.replace("'", "''") + "'"


def equals(**wanted: str | int) -> str:
    """A filter: every property equal to its value."""
    return " and ".join(
        f"{name} eq {quoted(value) if isinstance(value, str) else value}" for name, value in wanted.items()
    )


def key(value: str | int, style: str) -> str:
    """A key as it stands between the brackets of an address, by the assumption ``key_quotes``."""
    bare = style == "none" or (style == "text" and isinstance(value, int))
    return str(value) if bare else quoted(str(value))


def plain(code: str) -> bool:
    """Whether a code may stand in an address: IIS refuses slashes, dots at the end and the like there."""
    return bool(code) and code.isascii() and all(letter.isalnum() or letter in "_- " for letter in code)


def sent_day(day: date, style: str) -> str:
    """A day in a body, by the assumption ``date_format``."""
    return day.isoformat() + ("T12:00:00Z" if style == "midday" else "")


def filter_day(day: date, style: str) -> str:
    """The start of a day in a filter, by the assumption ``filter_style``."""
    return f"datetime'{day.isoformat()}T00:00'" if style == "v3" else f"{day.isoformat()}T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Envelope:
    """One page of a list: trimmed rows, how many there are in all when told, the next page's link or ""."""

    rows: list[Row]
    count: int | None
    next: str


def envelope(answer: Any) -> Envelope | None:
    """A list's page, in either spelling and with the count as number or text (sage300.md 4); None when it is none."""
    rows = answer.get("value") if isinstance(answer, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return None
    count = answer.get("@odata.count", answer.get("odata.count"))
    link = answer.get("@odata.nextLink", answer.get("odata.nextLink"))
    number = int(count) if str(count).isdigit() else None
    return Envelope([trimmed(row) for row in rows], number, link if isinstance(link, str) else "")


def trimmed(value: Any) -> Any:
    """The value with the padding of every text removed: columns are fixed-width (sage300.md B)."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        return {name: trimmed(item) for name, item in value.items()}
    if isinstance(value, list):
        return [trimmed(item) for item in value]
    return value


def text(row: Row, *names: str) -> str:
    """The first of these properties that is there, as text."""
    value = first(row, *names)
    return "" if value is None else str(value)


def number(row: Row, *names: str) -> Decimal:
    """The first of these properties that is there, as a Decimal; 0 when there is none or it is no number."""
    value = first(row, *names)
    try:
        return Decimal(0) if value is None or isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)


def whole_number(row: Row, *names: str) -> int:
    """The first of these properties that is there, as a whole number; 0 when there is none."""
    return int(number(row, *names))


def yes(row: Row, *names: str, default: bool = False) -> bool:
    """The first of these properties that is there, as a switch: true, "Yes", "1" (sage300.md 7.1)."""
    value = first(row, *names)
    return default if value is None else str(value).lower() in ("true", "yes", "1")


def day(row: Row, *names: str) -> date | None:
    """The first of these properties that is there, as a calendar day; the time part means nothing (sage300.md B)."""
    try:
        return date.fromisoformat(text(row, *names)[:10])
    except ValueError:
        return None


def first(row: Row, *names: str) -> Any:
    """The value of the first of these properties that is there and not null."""
    return next((row[name] for name in names if row.get(name) is not None), None)


def details(row: Row, name: str) -> Iterator[Row]:
    """The rows of a child collection; none when it is not there."""
    return (child for child in row.get(name) or () if isinstance(child, dict))

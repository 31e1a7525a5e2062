"""JSON with decimals kept at their scale, the errors in Sage's shape, and the days that Sage stores."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

Entity = dict[str, Any]


class SageError(Exception):
    """An answer other than success: HTTP status, Sage's ``error.code`` and the text for people (sage300.md 5)."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text

    def body(self) -> str:
        return dumps({"error": {"code": self.code, "message": {"lang": "en-US", "value": self.text}}})


def field_invalid(text: str) -> SageError:
    return SageError(409, "FieldInvalid", text)


def general(text: str) -> SageError:
    return SageError(409, "General", text)


def record_duplicate(text: str) -> SageError:
    return SageError(409, "RecordDuplicate", text)


def record_not_found() -> SageError:
    return SageError(404, "RecordNotFound", "A Record cannot be found for the specified entity key")


def invalid_payload(text: str) -> SageError:
    return SageError(400, "InvalidPayload", text)


def invalid_parameters(text: str) -> SageError:
    return SageError(400, "InvalidParameters", text)


def loads(text: str | bytes) -> Any:
    """JSON to plain values; every fraction becomes a Decimal, never a float."""
    return json.loads(text, parse_float=Decimal)


def dumps(value: Any) -> str:
    """Plain values to JSON. A Decimal is written as a number with all its digits: zero at 3 decimals is 0.000.

    Written by hand because the standard encoder cannot write a Decimal as a number; by type, because orders are long.
    """
    return _WRITERS[type(value)](value)


@lru_cache(4096)
def _label(name: str) -> str:
    return f"{encode_basestring(name)}:"


def _object(value: Entity) -> str:
    return "{" + ",".join([_label(name) + _WRITERS[type(item)](item) for name, item in value.items()]) + "}"


def _array(value: list[Any] | tuple[Any, ...]) -> str:
    return "[" + ",".join([_WRITERS[type(item)](item) for item in value]) + "]"


def _number(value: Decimal) -> str:
    text = str(value)
    # Most are short; str is several times faster than a format, but writes 0.0000000 with an exponent.
    return text if "E" not in text else format(value, "f")


_WRITERS: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    Decimal: _number,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _value: "null",
    int: str,
    float: repr,
    dict: _object,
    list: _array,
    tuple: _array,
}


_DAY = re.compile(r"^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?)?$")


def read_day(text: str, server_hours: int) -> str:
    """The day that Sage stores for a sent date, as ``YYYY-MM-DDT00:00:00Z``.

    A time with a zone is first moved to the server's own zone, which is how a date can shift by one day
    (sage-failures.md 1). Raises ValueError if it is no date.
    """
    found = _DAY.match(text.strip())
    if found is None:
        raise ValueError(text)
    day, clock, zone = found.groups()
    if clock is None or zone is None:
        return stored_day(date.fromisoformat(day))
    moment = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if zone == 'Z' else zone}")
    return stored_day(moment.astimezone(timezone(timedelta(hours=server_hours))).date())


def stored_day(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"

"""Frozen dataclasses to JSON-able dictionaries and back, without losing a cent or a zone."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

from connectors.words import Words, joined

T = TypeVar("T")


def plain(value: Any) -> Any:
    """A dataclass (or a tuple, mapping, Decimal, date, Words of one) as JSON-able values; Decimals become text."""
    if type(value) in _AS_IT_IS:
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    outside = outermost(value)
    return {key: plain(item) for key, item in outside.items()} if isinstance(outside, dict) else outside


def outermost(value: Any) -> Any:
    """As ``plain``, without looking inside: for the ``default`` of ``json``, which asks again for what is within."""
    kind = type(value)
    if kind is Decimal:
        return format(value, "f")
    if kind is Words:
        return {"template": value.template, "values": value.values} if value else ""
    if names := _names(kind):  # type: ignore[arg-type]  # mypy: a class has no hash of its own
        return {name: getattr(value, name) for name in names}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return value


_AS_IT_IS = frozenset({str, int, bool, type(None)})


@cache
def _names(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass; none of anything else."""
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()


def restore(kind: type[T], value: Any) -> T:
    """The dataclass that ``plain`` came from; unknown keys are ignored, missing ones take their default."""
    hints = _hints(kind)  # type: ignore[arg-type]
    names = {f.name for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: _back(hints[name], item) for name, item in value.items() if name in names})


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def said_again(value: Mapping[str, Any]) -> Words:
    """The Words that ``plain`` came from."""
    values = {name: said_again(part) if isinstance(part, Mapping) else part for name, part in value["values"].items()}
    return Words(value["template"], values)


def again(value: Any) -> Words:
    """Words that were kept, or what was kept as a plain text."""
    return said_again(value) if isinstance(value, Mapping) else joined(value)


def _back(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return _back(next(arg for arg in typing.get_args(hint) if arg is not type(None)), value)
    if origin is tuple:
        return tuple(_back(typing.get_args(hint)[0], item) for item in value)
    if origin is not None and issubclass(origin, Mapping):
        return {key: _back(typing.get_args(hint)[1], item) for key, item in value.items()}
    if dataclasses.is_dataclass(hint):
        return restore(typing.cast(type, hint), value)
    if hint is Words or (hint is str and isinstance(value, Mapping)):
        return again(value)
    if hint is Decimal:
        return Decimal(value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    if hint is date:
        return date.fromisoformat(value)
    return value

"""The query options of a list: $filter, $select, $top, $skip and $count (sage300.md 4); nothing else is known."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from .models import Model, Property
from .wire import Entity, invalid_parameters

Test = Callable[[Entity], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>(?:datetime)?'(?:[^']|'')*')|(?P<day>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?)"
    r"|(?P<number>-?\d+(?:\.\d+)?)[mMdDfFlL]?\b|(?P<word>[A-Za-z_]\w*)|(?P<mark>[(),]))"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b, "lt": lambda a, b: a < b, "le": lambda a, b: a <= b,
}  # fmt: skip
_MATCH: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith, "endswith": str.endswith, "contains": lambda text, part: part in text,
}  # fmt: skip


@dataclass(frozen=True)
class Query:
    """A list as asked for. Every row meets all comparisons of one of the ``branches``: for finding rows by index."""

    test: Test | None
    branches: tuple[dict[str, Any], ...]
    above: dict[str, Any]
    select: tuple[str, ...]
    top: int | None
    skip: int
    count: bool


def read_query(text: str, model: Model) -> Query:
    """The query options of a URL. InvalidParameters for unknown or repeated options and anything not understood."""
    options: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if not name.startswith("$"):
            continue
        if name not in ("$filter", "$select", "$top", "$skip", "$count") or name in options:
            raise invalid_parameters(f"The query parameter '{name}' is not supported or given twice.")
        options[name] = value
    parsed = _Filter(options["$filter"], model) if options.get("$filter", "").strip() else None
    select = tuple(name.strip() for name in options.get("$select", "").split(",") if name.strip())
    for name in select:
        _property(model, name)
    if options.get("$count", "true") not in ("true", "false"):
        raise invalid_parameters(f"'{options['$count']}' is not a valid value for $count.")
    return Query(
        parsed.test if parsed else None,
        parsed.branches if parsed else (),
        parsed.above if parsed else {},
        select,
        _number(options, "$top") if "$top" in options else None,
        _number(options, "$skip") if "$skip" in options else 0,
        options.get("$count") == "true",
    )


def _number(options: dict[str, str], name: str) -> int:
    if not options[name].isdigit():
        raise invalid_parameters(f"'{options[name]}' is not a valid value for {name}.")
    return int(options[name])


def _property(model: Model, name: str) -> Property:
    known = model.properties.get(name)
    if known is None:
        raise invalid_parameters(f"Could not find a property named '{name}' on type '{model.type_name}'.")
    return known


class _Filter:
    """A recursive descent over ``or``, ``and``, brackets, comparisons and functions."""

    def __init__(self, text: str, model: Model) -> None:
        self.model = model
        self.equal: dict[str, Any] = {}
        self.branches: tuple[dict[str, Any], ...] = ()
        self.above: dict[str, Any] = {}
        self._tokens = self._split(text)
        self._at = 0
        self._certain = True
        self.test = self._branches()
        if self._at < len(self._tokens):
            raise self._wrong()

    def _split(self, text: str) -> list[tuple[str, str]]:
        tokens, at = [], 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                raise invalid_parameters(f"Syntax error at position {at} in '{text}'.")
            tokens.append((str(found.lastgroup), found.group(str(found.lastgroup))))
            at = found.end()
        return tokens

    def _wrong(self) -> Exception:
        near = self._tokens[self._at][1] if self._at < len(self._tokens) else "the end"
        return invalid_parameters(f"Syntax error in $filter at {near}.")

    def _take(self, kind: str = "", value: str = "") -> str:
        if self._at >= len(self._tokens):
            raise self._wrong()
        found_kind, found = self._tokens[self._at]
        if (kind and found_kind != kind) or (value and found != value):
            raise self._wrong()
        self._at += 1
        return found

    def _next_is(self, value: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at] in (("word", value), ("mark", value))

    def _branches(self) -> Test:
        """The whole filter: what is joined by ``or`` outside all brackets."""
        tests = []
        while True:
            self.equal, self._certain = {}, True
            tests.append(self._and())
            self.branches += (self.equal,)
            if not self._next_is("or"):
                break
            self._take()
        if len(tests) == 1:
            return tests[0]
        self.above = {}
        return lambda row: any(test(row) for test in tests)

    def _or(self) -> Test:
        tests = [self._and()]
        while self._next_is("or"):
            self._take()
            # What was read before an "or" no longer holds for every row.
            self.equal, self.above, self._certain = {}, {}, False
            tests.append(self._and())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _and(self) -> Test:
        tests = [self._one()]
        while self._next_is("and"):
            self._take()
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._next_is("("):
            self._take()
            inner = self._or()
            self._take("mark", ")")
            return inner
        word = self._take("word")
        if self._next_is("("):
            return self._function(word)
        return self._comparison(_property(self.model, word))

    def _comparison(self, known: Property) -> Test:
        name, operator = known.name, self._take("word")
        if operator not in _COMPARE:
            self._at -= 1
            raise self._wrong()
        value, compare = self._literal(known), _COMPARE[operator]
        if self._certain and operator == "eq":
            self.equal[name] = value
        if self._certain and operator == "gt":
            self.above[name] = value

        def test(row: Entity) -> bool:
            own = comparable(known, row[name])
            if own is None or value is None:
                return compare(own, value) if operator in ("eq", "ne") else False
            return compare(own, value)

        return test

    def _function(self, name: str) -> Test:
        self._take("mark", "(")
        if name == "length":
            known = _property(self.model, self._take("word"))
            self._take("mark", ")")
            compare, size = _COMPARE.get(self._take("word")), int(self._take("number"))
            if compare is None:
                raise self._wrong()
            return lambda row: compare(len(row[known.name].rstrip()), size)
        if name == "substringof":
            part = self._quoted()
            self._take("mark", ",")
            known = _property(self.model, self._take("word"))
        elif name in _MATCH:
            known = _property(self.model, self._take("word"))
            self._take("mark", ",")
            part = self._quoted()
        else:
            raise invalid_parameters(f"An unknown function with name '{name}' was found.")
        self._take("mark", ")")
        match = _MATCH.get(name, _MATCH["contains"])
        return lambda row: match(str(row[known.name]).rstrip(), part)

    def _quoted(self) -> str:
        return self._take("text")[1:-1].replace("''", "'").rstrip()

    def _literal(self, known: Property) -> Any:
        if self._at >= len(self._tokens):
            raise self._wrong()
        kind, text = self._tokens[self._at]
        self._at += 1
        if text == "null":
            return None
        if known.kind == "T" and kind in ("text", "day"):
            return text.removeprefix("datetime").strip("'")[:10]
        if known.kind in "SUE" and kind == "text" and not text.startswith("datetime"):
            return _name_of(known, text[1:-1].replace("''", "'").rstrip())
        if known.kind in "ID" and kind == "number":
            return Decimal(text)
        if known.kind == "B" and text in ("true", "false"):
            return text == "true"
        if kind == "word":
            _property(self.model, text)
        raise invalid_parameters(f"The value {text} does not fit the property '{known.name}'.")


def _name_of(known: Property, text: str) -> str:
    """A quoted number names a value of a list as well (sage300.md 7.3, [seen WPREC])."""
    if known.kind == "E" and text.isdigit():
        return known.numbered(int(text)) or text
    return text


def comparable(known: Property, value: Any) -> Any:
    """A stored value as a filter compares it: texts without trailing blanks, days without time."""
    if known.kind == "T":
        return value[:10] if value else None
    return value.rstrip() if isinstance(value, str) else value

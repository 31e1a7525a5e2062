"""Rows as the webservice's JSON: lists complete, a single entity without its zeros, an empty list as a bare ``[]``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .display import Display
from .schema import Field, Resource
from .store import FALSE

Values = tuple[Any, ...]


class JsonRenderer:
    """Writes entities of one resource for one version (9.1 shows integers as numbers, 8.2 all but the id as text)."""

    def __init__(self, resource: Resource, display: Display, version: str, spoilt: frozenset[int]) -> None:
        self.resource = resource
        self.display = display
        self.spoilt = spoilt if display.is_rich else frozenset()
        self.typed = version != "8.2"
        self.i18n = [place for place, each in enumerate(display.fields, 1) if each.i18n]
        self.integers = [place for place, each in enumerate(display.fields, 1) if each.kind == "int"]
        self.verbatim = not self.typed and all(subs == each.fields for each, subs in display.associations)

    def listed(self, rows: Iterable[Values]) -> str:
        """The list; ``values`` are associations as text, then the displayed fields."""
        items = [self._entity(values) for values in rows]
        return escaped(f'{{"{self.resource.list_node}":[{",".join(items)}]}}') if items else "[]"

    def single(self, values: Values) -> str:
        """One entity without display=: fields that are "0", "" or null are left out (PHP's array_filter)."""
        entity = self._fields(values)
        shown = {name: value for name, value in entity.items() if value not in ("0", "", 0, None, [], FALSE)}
        associations = self._associations(values[0])
        if associations:
            shown["associations"] = associations
        text = escaped(dumped({self.resource.node: shown}))
        return text[:-2] + ',"note2":"12" pipe"}}' if values[1] in self.spoilt else text

    def _entity(self, values: Values) -> str:
        text = dumped(self._fields(values))
        if values[1] in self.spoilt:
            text = text[:-1] + ',"note2":"12" pipe"}'
        if not values[0] or not self.display.associations:
            return text
        inner = values[0] if self.verbatim else dumped(self._associations(values[0]))
        return text if inner == "{}" else f'{text[:-1]},"associations":{inner}}}'

    def _fields(self, values: Values) -> dict[str, Any]:
        entity = dict(zip(self.display.names, values[1:], strict=True))
        for place in self.i18n:
            name = self.display.names[place - 1]
            entity[name] = self._languages(values[place])
        if self.typed:
            for place in self.integers:
                name = self.display.names[place - 1]
                entity[name] = as_number(entity[name])
        return entity

    def _languages(self, packed: str | None) -> Any:
        texts: list[dict[str, Any]] = json.loads(packed) if packed else []
        chosen = self.display.languages
        if chosen is not None:
            texts = [each for each in texts if int(each["id"]) in chosen]
            if len(chosen) == 1:
                return texts[0]["value"] if texts else ""
        return [{"id": as_number(each["id"]) if self.typed else each["id"], "value": each["value"]} for each in texts]

    def _associations(self, packed: str | None) -> dict[str, list[dict[str, Any]]]:
        stored: dict[str, list[dict[str, Any]]] = json.loads(packed) if packed else {}
        return {
            each.name: [self._item(subs, item) for item in stored[each.name]]
            for each, subs in self.display.associations
            if stored.get(each.name)
        }

    def _item(self, subs: tuple[Field, ...], item: dict[str, Any]) -> dict[str, Any]:
        return {
            sub.name: as_number(item[sub.name]) if self.typed and sub.kind == "int" else item[sub.name]
            for sub in subs
            if sub.name in item
        }


def as_number(value: Any) -> Any:
    """An integer field as 9.1 shows it; empty stays empty."""
    return int(value) if isinstance(value, str) and value.lstrip("-").isdigit() else value


def dumped(value: Any) -> str:
    """Compact JSON with letters as they are, as PHP is told to write it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_false)


def _false(_: Any) -> bool:
    """The only value JSON does not know by itself is the store's mark for PHP's false."""
    return False


def escaped(text: str) -> str:
    """PHP writes ``\\/`` for a slash."""
    return text.replace("/", "\\/")


def errors(found: Iterable[tuple[int, str]]) -> str:
    """The errors of a refused request."""
    return escaped(dumped({"errors": [{"code": code, "message": message} for code, message in found]}))

"""What an entity consists of: properties with types and widths, read from compact lists of words.

A word is ``Name:Type``. Types: ``S12`` text of 12 characters, ``U12`` the same in upper case, ``D3`` decimal with
3 places, ``I`` whole number, ``B`` boolean, ``T`` day, ``E(Active|Future)`` one of these names (the first is the
default, ``E(1=Open|7=ReadyToPost)`` gives their numbers), ``[OrderDetail]`` a collection. ``Name1..5:S8`` means five
properties.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from .wire import Entity, field_invalid, invalid_payload, read_day

MODELS: dict[str, Model] = {}
_SERIES = re.compile(r"^(.*?)(\d+)\.\.(\d+)$")


@dataclass(frozen=True)
class Property:
    """One property: ``kind`` is S, U, D, I, B, T, E or C (collection of ``item``)."""

    name: str
    kind: str
    size: int = 0
    names: tuple[str, ...] = ()
    item: str = ""
    numbers: tuple[int, ...] = ()

    def numbered(self, number: int) -> str | None:
        """The name that stands for a number in a list of values, or None."""
        return dict(zip(self.numbers, self.names, strict=True)).get(number)

    def default(self) -> Any:
        return {
            "S": "", "U": "", "D": Decimal(0).scaleb(-self.size), "I": 0, "B": False, "T": None, "C": None,
            "E": self.names[0] if self.names else "",
        }[self.kind]  # fmt: skip

    def read(self, value: Any, *, cut: bool, server_hours: int) -> Any:
        """A value as sent, in the form that is stored. Wrong type: InvalidPayload. Too long: cut, or FieldInvalid."""
        if self.kind in "SU":
            return self._text(value, cut)
        if self.kind == "D":
            return self._decimal(value)
        if self.kind == "E":
            return self._name(value)
        if self.kind == "T":
            return self._day(value, server_hours)
        if self.kind == "B" and isinstance(value, bool):
            return value
        if (
            self.kind == "I"
            and isinstance(value, (int, Decimal))
            and not isinstance(value, bool)
            and value == int(value)
        ):
            return int(value)
        raise self._wrong(value)

    def _text(self, value: Any, cut: bool) -> str:
        if value is not None and not isinstance(value, str):
            raise self._wrong(value)
        text = (value or "").rstrip()
        if self.kind == "U":
            text = text.upper()
        if len(text) > self.size:
            if not cut:
                raise field_invalid(f"{self.name} is too long: {len(text)} characters, {self.size} fit.")
            text = text[: self.size].rstrip()
        return text

    def _decimal(self, value: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
            raise self._wrong(value)
        try:
            return Decimal(value).quantize(Decimal(1).scaleb(-self.size))
        except InvalidOperation:
            raise self._wrong(value) from None

    def _name(self, value: Any) -> str:
        if isinstance(value, str):
            for name in self.names:
                if name.lower() == value.strip().lower():
                    return name
        named = self.numbered(value) if isinstance(value, int) and not isinstance(value, bool) else None
        if named is None:
            raise self._wrong(value)
        return named

    def _day(self, value: Any, server_hours: int) -> str | None:
        if value is None or value == "":
            return None
        try:
            return read_day(value, server_hours)
        except (ValueError, TypeError, AttributeError):
            raise self._wrong(value) from None

    def _wrong(self, value: Any) -> Exception:
        return invalid_payload(f"Cannot convert the value '{value}' of the property '{self.name}'.")


@dataclass(frozen=True)
class Model:
    """An entity type: name, the module it belongs to, and its properties in their order."""

    name: str
    module: str
    properties: dict[str, Property]
    blank: Entity = field(default_factory=dict)

    @property
    def type_name(self) -> str:
        return f"Sage.CA.SBS.ERP.Sage300.{self.module}.WebApi.Models.{self.name}"

    def new(self) -> Entity:
        """An entity with every property at its default."""
        entity = dict(self.blank)
        for name, known in self.properties.items():
            if known.kind == "C":
                entity[name] = []
        return entity


def model(name: str, module: str, words: str) -> Model:
    """Make an entity type from its words and enter it in ``MODELS``."""
    properties: dict[str, Property] = {}
    for word in words.split():
        label, kind = word.split(":", 1)
        for each in _series(label):
            properties[each] = _property(each, kind)
    made = Model(name, module, properties, {each.name: each.default() for each in properties.values()})
    MODELS[name] = made
    return made


def _series(label: str) -> list[str]:
    found = _SERIES.match(label)
    if found is None:
        return [label]
    stem, first, last = found.groups()
    return [f"{stem}{number}" for number in range(int(first), int(last) + 1)]


def _property(name: str, kind: str) -> Property:
    if kind.startswith("["):
        return Property(name, "C", item=kind.strip("[]"))
    if kind.startswith("E("):
        parts = [each.rpartition("=") for each in kind[2:-1].split("|")]
        numbers = tuple(int(part[0] or place) for place, part in enumerate(parts))
        return Property(name, "E", names=tuple(part[2] for part in parts), numbers=numbers)
    return Property(name, kind[0], int(kind[1:] or 0))

"""What a module's $metadata says: the resources of this installation, their keys and properties (sage300.md 1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

MAX_METADATA = 16 * 1024 * 1024
_COLLECTION = re.compile(r"^(?:Bag|Collection)\((.+)\)$")


@dataclass(frozen=True, slots=True)
class Shape:
    """One entity or complex type: its key and its properties with their types."""

    keys: tuple[str, ...]
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Metadata:
    """The entity sets of a module and the types behind them."""

    sets: Mapping[str, str] = field(default_factory=dict)
    shapes: Mapping[str, Shape] = field(default_factory=dict)

    def shape(self, resource: str) -> Shape | None:
        """The type behind a resource ("OEOrders"), or None; older builds leave the module's letters out."""
        name = self.sets.get(resource) or self.sets.get(resource[2:])
        return self.shapes.get(_local(name)) if name else None

    def unknown(self, shape: Shape, body: Mapping[str, Any], place: str = "") -> Iterator[str]:
        """The properties of a body that the type does not have, with their place."""
        for name, value in body.items():
            kind = shape.properties.get(name)
            if kind is None:
                yield place + name
            elif isinstance(value, list) and (child := self.shapes.get(_local(_element(kind)))):
                for row in value:
                    yield from self.unknown(child, row, f"{place}{name}.")


def parse(document: bytes) -> Metadata | None:
    """Read an EDMX document of any version; None when it is none, too large, or declares entities of its own."""
    if len(document) > MAX_METADATA or b"<!DOCTYPE" in document or b"<!ENTITY" in document:
        return None
    try:
        root = ElementTree.fromstring(document)  # noqa: S314 - bounded, and without declarations nothing expands
    except ElementTree.ParseError:
        return None
    shapes, bases, sets = {}, {}, {}
    for element in root.iter():
        tag = _tag(element)
        if tag in ("EntityType", "ComplexType"):
            shapes[element.get("Name", "")] = _shape(element)
            bases[element.get("Name", "")] = _local(element.get("BaseType", ""))
        elif tag == "EntitySet":
            sets[element.get("Name", "")] = element.get("EntityType", "")
    return Metadata(sets, {name: _inherited(name, shapes, bases) for name in shapes})


def _shape(element: ElementTree.Element) -> Shape:
    properties = {
        child.get("Name", ""): child.get("Type", "")
        for child in element
        if _tag(child) in ("Property", "NavigationProperty")
    }
    keys = tuple(ref.get("Name", "") for ref in element.iter() if _tag(ref) == "PropertyRef")
    return Shape(keys, properties)


def _inherited(name: str, shapes: Mapping[str, Shape], bases: Mapping[str, str]) -> Shape:
    """A type with what it has from its base; a chain that never ends is cut."""
    keys, properties = shapes[name].keys, dict(shapes[name].properties)
    base = bases[name]
    for _ in range(5):
        if base not in shapes:
            break
        keys, properties = keys or shapes[base].keys, {**shapes[base].properties, **properties}
        base = bases[base]
    return Shape(keys, properties)


def _tag(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _element(kind: str) -> str:
    found = _COLLECTION.match(kind)
    return found[1] if found else kind


def _local(name: str) -> str:
    return name.rpartition(".")[2]

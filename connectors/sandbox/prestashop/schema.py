"""The resources of the webservice: their fields, links and associations per PrestaShop version (``schema.json``).

The table was read off the answers of a running PrestaShop 8.2.0 and 9.1.4, not written from their source.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).parent / "schema.json"
VERSIONS = {"8.2": "8.2.0", "9.1": "9.1.4"}


@dataclass(frozen=True)
class Field:
    """One field of a resource; ``kind`` is int, number, date or empty for text."""

    name: str
    kind: str = ""
    to: str = ""
    links_zero: bool = False
    i18n: bool = False
    computed: bool = False


@dataclass(frozen=True)
class Association:
    """One list inside ``associations``; ``attributes`` are those of its XML element."""

    name: str
    node: str
    attributes: dict[str, str]
    fields: tuple[Field, ...]
    to: str = ""


@dataclass(frozen=True)
class Resource:
    """One resource; ``list_node`` differs from the name for a few (order_slip lists order_slips)."""

    name: str
    list_node: str
    node: str
    description: str
    has_schema: bool
    fields: tuple[Field, ...]
    associations: tuple[Association, ...]
    by_name: dict[str, Field] = field(default_factory=dict, repr=False)

    def association(self, name: str) -> Association | None:
        """The association of that name, or None."""
        return next((found for found in self.associations if found.name == name), None)

    @property
    def field_names(self) -> tuple[str, ...]:
        """Names of the fields in PrestaShop's order, id first."""
        return ("id", *(each.name for each in self.fields))


def _field(raw: dict[str, Any]) -> Field:
    return Field(**{key: value for key, value in raw.items() if key != "only"})


def _association(raw: dict[str, Any]) -> Association:
    fields = tuple(_field(each) for each in raw["fields"])
    return Association(raw["name"], raw["node"], raw["attributes"], fields, raw.get("to", ""))


def _resource(name: str, raw: dict[str, Any], version: str | None) -> Resource:
    wanted = [each for each in raw["fields"] if version is None or each.get("only", version) == version]
    fields = {each["name"]: _field(each) for each in wanted}
    return Resource(
        name=name,
        list_node=raw["list"],
        node=raw["node"],
        description=raw["description"],
        has_schema=raw["schema"],
        fields=tuple(fields.values()),
        associations=tuple(_association(each) for each in raw.get("associations", [])),
        by_name={"id": Field("id", "int"), **fields},
    )


@lru_cache
def load_schema(version: str | None) -> dict[str, Resource]:
    """Resources by name for ``8.2`` or ``9.1``; None gives all fields of both (what the store keeps)."""
    raw: dict[str, dict[str, Any]] = json.loads(SCHEMA.read_text("utf-8"))
    return {
        name: _resource(name, entry, version)
        for name, entry in raw.items()
        if version is None or entry.get("only", version) == version
    }

"""Rows of a collection sent to a document that already has some: what UpdateOperation means (sage300.md 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .books import Books
from .models import Model
from .wire import Entity, general, invalid_payload

_GONE = "The record could not be updated. Another user may have deleted it."


@dataclass(frozen=True)
class Merged:
    """What one sent row means: ``entity`` to put it into (None: deleted), ``new`` if it is to be added.

    ``taken`` is the number it was to be inserted under although a row has it, else 0.
    """

    entity: Entity | None
    new: bool = False
    taken: int = 0


def merge(books: Books, model: Model, key: str, rows: list[Entity], sent: Any) -> Merged:
    """Find out what a sent row is to do with ``rows``, whose numbers are under ``key``; a deleted one is removed.

    Unspecified updates the row of that number if there is one, else inserts; Update and Delete need it.
    """
    if not isinstance(sent, dict):
        raise invalid_payload("The body must be one object.")
    operation = books.read(model.properties["UpdateOperation"], sent.get("UpdateOperation", "Unspecified"))
    number = books.read(model.properties[key], sent.get(key, 0))
    found = next((row for row in rows if number and row[key] == number), None)
    if operation == "Insert" or (operation == "Unspecified" and found is None):
        return Merged(model.new(), new=True, taken=number if found is not None else 0)
    if found is None:
        raise general(_GONE)
    if operation == "Delete":
        rows.remove(found)
        return Merged(None)
    return Merged(found)

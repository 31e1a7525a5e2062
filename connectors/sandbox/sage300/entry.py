"""Putting a body into an entity: property by property in the order they come, each with what it triggers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .books import Books
from .models import MODELS, Model
from .wire import Entity, field_invalid, invalid_payload

Trigger = Callable[[Any], None]


def fill(books: Books, model: Model, entity: Entity, body: Any, triggers: Mapping[str, Trigger] | None = None) -> None:
    """Put a body into an entity, in the body's order.

    A trigger gets the stored value after it was put; for a collection it gets the list as sent and does all the work.
    Unknown property or wrong type: InvalidPayload; text too long: FieldInvalid or cut.
    """
    if not isinstance(body, dict):
        raise invalid_payload("The body must be one object.")
    for name, value in body.items():
        if name.startswith(("@odata.", "odata.")):
            continue
        known = model.properties.get(name)
        if known is None:
            raise invalid_payload(f"The property '{name}' does not exist on type '{model.type_name}'.")
        trigger = (triggers or {}).get(name)
        if known.kind == "C":
            rows = value if isinstance(value, list) else None
            if rows is None:
                raise invalid_payload(f"The property '{name}' must be a collection.")
            if trigger:
                trigger(rows)
            else:
                entity[name] = [part(books, known.item, row) for row in rows]
            continue
        entity[name] = books.read(known, value)
        if trigger:
            trigger(entity[name])


def part(books: Books, model_name: str, row: Any) -> Entity:
    """A new row of a collection from its body."""
    model = MODELS[model_name]
    entity = model.new()
    fill(books, model, entity, row)
    return entity


def optional_fields(books: Books, collection: str, model_name: str, rows: list[Any]) -> list[Entity]:
    """Optional fields as sent; a field that is not set up for this collection is refused."""
    filled = [part(books, model_name, row) for row in rows]
    allowed = books.options["optional_fields"].get(collection, [])
    for row in filled:
        if row["OptionalField"] not in allowed:
            raise field_invalid(f"Invalid Input. The optional field {row['OptionalField']} does not exist.")
        row["ValueSet"] = "Yes"
        row["TextValue"] = row["Value"]
    return filled

"""Which fields and languages of a resource an answer shows: display= and language= of a request."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .refusal import Refusal
from .schema import Association, Field, Resource

PART = re.compile(r"([^,\[\]]+)(?:\[([^\]]*)\])?(?:,|$)")


@dataclass(frozen=True)
class Display:
    """Fields and associations (with their sub-fields) to show; ``minimum`` is a list of bare ids."""

    fields: tuple[Field, ...]
    associations: tuple[tuple[Association, tuple[Field, ...]], ...]
    minimum: bool = False
    languages: tuple[int, ...] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Columns to read, in the order shown."""
        return tuple(each.name for each in self.fields)

    @property
    def is_rich(self) -> bool:
        """Shows texts and not only ids and dates; a spoilt object breaks only such an answer."""
        return len(self.fields) > 5


def read_display(resource: Resource, query: dict[str, str], single: bool, languages: list[int]) -> Display:
    """What to show; Refusal with the codes of the webservice for a field or language it does not have."""
    asked = query.get("display", "full" if single else "minimum")
    chosen = _languages(query["language"], languages) if "language" in query else None
    if chosen is None and len(languages) == 1:
        chosen = tuple(languages)
    everything = tuple(resource.by_name.values())
    if asked == "full":
        return Display(everything, tuple((each, each.fields) for each in resource.associations), languages=chosen)
    if asked == "minimum":
        return Display((resource.by_name["id"],), (), minimum=True, languages=chosen)
    available = ", ".join(resource.field_names)
    if not (asked.startswith("[") and asked.endswith("]")):
        text = "The 'display' syntax is wrong. You can set 'full' or '[field_1,field_2,field_3,...]'."
        raise Refusal(400, (36, f"{text} These are available: {available}"))
    wanted = {match[1]: match[2] for match in PART.finditer(asked[1:-1])}
    for name, inner in wanted.items():
        if name not in resource.by_name and not (inner and resource.association(name)):
            text = f'Unable to display this field "{name}". However, these are available: {available}'
            raise Refusal(400, (35, text))
    # The shop answers in its own order of fields, not in the one asked for.
    return Display(
        tuple(each for each in everything if each.name in wanted),
        tuple(
            (each, tuple(sub for sub in each.fields if sub.name in wanted[each.name].split(",")))
            for each in resource.associations
            if wanted.get(each.name)
        ),
        languages=chosen,
    )


def _languages(asked: str, available: list[int]) -> tuple[int, ...]:
    inside = asked.strip("[]")
    if not re.fullmatch(r"\d+([|,]\d+)*", inside):
        raise Refusal(400, (79, "language value is wrong"), (81, "language is not available"))
    numbers = [int(each) for each in re.split(r"[|,]", inside)]
    if "," in inside:
        numbers = list(range(min(numbers), max(numbers) + 1))
    chosen = tuple(each for each in available if each in numbers)
    if not chosen:
        raise Refusal(400, (81, "language is not available"))
    return chosen

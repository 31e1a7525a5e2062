"""Checks of the order's lines: can each product be sold in Sage?"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.types import Line
from mappings.models import SageRecord, comparable
from mappings.resolve import ItemMatch, PartMatch, Unmapped
from staging import packs
from staging.checks.case import Case
from staging.issues import Fault


def items(case: Case) -> Iterator[Fault]:
    """Each line's item: known, active, for sale, without lot or serial numbers, in a unit that it has."""
    for line in case.lines:
        match = case.items[line.id]
        if line.id in case.parts:
            for part in case.parts[line.id]:
                yield from _unfit_part(line, part)
        elif isinstance(match, Unmapped):
            yield _unknown(case, line, match)
        else:
            yield from _unfit(case, line, match)


def unit_prices(case: Case) -> Iterator[Fault]:
    """A unit price with six decimals must give back the amount, else Sage computes another one."""
    lines, _verdict = case.drafted
    ids = {f"line {line.id}": line for line in case.lines}
    for line in lines:
        if line.kind == "item" and case.profile.rounded(line.quantity * line.unit_price) != line.amount:
            sold = ids[packs.whole(line.source)]
            values = {"amount": f"{line.amount:f}", "quantity": f"{line.quantity.normalize():f}"}
            part = {"part": line.code} if sold.id in case.parts else {}
            yield Fault("unit-price-inexact", "item", sold.reference.strip(), line.source, values | part)


def _unknown(case: Case, line: Line, unmapped: Unmapped) -> Fault:
    """``values["sage"]`` is the word under which the mirror announces an item that compares equal."""
    place, values = f"line {line.id}", {"name": line.name, "sage": comparable(unmapped.value)}
    if not unmapped.value:
        return Fault("item-reference-empty", "item", "", place, {"name": line.name})
    if line.deleted:
        return case.missing("item-deleted", unmapped, place, line.name, **values)
    fault = case.missing("item-unknown", unmapped, place, line.name, **values)
    same = [one["code"] for one in fault.suggestions if comparable(one["code"]) == comparable(unmapped.value)]
    if len(same) > 1:
        return case.missing("item-ambiguous", unmapped, place, line.name, **values, candidates=", ".join(same))
    return fault


def _unfit(case: Case, line: Line, match: ItemMatch) -> Iterator[Fault]:
    """What is wrong with a known item; the reference wakes the order by mapping, the Sage code by the mirror."""
    reference, place = line.reference.strip(), f"line {line.id}"
    values = {"name": line.name, "sage": match.code}
    if match.record is None:
        yield case.missing("item-unknown", Unmapped("item", reference), place, line.name, **values)
    else:
        yield from _unusable(match, match.record, reference, place, values)


def _unfit_part(line: Line, part: PartMatch) -> Iterator[Fault]:
    """As for an item; the place names the part, and without suggestions, which would map the pack to one item."""
    match, reference = part.item, line.reference.strip()
    place = packs.source(f"line {line.id}", match.code)
    values = {"name": line.name, "sage": match.code, "part": match.code}
    if match.record is None:
        yield Fault("item-unknown", "item", reference, place, values | {"sage": comparable(match.code)})
    else:
        yield from _unusable(match, match.record, reference, place, values)


def _unusable(
    match: ItemMatch, record: SageRecord, reference: str, place: str, values: dict[str, str]
) -> Iterator[Fault]:
    details = record.details
    tracked = [word for word in ("lot", "serial") if details.get(word)]
    if not record.active:
        yield Fault("item-inactive", "item", reference, place, values)
    if not details.get("sellable", True):
        yield Fault("item-not-sellable", "item", reference, place, values)
    if tracked:
        yield Fault("item-lot-or-serial", "item", reference, place, values | {"tracked": " / ".join(tracked)})
    units = details.get("units") or {}
    if units and match.unit not in units:
        more = {"unit": match.unit or "–", "units": ", ".join(units)}
        yield Fault("unit-unknown", "item", reference, place, values | more)

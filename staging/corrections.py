"""What staff laid over the read order: named fields, each with the shop value that it replaced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from connectors.plain import plain, restore
from connectors.types import Buyer, Line, Party, ShopOrder
from staging.issues import Fault
from staging.models import Correction

ACCEPT = "accept"
"""The field of a correction that corrects nothing: staff said "all the same" to the cause named by its place."""

SETTLE = "settle"
"""The field of a correction that says how a change after posting is settled in Sage: one of the three below."""

CREDIT, REPLACE, DIFFERENCE, ANEW = "credit", "replace", "difference", "anew"
"""A credit note of all that Sage holds of the sale; and after it a new sale of what the shop says now; or a credit note
of just what became less; or the new sale alone, because staff took the former one back in Sage by hand.
"""

SEND_AGAIN, AGAIN = "send-again", "again"
"""Place and field of a correction that keeps what Sage told when staff asked to send a sale again."""

LINE_FIELDS = frozenset({"reference", "name", "quantity", "total_excl", "total_incl"})
MONEY_FIELDS = frozenset({"quantity", "total_excl", "total_incl"})
"""Fields whose correction moves money: they need the money right and a reason."""

PARTY_FIELDS = frozenset(
    {"first_name", "last_name", "company", "vat_number", "lines", "postcode", "city", "country", "state", "phone"}
)
ORDER_FIELDS = frozenset({"module", "order_date", "note", "gift_message"})
FIELDS: dict[str, frozenset[str]] = {
    "line": LINE_FIELDS,
    "deliver_to": PARTY_FIELDS,
    "invoice_to": PARTY_FIELDS,
    "buyer": frozenset({"email", "company"}),
    "order": ORDER_FIELDS,
}
"""What may be corrected, by the first word of the place ("line 8", "deliver_to", "order")."""


@dataclass(frozen=True)
class Corrected:
    """The order as it counts. ``outdated`` corrections were not laid: the shop has changed the value since."""

    order: ShopOrder
    accepted: tuple[Correction, ...]
    outdated: tuple[Fault, ...]
    settled: tuple[Correction, ...] = ()

    def choice(self, fault: Fault) -> str:
        """How staff settle this very change, "" when they did not say, or the shop changed again since."""
        chosen = (each for each in self.settled if each.place == fault.code and each.shop_value == dict(fault.values))
        return next((str(each.value) for each in chosen), "")

    def accepts(self, fault: Fault) -> bool:
        """Whether staff accepted this very fault.

        The correction's place is the code, or the code and the fault's place; if it says what was accepted
        (``shop_value`` = the issue's values), other values ask again.
        """
        places = {fault.code, f"{fault.code} {fault.place}"}
        return any(
            correction.place in places and correction.shop_value in (None, dict(fault.values))
            for correction in self.accepted
        )


def lay(order: ShopOrder, corrections: Iterable[Correction]) -> Corrected:
    """Lay corrections over a read order; the order given is not touched. A place or field unknown here is a bug."""
    accepted: list[Correction] = []
    settled: list[Correction] = []
    outdated: list[Fault] = []
    for correction in corrections:
        if correction.field in (ACCEPT, SETTLE, AGAIN):
            (accepted if correction.field == ACCEPT else settled).append(correction)
            continue
        now = shop_value(order, correction.place, correction.field)
        if now != correction.shop_value:
            outdated.append(_outdated(correction, now))
        else:
            order = _with(order, correction.place, correction.field, correction.value)
    return Corrected(order, tuple(accepted), tuple(outdated), tuple(settled))


def shop_value(order: ShopOrder, place: str, field: str) -> Any:
    """What the order says at a place, JSON-able; None when the order has no such place (any more)."""
    _known(place, field)
    part = _part(order, place)
    return None if part is None else plain(getattr(part, field))


def _known(place: str, field: str) -> None:
    if field not in FIELDS[place.split()[0]]:
        raise ValueError(f"{place} {field} cannot be corrected")


def _part(order: ShopOrder, place: str) -> ShopOrder | Line | Party | Buyer | None:
    if place == "order":
        return order
    if place.startswith("line "):
        return next((line for line in order.lines if f"line {line.id}" == place), None)
    part: Party | Buyer = getattr(order, place)
    return part


def _with(order: ShopOrder, place: str, field: str, value: Any) -> ShopOrder:
    part = _part(order, place)
    if part is None:
        return order
    changed = restore(type(part), {**plain(part), field: value})
    if isinstance(changed, ShopOrder):
        return changed
    if isinstance(changed, Line):
        return replace(order, lines=tuple(changed if line.id == changed.id else line for line in order.lines))
    if isinstance(changed, Buyer):
        return replace(order, buyer=changed)
    return replace(order, deliver_to=changed) if place == "deliver_to" else replace(order, invoice_to=changed)


def _outdated(correction: Correction, now: Any) -> Fault:
    values = {
        "field": correction.field,
        "expected": _told(correction.shop_value),
        "now": _told(now),
        "value": _told(correction.value),
    }
    return Fault("correction-outdated", place=correction.place, values=values)


def _told(value: Any) -> str:
    if isinstance(value, list):
        return " / ".join(str(item) for item in value)
    return "–" if value is None else str(value)

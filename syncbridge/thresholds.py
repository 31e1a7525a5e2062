"""What counts as urgent, late, a backlog, silence: as staff set it, else as it comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from syncbridge.models import Threshold

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Name = Threshold.Name


@dataclass(frozen=True)
class Meaning:
    """A threshold as it comes, its unit, and what happens from there on."""

    default: float
    unit: StrOrPromise
    text: StrOrPromise


_TILE = _("The tile of the start page is yellow from the first on, red from here on.")
_ORDERS, _MINUTES, _HOURS = _("orders"), _("minutes"), _("hours")

MEANINGS: dict[str, Meaning] = {
    Name.HELD: Meaning(5, _ORDERS, _TILE),
    Name.MISSING: Meaning(5, _("words"), _TILE),
    Name.CHANGED: Meaning(5, _ORDERS, _TILE),
    Name.DOUBT: Meaning(1, _ORDERS, _TILE),
    Name.LATE: Meaning(10, _MINUTES, _("The tile “On the way” is yellow while its oldest order waits longer.")),
    Name.BACKLOG: Meaning(30, _MINUTES, _("The tile “On the way” is red, and an alarm goes out.")),
    Name.UNREAD: Meaning(15, _MINUTES, _("The shop stands under “Stands still”, and an alarm goes out.")),
    Name.SILENCE: Meaning(
        2,
        _("times the longest gap between two orders of a usual day"),
        _("An alarm goes out: perhaps nobody can order."),
    ),
    Name.BATCHES: Meaning(12, _HOURS, _("An alarm goes out: the receipts of a past day wait to be handed over.")),
    Name.ALONE: Meaning(0, _HOURS, _("An alarm goes out: nobody has it. 0: never.")),
    Name.PERSONAL: Meaning(0, _("days"), _("What may name a person leaves the audit, its entries stay. 0: never.")),
}


def thresholds() -> dict[str, float]:
    """Every threshold by name."""
    set_ = {name: float(value) for name, value in Threshold.objects.values_list("name", "value")}
    return {name: set_.get(name, meaning.default) for name, meaning in MEANINGS.items()}


def threshold(name: str) -> float:
    """One of them."""
    return thresholds()[name]

"""The checks of an order, one small function each; all of them run, so that staff see all faults at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from staging.checks import eyes, lines, parties, totals, twins, words
from staging.checks.case import Case, Twin
from staging.issues import Fault

__all__ = ["CHECKS", "Case", "Twin", "faults"]

CHECKS: tuple[Callable[[Case], Iterator[Fault]], ...] = (
    twins.possible_duplicate,
    parties.customer,
    parties.vat_number,
    lines.items,
    lines.unit_prices,
    words.tax_group,
    words.tax_classes,
    words.payment,
    words.carrier,
    words.location,
    words.currency,
    words.charges,
    words.calendar,
    parties.countries,
    parties.texts,
    totals.lines_and_header,
    totals.total,
    totals.discounts,
    totals.prediction,
    eyes.second_eyes,
)


def faults(case: Case) -> list[Fault]:
    """Everything that is wrong with the order."""
    return [fault for check in CHECKS for fault in check(case)]

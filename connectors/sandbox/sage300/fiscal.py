"""Fiscal years and periods: which period a document's date falls in, and whether it is locked."""

from __future__ import annotations

from .books import Books
from .resources import RESOURCES
from .wire import Entity, field_invalid, loads

NO_PERIOD = (
    "Cannot determine the fiscal period for Order Date.\nEnter a date that is in the company's fiscal calendar or use "
    "the Fiscal Calendar window in Common Services to add the year you need."
)


def period_of(books: Books, day: str) -> tuple[str, str]:
    """Fiscal year and period (``2026``, ``Num4``) of a stored day. FieldInvalid outside the calendar or if locked."""
    for calendar in calendars(books):
        for number in range(1, calendar["NumberOfFiscalPeriods"] + 1):
            first, last = calendar[f"FiscalPeriod{number}StartDate"], calendar[f"FiscalPeriod{number}EndDate"]
            if calendar["Active"] and first and last and first <= day <= last:
                _refuse_locked(books, calendar, number)
                return calendar["FiscalYear"], f"Num{number}"
    raise field_invalid(NO_PERIOD)


def calendars(books: Books) -> list[Entity]:
    return [loads(text) for text in books.store.texts(books.company, RESOURCES["CS/CSFiscalCalendars"])]


def _refuse_locked(books: Books, calendar: Entity, number: int) -> None:
    if calendar[f"Period{number}Status"] == "Locked" and books.profile["LockedFiscalPeriod"] == "Error":
        raise field_invalid(
            f"Fiscal period {number} for fiscal year {calendar['FiscalYear']} is locked for Order Entry in Common "
            "Services Fiscal Calendar."
        )

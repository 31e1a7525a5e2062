"""Fiscal years and periods: which period a document's date falls in, and whether it is locked."""

from __future__ import annotations

from .books import Books
from .resources import RESOURCES
from .wire import Entity, field_invalid, loads

NO_PERIOD = (
    "Cannot determine the fiscal period for {0}.\nEnter a date that is in the company's fiscal calendar or use "
    "the Fiscal Calendar window in Common Services to add the year you need."
)


def period_of(
    books: Books, day: str, label: str = "Order Date", application: str = "Order Entry", locked: str = ""
) -> tuple[str, str]:
    """Fiscal year and period (``2026``, ``Num4``) of a stored day. FieldInvalid outside the calendar or if locked.

    ``label`` and ``application`` are the words for date and module in the refusal; ``locked`` replaces its text, with
    {0} the day, {1} the period and {2} the year.
    """
    for calendar in calendars(books):
        for number in range(1, calendar["NumberOfFiscalPeriods"] + 1):
            first, last = calendar[f"FiscalPeriod{number}StartDate"], calendar[f"FiscalPeriod{number}EndDate"]
            if calendar["Active"] and first and last and first <= day <= last:
                year = calendar["FiscalYear"]
                if calendar[f"Period{number}Status"] == "Locked" and books.profile["LockedFiscalPeriod"] == "Error":
                    raise field_invalid((locked or _locked(application)).format(day[:10], number, year))
                return year, f"Num{number}"
    raise field_invalid(NO_PERIOD.format(label))


def _locked(application: str) -> str:
    return f"Fiscal period {{1}} for fiscal year {{2}} is locked for {application} in Common Services Fiscal Calendar."


def calendars(books: Books) -> list[Entity]:
    return [loads(text) for text in books.store.texts(books.company, RESOURCES["CS/CSFiscalCalendars"])]

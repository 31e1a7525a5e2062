"""What a person does in Sage's own screens: company options, master records, locked periods, finishing an order."""

from __future__ import annotations

from typing import Any

from . import customers
from .books import OPTIONS, Books
from .day_end import day_end
from .fiscal import calendars
from .models_masters import DAY_END
from .models_receipts import POST_INVOICES, POST_RECEIPTS, POST_REFUNDS
from .orders import order_by_number
from .posting import post_invoices, post_receipts, post_refunds
from .resources import RESOURCES, Resource, named
from .shipping import finish
from .store import Store
from .wire import Entity, loads, read_day, record_not_found


def set_options(store: Store, company: str, **options: Any) -> dict[str, Any]:
    """Set company options (``books.OPTIONS`` lists them); all options as they are then. ValueError if unknown."""
    unknown = set(options) - set(OPTIONS)
    if unknown:
        raise ValueError(f"No option {', '.join(sorted(unknown))}; there are: {', '.join(OPTIONS)}")
    with store.transaction():
        before = Books(store, company).options
        for name, value in options.items():
            store.set_setting(company, name, value)
        if "tax_level" in options:
            method = {"line": "Calculatetaxbydetail", "document": "Calculatetaxbysummary"}[options["tax_level"]]
            _rewrite(store, company, RESOURCES["TX/TXTaxGroups"], lambda row: {"TaxCalculationMethod": method})
        meaning = options.get("item_status_true_is")
        if meaning and meaning != before["item_status_true_is"]:
            _rewrite(store, company, RESOURCES["IC/ICItems"], lambda row: {"Status": not row["Status"]})
    return Books(store, company).options


def _rewrite(store: Store, company: str, resource: Resource, change: Any) -> None:
    for text in list(store.texts(company, resource)):
        row = loads(text)
        store.put(company, resource, row | change(row))


def add(store: Store, company: str, name: str, body: Entity) -> Entity:
    """Insert a master record of any resource, also of those the Web API only reads; the entity as stored."""
    with store.transaction():
        return customers.insert(Books(store, company), named(name), body)


def change(store: Store, company: str, name: str, key: tuple[object, ...], body: Entity) -> Entity:
    """Change some properties of any record, orders and invoices too."""
    with store.transaction():
        return customers.change(Books(store, company), named(name), key, body)


def remove(store: Store, company: str, name: str, key: tuple[object, ...]) -> bool:
    """Delete any record, orders and invoices too; whether it was there."""
    return store.remove(company, named(name), key)


def set_item_active(store: Store, company: str, number: str, *, active: bool) -> Entity:
    """Make an item active or inactive, whichever way ``Status`` is to be read."""
    true_is = Books(store, company).options["item_status_true_is"]
    return change(store, company, "ICItems", (number,), {"Status": active == (true_is == "active")})


def set_stock(store: Store, company: str, number: str, location: str, quantity: Any) -> Entity:
    """Set what lies at a location, on the location record and the item's total."""
    place = ("IC/ICLocationDetails", (number, location))
    with store.transaction():
        body = {"QuantityOnHand": quantity, "QuantityAvailableToShip": quantity}
        if store.get(company, RESOURCES[place[0]], place[1]) is None:
            body |= {"ItemNumber": number, "Location": location, "Allowed": True}
            detail = add(store, company, place[0], body)
        else:
            detail = change(store, company, place[0], place[1], body)
        change(store, company, "ICItems", (number,), {"QuantityOnHand": quantity, "QuantityAvailable": quantity})
    return detail


def lock_period(store: Store, company: str, day: str, *, locked: bool = True) -> Entity:
    """Lock or open the fiscal period of a date. LookupError-like RecordNotFound outside the calendar."""
    books, stored = Books(store, company), read_day(day, 0)
    for calendar in calendars(books):
        for number in range(1, calendar["NumberOfFiscalPeriods"] + 1):
            if calendar[f"FiscalPeriod{number}StartDate"] <= stored <= calendar[f"FiscalPeriod{number}EndDate"]:
                status = {f"Period{number}Status": "Locked" if locked else "Unlocked"}
                return change(store, company, "CSFiscalCalendars", (calendar["FiscalYear"],), status)
    raise record_not_found()


def finish_order(store: Store, company: str, number: str) -> Entity:
    """Ship and invoice what an order still lacks, as somebody does in Sage. KeyError without such an order."""
    with store.transaction():
        books = Books(store, company)
        return finish(books, order_by_number(books, number))


def run_day_end(store: Store, company: str) -> None:
    """Day End at night: invoices and credit notes go to Accounts Receivable, as a batch ready to post."""
    with store.transaction():
        day_end(Books(store, company), DAY_END.new())


def post_batches(store: Store, company: str) -> None:
    """Post every A/R batch that is ready: invoices, receipts, refunds. SageError if one is locked or does not fit."""
    every = {"PostAllBatches": "Postallbatches"}
    with store.transaction():
        books = Books(store, company)
        post_invoices(books, POST_INVOICES.new() | every)
        post_receipts(books, POST_RECEIPTS.new() | every)
        post_refunds(books, POST_REFUNDS.new() | every)


def lock_batch(store: Store, company: str, number: int, *, locked: bool = True) -> list[int]:
    """Open a receipt batch in somebody's screen, or leave it; the numbers of all locked ones as they are then."""
    with store.transaction():
        numbers = set(Books(store, company).options["locked_batches"]) - {number}
        store.set_setting(company, "locked_batches", sorted(numbers | {number} if locked else numbers))
    return list(Books(store, company).options["locked_batches"])

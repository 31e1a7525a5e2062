"""The connection doctor: what works with this company, what is missing, and what to do, in plain words.

Only reads. A finding's subject is what was tried; the first one that fails on the way in (address, sign-on, company)
ends the examination, since everything after it would fail for the same reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from connectors.errors import ConnectorError, Misconfigured, Rejected, Unavailable
from connectors.sage300 import documents
from connectors.sage300.bodies import customer_body, sale_body
from connectors.sage300.credit_notes import NOTES
from connectors.sage300.money_bodies import batch_body, credit_note_body, receipt_body
from connectors.sage300.receipts import BATCHES
from connectors.sage300.refusals import RESOURCE_NOT_FOUND
from connectors.sage300.samples import CREDIT_NOTE, CUSTOMER, RECEIPT, SALE
from connectors.sage300.wire import equals, yes
from connectors.types import Finding, Record

if TYPE_CHECKING:
    from connectors.sage300.client import Sage300

CLOCK_MAY_DIFFER = 300  # seconds
_MODULES = {  # one read per module shows a right that is missing there (sage300.md 1, set-up)
    "A/R": ("AR/ARCustomers", "customers"),
    "O/E": ("OE/OEOrders", "orders"),
    "I/C": ("IC/ICItems", "items"),
    "T/X": ("TX/TXTaxGroups", "tax groups"),
    "C/S": ("CS/CSFiscalCalendars", "fiscal calendar"),
    "B/K": ("BK/BKBanks", "banks"),
}
_OPTIONAL = {
    "AR/ARCustomerGroups": "no customer can be made from a template group",
    "AR/ARPaymentCodes": "payment codes cannot be chosen from a list",
    "OE/OEShipViaCodes": "ship-via codes cannot be chosen from a list",
    "OE/OEInvoices": "what became of an order is read from the order alone",
    "OE/OEMiscellaneousCharges": "shipping and discounts cannot be posted",
    "OE/OECreditDebitNotes": "credit notes have to be entered in Sage by hand",
    "AR/ARReceiptAndAdjustmentBatches": "payments have to be entered in Sage by hand",
    "AR/ARPostedReceipts": "a posted receipt is looked for among the posted documents",
    "AR/ARPostedDocuments": "nobody can see whether an invoice has been posted to the customer's account",
}


_MONEY = {
    "AR/ARReceiptAndAdjustmentBatches": "receipt batches",
    "AR/ARPostedDocuments": "posted documents",
    "OE/OECreditDebitNotes": "credit notes",
}


def examine(sage: Sage300) -> Iterator[Finding]:
    """All findings, in the order people would look."""
    entrance = _entrance(sage)
    yield from entrance
    if not entrance[0].ok:
        return
    for check in (_modules, _resources, _money, _numbering, _names, _items, _taxes, _calendar):
        try:
            yield from check(sage)
        except ConnectorError as error:
            yield Finding(_SUBJECTS[check], False, error.message, "Correct this, then test again.")


def _entrance(sage: Sage300) -> list[Finding]:
    """Address, sign-on, company and clock, seen by the list of one customer."""
    host = sage.api.session.host
    try:
        answer = sage.api.session.get("AR/ARCustomers?$top=1")
    except Unavailable as error:
        return [Finding("address", False, error.message, "Check the address, the network and that Sage's server runs.")]
    except ConnectorError as error:
        return [_entrance_fault(error, host, sage.org_id)]
    return [
        Finding("address", True, f"{host} answers."),
        Finding("sign-on", True, "Sage accepts user and password."),
        Finding("company", True, f"The company {sage.org_id} opens."),
        _clock(answer.headers.get("Date", "")),
    ]


def _entrance_fault(error: ConnectorError, host: str, org_id: str) -> Finding:
    if error.code == "DBLinkError":
        return Finding("company", False, f"The company {org_id} does not open. {error.message}", _TYPE_ORG_ID)
    if error.status == 401:
        return Finding(
            "sign-on", False, error.message, "Enter user and password again; Sage wants the user in capitals."
        )
    if error.status == 403:
        return Finding("rights", False, error.message, "Give the user the right, then test again.")
    return Finding("address", False, error.message or f"{host} does not answer as Sage.", "Correct the address.")


_TYPE_ORG_ID = "Type the Org ID as in Sage's address (e.g. SAMLTD), and authorise the user for that company."


def _clock(said: str) -> Finding:
    try:
        offset = (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return Finding("clock", None, "Sage's server does not tell its time.")
    if abs(offset) <= CLOCK_MAY_DIFFER:
        return Finding("clock", True, f"Sage's clock and ours differ by {abs(offset):.0f} seconds.")
    return Finding(
        "clock", False, f"Sage's clock and ours differ by {abs(offset):.0f} seconds.", "Set the clocks by NTP."
    )


def _modules(sage: Sage300) -> Iterator[Finding]:
    """Installed, licensed, and the Web API right: one record of each module."""
    for module, (resource, what) in _MODULES.items():
        try:
            sage.api.some(resource, top=1)
        except Misconfigured as error:
            yield _module_fault(module, what, error)
        except ConnectorError as error:
            yield Finding(f"module {module}", False, error.message, "Test again when Sage is free.")
        else:
            yield Finding(f"module {module}", True, f"The {what} can be read.")


def _module_fault(module: str, what: str, error: Misconfigured) -> Finding:
    if error.code == RESOURCE_NOT_FOUND or error.status == 404:
        remedy = f"Install or license {module} for the company and its Web API; without it nothing can be posted."
        return Finding(f"module {module}", False, f"This Sage offers no {what}.", remedy)
    remedy = f"Administrative Services > Security Groups: tick “Sage 300 Web API” for {module} in the user's group."
    return Finding(f"module {module}", False, error.message, remedy)


def _resources(sage: Sage300) -> Iterator[Finding]:
    missing = [resource for resource in _OPTIONAL if sage.api.lacks(resource)]
    for resource in missing:
        said = f"This Sage has no {resource}: {_OPTIONAL[resource]}."
        yield Finding("resources", False, said, "Check module and licence, or do without.")
    if not missing:
        yield Finding("resources", True, "Everything the bridge can use is there.")


def _money(sage: Sage300) -> Iterator[Finding]:
    """The rights to receipts and credit notes, which are their own in Security Groups; shown by reading one of each."""
    for resource, what in _MONEY.items():
        if sage.api.lacks(resource):
            continue
        try:
            sage.api.some(resource, top=1)
        except Misconfigured as error:
            remedy = f"Security Groups: give the user's group the rights to {what}, then test again."
            yield Finding("money", False, f"{what.capitalize()} cannot be read. {error.message}", remedy)
        else:
            yield Finding("money", True, f"{what.capitalize()} can be read.")


def _numbering(sage: Sage300) -> Iterator[Finding]:
    """Who numbers the orders, and whether they are found by our reference before one is written."""
    try:
        sage.find("sale", "SYNCBRIDGE-TEST")
    except Rejected as error:
        remedy = "If it does not know “or” in a filter, set the switch filter_or to false; then test again."
        yield Finding("numbering", False, f"Orders cannot be looked up by our reference. {error.message}", remedy)
        return
    if sage.assumptions.own_order_number:
        yield Finding("numbering", True, "Orders get our own number (PS_1042): Sage itself refuses a second copy.")
    else:
        yield Finding(
            "numbering",
            True,
            "Sage numbers the orders itself: a second copy is prevented only by looking for the reference.",
            "Leave the switch own_order_number on unless the accountants insist on Sage's numbers.",
        )


def _names(sage: Sage300) -> Iterator[Finding]:
    """Every name that a full sale, customer, receipt and credit note carry, against what this installation knows."""
    if sage.api.shape(documents.ORDERS) is None:
        yield Finding("fields", None, "Sage does not tell its fields ($metadata).", "Post one order to a test company.")
        return
    sale = sale_body(replace(SALE, invoice=True), sage.assumptions)
    unknown = sage.api.unknown(documents.ORDERS, sale) + sage.api.unknown("AR/ARCustomers", customer_body(CUSTOMER))
    entry = receipt_body(RECEIPT, sage.assumptions)
    unknown += sage.api.unknown(BATCHES, batch_body(RECEIPT, sage.assumptions) | {"ReceiptsAdjustments": [entry]})
    unknown += sage.api.unknown(NOTES, credit_note_body(CREDIT_NOTE, sage.assumptions))
    if unknown:
        remedy = "Set the switches of the company to the names this Sage uses (the operator's page lists them)."
        yield Finding("fields", False, f"This Sage does not know: {', '.join(unknown)}.", remedy)
    else:
        yield Finding("fields", True, "Sage knows every field that is sent.")


def _items(sage: Sage300) -> Iterator[Finding]:
    """Which way round Status is, judged by the first items: most items of a company are active (sage300.md 8)."""
    rows = sage.api.some("IC/ICItems", top=100)
    means = sage.assumptions.item_status_true_is
    inactive = sum(yes(row, "Status") != (means == "active") for row in rows if row.get("Status") is not None)
    if means != "ignored" and inactive * 2 > len(rows):
        other = "active" if means == "inactive" else "inactive"
        remedy = f"Compare one item in Sage; if it is active there, set the switch item_status_true_is to “{other}”."
        yield Finding("items", False, f"{inactive} of the first {len(rows)} items look inactive.", remedy)
    else:
        yield Finding("items", True, f"{len(rows) - inactive} of the first {len(rows)} items are active.")


def _taxes(sage: Sage300) -> Iterator[Finding]:
    """Each sales tax group has authorities, and each of these at least one rate; who takes tax inside the price."""
    rated = {str(record.details["authority"]) for record in sage.records("tax rate")}
    groups = list(sage.records("tax group"))
    if not groups:
        yield Finding("tax", False, "There is no tax group for sales.", "Set up tax groups in Sage's Tax Services.")
    for group in groups:
        bare = [name for name in group.details["authorities"] if name not in rated]
        if bare or not group.details["authorities"]:
            what = f"{', '.join(bare)} without rates" if bare else "no tax authority"
            yield Finding("tax", False, f"Tax group {group.code}: {what}.", "Complete it in Sage's Tax Services.")
    authorities = {name for group in groups for name in group.details["authorities"]}
    outside = [name for name in sorted(authorities) if not _inside(sage, name)]
    if groups:
        note = f" Tax may not be inside the price for: {', '.join(outside)}; it is sent on top." if outside else ""
        yield Finding("tax", True, f"{len(groups)} tax groups for sales.{note}")


def _inside(sage: Sage300, authority: str) -> bool:
    """Whether an authority allows tax in the price; True when this build does not tell."""
    if sage.api.lacks("TX/TXTaxAuthorities"):
        return True
    rows = sage.api.some("TX/TXTaxAuthorities", equals(TaxAuthority=authority), top=1)
    return all(yes(row, "AllowTaxInPrice", default=True) for row in rows)


def _calendar(sage: Sage300) -> Iterator[Finding]:
    """Today lies in an open period of an active fiscal year."""
    periods = list(sage.records("fiscal period"))
    today = datetime.now(UTC).date().isoformat()
    current = [period for period in periods if str(period.details["from"]) <= today <= str(period.details["to"])]
    if not periods:
        yield Finding("calendar", None, "The fiscal calendar cannot be read in a known form.", _CALENDAR_SWITCHES)
    elif not current:
        remedy = "Add the fiscal year in Common Services > Fiscal Calendar."
        yield Finding("calendar", False, "Today lies outside the fiscal calendar.", remedy)
    elif not any(_open(period) for period in current):
        remedy = "Unlock it in Common Services > Fiscal Calendar, or orders of today are held."
        yield Finding("calendar", False, f"Today's fiscal period {current[0].label} is locked.", remedy)
    else:
        yield Finding("calendar", True, f"Today lies in the open fiscal period {current[0].label}.")


_CALENDAR_SWITCHES = "Set the switches period_start, period_end and period_status to this Sage's names."


def _open(period: Record) -> bool:
    return period.active and not period.details["locked"]


_SUBJECTS: dict[Callable[[Sage300], Iterator[Finding]], str] = {
    _modules: "modules",
    _resources: "resources",
    _money: "money",
    _numbering: "numbering",
    _names: "fields",
    _items: "items",
    _taxes: "tax",
    _calendar: "calendar",
}

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
from connectors.words import NOTHING, Words, joined, words

if TYPE_CHECKING:
    from connectors.sage300.client import Sage300

CLOCK_MAY_DIFFER = 300  # seconds
_MODULES = {  # one read per module shows a right that is missing there (sage300.md 1, set-up)
    "A/R": ("AR/ARCustomers", words("customers")),
    "O/E": ("OE/OEOrders", words("orders")),
    "I/C": ("IC/ICItems", words("items")),
    "T/X": ("TX/TXTaxGroups", words("tax groups")),
    "C/S": ("CS/CSFiscalCalendars", words("fiscal calendar")),
    "B/K": ("BK/BKBanks", words("banks")),
}
_OPTIONAL = {
    "AR/ARCustomerGroups": words("no customer can be made from a template group"),
    "AR/ARPaymentCodes": words("payment codes cannot be chosen from a list"),
    "OE/OEShipViaCodes": words("ship-via codes cannot be chosen from a list"),
    "OE/OEInvoices": words("what became of an order is read from the order alone"),
    "OE/OEMiscellaneousCharges": words("shipping and discounts cannot be posted"),
    "OE/OECreditDebitNotes": words("credit notes have to be entered in Sage by hand"),
    "AR/ARReceiptAndAdjustmentBatches": words("payments have to be entered in Sage by hand"),
    "AR/ARPostedReceipts": words("a posted receipt is looked for among the posted documents"),
    "AR/ARPostedDocuments": words("nobody can see whether an invoice has been posted to the customer's account"),
}
_MONEY = {
    "AR/ARReceiptAndAdjustmentBatches": words("receipt batches"),
    "AR/ARPostedDocuments": words("posted documents"),
    "OE/OECreditDebitNotes": words("credit notes"),
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
            yield Finding(_SUBJECTS[check], False, error.message, words("Correct this, then test again."))


def _entrance(sage: Sage300) -> list[Finding]:
    """Address, sign-on, company and clock, seen by the list of one customer."""
    host = sage.api.session.host
    try:
        answer = sage.api.session.get("AR/ARCustomers?$top=1")
    except Unavailable as error:
        remedy = words("Check the address, the network and that Sage's server runs.")
        return [Finding(words("address"), False, error.message, remedy)]
    except ConnectorError as error:
        return [_entrance_fault(error, host, sage.org_id)]
    return [
        Finding(words("address"), True, words("%(host)s answers.", host=host)),
        Finding(words("sign-on"), True, words("Sage accepts user and password.")),
        Finding(words("Org ID"), True, words("The company %(id)s opens.", id=sage.org_id)),
        _clock(answer.headers.get("Date", "")),
    ]


def _entrance_fault(error: ConnectorError, host: str, org_id: str) -> Finding:
    if error.code == "DBLinkError":
        shut = words("The company %(id)s does not open.", id=org_id)
        return Finding(words("Org ID"), False, joined(shut, error.message), _TYPE_ORG_ID)
    if error.status == 401:
        remedy = words("Enter user and password again; Sage wants the user in capitals.")
        return Finding(words("sign-on"), False, error.message, remedy)
    if error.status == 403:
        return Finding(words("rights"), False, error.message, words("Give the user the right, then test again."))
    said = error.message or words("%(host)s does not answer as Sage.", host=host)
    return Finding(words("address"), False, said, words("Correct the address."))


_TYPE_ORG_ID = words("Type the Org ID as in Sage's address (e.g. SAMLTD), and authorise the user for that company.")


def _clock(said: str) -> Finding:
    subject = words("clock")
    try:
        offset = (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return Finding(subject, None, words("Sage's server does not tell its time."))
    differ = words("Sage's clock and ours differ by %(n)s seconds.", n=round(abs(offset)))
    if abs(offset) <= CLOCK_MAY_DIFFER:
        return Finding(subject, True, differ)
    return Finding(subject, False, differ, words("Set the clocks by NTP."))


def _modules(sage: Sage300) -> Iterator[Finding]:
    """Installed, licensed, and the Web API right: one record of each module."""
    for module, (resource, what) in _MODULES.items():
        subject = words("module %(module)s", module=module)
        try:
            sage.api.some(resource, top=1)
        except Misconfigured as error:
            yield _module_fault(subject, module, what, error)
        except ConnectorError as error:
            yield Finding(subject, False, error.message, words("Test again when Sage is free."))
        else:
            yield Finding(subject, True, words("The %(what)s can be read.", what=what))


def _module_fault(subject: Words, module: str, what: Words, error: Misconfigured) -> Finding:
    if error.code == RESOURCE_NOT_FOUND or error.status == 404:
        remedy = words(
            "Install or license %(module)s for the company and its Web API; without it nothing can be posted.",
            module=module,
        )
        return Finding(subject, False, words("This Sage offers no %(what)s.", what=what), remedy)
    remedy = words(
        "Administrative Services > Security Groups: tick “Sage 300 Web API” for %(module)s in the user's group.",
        module=module,
    )
    return Finding(subject, False, error.message, remedy)


def _resources(sage: Sage300) -> Iterator[Finding]:
    missing = [resource for resource in _OPTIONAL if sage.api.lacks(resource)]
    for resource in missing:
        told = {"resource": resource, "consequence": _OPTIONAL[resource]}
        said = words("This Sage has no %(resource)s: %(consequence)s.", **told)
        yield Finding(words("resources"), False, said, words("Check module and licence, or do without."))
    if not missing:
        yield Finding(words("resources"), True, words("Everything the bridge can use is there."))


def _money(sage: Sage300) -> Iterator[Finding]:
    """The rights to receipts and credit notes, which are their own in Security Groups; shown by reading one of each."""
    for resource, what in _MONEY.items():
        if sage.api.lacks(resource):
            continue
        try:
            sage.api.some(resource, top=1)
        except Misconfigured as error:
            remedy = words("Security Groups: give the user's group the rights to %(what)s, then test again.", what=what)
            shut = words("The %(what)s cannot be read.", what=what)
            yield Finding(words("money"), False, joined(shut, error.message), remedy)
        else:
            yield Finding(words("money"), True, words("The %(what)s can be read.", what=what))


def _numbering(sage: Sage300) -> Iterator[Finding]:
    """Who numbers the orders, and whether they are found by our reference before one is written."""
    subject = words("numbering")
    try:
        sage.find("sale", "SYNCBRIDGE-TEST")
    except Rejected as error:
        remedy = words("If it does not know “or” in a filter, set the switch filter_or to false; then test again.")
        lost = words("Orders cannot be looked up by our reference.")
        yield Finding(subject, False, joined(lost, error.message), remedy)
        return
    if sage.assumptions.own_order_number:
        ours = words("Orders get our own number (PS_1042): Sage itself refuses a second copy.")
        yield Finding(subject, True, ours)
    else:
        yield Finding(
            subject,
            True,
            words("Sage numbers the orders itself: a second copy is prevented only by looking for the reference."),
            words("Leave the switch own_order_number on unless the accountants insist on Sage's numbers."),
        )


def _names(sage: Sage300) -> Iterator[Finding]:
    """Every name that a full sale, customer, receipt and credit note carry, against what this installation knows."""
    if sage.api.shape(documents.ORDERS) is None:
        silent = words("Sage does not tell its fields ($metadata).")
        yield Finding(words("fields"), None, silent, words("Post one order to a test company."))
        return
    sale = sale_body(replace(SALE, invoice=True), sage.assumptions)
    unknown = sage.api.unknown(documents.ORDERS, sale) + sage.api.unknown("AR/ARCustomers", customer_body(CUSTOMER))
    entry = receipt_body(RECEIPT, sage.assumptions)
    unknown += sage.api.unknown(BATCHES, batch_body(RECEIPT, sage.assumptions) | {"ReceiptsAdjustments": [entry]})
    unknown += sage.api.unknown(NOTES, credit_note_body(CREDIT_NOTE, sage.assumptions))
    if unknown:
        remedy = words("Set the switches of the company to the names this Sage uses (the operator's page lists them).")
        said = words("This Sage does not know: %(names)s.", names=", ".join(unknown))
        yield Finding(words("fields"), False, said, remedy)
    else:
        yield Finding(words("fields"), True, words("Sage knows every field that is sent."))


def _items(sage: Sage300) -> Iterator[Finding]:
    """Which way round Status is, judged by the first items: most items of a company are active (sage300.md 8)."""
    rows = sage.api.some("IC/ICItems", top=100)
    means = sage.assumptions.item_status_true_is
    inactive = sum(yes(row, "Status") != (means == "active") for row in rows if row.get("Status") is not None)
    if means != "ignored" and inactive * 2 > len(rows):
        remedy = words(
            "Compare one item in Sage; if it is active there, set the switch item_status_true_is to “%(other)s”.",
            other="active" if means == "inactive" else "inactive",
        )
        look = words("%(n)s of the first %(all)s items look inactive.", n=inactive, all=len(rows))
        yield Finding(words("items"), False, look, remedy)
    else:
        active = words("%(n)s of the first %(all)s items are active.", n=len(rows) - inactive, all=len(rows))
        yield Finding(words("items"), True, active)


def _taxes(sage: Sage300) -> Iterator[Finding]:
    """Each sales tax group has authorities, and each of these at least one rate; who takes tax inside the price."""
    subject, remedy = words("tax"), words("Complete it in Sage's Tax Services.")
    rated = {str(record.details["authority"]) for record in sage.records("tax rate")}
    groups = list(sage.records("tax group"))
    if not groups:
        none = words("There is no tax group for sales.")
        yield Finding(subject, False, none, words("Set up tax groups in Sage's Tax Services."))
    for group in groups:
        bare = [name for name in group.details["authorities"] if name not in rated]
        if bare or not group.details["authorities"]:
            what = words("%(names)s without rates", names=", ".join(bare)) if bare else words("no tax authority")
            wrong = words("Tax group %(code)s: %(what)s.", code=group.code, what=what)
            yield Finding(subject, False, wrong, remedy)
    authorities = {name for group in groups for name in group.details["authorities"]}
    outside = [name for name in sorted(authorities) if not _inside(sage, name)]
    if groups:
        note = words("Tax may not be inside the price for: %(names)s; it is sent on top.", names=", ".join(outside))
        found = words("Tax groups for sales: %(n)s.", n=len(groups))
        yield Finding(subject, True, joined(found, note if outside else NOTHING))


def _inside(sage: Sage300, authority: str) -> bool:
    """Whether an authority allows tax in the price; True when this build does not tell."""
    if sage.api.lacks("TX/TXTaxAuthorities"):
        return True
    rows = sage.api.some("TX/TXTaxAuthorities", equals(TaxAuthority=authority), top=1)
    return all(yes(row, "AllowTaxInPrice", default=True) for row in rows)


def _calendar(sage: Sage300) -> Iterator[Finding]:
    """Today lies in an open period of an active fiscal year."""
    subject = words("calendar")
    periods = list(sage.records("fiscal period"))
    today = datetime.now(UTC).date().isoformat()
    current = [period for period in periods if str(period.details["from"]) <= today <= str(period.details["to"])]
    if not periods:
        unknown = words("The fiscal calendar cannot be read in a known form.")
        yield Finding(subject, None, unknown, _CALENDAR_SWITCHES)
    elif not current:
        remedy = words("Add the fiscal year in Common Services > Fiscal Calendar.")
        yield Finding(subject, False, words("Today lies outside the fiscal calendar."), remedy)
    elif not any(_open(period) for period in current):
        remedy = words("Unlock it in Common Services > Fiscal Calendar, or orders of today are held.")
        locked = words("Today's fiscal period %(period)s is locked.", period=current[0].label)
        yield Finding(subject, False, locked, remedy)
    else:
        inside = words("Today lies in the open fiscal period %(period)s.", period=current[0].label)
        yield Finding(subject, True, inside)


_CALENDAR_SWITCHES = words("Set the switches period_start, period_end and period_status to this Sage's names.")


def _open(period: Record) -> bool:
    return period.active and not period.details["locked"]


_SUBJECTS: dict[Callable[[Sage300], Iterator[Finding]], Words] = {
    _modules: words("modules"),
    _resources: words("resources"),
    _money: words("money"),
    _numbering: words("numbering"),
    _names: words("fields"),
    _items: words("items"),
    _taxes: words("tax"),
    _calendar: words("calendar"),
}

"""Checks of who buys and where it goes: customer, countries, texts that must fit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from connectors.plain import plain
from connectors.types import Party
from mappings.resolve import CustomerMatch, Unmapped
from staging.checks.case import Case
from staging.issues import Fault
from staging.texts import Fitted, TooLong


def customer(case: Case) -> Iterator[Fault]:
    """The Sage customer: known, active, not on hold, within the limit, in the order's currency."""
    match = case.customer
    if isinstance(match, Unmapped):
        yield case.missing("customer-unknown", match)
    elif match.record is None:
        yield case.missing("customer-unknown", Unmapped("customer", match.code))
    elif not match.record.active:
        yield Fault("customer-inactive", "customer", match.code, values={"sage": match.code})
    elif match.create:
        yield from _new_customer(case)
    else:
        yield from _account(case, match, match.record.details)


def _new_customer(case: Case) -> Iterator[Fault]:
    width = case.widths["customer.code"]
    if len(case.new_customer) > width:
        yield Fault("customer-code-too-long", "customer", case.new_customer, values={"width": width})
    number, width = case.order.invoice_to.vat_number.strip(), case.widths["customer.vat_number"]
    if len(number) > width:
        values = {"field": "vat_number", "text": number, "width": width}
        yield Fault("vat-number-too-long", place="invoice_to", values=values)


def _account(case: Case, match: CustomerMatch, details: dict[str, Any]) -> Iterator[Fault]:
    """Amounts of the customer are in the customer's currency; an unpaid order counts against the limit."""
    values = {"sage": match.code, "currency": case.order.currency}
    if details.get("on_hold"):
        yield Fault("customer-on-hold", "customer", match.code, values=values)
    currency = details.get("currency") or case.order.currency
    if currency != case.order.currency:
        yield Fault("customer-currency", "customer", match.code, values=values | {"sage_currency": currency})
    limit = Decimal(details.get("credit_limit") or 0)
    owed = Decimal(details.get("balance") or 0) + case.order.totals.paid_incl
    if details.get("check_credit") and not case.order.state.paid and owed > limit:
        more = {"owed": f"{owed:.2f}", "limit": f"{limit:.2f}"}
        yield Fault("customer-over-limit", "customer", match.code, values=values | more)


def countries(case: Case) -> Iterator[Fault]:
    """Countries and states of both addresses have a word in Sage."""
    for place, party in _addresses(case):
        country = case.resolver.country(party.country)
        if isinstance(country, Unmapped):
            yield case.missing("country-unknown", country, place)
        state = case.resolver.state(party.country, party.state) if party.state else ""
        if isinstance(state, Unmapped):
            yield case.missing("state-unknown", state, place, party.state_name)


def texts(case: Case) -> Iterator[Fault]:
    """Both addresses fit; of two equal ones only the first is named."""
    fitted = {"deliver_to": case.deliver_to, "invoice_to": case.invoice_to}
    for place, _party in _addresses(case):
        if fitted[place].too_long:
            yield _too_long(place, fitted[place])


def _too_long(place: str, fitted: Fitted) -> Fault:
    first: TooLong = fitted.too_long[0]
    values = {
        "field": first.field,
        "text": first.text,
        "width": first.width,
        "fields": [entry.field for entry in fitted.too_long],
        "proposal": plain(fitted.address),
        "rest": list(fitted.rest),
    }
    return Fault("text-too-long", place=place, values=values)


def _addresses(case: Case) -> list[tuple[str, Party]]:
    deliver_to, invoice_to = case.order.deliver_to, case.order.invoice_to
    if deliver_to == invoice_to:
        return [("deliver_to", deliver_to)]
    return [("deliver_to", deliver_to), ("invoice_to", invoice_to)]

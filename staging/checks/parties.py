"""Checks of who buys and where it goes: customer, countries, texts that must fit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from connectors.plain import plain
from connectors.types import Party
from connectors.words import words
from mappings.buyers import has_another_vat_number
from mappings.resolve import CustomerMatch, Unclear, Unmapped
from staging.checks.case import Case
from staging.issues import Fault
from staging.texts import Fitted, TooLong


def customer(case: Case) -> Iterator[Fault]:
    """The Sage customer: known, active, not on hold, within the limit, in the order's currency."""
    match = case.customer
    if isinstance(match, Unclear):
        yield _unclear(case, match)
    elif isinstance(match, Unmapped):
        yield case.missing("customer-unknown", match)
    elif match.record is None:
        yield case.missing("customer-unknown", Unmapped("customer", match.code))
    elif not match.record.active:
        yield Fault("customer-inactive", "customer", match.code, values={"sage": match.code})
    elif match.create:
        yield from _new_customer(case)
    else:
        yield from _account(case, match, match.record.details)


def _unclear(case: Case, match: Unclear) -> Fault:
    """Nobody is chosen by chance: staff say which customer it is, by a rule for this buyer."""
    if not match.candidates:
        return Fault("buyer-unknown", "customer")
    buyer, number = case.order.buyer, case.vat_number.number
    field, who = ("email", buyer.email) if buyer.guest and buyer.email else ("customer", str(buyer.id))
    told = {
        "by": plain(words("the VAT number") if match.by == "vat" else words("the e-mail")),
        "what": number if match.by == "vat" else buyer.email,
        "candidates": "; ".join(str(record) for record in match.candidates),
        "field": field,
        "who": who,
    }
    candidates = [
        {"code": one.code, "label": one.label, "ground": str(told["what"]), "score": 100} for one in match.candidates
    ]
    return Fault("customer-ambiguous", "customer", match.value, values=told, suggestions=candidates)


def _new_customer(case: Case) -> Iterator[Fault]:
    width = case.widths["customer.code"]
    if len(case.new_customer) > width:
        yield Fault("customer-code-too-long", "customer", case.new_customer, values={"width": width})
    number, width = case.vat_number.number, case.widths["customer.vat_number"]
    if len(number) > width:
        values = {"field": "vat_number", "text": number, "width": width}
        yield Fault("vat-number-too-long", place="invoice_to", values=values)
    if case.card.too_long and not case.invoice_to.too_long:  # where a card is narrower than a document
        yield _too_long("invoice_to", case.card)


def vat_number(case: Case) -> Iterator[Fault]:
    """A VAT number that is none, where a company would be taxed otherwise: is it a company or not?"""
    if not case.vat_number.invalid:
        return
    with case.resolver.noting():  # only compared: the order does not go by it
        company = case.tax_group_of(True)
    if isinstance(company, str) and company != case.tax_group:
        values = {"text": case.vat_number.text, "private": _code(case.tax_group), "company": company}
        yield Fault("vat-number-invalid", "customer", case.vat_number.text, "invoice_to", values)


def _code(answer: object) -> str:
    return answer if isinstance(answer, str) else "–"


def _account(case: Case, match: CustomerMatch, details: dict[str, Any]) -> Iterator[Fault]:
    """Amounts of the customer are in the customer's currency; an unpaid order counts against the limit."""
    values = {"sage": match.code, "currency": case.order.currency}
    if details.get("on_hold"):
        yield Fault("customer-on-hold", "customer", match.code, values=values)
    currency = details.get("currency") or case.order.currency
    if currency != case.order.currency:
        yield Fault("customer-currency", "customer", match.code, values=values | {"sage_currency": currency})
    if match.by != "rule" and match.record and has_another_vat_number(match.record, case.vat_number.number):
        more = {"in_sage": details.get("vat_number", ""), "number": case.vat_number.number}
        yield Fault("customer-vat-differs", "customer", match.code, values=values | more)
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

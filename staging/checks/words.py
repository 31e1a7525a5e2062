"""Checks of the words that must have a Sage code (tax, payment, carrier, currency …), and of the date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from mappings.models import ANY
from mappings.resolve import Unmapped
from mappings.tables import plain_number
from staging.checks.case import Case
from staging.issues import Fault


def tax_group(case: Case) -> Iterator[Fault]:
    """Destination and kind of buyer have a tax group."""
    if isinstance(case.tax_group, Unmapped):
        state = case.resolver.taxed_state(case.destination, case.order.deliver_to.state) or ANY
        rates = " ".join(plain_number(rate) for rate in sorted({amount.rate for amount in case.amounts}))
        buyer = "company" if case.business else "private"
        told = {"country": case.destination, "state": state, "buyer": buyer, "rates": rates}
        yield case.missing("tax-group-unknown", case.tax_group, label=case.order.deliver_to.state_name, **told)


def tax_classes(case: Case) -> Iterator[Fault]:
    """Each rate has a class in the tax group, and Sage charges for that class what the shop charged."""
    seen: set[tuple[int | Unmapped, Decimal]] = set()
    for amount in case.amounts:
        tax_class = case.tax_class(amount)
        if tax_class is None or (tax_class, amount.rate) in seen:
            continue
        seen.add((tax_class, amount.rate))
        values: dict[str, Any] = {
            "rate": plain_number(amount.rate),
            "tax_group": case.tax_group,
            "country": case.destination,
        }
        if isinstance(tax_class, Unmapped):
            yield case.missing("tax-class-unknown", tax_class, amount.source, **values)
            continue
        rate = case.sage_rate(tax_class)
        if rate is not None and rate != amount.rate:
            value = f"{case.tax_group} {values['rate']}"
            more = {"tax_class": tax_class, "sage_rate": plain_number(rate)}
            yield Fault("tax-rate-differs", "tax class", value, amount.source, values | more)


def payment(case: Case) -> Iterator[Fault]:
    """The payment method is mapped."""
    if isinstance(case.payment, Unmapped):
        name = case.order.payment_name
        yield case.missing("payment-unknown", case.payment, label=name, name=name)


def carrier(case: Case) -> Iterator[Fault]:
    """The carrier is mapped."""
    if isinstance(case.carrier, Unmapped) and case.order.carrier is not None:
        name, number = case.order.carrier.name, case.order.carrier.reference_id
        yield case.missing("carrier-unknown", case.carrier, label=name, name=name, carrier=number)


def location(case: Case) -> Iterator[Fault]:
    """It is known where the goods leave."""
    if isinstance(case.location, Unmapped):
        yield case.missing("location-unknown", case.location)


def currency(case: Case) -> Iterator[Fault]:
    """Sage knows the order's currency."""
    if isinstance(case.currency, Unmapped):
        yield case.missing("currency-unknown", case.currency)


def charges(case: Case) -> Iterator[Fault]:
    """Shipping, wrapping and discounts have a charge."""
    for name in dict.fromkeys(amount.charge for amount in case.amounts if amount.charge):
        code = case.resolver.charge(name)
        if isinstance(code, Unmapped):
            yield case.missing("charge-unknown", code)


def calendar(case: Case) -> Iterator[Fault]:
    """The order's date lies in an open period."""
    yield from open_day(case, case.order.order_date)


def open_day(case: Case, when: date, place: str = "") -> Iterator[Fault]:
    """The day lies in an open period; a Sage whose calendar is not mirrored is not asked about it."""
    day = when.isoformat()
    period = next((row for row in case.periods if row.details["from"] <= day <= row.details["to"]), None)
    if not case.periods:
        return
    if period is None:
        yield Fault("date-not-in-calendar", "fiscal period", day[:7], place, values={"date": day})
    elif period.details.get("locked"):
        yield Fault("period-locked", "fiscal period", period.code, place, values={"date": day, "sage": period.code})

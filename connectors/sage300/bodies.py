"""From a prepared sale or customer to the body of one POST: every property in the order Sage is to take it.

Properties are put in their order and a later default overwrites an earlier value (sage300.md 2): the customer first,
then what overrides the customer's defaults, then the lines; in a line the item before its unit, quantity and price.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from connectors.errors import Rejected
from connectors.sage300.assumptions import Assumptions
from connectors.sage300.widths import WIDTHS
from connectors.sage300.wire import sent_day
from connectors.types import Address, NewCustomer, Sale, SaleLine
from connectors.words import words

PRICE = Decimal("0.000001")  # unit prices: decimal(19,6), sage300.md B
_RATE = Decimal("0.0000001")  # exchange rates: decimal(15,7)
_SHORT_NAME = 10  # ARCustomers.ShortName, sage300.md B

Body = dict[str, Any]


def sale_body(sale: Sale, assumptions: Assumptions) -> Body:
    """The POST of OEOrders. Raises Rejected when a text is longer than its field: Sage may cut it without a word."""
    _check_sale(sale, assumptions)
    body: Body = {"CustomerNumber": sale.customer}
    if assumptions.own_order_number:
        body["OrderNumber"] = sale.reference
    body["OrderDate"] = sent_day(sale.order_date, assumptions.date_format)
    body |= _currency(sale, assumptions)
    body["TaxGroup"] = sale.tax_group
    body |= given(TermsCode=sale.terms, ShipViaCode=sale.ship_via, DefaultLocationCode=sale.location)
    body |= given(PurchaseOrderNumber=sale.purchase_order)
    body["OrderReference"] = sale.reference
    body |= given(OrderDescription=sale.description, OrderComment=sale.comment)
    body |= _address("ShipTo", sale.ship_to, assumptions.ship_to_country, assumptions.ship_to_email)
    body |= _address("BillTo", sale.bill_to, assumptions.bill_to_country, assumptions.bill_to_email)
    body |= _extra(sale, body)
    if sale.invoice:
        body[assumptions.invoice_property] = True
    if sale.notes:
        body["OrderCommentsInstructions"] = [
            {"CommentsInstructionsType": "Comment", "CommentsInstructions": note} for note in sale.notes
        ]
    body["OrderDetails"] = [_line(line, sale, assumptions) for line in sale.lines]
    return body


def customer_body(customer: NewCustomer) -> Body:
    """The POST of ARCustomers: what the group does not bring. Raises Rejected when a text is longer than its field."""
    for field in ("code", "group", "name", "tax_group", "terms", "vat_number"):
        fits(f"customer.{field}", getattr(customer, field))
    _check_address("customer", customer.address)
    address = customer.address
    lines = {f"AddressLine{number}": text for number, text in enumerate(address.lines, 1)}
    return {
        "CustomerNumber": customer.code,
        "GroupCode": customer.group,
        **given(CurrencyCode=customer.currency, TaxGroup=customer.tax_group, Terms=customer.terms),
        "ShortName": customer.name[:_SHORT_NAME].strip(),
        "CustomerName": customer.name,
        **given(
            **lines,
            City=address.city,
            StateProvince=address.state,
            ZipPostalCode=address.postcode,
            Country=address.country,
            PhoneNumber=address.phone,
            Email=address.email,
            TaxRegistrationNumber1=customer.vat_number,
        ),
    }


def _currency(sale: Sale, assumptions: Assumptions) -> Body:
    """The document's currency, and the shop's own rate when it is not the company's.

    The override flag stands before the rate: set after it, the flag could bring Sage's rate back [inferred].
    """
    currency = given(OrderSourceCurrency=sale.currency) if assumptions.send_currency else {}
    if sale.exchange_rate is None:
        return currency
    return currency | {
        "OrderRateDate": sent_day(sale.order_date, assumptions.date_format),
        "OrderRateOperator": 2 if assumptions.rate_operator == "divide" else 1,
        "OrderRateOverrideFlag": True,
        "OrderRate": rate_sent(sale.exchange_rate, assumptions),
    }


def rate_sent(rate: Decimal, assumptions: Assumptions) -> Decimal:
    """An exchange rate (home currency per unit) as this company's Sage applies it, with seven decimals."""
    return (1 / rate if assumptions.rate_operator == "divide" else rate).quantize(_RATE)


def _address(side: str, address: Address, country: str, email: str) -> Body:
    """A whole one-time address, or nothing: a part left out would keep the customer's own (an old second line)."""
    if address == Address():
        return {}
    lines = (*address.lines, "", "", "", "")[: WIDTHS["ship_to.line count"]]
    return {
        f"{side}Name": address.name,
        **{f"{side}AddressLine{number}": text for number, text in enumerate(lines, 1)},
        f"{side}City": address.city,
        f"{side}StateProvince": address.state,
        f"{side}ZipPostalCode": address.postcode,
        **({country: address.country} if country else {}),
        f"{side}PhoneNumber": address.phone,
        **({email: address.email} if email else {}),
    }


def _extra(sale: Sale, body: Body) -> Body:
    """Further header properties by their Sage names; they cannot replace what the sale says itself."""
    for name in sale.extra:
        if name in body:
            twice = words("The extra value %(name)s is already set by the order. Remove it.", name=name)
            raise Rejected(twice, place=f"extra.{name}")
    return dict(sale.extra)


def _line(line: SaleLine, sale: Sale, assumptions: Assumptions) -> Body:
    if line.kind == "charge":
        body: Body = {
            "LineType": "Miscellaneous",
            "MiscellaneousChargesCode": line.code,
            **given(Description=line.description),
            "ExtendedAmount": line.amount,
        }
    else:
        body = {
            "LineType": "Item",
            "Item": line.code,
            **given(Description=line.description, Location=line.location or sale.location),
            **given(OrderUnitOfMeasure=line.unit),
            "QuantityOrdered": line.quantity,
            **({"QuantityShipped": line.quantity} if sale.invoice else {}),
            "PriceOverride": True,
        }
        if line.unit and assumptions.pricing_unit_property:
            body[assumptions.pricing_unit_property] = line.unit
        body |= dict.fromkeys(assumptions.price_properties, line.unit_price.quantize(PRICE))
    body |= dict.fromkeys(tax_classes(line, assumptions), line.tax_class)
    return body | dict.fromkeys(assumptions.line_tax_included, line.tax_included)


def tax_classes(line: SaleLine, assumptions: Assumptions) -> list[str]:
    """The properties that take the line's class, one for each authority that taxes it."""
    known, name = assumptions.line_tax_classes, assumptions.further_tax_classes
    further = range(len(known) + 1, len(line.rates) + 1) if name else ()
    return [*known, *(name.format(n=number) for number in further)]


def given(**values: str) -> Body:
    """The values that are not empty: an empty one would erase the default."""
    return {name: value for name, value in values.items() if value}


def _check_sale(sale: Sale, assumptions: Assumptions) -> None:
    fits("reference" if assumptions.own_order_number else "order reference", sale.reference)
    names = ("customer", "purchase_order", "description", "comment", "tax_group", "terms", "ship_via", "location")
    for name in names:
        fits(name, getattr(sale, name))
    for note in sale.notes:
        fits("note", note)
    _check_address("ship_to", sale.ship_to)
    _check_address("bill_to", sale.bill_to)
    if len(sale.lines) > WIDTHS["lines"]:
        held = {"lines": len(sale.lines), "most": WIDTHS["lines"]}
        raise Rejected(words("The order has %(lines)s lines; Sage 300 holds %(most)s. Split it in Sage.", **held))
    for number, line in enumerate(sale.lines, 1):
        fits("line.charge" if line.kind == "charge" else "line.code", line.code, number)
        for name in ("description", "unit", "location"):
            fits(f"line.{name}", getattr(line, name), number)


def _check_address(side: str, address: Address) -> None:
    if len(address.lines) > WIDTHS[f"{side}.line count"]:
        raise Rejected(
            words(
                "The address has %(lines)s lines; %(most)s fit. Join some of them.",
                lines=len(address.lines),
                most=WIDTHS[f"{side}.line count"],
            ),
            place=f"{side}.lines",
        )
    for name, value in _fields(address):
        if f"{side}.{name}" in WIDTHS:
            fits(f"{side}.{name}", value)


def _fields(address: Address) -> Iterator[tuple[str, str]]:
    for line in address.lines:
        yield "lines", line
    for name in ("name", "city", "state", "postcode", "country", "phone", "email"):
        yield name, getattr(address, name)


def fits(field: str, value: str, line: int = 0) -> None:
    """Raises Rejected when a text is longer than its field: Sage may cut it without a word."""
    if len(value) > WIDTHS[field]:
        where = f"line {line}: {field}" if line else field
        raise Rejected(
            words(
                "“%(value)s” is too long for Sage: %(n)s characters, %(most)s fit. Shorten it.",
                value=value,
                n=len(value),
                most=WIDTHS[field],
            ),
            code="TooLong",
            place=where,
        )

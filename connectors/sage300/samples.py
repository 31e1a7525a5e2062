"""One document of each kind that carries every field, to compare our names with an installation's. Never sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from connectors.types import Address, CreditNote, NewCustomer, Receipt, Sale, SaleLine

_ADDRESS = Address(
    name="Name",
    lines=("1", "2", "3", "4"),
    city="City",
    state="State",
    postcode="1",
    country="FR",
    phone="1",
    email="a@example.com",
)
_ITEM = SaleLine(
    kind="item",
    code="ITEM",
    description="Item",
    quantity=Decimal(1),
    unit="Ea.",
    unit_price=Decimal(1),
    amount=Decimal(1),
    tax_included=True,
    tax_class=1,
    rate=Decimal(0),
    location="1",
)
_CHARGE = replace(_ITEM, kind="charge", code="CHARGE", unit="")

SALE = Sale(
    reference="PS_1",
    customer="1",
    order_date=date(2026, 1, 1),
    currency="EUR",
    tax_group="TAX",
    lines=(_ITEM, _CHARGE),
    total=Decimal(1),
    tax=Decimal(0),
    invoice=True,
    purchase_order="1",
    description="Text",
    comment="Text",
    terms="N30",
    ship_via="A",
    location="1",
    exchange_rate=Decimal(1),
    bill_to=_ADDRESS,
    ship_to=_ADDRESS,
    notes=("Text",),
)
CUSTOMER = NewCustomer(
    code="1",
    reference="1",
    group="A",
    name="Name",
    address=_ADDRESS,
    tax_group="TAX",
    terms="N30",
    vat_number="1",
    currency="EUR",
)
RECEIPT = Receipt(
    reference="PS_1-R1",
    customer="1",
    receipt_date=date(2026, 1, 1),
    bank="BANK",
    payment_code="CARD",
    currency="USD",
    amount=Decimal(1),
    batch="PS BANK 2026-01-01",
    order_number="PS_1",
    transaction_id="1",
    description="Text",
    exchange_rate=Decimal(1),
)
CREDIT_NOTE = CreditNote(
    reference="PS_1-C1",
    customer="1",
    credit_date=date(2026, 1, 1),
    currency="EUR",
    tax_group="TAX",
    lines=(_ITEM, _CHARGE),
    total=Decimal(1),
    tax=Decimal(0),
    invoice_number="IN1",
    description="Text",
    comment="Text",
    location="1",
    exchange_rate=Decimal(1),
)

"""What Sage should hold and what it says: sales and customers to write, documents and records read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.words import NOTHING, Words


@dataclass(frozen=True, slots=True)
class Address:
    """A name and postal address cut to Sage's widths; ``country`` and ``state`` are the words Sage is to hold."""

    name: str = ""
    lines: tuple[str, ...] = ()
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class SaleLine:
    """One line of a sale: an item or a charge.

    ``amount`` is the line's extended amount in the sale's currency, containing tax iff ``tax_included``; negative for a
    discount. ``quantity`` and ``unit_price`` (6 decimals) belong to items; a charge has quantity 1. ``rate`` (per cent)
    is what we expect Sage to compute for ``tax_class``; where several authorities tax it, on top and each rounded by
    itself, ``rates`` are theirs in the tax group's order. ``source`` is our trace to the order ("line 8",
    "shipping").
    """

    kind: str  # "item" | "charge"
    code: str
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount: Decimal
    tax_included: bool
    tax_class: int
    rate: Decimal
    location: str = ""
    source: str = ""
    rates: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class Sale:
    """An order, with shipment and invoice when ``invoice``; all of it exactly as it will be sent.

    Amounts in ``currency``; ``exchange_rate`` (shop's own, home currency per unit) only when the currency is not the
    company's. ``total`` and ``tax`` are what we predict Sage to answer.
    """

    reference: str
    customer: str
    order_date: date
    currency: str
    tax_group: str
    lines: tuple[SaleLine, ...]
    total: Decimal
    tax: Decimal
    invoice: bool
    purchase_order: str = ""
    description: str = ""
    comment: str = ""
    terms: str = ""
    ship_via: str = ""
    location: str = ""
    exchange_rate: Decimal | None = None
    bill_to: Address = field(default_factory=Address)
    ship_to: Address = field(default_factory=Address)
    notes: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A Sage customer made from a template customer group."""

    code: str
    reference: str
    group: str
    name: str
    address: Address
    tax_group: str = ""
    terms: str = ""
    vat_number: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that came in for one sale: one entry of an open receipt batch.

    ``amount`` in ``currency``, no tax in it; ``exchange_rate`` (home currency per unit) only when that is not the
    company's. ``batch`` is the batch's description, our key for one shop, bank and day. It names the Sage order
    (``order_number``) as a prepayment, or is applied to ``invoice_number`` when that is set. ``bank_currency`` and
    ``bank_amount`` only when the bank is in the company's currency and the receipt in another: what arrives there.
    ``source`` is our trace to the shop: amount, currency and method of the whole payment as it was then.
    """

    reference: str
    customer: str
    receipt_date: date
    bank: str
    payment_code: str
    currency: str
    amount: Decimal
    batch: str
    order_number: str = ""
    invoice_number: str = ""
    transaction_id: str = ""
    description: str = ""
    exchange_rate: Decimal | None = None
    bank_currency: str = ""
    bank_amount: Decimal | None = None
    source: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Repayment:
    """Money that went back to the buyer for one credit note: one entry of an open batch of refunds.

    ``amount`` in ``currency``, above zero, no tax in it; it pays out ``credit_number``, Sage's own number of the credit
    note. ``payment_type`` is Sage's word for the way of payment (of its payment code), ``exchange_rate`` and ``batch``
    as in Receipt.
    """

    reference: str
    customer: str
    paid_date: date
    bank: str
    payment_type: str
    currency: str
    amount: Decimal
    batch: str
    credit_number: str = ""
    description: str = ""
    exchange_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CreditNote:
    """Money or goods that went back for one sale; lines are positive, as on the sale they correct.

    ``invoice_number`` is the invoice it corrects; amounts as in Sale. ``restock``: returned goods go back into stock.
    ``total`` and ``tax`` are what we predict Sage to answer.
    """

    reference: str
    customer: str
    credit_date: date
    currency: str
    tax_group: str
    lines: tuple[SaleLine, ...]
    total: Decimal
    tax: Decimal
    invoice_number: str = ""
    description: str = ""
    comment: str = ""
    location: str = ""
    restock: bool = True
    exchange_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A line as Sage holds it; ``amount`` as Sage states it (with included tax iff the line is so)."""

    code: str
    quantity: Decimal
    shipped: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Document:
    """What Sage holds under one of our references.

    ``total`` contains tax, ``tax`` is all tax in it, ``tax_by_rate`` per rate in per cent (as text) when Sage says so;
    all in ``currency``. ``bank`` is a receipt's bank account, in Sage's code; ``batch`` the description of its batch,
    ``batch_state`` "open", "handed over" or "posted". ``complete`` when nothing is left to ship
    or invoice there.
    """

    kind: str
    key: str
    number: str
    reference: str
    customer: str
    total: Decimal
    tax: Decimal
    currency: str
    date: date | None
    purchase_order: str = ""
    invoice_number: str = ""
    shipment_number: str = ""
    bank: str = ""
    batch: str = ""
    batch_state: str = ""
    complete: bool = False
    tax_by_rate: Mapping[str, Decimal] = field(default_factory=dict)
    lines: tuple[DocumentLine, ...] = ()
    warnings: tuple[str, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """One master record of Sage. ``kind`` is one of RECORD_KINDS; ``details`` holds JSON-able facts of that kind."""

    kind: str
    code: str
    label: str
    active: bool
    details: Mapping[str, Any] = field(default_factory=dict)


RECORD_KINDS = (
    "item",
    "customer",
    "customer group",
    "ship via",
    "terms",
    "tax group",
    "tax rate",
    "location",
    "unit",
    "currency",
    "payment code",
    "bank",
    "charge",
    "fiscal period",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the connection doctor: what was tried, whether it works, what to do if not (plain words)."""

    subject: Words
    ok: bool | None  # None: not tested
    text: Words
    remedy: Words = NOTHING

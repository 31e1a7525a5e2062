"""What a shop says: the stream's pages, the raw objects and the order read from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from connectors.words import NOTHING, Words

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a stream was read: the shop's own words, never our clock.

    ``when`` is shop-local text "YYYY-MM-DD HH:MM:SS" (prestashop.md C2), empty in streams that are read by id alone.
    """

    when: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One row of a stream's list: which object, when it was changed (shop-local text), which orders it concerns."""

    id: int
    when: str
    orders: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Some changes, the position after them, and the shop's clock (aware, UTC) as seen at the request."""

    changes: tuple[Change, ...]
    after: Position
    shop_now: datetime


@dataclass(frozen=True, slots=True)
class Raw:
    """One object of the shop as parsed: numbers as text, no secrets. ``data`` keeps the shop's field names."""

    resource: str
    id: int
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything one order needs, as raws. ``fault`` says in plain words why it could not be read whole, if so."""

    order_id: int
    raws: tuple[Raw, ...]
    fault: Words = NOTHING


@dataclass(frozen=True, slots=True)
class State:
    """The order's state in the shop; rules use the flags, names and ids change (pains.md 46)."""

    id: int
    name: str
    paid: bool
    shipped: bool
    delivered: bool
    cancelled: bool
    error: bool


@dataclass(frozen=True, slots=True)
class Party:
    """An address as it stood when the order was read. ``country`` and ``state`` are ISO codes ("FR", "ES", "CA")."""

    id: int
    first_name: str
    last_name: str
    company: str
    vat_number: str
    lines: tuple[str, ...]
    postcode: str
    city: str
    country: str
    state: str
    state_name: str
    phone: str
    dni: str = ""
    other: str = ""

    @property
    def name(self) -> str:
        """First and last name in one text."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class Buyer:
    """The shop's customer. ``gone`` when the shop no longer has it (then only the addresses tell who bought)."""

    id: int
    first_name: str
    last_name: str
    company: str
    email: str
    default_group: int
    group_name: str
    guest: bool
    language: str
    gone: bool = False

    @property
    def name(self) -> str:
        """First and last name in one text."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class TaxRate:
    """One tax on a line: the shop's tax id and its rate in per cent (20 = 20 %)."""

    id: int
    rate: Decimal
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the order; all amounts in the order's currency, after price reductions, before vouchers.

    ``id`` is the shop's order_detail id. ``unit_excl`` and ``unit_incl`` have up to 6 decimals and do not rebuild
    the totals (prestashop.md E); ``total_excl`` and ``total_incl`` are what the shop books. ``ecotax`` is per
    unit without tax and is contained in the prices. ``deleted`` when the
    product (or combination) no longer exists in the shop.
    """

    id: int
    product_id: int
    combination_id: int
    reference: str
    name: str
    quantity: Decimal
    unit_excl: Decimal
    unit_incl: Decimal
    total_excl: Decimal
    total_incl: Decimal
    taxes: tuple[TaxRate, ...]
    tax_rules_group: int
    ecotax: Decimal = ZERO
    customization: str = ""
    pack: bool = False
    virtual: bool = False
    deleted: bool = False
    refunded: Decimal = ZERO
    returned: Decimal = ZERO
    restocked: Decimal = ZERO

    @property
    def rate(self) -> Decimal:
        """The sum of the line's tax rates in per cent."""
        return sum((tax.rate for tax in self.taxes), ZERO)


@dataclass(frozen=True, slots=True)
class Discount:
    """One voucher on the order; positive values in the order's currency, up to 6 decimals."""

    id: int
    name: str
    value_incl: Decimal
    value_excl: Decimal
    free_shipping: bool


@dataclass(frozen=True, slots=True)
class Charge:
    """Shipping or wrapping: amounts with and without tax in the order's currency, rate in per cent."""

    incl: Decimal
    excl: Decimal
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Payment:
    """One order_payments row; ``amount`` in ``currency`` (no tax in it). It hangs on the reference, not the order."""

    id: int
    method: str
    amount: Decimal
    currency: str
    rate: Decimal
    transaction_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RefundLine:
    """One line of a slip: order_detail id, quantity, amounts with and without tax."""

    line_id: int
    quantity: Decimal
    excl: Decimal
    incl: Decimal


@dataclass(frozen=True, slots=True)
class Refund:
    """One order_slip. ``amount`` is products only, with tax; shipping comes on top (prestashop.md E6)."""

    id: int
    amount: Decimal
    products_excl: Decimal
    products_incl: Decimal
    shipping_excl: Decimal
    shipping_incl: Decimal
    rate: Decimal
    at: datetime
    lines: tuple[RefundLine, ...]


@dataclass(frozen=True, slots=True)
class Carrier:
    """The carrier; ``reference_id`` survives edits of the carrier, ``id`` does not (pains.md 52)."""

    id: int
    reference_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Totals:
    """The order's totals as the shop states them, with (incl) and without (excl) tax, in the order's currency."""

    products_incl: Decimal
    products_excl: Decimal
    discounts_incl: Decimal
    discounts_excl: Decimal
    paid_incl: Decimal
    paid_excl: Decimal
    paid_real: Decimal


@dataclass(frozen=True, slots=True)
class ShopOrder:
    """Everything the shop says about one order.

    ``placed_at`` and ``changed_at`` are aware; ``order_date`` is the shop-local calendar day (the document date,
    pains.md 5). ``round_type`` 1 item, 2 line, 3 total; ``round_mode`` as in PrestaShop (2 half up).
    ``siblings`` are the other orders under the same reference (a cart split over carriers): payments hang on the
    reference, so each sibling shows them all; ``totals.paid_real`` is what the shop counts for this one.
    """

    id: int
    reference: str
    placed_at: datetime
    changed_at: datetime
    order_date: date
    state: State
    currency: str
    rate: Decimal
    round_type: int
    round_mode: int
    buyer: Buyer
    invoice_to: Party
    deliver_to: Party
    lines: tuple[Line, ...]
    discounts: tuple[Discount, ...]
    shipping: Charge
    wrapping: Charge
    totals: Totals
    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...]
    module: str
    payment_name: str
    carrier: Carrier | None
    gift: bool = False
    gift_message: str = ""
    note: str = ""
    invoice_number: int = 0
    siblings: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """One order, payment or refund in the few figures that a proof counts and adds up.

    ``amount`` is in ``currency``: of an order its total with tax, of a payment the money, of a refund what goes back
    with tax, products and shipping. ``orders`` are the orders it concerns: an order itself, every sibling of a
    payment's reference. ``day`` is its shop-local day. ``module`` and ``state`` are the order's; ``method`` is a
    payment's own. ``fault`` says in plain words why it could not be read, if so; then nothing else but ``id`` counts.
    """

    id: int
    day: date
    orders: tuple[int, ...] = ()
    reference: str = ""
    amount: Decimal = ZERO
    currency: str = ""
    module: str = ""
    method: str = ""
    state: State | None = None
    fault: Words = NOTHING

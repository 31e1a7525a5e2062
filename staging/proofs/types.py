"""What goes into a day proof and what comes out of it. All amounts contain tax and are in the currency named beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from connectors.types import ZERO, Document, Figure

SALE, RECEIPT, CREDIT_NOTE, REPAYMENT = KINDS = ("sale", "receipt", "credit note", "repayment")
STREAMS = {SALE: "orders", RECEIPT: "payments", CREDIT_NOTE: "refunds"}
"""What in the shop makes a document of a kind in Sage; what the bank pays out of a refund only our rules know."""

# --- in ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Staged:
    """What we hold of an order: used to say why something differs, never what the shop or Sage hold.

    ``sent`` is the total that was asked of Sage; ``causes`` are the codes of its open issues; ``vouchers`` is what
    vouchers that are money paid of it: the shop's total is less by that, Sage's sale is not.
    """

    pk: int
    status: str
    reason: str
    total: Decimal | None
    currency: str
    state: str
    day: date | None
    causes: tuple[str, ...] = ()
    sent: Decimal | None = None
    vouchers: Decimal = ZERO

    @property
    def worth(self) -> Decimal | None:
        """What its sale in Sage is to be, with tax."""
        return None if self.total is None else self.total + self.vouchers


@dataclass(frozen=True, slots=True)
class Rules:
    """What is decided beforehand: whose references, what is not wanted in Sage, how amounts are rounded."""

    prefix: str
    places: Callable[[str], int]
    before_go_live: Callable[[int, date | None], bool]
    not_booked: Callable[[Figure], str] = lambda _figure: ""
    """Why a payment makes no receipt by the company's rule; "" when it makes one."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything about one shop: its own figures, Sage's documents and our rows by order id.

    ``figures`` and ``documents`` are by kind; a kind that was not asked of Sage has no ``documents``. ``known`` are
    the references that we know to belong to a payment or refund, perhaps of another day. The figures of repayments are
    what was prepared of them; ``waiting`` are the references of those whose credit note Sage has yet to post.
    """

    figures: Mapping[str, list[Figure]]
    documents: Mapping[str, list[Document]]
    staged: Mapping[int, Staged]
    known: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()


# --- out --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sum:
    """One line of the counted: ``part`` says of what ("shop states", "receipts by bank" …), ``name`` of which."""

    part: str
    name: str
    currency: str
    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An order, payment or refund that Sage is not to hold (yet), and why."""

    kind: str
    id: int
    order: int
    reference: str
    reason: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: ``cause`` is a code (staging.proofs.words), ``amount`` is Sage less shop.

    ``id`` is the order, payment or refund in the shop, 0 if there is none; ``order`` the order it concerns, ``row``
    our own row of that. ``shop``, ``staged`` and ``sage`` are None where there is nothing.
    """

    kind: str
    cause: str
    order: int
    currency: str
    amount: Decimal
    id: int = 0
    reference: str = ""
    row: int = 0
    shop: Decimal | None = None
    staged: Decimal | None = None
    sage: Decimal | None = None
    documents: tuple[str, ...] = ()
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Balance:
    """One kind in one currency: what the shop has, what of it is left out by rule, what Sage holds."""

    kind: str
    currency: str
    shop_count: int = 0
    shop: Decimal = ZERO
    left_out_count: int = 0
    left_out: Decimal = ZERO
    sage_count: int = 0
    sage: Decimal = ZERO
    missing: int = 0

    @property
    def difference(self) -> Decimal:
        """Sage less what it should hold."""
        return self.sage - (self.shop - self.left_out)


@dataclass(frozen=True, slots=True)
class DayProof:
    """One shop and one shop-local day. The differences of a kind and currency add up to its balance's difference."""

    day: date
    asked_at: datetime
    balances: tuple[Balance, ...]
    sums: tuple[Sum, ...]
    differences: tuple[Difference, ...]
    left_out: tuple[LeftOut, ...]
    not_asked: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def clean(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    @property
    def missing(self) -> int:
        """How many documents Sage should hold and does not."""
        return sum(balance.missing for balance in self.balances)

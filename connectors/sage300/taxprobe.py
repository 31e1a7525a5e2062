"""Finds out how a company computes tax, by posting small crafted orders to it: for a TEST company only.

Sage documents neither the rounding nor whether it rounds each line or the document's sum per rate. Each possible way
predicts another tax for a well-chosen order; what comes back rules out all ways but one. The orders stay in Sage (its
Web API cannot delete any), not shipped and not invoiced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from itertools import islice, product
from secrets import token_hex

from connectors.errors import ConnectorError, Misconfigured, Rejected
from connectors.plain import plain
from connectors.ports import Sage
from connectors.types import ZERO, Record, Sale, SaleLine
from connectors.words import Words, words

ROUNDINGS = {"half up": ROUND_HALF_UP, "half even": ROUND_HALF_EVEN, "half down": ROUND_HALF_DOWN}
_COUNTS = (1, 2, 3, 5, 7)  # lines per order
_CENTS = range(1, 301)
_CUSTOMERS_LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class Way:
    """One way to compute tax: ``basis`` is "line" or "document", ``rounding`` a key of ROUNDINGS."""

    basis: str
    rounding: str

    def tax(self, order: Crafted, places: int) -> Decimal:
        """The order's tax; inside the price it is what the rounded base leaves (sage300.md 6.3)."""
        if self.basis == "line":
            return order.count * self._tax(order.amount(places), order, places)
        return self._tax(order.count * order.amount(places), order, places)

    def _tax(self, amount: Decimal, order: Crafted, places: int) -> Decimal:
        unit, rounding = Decimal(1).scaleb(-places), ROUNDINGS[self.rounding]
        if order.included:
            return amount - (amount / (1 + order.rate / 100)).quantize(unit, rounding)
        return (amount * order.rate / 100).quantize(unit, rounding)


@dataclass(frozen=True, slots=True)
class Crafted:
    """An order of ``count`` equal charges of so many cents (the currency's smallest unit) in one tax class."""

    count: int
    cents: int
    tax_class: int
    rate: Decimal
    included: bool

    def amount(self, places: int) -> Decimal:
        """One line's amount in the currency."""
        return Decimal(self.cents).scaleb(-places)


@dataclass(slots=True)
class TaxProfile:
    """What was found: ``ways`` that fit all answers (one, unless the rates at hand tell no more), and what was left.

    ``on_top`` and ``included`` say whether Sage takes orders with the tax outside and inside the price; None: not
    found out. ``orders`` are the numbers of the orders that stay in Sage.
    """

    ways: list[Way]
    on_top: bool | None = None
    included: bool | None = None
    orders: list[str] = field(default_factory=list)
    notes: list[Words] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ground:
    """What the crafted orders stand on: records of the test company."""

    customer: str
    currency: str
    places: int
    charge: str
    tax_group: str
    rates: dict[int, Decimal]


def probe(sage: Sage, told: Callable[[str], None] = lambda number: None) -> TaxProfile:
    """Post orders until one way is left, then one with the tax inside the price. ``told`` hears each order's number.

    Raises Misconfigured when the company lacks what an order needs. What stops the probe later is a note in the
    profile, together with the orders left so far.
    """
    ground = _ground(sage)
    profile = TaxProfile([Way(basis, rounding) for basis, rounding in product(("line", "document"), ROUNDINGS)])
    stamp = f"PROBE{datetime.now(UTC):%y%m%d}{token_hex(3).upper()}"

    def post(order: Crafted) -> Decimal:
        number = f"{stamp}-{len(profile.orders) + 1}"
        profile.orders.append(number)  # before it is sent: an order whose answer is lost is left behind too
        try:
            answer = sage.place("sale", plain(_sale(number, order, ground)))
        except Rejected:
            profile.orders.pop()
            raise
        profile.orders[-1] = answer.number
        told(answer.number)
        return answer.tax

    try:
        profile.on_top = _narrow(profile, ground, post, included=False)
        if profile.on_top:
            profile.included = _confirm(profile, ground, post)
        else:
            profile.included = _narrow(profile, ground, post, included=True)
    except ConnectorError as error:
        profile.notes.append(words("The probe stopped: %(why)s", why=error.message))
    return profile


def _narrow(profile: TaxProfile, ground: Ground, post: Callable[[Crafted], Decimal], *, included: bool) -> bool | None:
    """Post telling orders until one way is left; True, or None when Sage refused (the note says why)."""
    while order := _telling(profile.ways, ground, included=included):
        try:
            tax = post(order)
        except Rejected as refusal:
            profile.notes.append(_refused(refusal, included=included))
            return None
        profile.ways = [way for way in profile.ways if way.tax(order, ground.places) == tax]
        if not profile.ways:
            told = {"tax": f"{tax:f}", "order": _said(order, ground)}
            profile.notes.append(words("Sage computed %(tax)s for %(order)s; no known way gives that.", **told))
    return True


def _confirm(profile: TaxProfile, ground: Ground, post: Callable[[Crafted], Decimal]) -> bool | None:
    """One order with the tax inside, where line and document differ: False when Sage takes tax on top only."""
    if not profile.ways:
        return None
    both = [Way(basis, profile.ways[0].rounding) for basis in ("line", "document")]
    order = _telling(both, ground, included=True)
    if order is None:
        return None
    try:
        tax = post(order)
    except Rejected as refusal:
        profile.notes.append(_refused(refusal, included=True))
        return False
    if tax not in {way.tax(order, ground.places) for way in profile.ways}:
        told = {"tax": f"{tax:f}", "order": _said(order, ground)}
        profile.notes.append(words("With the tax inside, Sage computed %(tax)s for %(order)s: unlike on top.", **told))
    return True


def _telling(ways: Sequence[Way], ground: Ground, *, included: bool) -> Crafted | None:
    """The order for which these ways predict the most different taxes; None when all agree on every order."""
    best, differing = None, 1
    for order in _orders(ground, included=included):
        taxes = len({way.tax(order, ground.places) for way in ways})
        if taxes > differing:
            best, differing = order, taxes
        if differing == len(ways):
            break
    return best


def _orders(ground: Ground, *, included: bool) -> Iterator[Crafted]:
    for count, (tax_class, rate), cents in product(_COUNTS, ground.rates.items(), _CENTS):
        yield Crafted(count, cents, tax_class, rate, included)


def _sale(number: str, order: Crafted, ground: Ground) -> Sale:
    amount = order.amount(ground.places)
    line = SaleLine(
        kind="charge",
        code=ground.charge,
        description="Tax probe",
        quantity=Decimal(1),
        unit="",
        unit_price=amount,
        amount=amount,
        tax_included=order.included,
        tax_class=order.tax_class,
        rate=order.rate,
    )
    return Sale(
        reference=number,
        customer=ground.customer,
        order_date=datetime.now(UTC).date(),
        currency=ground.currency,
        tax_group=ground.tax_group,
        lines=(line,) * order.count,
        total=ZERO,
        tax=ZERO,
        invoice=False,
        description="Tax probe",
    )


def _refused(refusal: Rejected, *, included: bool) -> Words:
    if included:
        return words("Sage refused an order with the tax inside the price: %(why)s", why=refusal.message)
    return words("Sage refused an order with the tax on top of the price: %(why)s", why=refusal.message)


def _said(order: Crafted, ground: Ground) -> str:
    """Figures alone: "3 × 0.33 EUR, 20 %"."""
    return f"{order.count} × {order.amount(ground.places)} {ground.currency}, {order.rate.normalize():f} %"


# --- the ground


def _ground(sage: Sage) -> Ground:
    """A customer who may buy, a charge in its currency, and a tax group of one authority: where most rates are."""
    charges = [record for record in sage.records("charge") if record.active]
    rates = [record for record in sage.records("tax rate") if record.active]
    groups = [record for record in sage.records("tax group") if record.active]
    grounds: dict[str, Ground] = {}
    for customer in islice(sage.records("customer"), _CUSTOMERS_LOOKED_AT):
        currency = str(customer.details["currency"])
        charge = next((each.code for each in charges if currency in each.details["currencies"]), "")
        if not customer.active or customer.details["on_hold"] or not charge or currency in grounds:
            continue
        choices = [(group, _rates(group, customer, rates)) for group in groups if _fits(group, currency)]
        group, of_group = max(choices, key=lambda choice: len(set(choice[1].values())), default=(None, {}))
        if group and of_group:
            places = _places(sage, currency)
            grounds[currency] = Ground(customer.code, currency, places, charge, group.code, of_group)
    if grounds:
        return max(grounds.values(), key=lambda ground: len(set(ground.rates.values())))
    raise Misconfigured(
        words(
            "The tax probe needs an active customer, a miscellaneous charge in its currency, and a sales tax group of "
            "one authority with rates. Set them up in the test company, then try again."
        )
    )


def _fits(group: Record, currency: str) -> bool:
    return len(group.details["authorities"]) == 1 and group.details["currency"] in ("", currency)


def _rates(group: Record, customer: Record, rates: Sequence[Record]) -> dict[int, Decimal]:
    """Rates above zero by item class: those for this buyer's class, which is the card's in its own group and else 1."""
    own = customer.details["tax_classes"][0] if customer.details["tax_group"] == group.code else 0
    row = next((each for each in rates if each.code == f"{group.details['authorities'][0]}|{own or 1}"), None)
    found = row.details["rates"].items() if row else ()
    return {int(name): Decimal(rate) for name, rate in found if Decimal(rate)}


def _places(sage: Sage, currency: str) -> int:
    record = sage.record("currency", currency)
    return int(record.details["decimals"]) if record else 2

"""What Sage will compute, and whether it is what the shop booked: pure, Decimal, per tax rate.

The arithmetic is Sage 300's [seen numbers, formula inferred: sage300.md 6.3]:

* price contains the tax: base = round(gross / (1 + rate)), tax = gross - base
* tax on top: base = net, tax = round(net * rate)
* several authorities, on top: each one's tax is rounded by itself
* per line: each line is rounded; on the document: each rate's sum is rounded once
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Protocol

from connectors.models import SageCompany
from connectors.types import ZERO

EQUAL, TOTAL_EQUAL, HELD = "equal", "total equal", "held"

ROUNDINGS = {
    SageCompany.TaxRounding.HALF_UP: ROUND_HALF_UP,
    SageCompany.TaxRounding.HALF_EVEN: ROUND_HALF_EVEN,
    SageCompany.TaxRounding.HALF_DOWN: ROUND_HALF_DOWN,
}


@dataclass(frozen=True, slots=True)
class Profile:
    """How a company computes tax: ``per_line`` or on the document, how half a cent is rounded, the currency's decimals.

    ``tolerance`` (cents per rate) is how far tax may be off while the total is equal: the company's own rule.
    """

    per_line: bool
    rounding: str
    places: int
    tolerance: int

    @classmethod
    def of(cls, company: SageCompany, places: int) -> Profile:
        """The company's profile for a currency of so many decimals."""
        per_line = company.tax_basis == SageCompany.TaxBasis.LINE
        return cls(per_line, ROUNDINGS[SageCompany.TaxRounding(company.tax_rounding)], places, company.tax_tolerance)

    @property
    def cent(self) -> Decimal:
        """The smallest amount of the currency."""
        return Decimal(1).scaleb(-self.places)

    def rounded(self, value: Decimal) -> Decimal:
        """As this company rounds."""
        return value.quantize(self.cent, self.rounding)


class Taxed(Protocol):
    """What a prediction needs of a line (SaleLine is one): ``amount`` contains the tax iff ``tax_included``."""

    @property
    def amount(self) -> Decimal: ...
    @property
    def rate(self) -> Decimal: ...
    @property
    def tax_included(self) -> bool: ...


class Booked(Protocol):
    """What the shop says of one amount, without and with tax."""

    @property
    def rate(self) -> Decimal: ...
    @property
    def excl(self) -> Decimal: ...
    @property
    def incl(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class Sum:
    """Base (without tax) and tax of one rate, in the order's currency."""

    base: Decimal = ZERO
    tax: Decimal = ZERO

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.base + other.base, self.tax + other.tax)


Sums = Mapping[Decimal, Sum]
"""By rate in per cent."""


def predict(lines: Iterable[Taxed], profile: Profile) -> Sums:
    """What Sage will compute for these lines, per rate."""
    groups: dict[tuple[Decimal, bool, tuple[Decimal, ...]], list[Decimal]] = {}
    for line in lines:
        several = getattr(line, "rates", ())  # most lines have one authority, and need not say so
        groups.setdefault((line.rate, line.tax_included, several), []).append(line.amount)
    sums: dict[Decimal, Sum] = {}
    for (rate, included, several), amounts in groups.items():
        for amount in amounts if profile.per_line else [sum(amounts, ZERO)]:
            sums[rate] = sums.get(rate, Sum()) + _taxed(amount, rate, included, several, profile)
    return sums


def _taxed(amount: Decimal, rate: Decimal, included: bool, several: tuple[Decimal, ...], profile: Profile) -> Sum:
    if included:
        base = profile.rounded(amount / (1 + rate / 100))
        return Sum(base, amount - base)
    taxes = (profile.rounded(amount * each / 100) for each in several or (rate,))
    return Sum(amount, sum(taxes, ZERO))


def booked(amounts: Iterable[Booked]) -> Sums:
    """What the shop booked, per rate: tax is the amount with tax less the amount without."""
    sums: dict[Decimal, Sum] = {}
    for amount in amounts:
        sums[amount.rate] = sums.get(amount.rate, Sum()) + Sum(amount.excl, amount.incl - amount.excl)
    return sums


def total(sums: Sums) -> Decimal:
    """All bases and all tax."""
    return sum((entry.base + entry.tax for entry in sums.values()), ZERO)


def tax(sums: Sums) -> Decimal:
    """All tax."""
    return sum((entry.tax for entry in sums.values()), ZERO)


@dataclass(frozen=True, slots=True)
class RateVerdict:
    """One rate (per cent): what the shop booked beside what Sage will compute."""

    rate: Decimal
    shop_base: Decimal
    shop_tax: Decimal
    sage_base: Decimal
    sage_tax: Decimal

    @property
    def equal(self) -> bool:
        """To the cent, base and tax."""
        return (self.shop_base, self.shop_tax) == (self.sage_base, self.sage_tax)


@dataclass(frozen=True, slots=True)
class Totals:
    """With tax."""

    shop: Decimal
    sage: Decimal


@dataclass(frozen=True, slots=True)
class Reason:
    """A share of the difference, Sage less shop: ``amount`` with tax, ``tax`` of it, of one rate (per cent).

    ``cause`` is one of staging.explaining; what the order's header alone says has no rate.
    """

    cause: str
    amount: Decimal
    tax: Decimal
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What ``StagedOrder.verdict`` holds (as ``plain()``): equal, total equal or held, with every rate's figures.

    ``code`` is the cause when held. ``rounding`` is the cent that was put on the rounding charge, 0 if none.
    ``vouchers`` is what vouchers that are money paid of the shop's total; the shop itself states the rest only.
    ``reasons`` share out what differs without the rounding charge.
    """

    kind: str
    rates: tuple[RateVerdict, ...]
    total: Totals
    code: str = ""
    rounding: Decimal = ZERO
    vouchers: Decimal = ZERO
    reasons: tuple[Reason, ...] = ()

    @property
    def different(self) -> tuple[RateVerdict, ...]:
        """The rates that are not equal."""
        return tuple(rate for rate in self.rates if not rate.equal)


def compare(shop: Sums, sage: Sums, profile: Profile) -> Verdict:
    """The verdict: equal per rate; total equal within the company's tolerance per rate; or held, with the cause."""
    rates = tuple(
        RateVerdict(rate, shop_sum.base, shop_sum.tax, sage_sum.base, sage_sum.tax)
        for rate in sorted(set(shop) | set(sage))
        for shop_sum, sage_sum in [(shop.get(rate, Sum()), sage.get(rate, Sum()))]
    )
    totals = Totals(total(shop), total(sage))
    if totals.shop != totals.sage:
        return Verdict(HELD, rates, totals, "total-differs")
    if all(rate.equal for rate in rates):
        return Verdict(EQUAL, rates, totals)
    allowed = profile.tolerance * profile.cent
    if all(abs(rate.shop_tax - rate.sage_tax) <= allowed for rate in rates):
        return Verdict(TOTAL_EQUAL, rates, totals)
    return Verdict(HELD, rates, totals, "tax-differs")

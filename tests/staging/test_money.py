"""What Sage will compute: against a real invoice, an independent reckoning, and the laws of the verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staging.money import EQUAL, HELD, TOTAL_EQUAL, Profile, Sum, Sums, booked, compare, predict, tax, total

D = Decimal
LINE = Profile(per_line=True, rounding=ROUND_HALF_UP, places=2, tolerance=0)
DOCUMENT = replace(LINE, per_line=False)


@dataclass(frozen=True)
class Taxed:
    amount: Decimal
    rate: Decimal
    tax_included: bool = True


@dataclass(frozen=True)
class Amount:
    rate: Decimal
    excl: Decimal
    incl: Decimal


def test_a_captured_invoice_with_tax_in_the_price() -> None:
    assert predict([Taxed(D(132800), D(16))], LINE) == {D(16): Sum(D("114482.76"), D("18317.24"))}


def test_per_line_and_on_the_document_differ_by_their_roundings() -> None:
    lines = [Taxed(D("0.04"), D(20))] * 3
    assert predict(lines, LINE) == {D(20): Sum(D("0.09"), D("0.03"))}
    assert predict(lines, DOCUMENT) == {D(20): Sum(D("0.10"), D("0.02"))}
    on_top = [Taxed(D("0.02"), D(20), tax_included=False)] * 50
    assert tax(predict(on_top, LINE)) == 0  # the extreme case of sage-failures.md 6
    assert tax(predict(on_top, DOCUMENT)) == D("0.20")


def test_half_a_cent_goes_as_the_company_rounds() -> None:
    line = [Taxed(D("0.10"), D(5), tax_included=False)]  # tax 0.005
    assert tax(predict(line, LINE)) == D("0.01")
    assert tax(predict(line, replace(LINE, rounding=ROUND_HALF_DOWN))) == 0
    assert tax(predict(line, replace(LINE, rounding=ROUND_HALF_EVEN))) == 0
    assert tax(predict([Taxed(D("-0.10"), D(5), tax_included=False)], LINE)) == D("-0.01")


def test_a_currency_without_decimals() -> None:
    assert predict([Taxed(D(1000), D(10))], replace(LINE, places=0)) == {D(10): Sum(D(909), D(91))}


amounts = st.decimals("-500", "5000", places=2)
rates = st.sampled_from([D(0), D("2.1"), D("5.5"), D(10), D("19.6"), D(20), D("14.975")])
taxed = st.builds(Taxed, amounts, rates, st.booleans())
profiles = st.builds(
    Profile,
    per_line=st.booleans(),
    rounding=st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_HALF_DOWN]),
    places=st.just(2),
    tolerance=st.integers(0, 3),
)


def cents(value: Fraction, rounding: str) -> int:
    """Round a number of units to whole cents, with fractions only."""
    scaled = abs(value) * 100
    whole, rest = floor(scaled), scaled - floor(scaled)
    half = Fraction(1, 2)
    up = rest > half or (rest == half and (rounding == ROUND_HALF_UP or (rounding == ROUND_HALF_EVEN and whole % 2)))
    return (whole + 1 if up else whole) * (1 if value >= 0 else -1)


@given(st.lists(taxed, max_size=8), profiles)
def test_the_prediction_is_what_fractions_say(lines: list[Taxed], profile: Profile) -> None:
    expected: dict[Decimal, list[int]] = {}
    for rate in {line.rate for line in lines}:
        for included in (True, False):
            same = [Fraction(line.amount) for line in lines if (line.rate, line.tax_included) == (rate, included)]
            for amount in same if profile.per_line else [sum(same, Fraction(0))] if same else []:
                share = Fraction(rate) / 100
                base = cents(amount / (1 + share), profile.rounding) if included else int(amount * 100)
                own = int(amount * 100) - base if included else cents(amount * share, profile.rounding)
                entry = expected.setdefault(rate, [0, 0])
                entry[0] += base
                entry[1] += own
    found = {rate: [int(entry.base * 100), int(entry.tax * 100)] for rate, entry in predict(lines, profile).items()}
    assert found == expected


@given(st.lists(taxed, max_size=8), profiles)
def test_prices_with_tax_always_give_back_their_sum(lines: list[Taxed], profile: Profile) -> None:
    gross = [replace(line, tax_included=True) for line in lines]
    assert total(predict(gross, profile)) == sum((line.amount for line in gross), D(0))


@given(st.lists(st.builds(Amount, rates, amounts, amounts), max_size=8), profiles)
def test_what_is_equal_is_equal(shop: list[Amount], profile: Profile) -> None:
    sums = booked(shop)
    assert compare(sums, sums, profile).kind == EQUAL


SHOP: Sums = {D(20): Sum(D(10), D(2)), D(10): Sum(D(5), D("0.50"))}


@pytest.mark.parametrize(
    ("off", "tolerance", "kind", "code"),
    [(0, 0, EQUAL, ""), (1, 0, HELD, "tax-differs"), (1, 1, TOTAL_EQUAL, ""), (2, 1, HELD, "tax-differs")],
)
def test_tax_may_be_off_by_the_companys_cents_and_no_more(off: int, tolerance: int, kind: str, code: str) -> None:
    cent = D(off) / 100
    sage = {D(20): Sum(D(10) + cent, D(2) - cent), D(10): Sum(D(5) - cent, D("0.50") + cent)}
    verdict = compare(SHOP, sage, replace(LINE, tolerance=tolerance))
    assert (verdict.kind, verdict.code) == (kind, code)
    assert len(verdict.different) == (2 if off else 0)


def test_another_total_is_held_whatever_the_tolerance() -> None:
    sage = {**SHOP, D(10): Sum(D(5), D("0.51"))}
    verdict = compare(SHOP, sage, replace(LINE, tolerance=100))
    assert (verdict.kind, verdict.code) == (HELD, "total-differs")
    assert (verdict.total.shop, verdict.total.sage) == (D("17.50"), D("17.51"))


def test_a_rate_that_only_one_side_has_is_a_difference() -> None:
    sage = {D(20): Sum(D(10), D(2)), D("5.5"): Sum(D(5), D("0.50"))}
    verdict = compare(SHOP, sage, LINE)
    assert verdict.code == "tax-differs"
    assert [rate.rate for rate in verdict.different] == [D("5.5"), D(10)]

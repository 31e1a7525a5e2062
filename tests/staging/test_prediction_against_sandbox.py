"""The prediction against the sandbox Sage's own arithmetic, over HTTP, in each of its ways of computing tax."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import count, product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.plain import plain
from connectors.sage300.client import Sage300
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.types import Sale, SaleLine
from staging.money import ROUNDINGS, Profile, predict, tax, total
from staging.salelines import unit_price

RATES = {1: "20", 2: "10", 3: "5.5", 4: "2.1", 5: "0"}
"""The sandbox's FRTVA by sales tax class."""

NUMBERS = count(1)

amounts = st.decimals("0.01", "900", places=2)
lines = st.lists(st.tuples(amounts, st.integers(1, 12), st.sampled_from(sorted(RATES))), min_size=1, max_size=6)
discounts = st.lists(st.tuples(st.decimals("-20", "-0.01", places=2), st.sampled_from(sorted(RATES))), max_size=2)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sage300Sandbox]:
    with Sage300Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def sage(sandbox: Sage300Sandbox) -> Sage300:
    return Sage300(url=sandbox.base_url, org_id="SAMLTD", user="WEBAPI", password="WEBAPI", options={}, ca_bundle="")


def item(amount: Decimal, quantity: int, tax_class: int, included: bool) -> SaleLine:
    price, rate = unit_price(amount, Decimal(quantity)), Decimal(RATES[tax_class])
    return SaleLine("item", "demo_11", "", Decimal(quantity), "Ea.", price, amount, included, tax_class, rate, "1")


def charge(amount: Decimal, tax_class: int, included: bool) -> SaleLine:
    rate = Decimal(RATES[tax_class])
    return SaleLine("charge", "DISC", "", Decimal(1), "", amount, amount, included, tax_class, rate)


def sale(sold: tuple[SaleLine, ...], profile: Profile) -> Sale:
    predicted = predict(sold, profile)
    return Sale(
        reference=f"PRED_{next(NUMBERS)}",
        customer="WEBEUR",
        order_date=date(2026, 11, 20),
        currency="EUR",
        tax_group="FRTVA",
        lines=sold,
        total=total(predicted),
        tax=tax(predicted),
        invoice=False,
    )


WAYS = [*product((True, False), sorted(ROUNDINGS), (True, False))]


@pytest.mark.parametrize(("per_line", "rounding", "included"), WAYS)
def test_sage_computes_what_was_predicted(
    sandbox: Sage300Sandbox, sage: Sage300, per_line: bool, rounding: str, included: bool
) -> None:
    sandbox.set_options(tax_level="line" if per_line else "document", rounding=rounding.replace(" ", "_"))
    profile = Profile(per_line, ROUNDINGS[rounding], 2, 0)  # type: ignore[index]

    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(lines, discounts)
    def agree(sold: list[tuple[Decimal, int, int]], given_off: list[tuple[Decimal, int]]) -> None:
        made = [item(amount, quantity, tax_class, included) for amount, quantity, tax_class in sold]
        made += [charge(amount, tax_class, included) for amount, tax_class in given_off]
        wanted = sale(tuple(made), profile)
        document = sage.place("sale", plain(wanted))
        assert (document.total, document.tax) == (wanted.total, wanted.tax)

    agree()

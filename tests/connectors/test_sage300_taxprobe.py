"""The tax probe finds each of the sandbox's ways to compute tax, and says what it left behind."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.errors import Misconfigured
from connectors.sage300.taxprobe import Crafted, Way
from connectors.sandbox.sage300 import Sage300Sandbox
from tests.connectors.sage300_sales import client


@pytest.mark.parametrize("basis", ["line", "document"])
@pytest.mark.parametrize("rounding", ["half up", "half even", "half down"])
def test_each_way_is_found(box: Sage300Sandbox, basis: str, rounding: str) -> None:
    box.set_options(tax_level=basis, rounding=rounding.replace(" ", "_"))
    told: list[str] = []
    profile = client(box.base_url).probe_tax(told.append)
    assert profile.ways == [Way(basis, rounding)]
    assert (profile.on_top, profile.included, profile.notes) == (True, True, [])
    orders = box.orders()
    assert profile.orders == told == [order["OrderNumber"] for order in orders]
    assert 2 <= len(orders) <= 5
    assert {order["LastInvoiceNumber"] for order in orders} == {""}


def test_tax_inside_may_be_refused(box: Sage300Sandbox) -> None:
    for authority in box.all("TXTaxAuthorities"):
        box.change("TXTaxAuthorities", authority["TaxAuthority"], AllowTaxInPrice="No")
    profile = client(box.base_url).probe_tax()
    assert (len(profile.ways), profile.on_top, profile.included) == (1, True, False)
    assert "does not allow tax in the price" in profile.notes[0]
    assert profile.orders == [order["OrderNumber"] for order in box.orders()]


def test_rates_that_cannot_tell_leave_several_ways(box: Sage300Sandbox) -> None:
    """With 20 % alone no whole cents give half a cent of tax, so the rounding never matters."""
    for rate in box.all("TXTaxRates"):
        key = (rate["TaxAuthority"], rate["TransactionType"], rate["BuyerClass"])
        classes = {
            f"ItemRate{n}": Decimal(20 if n == 1 and rate["TaxAuthority"] == "FRTVA" else 0) for n in range(1, 11)
        }
        box.change("TXTaxRates", *key, **classes)
    profile = client(box.base_url).probe_tax()
    assert {way.basis for way in profile.ways} == {"line"}
    assert len(profile.ways) == 3


def test_what_stops_it_is_told_with_the_orders_left_so_far(box: Sage300Sandbox) -> None:
    box.trouble("lose_answer", verb="POST", resource="OEOrders", after_requests=1)
    profile = client(box.base_url).probe_tax()
    assert profile.notes[-1].startswith("The probe stopped:")
    assert sorted(profile.orders) == sorted(order["OrderNumber"] for order in box.orders())


def test_nothing_is_posted_where_the_ground_is_missing(box: Sage300Sandbox) -> None:
    for charge in box.all("OEMiscellaneousCharges"):
        box.remove("OEMiscellaneousCharges", charge["Currency"], charge["MiscellaneousChargeCode"])
    with pytest.raises(Misconfigured, match="miscellaneous charge"):
        client(box.base_url).probe_tax()
    assert box.orders() == []


def test_the_captured_invoice_is_predicted() -> None:
    """132800 with 16 % inside is 114482.76 and 18317.24 (sage300.md 6.3)."""
    order = Crafted(count=1, cents=13280000, tax_class=1, rate=Decimal(16), included=True)
    assert Way("line", "half up").tax(order, 2) == Decimal("18317.24")

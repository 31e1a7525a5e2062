"""What the shop booked: whole cents per source and rate, vouchers on the rates they were given on."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.prestashop.orders import read_order
from connectors.types import Charge, Discount, ShopOrder, TaxRate
from staging.amounts import apportion, book, rounded
from staging.discounts import split
from staging.money import booked
from tests.connectors.shop_cases import CASES, case_raws

D = Decimal


def case(name: str) -> ShopOrder:
    return read_order(case_raws("8.2", name), ZoneInfo("Europe/Paris"))


@pytest.mark.parametrize("name", CASES)
def test_the_amounts_of_each_recorded_order_are_its_header_to_the_cent(name: str) -> None:
    order = case(name)
    found = book(order, 2)
    assert not found.unexplained
    assert abs(found.residual) <= D("0.01")
    assert found.total + found.residual == order.totals.paid_incl
    items = [amount for amount in found.amounts if not amount.charge]
    assert sum(amount.incl for amount in items) == order.totals.products_incl
    assert sum(amount.excl for amount in items) == order.totals.products_excl
    vouchers = [amount for amount in found.amounts if amount.charge == "discount"]
    assert -sum(amount.incl for amount in vouchers) == order.totals.discounts_incl
    assert -sum(amount.excl for amount in vouchers) == order.totals.discounts_excl


def test_only_the_recorded_orders_that_prestashop_missed_leave_a_cent() -> None:
    assert {name for name in CASES if book(case(name), 2).residual} == {"roundx_line"}


def test_a_percentage_lowers_every_rate_in_proportion() -> None:
    order = case("pct10")
    (voucher,) = order.discounts
    shares = split(voucher, order)
    assert shares is not None
    assert {share.rate: (rounded(share.excl, 2), rounded(share.incl, 2)) for share in shares} == {
        D("20.000"): (D("3.43"), D("4.12")),
        D("5.500"): (D("0.95"), D("1.00")),
    }


def test_free_shipping_lowers_the_rate_of_the_shipping() -> None:
    order = case("freeship")
    assert [(amount.charge, amount.rate, amount.incl) for amount in book(order, 2).amounts][1:] == [
        ("shipping", D(20), D("8.40")),
        ("discount", D(20), D("-8.40")),
    ]


def test_a_gift_lowers_its_own_rate_alone() -> None:
    order = case("pct10")  # jam at 5.5 % beside a lamp at 20 %
    gift = Discount(9, "Gift", D("10.00"), D("9.48"), free_shipping=False)
    shares = split(gift, replace(order, discounts=(gift,)))
    assert shares is not None
    assert [(share.rate, share.incl) for share in shares] == [(D("5.500"), D("10.00"))]


def test_a_voucher_over_rates_whose_mean_is_nearly_one_of_them_lowers_them_all() -> None:
    made = case("pct10")
    lines = [("45.00", "54.00", "20"), ("10.00", "11.00", "10"), ("99.50", "104.97", "5.5")]
    order = replace(
        made,
        lines=tuple(
            replace(made.lines[0], id=number, total_excl=D(excl), total_incl=D(incl), taxes=(TaxRate(1, D(rate), ""),))
            for number, (excl, incl, rate) in enumerate(lines)
        ),
    )
    five = Discount(9, "5.00 with tax", D("5.00"), D("4.544919"), free_shipping=False)  # at 10 % it were 4.545455
    shares = split(five, order)
    assert shares is not None
    assert {share.rate: rounded(share.incl, 2) for share in shares} == {
        D(20): D("1.59"),
        D(10): D("0.32"),
        D("5.5"): D("3.09"),
    }


def test_a_gift_is_one_piece_though_another_explanation_is_nearly_as_close() -> None:
    made = case("pct10")
    lines = [("326.45", "359.09", "10"), ("1.64", "1.73", "5.5"), ("214.98", "214.98", "0")]
    order = replace(
        made,
        lines=tuple(
            replace(
                made.lines[0], id=number, total_excl=D(excl), total_incl=D(incl), taxes=(TaxRate(1, D(rate), ""),),
                unit_excl=D(excl) / 2, unit_incl=D(excl) / 2 * (1 + D(rate) / 100),
            )
            for number, (excl, incl, rate) in enumerate(lines)
        ),
    )  # fmt: skip
    shares = split(Discount(9, "Gift", D("0.87"), D("0.82"), free_shipping=False), order)
    assert shares is not None
    assert [share.rate for share in shares] == [D("5.5")]


def test_a_part_of_a_line_has_the_ratio_of_its_rounded_amounts() -> None:
    made = case("pct10")
    lines = tuple(
        replace(made.lines[0], id=number, total_excl=D(excl), total_incl=D(incl), taxes=(TaxRate(1, D(rate), ""),))
        for number, (excl, incl, rate) in enumerate([("7.99", "9.58", "20"), ("50.00", "55.00", "10")])
    )
    on_one = Discount(9, "62.6 % on one", D("5.99708"), D("5.00174"), free_shipping=False)  # 20 % on it is 6.0021
    shares = split(on_one, replace(made, lines=lines))
    assert shares is not None
    assert [share.rate for share in shares] == [D(20)]


def test_free_shipping_and_a_percentage_in_one_voucher() -> None:
    order = case("pct10")
    (ten,) = order.discounts
    both = replace(
        ten,
        free_shipping=True,
        value_incl=ten.value_incl + order.shipping.incl,
        value_excl=ten.value_excl + order.shipping.excl,
    )
    shares = split(both, order)
    assert shares is not None
    assert [share.rate for share in shares] == [D("20.000"), D("20.000"), D("5.500")]
    assert sum(share.incl for share in shares) == both.value_incl


def test_what_no_rate_explains_is_not_guessed() -> None:
    odd = Discount(9, "Odd", D("12.00"), D("11.00"), free_shipping=False)
    order = replace(case("bedlamp_paid"), discounts=(odd,))
    assert split(odd, order) is None
    assert book(order, 2).unexplained == (odd,)


def test_an_untaxed_charge_has_no_rate_though_the_carrier_has_one() -> None:
    order = replace(case("bedlamp_paid"), shipping=Charge(D(7), D(7), D(20)))
    (shipping,) = [amount for amount in book(order, 2).amounts if amount.charge == "shipping"]
    assert shipping.rate == 0


def test_lines_with_six_decimals_share_the_rounded_sum() -> None:
    order = case("round_total_pct10")
    found = booked(book(order, 2).amounts)
    assert sum(entry.base + entry.tax for entry in found.values()) == order.totals.paid_incl


@given(st.lists(st.decimals("-99", "999", places=6), max_size=12))
def test_apportioned_cents_are_the_rounded_sum_and_next_to_the_truth(values: list[Decimal]) -> None:
    parts = apportion(values, 2)
    assert sum(parts, D(0)) == rounded(sum(values, D(0)), 2)
    assert all(abs(part - value) <= D("0.015") for part, value in zip(parts, values, strict=True))
    assert all(part == part.quantize(D("0.01")) for part in parts)

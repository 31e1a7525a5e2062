"""read_order: every recorded order exactly, everything else either an order or Rejected with a place."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import Rejected
from connectors.plain import plain, restore
from connectors.prestashop.orders import read_order, wrapping_rate
from connectors.types import Carrier, Charge, Raw, ShopOrder
from tests.connectors.shop_cases import ALL_CASES, case_raws

PARIS = ZoneInfo("Europe/Paris")
D = Decimal


def read(raws: list[Raw]) -> ShopOrder:
    return read_order(raws, PARIS)


def case(name: str, version: str = "8.2") -> ShopOrder:
    return read(case_raws(version, name))


def changed(name: str, resource: str, change: Callable[[dict[str, Any]], None]) -> list[Raw]:
    """A case's raws with the first object of a resource changed."""
    raws = case_raws("8.2", name)
    place = next(place for place, raw in enumerate(raws) if raw.resource == resource)
    data = copy.deepcopy(dict(raws[place].data))
    change(data)
    raws[place] = Raw(resource, raws[place].id, data)
    return raws


def without(name: str, *resources: str) -> list[Raw]:
    return [raw for raw in case_raws("8.2", name) if raw.resource not in resources]


@pytest.mark.parametrize(("version", "name"), ALL_CASES, ids=lambda value: str(value))
def test_every_recorded_order_is_understood_and_adds_up(version: str, name: str) -> None:
    order = case(name, version)
    assert order.reference
    assert order.invoice_to.country
    cent = D("0.01")
    lines_incl = sum((line.total_incl for line in order.lines), D(0))
    assert abs(lines_incl.quantize(cent) - order.totals.products_incl) < cent
    parts = order.totals.products_incl + order.shipping.incl + order.wrapping.incl - order.totals.discounts_incl
    assert abs(parts - order.totals.paid_incl) <= cent
    discounts = sum((discount.value_incl for discount in order.discounts), D(0))
    assert abs(discounts - order.totals.discounts_incl) <= D("0.005")
    assert restore(ShopOrder, json.loads(json.dumps(plain(order)))) == order


@pytest.mark.parametrize("name", sorted({name for _, name in ALL_CASES}))
def test_both_versions_say_the_same_of_an_order(name: str) -> None:
    assert case(name, "8.2") == case(name, "9.1")


def test_amounts_are_exact_and_rates_come_by_tax_id() -> None:
    order = case("two_tax_rates")
    assert [(line.reference, line.rate, line.unit_excl) for line in order.lines][:2] == [
        ("BEDLAMP", D(20), D("17.166667")),
        ("BOOK-55", D("5.5"), D("9.478673")),
    ]
    assert order.lines[0].taxes[0].name == "TVA FR 20%"
    assert order.shipping == Charge(D("8.4"), D(7), D(20))
    assert (order.round_type, order.round_mode) == (2, 2)


def test_no_tax_no_state_and_a_state_abroad() -> None:
    untaxed = case("us_notax")
    assert {line.taxes for line in untaxed.lines} == {()}
    assert (untaxed.invoice_to.country, untaxed.invoice_to.state, untaxed.invoice_to.state_name) == (
        "US",
        "FL",
        "Florida",
    )
    spain = case("spain_state")
    assert (spain.deliver_to.country, spain.deliver_to.dni) == ("ES", "12345678Z")
    assert case("bedlamp_paid").invoice_to.state == ""


def test_a_dollar_order_is_in_dollars_and_its_payment_too() -> None:
    order = case("usd")
    assert (order.currency, order.rate) == ("USD", D("1.0865"))
    assert [(payment.currency, payment.amount, payment.rate) for payment in order.payments] == [
        ("USD", D("46.86"), D(1))
    ]


def test_virtual_guest_company_gift_and_note() -> None:
    virtual = case("virtual")
    assert virtual.carrier is None
    assert all(line.virtual for line in virtual.lines)
    assert case("guest").buyer.guest
    assert case("company_fr").invoice_to.company
    wrapped = case("gift_wrap")
    assert (wrapped.gift, wrapped.gift_message) == (True, "Joyeux anniversaire")
    assert wrapped.wrapping == Charge(D(3), D("2.5"), D(20))
    assert case("noted").note
    assert case("combination").lines[0].combination_id
    assert case("ecotax").lines[0].ecotax == D("0.5")


def test_vouchers_are_discounts_and_one_taken_off_again_is_none() -> None:
    order = case("freeship")
    assert [discount.free_shipping for discount in order.discounts] == [True]
    assert not read(changed("freeship", "order_cart_rules", lambda row: row.update(deleted="1"))).discounts


def test_refunds_are_read_with_shipping_on_top() -> None:
    order = case("partial_refund_ship")
    (slip,) = order.refunds
    assert (slip.amount, slip.products_excl, slip.shipping_incl) == (D("51.2"), D("43.81"), D("8.4"))
    assert [(line.line_id, line.quantity, line.incl) for line in slip.lines] == [
        (111, D(2), D("41.2")),
        (112, D(1), D(10)),
    ]
    assert [line.refunded for line in order.lines] == [2, 1]
    assert case("return_delivered").lines[0].returned == 1


STATES = {
    "bedlamp_paid": "paid",
    "bankwire_waiting": "",
    "cancelled": "cancelled",
    "paid_then_cancelled": "cancelled",
    "payment_error": "error",
    "payment_mismatch": "error",
    "state_then_shipped_delivered": "paid shipped delivered",
}


@pytest.mark.parametrize("name", STATES)
def test_the_state_is_known_by_flags_and_configuration(name: str) -> None:
    state = case(name).state
    flags = {flag for flag in ("paid", "shipped", "delivered", "cancelled", "error") if getattr(state, flag)}
    assert flags == set(STATES[name].split())


def test_a_renamed_and_renumbered_state_is_still_right() -> None:
    raws = [raw for raw in case_raws("8.2", "cancelled") if raw.resource not in ("configurations", "order_states")]
    raws = [
        Raw(raw.resource, raw.id, {**raw.data, "current_state": "40"}) if raw.resource == "orders" else raw
        for raw in raws
    ]
    row = {"id": "40", "name": [{"id": "2", "value": "Annulée"}], "paid": "1", "shipped": ""}
    raws += [Raw("configurations", 0, {"PS_OS_CANCELED": "40"}), Raw("order_states", 40, row)]
    state = read(raws).state
    assert (state.name, state.paid, state.shipped, state.cancelled) == ("Annulée", True, False, True)
    gone = read([raw for raw in raws if raw.resource != "order_states"]).state
    assert (gone.paid, gone.name) == (False, "")


def test_a_gone_customer_product_or_carrier_does_not_stop_the_order() -> None:
    order = read(without("combination", "customers", "products", "combinations", "carriers", "groups", "languages"))
    assert order.buyer.gone
    assert order.buyer.name == order.invoice_to.name
    assert all(line.deleted for line in order.lines)
    assert order.carrier == Carrier(2, 0, "(2, deleted)")
    assert read(without("combination", "combinations")).lines[0].deleted
    assert not case("combination").lines[0].deleted


def test_a_split_order_shows_its_siblings() -> None:
    raws = case_raws("8.2", "bedlamp_paid")
    raws.append(Raw("siblings", 6, {"associations": {"orders": [{"id": "37"}, {"id": "38"}]}}))
    assert read(raws).siblings == (37, 38)


def test_a_pack_and_a_customization() -> None:
    def personal(row: dict[str, Any]) -> None:
        row.update(product_id="19", id_customization="1")

    order = read(changed("bedlamp_paid", "order_details", personal))
    assert order.lines[0].customization == "Happy"
    raws = [
        Raw("products", raw.id, {**raw.data, "cache_is_pack": "1"}) if raw.resource == "products" else raw
        for raw in case_raws("8.2", "bedlamp_paid")
    ]
    assert read(raws).lines[0].pack


def test_the_document_date_is_the_shop_s_day_and_not_the_one_in_greenwich() -> None:
    def early(row: dict[str, Any]) -> None:
        row["date_add"] = "2026-12-01 00:30:00"

    order = read(changed("bedlamp_paid", "orders", early))
    assert order.order_date == date(2026, 12, 1)
    assert order.placed_at == datetime(2026, 11, 30, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-10-25 02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # comes twice: the first turn
        ("2026-03-29 02:30:00", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # was skipped
    ],
)
def test_the_nights_of_the_clock_change_are_read(text: str, utc: datetime) -> None:
    order = read(changed("bedlamp_paid", "orders", lambda row: row.update(date_add=text)))
    assert order.placed_at == utc


def test_zero_dates_of_payments_and_changes_fall_back_to_the_order_s() -> None:
    zero = {"date_add": "0000-00-00 00:00:00"}
    order = read(changed("bedlamp_paid", "order_payments", lambda row: row.update(zero)))
    assert order.payments[0].at == order.placed_at
    order = read(changed("bedlamp_paid", "orders", lambda row: row.update(date_upd="0000-00-00 00:00:00")))
    assert order.changed_at == order.placed_at


def test_long_and_odd_texts_survive() -> None:
    name = "𝄞" + "é" * 254
    order = read(changed("bedlamp_paid", "order_details", lambda row: row.update(product_name=name)))
    assert order.lines[0].name == name
    odd = changed("bedlamp_paid", "customers", lambda row: row.update(firstname="A\x0bB\nC"))
    odd = [raw for raw in odd if raw.resource != "customers"] + [
        Raw("customers", 3, {**raw.data, "firstname": "A\x0bB\nC"})
        for raw in odd
        if (raw.resource, raw.id) == ("customers", 3)
    ]
    assert read(odd).buyer.first_name == "A B C"


def test_a_line_cancelled_to_nothing_is_left_out() -> None:
    nothing = {"product_quantity": "0", "total_price_tax_incl": "0.000000", "total_price_tax_excl": "0.000000"}
    assert not read(changed("bedlamp_paid", "order_details", lambda row: row.update(nothing))).lines


REFUSED = {
    "orders 6: total_paid_tax_incl": ("orders", "total_paid_tax_incl", "NaN"),
    "orders 6: total_paid_tax_excl": ("orders", "total_paid_tax_excl", "12,50"),
    "orders 6: total_products": ("orders", "total_products", "1" + "0" * 13),
    "orders 6: total_products_wt": ("orders", "total_products_wt", None),
    "orders 6: conversion_rate": ("orders", "conversion_rate", "0.000000"),
    "orders 6: carrier_tax_rate": ("orders", "carrier_tax_rate", "-5"),
    "orders 6: reference": ("orders", "reference", " "),
    "orders 6: date_add": ("orders", "date_add", "2026-11-22T11:37:48Z"),
    "orders 6: id_currency": ("orders", "id_currency", "99"),
    "orders 6: id_address_invoice": ("orders", "id_address_invoice", "999"),
    "orders 6: module": ("orders", "module", ["x"]),
    "orders 6: gift": ("orders", "gift", "maybe"),
    "order_details 8: product_quantity": ("order_details", "product_quantity", "-1"),
    "order_details 8: product_quantity_refunded": ("order_details", "product_quantity_refunded", "1.5"),
    "order_details 8: unit_price_tax_incl": ("order_details", "unit_price_tax_incl", {}),
    "order_details 8: total_price_tax_excl": ("order_details", "total_price_tax_excl", "twenty"),
    "order_details 8: product_name": ("order_details", "product_name", "x" * 70_000),
    "order_details 8: taxes": ("order_details", "associations", {"taxes": "1"}),
    "order_details 8, taxes 1: id": ("order_details", "associations", {"taxes": [{"id": "999"}]}),
    "order_payments 1: amount": ("order_payments", "amount", "1e400"),
}


@pytest.mark.parametrize("place", REFUSED)
def test_what_matters_must_be_right(place: str) -> None:
    resource, name, value = REFUSED[place]
    with pytest.raises(Rejected) as caught:
        read(changed("bedlamp_paid", resource, lambda row: row.update({name: value})))
    assert caught.value.place == place
    assert caught.value.message.startswith(place)
    assert caught.value.message.endswith("check the order again.")
    assert len(caught.value.message) < 250


@pytest.mark.parametrize("name", ["total_paid_tax_incl", "date_add", "id_customer", "round_type", "id_currency"])
def test_a_missing_field_is_said(name: str) -> None:
    with pytest.raises(Rejected, match=f"orders 6: {name} is missing"):
        read(changed("bedlamp_paid", "orders", lambda row: row.pop(name)))


def test_no_order_or_two_are_refused() -> None:
    for raws in ([], case_raws("8.2", "usd") + case_raws("8.2", "bedlamp_paid")):
        with pytest.raises(Rejected, match="exactly one order"):
            read(raws)


@pytest.mark.parametrize(
    ("incl", "excl", "rates", "rate"),
    [
        ("3.00", "2.50", ["20", "5.5"], "20"),
        ("2.50", "2.50", ["20"], "0"),
        ("0", "0", ["20"], "0"),
        ("2.64", "2.50", ["20", "5.5"], "5.5"),
        ("2.75", "2.50", ["20"], "10.0"),
    ],
)
def test_the_rate_of_wrapping_is_inferred(incl: str, excl: str, rates: list[str], rate: str) -> None:
    assert wrapping_rate(Charge(D(incl), D(excl), D(0)), map(D, rates)) == D(rate)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=20) | st.integers().map(str) | st.decimals().map(str),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "value", "taxes", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
NUMBERS = st.sampled_from(
    ["", "0", "-1", "-0.000001", "1e3", "1E-7", "NaN", "Infinity", "9" * 30, "0x10", "１２", "1_000", " 5"]
)
MESSY = case_raws("8.2", "partial_refund_ship")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_mutation_is_an_order_or_rejected_with_a_place(data: st.DataObject) -> None:
    relevant = [raw for raw in MESSY if raw.resource in ("orders", "order_details", "order_payments", "order_slip")]
    relevant += [raw for raw in MESSY if (raw.resource, raw.id) in USED]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(relevant) - 1))
        raw = relevant[place]
        name = data.draw(st.sampled_from(sorted(raw.data)))
        if data.draw(st.booleans()):
            relevant[place] = Raw(raw.resource, raw.id, {**raw.data, name: data.draw(ANY_JSON | NUMBERS)})
        else:
            relevant[place] = Raw(raw.resource, raw.id, {each: raw.data[each] for each in raw.data if each != name})
    try:
        order = read(relevant)
    except Rejected as error:
        refused = error
    else:
        json.dumps(plain(order), allow_nan=False)
        assert all(line.quantity > 0 for line in order.lines)
        return
    assert refused.place
    assert refused.message.endswith("again.")


USED = {
    *(("customers", 3), ("addresses", 7), ("products", 20), ("products", 21), ("order_states", 2), ("currencies", 1)),
    *(
        ("countries", 8),
        ("taxes", 1),
        ("taxes", 3),
        ("carriers", 2),
        ("groups", 3),
        ("languages", 1),
        ("configurations", 0),
    ),
}

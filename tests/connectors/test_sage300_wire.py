"""The small words of the Web API, $metadata and the assumptions: pure functions, no server."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Misconfigured
from connectors.sage300 import wire
from connectors.sage300.assumptions import Assumptions, assume
from connectors.sage300.metadata import parse

EDMX = b"""<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="%s" xmlns:edmx="%s"><edmx:DataServices><Schema Namespace="Sage.OE.Models" xmlns="%s">
<EntityType Name="Base"><Key><PropertyRef Name="OrderUniquifier"/></Key>
  <Property Name="OrderUniquifier" Type="Edm.Decimal"/></EntityType>
<EntityType Name="Order" BaseType="Sage.OE.Models.Base"><Property Name="OrderNumber" Type="Edm.String"/>
  <NavigationProperty Name="OrderDetails" Type="Collection(Sage.OE.Models.OrderDetail)"/></EntityType>
<ComplexType Name="OrderDetail"><Property Name="Item" Type="Edm.String"/></ComplexType>
<EntityContainer Name="Container"><EntitySet Name="%s" EntityType="Sage.OE.Models.Order"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"""

V4 = EDMX % (
    b"4.0",
    b"http://docs.oasis-open.org/odata/ns/edmx",
    b"http://docs.oasis-open.org/odata/ns/edm",
    b"OEOrders",
)
V3 = EDMX % (
    b"1.0",
    b"http://schemas.microsoft.com/ado/2007/06/edmx",
    b"http://schemas.microsoft.com/ado/2009/11/edm",
    b"Orders",
)


def test_decimals_are_written_with_every_digit_and_no_exponent() -> None:
    body = {"A": Decimal("12.900000"), "B": Decimal("1E+3"), "C": Decimal("0.0000001"), "D": [True, None, 3, 'é\n"']}
    assert wire.encode(body) == '{"A":12.900000,"B":1000,"C":0.0000001,"D":[true,null,3,"\\u00e9\\n\\""]}'


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=6))
def test_a_decimal_comes_back_as_it_went(value: Decimal) -> None:
    read = json.loads(wire.encode({"X": value}), parse_float=Decimal, parse_int=Decimal)
    assert read["X"] == value
    assert str(read["X"]) == format(value, "f")


def test_properties_keep_their_order() -> None:
    body = {"CustomerNumber": "1", "ZLast": 1, "Afirst": 2}
    assert list(json.loads(wire.encode(body))) == ["CustomerNumber", "ZLast", "Afirst"]


def test_a_quote_in_a_literal_is_doubled() -> None:
    assert wire.equals(OrderReference="O'Brien", BuyerClass=2) == "OrderReference eq 'O''Brien' and BuyerClass eq 2"


@pytest.mark.parametrize(
    ("value", "style", "expected"),
    [("1200", "text", "'1200'"), (961, "text", "961"), (961, "all", "'961'"), ("1200", "none", "1200")],
)
def test_keys_are_quoted_as_the_installation_wants(value: str | int, style: str, expected: str) -> None:
    assert wire.key(value, style) == expected


def test_days_are_sent_at_midday_so_that_no_zone_moves_them() -> None:
    assert wire.sent_day(date(2026, 3, 1), "midday") == "2026-03-01T12:00:00Z"
    assert wire.sent_day(date(2026, 3, 1), "date") == "2026-03-01"
    assert wire.filter_day(date(2026, 3, 1), "v4") == "2026-03-01T00:00:00Z"
    assert wire.filter_day(date(2026, 3, 1), "v3") == "datetime'2026-03-01T00:00'"


@pytest.mark.parametrize("prefix", ["@odata", "odata"])
@pytest.mark.parametrize("count", [625, "625"])
def test_both_envelopes_are_read_and_texts_are_trimmed(prefix: str, count: object) -> None:
    answer = {
        f"{prefix}.count": count,
        "value": [{"CustomerNumber": "1100        ", "Lines": [{"Item": "A  "}]}],
        f"{prefix}.nextLink": "http://h/x?$skip=100",
    }
    page = wire.envelope(answer)
    assert page is not None
    assert page.rows == [{"CustomerNumber": "1100", "Lines": [{"Item": "A"}]}]
    assert (page.count, page.next) == (625, "http://h/x?$skip=100")


@pytest.mark.parametrize("answer", [None, [], "text", {"value": "x"}, {"value": [1]}, {"CustomerNumber": "1"}])
def test_what_is_no_list_is_not_taken_for_an_empty_one(answer: Any) -> None:
    assert wire.envelope(answer) is None


def test_values_are_read_whatever_their_type() -> None:
    row = {"N": "12.50", "I": 3, "B": True, "Y": "Yes", "Z": "No", "D": "2026-04-21T00:00:00Z", "E": None, "X": "abc"}
    assert [wire.number(row, name) for name in "NIE"] == [Decimal("12.50"), Decimal(3), Decimal(0)]
    assert wire.number(row, "X") == wire.number(row, "B") == 0
    assert (wire.yes(row, "B"), wire.yes(row, "Y"), wire.yes(row, "Z"), wire.yes(row, "E", default=True)) == (
        True,
        True,
        False,
        True,
    )
    assert (wire.day(row, "D"), wire.day(row, "E"), wire.day(row, "X")) == (date(2026, 4, 21), None, None)


@pytest.mark.parametrize("document", [V4, V3], ids=["v4", "v3 without the module's letters"])
def test_metadata_tells_keys_and_properties_inherited_ones_too(document: bytes) -> None:
    known = parse(document)
    assert known is not None
    shape = known.shape("OEOrders")
    assert shape is not None
    assert shape.keys == ("OrderUniquifier",)
    assert set(shape.properties) == {"OrderUniquifier", "OrderNumber", "OrderDetails"}
    body = {"OrderNumber": "1", "ShipToCountry": "FR", "OrderDetails": [{"Item": "A"}, {"Gone": 1}]}
    assert list(known.unknown(shape, body)) == ["ShipToCountry", "OrderDetails.Gone"]
    assert known.shape("OEShipments") is None


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html>",
        b"{}",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
        b" " * (17 * 1024 * 1024),
    ],
    ids=["empty", "html", "json", "entities", "giant"],
)
def test_metadata_that_cannot_be_read_is_none(document: bytes) -> None:
    assert parse(document) is None


def test_switches_override_assumptions() -> None:
    assumed = assume({"own_order_number": False, "busy_waits": [1], "filter_style": "v3", "ship_to_country": ""})
    assert (assumed.own_order_number, assumed.busy_waits, assumed.filter_style) == (False, (1,), "v3")
    assert assume({}) == Assumptions()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"own_order_numbre": True}, "own_order_numbre"),
        ({"own_order_number": "yes"}, "true or false"),
        ({"filter_style": "v5"}, "v4, v3"),
        ({"lot_properties": "LotItem"}, "a list of texts"),
        ({"refused_before_working": ["429"]}, "whole numbers"),
        ({"order_total": 1}, "a text"),
    ],
)
def test_a_wrong_switch_is_refused_in_plain_words(options: dict[str, Any], words: str) -> None:
    with pytest.raises(Misconfigured, match=words) as caught:
        assume(options)
    assert caught.value.message.endswith("the operator's page lists them.")

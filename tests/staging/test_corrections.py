"""Corrections: laid over the read order, never over the payload; outdated ones ask."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.prestashop.orders import read_order
from connectors.types import ShopOrder
from staging.corrections import FIELDS, lay, shop_value
from staging.issues import Fault
from staging.models import Correction
from tests.connectors.shop_cases import case_raws


@pytest.fixture
def order() -> ShopOrder:
    return read_order(case_raws("8.2", "bedlamp_paid"), ZoneInfo("Europe/Paris"))


def correction(place: str, field: str, value: Any, shop: Any = None) -> Correction:
    return Correction(place=place, field=field, value=value, shop_value=shop)


def test_a_line_an_address_and_the_order_itself_are_corrected(order: ShopOrder) -> None:
    line = order.lines[0]
    found = lay(
        order,
        [
            correction(f"line {line.id}", "reference", "A1-104/0", "BEDLAMP"),
            correction(f"line {line.id}", "quantity", "2", "1"),
            correction("deliver_to", "lines", ["1 rue", "de la Paix"], list(order.deliver_to.lines)),
            correction("buyer", "email", "ada@example.com", order.buyer.email),
            correction("order", "order_date", "2026-12-01", order.order_date.isoformat()),
        ],
    )
    assert not found.outdated
    assert (found.order.lines[0].reference, found.order.lines[0].quantity) == ("A1-104/0", Decimal(2))
    assert found.order.deliver_to.lines == ("1 rue", "de la Paix")
    assert found.order.invoice_to == order.invoice_to
    assert found.order.buyer.email == "ada@example.com"
    assert found.order.order_date.isoformat() == "2026-12-01"
    assert order.lines[0].reference == "BEDLAMP"


def test_a_correction_of_what_the_shop_has_changed_since_is_not_laid_but_asks(order: ShopOrder) -> None:
    place = f"line {order.lines[0].id}"
    found = lay(order, [correction(place, "reference", "A1-104/0", "LAMP")])
    assert found.order == order
    (fault,) = found.outdated
    assert (fault.code, fault.place) == ("correction-outdated", place)
    assert (fault.values["expected"], fault.values["now"]) == ("LAMP", "BEDLAMP")


def test_a_correction_of_a_line_that_is_gone_asks(order: ShopOrder) -> None:
    found = lay(order, [correction("line 999", "reference", "X", "BEDLAMP")])
    assert [fault.values["now"] for fault in found.outdated] == ["–"]


def test_what_may_not_be_corrected_is_refused(order: ShopOrder) -> None:
    with pytest.raises(ValueError, match="cannot be corrected"):
        shop_value(order, "order", "totals")


def test_every_field_that_may_be_corrected_exists(order: ShopOrder) -> None:
    for word, fields in FIELDS.items():
        place = f"line {order.lines[0].id}" if word == "line" else word
        for field in fields:
            shop_value(order, place, field)


def test_all_the_same_holds_for_the_code_the_place_and_what_was_seen(order: ShopOrder) -> None:
    twin = Fault("possible-duplicate", values={"twin": "ABC"})
    other = Fault("possible-duplicate", values={"twin": "XYZ"})
    text = Fault("text-too-long", place="deliver_to")
    found = lay(
        order,
        [
            correction("possible-duplicate", "accept", True, {"twin": "ABC"}),
            correction("text-too-long", "accept", True),
        ],
    )
    assert found.accepts(twin)
    assert not found.accepts(other)
    assert found.accepts(text)
    assert not lay(order, [correction("text-too-long invoice_to", "accept", True)]).accepts(text)

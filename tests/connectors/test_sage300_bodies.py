"""The body of a POST: the order of its properties, exact numbers, and texts that do not fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.errors import Rejected
from connectors.sage300.assumptions import Assumptions
from connectors.sage300.bodies import customer_body, sale_body
from connectors.sage300.samples import CUSTOMER, SALE
from connectors.sage300.widths import WIDTHS
from connectors.sage300.wire import encode
from connectors.sandbox.sage300.models_oe import ORDER, SHIP_VIA
from connectors.types import Address
from tests.connectors.sage300_sales import charge, item, sale

FULL = [
    *("CustomerNumber", "OrderNumber", "OrderDate", "OrderSourceCurrency", "OrderRateDate", "OrderRateOperator"),
    *("OrderRateOverrideFlag", "OrderRate", "TaxGroup", "TermsCode", "ShipViaCode", "DefaultLocationCode"),
    *("PurchaseOrderNumber", "OrderReference", "OrderDescription", "OrderComment"),
    *("ShipToName", "ShipToAddressLine1", "ShipToAddressLine2", "ShipToAddressLine3", "ShipToAddressLine4"),
    *("ShipToCity", "ShipToStateProvince", "ShipToZipPostalCode", "ShipToCountry", "ShipToPhoneNumber", "ShipToEmail"),
    *("BillToName", "BillToAddressLine1", "BillToAddressLine2", "BillToAddressLine3", "BillToAddressLine4"),
    *("BillToCity", "BillToStateProvince", "BillToZipPostalCode", "BillToCountry", "BillToPhoneNumber"),
    *("BillToContactEmail", "InvoiceWillBeProduced", "OrderCommentsInstructions", "OrderDetails"),
]
ITEM = [
    *("LineType", "Item", "Description", "Location", "OrderUnitOfMeasure", "QuantityOrdered", "QuantityShipped"),
    *("PriceOverride", "PricingUnitOfMeasure", "PricingUnitPrice", "OrderUnitPrice", "TaxClass1", "TaxIncluded1"),
]
CHARGE = ["LineType", "MiscellaneousChargesCode", "Description", "ExtendedAmount", "TaxClass1", "TaxIncluded1"]


def test_the_customer_comes_first_and_the_lines_last() -> None:
    body = sale_body(SALE, Assumptions())
    assert list(body) == FULL
    assert list(body["OrderDetails"][0]) == ITEM
    assert list(body["OrderDetails"][1]) == CHARGE


def test_numbers_go_out_exactly() -> None:
    lines = (item(quantity="3.5000", price="4.166667"), charge("DISC", "-2.50"))
    text = encode(sale_body(sale(lines=lines), Assumptions()))
    assert '"QuantityOrdered":3.5000,"QuantityShipped":3.5000,"PriceOverride":true' in text
    assert '"PricingUnitPrice":4.166667,"OrderUnitPrice":4.166667' in text
    assert '"ExtendedAmount":-2.50,"TaxClass1":1,"TaxIncluded1":true' in text


def test_an_order_alone_ships_nothing() -> None:
    body = sale_body(sale(invoice=False), Assumptions())
    assert "InvoiceWillBeProduced" not in body
    assert "QuantityShipped" not in body["OrderDetails"][0]


def test_our_reference_is_the_number_and_the_reference_the_shops_is_the_purchase_order() -> None:
    body = sale_body(sale("PS_7"), Assumptions())
    assert (body["OrderNumber"], body["OrderReference"], body["PurchaseOrderNumber"]) == ("PS_7", "PS_7", "XKBKNABJK")
    assert "OrderNumber" not in sale_body(sale("PS_7"), Assumptions(own_order_number=False))


def test_a_one_time_address_is_sent_whole_so_that_nothing_of_the_customers_remains() -> None:
    body = sale_body(sale(ship_to=Address("Jane", ("Main street 1",), "Paris"), bill_to=Address()), Assumptions())
    assert [body[f"ShipToAddressLine{n}"] for n in range(1, 5)] == ["Main street 1", "", "", ""]
    assert body["ShipToStateProvince"] == body["ShipToPhoneNumber"] == ""
    assert not [name for name in body if name.startswith("BillTo")]


@pytest.mark.parametrize(("operator", "sent", "rate"), [("multiply", 1, "0.8500000"), ("divide", 2, "1.1764706")])
def test_the_shops_rate_goes_along_when_the_currency_is_foreign(operator: str, sent: int, rate: str) -> None:
    body = sale_body(sale(currency="USD", exchange_rate=Decimal("0.85")), Assumptions(rate_operator=operator))
    assert (body["OrderSourceCurrency"], body["OrderRateOperator"]) == ("USD", sent)
    assert str(body["OrderRate"]) == rate
    assert "OrderRate" not in sale_body(sale(), Assumptions())


def test_switches_rename_what_installations_name_differently() -> None:
    assumed = Assumptions(
        invoice_property="PostInvoice",
        price_properties=("PricingUnitPrice",),
        pricing_unit_property="",
        line_tax_classes=("TaxClass1", "TaxClass2"),
        ship_to_country="",
        send_currency=False,
        date_format="date",
    )
    body = sale_body(sale(order_date=date(2026, 2, 3)), assumed)
    assert body["PostInvoice"] is True
    assert not {"ShipToCountry", "OrderSourceCurrency", "InvoiceWillBeProduced"} & set(body)
    assert body["OrderDate"] == "2026-02-03"
    line = body["OrderDetails"][0]
    assert (line["TaxClass1"], line["TaxClass2"]) == (1, 1)
    assert not {"OrderUnitPrice", "PricingUnitOfMeasure"} & set(line)


def test_extra_values_are_header_properties_but_cannot_replace_ours() -> None:
    body = sale_body(sale(extra={"Salesperson1": "RW"}), Assumptions())
    assert body["Salesperson1"] == "RW"
    with pytest.raises(Rejected, match="TaxGroup is already set"):
        sale_body(sale(extra={"TaxGroup": "X"}), Assumptions())


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("reference", {"reference": "P" * 23}),
        ("purchase_order", {"purchase_order": "P" * 23}),
        ("comment", {"comment": "é" * 251}),
        ("note", {"notes": ("x" * 81,)}),
        ("ship_to.lines", {"ship_to": Address("N", ("x" * 61,))}),
        ("ship_to.lines", {"ship_to": Address("N", ("1", "2", "3", "4", "5"))}),
        ("bill_to.city", {"bill_to": Address("N", city="x" * 31)}),
        ("line 2: line.description", {"lines": (item(), item(description="x" * 61))}),
        ("line 1: line.charge", {"lines": (charge("SEVENCH"),)}),
    ],
)
def test_a_text_that_does_not_fit_is_refused_before_it_is_sent(place: str, change: dict[str, Any]) -> None:
    """Sage may refuse it or cut it without a word; neither is ours to find out."""
    with pytest.raises(Rejected) as caught:
        sale_body(replace(sale(), **change), Assumptions())
    assert caught.value.place == place
    assert caught.value.message.endswith(".")


def test_what_just_fits_is_sent() -> None:
    full = Address("n" * 60, ("l" * 60,) * 4, "c" * 30, "s" * 30, "p" * 20, "c" * 30, "p" * 30, "e" * 50)
    body = sale_body(sale("P" * 22, comment="x" * 250, ship_to=full, notes=("n" * 80,)), Assumptions())
    assert body["ShipToAddressLine4"] == "l" * 60
    assert body["OrderCommentsInstructions"] == [
        {"CommentsInstructionsType": "Comment", "CommentsInstructions": "n" * 80}
    ]


def test_the_sandbox_takes_texts_as_wide_as_we_send_them_and_no_wider() -> None:
    """Else an order would fit in a rehearsal and be refused in the books: ship-via codes are six characters wide."""
    names = ("customer", "purchase_order", "description", "comment", "tax_group", "terms", "ship_via", "location")
    parts = ("name", "city", "state", "postcode", "country", "phone", "email")
    full: dict[str, Any] = {part: "x" * WIDTHS[f"ship_to.{part}"] for part in parts}
    address = Address(lines=("x" * WIDTHS["ship_to.lines"],) * WIDTHS["ship_to.line count"], **full)
    texts: dict[str, Any] = {name: "x" * WIDTHS[name] for name in names}
    body = sale_body(sale("x" * WIDTHS["reference"], ship_to=address, bill_to=address, **texts), Assumptions())
    widths = {name: known.size for name, known in ORDER.properties.items() if known.kind in "SU"}
    sent = {name: len(text) for name, text in body.items() if name in widths and text.startswith("x")}
    assert sent == {name: widths[name] for name in sent} | {"OrderReference": WIDTHS["reference"]}
    assert len(sent) == 32
    assert SHIP_VIA.properties["Code"].size == WIDTHS["ship_via"]


def test_too_many_lines_are_refused() -> None:
    with pytest.raises(Rejected, match="1001 lines"):
        sale_body(sale(lines=(item(),) * (WIDTHS["lines"] + 1)), Assumptions())


def test_a_customer_takes_from_its_group_what_it_is_not_given() -> None:
    body = customer_body(replace(CUSTOMER, tax_group="", terms="", currency="", name="A very long company name"))
    assert list(body)[:3] == ["CustomerNumber", "GroupCode", "ShortName"]
    assert body["ShortName"] == "A very lon"
    assert body["AddressLine4"] == "4"
    with pytest.raises(Rejected) as caught:
        customer_body(replace(CUSTOMER, code="WEB-123456789"))
    assert caught.value.place == "customer.code"

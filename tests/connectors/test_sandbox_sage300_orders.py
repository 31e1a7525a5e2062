"""Orders in the sandbox Sage 300: ordered properties, prices, tax in each of Sage's ways, invoices, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connectors.sandbox.sage300 import Sage300Sandbox
from tests.connectors.sage300_client import Client, charge, shirt, web_order


@pytest.fixture
def sage() -> Iterator[Sage300Sandbox]:
    with Sage300Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def client(sage: Sage300Sandbox) -> Client:
    return Client(sage)


class TestSampleBodies:
    """The bodies of Sage's own samples (sage300.md 6.3, 6.4)."""

    def test_an_order_of_an_item_and_a_charge(self, client: Client) -> None:
        order = client.order({
            "CustomerNumber": "1400", "OrderDescription": "Order Entry", "OrderDate": "2026-01-15",
            "OrderDetails": [
                {"LineType": "Item", "Item": "A1-105/0", "Location": "1", "QuantityOrdered": 8},
                {"LineType": "Miscellaneous", "MiscellaneousChargesCode": "HC", "ExtendedAmount": 20.25}],
        })  # fmt: skip
        assert (order["OrderNumber"], order["OrderFiscalYear"], order["OrderFiscalPeriod"]) == (
            "ORD000001",
            "2026",
            "Num1",
        )
        assert order["OrderSubtotalAmount"] == Decimal("67.77")
        # GST 5 % and BC sales tax 7 % on top of 47.52 and 20.25, each rounded.
        assert (order["TotalTaxAmount1"], order["TotalTaxAmount2"]) == (Decimal("3.39"), Decimal("4.75"))
        assert order["OrderTotal"] == Decimal("75.91")
        assert (order["LastInvoiceNumber"], order["OrderCompleted"]) == ("", "IncompleteNotIncluded")
        assert [line["LineNumber"] for line in order["OrderDetails"]] == [32, 64]

    def test_ship_and_invoice_in_one_go(self, sage: Sage300Sandbox, client: Client) -> None:
        order = client.order({
            "CustomerNumber": "1400", "OrderDate": "2026-01-15", "InvoiceWillBeProduced": True,
            "OrderDetails": [
                {"LineType": "Item", "Item": "A1-105/0", "Location": "1", "QuantityOrdered": 20, "QuantityShipped": 20},
                {"LineType": "Miscellaneous", "MiscellaneousChargesCode": "HC", "ExtendedAmount": 20.25}],
        })  # fmt: skip
        assert (order["LastShipmentNumber"], order["LastInvoiceNumber"]) == ("SH000001", "IN000001")
        assert order["OrderCompleted"] == "CompleteNotIncluded"
        line = order["OrderDetails"][0]
        assert (line["QuantityOrdered"], line["OriginalQuantityOrdered"], line["QuantityShippedtodate"]) == (0, 20, 20)
        invoice = client.get("OE/OEInvoices", filter="OrderNumber eq 'ORD000001'")["value"][0]
        assert invoice["InvoiceTotalWithTax"] == order["OrderTotal"]
        assert invoice["InvoiceDetails"][0]["ExtendedShippedPriceMiscellaneousCha"] == Decimal("118.80")
        stock = sage.get("ICLocationDetails", "A11050", "1")
        assert stock is not None
        assert stock["QuantityOnHand"] == 880

    def test_an_invoice_needs_something_shipped_or_a_charge(self, client: Client) -> None:
        status, code, text = client.refused(web_order(shirt() | {"QuantityShipped": 0}, InvoiceWillBeProduced=True))
        assert (status, code) == (409, "General")
        assert text.startswith("You cannot create an invoice if you don")

    def test_amounts_keep_their_scale_in_the_answer(self, sage: Sage300Sandbox, client: Client) -> None:
        client.order(web_order(shirt(price="28.68")))
        text = client.http.get(f"{client.base}/OE/OEOrders", timeout=60).text
        assert '"OrderDiscountAmount":0.000' in text
        assert '"PricingUnitPrice":28.680000' in text

    def test_unformatted_and_formatted_numbers_mean_one_item(self, client: Client) -> None:
        order = client.order(
            web_order({"Item": "A11040", "QuantityOrdered": 1}, {"Item": "A1-104/0", "QuantityOrdered": 1})
        )
        assert {line["Item"] for line in order["OrderDetails"]} == {"A1-104/0"}


class TestOrderOfProperties:
    def test_the_customer_resets_what_came_before_it(self, client: Client) -> None:
        before = client.order({"TaxGroup": "EXPORT", "TermsCode": "N30", "CustomerNumber": "WEBEUR",
                               "OrderDate": "2026-11-20",
                               "OrderDetails": [shirt()]})  # fmt: skip
        after = client.order(web_order(TaxGroup="EXPORT", TermsCode="N30"))
        assert (before["TaxGroup"], before["TermsCode"]) == ("FRTVA", "WEB")
        assert (after["TaxGroup"], after["TermsCode"]) == ("EXPORT", "N30")

    def test_the_item_resets_what_came_before_it_in_the_line(self, client: Client) -> None:
        line = {"Description": "Mine", "TaxClass1": 3, "Item": "demo_1", "QuantityOrdered": 1}
        first = client.order(web_order(line))["OrderDetails"][0]
        assert (first["Description"], first["TaxClass1"]) == ("Hummingbird printed t-shirt", 1)
        line = {"Item": "demo_1", "QuantityOrdered": 1, "Description": "Mine", "TaxClass1": 3}
        second = client.order(web_order(line))["OrderDetails"][0]
        assert (second["Description"], second["TaxClass1"], second["TaxRate1"]) == ("Mine", 3, Decimal("5.5"))

    def test_a_ship_to_code_brings_its_address_and_own_settings(self, client: Client) -> None:
        body = {"CustomerNumber": "1100", "OrderDate": "2026-11-20", "ShipToLocationCode": "001"}
        order = client.order(body | {"OrderDetails": [{"Item": "A1-103/0", "QuantityOrdered": 1}]})
        assert (order["ShipToCity"], order["DefaultPriceListCode"], order["TaxGroup"]) == ("Oakland", "WHS", "USDTAX")
        assert order["OrderDetails"][0]["OrderUnitPrice"] == Decimal("30.10")

    def test_the_price_comes_from_the_list_unless_overridden(self, client: Client) -> None:
        rows = [{"Item": "BOOK-55", "QuantityOrdered": 1},
                {"Item": "BOOK-55", "QuantityOrdered": 1, "PricingUnitPrice": 5},
                {"Item": "BOOK-55", "QuantityOrdered": 1, "PriceOverride": True, "OrderUnitPrice": 7.5}]  # fmt: skip
        lines = client.order(web_order(*rows))["OrderDetails"]
        assert [line["OrderUnitPrice"] for line in lines] == [Decimal("9.478673"), 5, Decimal("7.5")]
        assert [line["PriceOverride"] for line in lines] == [False, True, True]

    def test_a_box_costs_ten_times_the_piece(self, client: Client) -> None:
        line = {"Item": "A1-105/0", "OrderUnitOfMeasure": "Box", "QuantityOrdered": 2}
        assert client.order(web_order(line))["OrderItemTotalAmount"] == Decimal("118.80")

    @pytest.mark.parametrize(
        "body",
        [
            web_order(Reference="x"),
            web_order(shirt(Nothing=1)),
            web_order(OnHold="Yes"),
            web_order(shirt(quantity="many")),
            web_order(OrderDate="tomorrow"),
            ["a list"],
        ],
    )
    def test_unknown_names_and_wrong_types_are_invalid_payload(self, client: Client, body: Any) -> None:
        assert client.refused(body)[:2] == (400, "InvalidPayload")

    def test_a_zone_can_move_the_day(self, sage: Sage300Sandbox, client: Client) -> None:
        late = "2026-11-20T23:30:00Z"
        assert client.order(web_order(OrderDate=late))["OrderDate"] == "2026-11-20T00:00:00Z"
        sage.set_options(server_hours=1)
        assert client.order(web_order(OrderDate=late))["OrderDate"] == "2026-11-21T00:00:00Z"


class TestNumbers:
    def test_an_own_number_is_unique_and_generated_ones_go_on(self, client: Client) -> None:
        assert client.order(web_order(OrderNumber="PS_1"))["OrderNumber"] == "PS_1"
        status, code, text = client.refused(web_order(OrderNumber="PS_1"))
        assert (status, code) == (409, "RecordDuplicate")
        assert text == "Document PS_1 already exists. Specify a document number that is not in use."
        assert client.order(web_order(OrderNumber="*** NEW ***"))["OrderNumber"] == "ORD000001"
        client.order(web_order(OrderNumber="ORD000002"))
        assert client.order(web_order())["OrderNumber"] == "ORD000003"

    def test_a_refused_order_leaves_nothing_behind(self, sage: Sage300Sandbox, client: Client) -> None:
        rows = [shirt(), {"Item": "BEDLAMP", "QuantityOrdered": 1}]
        status, code, text = client.refused(web_order(*rows, InvoiceWillBeProduced=True))
        assert (status, code) == (409, "FieldInvalid")
        assert text == "Item number BEDLAMP does not exist. Quantity on backorder has been increased."
        assert sage.orders() == []
        # Refused at the very end, when numbers were drawn already: these are free again.
        sage.set_options(stock="refuse")
        rows = [shirt(), {"Item": "NOSTOCK", "QuantityOrdered": 1, "QuantityShipped": 1}]
        assert client.refused(web_order(*rows, InvoiceWillBeProduced=True))[1] == "FieldInvalid"
        made = client.order(web_order(InvoiceWillBeProduced=True))
        assert (made["OrderNumber"], made["LastInvoiceNumber"]) == ("ORD000001", "IN000001")


class TestTax:
    def test_tax_inside_as_captured_from_a_real_invoice(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.add("TXTaxAuthorities", {"TaxAuthority": "KEVAT", "Description": "VAT", "AllowTaxInPrice": "Yes"})
        sage.add("TXTaxRates", {"TaxAuthority": "KEVAT", "TransactionType": "Sales", "BuyerClass": 1, "ItemRate1": 16})
        sage.add("TXTaxGroups", {"TaxGroupKey": "KEVAT", "TransactionType": "Sales", "TaxAuthority1": "KEVAT"})
        for level in ("line", "document"):
            sage.set_options(tax_level=level)
            line = shirt(price=132800, TaxIncluded1=True)
            order = client.order(web_order(line, TaxGroup="KEVAT", InvoiceWillBeProduced=True))
            invoice = client.get("OE/OEInvoices", filter=f"InvoiceNumber eq '{order['LastInvoiceNumber']}'")["value"][0]
            for detail in (order["OrderDetails"][0], invoice["InvoiceDetails"][0]):
                assert (detail["TaxBase1"], detail["TaxAmount1"]) == (Decimal("114482.76"), Decimal("18317.24"))
            assert (order["OrderTotal"], order["OrderInclTaxTotal"], order["OrderExclTaxTotal"]) == (
                132800,
                Decimal("18317.24"),
                0,
            )

    def test_line_and_document_differ_by_the_cents_of_rounding(self, sage: Sage300Sandbox, client: Client) -> None:
        # 20 % of 0.33 is 0.066: 0.07 three times by line, 0.198 = 0.20 on the document.
        body = web_order(*[shirt(price="0.33")] * 3)
        by_line = client.order(body)
        assert [line["TaxAmount1"] for line in by_line["OrderDetails"]] == [Decimal("0.07")] * 3
        sage.set_options(tax_level="document")
        on_document = client.order(body)
        assert (by_line["TotalTaxAmount"], on_document["TotalTaxAmount"]) == (Decimal("0.21"), Decimal("0.20"))
        assert sum(line["TaxAmount1"] for line in on_document["OrderDetails"]) == Decimal("0.20")
        assert client.get("TX/TXTaxGroups('FRTVA','Sales')")["TaxCalculationMethod"] == "Calculatetaxbysummary"

    @pytest.mark.parametrize(("rounding", "tax"), [("half_up", "0.13"), ("half_even", "0.12"), ("half_down", "0.12")])
    def test_roundings_of_a_half(self, sage: Sage300Sandbox, client: Client, rounding: str, tax: str) -> None:
        sage.set_options(rounding=rounding)
        # 20 % of 0.625 cannot be asked for; 5 % of 2.50 is 0.125 (GST of a sample group).
        body = {"CustomerNumber": "1400", "OrderDate": "2026-11-20", "OrderDetails": [shirt(price="2.50")]}
        assert client.order(body)["TotalTaxAmount1"] == Decimal(tax)

    def test_inside_by_default_of_the_authority_and_overridden_by_the_line(
        self, sage: Sage300Sandbox, client: Client
    ) -> None:
        sage.set_options(tax_included=["FRTVA"])
        order = client.order(web_order(shirt(price=12), shirt(price=12, TaxIncluded1=False)))
        assert [line["TaxBase1"] for line in order["OrderDetails"]] == [10, 12]
        assert (order["OrderInclTaxTotal"], order["OrderExclTaxTotal"]) == (2, Decimal("2.40"))
        assert order["OrderTotal"] == Decimal("26.40")

    def test_each_class_has_its_rate_and_a_discount_is_negative(self, client: Client) -> None:
        rows = [
            {"Item": item, "QuantityOrdered": 1, "PricingUnitPrice": 100}
            for item in ("demo_1", "FOOD-10", "BOOK-55", "NOTAX")
        ]
        order = client.order(web_order(*rows, charge("DISC", -10, TaxClass1=2), charge("SHIP", 5, TaxClass1=4)))
        rates = [line["TaxRate1"] for line in order["OrderDetails"]]
        assert rates == [20, 10, Decimal("5.5"), 0, 10, Decimal("2.1")]
        taxes = [line["TaxAmount1"] for line in order["OrderDetails"]]
        assert taxes == [20, 10, Decimal("5.5"), 0, -1, Decimal("0.11")]
        assert order["OrderTotal"] == Decimal("429.61")

    def test_the_group_of_the_header_decides(self, client: Client) -> None:
        totals = {group: client.order(web_order(shirt(price=100), TaxGroup=group))["OrderTotal"] for group in (
            "FRTVA", "BETVA", "DEUST", "ESIVA", "EXPORT", "EUB2B")}  # fmt: skip
        assert totals == {"FRTVA": 120, "BETVA": 121, "DEUST": 119, "ESIVA": 121, "EXPORT": 100, "EUB2B": 100}

    def test_an_exempt_buyer_pays_none(self, client: Client) -> None:
        assert client.order(web_order(shirt(price=100), TaxClass1=2))["TotalTaxAmount"] == 0

    def test_tax_in_the_price_can_be_forbidden(self, client: Client) -> None:
        body = {"CustomerNumber": "1200", "OrderDate": "2026-11-20", "OrderDetails": [shirt(TaxIncluded1=True)]}
        assert client.refused(body)[1] == "FieldInvalid"

    def test_a_header_discount_is_spread_before_tax(self, client: Client) -> None:
        order = client.order(web_order(shirt(price=30), shirt(price=60), OrderDiscountPercentage=10))
        assert [line["OrderDiscountAmount"] for line in order["OrderDetails"]] == [3, 6]
        assert (order["TotalTaxAmount"], order["OrderTotal"]) == (Decimal("16.20"), Decimal("97.20"))


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "part"),
        [
            (web_order(CustomerNumber="NOBODY"), "does not exist"),
            (web_order(CustomerNumber="1700"), "because this customer is inactive"),
            ({"OrderDetails": [shirt()]}, "Before entering order information"),
            (web_order(OrderDate="2019-01-01"), "Cannot determine the fiscal period for Order Date."),
            (web_order(TaxGroup="NONE"), "Cannot find the specified tax group."),
            (web_order(TermsCode="NONE"), "terms code"),
            (web_order(ShipViaCode="NONE"), "ship-via code"),
            (web_order(DefaultLocationCode="9"), "Cannot find the specified location."),
            (web_order(OrderSourceCurrency="USD"), "differs from the currency"),
            (web_order({"LineType": "Item", "QuantityOrdered": 1}), "Select an item or miscellaneous charge."),
            (web_order(charge("NONE", 1)), "Cannot find the specified miscellaneous charge."),
            (web_order({"Item": "A1-900/0"}), "inactive"),
            (web_order({"Item": "A1-910/0"}), "not sellable"),
            (web_order({"Item": "A1-655/0", "QuantityOrdered": 1, "QuantityShipped": 1}), "Serial or lot numbers"),
            (web_order({"Item": "demo_1", "OrderUnitOfMeasure": "Box"}), "Cannot find the specified unit of measure."),
            (web_order(shirt(TaxClass1=11)), "Tax class 11"),
            (web_order(ShipToName="x" * 61), "ShipToName is too long"),
            (web_order(OrderNumber="P" * 23), "OrderNumber is too long"),
            (web_order(OrderOptionalFields=[{"OptionalField": "NONE", "Value": "1"}]), "optional field NONE"),
        ],
    )
    def test_business_refusals_are_409_in_sage_s_words(
        self, sage: Sage300Sandbox, client: Client, body: dict[str, Any], part: str
    ) -> None:
        status, code, text = client.refused(body)
        assert status == 409
        assert code in ("FieldInvalid", "General")
        assert part in text
        assert sage.orders() == []

    def test_long_texts_can_be_cut_silently(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.set_options(long_text="cut")
        assert client.order(web_order(ShipToName="x" * 61))["ShipToName"] == "x" * 60

    def test_a_locked_period_refuses_until_it_is_opened(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.lock_period("2026-11-01")
        assert "is locked" in client.refused(web_order())[2]
        assert client.get("CS/CSFiscalCalendars('2026')")["Period11Status"] == "Locked"
        sage.lock_period("2026-11-30", locked=False)
        client.order(web_order())

    def test_a_currency_without_a_rate_refuses(self, sage: Sage300Sandbox, client: Client) -> None:
        body = web_order(shirt(), CustomerNumber="WEBUSD")
        assert client.order(body)["OrderRate"] == Decimal("0.9203866")
        sage.change("CSCurrencyRates", "EUR", "SP", CurrencyRateDetail=[])
        assert client.refused(body)[2] == "There are no exchange rates for this currency."

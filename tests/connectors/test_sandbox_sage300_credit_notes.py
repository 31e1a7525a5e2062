"""Credit notes in the sandbox Sage 300: entered by the order's own rules, goods back in stock, Day End and A/R."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests

from connectors.sandbox.sage300 import Sage300Sandbox
from tests.connectors.sage300_client import Client, charge, shirt, web_order

NOTES = "OE/OECreditDebitNotes"


@pytest.fixture
def sage() -> Iterator[Sage300Sandbox]:
    with Sage300Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def client(sage: Sage300Sandbox) -> Client:
    return Client(sage)


def web_note(*lines: dict[str, Any], **header: Any) -> dict[str, Any]:
    """A credit note of the web account; a line needs only what it is about."""
    top = {"CustomerNumber": "WEBEUR", "CreditDebitNoteDate": "2026-11-21", "CreditDebitNoteType": "CreditNote"}
    return top | header | {"CreditDebitDetails": list(lines) or [returned()]}


def returned(quantity: Any = 1, price: Any = "23.90", **more: Any) -> dict[str, Any]:
    return {"Item": "demo_1", "QuantityReturned": quantity, "PricingUnitPrice": price} | more


def fee(code: str, amount: Any, **more: Any) -> dict[str, Any]:
    line = {"LineType": "Miscellaneous", "MiscellaneousChargesCode": code}
    return line | {"ExtendedAmountMiscellaneousCharge": amount} | more


def note(client: Client, body: dict[str, Any]) -> Any:
    status, answered = client.call("POST", NOTES, body)
    assert status == 201, answered
    return answered


def stock(sage: Sage300Sandbox, number: str = "DEMO_1") -> Decimal:
    record = sage.get("ICLocationDetails", number, "1")
    assert record is not None
    return Decimal(record["QuantityOnHand"])


class TestEntering:
    def test_the_body_of_sage_s_own_sample(self, sage: Sage300Sandbox, client: Client) -> None:
        made = note(client, {
            "CNUniquifier": 1793, "CustomerNumber": "1500", "Reference": "webapi", "Description": "OE Credit Note",
            "CreditDebitNoteDate": "2026-01-05", "CreditDebitNoteType": "CreditNote",
            "CreditDebitDetails": [
                {"CNUniquifier": 1793, "LineNumber": 32, "LineType": "Item", "Item": "A1-105/0",
                 "MiscellaneousChargesCode": "", "Location": "1", "QuantityReturned": 2, "CreditDebitNoteUOM": "Ea.",
                 "UnitPrice": 5.94},
                {"CNUniquifier": 1793, "LineNumber": 32, "LineType": "Miscellaneous", "MiscellaneousChargesCode": "HC",
                 "ExtendedAmountMiscellaneousCharge": 18.10}],
        })  # fmt: skip
        assert (made["CreditDebitNoteNumber"], made["NoOfLinesInCreditDebitNote"]) == ("CN000001", 2)
        assert made["CNUniquifier"] != 1793
        assert [line["LineNumber"] for line in made["CreditDebitDetails"]] == [32, 64]
        # 7.25 % of 11.88 and 18.10, each rounded.
        assert (made["CreditDebitNoteTotBeforeTax"], made["TotalTaxAmount"]) == (Decimal("29.98"), Decimal("2.17"))
        assert made["CreditDebitNoteTotal"] == Decimal("32.15")
        assert stock(sage, "A11050") == 902
        assert client.get(f"{NOTES}({made['CNUniquifier']})")["Reference"] == "webapi"

    @pytest.mark.parametrize("level", ["line", "document"])
    @pytest.mark.parametrize("inside", [True, False])
    def test_it_comes_to_what_the_order_came_to(
        self, sage: Sage300Sandbox, client: Client, level: str, inside: bool
    ) -> None:
        sage.set_options(tax_level=level)
        tax = {"TaxIncluded1": inside}
        rows = [(3, "0.33"), (1, "19.99"), (7, "1.2345")]
        order = client.order(
            web_order(*[shirt(*row, **tax) for row in rows], charge("SHIP", "4.90", **tax), charge("DISC", -3, **tax))
        )
        lines = [returned(*row, **tax) for row in rows]
        made = note(client, web_note(*lines, fee("SHIP", "4.90", **tax), fee("DISC", -3, **tax)))
        assert made["CreditDebitNoteTotal"] == order["OrderTotal"]
        assert made["TotalTaxAmount"] == order["TotalTaxAmount"]
        assert [each["TaxAmount1"] for each in made["CreditDebitDetails"]] == [
            each["TaxAmount1"] for each in order["OrderDetails"]
        ]
        assert (made["CreditDebitNoteExclTaxTotal"] == 0) is inside
        assert (made["CreditDebitNoteInclTaxTotal"] == 0) is not inside

    def test_a_class_sent_after_the_charge_is_its_rate(self, client: Client) -> None:
        made = note(client, web_note(fee("SHIP", 100, TaxClass1=3), fee("DISC", -50, TaxClass1=2)))
        assert [line["TaxAmount1"] for line in made["CreditDebitDetails"]] == [Decimal("5.5"), -5]
        assert made["CreditDebitNoteTotal"] == Decimal("50.5")

    def test_the_price_comes_from_the_list_unless_overridden(self, client: Client) -> None:
        rows = [{"Item": "BOOK-55", "QuantityReturned": 1}, {"Item": "BOOK-55", "QuantityReturned": 1, "UnitPrice": 5},
                {"Item": "BOOK-55", "QuantityReturned": 1, "PriceOverride": True, "PricingUnitPrice": 7}]  # fmt: skip
        lines = note(client, web_note(*rows))["CreditDebitDetails"]
        assert [line["UnitPrice"] for line in lines] == [Decimal("9.478673"), 5, 7]
        assert [line["PriceOverride"] for line in lines] == [False, True, True]

    def test_numbers_are_own_or_generated_and_used_once(self, client: Client) -> None:
        client.order(web_order(InvoiceWillBeProduced=True))
        assert note(client, web_note(CreditDebitNoteNumber="PS_1-C1"))["CreditDebitNoteNumber"] == "PS_1-C1"
        for taken in ("PS_1-C1", "IN000001"):
            refused = client.refused(web_note(CreditDebitNoteNumber=taken), NOTES)
            assert refused == (409, "RecordDuplicate", f"Document {taken} already exists. Specify a document number "
                                                       "that is not in use.")  # fmt: skip
        assert note(client, web_note(CreditDebitNoteNumber="*** NEW ***"))["CreditDebitNoteNumber"] == "CN000001"
        found = client.get(NOTES, filter="CreditDebitNoteNumber eq 'PS_1-C1'")["value"]
        assert [row["CreditDebitNoteTotal"] for row in found] == [Decimal("28.68")]

    def test_a_rate_of_the_day_or_the_one_that_was_sent(self, client: Client) -> None:
        made = note(client, web_note(CustomerNumber="WEBUSD"))
        assert (made["CreditDebitNoteSourceCurr"], made["CreditDebitNoteRate"]) == ("USD", Decimal("0.9203866"))
        sent = note(client, web_note(CustomerNumber="WEBUSD", CreditDebitNoteRate="0.93"))
        assert sent["CreditDebitNoteRate"] == Decimal("0.93")


class TestStock:
    @pytest.mark.parametrize(
        ("kind", "back"), [("ItemsReturnedToInventory", 2), ("DamagedItems", 0), ("PriceAdjustment", 0)]
    )
    def test_only_what_is_returned_to_inventory_lies_there_again(
        self, sage: Sage300Sandbox, client: Client, kind: str, back: int
    ) -> None:
        before = stock(sage)
        note(client, web_note(returned(2, ReturnType=kind)))
        assert stock(sage) - before == back

    def test_a_box_brings_back_ten_and_a_debit_note_nothing(self, sage: Sage300Sandbox, client: Client) -> None:
        before = stock(sage, "A11050")
        note(client, web_note({"Item": "A1-105/0", "CreditDebitNoteUOM": "Box", "QuantityReturned": 1}))
        assert stock(sage, "A11050") - before == 10
        made = note(client, web_note({"Item": "A1-105/0", "QuantityReturned": 1}, CreditDebitNoteType="DebitNote"))
        assert made["CreditDebitNoteNumber"] == "DN000001"
        assert stock(sage, "A11050") - before == 10


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "part"),
        [
            (web_note(CustomerNumber="NOBODY"), "does not exist"),
            (web_note(CustomerNumber="1700"), "inactive"),
            ({"CreditDebitDetails": [returned()]}, "enter a customer number"),
            ({"CustomerNumber": "WEBEUR", "CreditDebitDetails": []}, "Select an item or miscellaneous charge."),
            (web_note(CreditDebitNoteDate="2019-01-01"), "Cannot determine the fiscal period for Credit/Debit Note"),
            (web_note(TaxGroup="NONE"), "Cannot find the specified tax group."),
            (web_note(InvoiceNumber="IN999999"), "Cannot find the specified invoice"),
            (web_note(CreditDebitNoteSourceCurr="USD"), "differs from the currency"),
            (web_note(returned(-1)), "less than zero"),
            (web_note(fee("DISC", -100)), "less than zero"),
            (web_note(fee("NONE", 1)), "Cannot find the specified miscellaneous charge."),
            (web_note({"Item": "A1-655/0", "QuantityReturned": 1}), "Serial or lot numbers"),
            (web_note({"Item": "BEDLAMP"}), "does not exist"),
            (web_note(Description="x" * 61), "Description is too long"),
            (web_note(CreditDebitNoteNumber="C" * 23), "CreditDebitNoteNumber is too long"),
            (web_note(CreditDebitNoteOptionalFields=[{"OptionalField": "NONE", "Value": "1"}]), "NONE does not exist"),
        ],
    )
    def test_a_refused_note_leaves_nothing_behind(
        self, sage: Sage300Sandbox, client: Client, body: dict[str, Any], part: str
    ) -> None:
        before = stock(sage)
        lines = [returned(), *body["CreditDebitDetails"]] if body["CreditDebitDetails"] else []
        status, code, text = client.refused(body | {"CreditDebitDetails": lines}, NOTES)
        assert status == 409
        assert code in ("FieldInvalid", "General")
        assert part in text
        assert sage.credit_notes() == []
        assert stock(sage) == before
        # A number drawn before the refusal is free again.
        assert note(client, web_note())["CreditDebitNoteNumber"] == "CN000001"

    def test_a_locked_period_refuses(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.lock_period("2026-11-01")
        assert "is locked for Order Entry" in client.refused(web_note(), NOTES)[2]

    @pytest.mark.parametrize("body", [web_note(OrderTotal=1), web_note(returned(QuantityOrdered=1)), ["a list"]])
    def test_unknown_names_are_invalid_payload(self, client: Client, body: Any) -> None:
        assert client.refused(body, NOTES)[:2] == (400, "InvalidPayload")

    def test_a_note_takes_no_change(self, client: Client) -> None:
        key = note(client, web_note())["CNUniquifier"]
        for verb in ("PATCH", "PUT", "DELETE"):
            assert client.call(verb, f"{NOTES}({key})", {})[0] == 405


class TestAgainstAnInvoice:
    @pytest.mark.parametrize(
        "named",
        [
            {"InvoiceNumber": "IN000001"},
            {"Reference": "IN000001"},
            {"Reference": "PS_1-C1", "Description": "Refund 3 of invoice IN000001"},
        ],
    )
    def test_day_end_comes_first_where_the_company_says_so(
        self, sage: Sage300Sandbox, client: Client, named: dict[str, str]
    ) -> None:
        sage.set_options(credit_note_needs_day_end=True)
        client.order(web_order(InvoiceWillBeProduced=True))
        status, code, text = client.refused(web_note(**named), NOTES)
        assert (status, code) == (409, "General")
        assert text.startswith("Invoice IN000001 has not been processed by Day End.")
        sage.day_end()
        note(client, web_note(**named))

    def test_without_the_option_or_an_invoice_it_may_be_made_at_once(
        self, sage: Sage300Sandbox, client: Client
    ) -> None:
        client.order(web_order(InvoiceWillBeProduced=True))
        assert note(client, web_note(InvoiceNumber="IN000001"))["OrderNumber"] == "ORD000001"
        sage.set_options(credit_note_needs_day_end=True)
        note(client, web_note(Reference="ABCDEF"))

    def test_another_customer_s_invoice_is_refused(self, client: Client) -> None:
        client.order(web_order(InvoiceWillBeProduced=True))
        body = web_note(CustomerNumber="WEBB2B", InvoiceNumber="IN000001")
        assert "does not belong to customer WEBB2B" in client.refused(body, NOTES)[2]

    def test_in_receivables_it_lowers_what_the_invoice_owes(self, sage: Sage300Sandbox, client: Client) -> None:
        client.order(web_order(shirt(price=100), InvoiceWillBeProduced=True))
        note(client, web_note(returned(price=30), InvoiceNumber="IN000001", CreditDebitNoteNumber="PS_1-C1"))
        note(client, web_note(returned(price=10), CreditDebitNoteNumber="PS_1-C2"))
        sage.day_end()
        sage.post_batches()
        due = {row["DocumentNumber"]: row["CustomerCurrencyAmountDue"] for row in sage.posted_documents()}
        assert due == {"IN000001": 84, "PS_1-C1": 0, "PS_1-C2": -12}
        posted = client.get("AR/ARPostedDocuments(CustomerNumber='WEBEUR',DocumentNumber='PS_1-C1')")
        assert (posted["DocumentType"], posted["FullyPaid"]) == ("CreditNote", "Yes")
        assert (posted["CustomerCurrencyInvoiceAmount"], posted["CustomerCurrencyTaxAmount"]) == (-36, -6)
        customer = client.get("AR/ARCustomers('WEBEUR')")
        assert customer["BalanceDueInCustomerCurrency"] == 72


class TestAround:
    def test_an_answer_lost_after_commit_leaves_one_note(self, sage: Sage300Sandbox, client: Client) -> None:
        for kind in ("lose_answer", "cut"):
            number = f"PS-{kind}"
            sage.trouble(kind, verb="POST", resource="OECreditDebitNotes")
            with pytest.raises(requests.RequestException):
                note(client, web_note(CreditDebitNoteNumber=number))
            assert client.refused(web_note(CreditDebitNoteNumber=number), NOTES)[1] == "RecordDuplicate"
        assert len(sage.credit_notes()) == 2

    @pytest.mark.parametrize("kind", ["status", "in_use", "drop"])
    def test_a_trouble_before_the_work_leaves_none(self, sage: Sage300Sandbox, client: Client, kind: str) -> None:
        sage.trouble(kind, resource="OECreditDebitNotes")
        try:
            assert client.call("POST", NOTES, web_note())[0] >= 400
        except requests.ConnectionError:
            assert kind == "drop"
        assert sage.credit_notes() == []
        note(client, web_note())

    def test_a_restore_takes_note_number_and_stock_back(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.snapshot("night")
        before = stock(sage)
        note(client, web_note(returned(4)))
        sage.restore("night")
        assert sage.credit_notes() == []
        assert stock(sage) == before
        assert note(client, web_note())["CreditDebitNoteNumber"] == "CN000001"

    def test_metadata_and_page_show_it(self, sage: Sage300Sandbox, client: Client) -> None:
        text = client.http.get(f"{client.base}/OE/$metadata", timeout=60).text
        assert 'EntitySet Name="OECreditDebitNotes"' in text
        assert 'Name="ReturnType"' in text
        note(client, web_note(returned(2, price=10, Description="<b>Shirt</b>"), Reference="ABCDEF"))
        page = requests.get(sage.url, timeout=60).text
        for part in ("Credit note CN000001: 24.00 EUR", "ABCDEF", "&lt;b&gt;Shirt", "ItemsReturnedToInventory"):
            assert part in page

"""Postings in the sandbox Sage 300: Day End, what is applied to what, refunds, and balances that move."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests

from connectors.sandbox.sage300 import Sage300Sandbox
from tests.connectors.sage300_client import Client, shirt, web_order
from tests.connectors.sage300_receipts import (
    BATCHES,
    add,
    balance,
    batch,
    document,
    for_order,
    invoiced,
    key,
    made,
    patch,
    prepayment,
    receipt,
)


@pytest.fixture
def sage() -> Iterator[Sage300Sandbox]:
    with Sage300Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def client(sage: Sage300Sandbox) -> Client:
    return Client(sage)


class TestApplying:
    def test_documents_must_be_posted_and_owe_as_much(self, sage: Sage300Sandbox, client: Client) -> None:
        client.order(web_order(InvoiceWillBeProduced=True))
        assert "does not exist" in client.refused(batch(receipt("IN000001")), BATCHES)[2]
        sage.day_end()
        assert "does not exist" in client.refused(batch(receipt("IN000001")), BATCHES)[2]
        sage.post_batches()
        assert "net balance, 28.680" in client.refused(batch(receipt("IN000001", 30, 30)), BATCHES)[2]
        other = receipt("IN000001", CustomerNumber="WEBB2B")
        assert client.refused(batch(other), BATCHES)[1] == "FieldInvalid"
        made(client, batch(receipt("IN000001", 20)))
        # What the open batch holds counts: 8.68 are left.
        assert add(client, receipt("IN000001", 9, 9))[0] == 409
        assert add(client, receipt("IN000001", "8.68"))[0] == 204

    def test_more_than_is_due_stays_unapplied(self, sage: Sage300Sandbox, client: Client) -> None:
        invoiced(sage, client)
        entry = made(client, batch(receipt("IN000001", 30), BatchStatus="ReadyToPost"))["ReceiptsAdjustments"][0]
        assert (entry["TotalCustomerAmountApplied"], entry["CustomerUnappliedAmount"]) == (
            Decimal("28.68"),
            Decimal("1.32"),
        )
        sage.post_batches()
        assert document(client, "PY000001")["CustomerCurrencyAmountDue"] == Decimal("-1.32")
        assert (document(client, "IN000001")["FullyPaid"], balance(client)) == ("Yes", Decimal("-1.32"))


class TestPosting:
    def post(self, client: Client, resource: str, **body: Any) -> int:
        return client.call("POST", f"AR/{resource}('$process')", body)[0]

    def test_from_the_order_to_the_paid_invoice_over_http(self, client: Client) -> None:
        order = client.order(web_order(OrderNumber="PS_1", PurchaseOrderNumber="ABCDEF", InvoiceWillBeProduced=True))
        assert client.get("AR/ARPostedDocuments")["value"] == []
        assert client.call("POST", "IC/ICDayEndProcessing('$process')", {"ClearHistory": False})[0] == 204
        assert client.get("AR/ARInvoiceBatches")["value"][0]["BatchStatus"] == "ReadyToPost"
        assert client.get("AR/ARPostedDocuments")["value"] == []
        assert balance(client) == 0
        assert self.post(client, "ARPostInvoices", PostAllBatches="Postallbatches") == 204
        asked = "CustomerNumber eq 'WEBEUR' and FullyPaid eq '0' and DocumentType eq '1'"
        unpaid = client.get("AR/ARPostedDocuments", filter=asked)["value"]
        assert [(row["DocumentNumber"], row["OrderNumber"], row["PONumber"], row["CustomerCurrencyAmountDue"])
                for row in unpaid] == [("IN000001", "PS_1", "ABCDEF", order["OrderTotal"])]  # fmt: skip
        assert balance(client) == order["OrderTotal"]
        made(client, batch(receipt("IN000001", CheckReceiptNumber="PS_1-R1", EntryReference="pi_3XYZ")))
        body = {"BatchType": "CA", "PostBatchFrom": 1, "PostBatchTo": 1}
        assert self.post(client, "ARPostReceiptsAndAdjustments", **body) == 409
        patch(client, {"BatchStatus": "ReadyToPost"})
        assert self.post(client, "ARPostReceiptsAndAdjustments", **body) == 204
        paid = document(client, "IN000001")
        assert (paid["FullyPaid"], paid["CustomerCurrencyAmountDue"]) == ("Yes", 0)
        assert balance(client) == 0
        posted = client.get("AR/ARPostedReceipts", filter="CheckReceiptNumber eq 'PS_1-R1'")["value"]
        assert [(row["CustomerReceiptAmount"], row["BankCode"], row["PaymentCode"]) for row in posted] == [
            (Decimal("28.68"), "BNPEUR", "CARD")
        ]
        assert client.get(key())["BatchStatus"] == "Posted"
        assert self.post(client, "ARPostReceiptsAndAdjustments", **body) == 409

    @pytest.mark.parametrize("receipt_first", [True, False])
    def test_a_prepayment_finds_its_order_s_invoice_whichever_is_posted_first(
        self, sage: Sage300Sandbox, client: Client, receipt_first: bool
    ) -> None:
        client.order(web_order(OrderNumber="PS_1", InvoiceWillBeProduced=True))
        made(client, batch(prepayment(**for_order("PS_1")), BatchStatus="ReadyToPost"))
        if receipt_first:
            sage.post_batches()
            waiting = document(client, "PP000001")
            assert (waiting["OrderNumber"], waiting["CustomerCurrencyAmountDue"]) == ("PS_1", Decimal("-28.68"))
            assert client.get("AR/ARCustomers('WEBEUR')")["AmountPrepaidCustomerCurrency"] == Decimal("28.68")
        sage.day_end()
        sage.post_batches()
        assert [row["FullyPaid"] for row in sage.posted_documents()] == ["Yes", "Yes"]
        customer = client.get("AR/ARCustomers('WEBEUR')")
        assert customer["BalanceDueInCustomerCurrency"] == customer["AmountPrepaidCustomerCurrency"] == 0
        assert customer["NumberOfOpenDocuments"] == customer["NumberOfOpenPrepayments"] == 0

    def test_a_prepayment_is_for_its_own_order_only(self, sage: Sage300Sandbox, client: Client) -> None:
        named = {"DocumentType": "OrderNumber", "MatchingDocumentNumber": "PS_2"}
        made(client, batch(prepayment(**named), BatchStatus="ReadyToPost"))
        invoiced(sage, client, OrderNumber="PS_1")
        assert [row["FullyPaid"] for row in sage.posted_documents()] == ["No", "No"]
        sage.set_options(apply_prepayments=False)
        invoiced(sage, client, OrderNumber="PS_2")
        assert document(client, "IN000002")["FullyPaid"] == "No"

    def test_a_number_counts_as_what_it_is_said_to_be(self, sage: Sage300Sandbox, client: Client) -> None:
        named = {"DocumentType": "PONumber", "MatchingDocumentNumber": "PS_1"}
        made(client, batch(prepayment(5, **named), BatchStatus="ReadyToPost"))
        invoiced(sage, client, OrderNumber="PS_1", PurchaseOrderNumber="ABCDEF")
        assert document(client, "PP000001")["CustomerCurrencyAmountDue"] == -5
        invoiced(sage, client, OrderNumber="PS_2", PurchaseOrderNumber="PS_1")
        assert document(client, "PP000001")["CustomerCurrencyAmountDue"] == 0

    def test_balances_are_the_sum_of_what_is_open(self, sage: Sage300Sandbox, client: Client) -> None:
        for number in range(1, 5):
            client.order(web_order(shirt(number, price=10), OrderNumber=f"PS_{number}", InvoiceWillBeProduced=True))
        body = batch(prepayment(7, **for_order("PS_1")), prepayment(50, **for_order("PS_2")), prepayment(3))
        made(client, body | {"BatchStatus": "ReadyToPost"})
        sage.day_end()
        sage.post_batches()
        note = {"CustomerNumber": "WEBEUR", "CreditDebitNoteDate": "2026-11-21", "InvoiceNumber": "IN000003",
                "CreditDebitDetails": [{"Item": "demo_1", "QuantityReturned": 1, "UnitPrice": 10}]}  # fmt: skip
        client.call("POST", "OE/OECreditDebitNotes", note)
        sage.day_end()
        made(client, batch(receipt("IN000004", 40), BatchStatus="ReadyToPost"))
        sage.post_batches()
        documents = sage.posted_documents()
        assert balance(client) == sum(row["CustomerCurrencyAmountDue"] for row in documents)
        assert balance(client) == 120 - 7 - 50 - 3 - 12 - 40
        opened = client.get("AR/ARCustomers('WEBEUR')")["NumberOfOpenDocuments"]
        assert opened == sum(row["FullyPaid"] == "No" for row in documents)

    def test_a_locked_batch_is_not_posted(self, sage: Sage300Sandbox, client: Client) -> None:
        made(client, batch(prepayment(), BatchStatus="ReadyToPost"))
        sage.lock_batch(1)
        assert self.post(client, "ARPostReceiptsAndAdjustments", PostAllBatches="Postallbatches") == 409
        assert sage.posted_documents() == []

    def test_what_was_paid_meanwhile_keeps_the_whole_batch_unposted(self, sage: Sage300Sandbox, client: Client) -> None:
        invoiced(sage, client)
        body = batch(prepayment(5), receipt("IN000001"), BatchStatus="ReadyToPost")
        made(client, body)
        note = {"CustomerNumber": "WEBEUR", "CreditDebitNoteDate": "2026-11-21", "InvoiceNumber": "IN000001",
                "CreditDebitDetails": [{"Item": "demo_1", "QuantityReturned": 1, "UnitPrice": 5}]}  # fmt: skip
        client.call("POST", "OE/OECreditDebitNotes", note)
        sage.day_end()
        self.post(client, "ARPostInvoices", PostAllBatches="Postallbatches")
        before = balance(client)
        assert self.post(client, "ARPostReceiptsAndAdjustments", PostAllBatches="Postallbatches") == 409
        assert (balance(client), client.get(key())["BatchStatus"]) == (before, "ReadyToPost")

    def test_functional_amounts_follow_the_document_s_rate(self, sage: Sage300Sandbox, client: Client) -> None:
        client.order(web_order(shirt(price=100), CustomerNumber="WEBUSD", InvoiceWillBeProduced=True))
        sage.day_end()
        sage.post_batches()
        customer = client.get("AR/ARCustomers('WEBUSD')")
        assert (customer["BalanceDueInCustomerCurrency"], customer["BalanceDueInFunctionalCurrency"]) == (
            100,
            Decimal("92.04"),
        )


REFUNDS = "AR/ARRefundBatches"


class TestRefunds:
    def credit(self, sage: Sage300Sandbox, client: Client) -> None:
        """A prepayment of 50 that nothing uses."""
        made(client, batch(prepayment(50), BatchStatus="ReadyToPost"))
        sage.post_batches()

    def refund(self, *details: dict[str, Any], **more: Any) -> dict[str, Any]:
        lines = [{"DocumentNumber": "PP000001", "PaymentType": "Cash"} | each for each in details]
        entry = {"CustomerNumber": "WEBEUR", "DocumentDate": "2026-11-22", "CashBankAccount": "BNPEUR"}
        return {"BatchDescription": "PS", "RefundEntries": [entry | more | {"RefundDetails": lines}]}

    def test_money_paid_out_closes_the_credit(self, sage: Sage300Sandbox, client: Client) -> None:
        self.credit(sage, client)
        status, answered = client.call("POST", REFUNDS, self.refund({"AmountCustomer": 20}))
        assert (status, answered["BatchNumber"], answered["TotalOfEntries"]) == (201, 1, 20)
        assert answered["RefundEntries"][0]["DocumentNumber"] == "RF000001"
        card = {"PaymentType": "CreditCard", "CreditCardBankAccount": "BNPEUR"}
        body = {"RefundEntries": self.refund(card)["RefundEntries"], "BatchStatus": "ReadyToPost"}
        assert client.call("PATCH", f"{REFUNDS}(1)", body)[0] == 204
        # What the first entry takes is no longer there for the second one.
        entries = client.get(f"{REFUNDS}(1)")["RefundEntries"]
        assert [row["RefundAmountCustomer"] for row in entries] == [20, 30]
        assert balance(client) == -50
        run = client.call("POST", "AR/ARPostRefunds('$process')", {"PostAllBatches": "Postallbatches"})
        assert run[0] == 204
        assert balance(client) == 0
        assert [(row["DocumentType"], row["FullyPaid"]) for row in sage.posted_documents()] == [
            ("Prepayment", "Yes"),
            ("Refund", "Yes"),
            ("Refund", "Yes"),
        ]

    @pytest.mark.parametrize(
        ("detail", "more", "part"),
        [
            ({"AmountCustomer": 51}, {}, "net balance, 50.000"),
            ({"DocumentNumber": "IN000001"}, {}, "Credit IN000001 does not exist"),
            ({}, {"CashBankAccount": ""}, "bank code"),
            ({}, {"CashBankAccount": "BNPUSD"}, "cannot pay in EUR"),
            ({}, {"CustomerNumber": "WEBB2B"}, "does not exist for customer WEBB2B"),
            ({}, {"DocumentDate": "2019-01-01"}, "fiscal period for Refund Date"),
        ],
    )
    def test_more_than_is_open_or_from_a_wrong_bank_is_refused(
        self, sage: Sage300Sandbox, client: Client, detail: dict[str, Any], more: dict[str, Any], part: str
    ) -> None:
        self.credit(sage, client)
        invoiced(sage, client)
        status, code, text = client.refused(self.refund(detail, **more), REFUNDS)
        assert (status, code) == (409, "FieldInvalid")
        assert part in text
        assert sage.refund_batches() == []

    def test_the_page_and_the_metadata_show_it(self, sage: Sage300Sandbox, client: Client) -> None:
        self.credit(sage, client)
        client.call("POST", REFUNDS, self.refund({}, DocumentDescription="PS_1 <refund>"))
        assert 'EntitySet Name="ARRefundBatches"' in client.http.get(f"{client.base}/AR/$metadata", timeout=60).text
        assert "PS_1 &lt;refund&gt;" in requests.get(sage.url, timeout=60).text

"""Receipts in the sandbox Sage 300: one open batch that grows, what refuses, and what goes wrong around it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests

from connectors.sandbox.sage300 import Sage300Sandbox
from tests.connectors.sage300_client import Client, web_order
from tests.connectors.sage300_receipts import (
    BATCHES,
    add,
    balance,
    batch,
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


class TestEntering:
    def test_the_prepayment_of_sage_s_own_sample(self, client: Client) -> None:
        answered = made(client, {
            "BatchRecordType": "CA", "BatchNumber": 146, "BatchDate": "2026-01-05", "Description": "prepay",
            "NumberOfEntries": 1, "BankCode": "SEATAC", "DefaultBankCurrency": "USD",
            "ReceiptsAdjustments": [
                {"BatchType": "CA", "BatchNumber": 146, "EntryNumber": 1, "CustomerNumber": "1500",
                 "ReceiptDateAdjustmentDate": "2026-01-05", "EntryDescription": "1", "EntryReference": "",
                 "BankReceiptAmount": 22, "CustomerReceiptAmount": 22, "TotalCustomerAmountApplied": 22,
                 "ReceiptTransactionType": "Prepayment", "CustomerUnappliedAmount": 0,
                 "AppliedReceiptsAdjustments": [
                     {"BatchType": "CA", "BatchNumber": 146, "EntryNumber": 1, "LineNumber": 20,
                      "CustomerNumber": "1500", "PaymentNumber": 1, "CustomerReceiptAmount": 22}]}],
        })  # fmt: skip
        assert (answered["BatchNumber"], answered["BatchTotal"], answered["BatchStatus"]) == (1, 22, "Open")
        entry = answered["ReceiptsAdjustments"][0]
        assert (entry["BatchNumber"], entry["EntryNumber"], entry["DocumentNumber"]) == (1, 1, "PP000001")
        assert (entry["CustomerCurrencyCode"], entry["BankExchangeRate"]) == ("USD", Decimal("0.9203866"))
        assert entry["FunctionalReceiptAmount"] == Decimal("20.25")
        assert (entry["AppliedReceiptsAdjustments"][0]["BatchNumber"], entry["CustomerUnappliedAmount"]) == (1, 0)

    def test_the_small_receipt_of_a_working_client(self, sage: Sage300Sandbox, client: Client) -> None:
        invoiced(sage, client)
        line = {"TransactionType": "ReceiptPosted", "CustomerNumber": "WEBEUR", "DocumentNumber": "IN000001",
                "DocumentAmountDue": 28.68}  # fmt: skip
        answered = made(client, {
            "BatchRecordType": "CA", "Description": "web", "BankCode": "BNPEUR",
            "ReceiptsAdjustments": [
                {"CustomerNumber": "WEBEUR", "EntryDescription": "order 1", "BankReceiptAmount": 28.68,
                 "ReceiptTransactionType": "Receipt", "CheckReceiptNumber": "PS_1-R1", "PaymentCode": "CARD",
                 "AppliedReceiptsAdjustments": [line]}],
        })  # fmt: skip
        entry = answered["ReceiptsAdjustments"][0]
        assert (entry["TotalCustomerAmountApplied"], entry["CustomerUnappliedAmount"]) == (Decimal("28.68"), 0)
        assert (entry["DocumentNumber"], entry["PaymentType"]) == ("PY000001", "CreditCard")

    def test_it_is_found_by_description_bank_and_status_with_its_entries(self, client: Client) -> None:
        made(client, batch(prepayment(CheckReceiptNumber="PS_1-R1")))
        made(client, batch(Description="other"))
        asked = "Description eq 'PS shop 1 BNPEUR 2026-11-20' and BankCode eq 'BNPEUR' and BatchStatus eq 'Open'"
        rows = client.get(BATCHES, filter=asked)["value"]
        assert [row["BatchNumber"] for row in rows] == [1]
        assert rows[0]["ReceiptsAdjustments"][0]["CheckReceiptNumber"] == "PS_1-R1"
        assert client.get(BATCHES, filter="BatchStatus eq '7'")["value"] == []
        assert len(client.get(BATCHES, filter="BatchStatus eq '1'")["value"]) == 2
        only = client.get(key(), select="ReceiptsAdjustments")
        assert len(only["ReceiptsAdjustments"]) == 1

    def test_a_batch_without_its_kind_or_bank_is_refused(self, client: Client) -> None:
        assert client.refused({"BankCode": "BNPEUR"}, BATCHES)[1] == "FieldInvalid"
        assert client.refused({"BatchRecordType": "CA"}, BATCHES)[1] == "FieldInvalid"
        assert client.refused({"BatchRecordType": "AD", "BankCode": "BNPEUR"}, BATCHES)[1] == "FieldInvalid"
        assert client.refused(batch(Nothing=1), BATCHES)[:2] == (400, "InvalidPayload")

    def test_neither_put_nor_delete(self, client: Client) -> None:
        made(client, batch())
        assert [client.call(verb, key(), {})[0] for verb in ("PUT", "DELETE")] == [405, 405]


class TestAddingEntries:
    def test_inserted_entries_join_those_that_are_there(self, client: Client) -> None:
        made(client, batch(prepayment(10, CheckReceiptNumber="A")))
        assert add(client, prepayment(20, CheckReceiptNumber="B"), prepayment(30, CheckReceiptNumber="C")) == (204, "")
        stored = client.get(key())
        numbers = [(row["EntryNumber"], row["CheckReceiptNumber"]) for row in stored["ReceiptsAdjustments"]]
        assert numbers == [(1, "A"), (2, "B"), (3, "C")]
        assert (stored["NumberOfEntries"], stored["LastEntryNumber"], stored["BatchTotal"]) == (3, 3, 60)

    def test_unspecified_overwrites_the_entry_of_that_number(self, client: Client) -> None:
        made(client, batch(prepayment(10, CheckReceiptNumber="A", EntryReference="kept")))
        patch(client, {"ReceiptsAdjustments": [{"EntryNumber": 1, "CheckReceiptNumber": "B"}]})
        patch(client, {"ReceiptsAdjustments": [prepayment(20, CheckReceiptNumber="C")]})
        rows = client.get(key())["ReceiptsAdjustments"]
        assert [(row["CheckReceiptNumber"], row["EntryReference"]) for row in rows] == [("B", "kept"), ("C", "")]

    def test_an_insert_under_a_taken_number_gets_the_next_and_says_so(self, client: Client) -> None:
        made(client, batch(prepayment(10, CheckReceiptNumber="A")))
        add(client, prepayment(20, CheckReceiptNumber="B", EntryNumber=1))
        stored = client.get(key())
        assert [row["CheckReceiptNumber"] for row in stored["ReceiptsAdjustments"]] == ["A", "B"]
        assert stored["Warnings"][0]["Message"] == (
            "Another user has created entry number 1. This entry has been assigned entry number 2."
        )

    def test_update_and_delete_need_what_they_name(self, client: Client) -> None:
        made(client, batch(prepayment(10), prepayment(20)))
        for operation in ("Update", "Delete"):
            row = {"UpdateOperation": operation, "EntryNumber": 9}
            assert "may have deleted it" in patch(client, {"ReceiptsAdjustments": [row]})[1]
        patch(client, {"ReceiptsAdjustments": [{"UpdateOperation": "Delete", "EntryNumber": 2}]})
        add(client, prepayment(30))
        stored = client.get(key())
        assert [row["EntryNumber"] for row in stored["ReceiptsAdjustments"]] == [1, 3]
        assert stored["BatchTotal"] == 40

    def test_one_bad_entry_adds_none_of_its_call(self, client: Client) -> None:
        made(client, batch(prepayment(10)))
        assert add(client, prepayment(20), prepayment(30, CustomerNumber="NOBODY"))[0] == 409
        stored = client.get(key())
        assert (len(stored["ReceiptsAdjustments"]), stored["BatchTotal"]) == (1, 10)
        add(client, prepayment(20))
        assert client.get(key())["ReceiptsAdjustments"][1]["DocumentNumber"] == "PP000002"

    def test_two_writers_lose_nothing(self, sage: Sage300Sandbox, client: Client) -> None:
        made(client, batch())

        def write(name: str) -> None:
            own = Client(sage)
            for number in range(5):
                add(own, prepayment(1, CheckReceiptNumber=f"{name}{number}"))

        threads = [threading.Thread(target=write, args=(name,)) for name in "ABC"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rows = client.get(key())["ReceiptsAdjustments"]
        assert [row["EntryNumber"] for row in rows] == list(range(1, 16))
        assert len({row["CheckReceiptNumber"] for row in rows}) == 15


class TestStatus:
    def test_a_batch_handed_over_takes_no_more_entries_until_it_is_open_again(self, client: Client) -> None:
        made(client, batch(prepayment()))
        assert patch(client, {"BatchStatus": "ReadyToPost"})[0] == 204
        assert client.get(key())["BatchStatus"] == "ReadyToPost"
        assert "because it is not open" in add(client, prepayment())[1]
        patch(client, {"BatchStatus": "Open"})
        assert add(client, prepayment())[0] == 204

    def test_it_may_be_handed_over_as_it_is_made_or_filled(self, client: Client) -> None:
        assert made(client, batch(prepayment(), BatchStatus="ReadyToPost"))["BatchStatus"] == "ReadyToPost"
        made(client, batch())
        body = {"BatchStatus": "ReadyToPost", "ReceiptsAdjustments": [prepayment()]}
        assert patch(client, body, 2)[0] == 204
        assert "cannot be changed to Posted" in patch(client, {"BatchStatus": "Posted"}, 2)[1]

    def test_a_locked_batch_is_refused_and_stays_as_it_was(self, sage: Sage300Sandbox, client: Client) -> None:
        made(client, batch())
        sage.lock_batch(1)
        assert add(client, prepayment()) == (
            409, "Batch 1 can be viewed but not edited because it is locked by another user."
        )  # fmt: skip
        made(client, batch(prepayment()))
        sage.lock_batch(1, locked=False)
        assert add(client, prepayment())[0] == 204
        sage.trouble("batch_locked", verb="PATCH", resource="ARReceiptAndAdjustmentBatches")
        status, answered = client.call("PATCH", key(), {"ReceiptsAdjustments": [prepayment()]})
        assert (status, answered["error"]["code"]) == (409, "General")
        assert "Batch 1 can be viewed" in answered["error"]["message"]["value"]
        assert len(client.get(key())["ReceiptsAdjustments"]) == 1

    def test_no_such_batch(self, client: Client) -> None:
        assert client.call("PATCH", key(7), {"Description": "x"})[1]["error"]["code"] == "RecordNotFound"


class TestRefusals:
    @pytest.mark.parametrize(
        ("header", "entry", "part"),
        [
            ({"BankCode": "NONE"}, {}, "bank code"),
            ({"DefaultBankCurrency": "USD"}, {}, "not set up for bank"),
            ({}, {"CustomerNumber": "NOBODY"}, "does not exist"),
            ({}, {"CustomerNumber": "1700"}, "inactive"),
            ({}, {"PaymentCode": "NONE"}, "payment code"),
            ({}, {"CustomerCurrencyCode": "USD"}, "not the currency"),
            ({}, {"ReceiptDateAdjustmentDate": "2019-01-01"}, "fiscal period for Receipt Date"),
            ({}, {"BankReceiptAmount": 0}, "greater than zero"),
            ({}, {"BankReceiptAmount": -5}, "greater than zero"),
            ({}, {"CustomerReceiptAmount": 5}, "differs from the bank's amount"),
            ({}, {"CheckReceiptNumber": "x" * 25}, "CheckReceiptNumber is too long"),
            ({}, {"EntryReference": "x" * 61}, "EntryReference is too long"),
            ({}, {"ReceiptTransactionType": "MiscellaneousReceipt"}, "cannot be entered"),
            ({}, {"AppliedReceiptsAdjustments": [{"CustomerReceiptAmount": 99}]}, "greater than the receipt"),
            ({}, {"CustomerNumber": "WEBUSD"}, "There are no exchange rates for this currency."),
        ],
    )
    def test_business_refusals_keep_the_batch_out(
        self, sage: Sage300Sandbox, client: Client, header: dict[str, Any], entry: dict[str, Any], part: str
    ) -> None:
        status, code, text = client.refused(batch(prepayment() | entry, **header), BATCHES)
        assert (status, code) == (409, "FieldInvalid")
        assert part in text
        assert sage.receipt_batches() == []

    def test_inactive_bank_or_payment_code(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.change("ARPaymentCodes", "DIGWAL", Status="Inactive")
        assert "DIGWAL is inactive" in client.refused(batch(prepayment()), BATCHES)[2]
        sage.change("BKBanks", "BNPEUR", Status="Inactive")
        assert "BNPEUR is inactive" in client.refused(batch(), BATCHES)[2]

    def test_locked_periods_of_the_batch_and_of_the_receipt(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.lock_period("2026-10-01")
        text = client.refused(batch(prepayment(), BatchDate="2026-10-05"), BATCHES)[2]
        assert text.startswith("Batch Date 2026-10-05 corresponds to period 10 in fiscal year 2026, which is locked")
        text = client.refused(batch(prepayment(ReceiptDateAdjustmentDate="2026-10-05")), BATCHES)[2]
        assert "is locked for Accounts Receivable" in text

    def test_another_currency_than_the_bank_s_needs_its_rate(self, client: Client) -> None:
        body = prepayment(50, CustomerNumber="WEBUSD")
        assert client.refused(batch(body), BATCHES)[1] == "FieldInvalid"
        entry = made(client, batch(body | {"CustomerExchangeRate": "0.8"}))["ReceiptsAdjustments"][0]
        assert (entry["BankReceiptAmount"], entry["CustomerReceiptAmount"]) == (50, Decimal("62.5"))
        assert entry["FunctionalReceiptAmount"] == 50

    def test_the_bank_s_rate_is_the_table_s_unless_it_is_sent(self, sage: Sage300Sandbox, client: Client) -> None:
        dollars = batch(prepayment(100, CustomerNumber="WEBUSD"), BankCode="BNPUSD")
        assert made(client, dollars)["FunctionalBatchTotal"] == Decimal("92.04")
        entry = prepayment(100, CustomerNumber="WEBUSD", BankExchangeRate="0.9")
        assert made(client, batch(entry, BankCode="BNPUSD"))["FunctionalBatchTotal"] == 90
        sage.change("CSCurrencyRates", "EUR", "SP", CurrencyRateDetail=[])
        assert client.refused(dollars, BATCHES)[2] == "There are no exchange rates for this currency."

    def test_a_check_number_may_be_used_once_where_the_company_says_so(
        self, sage: Sage300Sandbox, client: Client
    ) -> None:
        made(client, batch(prepayment(CheckReceiptNumber="PS_1-R1"), prepayment(CheckReceiptNumber="PS_1-R1")))
        sage.set_options(duplicate_checks="refuse")
        assert "already been used" in add(client, prepayment(CheckReceiptNumber="PS_1-R1"))[1]
        patch(client, {"BatchStatus": "ReadyToPost"})
        sage.post_batches()
        assert client.refused(batch(prepayment(CheckReceiptNumber="PS_1-R1")), BATCHES)[1] == "General"
        made(client, batch(prepayment(CheckReceiptNumber="PS_1-R2")))


class TestAround:
    @pytest.mark.parametrize(("verb", "kind"), [
        ("POST", "lose_answer"), ("PATCH", "lose_answer"), ("POST", "cut"), ("PATCH", "cut"),
    ])  # fmt: skip
    def test_an_answer_lost_after_commit_leaves_one_entry(
        self, sage: Sage300Sandbox, client: Client, verb: str, kind: str
    ) -> None:
        if verb == "PATCH":
            made(client, batch())
        sage.trouble(kind, verb=verb, resource="ARReceiptAndAdjustmentBatches")
        with pytest.raises(requests.RequestException):
            add(client, prepayment()) if verb == "PATCH" else made(client, batch(prepayment()))
        assert [len(each["ReceiptsAdjustments"]) for each in sage.receipt_batches()] == [1]

    @pytest.mark.parametrize("kind", ["status", "in_use", "drop", "html"])
    def test_a_trouble_before_the_work_leaves_none(self, sage: Sage300Sandbox, client: Client, kind: str) -> None:
        made(client, batch())
        sage.trouble(kind, verb="PATCH")
        with pytest.raises((AssertionError, requests.RequestException)):
            assert add(client, prepayment())[0] == 204
        assert sage.receipt_batches()[0]["ReceiptsAdjustments"] == []

    def test_an_entry_added_after_the_client_has_gone(self, sage: Sage300Sandbox, client: Client) -> None:
        made(client, batch())
        sage.trouble("late_commit", verb="PATCH", ms=200)
        hasty = Client(sage)
        hasty.patience = 0.3
        with pytest.raises(requests.Timeout):
            add(hasty, prepayment())
        deadline = time.monotonic() + 60
        while not sage.receipt_batches()[0]["ReceiptsAdjustments"] and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(sage.receipt_batches()[0]["ReceiptsAdjustments"]) == 1

    def test_a_restore_takes_batches_postings_and_balances_back(self, sage: Sage300Sandbox, client: Client) -> None:
        invoiced(sage, client)
        sage.snapshot("night")
        made(client, batch(receipt("IN000001"), BatchStatus="ReadyToPost"))
        sage.post_batches()
        assert balance(client) == 0
        sage.restore("night")
        assert (sage.receipt_batches(), sage.all("ARPostedReceipts"), balance(client)) == ([], [], Decimal("28.68"))
        assert made(client, batch(prepayment()))["BatchNumber"] == 1

    def test_metadata_lists_batches_postings_and_what_is_run(self, sage: Sage300Sandbox, client: Client) -> None:
        text = client.http.get(f"{client.base}/AR/$metadata", timeout=60).text
        for name in ("ARReceiptAndAdjustmentBatches", "ARInvoiceBatches", "ARPostedDocuments", "ARPostedReceipts",
                     "ARPostInvoices", "ARPostReceiptsAndAdjustments"):  # fmt: skip
            assert f'EntitySet Name="{name}"' in text
        assert '<Member Name="ReadyToPost" Value="7"/>' in text
        assert client.call("POST", f"{BATCHES}('$template')")[1]["BatchStatus"] == "Open"
        sage.set_options(missing=["ARReceiptAndAdjustmentBatches"])
        assert client.call("GET", BATCHES)[1]["error"]["code"] == "ResourceNotFound"

    def test_the_page_and_the_control_door(self, sage: Sage300Sandbox, client: Client) -> None:
        made(client, batch(prepayment(CheckReceiptNumber="PS_1-R1", EntryReference="<pi>", **for_order("PS_1"))))
        page = requests.get(sage.url, timeout=60).text
        for part in ("Receipt batch 1: 28.68 EUR", "PS_1-R1", "&lt;pi&gt;", "Prepayment PS_1", "DIGWAL"):
            assert part in page
        door = f"{sage.url}/sandbox/company/SAMLTD"
        assert requests.post(f"{door}/lock_batch", json={"batch": 1}, timeout=60).json() == [1]
        assert add(client, prepayment())[0] == 409
        requests.post(f"{door}/lock_batch", json={"batch": 1, "locked": False}, timeout=60)
        client.order(web_order(InvoiceWillBeProduced=True))
        for action in ("day_end", "post_batches"):
            assert requests.post(f"{door}/{action}", timeout=60).status_code == 200
        assert "<b>1</b> documents posted" in requests.get(sage.url, timeout=60).text

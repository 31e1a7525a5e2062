"""Receipts against the sandbox Sage over HTTP: one batch that grows, entries found again, money never twice."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.errors import OutcomeUnknown, Rejected
from connectors.sage300.client import Sage300
from connectors.sandbox.sage300 import Sage300Sandbox
from tests.connectors.sage300_money import BATCH, entries, invoiced, receipt
from tests.connectors.sage300_sales import TODAY, client, prepared

BATCHES = "ARReceiptAndAdjustmentBatches"


class TestEntering:
    def test_the_first_receipt_of_the_day_makes_the_batch(self, sage: Sage300, box: Sage300Sandbox) -> None:
        made = sage.place("receipt", receipt())
        assert (made.kind, made.key, made.number, made.reference) == ("receipt", "1/1", "PP000001", "PS_1-R7")
        assert (made.total, made.currency, made.customer, made.date) == (Decimal("32.80"), "EUR", "WEBEUR", TODAY)
        assert (made.complete, made.tax) == (False, Decimal(0))
        assert (made.raw["BankCode"], made.raw["PaymentCode"], made.raw["BatchStatus"]) == ("BNPEUR", "CARD", "Open")
        (batch,) = box.receipt_batches()
        assert (batch["Description"], batch["BatchTotal"], batch["BatchStatus"]) == (BATCH, Decimal("32.8"), "Open")
        (entry,) = batch["ReceiptsAdjustments"]
        assert (entry["EntryReference"], entry["EntryDescription"]) == ("pi_3Lx", "XKBKNABJK Payment by card")
        assert entry["ReceiptTransactionType"] == "Prepayment"
        (line,) = entry["AppliedReceiptsAdjustments"]
        assert (line["PPMatchingDocumentType"], line["PPMatchingDocumentNumber"]) == ("OrderNumber", "PS_1")
        assert line["CustomerReceiptAmount"] == Decimal("32.80")

    def test_the_next_ones_join_it(self, sage: Sage300, box: Sage300Sandbox) -> None:
        keys = [sage.place("receipt", receipt(f"PS_{n}-R{n}", amount=Decimal(f"{n}.01"))).key for n in (1, 2, 3)]
        assert keys == ["1/1", "1/2", "1/3"]
        (batch,) = box.receipt_batches()
        assert batch["BatchTotal"] == Decimal("6.03")
        assert (box.counts()[f"POST {BATCHES}"], box.counts()[f"PATCH {BATCHES}"]) == (1, 2)
        sent = [json.loads(each.body)["ReceiptsAdjustments"][0] for each in box.log() if each.verb == "PATCH"]
        assert [each["UpdateOperation"] for each in sent] == ["Insert", "Insert"]

    def test_a_look_reads_the_entries_again_only_when_they_count_otherwise(
        self, sage: Sage300, box: Sage300Sandbox
    ) -> None:
        other = client(box.base_url)  # another process
        prepared = [receipt(f"PS_{n}-R{n}", amount=Decimal(f"{n}.01")) for n in range(1, 6)]

        def whole() -> int:
            """Readings of a batch with its entries since the last call."""
            asked = [each for each in box.log() if each.verb == "GET" and BATCHES in each.path]
            box.clear_log()
            return sum("select" not in each.query for each in asked)

        for each in prepared[:3]:
            sage.place("receipt", each)
        whole()
        for each in prepared[:3]:
            found = sage.find("receipt", each["reference"], each)
            assert found is not None
            assert found.total == Decimal(each["amount"])
        assert whole() == 0
        assert sage.find("receipt", "PS_4-R4", prepared[3]) is None
        sage.place("receipt", prepared[3])
        assert whole() == 1  # the proof that Sage took it
        assert other.place("receipt", prepared[4]).key == "1/5"
        whole()
        assert sage.find("receipt", "PS_5-R5", prepared[4]) is not None
        assert whole() == 1

    def test_shop_bank_and_day_each_have_their_own(self, sage: Sage300, box: Sage300Sandbox) -> None:
        for number, batch in enumerate((BATCH, f"B{BATCH}", BATCH + "1", BATCH)):
            sage.place("receipt", receipt(f"PS_{number}-R1", batch=batch))
        assert [name for name, _reference in entries(box)] == [BATCH, BATCH, f"B{BATCH}", BATCH + "1"]

    def test_amounts_travel_with_every_digit(self, sage: Sage300, box: Sage300Sandbox) -> None:
        made = sage.place("receipt", receipt(amount=Decimal("10000000.10")))
        sent = next(each.body for each in box.log() if each.verb == "POST")
        assert '"BankReceiptAmount":10000000.10' in sent
        assert next(iter(json.loads(sent)["ReceiptsAdjustments"][0])) == "CustomerNumber"
        assert made.total == Decimal("10000000.10")

    def test_it_is_applied_to_a_posted_invoice(self, sage: Sage300, box: Sage300Sandbox) -> None:
        number = invoiced(sage, box)
        made = sage.place("receipt", receipt(order_number="", invoice_number=number))
        assert (made.number, made.invoice_number) == ("PY000001", number)
        assert sage.release(BATCH) == 1
        box.post_batches()
        paid = box.get("ARPostedDocuments", "WEBEUR", number)
        assert paid is not None
        assert (paid["FullyPaid"], paid["CustomerCurrencyAmountDue"]) == ("Yes", 0)

    def test_a_prepayment_pays_its_order_s_invoice_when_both_are_posted(
        self, sage: Sage300, box: Sage300Sandbox
    ) -> None:
        sage.place("receipt", receipt())
        sage.release(BATCH)
        number = invoiced(sage, box)
        paid = box.get("ARPostedDocuments", "WEBEUR", number)
        assert paid is not None
        assert paid["FullyPaid"] == "Yes"

    def test_it_may_go_to_a_day_s_batch_that_somebody_made_without_entries(
        self, sage: Sage300, box: Sage300Sandbox
    ) -> None:
        body = {"BatchRecordType": "CA", "Description": BATCH, "BankCode": "BNPEUR"}
        assert sage.api.insert(f"AR/{BATCHES}", body, "BatchNumber")["BatchNumber"] == 1
        assert sage.place("receipt", receipt()).key == "1/1"


class TestForeignCurrency:
    def test_a_bank_in_the_receipt_s_currency_takes_the_order_s_own_rate(
        self, sage: Sage300, box: Sage300Sandbox
    ) -> None:
        dollars: dict[str, Any] = {"customer": "WEBUSD", "currency": "USD", "bank": "BNPUSD", "amount": Decimal(100)}
        made = sage.place("receipt", receipt(**dollars, exchange_rate=Decimal("0.912345678")))
        assert (made.total, made.currency, made.raw["BankCurrencyCode"]) == (Decimal(100), "USD", "USD")
        (entry,) = box.receipt_batches()[0]["ReceiptsAdjustments"]
        assert entry["BankExchangeRate"] == entry["CustomerExchangeRate"] == Decimal("0.9123457")
        assert (entry["BankRateOverridden"], entry["CustomerRateOverridden"]) == ("Yes", "Yes")
        assert entry["FunctionalReceiptAmount"] == Decimal("91.23")

    def test_a_bank_in_the_company_s_currency_gets_the_converted_amount(
        self, sage: Sage300, box: Sage300Sandbox
    ) -> None:
        foreign: dict[str, Any] = {
            "customer": "WEBUSD",
            "currency": "USD",
            "amount": Decimal(100),
            "exchange_rate": Decimal("0.9"),
        }
        home: dict[str, Any] = {"bank_currency": "EUR", "bank_amount": Decimal(90)}
        made = sage.place("receipt", receipt(**foreign, **home))
        assert (made.total, made.currency, made.raw["BankReceiptAmount"]) == (Decimal(100), "USD", "90.000")
        (batch,) = box.receipt_batches()
        assert (batch["BatchTotal"], batch["ReceiptsAdjustments"][0]["CustomerExchangeRate"]) == (90, Decimal("0.9"))
        sage.place("receipt", receipt("PS_2-R8"))
        assert len(box.receipt_batches()) == 1
        sage.release(BATCH)
        box.post_batches()
        assert sage.find("receipt", "PS_1-R7", receipt()) == sage.document("receipt", made.key)
        alone = sage.find("receipt", "PS_1-R7")
        assert alone is not None
        assert (alone.total, alone.currency) == (Decimal(100), "")

    def test_a_bank_without_the_currency_is_refused_not_guessed(self, sage: Sage300, box: Sage300Sandbox) -> None:
        dollars: dict[str, Any] = {"customer": "WEBUSD", "currency": "USD", "exchange_rate": Decimal("0.9")}
        for _open_batch_there in range(2):
            with pytest.raises(Rejected, match="USD is not set up for bank BNPEUR"):
                sage.place("receipt", receipt(**dollars))
            assert "USD" not in str(box.receipt_batches())
            sage.place("receipt", receipt("PS_2-R2"))

    def test_where_sage_divides_the_rate_is_turned_round(self, box: Sage300Sandbox) -> None:
        sage = client(box.base_url, rate_operator="divide")
        dollars: dict[str, Any] = {"customer": "WEBUSD", "currency": "USD", "bank": "BNPUSD"}
        sage.place("receipt", receipt(**dollars, exchange_rate=Decimal("0.8")))
        assert box.receipt_batches()[0]["ReceiptsAdjustments"][0]["CustomerExchangeRate"] == Decimal("1.25")


class TestNextBatch:
    @pytest.mark.parametrize("state", ["ready", "posted"])
    def test_after_a_batch_that_was_handed_over_comes_the_next(
        self, sage: Sage300, box: Sage300Sandbox, state: str
    ) -> None:
        for number in (1, 2, 3):
            assert sage.place("receipt", receipt(f"PS_{number}-R1")).key == f"{number}/1"
            sage.release(BATCH)
            if state == "posted":
                box.post_batches()
        assert entries(box) == [(BATCH, "PS_1-R1"), (f"{BATCH} 2", "PS_2-R1"), (f"{BATCH} 3", "PS_3-R1")]
        assert [sage.find("receipt", f"PS_{n}-R1", receipt()) for n in (1, 2, 3)] == [
            sage.document("receipt", f"{n}/1") for n in (1, 2, 3)
        ]

    def test_a_locked_batch_is_left_alone_and_the_next_one_used_from_then_on(
        self, sage: Sage300, box: Sage300Sandbox
    ) -> None:
        sage.place("receipt", receipt("PS_1-R1"))
        box.lock_batch(1)
        box.clear_log()
        assert sage.place("receipt", receipt("PS_2-R2")).key == "2/1"
        writes = [each.verb for each in box.log() if each.verb != "GET"]
        assert writes == ["PATCH", "PATCH", "POST"]
        box.clear_log()
        assert sage.place("receipt", receipt("PS_3-R3")).key == "2/2"
        assert [each.verb for each in box.log() if each.verb != "GET"] == ["PATCH"]
        assert entries(box) == [(BATCH, "PS_1-R1"), (f"{BATCH} 2", "PS_2-R2"), (f"{BATCH} 2", "PS_3-R3")]

    def test_a_batch_busy_for_a_moment_still_takes_it(self, sage: Sage300, box: Sage300Sandbox) -> None:
        sage.place("receipt", receipt("PS_1-R1"))
        box.trouble("batch_locked", verb="PATCH", resource=BATCHES)
        assert sage.place("receipt", receipt("PS_2-R2")).key == "1/2"

    def test_without_further_tries_a_locked_batch_refuses(self, box: Sage300Sandbox) -> None:
        sage = client(box.base_url, busy_waits=[])
        sage.place("receipt", receipt("PS_1-R1"))
        box.lock_batch(1)
        with pytest.raises(Rejected, match="locked by another user") as caught:
            sage.place("receipt", receipt("PS_2-R2"))
        assert caught.value.code == "General"
        assert len(box.receipt_batches()) == 1

    def test_a_batch_of_the_key_at_another_bank_is_not_touched(self, sage: Sage300, box: Sage300Sandbox) -> None:
        sage.place("receipt", receipt("PS_1-R1"))
        dollars: dict[str, Any] = {"customer": "WEBUSD", "currency": "USD", "exchange_rate": Decimal("0.9")}
        sage.place("receipt", receipt("PS_2-R2", bank="BNPUSD", **dollars))
        assert [(each["BankCode"], each["Description"]) for each in box.receipt_batches()] == [
            ("BNPEUR", BATCH),
            ("BNPUSD", f"{BATCH} 2"),
        ]
        sage.place("receipt", receipt("PS_3-R3", bank="SEATAC", **dollars))
        assert box.receipt_batches()[2]["BankCode"] == "SEATAC"


class TestFinding:
    def test_with_and_without_the_hint_the_same_is_found(self, sage: Sage300, box: Sage300Sandbox) -> None:
        assert sage.find("receipt", "PS_1-R7") is None
        made = sage.place("receipt", receipt())
        for number in range(3):
            sage.place("receipt", receipt(f"PS_9-R{number}"))
        for hint in (receipt(), None):
            assert sage.find("receipt", "PS_1-R7", hint) == made
        sage.release(BATCH)
        for hint in (receipt(), None):
            found = sage.find("receipt", "PS_1-R7", hint)
            assert found is not None
            assert (found.key, found.complete, found.raw["BatchStatus"]) == (made.key, False, "ReadyToPost")
        box.post_batches()
        for hint in (receipt(), None):
            found = sage.find("receipt", "PS_1-R7", hint)
            assert found is not None
            assert (found.key, found.number, found.total, found.complete) == (made.key, made.number, made.total, True)

    def test_ten_thousand_other_batches_are_not_read(self, sage: Sage300, box: Sage300Sandbox) -> None:
        made = sage.place("receipt", receipt())
        for number in range(150):
            sage.place("receipt", receipt(f"PS_9-R{number}", batch=f"PS OLD {number:04}"))
        box.clear_log()
        assert sage.find("receipt", "PS_1-R7", receipt()) == made
        assert len(box.log()) == 2

    def test_a_posted_receipt_whose_batch_is_gone(self, sage: Sage300, box: Sage300Sandbox) -> None:
        sage.place("receipt", receipt())
        sage.release(BATCH)
        box.post_batches()
        box.remove(BATCHES, "CA", 1)
        for missing in ([], ["ARPostedReceipts"]):
            box.set_options(missing=missing)
            found = client(box.base_url).find("receipt", "PS_1-R7", receipt())
            assert found is not None
            assert (found.key, found.total, found.currency, found.complete) == ("1/1", Decimal("32.80"), "EUR", True)
            assert found.raw["BankCode"] == "BNPEUR"

    def test_two_with_our_number_are_for_staff(self, sage: Sage300) -> None:
        for _twice in range(2):
            sage.place("receipt", receipt())
        with pytest.raises(Rejected, match="PP000001, PP000002") as caught:
            sage.find("receipt", "PS_1-R7", receipt())
        assert caught.value.code == "ReferenceTaken"

    def test_what_sage_could_not_post_is_not_complete(self, sage: Sage300, box: Sage300Sandbox) -> None:
        sage.place("receipt", receipt())
        batch = box.receipt_batches()[0]
        rows = [{**batch["ReceiptsAdjustments"][0], "ErrorBatch": 9, "ErrorEntry": 2}]
        box.change(BATCHES, "CA", 1, BatchStatus="Posted", ReceiptsAdjustments=rows)
        found = sage.find("receipt", "PS_1-R7", receipt())
        assert found is not None
        assert not found.complete
        assert "batch 9, entry 2" in found.warnings[0]

    def test_a_deleted_batch_holds_nothing_and_takes_nothing(self, sage: Sage300, box: Sage300Sandbox) -> None:
        sage.place("receipt", receipt())
        box.change(BATCHES, "CA", 1, BatchStatus="Deleted")
        assert sage.find("receipt", "PS_1-R7", receipt()) is None
        assert list(sage.documents("receipt", TODAY)) == []
        assert sage.place("receipt", receipt()).key == "2/1"

    def test_a_list_of_all_since_a_day(self, sage: Sage300, box: Sage300Sandbox) -> None:
        box.set_options(page_size=2)
        for number, days in enumerate((0, 3, 1, 40, 2)):
            day = TODAY - timedelta(days=days)
            sage.place("receipt", receipt(f"PS_{number}-R1", receipt_date=day, batch=f"PS BNPEUR {day.isoformat()}"))
        sage.release(f"PS BNPEUR {TODAY.isoformat()}")
        box.post_batches()
        box.remove(BATCHES, "CA", 1)
        sage.place("receipt", receipt("PS_5-R1"))
        later = box.receipt_batches()[-1]  # where somebody dated the entry before its batch
        rows = [{**later["ReceiptsAdjustments"][0], "ReceiptDateAdjustmentDate": "2020-01-01T00:00:00Z"}]
        box.change(BATCHES, "CA", later["BatchNumber"], ReceiptsAdjustments=rows)
        found = list(sage.documents("receipt", TODAY - timedelta(days=3)))
        assert [each.reference for each in found] == ["PS_1-R1", "PS_4-R1", "PS_2-R1", "PS_0-R1"]
        assert {each.raw["BankCode"] for each in found} == {"BNPEUR"}
        assert sum(each.total for each in found) == Decimal("131.20")

    @pytest.mark.parametrize("key", ["1/9", "9/1", "", "x/y", "1"])
    def test_no_such_entry(self, sage: Sage300, key: str) -> None:
        sage.place("receipt", receipt())
        assert sage.document("receipt", key) is None


class TestHandingOver:
    def test_every_open_batch_of_the_key_and_no_other(self, sage: Sage300, box: Sage300Sandbox) -> None:
        sage.place("receipt", receipt("PS_1-R1"))
        box.lock_batch(1)
        sage.place("receipt", receipt("PS_2-R2"))
        sage.place("receipt", receipt("PS_3-R3", batch=BATCH + "1"))
        box.lock_batch(1, locked=False)
        assert sage.release(BATCH) == 2
        assert [each["BatchStatus"] for each in box.receipt_batches()] == ["ReadyToPost", "ReadyToPost", "Open"]
        assert sage.release(BATCH) == 0
        assert sage.release("PS BNPEUR 1999-01-01") == 0

    def test_an_empty_batch_stays_open(self, sage: Sage300, box: Sage300Sandbox) -> None:
        sage.api.insert(
            f"AR/{BATCHES}", {"BatchRecordType": "CA", "Description": BATCH, "BankCode": "BNPEUR"}, "BatchNumber"
        )
        assert sage.release(BATCH) == 0
        assert box.receipt_batches()[0]["BatchStatus"] == "Open"

    def test_a_locked_batch_is_refused_and_a_lost_answer_is_asked_again(
        self, sage: Sage300, box: Sage300Sandbox
    ) -> None:
        sage.place("receipt", receipt())
        box.lock_batch(1)
        with pytest.raises(Rejected, match="locked by another user"):
            sage.release(BATCH)
        box.lock_batch(1, locked=False)
        box.trouble("lose_answer", verb="PATCH", resource=BATCHES)
        with pytest.raises(OutcomeUnknown):
            sage.release(BATCH)
        assert sage.release(BATCH) == 0
        assert box.receipt_batches()[0]["BatchStatus"] == "ReadyToPost"

    def test_an_invoice_is_processed_once_it_is_posted(self, sage: Sage300, box: Sage300Sandbox) -> None:
        number = sage.place("sale", prepared()).invoice_number
        assert not sage.processed(number)
        box.day_end()
        assert not sage.processed(number)
        box.post_batches()
        assert sage.processed(number)
        assert not sage.processed("IN999999")

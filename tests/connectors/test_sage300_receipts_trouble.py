"""Receipts when something goes wrong: lost answers, refusals, servers that misbehave; money never twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from connectors.errors import Misconfigured, OutcomeUnknown, Rejected, Unavailable, Unsupported
from connectors.sage300 import client as module
from connectors.sage300.client import Sage300
from connectors.sandbox.sage300 import Sage300Sandbox
from tests.connectors.sage300_money import BATCH, entries, receipt
from tests.connectors.sage300_sales import TODAY, client, found_late, prepared
from tests.connectors.scripted import Asked, Said, serving

BATCHES = "ARReceiptAndAdjustmentBatches"


class TestTrouble:
    @pytest.mark.parametrize(
        ("verb", "kind"),  # an answer to PATCH has no body that could be cut
        [(verb, kind) for verb in ("POST", "PATCH") for kind in ("lose_answer", "late_commit")] + [("POST", "cut")],
    )
    def test_a_lost_answer_is_unknown_and_found_by_looking(
        self, sage: Sage300, box: Sage300Sandbox, verb: str, kind: str
    ) -> None:
        if verb == "PATCH":
            sage.place("receipt", receipt("PS_0-R0"))
        if kind == "late_commit":
            sage.api.session.read_timeout = 1.0
        box.trouble(kind, verb=verb, resource=BATCHES)
        with pytest.raises(OutcomeUnknown):
            sage.place("receipt", receipt())
        found_late(sage, "receipt", "PS_1-R7", receipt())
        assert [reference for _batch, reference in entries(box)].count("PS_1-R7") == 1

    @pytest.mark.parametrize(
        ("trouble", "kind"),
        [
            ({"kind": "drop"}, OutcomeUnknown),
            ({"kind": "html"}, OutcomeUnknown),
            ({"kind": "status", "status": 500}, OutcomeUnknown),
            ({"kind": "status", "status": 503}, OutcomeUnknown),
            ({"kind": "status", "status": 429}, Unavailable),
            ({"kind": "status", "status": 401}, Misconfigured),
            ({"kind": "status", "status": 403}, Misconfigured),
        ],
    )
    @pytest.mark.parametrize("verb", ["POST", "PATCH"])
    def test_a_write_is_sent_once_and_its_error_is_who_acts_next(
        self, sage: Sage300, box: Sage300Sandbox, verb: str, trouble: dict[str, Any], kind: type
    ) -> None:
        if verb == "PATCH":
            sage.place("receipt", receipt("PS_0-R0"))
        box.clear_log()
        box.trouble(**trouble, verb=verb, resource=BATCHES)
        with pytest.raises(kind) as caught:
            sage.place("receipt", receipt())
        assert type(caught.value) is kind
        assert box.counts().get(f"{verb} {BATCHES}") == 1
        assert sage.find("receipt", "PS_1-R7", receipt()) is None

    def test_an_entry_that_cannot_be_looked_at_is_unknown_not_refused(self, sage: Sage300, box: Sage300Sandbox) -> None:
        sage.place("receipt", receipt("PS_0-R0"))
        box.trouble("status", verb="GET", resource=f"{BATCHES}(", status=401)
        with pytest.raises(OutcomeUnknown, match="could not be asked"):
            sage.place("receipt", receipt())
        assert sage.find("receipt", "PS_1-R7", receipt()) is not None

    def test_general_looks_first_and_takes_what_is_there(self, sage: Sage300, box: Sage300Sandbox) -> None:
        sage.place("receipt", receipt())
        box.lock_batch(1)
        assert sage.place("receipt", receipt()).key == "1/1"
        assert len(entries(box)) == 1

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"bank": "NONE"}, "bank code"),
            ({"customer": "NOBODY"}, "does not exist"),
            ({"payment_code": "NONE"}, "payment code"),
            ({"receipt_date": TODAY - timedelta(days=4000)}, "fiscal period"),
            ({"order_number": "", "invoice_number": "IN999999"}, "does not exist"),
            ({"customer": "WEBUSD"}, "not the currency of customer"),
        ],
    )
    def test_refusals_are_sages_own_words_and_sent_once(
        self, sage: Sage300, box: Sage300Sandbox, change: dict[str, Any], words: str
    ) -> None:
        with pytest.raises(Rejected, match=words):
            sage.place("receipt", receipt(**change))
        assert box.counts()[f"POST {BATCHES}"] == 1
        assert box.receipt_batches() == []

    @pytest.mark.parametrize(
        ("change", "place"),
        [
            ({"reference": "P" * 25}, "receipt.reference"),
            ({"transaction_id": "x" * 61}, "receipt.transaction_id"),
            ({"description": "x" * 61}, "receipt.description"),
            ({"batch": "x" * 58}, "receipt.batch"),
            ({"payment_code": "x" * 13}, "receipt.payment_code"),
            ({"amount": Decimal(0)}, "amount"),
            ({"amount": Decimal("-1.00")}, "amount"),
        ],
    )
    def test_what_does_not_fit_is_not_sent(
        self, sage: Sage300, box: Sage300Sandbox, change: dict[str, Any], place: str
    ) -> None:
        with pytest.raises(Rejected) as caught:
            sage.place("receipt", receipt(**change))
        assert caught.value.place == place
        assert {each.verb for each in box.log()} <= {"GET"}

    def test_a_slow_sage_is_given_up_before_the_lease_ends(
        self, sage: Sage300, box: Sage300Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "PATIENCE", 0.0)
        for act in (partial(sage.find, "receipt", "PS_1-R7"), partial(sage.place, "receipt", receipt())):
            with pytest.raises(Unavailable, match="too slow"):
                act()
        assert box.log() == []

    def test_a_wrong_switch_makes_nothing(self, box: Sage300Sandbox) -> None:
        with pytest.raises(Rejected):
            client(box.base_url, prepayment_names="SalesOrder").place("receipt", receipt())
        assert box.receipt_batches() == []

    def test_a_sage_without_receipts_goes_on_selling(self, box: Sage300Sandbox) -> None:
        box.set_options(missing=[BATCHES, "OECreditDebitNotes"])
        sage = client(box.base_url)
        assert sage.find("receipt", "PS_1-R7") is None
        with pytest.raises(Unsupported, match="This Sage has no AR/ARReceiptAndAdjustmentBatches") as caught:
            sage.place("receipt", receipt())
        assert caught.value.code == "ResourceNotFound"
        sage.place("sale", prepared())
        assert sage.can == {"find", "sale", "customer", "repayment", "unique reference"}


# --- servers that misbehave


def scripted(answers: dict[str, Any]) -> Callable[[Asked], Said]:
    """Each list by a part of its path; the rest is empty, and there is no $metadata."""

    def route(asked: Asked) -> Said:
        if "$metadata" in asked.path:
            return Said(404, {"error": {"code": "ResourceNotFound", "message": {"value": ""}}})
        found: Any = next((answer for part, answer in answers.items() if part in f"{asked.method} {asked.path}"), [])
        return found if isinstance(found, Said) else Said(200, {"value": found})

    return route


HEADER = {"BatchRecordType": "CA", "BatchNumber": 5, "BatchStatus": "Open", "Description": BATCH, "BankCode": "BNPEUR"}
ENTRY = {"EntryNumber": 3, "CheckReceiptNumber": "PS_1-R7 ", "CustomerReceiptAmount": 32.8, "DocumentNumber": "PP9"}


@pytest.mark.parametrize(
    "rows",
    [
        {"GET /Sage300WebApi/v1.0/-/SAMLTD/AR/ARReceipt": [HEADER | {"Description": "Somebody's"}]},
        {"ARPostedReceipts": [{"CheckReceiptNumber": "SOMEBODY", "BatchNumber": 1}]},
    ],
)
def test_nobody_elses_money_is_taken_when_the_server_does_not_filter(rows: dict[str, Any]) -> None:
    with serving(scripted(rows)) as server, pytest.raises(Misconfigured, match="does not filter"):
        client(server.url).find("receipt", "PS_1-R7", receipt())


def test_an_invoice_is_not_processed_because_another_one_is() -> None:
    rows = {"ARPostedDocuments": [{"DocumentNumber": "IN2"}]}
    with serving(scripted(rows)) as server, pytest.raises(Misconfigured, match="does not filter"):
        client(server.url).processed("IN1")


def test_entries_that_a_list_leaves_out_are_read_by_key() -> None:
    one = Said(200, HEADER | {"NumberOfEntries": 1, "ReceiptsAdjustments": [ENTRY]})
    rows = {"BatchNumber=5": one, "ARReceipt": [HEADER | {"NumberOfEntries": 1}]}
    with serving(scripted(rows)) as server:
        found = client(server.url).find("receipt", "PS_1-R7", receipt())
        assert found is not None
        assert (found.key, found.number, found.total) == ("5/3", "PP9", Decimal("32.8"))
        assert any("(BatchRecordType='CA',BatchNumber=5)" in path for path in server.paths("GET"))


def test_an_entry_that_sage_does_not_show_is_unknown() -> None:
    rows = {"PATCH": Said(204), "BatchNumber=5": Said(200, HEADER), "ARReceipt": [HEADER]}
    with serving(scripted(rows)) as server:
        with pytest.raises(OutcomeUnknown, match="does not show it"):
            client(server.url).place("receipt", receipt())
        assert len(server.paths("PATCH")) == 1


def test_the_number_of_the_status_is_understood_too() -> None:
    row = HEADER | {"BatchStatus": "1"}
    one = Said(200, row | {"ReceiptsAdjustments": [ENTRY]})
    rows = {"PATCH": Said(200, b""), "BatchNumber=5": one, "ARReceipt": [row]}
    with serving(scripted(rows)) as server:
        assert client(server.url).place("receipt", receipt()).key == "5/3"
        assert server.paths("POST") == []

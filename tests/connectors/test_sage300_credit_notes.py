"""Credit notes against the sandbox Sage over HTTP: they come to what the sale came to, and are entered once."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.errors import Misconfigured, OutcomeUnknown, Rejected, Unavailable, Unsupported
from connectors.sage300.client import Sage300
from connectors.sandbox.sage300 import Sage300Sandbox
from tests.connectors.sage300_money import credit_note
from tests.connectors.sage300_sales import TODAY, charge, client, found_late, item, prepared

NOTES = "OECreditDebitNotes"


def stock(box: Sage300Sandbox) -> Decimal:
    there = box.get("ICLocationDetails", "DEMO_8", "1")
    assert there is not None
    return Decimal(there["QuantityOnHand"])


class TestEntering:
    def test_a_whole_sale_comes_back(self, sage: Sage300, box: Sage300Sandbox) -> None:
        sold = sage.place("sale", prepared())
        made = sage.place("credit note", credit_note(invoice_number=sold.invoice_number))
        assert (made.kind, made.number, made.reference) == ("credit note", "PS_1-C3", "PS_1-C3")
        assert (made.total, made.tax, made.currency) == (sold.total, sold.tax, "EUR")
        assert made.tax_by_rate == sold.tax_by_rate == {"20": Decimal("5.47")}
        assert (made.date, made.customer, made.complete) == (TODAY, "WEBEUR", True)
        assert [(line.code, line.quantity, line.amount) for line in made.lines] == [
            ("demo_8", Decimal(2), Decimal("25.80")),
            ("SHIP", Decimal(1), Decimal("7.00")),
        ]
        (stored,) = box.credit_notes()
        assert stored["Description"] == f"{sold.invoice_number} Refund of XKBKNABJK"
        assert stored["CreditDebitNoteType"] == "CreditNote"
        assert box.counts()[f"POST {NOTES}"] == 1

    def test_different_rates_and_amounts_travel_exactly(self, sage: Sage300, box: Sage300Sandbox) -> None:
        lines = (
            item(quantity="3", price="4.166667"),
            item("demo_10", "1", "10.55", tax_class=3, rate=Decimal("5.5")),
            charge("DISC", "-0.50"),
        )
        made = sage.place("credit note", credit_note(lines=lines))
        assert made.tax_by_rate == {"20": Decimal("2.00"), "5.5": Decimal("0.55")}
        sent = next(each.body for each in box.log() if each.verb == "POST")
        assert '"UnitPrice":4.166667' in sent
        assert list(json.loads(sent))[:3] == ["CustomerNumber", "CreditDebitNoteNumber", "CreditDebitNoteType"]
        assert list(json.loads(sent))[-1] == "CreditDebitDetails"

    @pytest.mark.parametrize("level", ["line", "document"])
    @pytest.mark.parametrize("included", [True, False])
    def test_it_comes_to_what_the_sale_came_to(
        self, box: Sage300Sandbox, sage: Sage300, level: str, included: bool
    ) -> None:
        box.set_options(tax_level=level)
        more: dict[str, Any] = {"tax_included": included}
        lines = (item(quantity="3", price="0.33", **more), item("demo_10", "7", "1.2345", **more), charge(**more))
        sold = sage.place("sale", prepared(lines=lines))
        made = sage.place("credit note", credit_note(lines=lines))
        assert (made.total, made.tax, made.tax_by_rate) == (sold.total, sold.tax, sold.tax_by_rate)

    @pytest.mark.parametrize(("restock", "back"), [(True, 2), (False, 0)])
    def test_goods_lie_in_stock_again_only_when_asked(
        self, sage: Sage300, box: Sage300Sandbox, restock: bool, back: int
    ) -> None:
        before = stock(box)
        sage.place("credit note", credit_note(restock=restock))
        assert stock(box) - before == back

    def test_the_order_s_own_rate(self, sage: Sage300, box: Sage300Sandbox) -> None:
        dollars: dict[str, Any] = {"customer": "WEBUSD", "currency": "USD", "exchange_rate": Decimal("0.912345678")}
        made = sage.place("credit note", credit_note(**dollars))
        assert made.currency == "USD"
        (stored,) = box.credit_notes()
        assert (stored["CreditDebitNoteRate"], stored["CNDNRateOverrideFlag"]) == (Decimal("0.9123457"), True)

    def test_the_invoice_is_named_once_and_a_long_text_gives_way(self, sage: Sage300, box: Sage300Sandbox) -> None:
        sage.place("credit note", credit_note(invoice_number="IN1", description="Refund of IN1", comment="Too small"))
        sage.place("credit note", credit_note("PS_1-C4", invoice_number="IN1", description="x" * 60))
        assert [each["Description"] for each in box.credit_notes()] == ["Refund of IN1", "IN1 " + "x" * 56]
        assert box.credit_notes()[0]["Comment"] == "Too small"

    def test_where_the_company_wants_it_the_invoice_is_linked_and_settled(self, box: Sage300Sandbox) -> None:
        sage = client(box.base_url, note_invoice="InvoiceNumber")
        number = sage.place("sale", prepared()).invoice_number
        assert sage.place("credit note", credit_note(invoice_number=number)).invoice_number == number
        box.day_end()
        box.post_batches()
        paid = box.get("ARPostedDocuments", "WEBEUR", number)
        assert paid is not None
        assert paid["FullyPaid"] == "Yes"

    def test_before_day_end_sage_refuses_where_the_company_says_so(self, sage: Sage300, box: Sage300Sandbox) -> None:
        box.set_options(credit_note_needs_day_end=True)
        number = sage.place("sale", prepared()).invoice_number
        with pytest.raises(Rejected, match="has not been processed by Day End"):
            sage.place("credit note", credit_note(invoice_number=number))
        assert box.credit_notes() == []
        box.day_end()
        box.post_batches()
        assert sage.processed(number)
        assert sage.place("credit note", credit_note(invoice_number=number)).total == Decimal("32.80")


class TestFinding:
    def test_find_sees_what_place_made(self, sage: Sage300, box: Sage300Sandbox) -> None:
        assert sage.find("credit note", "PS_1-C3") is None
        made = sage.place("credit note", credit_note())
        assert sage.find("credit note", "PS_1-C3", credit_note()) == made
        assert sage.document("credit note", made.key) == made
        assert sage.document("credit note", "999999") is None
        assert sage.document("credit note", "no number") is None
        box.set_options(padded=True, old_envelope=True)
        assert client(box.base_url).find("credit note", "PS_1-C3") == made

    def test_without_own_numbers_it_goes_by_the_reference(self, box: Sage300Sandbox) -> None:
        sage = client(box.base_url, own_credit_note_number=False)
        made = sage.place("credit note", credit_note())
        assert (made.number, made.reference) == ("CN000001", "PS_1-C3")
        assert sage.find("credit note", "PS_1-C3") == made
        sage.place("credit note", credit_note())
        with pytest.raises(Rejected, match="CN000001, CN000002") as caught:
            sage.find("credit note", "PS_1-C3")
        assert caught.value.code == "ReferenceTaken"

    def test_a_debit_note_is_none(self, sage: Sage300, box: Sage300Sandbox) -> None:
        made = sage.place("credit note", credit_note())
        box.change(NOTES, int(made.key), CreditDebitNoteType="DebitNote")
        assert sage.find("credit note", "PS_1-C3") is None
        assert sage.document("credit note", made.key) is None
        assert list(sage.documents("credit note", TODAY)) == []

    def test_a_second_copy_is_refused_by_sage_itself(self, sage: Sage300, box: Sage300Sandbox) -> None:
        sage.place("credit note", credit_note())
        with pytest.raises(Rejected) as caught:
            sage.place("credit note", credit_note())
        assert caught.value.code == "RecordDuplicate"
        assert len(box.credit_notes()) == 1

    def test_a_list_of_all_since_a_day(self, sage: Sage300, box: Sage300Sandbox) -> None:
        box.set_options(page_size=2)
        for number, days in enumerate((0, 3, 1, 40, 2)):
            sage.place("credit note", credit_note(f"PS_{number}-C1", credit_date=TODAY - timedelta(days=days)))
        found = list(sage.documents("credit note", TODAY - timedelta(days=3)))
        assert [each.reference for each in found] == ["PS_1-C1", "PS_4-C1", "PS_2-C1", "PS_0-C1"]
        assert {(each.total, each.tax, each.lines) for each in found} == {(Decimal("32.80"), Decimal("5.47"), ())}

    def test_where_no_tax_total_is_named_it_is_what_the_total_has_more(self, box: Sage300Sandbox) -> None:
        made = client(box.base_url, note_tax="TaxTotalSomewhereElse").place("credit note", credit_note())
        assert (made.total, made.tax) == (Decimal("32.80"), Decimal("5.47"))


class TestTrouble:
    @pytest.mark.parametrize("kind", ["lose_answer", "late_commit", "cut"])
    def test_a_lost_answer_is_unknown_and_found_by_looking(self, sage: Sage300, box: Sage300Sandbox, kind: str) -> None:
        if kind == "late_commit":
            sage.api.session.read_timeout = 1.0
        box.trouble(kind, verb="POST", resource=NOTES)
        with pytest.raises(OutcomeUnknown):
            sage.place("credit note", credit_note())
        found_late(sage, "credit note", "PS_1-C3")
        assert len(box.credit_notes()) == 1

    @pytest.mark.parametrize(
        ("trouble", "kind"),
        [
            ({"kind": "drop"}, OutcomeUnknown),
            ({"kind": "html"}, OutcomeUnknown),
            ({"kind": "status", "status": 500}, OutcomeUnknown),
            ({"kind": "status", "status": 429}, Unavailable),
            ({"kind": "status", "status": 401}, Misconfigured),
            ({"kind": "status", "status": 403}, Misconfigured),
        ],
    )
    def test_a_write_is_sent_once_and_its_error_is_who_acts_next(
        self, sage: Sage300, box: Sage300Sandbox, trouble: dict[str, Any], kind: type
    ) -> None:
        box.trouble(**trouble, verb="POST", resource=NOTES)
        with pytest.raises(kind) as caught:
            sage.place("credit note", credit_note())
        assert type(caught.value) is kind
        assert box.counts()[f"POST {NOTES}"] == 1
        assert box.credit_notes() == []

    def test_a_busy_record_is_tried_again_after_a_look(self, sage: Sage300, box: Sage300Sandbox) -> None:
        box.trouble("in_use", verb="POST", resource=NOTES, count=2)
        assert sage.place("credit note", credit_note()).number == "PS_1-C3"
        verbs = [each.verb for each in box.log() if NOTES in each.path]
        assert verbs == ["POST", "GET", "POST", "GET", "POST"]

    def test_an_answer_whose_lines_cannot_be_read_is_still_an_answer(
        self, sage: Sage300, box: Sage300Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = sage.place("credit note", credit_note())
        row = {"CNUniquifier": int(made.key), "CreditDebitNoteNumber": "PS_1-C3", "CreditDebitNoteTotal": 32.80}
        monkeypatch.setattr(sage.api, "insert", lambda *_arguments: row)
        box.trouble("status", verb="GET", resource=NOTES, status=401)
        assert sage.place("credit note", credit_note()).number == "PS_1-C3"

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"customer": "NOBODY"}, "does not exist"),
            ({"lines": (item("BEDLAMP"),)}, "BEDLAMP does not exist"),
            ({"credit_date": TODAY - timedelta(days=4000)}, "Cannot determine the fiscal period"),
            ({"currency": "USD"}, "differs from the currency"),
            ({"lines": (charge("NOPE"),)}, "miscellaneous charge"),
        ],
    )
    def test_refusals_are_sages_own_words(
        self, sage: Sage300, box: Sage300Sandbox, change: dict[str, Any], words: str
    ) -> None:
        with pytest.raises(Rejected, match=words):
            sage.place("credit note", credit_note(**change))
        assert box.credit_notes() == []

    @pytest.mark.parametrize(
        ("change", "place"),
        [
            ({"reference": "P" * 23}, "credit.reference"),
            ({"description": "x" * 61}, "credit.description"),
            ({"comment": "x" * 251}, "credit.comment"),
            ({"lines": (item(description="x" * 61),)}, "line 1: line.description"),
        ],
    )
    def test_what_does_not_fit_is_not_sent(
        self, sage: Sage300, box: Sage300Sandbox, change: dict[str, Any], place: str
    ) -> None:
        with pytest.raises(Rejected) as caught:
            sage.place("credit note", credit_note(**change))
        assert caught.value.place == place
        assert {each.verb for each in box.log()} <= {"GET"}

    def test_a_name_this_sage_does_not_know_is_the_operators(self, box: Sage300Sandbox) -> None:
        sage = client(box.base_url, note_comment="Remark")
        with pytest.raises(Misconfigured, match="OECreditDebitNotes of this Sage has no Remark"):
            sage.place("credit note", credit_note(comment="Too small"))
        assert sage.place("credit note", credit_note()).number == "PS_1-C3"

    def test_a_sage_without_credit_notes_says_so(self, box: Sage300Sandbox) -> None:
        client(box.base_url).place("credit note", credit_note("PS_1-C9"))
        box.day_end()
        box.post_batches()
        box.set_options(missing=[NOTES])
        sage = client(box.base_url)
        assert sage.find("credit note", "PS_1-C3") is None
        with pytest.raises(Unsupported, match="enter the credit note in Sage by hand"):
            sage.place("credit note", credit_note())
        assert "credit note" not in sage.can
        by_hand = sage.find("credit note", "PS_1-C9")
        assert by_hand is not None
        assert (by_hand.total, by_hand.tax, by_hand.customer) == (Decimal("32.80"), Decimal("5.47"), "WEBEUR")

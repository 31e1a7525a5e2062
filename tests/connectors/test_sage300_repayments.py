"""Refunds against the sandbox Sage over HTTP: a batch a day, found again by our number, never above the credit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.errors import OutcomeUnknown, Rejected, Unsupported
from connectors.sage300.client import Sage300
from connectors.sandbox.sage300 import Sage300Sandbox
from tests.connectors.sage300_money import BATCH, credit_note, repayment
from tests.connectors.sage300_sales import TODAY, client, prepared

BATCHES = "ARRefundBatches"


@pytest.fixture
def credited(sage: Sage300, box: Sage300Sandbox) -> None:
    """Two sales came back, and Accounts Receivable knows it."""
    for number in (1, 2):
        sale = sage.place("sale", prepared(f"PS_{number}"))
        sage.place("credit note", credit_note(f"PS_{number}-C3", invoice_number=sale.invoice_number))
    box.day_end()
    box.post_batches()
    box.clear_log()


@pytest.mark.usefixtures("credited")
class TestRefunds:
    def test_the_credits_of_a_day_are_paid_out_in_one_batch(self, sage: Sage300, box: Sage300Sandbox) -> None:
        made = sage.place("repayment", repayment())
        assert (made.kind, made.key, made.number, made.reference) == ("repayment", "1/1", "PS_1-B3", "PS_1-B3")
        assert (made.total, made.tax, made.currency, made.date) == (Decimal("32.80"), Decimal(0), "EUR", TODAY)
        assert (made.bank, made.invoice_number, made.batch, made.batch_state) == ("BNPEUR", "PS_1-C3", BATCH, "open")
        again = sage.place("repayment", repayment("PS_2-B3", credit_number="PS_2-C3", amount=Decimal("2.80")))
        assert again.key == "1/2"
        (batch,) = box.refund_batches()
        assert (batch["BatchDescription"], batch["TotalOfEntries"]) == (BATCH, Decimal("35.60"))
        for found in (sage.find("repayment", "ps_2-b3", repayment()), sage.find("repayment", "PS_2-B3")):
            assert found == again
        assert [each.reference for each in sage.documents("repayment", TODAY)] == ["PS_1-B3", "PS_2-B3"]
        assert sage.document("repayment", "1/2") == again
        assert sage.find("repayment", "PS_9-B9", repayment()) is None

    @pytest.mark.parametrize(("kind", "way"), [("Cash", "Cash"), ("CreditCard", "CreditCard"), ("Other", "Check")])
    def test_every_way_of_payment_names_the_bank_where_sage_has_it(
        self,
        sage: Sage300,
        box: Sage300Sandbox,
        kind: str,
        way: str,
    ) -> None:
        assert sage.place("repayment", repayment(payment_type=kind)).bank == "BNPEUR"
        (batch,) = box.refund_batches()
        assert batch["RefundEntries"][0]["RefundDetails"][0]["PaymentType"] == way

    def test_a_posted_one_is_found_and_the_credit_is_settled(self, sage: Sage300, box: Sage300Sandbox) -> None:
        made = sage.place("repayment", repayment())
        batch = box.refund_batches()[0]["BatchNumber"]
        box.change(BATCHES, batch, BatchStatus="ReadyToPost")
        box.post_batches()
        found = sage.find("repayment", "PS_1-B3", repayment())
        assert found is not None
        assert (found.complete, found.total, found.key) == (True, made.total, made.key)
        credit = box.get("ARPostedDocuments", "WEBEUR", "PS_1-C3")
        assert credit is not None
        assert credit["CustomerCurrencyAmountDue"] == 0
        late = sage.place("repayment", repayment("PS_2-B3", credit_number="PS_2-C3"))
        assert late.batch == f"{BATCH} 2"

    def test_more_than_is_open_is_refused(self, sage: Sage300, box: Sage300Sandbox) -> None:
        with pytest.raises(Rejected, match="greater than its net balance"):
            sage.place("repayment", repayment(amount=Decimal("32.81")))
        with pytest.raises(Rejected, match="above zero"):
            sage.place("repayment", repayment(amount=Decimal(0)))
        assert box.refund_batches() == []

    def test_a_lost_answer_is_unknown_and_found_by_looking(self, sage: Sage300, box: Sage300Sandbox) -> None:
        box.trouble("lose_answer", verb="POST", resource=BATCHES)
        with pytest.raises(OutcomeUnknown):
            sage.place("repayment", repayment())
        assert sage.find("repayment", "PS_1-B3", repayment()) is not None
        assert len(box.refund_batches()) == 1

    def test_without_an_api_for_refunds_what_a_person_entered_is_found(self, box: Sage300Sandbox) -> None:
        with_api = client(box.base_url)
        box.set_options(missing=[BATCHES])
        without = client(box.base_url)
        assert without.find("repayment", "PS_1-B3", repayment()) is None
        with pytest.raises(Unsupported, match="Enter the refund in Sage by hand"):
            without.place("repayment", repayment())
        assert "repayment" not in without.can
        box.set_options(missing=[])
        with_api.place("repayment", repayment())
        box.change(BATCHES, box.refund_batches()[0]["BatchNumber"], BatchStatus="ReadyToPost")
        box.post_batches()
        box.set_options(missing=[BATCHES])
        found = client(box.base_url).find("repayment", "PS_1-B3", repayment())
        assert found is not None
        assert (found.total, found.customer, found.complete) == (Decimal("32.80"), "WEBEUR", True)

"""Receipts and credit notes in the day proof, against both sandboxes; then the comparison alone, for any day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import open_sage
from connectors.models import SageCompany
from connectors.types import ZERO, Document, Figure, State
from mappings.models import PaymentMapping
from staging.models import Posting
from staging.proofs import DayProof
from staging.proofs.compare import compare
from staging.proofs.types import CREDIT_NOTE, RECEIPT, REPAYMENT, SALE, Evidence, Rules, Staged
from staging.proofs.words import KINDS, line
from tests.staging.books import post_all, repaid
from tests.staging.pushing import settle
from tests.staging.test_proofs import DAY, counted, named, proved, total, whole
from tests.story import Story

D = Decimal


@pytest.fixture
def order(story: Story) -> int:
    """An order that is paid, and Sage holds all of it."""
    number = story.buys("demo_1")
    for _ in range(2):
        story.turn()
    assert proved(story).clean
    return number


def posting(order: int, kind: str) -> Posting:
    return Posting.objects.get(order__order_id=order, kind=kind, status=Posting.Status.PUSHED)


# --- receipts ---------------------------------------------------------------------------------------------------------


def test_receipts_per_bank_equal_the_payments_of_the_day(story: Story, order: int) -> None:
    proof = proved(story)
    assert counted(proof, "payments by module") == {"paypal": (1, total(story, order))}
    assert counted(proof, "receipts by bank") == {"BNPEUR": (1, total(story, order))}
    balance = next(each for each in proof.balances if each.kind == RECEIPT)
    assert (balance.shop_count, balance.sage_count, balance.difference) == (1, 1, ZERO)


def test_a_receipt_that_is_in_sage_twice_is_named(story: Story, order: int) -> None:
    open_sage(story.company).place(RECEIPT, posting(order, RECEIPT).prepared)

    proof = proved(story)

    assert named(proof, RECEIPT) == [("doubled", order)]
    assert proof.differences[0].amount == total(story, order)
    assert len(set(proof.differences[0].documents)) == 2


def test_a_receipt_altered_in_sage_is_named_with_both_amounts(story: Story, order: int) -> None:
    (batch,) = story.sage.receipt_batches()
    (entry,) = batch["ReceiptsAdjustments"]
    entry = {**entry, "CustomerReceiptAmount": Decimal("5.00"), "BankReceiptAmount": Decimal("5.00")}
    story.sage.change(
        "ARReceiptAndAdjustmentBatches", batch["BatchRecordType"], batch["BatchNumber"], ReceiptsAdjustments=[entry]
    )

    (difference,) = proved(story).differences

    assert (difference.kind, difference.cause, difference.order) == (RECEIPT, "altered", order)
    assert (difference.shop, difference.sage) == (total(story, order), Decimal("5.00"))


def test_money_that_came_since_is_named(story: Story, order: int) -> None:
    story.passes(minutes=5)
    story.presta.add_payment(order, "3.00", by_api=True)

    proof = proved(story)

    assert named(proof, RECEIPT) == [("not-booked", order)]
    assert (proof.missing, proof.differences[0].amount) == (1, Decimal("-3.00"))


def test_a_company_that_books_payments_by_hand_is_not_asked_for_receipts(story: Story) -> None:
    story.company.receipts = SageCompany.Receipts.NONE
    story.company.save()
    story.shop.refresh_from_db()
    story.buys("demo_1")
    story.turn()
    story.turn()

    proof = proved(story)

    assert proof.clean
    assert proof.not_asked == (RECEIPT,)
    assert counted(proof, "payments by module")["paypal"][0] == 1


# --- credit notes -----------------------------------------------------------------------------------------------------


def test_a_refund_is_named_until_sage_holds_its_credit_note(story: Story, order: int) -> None:
    story.passes(minutes=5)
    (line,) = story.presta.rows("order_details", id_order=str(order))
    story.presta.add_slip(order, {int(line["id"]): 1})

    proof = proved(story)
    assert named(proof, CREDIT_NOTE) == [("not-booked", order)]
    assert proof.missing == 1

    for _ in range(3):
        story.turn()
    proof = proved(story)
    assert proof.clean, proof.differences
    balance = next(each for each in proof.balances if each.kind == CREDIT_NOTE)
    assert (balance.shop_count, balance.sage_count, balance.difference) == (1, 1, ZERO)


# --- what the bank pays out -------------------------------------------------------------------------------------------


@pytest.fixture
def paid_out(story: Story) -> int:
    """An order that is paid, of which one piece came back: the bank gave its money back."""
    PaymentMapping.objects.update(refund=PaymentMapping.Refund.REFUND)
    order = story.buys("demo_1", "demo_3")
    story.turn()
    story.turn()
    story.passes(minutes=5)
    line, *_rest = story.presta.rows("order_details", id_order=str(order))
    story.presta.add_slip(order, {int(line["id"]): 1})
    story.turn()
    (difference,) = proved(story).differences
    assert (difference.kind, difference.cause, difference.order) == (REPAYMENT, "waits-for-sage", order)
    post_all(story.sage)
    settle(story.company, 1)
    return order


def test_what_the_bank_paid_out_is_equal_and_summed_by_bank(story: Story, paid_out: int) -> None:
    (back,) = repaid(story.sage).values()

    proof = proved(story)

    assert proof.clean, proof.differences
    assert counted(proof, "paid out by bank") == {"BNPEUR": (1, back)}
    balance = next(each for each in proof.balances if each.kind == REPAYMENT)
    assert (balance.shop_count, balance.shop, balance.sage_count, balance.sage) == (1, back, 1, back)
    assert str(KINDS[REPAYMENT][1]) in line(balance)


def test_a_refund_that_is_missing_doubled_or_altered_in_sage_is_named(story: Story, paid_out: int) -> None:
    (back,) = repaid(story.sage).values()
    (batch,) = story.sage.refund_batches()
    (entry,) = batch["RefundEntries"]

    def now(*entries: dict[str, Any]) -> tuple[str, Decimal, int]:
        story.sage.change("ARRefundBatches", batch["BatchNumber"], RefundEntries=list(entries))
        (difference,) = proved(story).differences
        assert (difference.kind, difference.order) == (REPAYMENT, paid_out)
        return difference.cause, difference.amount, proved(story).missing

    assert now() == ("not-booked", -back, 1)
    assert now(entry, {**entry, "EntryNumber": 2}) == ("doubled", back, 0)
    assert now({**entry, "RefundAmountCustomer": D("5.00")}) == ("altered", D("5.00") - back, 0)
    assert now(entry, {**entry, "EntryNumber": 2, "DocumentNumber": f"PS_{paid_out}-B999"}) == ("not-in-shop", back, 0)


# --- the comparison alone ---------------------------------------------------------------------------------------------

PAID = State(2, "Payment accepted", paid=True, shipped=False, delivered=False, cancelled=False, error=False)
CANCELLED = State(6, "Canceled", paid=False, shipped=False, delivered=False, cancelled=True, error=False)
RULES = Rules("PS", lambda _currency: 2, lambda order, _day: order < 3)


def figure(number: int, amount: str = "10.00", **more: Any) -> Figure:
    return Figure(
        number, DAY, (number,), f"REF{number}", Decimal(amount), "EUR", "paypal", "PayPal", **{"state": PAID} | more
    )


def document(kind: str, reference: str, amount: str = "10.00", key: str = "1", **more: Any) -> Document:
    facts: dict[str, Any] = {"customer": "WEB", "tax": ZERO, "currency": "EUR", "date": DAY, "number": reference}
    return Document(kind=kind, key=key, reference=reference, total=Decimal(amount), **facts | more)


def staged(status: str = "posted", amount: str = "10.00", sent: str | None = "10.00") -> Staged:
    reason = {"ignored": "cancelled in the shop", "waiting": "not paid yet"}.get(status, "")
    return Staged(
        7, status, reason, Decimal(amount), "EUR", "Payment accepted", DAY, (), Decimal(sent) if sent else None
    )


def compared(
    orders: list[Figure], documents: dict[str, list[Document]], rows: dict[int, Staged] | None = None, **more: Any
) -> DayProof:
    evidence = Evidence({SALE: orders} | more, documents, rows or {})
    proof = compare(DAY, evidence, RULES, datetime(2026, 11, 26, tzinfo=UTC))
    whole(proof)
    return proof


def test_a_sale_sent_again_counts_once_when_the_first_was_taken_back() -> None:
    sales = [document(SALE, "PS_5", "9.00"), document(SALE, "PS_5-G2", "10.00", "2")]
    taken_back = document(CREDIT_NOTE, "PS_5-X1", "9.00")

    assert compared([figure(5)], {SALE: sales, CREDIT_NOTE: [taken_back]}, {5: staged()}).clean
    proof = compared([figure(5)], {SALE: sales, CREDIT_NOTE: []}, {5: staged()})
    assert named(proof) == [("superseded", 5)]


def test_a_sale_counts_less_the_differences_that_were_credited() -> None:
    sale, lowered = document(SALE, "PS_5", "12.00"), document(CREDIT_NOTE, "PS_5-X1D1", "2.00")
    assert compared([figure(5)], {SALE: [sale], CREDIT_NOTE: [lowered]}, {5: staged()}).clean
    other = document(CREDIT_NOTE, "PS_5-X2D1", "2.00")
    assert not compared([figure(5)], {SALE: [sale], CREDIT_NOTE: [other]}, {5: staged()}).clean


def test_a_cancelled_order_is_right_once_its_last_sale_is_taken_back() -> None:
    orders, rows = [figure(5, state=CANCELLED)], {5: staged()}
    sales = [document(SALE, "PS_5"), document(SALE, "PS_5-G2", key="2")]
    back = [document(CREDIT_NOTE, "PS_5-X1"), document(CREDIT_NOTE, "PS_5-X2")]

    assert named(compared(orders, {SALE: sales, CREDIT_NOTE: back[:1]}, rows)) == [("cancelled", 5)]
    assert compared(orders, {SALE: sales, CREDIT_NOTE: back}, rows).clean


def test_more_credited_than_sold_is_named() -> None:
    back = [document(CREDIT_NOTE, "PS_5-X1", "6.00"), document(CREDIT_NOTE, "PS_5-C8", "6.00")]
    proof = compared([figure(5)], {SALE: [document(SALE, "PS_5")], CREDIT_NOTE: back}, {5: staged()})
    assert ("over-credited", 5) in named(proof)


def test_another_shops_documents_in_the_same_company_are_not_ours() -> None:
    assert compared([], {SALE: [document(SALE, "PSB_5"), document(SALE, "ORD000001")]}).clean


def test_a_sale_in_another_currency_is_named_on_both_sides() -> None:
    proof = compared([figure(5)], {SALE: [document(SALE, "PS_5", currency="USD")]}, {5: staged()})
    assert [(each.cause, each.currency, each.amount) for each in proof.differences] == [
        ("currency", "EUR", Decimal("-10.00")),
        ("currency", "USD", Decimal("10.00")),
    ]


def test_what_cannot_be_read_is_named_and_never_counted_as_nothing() -> None:
    proof = compared([figure(5, fault="broken")], {SALE: [document(SALE, "PS_5")]}, {5: staged()})
    assert named(proof) == [("unreadable", 5)]


orders_strategy = st.lists(
    st.builds(
        figure,
        st.integers(1, 8),
        st.sampled_from(["10.00", "7.5000004", "0.00"]),
        state=st.sampled_from([PAID, CANCELLED]),
        fault=st.sampled_from(["", "", "", "broken"]),
    ),
    unique_by=lambda each: each.id,
    max_size=6,
)
references = st.builds(
    lambda order, rest: f"PS_{order}{rest}",
    st.integers(1, 9),
    st.sampled_from(["", "", "-G2", "-R1", "-C1", "-X1", "-X1D1", "-B1"]),
)
documents_strategy = st.lists(
    st.builds(
        document,
        st.just(SALE),
        references | st.just("by hand"),
        st.sampled_from(["10.00", "7.50", "3.33"]),
        st.integers(1, 99).map(str),
        currency=st.sampled_from(["EUR", "EUR", "USD"]),
        purchase_order=st.sampled_from(["", "REF4", "REF5"]),
        date=st.sampled_from([DAY, date(2026, 11, 26)]),
    ),
    max_size=8,
)
rows_strategy = st.dictionaries(
    st.integers(1, 9),
    st.builds(
        staged,
        st.sampled_from(["staged", "waiting", "invalid", "ready", "posted", "ignored"]),
        st.sampled_from(["10.00", "7.50"]),
        st.sampled_from(["10.00", "7.50", None]),
    ),
)


@given(orders=orders_strategy, documents=documents_strategy, rows=rows_strategy, data=st.data())
def test_the_differences_of_any_day_add_up_to_the_difference_of_its_sums(
    orders: list[Figure], documents: list[Document], rows: dict[int, Staged], data: st.DataObject
) -> None:
    notes = data.draw(st.lists(st.builds(document, st.just(CREDIT_NOTE), references), max_size=4))
    receipts = data.draw(st.lists(st.builds(document, st.just(RECEIPT), references), max_size=4))
    payments = data.draw(orders_strategy)
    compared(  # asserts that the sums are explained
        orders,
        {SALE: documents, RECEIPT: receipts, CREDIT_NOTE: notes},
        rows,
        **{RECEIPT: payments, CREDIT_NOTE: orders},
    )


@given(orders=orders_strategy)
def test_a_day_is_clean_only_if_sage_holds_every_order_that_is_due(orders: list[Figure]) -> None:
    due = [each for each in orders if not each.fault and each.state is PAID]
    rows = {each.id: staged(amount=f"{each.amount:f}") for each in due}
    sales = [document(SALE, f"PS_{each.id}", f"{each.amount:.2f}", str(each.id)) for each in due]
    assert compared(due, {SALE: sales}, rows).clean
    for left in range(len(sales)):
        proof = compared(due, {SALE: sales[:left] + sales[left + 1 :]}, rows)
        assert named(proof) == [("lost", due[left].id)]
        assert proof.missing == 1

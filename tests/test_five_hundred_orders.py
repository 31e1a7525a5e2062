"""The heavy proof of the money: 500 mixed orders on a bad day, and at its end the books agree to the cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from connectors import open_sage, open_shop
from connectors.models import Shop
from connectors.types import ZERO
from mappings.models import ChargeMapping
from staging.models import Issue, StagedOrder
from staging.proofs import prove
from tests import month
from tests.story import OPENING, Story, opened

ORDERS, ROUNDS = 500, 5
A_ROUND = 16.0
"""Seconds that the workers have in each round; what is left is done in the calm after it."""


@pytest.fixture
def story(transactional_db: None) -> Iterator[Story]:
    """A shop that takes wire transfers too; its customers often buy the same."""
    with opened() as told:
        told.pays_by("ps_wirepayment")
        told.company.simultaneous, told.company.tax_tolerance = 4, 2
        told.company.save()
        Shop.objects.update(duplicate_minutes=0)
        assert ChargeMapping.objects.filter(charge="rounding").exists()
        yield told


@pytest.mark.proof
def test_after_a_bad_day_with_five_hundred_orders_the_books_agree(
    story: Story, environment: Callable[..., dict[str, str]]
) -> None:
    busy, user = month.Busy(story), User.objects.create_user("ada")
    for _ in range(ROUNDS):
        month.faults(story)
        busy.buys(ORDERS // ROUNDS)
        month.works(environment, busy.lives_on, A_ROUND)
        story.sage.no_trouble()
        story.presta.calm()
        month.an_hour_later()
        month.decide(user)
    month.until_quiet(story, user)

    assert len(busy.placed) == ORDERS
    assert not [(issue.code, issue.values) for issue in Issue.objects.filter(closed_at=None)]
    assert set(StagedOrder.objects.values_list("status", flat=True)) <= {"posted", "waiting", "ignored"}

    day = OPENING.date()
    (proof,) = prove(story.shop, day, day, open_shop(story.shop), open_sage(story.company))
    assert proof.differences == ()
    assert (proof.missing, [balance.difference for balance in proof.balances]) == (0, [ZERO] * len(proof.balances))
    assert {balance.kind for balance in proof.balances} == {"sale", "receipt", "credit note"}

    # Sage's own books, asked without the bridge: nothing twice, and in sum what the shop says.
    references = Counter(row["OrderReference"] for row in story.sage.orders())
    references += Counter(row["Reference"] for row in story.sage.credit_notes())
    entries = [entry for batch in story.sage.receipt_batches() for entry in batch["ReceiptsAdjustments"]]
    references += Counter(entry["CheckReceiptNumber"] for entry in entries)
    assert not {reference for reference, times in references.items() if times > 1}
    held = set(StagedOrder.objects.filter(status="posted").values_list("order_id", flat=True))
    invoiced = sum((row["InvoiceTotalWithTax"] for row in story.sage.invoices()), ZERO)
    credited = sum((row["CreditDebitNoteTotal"] for row in story.sage.credit_notes()), ZERO)
    assert invoiced - credited == busy.worth().quantize(Decimal("0.001"))
    assert sum((entry["CustomerReceiptAmount"] for entry in entries), ZERO) == busy.money(held).quantize(
        Decimal("0.001")
    )

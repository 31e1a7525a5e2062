"""Payouts are ticked off on the bank page: who, when, how much; audited, and told when it no longer holds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from connectors import open_sage, open_shop
from staging.models import Payout, Task
from staging.proofs import prove
from staging.proofs import task as proving
from syncbridge.models import AuditEntry
from tests.staging.test_proof_pages import asks, browse
from tests.staging.test_proofs import DAY
from tests.story import Staff, Story, opened

SPAN = {"first": DAY.isoformat(), "last": DAY.isoformat()}


@pytest.fixture
def story(db: None) -> Iterator[Story]:
    """A day with money in Sage, proved."""
    with opened() as told:
        told.buys("demo_1")
        told.turn()
        told.turn()
        yield told


def posts(staff: Staff, story: Story, button: str, **fields: Any) -> int:
    answer = staff.browser.post(reverse(f"admin:{button}"), {"shop": story.shop.pk, **SPAN, **fields})
    return answer.status_code


def bank(staff: Staff, story: Story) -> str:
    return browse(staff, "staging_bank", shop=story.shop.pk, **SPAN)


def test_a_payout_is_ticked_off_with_who_and_when_and_told_when_it_no_longer_holds(story: Story) -> None:
    staff = Staff()
    asks(staff, story)
    assert "Tick off what is marked" in bank(staff, story)

    chosen = f"{DAY.isoformat()} EUR BNPEUR"
    assert posts(staff, story, "staging_bank_tick", bank_day=chosen, statement="PAYPAL 2026-118") == 302

    (payout,) = Payout.objects.all()
    (proof,) = prove(story.shop, DAY, DAY, open_shop(story.shop), open_sage(story.company))
    assert payout.amount == sum(each.amount for each in proof.sums if each.part == "receipts by bank")
    page = bank(staff, story)
    assert "accountant of the story" in page
    assert "PAYPAL 2026-118" in page
    assert "tick it off anew" not in page
    entry = AuditEntry.objects.get(content_type__model="payout")
    assert (entry.action, entry.after["statement"], entry.who) == ("add", "PAYPAL 2026-118", "accountant of the story")
    query: dict[str, Any] = {"shop": story.shop.pk, **SPAN, "as": "csv"}
    table = staff.browser.get(reverse("admin:staging_bank"), query)
    assert "accountant of the story,PAYPAL 2026-118" in table.content.decode()

    # Ticking it off again changes nothing; a receipt that comes later is told.
    assert posts(staff, story, "staging_bank_tick", bank_day=chosen, statement="again") == 302
    assert Payout.objects.get().statement == "PAYPAL 2026-118"
    story.buys("demo_3")
    story.turn()
    story.turn()
    Task.objects.filter(kind=proving.PROVE).delete()
    asks(staff, story)
    assert f"It was {payout.amount:.2f}" in bank(staff, story)

    assert posts(staff, story, "staging_bank_untick", payout=payout.pk) == 302
    assert not Payout.objects.exists()
    gone = AuditEntry.objects.get(content_type__model="payout", action="delete")
    assert Decimal(gone.before["amount"]) == payout.amount


@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_who_decides_about_no_order_sees_ticks_and_makes_none(story: Story, role: str) -> None:
    tick = Payout.objects.create(
        shop=story.shop, day=DAY, currency="EUR", bank="BNPEUR", amount=Decimal(1), user=Staff().user
    )
    staff = Staff(role)
    asks(staff if role == "operator" else Staff("administrator"), story)
    assert posts(staff, story, "staging_bank_tick", bank_day="x") == 403
    assert posts(staff, story, "staging_bank_untick", payout=tick.pk) == 403
    assert "Tick off what is marked" not in bank(staff, story)


def test_nothing_chosen_and_unknown_ticks_are_refused(story: Story) -> None:
    staff = Staff()
    asks(staff, story)
    assert posts(staff, story, "staging_bank_tick", bank_day="2026-11-25 EUR NOBANK") == 302
    assert not Payout.objects.exists()
    assert posts(staff, story, "staging_bank_untick", payout="7") == 404

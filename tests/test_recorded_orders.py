"""Every order that a real shop was recorded with, and what becomes of it here: the table says which case ends how.

Refunds and payments are read with their orders; what they make in Sage is told elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connectors.sandbox.prestashop.sandbox import DATASET
from mappings.models import ChargeMapping, ItemMapping
from staging import push, validate
from staging.models import Issue, StagedOrder
from tests.staging.conftest import live
from tests.story import Staff, Story, opened

POSTED = ("posted", "")
UNPAID = ("waiting", "not paid yet")
ERROR = ("waiting", "payment error in the shop")
CANCELLED = ("ignored", "cancelled in the shop")

ENDS = {
    # Bought and paid: goods of one and several rates, combinations, packs, downloads, quantity prices, ecotax.
    "bedlamp_paid": POSTED,
    "multi_line": POSTED,
    "two_tax_rates": POSTED,
    "combination": POSTED,
    "ecotax": POSTED,
    "tier": POSTED,
    "virtual": POSTED,
    "nostock": POSTED,
    "noted": POSTED,
    "edited_add_product": POSTED,
    # Reductions, gifts, wrapping, free shipping.
    "pct10": POSTED,
    "amt5_te": POSTED,
    "freeship": POSTED,
    "gift_product": POSTED,
    "gift_wrap": POSTED,
    "clickcollect_freecarrier": POSTED,
    # Buyers: guests, companies, two addresses, other countries, another currency.
    "guest": POSTED,
    "company_fr": POSTED,
    "two_addresses": POSTED,
    "spain_state": POSTED,
    "us_notax": POSTED,
    "usd": POSTED,
    # The shop's three ways of rounding; where it rounds each piece Sage cannot come to the same tax.
    "round_item": POSTED,
    "round_line": POSTED,
    "round_line_pct10": POSTED,
    "round_total": POSTED,
    "round_total_pct10": POSTED,
    "roundx_total_pct10": POSTED,
    "roundx_item": ("invalid", "tax-differs"),
    "roundx_item_pct10": ("invalid", "tax-differs"),
    "roundx_line": ("invalid", "rounding-cent"),
    # Delivered and refunded afterwards: the sale stands.
    "state_then_shipped_delivered": POSTED,
    "partial_refund_noship": POSTED,
    "partial_refund_ship": POSTED,
    "return_delivered": POSTED,
    # Not paid, paid wrongly, cancelled.
    "cheque_waiting": UNPAID,
    "bankwire_waiting": UNPAID,
    "payment_mismatch": ERROR,
    "payment_error": ERROR,
    "cancelled": CANCELLED,
    "paid_then_cancelled": CANCELLED,
}

LIKE_ANOTHER = {"round_line", "state_then_shipped_delivered", "partial_refund_ship", "noted"}
"""Bought again within minutes while recording: held as possible duplicates until somebody says that they are none."""


@pytest.fixture
def story(db: None) -> Iterator[Story]:
    """The recorded shop, taken from its first order on."""
    with opened(live=False) as told:
        live(told.shop)
        ChargeMapping.objects.filter(charge="rounding").delete()  # a company that wants to see each odd cent
        for module in ("ps_wirepayment", "ps_checkpayment", "ps_cashondelivery"):
            told.pays_by(module)
        yield told


def test_each_recorded_order_comes_to_its_end(story: Story) -> None:
    cases = recorded_cases()
    story.turn()

    # All are there; none was lost on the way, whatever it looks like.
    assert StagedOrder.objects.count() == len(story.presta.rows("orders"))
    assert not StagedOrder.objects.exclude(fault="").exists()
    assert not Issue.objects.filter(code__in=["unreadable", "internal-error"]).exists()

    # What staff do: they map the one item that Sage does not have, and let the seeming duplicates pass.
    ItemMapping.objects.create(company=story.company, reference="BEDLAMP", code="A1-104/0")
    validate.sweep(story.shop)
    twins = Issue.objects.filter(closed_at=None, code="possible-duplicate")
    assert {twin.order.order_id for twin in twins} == {cases[name] for name in LIKE_ANOTHER}
    staff = Staff()
    for twin in twins:
        staff.presses(twin.order, "accept", issue=str(twin.pk), reason="recorded twice on purpose")
    validate.sweep(story.shop)
    push.sweep(story.company)

    # Each named case ends as the table says, and each of the sixty bulk orders by whether it is paid.
    assert {name: end(story, number) for name, number in cases.items() if not name.startswith("bulk")} == ENDS
    for name in sorted(cases.keys() - ENDS.keys()):
        assert end(story, cases[name]) == (POSTED if paid(story, cases[name]) else UNPAID), name

    # What was posted is equal to the cent: the total, the tax, and each rate by itself.
    posted = StagedOrder.objects.filter(status="posted")
    assert {row["OrderNumber"] for row in story.sage.orders()} == {f"PS_{order.order_id}" for order in posted}
    for order in posted:
        said = story.presta.row("orders", order.order_id)
        total, net = Decimal(said["total_paid_tax_incl"]), Decimal(said["total_paid_tax_excl"])
        invoiced = story.invoiced(order.order_id)
        assert (sum(base + tax for base, tax in invoiced.values()), order.total) == (total, total)
        # With several rates the shop's own net total may lie a cent beside its lines; Sage follows the lines.
        beside = Decimal("0.01") if len(invoiced) > 1 else Decimal(0)
        assert abs(sum(tax for _base, tax in invoiced.values()) - (total - net)) <= beside
        assert invoiced == booked(order)
        assert not order.issues.filter(closed_at=None).exists()


def test_the_table_names_every_recorded_case() -> None:
    assert {name for name in recorded_cases() if not name.startswith("bulk")} == set(ENDS)


def recorded_cases() -> dict[str, int]:
    """The recorded cases by name, with their order's number."""
    cases: dict[str, list[int]] = json.loads((DATASET / "orders_by_case.json").read_text())
    return {name: number for name, (number,) in cases.items()}


def end(story: Story, number: int) -> tuple[str, str]:
    """Where an order stands, and why: its first cause, or what it waits for."""
    order = story.order(number)
    return order.status, order.first_cause or order.reason


def paid(story: Story, number: int) -> bool:
    """Whether the shop counts the order's state as paid."""
    state = story.presta.row("orders", number)["current_state"]
    return bool(story.presta.row("order_states", int(state))["paid"] == "1")


def booked(order: StagedOrder) -> dict[str, tuple[Decimal, Decimal]]:
    """Base and tax per rate as the shop booked them."""
    rates: list[dict[str, Any]] = (order.verdict or {})["rates"]
    return {
        f"{Decimal(rate['rate']).normalize():f}": (Decimal(rate["shop_base"]), Decimal(rate["shop_tax"]))
        for rate in rates
    }

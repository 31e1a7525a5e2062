"""A cart that the shop split into two orders under one reference, all money on one of them, through to Sage."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings.models import PaymentMapping
from staging.models import StagedOrder
from tests.staging.books import codes, received, turn
from tests.staging.conftest import connect, live
from tests.staging.pushing import settle
from tests.staging.world import map_all

D = Decimal
REFERENCE = "SPLITCART"
PAID = 2
SECOND = D("69.60")
"""What the second half costs, two posters fetched at the shop: known before it is there."""


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    books.receipts = SageCompany.Receipts.PREPAYMENT
    books.save()
    map_all(books)
    return live(connect(presta, books))


def half(presta: PrestaShopSandbox, article: str, carrier: int) -> tuple[int, Decimal]:
    """One of the two orders, paid by its state; the money itself lies elsewhere."""
    order_id = presta.add_order(
        lines=[{"reference": article, "quantity": 2}], reference=REFERENCE, carrier=carrier, module="ps_wirepayment"
    )
    presta.edit("orders", order_id, current_state=str(PAID))
    return order_id, D(str(presta.row("orders", order_id)["total_paid_tax_incl"]))


def by_order(sage: Sage300Sandbox) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for reference, amount in received(sage).items():
        order = int(reference.removeprefix("PS_").partition("-")[0])
        found[order] = found.get(order, D(0)) + amount
    return found


@pytest.mark.parametrize("holder", [0, 1])
def test_each_order_gets_its_share_whichever_holds_the_money(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, holder: int
) -> None:
    orders = [half(presta, "demo_1", 2), half(presta, "demo_6", 1)]
    presta.add_payment(orders[holder][0], orders[0][1] + orders[1][1])
    turn(shop)
    assert [codes(order_id) for order_id, _total in orders] == [[], []]
    assert by_order(sage) == dict(orders)
    assert {row["OrderNumber"]: row["InvoiceTotalWithTax"] for row in sage.invoices()} == {
        f"PS_{order_id}": total for order_id, total in orders
    }


@pytest.mark.parametrize("money_first", [True, False])
def test_the_order_of_arrival_does_not_matter(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, money_first: bool
) -> None:
    first = half(presta, "demo_1", 2)
    worth = first[1] + SECOND
    if money_first:
        presta.add_payment(first[0], worth)
    turn(shop)
    second = half(presta, "demo_6", 1)
    assert second[1] == SECOND
    if not money_first:
        presta.add_payment(second[0], worth)
    turn(shop)
    turn(shop)
    settle(shop.company, 1)
    assert [codes(order_id) for order_id, _total in (first, second)] == [[], []]
    assert by_order(sage) == dict([first, second])
    assert list(StagedOrder.objects.values_list("status", flat=True)) == ["posted", "posted"]


def test_never_more_receipts_than_money(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    first, second = half(presta, "demo_1", 2), half(presta, "demo_6", 1)
    presta.add_payment(second[0], first[1] + D("5.00"))
    turn(shop)
    assert by_order(sage) == {first[0]: first[1], second[0]: D("5.00")}
    presta.add_payment(first[0], second[1] - D("5.00"))
    turn(shop)
    turn(shop)
    assert by_order(sage) == dict([first, second])
    assert sum(received(sage).values()) == first[1] + second[1]
    PaymentMapping.objects.update(note="looked at again")
    turn(shop)
    assert sum(received(sage).values()) == first[1] + second[1]

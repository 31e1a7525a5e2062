"""What the tests of push share: an order that is ready, clocks turned forward, and what Sage then holds."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from staging import fetch, push, validate
from staging.models import Posting, Slot, StagedOrder

_number = count()


def lines() -> list[dict[str, Any]]:
    """Lines that no other order has: equal ones would be taken for possible duplicates."""
    many, few = divmod(next(_number), 40)
    return [{"reference": "demo_1", "quantity": 1 + few}, {"reference": "demo_6", "quantity": 1 + many}]


def ready(presta: PrestaShopSandbox, shop: Shop, many: int = 1, **more: Any) -> list[StagedOrder]:
    """Place paid orders in the shop, fetch and check them; they are ready."""
    ids = [presta.add_order(**({"lines": lines(), "module": "paypal"} | more)) for _ in range(many)]
    fetch.sweep(shop)
    validate.sweep(shop)
    rows = list(StagedOrder.objects.filter(order_id__in=ids).order_by("order_id"))
    assert [row.status for row in rows] == ["ready"] * many, [list(row.issues.values()) for row in rows]
    return rows


def later() -> None:
    """As if an hour had passed: leases are over, pauses too."""
    before = timezone.now() - timedelta(seconds=1)
    Posting.objects.exclude(lease_until=None).update(lease_until=before, sent_at=before - timedelta(hours=1))
    Posting.objects.update(due_at=before)
    Slot.objects.exclude(lease_until=None).update(lease_until=before)
    SageCompany.objects.filter(state="paused").update(retry_at=before)


def settle(company: SageCompany, rounds: int = 6) -> None:
    """Push until nothing changes any more, whatever has to be waited for."""
    for _ in range(rounds):
        later()
        push.sweep(SageCompany.objects.get(pk=company.pk))


def documents(sage: Sage300Sandbox) -> Counter[str]:
    """How many orders and invoices Sage holds, by our reference."""
    orders = Counter(f"order {row['OrderReference']}" for row in sage.orders() if row["OrderReference"])
    return orders + Counter(f"invoice {row['OrderNumber']}" for row in sage.invoices())


def exactly_once(sage: Sage300Sandbox, *orders: StagedOrder) -> None:
    """Each order is posted, and Sage holds one order and one invoice for it."""
    for order in orders:
        order.refresh_from_db()
        assert order.status == "posted", (order.status, list(order.events.values_list("message", flat=True)))
        posting = order.postings.get(kind="sale")
        assert posting.status == "pushed"
        assert order.sage_order == posting.document_number
        assert order.sage_invoice
    expected = Counter(f"{kind} PS_{order.order_id}" for order in orders for kind in ("order", "invoice"))
    assert documents(sage) == expected

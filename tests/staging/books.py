"""What the tests of money after the sale share: one turn of the bridge, and the books as Sage has them."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from staging import fetch, push, validate
from staging.models import Issue, StagedOrder

D = Decimal
CANCELLED = 6


def turn(shop: Shop) -> None:
    """Fetch, check and send once."""
    fetch.sweep(shop)
    validate.sweep(shop)
    push.sweep(SageCompany.objects.get())


def row(order_id: int) -> StagedOrder:
    """The order as it stands with us."""
    return StagedOrder.objects.get(order_id=order_id)


def issue(order_id: int, code: str) -> Issue:
    """Its open issue with this code."""
    return row(order_id).issues.get(code=code, closed_at=None)


def codes(order_id: int) -> list[str]:
    """The codes of its open issues."""
    return sorted(row(order_id).issues.filter(closed_at=None).values_list("code", flat=True))


def quiet(order_id: int) -> None:
    """Sage holds all, and nobody has to act."""
    assert (row(order_id).status, codes(order_id)) == ("posted", [])


def total(presta: PrestaShopSandbox, order_id: int) -> Decimal:
    """What the order is worth in the shop, with tax."""
    return D(str(presta.store.row("orders", order_id)["total_paid_tax_incl"]))


def given_back(presta: PrestaShopSandbox, slip: int) -> Decimal:
    """What a slip gives back, with tax and shipping."""
    found = presta.store.row("order_slip", slip)
    return D(str(found["total_products_tax_incl"])) + D(str(found["total_shipping_tax_incl"]))


def entries(sage: Sage300Sandbox) -> list[dict[str, Any]]:
    """All receipts."""
    return [entry for batch in sage.receipt_batches() for entry in batch["ReceiptsAdjustments"]]


def received(sage: Sage300Sandbox) -> dict[str, Decimal]:
    """Receipts by reference; a reference twice is a fault."""
    return once((entry["CheckReceiptNumber"], entry["CustomerReceiptAmount"]) for entry in entries(sage))


def credited(sage: Sage300Sandbox) -> dict[str, Decimal]:
    """Credit notes by reference; a reference twice is a fault."""
    return once((note["Reference"], note["CreditDebitNoteTotal"]) for note in sage.credit_notes())


def repaid(sage: Sage300Sandbox) -> dict[str, Decimal]:
    """Refunds by reference; a reference twice is a fault."""
    found = [entry for batch in sage.refund_batches() for entry in batch["RefundEntries"]]
    return once((entry["DocumentNumber"], entry["RefundAmountCustomer"]) for entry in found)


def once(pairs: Any) -> dict[str, Decimal]:
    """As a dictionary, each name once."""
    rows = list(pairs)
    counts = Counter(name for name, _amount in rows)
    assert max(counts.values(), default=1) == 1, counts
    return dict(rows)


def net(sage: Sage300Sandbox) -> Decimal:
    """What Sage's invoices and credit notes together are worth."""
    invoiced = sum((each["InvoiceTotalWithTax"] for each in sage.invoices()), D(0))
    return invoiced - sum((note["CreditDebitNoteTotal"] for note in sage.credit_notes()), D(0))


def post_all(sage: Sage300Sandbox) -> None:
    """The night in Sage: day end, and every batch that is ready is posted."""
    sage.day_end()
    sage.post_batches()

"""What only Sage itself can say in the moment before a sale is written: is its customer there, free and good for it?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connectors import open_shop
from connectors.ports import Sage
from connectors.types import Raw, Record, ShopOrder
from staging.corrections import lay
from staging.issues import Fault
from staging.models import Posting, RawRecord


def faults_now(sage: Sage, posting: Posting) -> list[Fault]:
    """The faults that hold a posting now, without those that staff accepted. Raises the connector's errors."""
    if posting.kind != Posting.Kind.SALE:
        return []
    prepared = posting.prepared
    customer = sage.record("customer", prepared["customer"])
    if customer is None:
        return [Fault("customer-unknown", "customer", prepared["customer"])]
    if not customer.active:
        return [Fault("customer-inactive", "customer", customer.code, values={"sage": customer.code})]
    faults = [*_on_hold(customer, prepared), *_over_limit(customer, prepared)]
    if not faults:
        return []
    order = _order(posting)
    corrected = lay(order, posting.order.corrections.all())
    return [
        fault
        for fault in faults
        if not corrected.accepts(fault) and not (fault.code == "customer-over-limit" and order.state.paid)
    ]


def _on_hold(customer: Record, prepared: dict[str, Any]) -> list[Fault]:
    if not customer.details.get("on_hold"):
        return []
    return [Fault("customer-on-hold", "customer", customer.code, values=_values(customer, prepared))]


def _over_limit(customer: Record, prepared: dict[str, Any]) -> list[Fault]:
    """Amounts are in the customer's currency, with tax; the order would count against the limit if it is unpaid."""
    limit = Decimal(customer.details.get("credit_limit") or 0)
    owed = Decimal(customer.details.get("balance") or 0) + Decimal(prepared["total"])
    if not customer.details.get("check_credit") or owed <= limit:
        return []
    values = _values(customer, prepared) | {"owed": f"{owed:.2f}", "limit": f"{limit:.2f}"}
    return [Fault("customer-over-limit", "customer", customer.code, values=values)]


def _values(customer: Record, prepared: dict[str, Any]) -> dict[str, str]:
    return {"sage": customer.code, "currency": prepared["currency"]}


def _order(posting: Posting) -> ShopOrder:
    """The order as its raws say; asks nobody."""
    raws = RawRecord.objects.filter(pk__in=posting.order.raws)
    return open_shop(posting.order.shop).read_order([Raw(raw.resource, raw.object_id, raw.payload) for raw in raws])

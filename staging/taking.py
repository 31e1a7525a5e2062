"""Whether an order is to be sent at all: go-live, cancelled, payment, and the shop's rule which orders are taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.models import Shop
from connectors.types import ShopOrder
from mappings.resolve import Resolver

SETTLES = timedelta(hours=1)
"""PrestaShop writes an order in several steps; one without lines is looked at again for so long."""

LOOK_AGAIN = timedelta(minutes=2)
RECHECK = timedelta(hours=24)
"""A waiting order is woken by the shop or by a rule; this is the net below both."""


@dataclass(frozen=True)
class NotNow:
    """The order is not sent: ``ignored`` for good (unless the shop or staff say otherwise) or waiting, and why, in a
    word of ``wording.FIXED``.
    """

    ignored: bool
    reason: str
    again: timedelta = RECHECK


def not_now(order: ShopOrder, shop: Shop, resolver: Resolver, now: datetime) -> NotNow | None:
    """Why the order is not sent now; None when it is to be sent."""
    if shop.before_go_live(order.id, order.order_date):
        return NotNow(True, "before go-live")
    if order.state.cancelled:
        return NotNow(True, "cancelled in the shop")
    if order.state.error:
        return NotNow(False, "payment error in the shop")
    take = resolver.take(order.module, order.state.id)
    if take == Shop.Take.NEVER:
        return NotNow(True, "not taken, by rule")
    if take == Shop.Take.PAID and not order.state.paid:
        return NotNow(False, "not paid yet")
    if not order.lines and now - order.placed_at < SETTLES:
        return NotNow(False, "its lines are not in the shop yet", LOOK_AGAIN)
    return None

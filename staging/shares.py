"""Which part of which payment belongs to which order: payments hang on a reference that several orders may share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from connectors.types import ZERO

Booked = Mapping[tuple[int, int], Decimal]
"""What Sage was sent already, by (order, payment)."""


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a payment that is one order's. ``excess`` of it is more than all orders together are worth."""

    payment: int
    amount: Decimal
    excess: Decimal = ZERO


def shares(
    payments: Iterable[tuple[int, Decimal]], worth: Sequence[tuple[int, Decimal]], booked: Booked
) -> dict[int, list[Share]]:
    """The shares of each order; the shares of a payment always add up to it.

    ``payments`` are (id, amount) in the order in which they came, ``worth`` (order id, total with tax): each payment
    covers the orders in turn. What was booked stays where it is, so that no money is counted twice when an order's
    total changes later. Money that no order needs goes to the last order that has a part of the payment.
    """
    found: dict[int, list[Share]] = {order: [] for order, _total in worth}
    uncovered = {order: total - sum(_of_order(booked, order), ZERO) for order, total in worth}
    for payment, amount in payments:
        rest = amount - sum((part for (_order, of), part in booked.items() if of == payment), ZERO)
        parts = {order: booked.get((order, payment), ZERO) for order in found}
        for order in found:
            part = max(ZERO, min(rest, uncovered[order]))
            if not booked.get((order, payment)):  # a receipt that was sent is not made larger
                parts[order], uncovered[order], rest = parts[order] + part, uncovered[order] - part, rest - part
        having = [order for order, part in parts.items() if part] or list(found)
        for order in found:
            excess = max(rest, ZERO) if order == having[-1] else ZERO
            if parts[order] or excess:
                found[order].append(Share(payment, parts[order] + excess, excess))
    return found


def _of_order(booked: Booked, order: int) -> list[Decimal]:
    return [part for (of, _payment), part in booked.items() if of == order]

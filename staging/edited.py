"""Payments that the shop changed or took away after their receipt was sent: told to staff, never booked again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from connectors.types import ZERO, Payment, Receipt
from staging.amounts import rounded
from staging.issues import Fault


@dataclass(frozen=True, slots=True)
class Sent:
    """A receipt that Sage was sent: of which order's share of which payment, and what was asked for."""

    order: int
    payment: int
    reference: str
    receipt: Receipt

    @property
    def amount(self) -> Decimal:
        """This order's share, in the receipt's currency."""
        return self.receipt.amount


def source(payment: Payment, places: int) -> dict[str, str]:
    """The payment as a receipt remembers it."""
    amount = f"{rounded(payment.amount, places):f}"
    return {"amount": amount, "currency": payment.currency, "method": payment.method}


def changed(payment: Payment, sent: Iterable[Sent], places: int) -> Fault | None:
    """The fault of a payment that is no longer what its receipts were made from, None when it is, or has none."""
    receipts = _of(payment.id, sent)
    before, after = _before(receipts), source(payment, places)
    if not receipts or before == after:
        return None
    if not receipts[0].receipt.source and sum((each.amount for each in receipts), ZERO) <= payment.amount:
        return None  # sent by a version that remembered only the share: another order may have the rest
    values = {"before": _told(before), "after": _told(after), "receipts": _names(receipts)}
    return Fault("payment-changed", place=f"payment {payment.id}", values=values)


def gone(payment: int, sent: Iterable[Sent]) -> Fault:
    """The fault of a payment that the shop no longer has."""
    receipts = _of(payment, sent)
    values = {"before": _told(_before(receipts)), "receipts": _names(receipts)}
    return Fault("payment-gone", place=f"payment {payment}", values=values)


def _of(payment: int, sent: Iterable[Sent]) -> list[Sent]:
    return sorted((each for each in sent if each.payment == payment), key=lambda each: each.reference)


def _before(receipts: list[Sent]) -> dict[str, str]:
    for each in receipts:
        if each.receipt.source:
            return dict(each.receipt.source)
    amount = sum((each.amount for each in receipts), ZERO)
    return {"amount": f"{amount:f}", "currency": receipts[0].receipt.currency if receipts else "", "method": ""}


def _told(payment: dict[str, str]) -> str:
    return " ".join(word for word in (payment["amount"], payment["currency"], payment["method"]) if word)


def _names(receipts: list[Sent]) -> str:
    return ", ".join(each.reference for each in receipts)

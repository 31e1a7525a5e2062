"""Ticking payouts off: what of a bank's receipts a person found on its statement, and whether that still holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import transaction

from connectors.models import Shop
from connectors.types import ZERO
from staging.models import Payout
from staging.proofs.bank import BankDay

Key = tuple[date, str, str]
"""Day, currency, bank."""


@dataclass(frozen=True)
class Banked:
    """Sage's receipts at one bank on one day, in ``currency``, and the tick of who found them on the statement."""

    day: date
    currency: str
    bank: str
    count: int
    amount: Decimal
    tick: Payout | None

    @property
    def key(self) -> str:
        """As a form sends it."""
        return f"{self.day:%Y-%m-%d} {self.currency} {self.bank}"

    @property
    def moved(self) -> Decimal:
        """What the receipts came to since they were ticked off; 0 while that holds."""
        return self.amount - self.tick.amount if self.tick else ZERO


def banked(shop: Shop, rows: Iterable[BankDay]) -> list[Banked]:
    """Each bank, day and currency of these rows, with its tick if it has one. One query."""
    found = [(row.day, row, each) for row in rows if row.day for each in row.receipts]
    ticks = _ticks(shop, [day for day, _row, _each in found])
    result = [
        Banked(day, row.currency, each.name, each.count, each.amount, ticks.pop((day, row.currency, each.name), None))
        for day, row, each in found
    ]
    gone = [Banked(*key, 0, ZERO, tick) for key, tick in ticks.items()]  # ticked off, and no longer in Sage
    return sorted([*result, *gone], key=lambda each: (each.day, each.currency, each.bank))


def _ticks(shop: Shop, days: Sequence[date]) -> dict[Key, Payout]:
    if not days:
        return {}
    rows = Payout.objects.filter(shop=shop, day__range=(min(days), max(days))).select_related("user")
    return {(row.day, row.currency, row.bank): row for row in rows}


@transaction.atomic
def tick(shop: Shop, chosen: Iterable[Banked], statement: str, user: User) -> int:
    """Note that these were found on the statement; how many that were not ticked before."""
    new = 0
    for each in chosen:
        values = {"amount": each.amount, "statement": statement.strip()[:60], "user": user}
        _payout, created = Payout.objects.get_or_create(
            shop=shop, day=each.day, currency=each.currency, bank=each.bank, defaults=values
        )
        new += created
    return new


def untick(shop: Shop, pk: int) -> bool:
    """Take a tick back; the audit keeps that it was there."""
    payout = Payout.objects.filter(shop=shop, pk=pk).first()
    if payout is not None:
        payout.delete()
    return payout is not None

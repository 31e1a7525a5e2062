"""Receipts per bank beside the shop's payments per method, by day and currency, from proofs that were made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connectors.types import ZERO
from staging.proofs.types import DayProof, Sum

PAYMENTS, RECEIPTS, BATCHES = "payments by module", "receipts by bank", "receipt batches"


@dataclass(frozen=True)
class BankDay:
    """One day and currency; ``day`` is None for all days together."""

    day: date | None
    currency: str
    payments: tuple[Sum, ...]
    receipts: tuple[Sum, ...]
    batches: tuple[Sum, ...] = ()

    @property
    def paid(self) -> Decimal:
        """What came in, as the shop says."""
        return sum((each.amount for each in self.payments), ZERO)

    @property
    def booked(self) -> Decimal:
        """What Sage holds."""
        return sum((each.amount for each in self.receipts), ZERO)

    @property
    def difference(self) -> Decimal:
        """Sage less shop."""
        return self.booked - self.paid


def bank_days(proofs: Iterable[DayProof]) -> list[BankDay]:
    """Every day and currency with money on either side."""
    return [
        BankDay(proof.day, currency, *(_sums(proof.sums, part, currency) for part in (PAYMENTS, RECEIPTS, BATCHES)))
        for proof in proofs
        for currency in sorted({each.currency for each in proof.sums if each.part in (PAYMENTS, RECEIPTS)})
    ]


def totals(rows: Sequence[BankDay]) -> list[BankDay]:
    """All days together, by currency: what a payout over several days is compared with."""
    found = []
    for currency in sorted({row.currency for row in rows}):
        of = [row for row in rows if row.currency == currency]
        payments = _added(each for row in of for each in row.payments)
        receipts = _added(each for row in of for each in row.receipts)
        found.append(BankDay(None, currency, payments, receipts))
    return found


def _sums(sums: Iterable[Sum], part: str, currency: str) -> tuple[Sum, ...]:
    return tuple(each for each in sums if each.part == part and each.currency == currency)


def _added(sums: Iterable[Sum]) -> tuple[Sum, ...]:
    by_name: defaultdict[str, list[Sum]] = defaultdict(list)
    for each in sums:
        by_name[each.name].append(each)
    return tuple(
        Sum(of[0].part, name, of[0].currency, sum(each.count for each in of), sum((each.amount for each in of), ZERO))
        for name, of in sorted(by_name.items())
    )

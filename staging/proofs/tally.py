"""Counting while comparing: what was seen on both sides of one kind, what was left out, and what differs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from connectors.types import ZERO, Document, Figure
from staging.amounts import rounded
from staging.proofs.types import Balance, Difference, LeftOut, Rules, Staged

OURS = re.compile(r"(?P<prefix>[A-Z][A-Z0-9]*)_(?P<order>\d+)(?:-(?P<letter>[GRCXVB])(?P<number>\w+))?", re.IGNORECASE)
"""A reference of ours: PS_1042 (a sale), PS_1042-G2 (sent again), PS_1042-R7 (receipt), PS_1042-V4 (receipt of a
voucher that is money), PS_1042-C3 (credit note of a refund), PS_1042-B3 (its money back from the bank; -B3N2: money
that came late), PS_1042-X2 (credit note that takes the second sending
back), PS_1042-X1D1 (one of just a difference)."""


class Tally:
    """One kind of one day. Every document and every figure goes in here exactly once, so that the sums are right."""

    def __init__(self, kind: str, rules: Rules) -> None:
        self.kind, self.rules = kind, rules
        self.differences: list[Difference] = []
        self.left_out: list[LeftOut] = []
        self._sides: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(list)
        self._missing: defaultdict[str, int] = defaultdict(int)

    def amount(self, figure: Figure) -> Decimal:
        """A figure's amount in whole cents; PrestaShop keeps up to six decimals."""
        return rounded(figure.amount, self.rules.places(figure.currency))

    def shop(self, figure: Figure) -> Decimal:
        """Count what the shop has."""
        amount = self.amount(figure)
        self._sides["shop", figure.currency].append(amount)
        return amount

    def sage(self, documents: Iterable[Document], currency: str = "") -> None:
        """Count what Sage holds; a document without a currency has the order's."""
        for document in documents:
            self._sides["sage", document.currency or currency].append(document.total)

    def leave_out(self, figure: Figure, order: int, reason: str) -> None:
        """Sage is not to hold it, or not yet."""
        amount = self.amount(figure)
        self._sides["left out", figure.currency].append(amount)
        self.left_out.append(LeftOut(self.kind, figure.id, order, figure.reference, reason, amount, figure.currency))

    def missing(self, figure: Figure, cause: str, row: Staged | None, details: Iterable[str] = ()) -> None:
        """Sage should hold it and does not."""
        self._missing[figure.currency] += 1
        self.differ(cause, figure=figure, row=row, amount=-self.amount(figure), details=details)

    def differ(
        self,
        cause: str,
        *,
        amount: Decimal = ZERO,
        figure: Figure | None = None,
        order: int = 0,
        row: Staged | None = None,
        documents: Iterable[Document] = (),
        currency: str = "",
        details: Iterable[str] = (),
    ) -> None:
        """Name one difference; ``amount`` is what it adds to Sage's side."""
        held = list(documents)
        readable = figure is not None and not figure.fault
        self.differences.append(
            Difference(
                kind=self.kind,
                cause=cause,
                order=order or (figure.orders[0] if figure and figure.orders else 0),
                currency=currency or (figure.currency if figure else "") or (row.currency if row else ""),
                amount=amount,
                id=figure.id if figure else 0,
                reference=figure.reference if figure else "",
                row=row.pk if row else 0,
                shop=self.amount(figure) if figure and readable else None,
                staged=row.total if row and self.kind == "sale" else None,
                sage=sum((document.total for document in held), ZERO) if held else None,
                documents=tuple(document.number or document.reference for document in held),
                details=tuple(details),
            )
        )

    def copies(self, documents: Iterable[Document], figure: Figure | None, row: Staged | None) -> list[Document]:
        """The documents without the second ones of a reference, which are named as doubled."""
        first: dict[str, Document] = {}
        # Sage's own number of the one we placed is mostly our reference; else the one that was there first.
        for document in sorted(documents, key=lambda each: (each.number != each.reference, each.key.zfill(20))):
            if document.reference.casefold() not in first:
                first[document.reference.casefold()] = document
                continue
            pair = [first[document.reference.casefold()], document]
            of = order_of(document.reference)
            self.differ(
                "doubled", amount=document.total, figure=figure, order=of, row=row, documents=pair,
                currency=document.currency,
            )  # fmt: skip
        return list(first.values())

    def balances(self) -> list[Balance]:
        """One per currency."""
        currencies = sorted({currency for _side, currency in self._sides} | set(self._missing))
        found = []
        for currency in currencies:
            shop, left_out, sage = (self._sides.get((side, currency), []) for side in ("shop", "left out", "sage"))
            found.append(
                Balance(
                    kind=self.kind,
                    currency=currency,
                    shop_count=len(shop),
                    shop=sum(shop, ZERO),
                    left_out_count=len(left_out),
                    left_out=sum(left_out, ZERO),
                    sage_count=len(sage),
                    sage=sum(sage, ZERO),
                    missing=self._missing[currency],
                )
            )
        return found


def order_of(reference: str) -> int:
    """The order that a reference of ours names, 0 if it names none."""
    match = OURS.fullmatch(reference)
    return int(match["order"]) if match else 0

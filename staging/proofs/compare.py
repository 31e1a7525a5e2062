"""The comparison itself: pure, of the shop's figures, Sage's documents and our rows; it asks nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from connectors.types import ZERO, Document, Figure
from staging.proofs.money import LETTERS, Money
from staging.proofs.sales import Sales
from staging.proofs.tally import OURS, Tally
from staging.proofs.types import CREDIT_NOTE, KINDS, RECEIPT, REPAYMENT, SALE, DayProof, Evidence, Rules, Sum


def compare(day: date, evidence: Evidence, rules: Rules, asked_at: datetime) -> DayProof:
    """One day. The differences of a kind and currency add up to the difference of its sums."""
    asked = [kind for kind in KINDS if kind in evidence.documents]
    wanted = [kind for kind in KINDS if kind != REPAYMENT or _of_day(evidence, kind, day)]
    tallies = [_tally(kind, day, evidence, rules) for kind in asked]
    return DayProof(
        day=day,
        asked_at=asked_at,
        balances=tuple(balance for tally in tallies for balance in tally.balances()),
        sums=tuple(_sums(day, evidence, rules)),
        differences=tuple(difference for tally in tallies for difference in tally.differences),
        left_out=tuple(each for tally in tallies for each in tally.left_out),
        not_asked=tuple(kind for kind in wanted if kind not in asked),
    )


def _tally(kind: str, day: date, evidence: Evidence, rules: Rules) -> Tally:
    return (Sales(day, evidence, rules) if kind == SALE else Money(kind, day, evidence, rules)).compare()


Entry = tuple[str, str, Decimal]
"""Name, currency, amount."""


def _sums(day: date, evidence: Evidence, rules: Rules) -> Iterable[Sum]:
    """Everything counted, part by part, as it stands on either side."""
    orders, payments, refunds = (_of_day(evidence, kind, day) for kind in (SALE, RECEIPT, CREDIT_NOTE))
    rows = [evidence.staged.get(figure.id) for figure in orders]
    parts: dict[str, Iterable[Entry]] = {
        "orders by state": (_entry(each.state.name if each.state else "", each) for each in orders),
        "orders by method": (_entry(each.module, each) for each in orders),
        "staged": ((row.status, row.currency, row.total or ZERO) for row in rows if row),
        "sales": (("", each.currency, each.total) for each in _held(SALE, day, evidence, rules)),
        "payments by module": (_entry(each.module or each.method, each) for each in payments),
        "receipts by bank": ((each.bank, each.currency, each.total) for each in _held(RECEIPT, day, evidence, rules)),
        "receipt batches": (
            (f"{each.batch} · {each.batch_state}", each.currency, each.total)
            for each in _held(RECEIPT, day, evidence, rules)
            if each.batch
        ),
        "vouchers as payment": (
            (each.bank, each.currency, each.total) for each in _held(RECEIPT, day, evidence, rules, "V")
        ),
        "refunds": (_entry(each.module, each) for each in refunds),
        "credit notes": (
            ("taken back" if "-X" in each.reference.upper() else "", each.currency, each.total)
            for each in _held(CREDIT_NOTE, day, evidence, rules)
        ),
        "paid out by bank": ((each.bank, each.currency, each.total) for each in _held(REPAYMENT, day, evidence, rules)),
    }
    for part, entries in parts.items():
        sums: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(list)
        for name, currency, amount in entries:
            sums[name, currency].append(amount)
        for (name, currency), amounts in sorted(sums.items()):
            amount = sum(amounts, ZERO).quantize(Decimal(1).scaleb(-rules.places(currency)))
            yield Sum(part, name, currency, len(amounts), amount)


def _of_day(evidence: Evidence, kind: str, day: date) -> list[Figure]:
    return [each for each in evidence.figures.get(kind, []) if each.day == day and not each.fault]


def _entry(name: str, figure: Figure) -> Entry:
    return (name, figure.currency, figure.amount)


def _held(kind: str, day: date, evidence: Evidence, rules: Rules, letters: str = "") -> list[Document]:
    """Sage's own documents of this shop that are dated the day; ``letters`` of their references, usual ones if none."""
    letters = letters or {CREDIT_NOTE: "CX"}.get(kind, LETTERS.get(kind, "G"))
    found = []
    for document in evidence.documents.get(kind, []):
        match = OURS.fullmatch(document.reference)
        ours = match and match["prefix"].upper() == rules.prefix and (match["letter"] or "G").upper() in letters
        if ours and document.date == day:
            found.append(document)
    return found

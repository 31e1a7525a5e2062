"""A sale that the shop lowered after posting: what stands of it in Sage, and a credit note of just the difference."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal

from connectors.plain import restore
from connectors.types import ZERO, CreditNote, Sale, SaleLine
from mappings.tables import plain_number
from staging import money, salelines
from staging.amounts import DISCOUNT
from staging.checks import Case
from staging.models import Posting

Key = tuple[str, int]
"""A line by its source in the shop and its tax class: a discount stands once for each rate."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """The lines of a credit note that brings the sale in Sage to what the shop says now; ``total`` contains tax."""

    lines: tuple[SaleLine, ...]
    total: Decimal
    tax: Decimal

    def told(self) -> list[dict[str, str]]:
        """For people: what goes back, how many pieces, how much."""
        return [
            {"what": line.description or line.source, "code": line.code, "amount": f"{line.amount:f}"}
            | {"quantity": plain_number(line.quantity) if line.kind == "item" else ""}
            for line in self.lines
        ]


def base(case: Case, sale: Posting) -> str:
    """What the references of all credit notes that take something off this generation of the sale begin with."""
    return f"{case.row.sage_reference}-X{sale.generation}"


def reference(case: Case, sale: Posting) -> str:
    """The reference of the next credit note of a difference."""
    return f"{base(case, sale)}D{len(_differences(case, sale)) + 1}"


def standing(case: Case, sale: Posting) -> Sale:
    """The sale as it stands in Sage: as it was sent, less the credit notes of differences."""
    sold, notes = restore(Sale, sale.prepared), _differences(case, sale)
    if not notes:
        return sold
    total = sum((Decimal(note.prepared["total"]) for note in notes), ZERO)
    tax = sum((Decimal(note.prepared["tax"]) for note in notes), ZERO)
    return replace(sold, lines=less(sold, notes), total=sold.total - total, tax=sold.tax - tax)


def left(case: Case, sale: Posting) -> Decimal:
    """What of the sale Sage does not hold credit notes for, with tax."""
    notes = [*corrections(case, sale), *slips(case)]
    return Decimal(sale.prepared["total"]) - sum((Decimal(note.prepared["total"]) for note in notes), ZERO)


def less(sold: Sale, notes: list[Posting]) -> tuple[SaleLine, ...]:
    """The lines of a sale less those of credit notes; what is gone is left out."""
    quantities: defaultdict[Key, Decimal] = defaultdict(Decimal)
    amounts: defaultdict[Key, Decimal] = defaultdict(Decimal)
    for note in notes:
        for line in restore(CreditNote, note.prepared).lines:
            quantities[_key(line)] += line.quantity if line.kind == "item" else ZERO
            amounts[_key(line)] += line.amount
    lines = []
    for line in sold.lines:
        quantity, amount = line.quantity - quantities[_key(line)], line.amount - amounts[_key(line)]
        if line.kind == "charge" and amount:
            lines.append(replace(line, amount=amount, unit_price=amount))
        elif line.kind == "item" and quantity > 0:
            price = salelines.unit_price(amount, quantity)
            lines.append(replace(line, quantity=quantity, amount=amount, unit_price=price))
    return tuple(lines)


def lowered(case: Case, sale: Posting) -> Lowered | None:
    """The credit note's lines, None when no credit note can make the difference to the cent.

    That is so when something was added or became dearer, when another item is sold in a line's place, when more would
    go back than refunds have left, or when Sage's rounding of the difference alone would leave a cent.
    """
    before = standing(case, sale)
    given_back = [*corrections(case, sale), *slips(case)]
    left = {_key(line): line for line in less(restore(Sale, sale.prepared), given_back)}
    included = any(line.tax_included for line in before.lines)
    after = {_key(line): line for line in salelines.lines(case, included)}
    lines: list[SaleLine] = []
    for old in before.lines:
        line = _line(case, old, after.pop(_key(old), None))
        if line is None or any(_above(each, left.get(_key(each))) for each in line):
            return None
        lines += line
    for new in after.values():  # what was not there: a discount lowers the sale, goods do not
        if new.kind == "item" or not new.code:
            return None
        lines.append(replace(new, amount=-new.amount, unit_price=-new.amount))
    sums = money.predict(lines, case.profile)
    _lines, verdict = case.drafted
    difference = before.total - verdict.total.shop
    if difference <= 0 or money.total(sums) != difference:
        return None
    return Lowered(tuple(lines), difference, money.tax(sums))


def _line(case: Case, old: SaleLine, new: SaleLine | None) -> tuple[SaleLine, ...] | None:
    """What of one line goes back, () for nothing; None when it is no lowering."""
    amount = old.amount - (new.amount if new else ZERO)
    if old.kind == "charge":
        return (replace(old, amount=amount, unit_price=amount),) if amount else ()
    quantity = old.quantity - (new.quantity if new else ZERO)
    if new and (new.code, new.unit) != (old.code, old.unit):
        return None
    if not quantity and not amount:
        return ()
    if not quantity:
        return _cheaper(case, old, amount)
    price = salelines.unit_price(amount, quantity)
    if quantity < 0 or amount <= 0 or case.profile.rounded(quantity * price) != amount:
        return None
    return (replace(old, quantity=quantity, amount=amount, unit_price=price),)


def _above(line: SaleLine, left: SaleLine | None) -> bool:
    """Whether more of the goods' price or pieces would go back than is left of them."""
    if left is None:
        return True
    pieces = line.quantity if line.kind == "item" else ZERO
    return left.kind == "item" and (pieces > left.quantity or line.amount > left.amount)


def _cheaper(case: Case, old: SaleLine, amount: Decimal) -> tuple[SaleLine, ...] | None:
    """The same pieces for less: no goods come back, so it is a charge of the line's tax class."""
    code = case.resolver.charge(DISCOUNT)
    if amount < 0 or not isinstance(code, str):
        return None
    return (replace(old, kind="charge", code=code, unit="", quantity=Decimal(1), amount=amount, unit_price=amount),)


def corrections(case: Case, sale: Posting) -> list[Posting]:
    """The credit notes that staff had made of this generation of the sale and that Sage holds."""
    own = base(case, sale)
    return [note for note in _notes(case) if note.reference == own or note.reference.startswith(f"{own}D")]


def slips(case: Case) -> list[Posting]:
    """The credit notes of the shop's slips that Sage holds. They lower the last generation, whichever they came after:
    when a sale is sent anew, the former one is taken back whole.
    """
    return [note for note in _notes(case) if note.source_key.startswith(f"shop {case.shop.pk} slip ")]


def _notes(case: Case) -> list[Posting]:
    held = (each for each in case.row.postings.all() if each.status == Posting.Status.PUSHED)
    return [each for each in held if each.kind == Posting.Kind.CREDIT_NOTE]


def _differences(case: Case, sale: Posting) -> list[Posting]:
    return [note for note in corrections(case, sale) if note.reference != base(case, sale)]


def _key(line: SaleLine) -> Key:
    return (line.source, line.tax_class)

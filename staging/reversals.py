"""A sale that Sage holds, taken back: a credit note of all that was not credited yet, and a new sale in its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from connectors.models import SageCompany
from connectors.plain import restore
from connectors.types import ZERO, CreditNote, Sale, SaleLine
from staging import money, salelines, sales
from staging.changes import CODE
from staging.checks import Case
from staging.corrections import REPLACE
from staging.issues import Fault
from staging.models import Posting
from staging.texts import shorten
from staging.wanted import Wanted, holds


def reference(case: Case, sale: Posting) -> str:
    """The reference of the credit note that takes back this generation of the sale."""
    return f"{case.row.sage_reference}-X{sale.generation}"


def taken_back(case: Case, sale: Posting) -> bool:
    """Whether Sage holds that credit note."""
    return holds(case.row, reference(case, sale))


def alive_again(case: Case, sale: Posting) -> Fault | None:
    """The fault of an order that is credited in Sage, though in the shop it stands as it was sold."""
    if not taken_back(case, sale) or case.order.state.cancelled:
        return None
    diff = [{"place": _("order"), "field": "", "before": _("credited in Sage"), "after": _("taken again in the shop")}]
    told = f"{diff[0]['place']}: {diff[0]['before']} → {diff[0]['after']}"
    return Fault(CODE, values={"changes": told, "diff": diff})


def wanted(case: Case, sale: Posting, choice: str) -> Iterator[Wanted]:
    """What settles the change: the credit note unless Sage holds it, then the new sale if it was chosen.

    A cancelled order is never sold anew.
    """
    key = f"shop {case.shop.pk} order {case.order.id}"
    note = _credit_note(case, sale)
    if note.lines and not taken_back(case, sale):
        yield Wanted(Posting.Kind.CREDIT_NOTE, f"{key} generation {sale.generation}", note)
    if choice == REPLACE and not case.order.state.cancelled:
        generation = sale.generation + 1
        again = replace(sales.sale(case), reference=f"{case.row.sage_reference}-G{generation}")
        yield Wanted(Posting.Kind.SALE, key, again, generation)


def _credit_note(case: Case, sale: Posting) -> CreditNote:
    sold = restore(Sale, sale.prepared)
    lines = _left(case, sale, sold)
    sums = money.predict(lines, case.profile)
    text = _("Taken back: %(order)s") % {"order": sold.reference}
    return CreditNote(
        reference=reference(case, sale),
        customer=sold.customer,
        credit_date=timezone.now().astimezone(ZoneInfo(case.shop.time_zone)).date(),
        currency=sold.currency,
        tax_group=sold.tax_group,
        lines=lines,
        total=money.total(sums),
        tax=money.tax(sums),
        description=shorten(text, case.widths["description"]),
        location=sold.location,
        restock=case.company.restock != SageCompany.Restock.NEVER,
        exchange_rate=sold.exchange_rate,
    )


def _left(case: Case, sale: Posting, sold: Sale) -> tuple[SaleLine, ...]:
    """The sale's lines less what credit notes of it gave back already."""
    quantities: defaultdict[str, Decimal] = defaultdict(Decimal)
    amounts: defaultdict[str, Decimal] = defaultdict(Decimal)
    for posting in case.row.postings.all():
        of_this = posting.depends_on_id == sale.pk and posting.reference != reference(case, sale)
        if posting.kind == Posting.Kind.CREDIT_NOTE and posting.status == Posting.Status.PUSHED and of_this:
            for line in restore(CreditNote, posting.prepared).lines:
                quantities[line.source] += line.quantity if line.kind == "item" else ZERO
                amounts[line.source] += line.amount
    lines = []
    for line in sold.lines:
        quantity, amount = line.quantity - quantities[line.source], line.amount - amounts[line.source]
        if line.kind == "charge" and amount:
            lines.append(replace(line, amount=amount, unit_price=amount))
        elif line.kind == "item" and quantity > 0:
            price = salelines.unit_price(amount, quantity)
            lines.append(replace(line, quantity=quantity, amount=amount, unit_price=price))
    return tuple(lines)

"""A sale that Sage holds, taken back: a credit note of all that was not credited yet, and a new sale in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from connectors.models import SageCompany
from connectors.plain import restore
from connectors.types import CreditNote, Sale, SaleLine
from connectors.words import words
from staging import changes, differing, money, sales
from staging.changes import CODE
from staging.checks import Case
from staging.corrections import AGAIN, ANEW, DIFFERENCE, REPLACE, SEND_AGAIN, Corrected
from staging.issues import Fault
from staging.models import Posting
from staging.texts import shorten
from staging.wanted import Wanted, holds


def reference(case: Case, sale: Posting) -> str:
    """The reference of the credit note that takes back this generation of the sale."""
    return differing.base(case, sale)


def taken_back(case: Case, sale: Posting) -> bool:
    """Whether Sage holds that credit note."""
    return holds(case.row, reference(case, sale))


def changed(case: Case, sale: Posting) -> Fault | None:
    """The fault of an order that is no longer as its sale stands in Sage, with the credit that would settle it."""
    fault = changes.changed(case, differing.standing(case, sale))
    if fault is None:
        return _alive_again(case, sale)
    lowered = None if case.order.state.cancelled or taken_back(case, sale) else differing.lowered(case, sale)
    if lowered is None:
        return fault
    credit = {"credit": lowered.told(), "credit_total": f"{lowered.total:f}", "currency": case.order.currency}
    return replace(fault, values={**fault.values, **credit})


def _alive_again(case: Case, sale: Posting) -> Fault | None:
    """The fault of an order that is credited in Sage, though in the shop it stands as it was sold."""
    if not taken_back(case, sale) or case.order.state.cancelled:
        return None
    difference = changes.entry("order", "", words("credited in Sage"), words("taken again in the shop"))
    return Fault(CODE, values={"diff": [difference]})


def asked(corrected: Corrected, sale: Posting) -> Fault | None:
    """The question that stands open since staff asked to send this generation of the sale again, and Sage was asked."""
    for each in corrected.settled:
        if each.field == AGAIN and each.value["generation"] == sale.generation:
            told = {name: text for name, text in each.value.items() if name != "generation"}
            left = Decimal(told["total"]) - Decimal(told["credited"])
            return Fault(SEND_AGAIN, value=told["document"], values=told | {"left": f"{left:f}"})
    return None


def wanted(case: Case, sale: Posting, choice: str) -> Iterator[Wanted]:
    """What settles the change: the credit note unless Sage holds it, then the new sale if it was chosen.

    Of a difference only that is credited. A cancelled order is never sold anew.
    """
    key = f"shop {case.shop.pk} order {case.order.id}"
    if choice == DIFFERENCE:
        if difference := _difference(case, sale):
            source = f"{key} generation {sale.generation} {difference.reference.rpartition('D')[2]}"
            yield Wanted(Posting.Kind.CREDIT_NOTE, source, difference)
        return
    anew = choice in (REPLACE, ANEW) and not case.order.state.cancelled
    note = _credit_note(case, sale, anew)
    if anew:  # it may be somebody else's now, or its customer is no longer there
        yield from sales.customer(case)
    if choice != ANEW and note.lines and (anew or not taken_back(case, sale)):
        once_more = f" {note.reference.rpartition('D')[2]}" if taken_back(case, sale) else ""
        yield Wanted(Posting.Kind.CREDIT_NOTE, f"{key} generation {sale.generation}{once_more}", note)
    if anew:
        generation = sale.generation + 1
        again = replace(sales.sale(case), reference=f"{case.row.sage_reference}-G{generation}")
        yield Wanted(Posting.Kind.SALE, key, again, generation)


def _credit_note(case: Case, sale: Posting, anew: bool) -> CreditNote:
    """All of the sale that was not credited yet; when it is sold anew, slips count for the new one, not for it."""
    sold = restore(Sale, sale.prepared)
    notes = [*differing.corrections(case, sale), *(() if anew else differing.slips(case))]
    lines = differing.less(sold, notes)
    sums = money.predict(lines, case.profile)
    text = _("Taken back: %(order)s") % {"order": sold.reference}
    own = differing.reference(case, sale) if taken_back(case, sale) else reference(case, sale)
    return _note(case, sold, own, lines, money.total(sums), money.tax(sums), text)


def _difference(case: Case, sale: Posting) -> CreditNote | None:
    lowered = differing.lowered(case, sale)
    if lowered is None:
        return None
    sold = restore(Sale, sale.prepared)
    text = _("Changed in the shop: %(order)s") % {"order": sold.reference}
    return _note(case, sold, differing.reference(case, sale), lowered.lines, lowered.total, lowered.tax, text)


def _note(
    case: Case, sold: Sale, reference: str, lines: tuple[SaleLine, ...], total: Decimal, tax: Decimal, text: str
) -> CreditNote:
    return CreditNote(
        reference=reference,
        customer=sold.customer,
        credit_date=timezone.now().astimezone(ZoneInfo(case.shop.time_zone)).date(),
        currency=sold.currency,
        tax_group=sold.tax_group,
        lines=lines,
        total=total,
        tax=tax,
        description=shorten(text, case.widths["description"]),
        location=sold.location,
        restock=case.company.restock != SageCompany.Restock.NEVER,
        exchange_rate=sold.exchange_rate,
    )

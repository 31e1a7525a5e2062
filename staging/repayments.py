"""From credited slips to the money that goes back from the bank, where the way of payment says so.

Only money that came can go back: as much as was paid beyond what the order is still worth. Amounts are in the order's
currency; there is no tax in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo

from connectors.types import ZERO, Refund, Repayment, Sale
from mappings.resolve import PaymentMatch
from staging import receipts
from staging.amounts import rounded
from staging.checks import Case
from staging.checks.words import open_day
from staging.issues import Fault
from staging.models import Posting
from staging.texts import shorten
from staging.wanted import Wanted, Wish


def wishes(case: Case, sale: Sale, notes: Mapping[str, Wish]) -> Iterator[Wish]:
    """The refunds of the order that Sage does not hold yet.

    ``notes`` are its credit notes that Sage does not hold, by reference: what holds one of them holds its refund.
    """
    match = _match(case)
    if match is None:
        return
    held = {each.reference: each for each in case.row.postings.all() if each.status == Posting.Status.PUSHED}
    received, given_back, credited = _received(case), _given_back(held), ZERO
    worth = rounded(case.order.totals.paid_incl, case.places)
    for refund in sorted(case.order.refunds, key=lambda each: each.id):
        note = f"{case.row.sage_reference}-C{refund.id}"
        own = [each for each in held if each.partition("N")[0] == _first(case, refund)]
        total = _total(note, held, notes)
        if total is None:
            continue
        credited += total
        paid = sum((Decimal(held[each].prepared["amount"]) for each in own), ZERO)
        open_credit = received - max(worth - credited, ZERO) - given_back
        amount = min(total - paid, open_credit, received - given_back)
        if amount <= ZERO:
            continue
        given_back += amount
        reference = f"{_first(case, refund)}N{len(own) + 1}" if own else _first(case, refund)
        key = f"shop {case.shop.pk} slip {refund.id} back {len(own) + 1}"
        document = _repayment(case, sale, refund, match, reference, amount)
        wanted = Wanted(Posting.Kind.REPAYMENT, key, document, after=note)
        follows = notes[note].faults if note in notes else ()
        yield Wish(wanted, (*follows, *_faults(case, refund, match)))


def _first(case: Case, refund: Refund) -> str:
    """The reference of a slip's first refund; money that came late makes another ("-B3N2")."""
    return f"{case.row.sage_reference}-B{refund.id}"


def _match(case: Case) -> PaymentMatch | None:
    """The way in which the last money came, if what is credited goes back in it."""
    payments = sorted(case.order.payments, key=lambda each: each.id)
    match = receipts.match_of(case, payments[-1]) if payments else case.payment
    return match if isinstance(match, PaymentMatch) and match.refund else None


def _received(case: Case) -> Decimal:
    """What this order's buyer paid, as the shop says; payments of several orders are shared as for receipts."""
    currency = {each.id: each.currency for each in case.order.payments}
    shares = receipts.shares_of(case, receipts.sent_of(case))
    return sum((each.amount for each in shares if currency[each.payment] == case.order.currency), ZERO)


def _given_back(held: Mapping[str, Posting]) -> Decimal:
    rows = (each for each in held.values() if each.kind == Posting.Kind.REPAYMENT)
    return sum((Decimal(each.prepared["amount"]) for each in rows), ZERO)


def _total(note: str, held: Mapping[str, Posting], notes: Mapping[str, Wish]) -> Decimal | None:
    """What a credit note gives back with tax; None when none is made of the slip."""
    if note in held:
        return Decimal(held[note].prepared["total"])
    document = notes[note].wanted.document if note in notes else None
    return getattr(document, "total", None)


def _repayment(
    case: Case, sale: Sale, refund: Refund, match: PaymentMatch, reference: str, amount: Decimal
) -> Repayment:
    """The number of the credit note is filled in when the refund is sent."""
    day = refund.at.astimezone(ZoneInfo(case.shop.time_zone)).date()
    code = case.resolver.record("payment code", match.code)
    return Repayment(
        reference=reference,
        customer=sale.customer,
        paid_date=day,
        bank=match.bank,
        payment_type=str(code.details.get("type", "")) if code else "",
        currency=sale.currency,
        amount=amount,
        batch=f"{case.shop.prefix} {match.bank} {day.isoformat()}",
        description=shorten(f"{reference} {case.order.reference}", case.widths["description"]),
        exchange_rate=sale.exchange_rate,
    )


def _faults(case: Case, refund: Refund, match: PaymentMatch) -> Iterator[Fault]:
    place = f"refund {refund.id}"
    yield from open_day(case, refund.at.astimezone(ZoneInfo(case.shop.time_zone)).date(), place)
    faults = list(receipts.books(case, match, place, ("payment", case.order.module)))
    yield from faults
    # A refund is paid in the bank's own currency only.
    if not faults and case.order.currency not in (receipts.currencies(case, match.bank)[:1] or (case.order.currency,)):
        values = {"bank": match.bank, "currency": case.order.currency, "module": case.order.module}
        yield Fault("bank-currency", "payment", case.order.module, place, values)

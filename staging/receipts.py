"""From the payments of an order to the receipts Sage should hold: one each, never more than there is money.

Payments hang on the order's reference; of orders that share one, each gets its share (prestashop.md E1). Amounts are
in the order's currency; there is no tax in a payment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

from connectors.models import SageCompany
from connectors.plain import restore
from connectors.types import ZERO, Payment, Receipt, Sale
from mappings.resolve import PaymentMatch, Unmapped
from staging import edited, vouchers
from staging.amounts import DISCOUNT, rounded
from staging.checks import Case
from staging.checks.words import open_day
from staging.edited import Sent
from staging.issues import Fault
from staging.models import Posting, StagedOrder
from staging.shares import Share, shares
from staging.texts import shorten
from staging.wanted import Wanted, Wish, holds

UNSENT = (Posting.Status.READY, Posting.Status.REFUSED, Posting.Status.LOST, Posting.Status.DROPPED)
TRANSACTION_ID_WIDTH = 60
HOME_PLACES = 2
"""Decimals of the company's own currency."""


def wishes(case: Case, sale: Sale) -> Iterator[Wish]:
    """The receipts of the order that Sage does not hold yet, for the sale as it is (to be) sent.

    None when the company books payments by hand, or its Sage takes no receipts.
    """
    if case.company.receipts == SageCompany.Receipts.NONE or "receipt" not in case.can:
        return
    payments = {payment.id: payment for payment in case.order.payments}
    sent = sent_of(case)
    for share in shares_of(case, sent):
        payment = payments[share.payment]
        reference = f"{case.row.sage_reference}-R{payment.id}"
        match = match_of(case, payment)
        if holds(case.row, reference) or (isinstance(match, PaymentMatch) and not match.receipt):
            continue
        receipt = _receipt(case, sale, share, payment, reference, match)
        wanted = Wanted(Posting.Kind.RECEIPT, _source_key(case, payment), receipt)
        changed = edited.changed(payment, sent, case.places)
        yield Wish(wanted, (*([changed] if changed else ()), *_faults(case, share, payment, match)))
    yield from _vouchers(case, sale)


def _vouchers(case: Case, sale: Sale) -> Iterator[Wish]:
    """The receipts of the vouchers that are money."""
    for voucher in case.vouchers:
        reference = vouchers.reference(case, voucher.discount.id)
        if not voucher.amount or holds(case.row, reference):
            continue
        payment, match = vouchers.as_payment(case, voucher), vouchers.match_with_bank(case, voucher)
        receipt = _receipt(case, sale, Share(payment.id, voucher.amount), payment, reference, match)
        wanted = Wanted(Posting.Kind.RECEIPT, f"shop {case.shop.pk} voucher {payment.id}", receipt)
        place = f"{DISCOUNT} {payment.id}"
        faults = books(case, match, place, ("voucher", payment.method))
        yield Wish(wanted, (*open_day(case, case.order.order_date, place), *faults))


def outdated(case: Case) -> Iterator[Fault]:
    """The receipts of this order in Sage whose payment the shop has changed or taken away since."""
    sent, sent_vouchers = sent_of(case), sent_of(case, "voucher")
    own = {each.payment for each in sent if each.order == case.order.id}
    payments = {payment.id: payment for payment in case.order.payments}
    for number in sorted(own):
        payment = payments.get(number)
        found = edited.changed(payment, sent, case.places) if payment else edited.gone(number, sent)
        if found:
            yield found
    paying = {voucher.discount.id: vouchers.as_payment(case, voucher) for voucher in case.vouchers}
    for each in sent_vouchers:
        voucher = paying.get(each.payment)
        found = edited.changed(voucher, [each], case.places) if voucher else edited.gone(each.payment, [each])
        if found:
            yield replace(found, place=f"{DISCOUNT} {each.payment}")


def shares_of(case: Case, sent: list[Sent]) -> list[Share]:
    """This order's shares. Payments in another currency are whole and on each order: they are held there."""
    order, places = case.order, case.places
    worth = {order.id: rounded(order.totals.paid_incl, places)}
    rows = StagedOrder.objects.filter(shop=case.shop, order_id__in=order.siblings) if order.siblings else ()
    worth |= {row.order_id: rounded(row.total, places) for row in rows if row.total is not None}
    paid = [(each.id, rounded(each.amount, places)) for each in order.payments if each.currency == order.currency]
    booked = {(each.order, each.payment): each.amount for each in sent}
    found = shares(sorted(paid), sorted(worth.items()), booked)
    foreign = [each for each in order.payments if each.currency != order.currency]
    return [*found[order.id], *(Share(each.id, each.amount) for each in foreign)]


def sent_of(case: Case, source: str = "payment") -> list[Sent]:
    """The receipts that were sent, or are being sent: of the payments of this order and those under the same
    reference, or of this order's vouchers.
    """
    found = [(case.order.id, posting) for posting in case.row.postings.all()]
    if source == "payment" and case.order.siblings:
        others = Posting.objects.filter(order__shop=case.shop, order__order_id__in=case.order.siblings)
        found += [(posting.order.order_id, posting) for posting in others.select_related("order")]
    begins = f"shop {case.shop.pk} {source} "
    return [
        Sent(order, int(each.reference.rpartition("-")[2][1:]), each.reference, restore(Receipt, each.prepared))
        for order, each in found
        if each.kind == Posting.Kind.RECEIPT and each.status not in UNSENT and each.source_key.startswith(begins)
    ]


def _source_key(case: Case, payment: Payment) -> str:
    """The payment; of a reference with several orders also which of them."""
    key = f"shop {case.shop.pk} payment {payment.id}"
    return f"{key} order {case.order.id}" if case.order.siblings else key


def match_of(case: Case, payment: Payment) -> PaymentMatch | Unmapped:
    """The row of the payment's own method, else the order's module where the payment was made that way.

    The shop tells a payment's method by name only, and its name for one method differs from the order's own
    (prestashop.md E7): a single method is therefore taken for the order's module, several are not guessed.
    """
    own = case.resolver.method(payment.method)
    if isinstance(own, PaymentMatch):
        return own
    methods = {each.method for each in case.order.payments}
    return case.payment if payment.method == case.order.payment_name or len(methods) == 1 else own


def _receipt(
    case: Case, sale: Sale, share: Share, payment: Payment, reference: str, match: PaymentMatch | Unmapped
) -> Receipt:
    """What the sale's answer gives (order or invoice number) is filled in when the receipt is sent."""
    code, bank = (match.code, match.bank) if isinstance(match, PaymentMatch) else ("", "")
    changed = bool(bank) and sale.exchange_rate is not None and _changes_money(case, bank)
    day = payment.at.astimezone(ZoneInfo(case.shop.time_zone)).date()
    return Receipt(
        reference=reference,
        customer=sale.customer,
        receipt_date=day,
        bank=bank,
        payment_code=code,
        currency=sale.currency,
        amount=share.amount,
        batch=f"{case.shop.prefix} {bank} {day.isoformat()}",
        transaction_id=payment.transaction_id[:TRANSACTION_ID_WIDTH],
        description=shorten(f"{case.order.reference} {payment.method}".strip(), case.widths["description"]),
        exchange_rate=sale.exchange_rate,
        bank_currency=case.company.currency if changed else "",
        bank_amount=rounded(share.amount * sale.exchange_rate, HOME_PLACES) if changed and sale.exchange_rate else None,
        source=edited.source(payment, case.places),
    )


def currencies(case: Case, bank: str) -> tuple[str, ...]:
    """What a bank takes, its own currency first; () when the mirror does not have it."""
    record = case.resolver.record("bank", bank)
    return () if record is None else (record.details.get("currency", ""), *record.details.get("currencies", []))


def _changes_money(case: Case, bank: str) -> bool:
    """Whether the bank is kept in the company's currency and takes none of the order's: the money arrives changed."""
    return case.order.currency not in (takes := currencies(case, bank)) and case.company.currency in takes[:1]


def _faults(case: Case, share: Share, payment: Payment, match: PaymentMatch | Unmapped) -> Iterator[Fault]:
    place, currency = f"payment {payment.id}", case.order.currency
    amount = f"{rounded(payment.amount, case.places):f}"
    values = {"amount": amount, "currency": currency, "method": payment.method}
    if payment.currency != currency:
        yield Fault("payment-currency", place=place, values=values | {"paid_in": payment.currency})
    elif payment.amount < ZERO:
        yield Fault("payment-negative", place=place, values=values)
    elif share.excess:
        yield Fault("payment-exceeds", place=place, values=values | {"excess": f"{share.excess:f}"})
    yield from open_day(case, payment.at.astimezone(ZoneInfo(case.shop.time_zone)).date(), place)
    if isinstance(match, PaymentMatch):
        yield from books(case, match, place, ("payment", case.order.module))
    elif match != case.payment:  # the check of the sale names the order's own module
        yield case.missing("payment-method-unknown", match, place, payment.method)


def books(case: Case, match: PaymentMatch, place: str, mapped: tuple[str, str]) -> Iterator[Fault]:
    """Bank and payment code as the mirror has them; a Sage whose banks are not mirrored is not asked about them.

    ``mapped`` is the word whose mapping names them: its change releases the order.
    """
    values = {"bank": match.bank, "currency": case.order.currency, "module": mapped[1], "sage": match.code}
    if not match.bank:
        yield Fault("bank-missing", *mapped, place)
    elif case.resolver.records("bank"):
        bank = case.resolver.record("bank", match.bank)
        if bank is None or not bank.active:
            yield Fault("bank-unknown", *mapped, place, values)
        elif case.order.currency not in currencies(case, match.bank) and not _changes_money(case, match.bank):
            yield Fault("bank-currency", *mapped, place, values)
    if case.resolver.records("payment code"):
        code = case.resolver.record("payment code", match.code)
        if code is None or not code.active:
            yield Fault("payment-code-unknown", *mapped, place, values)

"""Vouchers that are money (gift cards sold before): what they pay of an order, and the receipts that say so.

PrestaShop books every voucher as a discount (prestashop.md E5). One that a mapping calls money lowers nothing: the sale
keeps its full value and tax, and the voucher is paid in as any payment is. Amounts are with tax, in the order's
currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connectors.plain import restore
from connectors.types import ZERO, Discount, Payment, Receipt, ShopOrder
from mappings.resolve import PaymentMatch
from staging.amounts import DISCOUNT, apportion, book, rounded
from staging.models import Posting
from staging.wanted import posted

if TYPE_CHECKING:
    from staging.checks.case import Case

NOON = time(12)


@dataclass(frozen=True, slots=True)
class Voucher:
    """One voucher that is money: ``amount`` of it (whole cents) pays this order."""

    discount: Discount
    match: PaymentMatch
    amount: Decimal


def reference(case: Case, discount: int) -> str:
    """Our reference of a voucher's receipt, by the shop's own row."""
    return f"{case.row.sage_reference}-V{discount}"


def paying(case: Case) -> tuple[Voucher, ...]:
    """The order's vouchers that are money, each with what it pays; none pays more than is left of the order."""
    matches = {each.id: match for each in case.order.discounts if (match := _match(case, each)) is not None}
    money = [each for each in case.order.discounts if each.id in matches]
    left = _worth(case.order, money, case.places) - rounded(case.order.totals.paid_incl, case.places)
    found = []
    for discount, value in zip(money, _values(case.order, money, case.places, "incl"), strict=True):
        amount = min(value, max(left, ZERO))
        left -= amount
        found.append(Voucher(discount, matches[discount.id], amount))
    return tuple(found)


def _match(case: Case, discount: Discount) -> PaymentMatch | None:
    """How the voucher is booked, None for a discount. What Sage was sent stays what it was, whatever is mapped now."""
    sale = posted(case.row)
    receipt = next((each for each in case.row.postings.all() if each.reference == reference(case, discount.id)), None)
    if sale is not None and receipt is not None and receipt.status == Posting.Status.PUSHED:
        sent = restore(Receipt, receipt.prepared)
        return PaymentMatch(sent.payment_code, "", sent.bank)
    if sale is not None and any(line["source"] == f"{DISCOUNT} {discount.id}" for line in sale.prepared["lines"]):
        return None
    return case.resolver.voucher(discount.name) if discount.value_incl else None


def _worth(order: ShopOrder, money: Sequence[Discount], places: int) -> Decimal:
    """What is to be paid, by whatever means: the stated total and these vouchers, as far as they were needed.

    The shop states no total below zero, so a voucher larger than the order leaves nothing to be paid and a rest of it.
    """
    stated = rounded(order.totals.paid_incl, places) + sum(_values(order, money, places, "incl"), ZERO)
    if order.totals.paid_incl or not money:
        return stated
    return min(stated, book(_without(order, money), places).total)


def _without(order: ShopOrder, money: Sequence[Discount]) -> ShopOrder:
    return replace(order, discounts=tuple(each for each in order.discounts if each not in money))


def _values(order: ShopOrder, money: Sequence[Discount], places: int, which: str) -> list[Decimal]:
    """The vouchers in cents; together what the header's discounts have more than those that stay discounts."""

    def value(discount: Discount) -> Decimal:
        return discount.value_incl if which == "incl" else discount.value_excl

    everything = rounded(sum((value(each) for each in order.discounts), ZERO), places)
    rest = rounded(sum((value(each) for each in order.discounts if each not in money), ZERO), places)
    return apportion([value(each) for each in money], places, everything - rest)


def sold(order: ShopOrder, vouchers: Sequence[Voucher], places: int) -> ShopOrder:
    """The order as it was sold: without the vouchers that are money among its discounts, at its full worth."""
    if not vouchers:
        return order
    money = [each.discount for each in vouchers]
    incl, excl = (sum(_values(order, money, places, which), ZERO) for which in ("incl", "excl"))
    totals, without = order.totals, _without(order, money)
    paid_incl = _worth(order, money, places)
    paid_excl = totals.paid_excl + excl
    if paid_incl != totals.paid_incl + incl:  # a voucher larger than the order: the shop states no net worth
        paid_excl = sum((amount.excl for amount in book(without, places).amounts), ZERO)
    discounts = {"discounts_incl": totals.discounts_incl - incl, "discounts_excl": totals.discounts_excl - excl}
    return replace(without, totals=replace(totals, paid_incl=paid_incl, paid_excl=paid_excl, **discounts))


def as_payment(case: Case, voucher: Voucher) -> Payment:
    """The voucher as a payment of the order's day."""
    zone = ZoneInfo(case.shop.time_zone)
    return Payment(
        id=voucher.discount.id,
        method=voucher.discount.name,
        amount=voucher.amount,
        currency=case.order.currency,
        rate=case.order.rate,
        transaction_id="",
        at=datetime.combine(case.order.order_date, NOON, zone),
    )


def match_with_bank(case: Case, voucher: Voucher) -> PaymentMatch:
    """How it is booked; a voucher without a bank of its own goes where the order's payments go."""
    match, payment = voucher.match, case.payment
    return replace(match, bank=match.bank or (payment.bank if isinstance(payment, PaymentMatch) else ""))

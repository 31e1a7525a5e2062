"""From a checked order to what Sage should hold: the sale, and a new customer where the rule makes one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from connectors.models import Shop
from connectors.telling import worded
from connectors.types import NewCustomer, Sale
from mappings.resolve import CustomerMatch, PaymentMatch
from staging import money
from staging.checks import Case
from staging.models import Posting
from staging.texts import comment_and_notes, shorten
from staging.wanted import Wanted

RATE = Decimal("0.0000001")
"""Sage keeps exchange rates with seven decimals (sage300.md appendix B, OrderRate)."""


def wanted(case: Case) -> Iterator[Wanted]:
    """The sale, after the customer that is to be made for it."""
    yield from customer(case)
    yield Wanted(Posting.Kind.SALE, f"shop {case.shop.pk} order {case.order.id}", sale(case))


def customer(case: Case) -> Iterator[Wanted]:
    """The customer that is to be made for the buyer, if one is."""
    if (made := new_customer(case)) is not None:
        names = case.customer.names if isinstance(case.customer, CustomerMatch) else ()
        yield Wanted(Posting.Kind.CUSTOMER, f"shop {case.shop.pk} buyer {made.code}", made, names=names)


def sale(case: Case) -> Sale:
    """The sale of an order without faults, exactly as it is to be sent; a word without a Sage code stays empty.

    ``total`` and ``tax`` are what Sage is predicted to compute. The exchange rate is the shop's own, turned round:
    PrestaShop says foreign units per home unit, Sage takes home units per foreign unit.
    """
    order, widths = case.order, case.widths
    lines, verdict = case.drafted
    payment = case.payment if isinstance(case.payment, PaymentMatch) else PaymentMatch("", "", "")
    comment, notes = comment_and_notes(_told(case), widths["comment"], widths["note"])
    currency = _code(case.currency)
    foreign = currency != case.company.currency and order.rate
    return Sale(
        reference=case.row.sage_reference,
        customer=_customer(case),
        order_date=order.order_date,
        currency=currency,
        tax_group=_code(case.tax_group),
        lines=lines,
        total=verdict.total.sage,
        tax=money.tax(money.predict(lines, case.profile)),
        invoice=case.shop.sale_as == Shop.SaleAs.INVOICE,
        purchase_order=order.reference[: widths["purchase_order"]],
        description=shorten(f"{case.shop.name} {order.reference}", widths["description"]),
        comment=comment,
        terms=payment.terms,
        ship_via=_code(case.carrier),
        location=_code(case.location),
        exchange_rate=(1 / order.rate).quantize(RATE, ROUND_HALF_UP) if foreign else None,
        bill_to=case.invoice_to.address,
        ship_to=case.deliver_to.address,
        notes=notes,
    )


def new_customer(case: Case) -> NewCustomer | None:
    """The customer to be made before the sale, None when an existing one buys; terms come from the template group."""
    if not case.new_customer or not isinstance(case.customer, CustomerMatch):
        return None
    address = case.card.address
    return NewCustomer(
        code=case.new_customer,
        reference=case.new_customer,
        group=case.customer.code,
        name=address.name,
        address=replace(address, name=""),
        tax_group=_code(case.tax_group),
        vat_number=case.vat_number.number,
        currency=_code(case.currency),
    )


def _customer(case: Case) -> str:
    if case.new_customer:
        return case.new_customer
    return case.customer.code if isinstance(case.customer, CustomerMatch) else ""


def _code(answer: object) -> str:
    return answer if isinstance(answer, str) else ""


def _told(case: Case) -> list[str]:
    """What people wrote, and what found no room in the addresses."""
    order = case.order
    texts = [_("Gift: %(text)s") % {"text": order.gift_message}] if order.gift and order.gift_message.strip() else []
    texts.append(order.note)
    texts += [f"{line.reference}: {worded(line.customization)}" for line in case.lines if line.customization.strip()]
    for label, fitted in ((_("Ship to"), case.deliver_to), (_("Bill to"), case.invoice_to)):
        if fitted.rest and not (label == _("Bill to") and fitted == case.deliver_to):
            texts.append(f"{label}: {' / '.join(fitted.rest)}")
    return texts

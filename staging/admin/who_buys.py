"""Who buys in Sage, told on an order's page before it is sent: which customer, and why this one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from connectors.types import ShopOrder
from mappings.buyers import BY_EMAIL, BY_VAT
from mappings.models import CustomerRule
from mappings.resolve import CustomerMatch, Resolver, Unclear
from staging.models import Posting

Kind, Status = Posting.Kind, Posting.Status


@dataclass(frozen=True)
class WhoBuys:
    """The sentence; ``rule`` is the address of the customer rule that decided, ``vat`` what is to be said of the VAT
    number, each "" when there is nothing.
    """

    text: str
    rule: str = ""
    vat: str = ""


def who_buys(order: ShopOrder, resolver: Resolver, postings: Sequence[Posting]) -> WhoBuys:
    """As Sage holds it once the sale is there, before that as the rules say now."""
    sales = [row for row in postings if row.kind == Kind.SALE and row.status in (Status.PUSHING, Status.PUSHED)]
    vat = _vat(order, resolver)
    if sales:
        return WhoBuys(_held(max(sales, key=lambda row: row.generation)), vat=vat)
    match = resolver.customer(order)
    if isinstance(match, CustomerMatch) and match.rule is not None:
        rule = reverse("admin:mappings_customerrule_change", args=[match.rule.pk])
        return WhoBuys(_told(order, match, match.rule, resolver), rule, vat)
    if isinstance(match, Unclear) and match.candidates:
        return WhoBuys(_("Customer: not clear; it could be %(codes)s") % {"codes": match.value}, vat=vat)
    return WhoBuys(_("Customer: nobody knows; see the causes"), vat=vat)


def _held(sale: Posting) -> str:
    customer = sale.depends_on
    words = {"code": sale.prepared.get("customer", "–")}
    if customer is None or customer.kind != Kind.CUSTOMER:
        return _("Customer %(code)s") % words
    words["group"] = customer.prepared.get("group", "–")
    return _("Customer %(code)s, made for this buyer from group %(group)s") % words


def _told(order: ShopOrder, match: CustomerMatch, rule: CustomerRule, resolver: Resolver) -> str:
    number = resolver.vat_number(order).number
    words = {"code": match.code, "rule": rule.when, "new": match.new, "vat": number, "email": order.buyer.email}
    if match.create and match.by == "buyer":
        return _("New customer %(new)s from group %(code)s: the same buyer as in another order") % words
    if match.create:
        return _("New customer %(new)s from group %(code)s, because %(why)s (rule “%(rule)s”)") % {
            **words,
            "why": _why(rule, number, order.buyer.email),
        }
    texts = {
        "rule": _("Customer %(code)s (rule “%(rule)s”)"),
        "buyer": _("Customer %(code)s: the same buyer as in an earlier order (rule “%(rule)s”)"),
        "vat": _("Customer %(code)s: it has the VAT number %(vat)s (rule “%(rule)s”)"),
        "email": _("Customer %(code)s: it has the e-mail %(email)s (rule “%(rule)s”)"),
    }
    return texts[match.by] % words


def _why(rule: CustomerRule, number: str, email: str) -> str:
    """What the buyer was looked for by, without a find."""
    words = {"vat": number, "email": email}
    by_vat, by_email = rule.match in BY_VAT and number, rule.match in BY_EMAIL and email
    if by_vat and by_email:
        return _("no customer has the VAT number %(vat)s or the e-mail %(email)s") % words
    if by_vat or by_email:
        told = _("no customer has the VAT number %(vat)s") if by_vat else _("no customer has the e-mail %(email)s")
        return told % words
    return _("nothing is known to look for the buyer by")


def _vat(order: ShopOrder, resolver: Resolver) -> str:
    number = resolver.vat_number(order)
    if number.invalid:
        return _("VAT number “%(text)s” is not valid: the buyer counts as private") % {"text": number.text}
    return _("VAT number %(number)s: the buyer is a company") % {"number": number.number} if number.number else ""

"""The catalogue of causes: every code an order can be held for, in plain words, with what to do and where.

The order of the catalogue is the order of importance: an order in a list shows the first of its open causes.
``docs/issues.md`` has a paragraph for each; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    from staging.models import Issue

ORDER_PAGE = "admin:staging_stagedorder_change"
INTERNAL_ERROR = "internal-error"


class _Known(dict[str, Any]):
    """The values of an issue; a name that it lacks reads as a dash, so that an old row never breaks a page."""

    def __missing__(self, name: str) -> str:
        return "–"


@dataclass(frozen=True)
class Cause:
    """One reason to hold an order. ``text`` says what is wrong and where, ``remedy`` what to do.

    Both may name ``{value}``, ``{place}`` and the issue's ``values``. ``link_name`` is a URL name of the page that
    repairs it, ``link_query`` prefills its form. ``may_accept``: staff may say "send it all the same".
    """

    code: str
    title: StrPromise
    text: StrPromise
    remedy: StrPromise
    link_name: str = ORDER_PAGE
    link_query: Mapping[str, str] = field(default_factory=dict)
    may_accept: bool = False

    def tell(self, issue: Issue) -> str:
        """What is wrong and what to do, for this issue."""
        return f"{self.text} {self.remedy}".format_map(_words(issue))

    def link(self, issue: Issue) -> str:
        """The address of the page that repairs this issue, its form filled in as far as known."""
        if self.link_name == ORDER_PAGE:
            return reverse(self.link_name, args=[issue.order_id])
        words = _words(issue)
        query = {name: text.format_map(words) for name, text in self.link_query.items()}
        return f"{reverse(self.link_name)}?{urlencode({k: v for k, v in query.items() if v != '–'})}"


def _words(issue: Issue) -> _Known:
    shop = issue.order.shop
    own = {"value": issue.value, "place": issue.place, "shop": shop.pk, "company": shop.company_id}
    return _Known(issue.values) | own


def _add(model: str, **query: str) -> dict[str, Any]:
    return {"link_name": f"admin:mappings_{model}_add", "link_query": {"company": "{company}", **query}}


def _records(kind: str) -> dict[str, Any]:
    return {"link_name": "admin:mappings_sagerecord_changelist", "link_query": {"kind": kind, "q": "{sage}"}}


_BROKEN = (
    Cause(
        INTERNAL_ERROR,
        _("A fault of the bridge"),
        _("The bridge failed while it checked this order; nothing was sent."),
        _("It tries again by itself. If this stays, give the order's number to your administrator."),
    ),
    Cause(
        "unreadable",
        _("Cannot be read"),
        _("What the shop says about this order cannot be understood: {fault}"),
        _("Open the order in the shop and save it once; if this stays, show it to the shop's maker."),
    ),
    Cause(
        "no-lines",
        _("No lines"),
        _("The shop gives no lines for this order."),
        _("Open the order in the shop; if it really is empty, ignore it here."),
    ),
    Cause(
        "correction-outdated",
        _("Correction outdated"),
        _("{place}: {field} was corrected here when the shop said “{expected}”; now the shop says “{now}”."),
        _("Decide again: save the correction anew or remove it."),
    ),
)

_DOUBT = (
    Cause(
        "reference-taken",
        _("Reference taken in Sage"),
        _("Sage already has a document under {value}, but it is not this order: {difference}"),
        _("Find out in Sage whose document it is; then ignore this order or change the shop's prefix."),
    ),
    Cause(
        "outcome-unknown",
        _("Not known whether Sage has it"),
        _("The order was sent to Sage, the answer was lost, and looking for {value} found nothing for a long time."),
        _("Look in Sage for this reference; then say here that it is there, or send it again."),
    ),
    Cause(
        "changed-after-posting",
        _("Changed in the shop after posting"),
        _("Sage holds this order as it was; since then the shop changed it: {changes}."),
        _("Correct it in Sage by hand (credit note, new order) or accept it as it is. Nothing is changed by itself."),
        may_accept=True,
    ),
    Cause(
        "possible-duplicate",
        _("Possible duplicate"),
        _("Order {twin} has the same buyer, the same lines and the same amount, {minutes} minutes apart."),
        _("Compare the two; ignore this one, or say that it is not a duplicate."),
        may_accept=True,
    ),
)

_SAGE_SAYS = (
    Cause(
        "refused",
        _("Refused by Sage"),
        _("Sage refused it. In Sage's words: “{answer}”"),
        _("Repair what Sage names, then press “check again”."),
    ),
    Cause(
        "incomplete-in-sage",
        _("Incomplete in Sage"),
        _("Sage took the order {document} but not whole: {difference}"),
        _("Finish it in Sage (shipment, invoice), then press “check again”."),
    ),
    Cause(
        "answer-differs",
        _("Sage computed something else"),
        _("Sage's document {document} differs from what was expected: {difference}"),
        _("Compare the document with the order and correct it in Sage; then press “check again”."),
    ),
    Cause(
        "lost-in-sage",
        _("No longer in Sage"),
        _("Sage once had {value} and does not have it any more."),
        _("Was Sage restored? Then start the re-sync of this company; else find out who deleted it."),
    ),
)

_CUSTOMER = (
    Cause(
        "customer-unknown",
        _("No Sage customer"),
        _("No rule says which Sage customer buys for “{value}”."),
        _("Add a customer rule; one for “every order” names the web account."),
        **_add("customerrule", shop="{shop}"),
    ),
    Cause(
        "customer-inactive",
        _("Customer inactive"),
        _("Sage customer {value} is inactive."),
        _("Activate the customer in Sage, or change the customer rule."),
        **_records("customer"),
    ),
    Cause(
        "customer-on-hold",
        _("Customer on hold"),
        _("Sage customer {value} is on hold."),
        _("Take the hold off in Sage, or send this order all the same."),
        may_accept=True,
    ),
    Cause(
        "customer-over-limit",
        _("Over the credit limit"),
        _("With this unpaid order Sage customer {value} owes {owed}; the limit is {limit} {currency}."),
        _("Wait for the payment, raise the limit in Sage, or send this order all the same."),
        may_accept=True,
    ),
    Cause(
        "customer-currency",
        _("Customer has another currency"),
        _("The order is in {currency}, Sage customer {value} is kept in {sage_currency}."),
        _("Add a customer rule for this currency that names a customer kept in {currency}."),
        **_add("customerrule", shop="{shop}", field="currency", value="{currency}"),
    ),
    Cause(
        "customer-code-too-long",
        _("Customer code too long"),
        _("The new customer would be called {value}; Sage takes {width} characters."),
        _("Use a shorter prefix for the shop, or a customer rule for this buyer."),
        **_add("customerrule", shop="{shop}"),
    ),
)

_ITEM = (
    Cause(
        "item-unknown",
        _("Item unknown"),
        _("{place}: Sage has no item “{value}” ({name})."),
        _("Map it to a Sage item, create it in Sage and press “check again”, or correct it in the shop."),
        **_add("itemmapping", reference="{value}"),
    ),
    Cause(
        "item-reference-empty",
        _("Product without reference"),
        _("{place}: the product “{name}” has no reference in the shop."),
        _("Correct the reference on this order, and give the product one in the shop for the next orders."),
    ),
    Cause(
        "item-ambiguous",
        _("Several items fit"),
        _("{place}: several Sage items fit “{value}”: {candidates}."),
        _("Map it to the right one."),
        **_add("itemmapping", reference="{value}"),
    ),
    Cause(
        "item-deleted",
        _("Product deleted in the shop"),
        _("{place}: the product “{name}” no longer exists in the shop, and Sage has no item “{value}”."),
        _("Map it to a Sage item, or correct the reference on this order."),
        **_add("itemmapping", reference="{value}"),
    ),
    Cause(
        "item-inactive",
        _("Item inactive"),
        _("{place}: Sage item {sage} is inactive."),
        _("Activate it in Sage and press “check again”, or map “{value}” to another item."),
        **_add("itemmapping", reference="{value}"),
    ),
    Cause(
        "item-not-sellable",
        _("Item not for sale"),
        _("{place}: Sage item {sage} is not marked as sellable."),
        _("Mark it as sellable in Sage and press “check again”, or map “{value}” to another item."),
        **_add("itemmapping", reference="{value}"),
    ),
    Cause(
        "item-lot-or-serial",
        _("Item needs lot or serial numbers"),
        _("{place}: Sage item {sage} is kept by {tracked} number, which the shop does not know."),
        _("Enter this order in Sage by hand and ignore it here, or map “{value}” to an item without such numbers."),
        **_add("itemmapping", reference="{value}"),
    ),
    Cause(
        "unit-unknown",
        _("Unit unknown"),
        _("{place}: Sage item {sage} has no unit “{unit}”; it has {units}."),
        _("Correct the unit in the item mapping of “{value}”."),
        link_name="admin:mappings_itemmapping_changelist",
        link_query={"q": "{value}"},
    ),
    Cause(
        "unit-price-inexact",
        _("No exact unit price"),
        _("{place}: no price with 6 decimals gives {amount} for {quantity} pieces."),
        _("Enter this order in Sage by hand and ignore it here, or map the item to a larger unit."),
        **_add("itemmapping", reference="{value}"),
    ),
)

_TAX = (
    Cause(
        "tax-group-unknown",
        _("No tax group"),
        _("No Sage tax group is mapped for {value}."),
        _("Map the destination and the kind of buyer to a Sage tax group."),
        **_add("taxgroupmapping", country="{country}", buyer="{buyer}"),
    ),
    Cause(
        "tax-class-unknown",
        _("No tax class"),
        _("{place}: no tax class is mapped for {rate} % in tax group {tax_group}."),
        _("Map the rate to a tax class of this tax group."),
        **_add("taxclassmapping", tax_group="{tax_group}", rate="{rate}"),
    ),
    Cause(
        "tax-rate-differs",
        _("Sage has another rate"),
        _("{place}: the shop charged {rate} %, Sage's class {tax_class} in {tax_group} stands at {sage_rate} %."),
        _("Correct the mapping of the tax class, or the rate in Sage."),
        link_name="admin:mappings_taxclassmapping_changelist",
        link_query={"tax_group": "{tax_group}"},
    ),
)

_WORDS = (
    Cause(
        "payment-unknown",
        _("Payment method unknown"),
        _("The payment method “{value}” ({name}) is not mapped."),
        _("Map it to a payment code, terms and bank."),
        **_add("paymentmapping", module="{value}"),
    ),
    Cause(
        "carrier-unknown",
        _("Carrier unknown"),
        _("The carrier “{value}” is not mapped."),
        _("Map it to a ship-via code."),
        **_add("carriermapping", reference_id="{carrier}", name="{name}"),
    ),
    Cause(
        "location-unknown",
        _("No location"),
        _("It is not said from which Sage location this shop's goods leave."),
        _("Add a location mapping."),
        **_add("locationmapping", shop="{shop}"),
    ),
    Cause(
        "currency-unknown",
        _("Currency unknown"),
        _("Sage does not know the currency {value}."),
        _("Add the currency in Sage, or map it."),
        **_add("wordmapping", word_kind="currency", value="{value}"),
    ),
    Cause(
        "country-unknown",
        _("Country unknown"),
        _("{place}: the country “{value}” is not known."),
        _("Map it, or correct the address."),
        **_add("wordmapping", word_kind="country", value="{value}"),
    ),
    Cause(
        "state-unknown",
        _("State unknown"),
        _("{place}: the state “{value}” is not known."),
        _("Map it, or correct the address."),
        **_add("wordmapping", word_kind="state", value="{value}"),
    ),
    Cause(
        "charge-unknown",
        _("No charge"),
        _("No miscellaneous charge is mapped for {value}."),
        _("Map it to a charge of Sage."),
        **_add("chargemapping", charge="{value}"),
    ),
)

_MONEY = (
    Cause(
        "totals-differ",
        _("The shop's totals do not add up"),
        _("The shop states {stated} for {what}, its parts make {computed}: {difference} {currency} apart."),
        _("Look at the order in the shop (it was probably edited) and correct it there."),
    ),
    Cause(
        "rounding-cent",
        _("A cent from rounding"),
        _("The shop's total is {difference} {currency} off the sum of its parts, because it rounds per {round_type}."),
        _("Map the charge “rounding” to let such cents go to a charge of Sage."),
        **_add("chargemapping", charge="rounding"),
    ),
    Cause(
        "discount-unexplained",
        _("Discount cannot be split"),
        _("“{name}” is {incl} with and {excl} {currency} without tax; no tax rate of the order explains both."),
        _("Enter this order in Sage by hand and ignore it here."),
    ),
    Cause(
        "total-differs",
        _("Sage would compute another total"),
        _("The shop's total is {shop}, Sage would make it {sage} {currency} ({why}): {rates}."),
        _("Compare the company's tax settings here with Sage's; if they are right, enter the order in Sage by hand."),
    ),
    Cause(
        "tax-differs",
        _("Sage would compute other tax"),
        _("The total is equal, the tax is not ({why}): {rates}."),
        _("Allow such cents in the company's settings, or enter the order in Sage by hand."),
        link_name="admin:connectors_sagecompany_changelist",
    ),
)

_REST = (
    Cause(
        "date-not-in-calendar",
        _("Date not in the fiscal calendar"),
        _("Sage's fiscal calendar has no period for {date}."),
        _("Add the year in Sage (Common Services), refresh the mirror, and press “check again”."),
    ),
    Cause(
        "period-locked",
        _("Period locked"),
        _("{date} lies in period {value}, which is locked in Sage."),
        _("Open the period in Sage, or correct the order's date here."),
    ),
    Cause(
        "text-too-long",
        _("Text too long for Sage"),
        _("{place}: “{text}” is longer than Sage's {width} characters."),
        _("Accept the proposed split, or correct the text."),
        may_accept=True,
    ),
)

CAUSES: dict[str, Cause] = {
    cause.code: cause
    for cause in (*_BROKEN, *_DOUBT, *_SAGE_SAYS, *_CUSTOMER, *_ITEM, *_TAX, *_WORDS, *_MONEY, *_REST)
}

IMPORTANCE: dict[str, int] = {code: place for place, code in enumerate(CAUSES)}

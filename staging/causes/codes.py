"""What has no Sage code, or one that cannot be used: customers, items, tax, payment, carriers and other words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from staging.causes.cause import Cause, adds, records

CUSTOMER = (
    Cause(
        "customer-unknown",
        _("No Sage customer"),
        _("No rule says which Sage customer buys for “{value}”."),
        _("Add a customer rule; one for “every order” names the web account."),
        **adds("customerrule", shop="{shop}"),
    ),
    Cause(
        "customer-inactive",
        _("Customer inactive"),
        _("Sage customer {value} is inactive."),
        _("Activate the customer in Sage, or change the customer rule."),
        **records("customer"),
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
        **adds("customerrule", shop="{shop}", field="currency", value="{currency}"),
    ),
    Cause(
        "customer-code-too-long",
        _("Customer code too long"),
        _("The new customer would be called {value}; Sage takes {width} characters."),
        _("Use a shorter prefix for the shop, or a customer rule for this buyer."),
        **adds("customerrule", shop="{shop}"),
    ),
    Cause(
        "customer-ambiguous",
        _("Several customers fit"),
        _("Which Sage customer is this buyer? By {by} {what} it could be: {candidates}."),
        _("Choose one by a customer rule for this buyer; or make the others inactive in Sage and press “check again”."),
        **adds("customerrule", shop="{shop}", field="{field}", value="{who}"),
    ),
    Cause(
        "buyer-unknown",
        _("Nobody bought"),
        _("The shop does not say whose order this is, so it gets no customer of its own."),
        _("Add a customer rule that names a web account, before the one that makes a customer per buyer."),
        **adds("customerrule", shop="{shop}"),
    ),
    Cause(
        "customer-vat-differs",
        _("Customer has another VAT number"),
        _("The buyer's Sage customer {value} has the VAT number {in_sage}, this order names {number}."),
        _("Correct the one that is wrong; add a customer rule if it is another company; or send it all the same."),
        may_accept=True,
        **adds("customerrule", shop="{shop}"),
    ),
    Cause(
        "vat-number-invalid",
        _("VAT number not valid"),
        _("“{text}” is no VAT number, so the buyer counts as private: tax group {private}, not {company}."),
        _("Correct the number here or in the shop; or accept it, and the buyer is taxed as a private person."),
        may_accept=True,
    ),
)

ITEM = (
    Cause(
        "item-unknown",
        _("Item unknown"),
        _("{place}: Sage has no item “{item}” ({name})."),
        _("Map it to a Sage item, create it in Sage and press “check again”, or correct it in the shop."),
        **adds("itemmapping", reference="{value}", hint="{name}"),
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
        **adds("itemmapping", reference="{value}", hint="{name}"),
    ),
    Cause(
        "item-deleted",
        _("Product deleted in the shop"),
        _("{place}: the product “{name}” no longer exists in the shop, and Sage has no item “{value}”."),
        _("Map it to a Sage item, or correct the reference on this order."),
        **adds("itemmapping", reference="{value}", hint="{name}"),
    ),
    Cause(
        "item-inactive",
        _("Item inactive"),
        _("{place}: Sage item {sage} is inactive."),
        _("Activate it in Sage and press “check again”, or map “{value}” to another item."),
        **adds("itemmapping", reference="{value}", hint="{name}"),
    ),
    Cause(
        "item-not-sellable",
        _("Item not for sale"),
        _("{place}: Sage item {sage} is not marked as sellable."),
        _("Mark it as sellable in Sage and press “check again”, or map “{value}” to another item."),
        **adds("itemmapping", reference="{value}", hint="{name}"),
    ),
    Cause(
        "item-lot-or-serial",
        _("Item needs lot or serial numbers"),
        _("{place}: Sage item {sage} is kept by {tracked} number, which the shop does not know."),
        _("Enter this order in Sage by hand and ignore it here, or map “{value}” to an item without such numbers."),
        **adds("itemmapping", reference="{value}", hint="{name}"),
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
        **adds("itemmapping", reference="{value}", hint="{name}"),
    ),
)

TAX = (
    Cause(
        "tax-group-unknown",
        _("No tax group"),
        _("No Sage tax group is mapped for {value}."),
        _("Map the destination and the kind of buyer to a Sage tax group."),
        **adds("taxgroupmapping", country="{country}", state="{state}", buyer="{buyer}", rates="{rates}"),
    ),
    Cause(
        "tax-class-unknown",
        _("No tax class"),
        _("{place}: no tax class is mapped for {rate} % in tax group {tax_group}."),
        _("Map the rate to a tax class of this tax group."),
        **adds("taxclassmapping", tax_group="{tax_group}", rate="{rate}"),
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

WORDS = (
    Cause(
        "payment-unknown",
        _("Payment method unknown"),
        _("The payment method “{value}” ({name}) is not mapped."),
        _("Map it to a payment code, terms and bank."),
        **adds("paymentmapping", module="{value}"),
    ),
    Cause(
        "carrier-unknown",
        _("Carrier unknown"),
        _("The carrier “{value}” is not mapped."),
        _("Map it to a ship-via code."),
        **adds("carriermapping", reference_id="{carrier}", name="{name}"),
    ),
    Cause(
        "location-unknown",
        _("No location"),
        _("It is not said from which Sage location this shop's goods leave."),
        _("Add a location mapping."),
        **adds("locationmapping", shop="{shop}"),
    ),
    Cause(
        "currency-unknown",
        _("Currency unknown"),
        _("Sage does not know the currency {value}."),
        _("Add the currency in Sage, or map it."),
        **adds("wordmapping", word_kind="currency", value="{value}"),
    ),
    Cause(
        "country-unknown",
        _("Country unknown"),
        _("{place}: the country “{value}” is not known."),
        _("Map it, or correct the address."),
        **adds("wordmapping", word_kind="country", value="{value}"),
    ),
    Cause(
        "state-unknown",
        _("State unknown"),
        _("{place}: the state “{value}” is not known."),
        _("Map it, or correct the address."),
        **adds("wordmapping", word_kind="state", value="{value}"),
    ),
    Cause(
        "charge-unknown",
        _("No charge"),
        _("No miscellaneous charge is mapped for {value}."),
        _("Map it to a charge of Sage."),
        **adds("chargemapping", charge="{value}"),
    ),
)

"""What can be wrong with an order's payments and refunds."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from staging.causes.cause import Cause, adds, records

_PAYMENT_MAPPINGS = "admin:mappings_paymentmapping_changelist"

PAYMENTS = (
    Cause(
        "payment-exceeds",
        _("Paid more than the order is worth"),
        _("{place}: with this payment of {amount} the order is paid {excess} {currency} beyond its total."),
        _("Find out why in the shop; then accept it (the rest stands to the customer's credit) or correct it there."),
        may_accept=True,
    ),
    Cause(
        "payment-negative",
        _("Payment below zero"),
        _("{place}: the shop notes a payment of {amount} {currency}."),
        _("Book it in Sage by hand, then accept it: nothing is sent for it."),
        may_accept=True,
        by_hand=True,
    ),
    Cause(
        "payment-currency",
        _("Paid in another currency"),
        _("{place}: {amount} were paid in {paid_in}, the order is in {currency}."),
        _("Correct the payment's currency in the shop; or book it in Sage by hand, then accept it: nothing is sent."),
        may_accept=True,
        by_hand=True,
    ),
    Cause(
        "payment-changed",
        _("Payment changed after its receipt"),
        _("{place}: Sage has the receipt {receipts} of {before}; the shop now says {after}. No second one is sent."),
        _("Correct the receipt in Sage (reverse it and enter it anew), then accept; or set it right in the shop."),
        may_accept=True,
    ),
    Cause(
        "payment-gone",
        _("Payment deleted after its receipt"),
        _("{place}: Sage has the receipt {receipts} of {before}, but the shop no longer has the payment."),
        _("Find out whether the money came; reverse the receipt in Sage if it did not. Then accept."),
        may_accept=True,
    ),
    Cause(
        "payment-method-unknown",
        _("Way of payment unknown"),
        _("{place}: “{value}” is not how the order says that it is paid, and is not mapped."),
        _("Map this name to a payment code and bank, as if it were a payment module."),
        **adds("paymentmapping", module="{value}"),
    ),
    Cause(
        "number-reused",
        _("The shop gave a number twice"),
        _("{place}: under this number Sage has, or is to get, {document} of order {other}; this is another one."),
        _("Was the shop restored? Raise its numbers. Book this one in Sage by hand, then accept it: nothing is sent."),
        may_accept=True,
        by_hand=True,
    ),
    Cause(
        "bank-missing",
        _("No bank"),
        _("{place}: the mapping of “{value}” names no bank for its receipts."),
        _("Name the bank there, or say there that it makes no receipts."),
        link_name=_PAYMENT_MAPPINGS,
        link_query={"q": "{value}"},
    ),
    Cause(
        "bank-unknown",
        _("Bank unknown"),
        _("{place}: Sage has no active bank {bank}."),
        _("Correct the bank in the payment mapping, or create it in Sage and refresh the mirror."),
        link_name=_PAYMENT_MAPPINGS,
        link_query={"q": "{module}"},
    ),
    Cause(
        "bank-currency",
        _("Bank does not take the currency"),
        _("{place}: bank {bank} is not kept in {currency}."),
        _("Name another bank in the payment mapping, or add the currency to the bank in Sage."),
        link_name=_PAYMENT_MAPPINGS,
        link_query={"q": "{module}"},
    ),
    Cause(
        "payment-code-unknown",
        _("Payment code unknown"),
        _("Sage has no active payment code {sage}."),
        _("Correct it in the payment mapping, or create it in Sage and refresh the mirror."),
        **records("payment code"),
    ),
)

REFUNDS = (
    Cause(
        "refund-inconsistent",
        _("The credit slip contradicts itself"),
        _("{place}: {what}."),
        _("Look at the slip in the shop; book it in Sage by hand, then accept it: nothing is sent for it."),
        may_accept=True,
        by_hand=True,
    ),
    Cause(
        "refund-unbooked",
        _("The shop did not note the refund on its line"),
        _("{place}: the slip gives back pieces of {line} that the order's line does not count as refunded."),
        _("Look in the shop whether this refund was made; if it was, accept it and the credit note is sent."),
        may_accept=True,
    ),
    Cause(
        "refund-exceeds",
        _("Refund above the order"),
        _("{place}: the slips so far give back more than was sold: {what}."),
        _("Look in the shop which slip is wrong; book what is right in Sage by hand, then accept it: nothing is sent."),
        may_accept=True,
        by_hand=True,
    ),
    Cause(
        "refund-restock",
        _("Only a part went back into stock"),
        _("{place}: the shop put some of the goods back into stock and others not; a credit note says it for all."),
        _("Book it in Sage by hand, then accept it; or choose “always” or “never” in the company's settings."),
        may_accept=True,
        by_hand=True,
        link_name="admin:connectors_sagecompany_changelist",
    ),
    Cause(
        "refund-differs",
        _("Sage would compute another refund"),
        _("{place}: the shop gives back {shop}, Sage would make it {sage} {currency}: {rates}."),
        _("Allow such cents in the company's settings; or book it in Sage by hand, then accept it: nothing is sent."),
        may_accept=True,
        by_hand=True,
        link_name="admin:connectors_sagecompany_changelist",
    ),
)

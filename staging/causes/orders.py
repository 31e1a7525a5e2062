"""What can be wrong with an order as a whole, and what Sage says to it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from staging.causes.cause import Cause

INTERNAL_ERROR = "internal-error"

BROKEN = (
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
        "before-go-live-money",
        _("Money moved on an old order"),
        _("This order is from before the go-live, but its payments or refunds changed since."),
        _("Book the payment or refund in Sage by hand, then ignore this order again."),
    ),
    Cause(
        "correction-outdated",
        _("Correction outdated"),
        _("{place}: {field} was corrected here when the shop said “{expected}”; now the shop says “{now}”."),
        _("Decide again: save the correction anew or remove it."),
    ),
)

DOUBT = (
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
        _(
            "Look in Sage for this reference. Then press “check again”: the bridge looks, too; if it is there it is "
            "linked, if not it is sent again."
        ),
    ),
    Cause(
        "changed-after-posting",
        _("Changed in the shop after posting"),
        _("Sage holds this order as it was; since then the shop changed it: {changes}."),
        _(
            "Accept it as it is; or have the difference credited, the sale credited, or credited and sent anew. "
            "Nothing is changed by itself."
        ),
        may_accept=True,
    ),
    Cause(
        "send-again",
        _("To be sent again"),
        _("Sage holds it as {document} {invoice} over {total}; of that {credited} are credited, {left} are not."),
        _(
            "Have the rest credited and the order sent anew; or, if it was taken back in Sage by hand, only sent anew. "
            "Or accept that nothing is sent."
        ),
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

SAGE_SAYS = (
    Cause(
        "refused",
        _("Refused by Sage"),
        _("Sage refused it. In Sage's words: “{answer}”"),
        _("Repair what Sage names, then press “check again”."),
    ),
    Cause(
        "enter-in-sage",
        _("To be entered in Sage by hand"),
        _(
            "This Sage's Web API takes no such document. Enter the {kind} there under the number {value}: "
            "{amount} {currency}, customer {customer}, bank {bank}."
        ),
        _(
            "Then press “check again”: the bridge looks for it there. If you could not give it that number, accept "
            "this: nothing is sent for it."
        ),
        may_accept=True,
        by_hand=True,
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

REST = (
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
    Cause(
        "vat-number-too-long",
        _("VAT number too long"),
        _("{place}: the VAT number “{text}” is longer than Sage's {width} characters."),
        _("Correct it on this order, and in the shop for the next orders."),
    ),
    Cause(
        "needs-second-eyes",
        _("Needs a second pair of eyes"),
        _("{who} corrected, accepted or settled something of this order, and its total is above {limit}."),
        _("Somebody else looks at it, and sends it all the same with a reason; or ignores it."),
        may_accept=True,
    ),
)

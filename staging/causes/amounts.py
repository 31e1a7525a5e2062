"""What can be wrong with an order's money."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from staging.causes.cause import Cause, adds

MONEY = (
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
        _("Map the charge “rounding”, and let so many cents go there in the company's settings."),
        **adds("chargemapping", charge="rounding"),
    ),
    Cause(
        "discount-unexplained",
        _("Discount cannot be split"),
        _("“{name}” is {incl} with and {excl} {currency} without tax; no tax rate of the order explains both."),
        _("Is it money, as a gift card? Say so among the vouchers as payment. Else enter the order in Sage by hand."),
        **adds("vouchermapping", name="{value}"),
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

"""A proof in words for people: the sentence of the day, why something differs, and what repairs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors.models import Shop
from connectors.telling import worded
from staging.causes import CAUSES
from staging.models import StagedOrder
from staging.proofs.types import CREDIT_NOTE, RECEIPT, REPAYMENT, SALE, Balance, DayProof, Difference, Sum
from staging.wording import amount, said

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

READ, ORDER, RESYNC, IN_SAGE = "read", "order", "resync", ""
"""What repairs: reading the order, its page, a re-sync; nothing of ours, but Sage itself."""


@dataclass(frozen=True)
class Why:
    """One cause in words; ``repair`` is one of the above."""

    title: StrPromise
    text: StrPromise
    repair: str


WHY: dict[str, Why] = {
    "not-read": Why(
        gettext_lazy("missing here"),
        gettext_lazy("The shop has this order, but it was never read. Press “Read it”."),
        READ,
    ),
    "outdated": Why(
        gettext_lazy("out of date here"),
        gettext_lazy("The shop says something else by now than what was read. Press “Read it”."),
        READ,
    ),
    "forgotten": Why(
        gettext_lazy("not known here"),
        gettext_lazy("Sage holds it, but it is not known here. Press “Read it”: the document is found and linked."),
        READ,
    ),
    "unreadable": Why(
        gettext_lazy("cannot be read"),
        gettext_lazy("The shop's answer cannot be counted. Correct it in the shop, then press “Read it”."),
        READ,
    ),
    "held": Why(
        gettext_lazy("needs staff"), gettext_lazy("It waits for staff. Open the order and repair its causes."), ORDER
    ),
    "on-its-way": Why(
        gettext_lazy("on the way"),
        gettext_lazy("It is checked and sent within minutes. Ask for the proof again; if it stays, open the order."),
        ORDER,
    ),
    "waits-for-sage": Why(
        gettext_lazy("waits for Sage"),
        gettext_lazy(
            "Sage has not posted its credit note yet. Run day end and post the batches there; then it is sent."
        ),
        ORDER,
    ),
    "lost": Why(
        gettext_lazy("gone from Sage"),
        gettext_lazy("It was posted, but Sage no longer has it. Do a re-sync: what is lost is sent again."),
        RESYNC,
    ),
    "not-booked": Why(
        gettext_lazy("not in Sage"),
        gettext_lazy("Its sale is posted, but Sage does not have this. Open the order and press “Check again”."),
        ORDER,
    ),
    "doubled": Why(
        gettext_lazy("doubled in Sage"),
        gettext_lazy("Sage holds two under one reference. Reverse the one that is too many in Sage."),
        IN_SAGE,
    ),
    "by-hand": Why(
        gettext_lazy("entered by hand, too"),
        gettext_lazy(
            "A document without our reference names this order as the customer's. Reverse one of them in Sage."
        ),
        IN_SAGE,
    ),
    "superseded": Why(
        gettext_lazy("sent again without a credit"),
        gettext_lazy("It was sent again, but the first document is not credited. Credit the first one in Sage."),
        IN_SAGE,
    ),
    "altered": Why(
        gettext_lazy("altered in Sage"),
        gettext_lazy("Sage's total is neither the shop's nor what was sent. Correct it in Sage, or credit it."),
        ORDER,
    ),
    "changed-in-shop": Why(
        gettext_lazy("changed in the shop after posting"),
        gettext_lazy("Sage holds what the shop said before. Open the order and decide on the proposed correction."),
        ORDER,
    ),
    "sent-so": Why(
        gettext_lazy("sent with another total"),
        gettext_lazy(
            "The total was sent so, by a correction of staff or a rule. Open the order and look at its verdict."
        ),
        ORDER,
    ),
    "cancelled": Why(
        gettext_lazy("cancelled after posting"),
        gettext_lazy("The shop cancelled it, Sage still holds it uncredited. Open the order, or credit it in Sage."),
        ORDER,
    ),
    "over-credited": Why(
        gettext_lazy("credited too much"),
        gettext_lazy(
            "More was credited in Sage than the sale's total. Reverse the credit note that is too many there."
        ),
        ORDER,
    ),
    "currency": Why(
        gettext_lazy("another currency"),
        gettext_lazy("Sage holds it in another currency than the shop. Correct it in Sage, or credit it."),
        IN_SAGE,
    ),
    "not-wanted": Why(
        gettext_lazy("not wanted in Sage"),
        gettext_lazy("It is left out by rule, but Sage holds it. Reverse it in Sage, or take the order back here."),
        ORDER,
    ),
    "not-in-shop": Why(
        gettext_lazy("not in the shop on this day"),
        gettext_lazy("Sage holds it under our reference; the shop has no such thing on this day. Look at it in Sage."),
        IN_SAGE,
    ),
}
"""Every cause a proof can name."""

KINDS = {
    SALE: (gettext_lazy("Orders"), gettext_lazy("sales")),
    RECEIPT: (gettext_lazy("Payments"), gettext_lazy("receipts")),
    CREDIT_NOTE: (gettext_lazy("Refunds"), gettext_lazy("credit notes")),
    REPAYMENT: (gettext_lazy("To be paid out"), gettext_lazy("refunds from the bank")),
}
"""What they are called in the shop and in Sage."""

PARTS = {
    "orders by state": gettext_lazy("Shop: orders by state"),
    "orders by method": gettext_lazy("Shop: orders by payment method"),
    "staged": gettext_lazy("Here: orders by status"),
    "sales": gettext_lazy("Sage: sales"),
    "payments by module": gettext_lazy("Shop: payments by method"),
    "receipts by bank": gettext_lazy("Sage: receipts by bank"),
    "receipt batches": gettext_lazy("Sage: receipt batches"),
    "refunds": gettext_lazy("Shop: refunds by payment method"),
    "vouchers as payment": gettext_lazy("Sage: vouchers that paid, by bank"),
    "credit notes": gettext_lazy("Sage: credit notes"),
    "paid out by bank": gettext_lazy("Sage: refunds paid out by bank"),
}
"""What was counted."""


def sentence(proof: DayProof) -> str:
    """The day in one paragraph."""
    parts = [line(balance) for balance in proof.balances] or [_("Nothing in the shop and nothing in Sage.")]
    parts += [_("%(kind)s: not asked.") % {"kind": str(KINDS[kind][1]).capitalize()} for kind in proof.not_asked]
    if proof.clean:
        parts.append(_("Nothing differs."))
    else:
        parts.append(_("Differences: %(n)d.") % {"n": len(proof.differences)})
    return _("%(day)s: %(told)s") % {"day": date_format(proof.day, "j F Y"), "told": " ".join(parts)}


def line(balance: Balance) -> str:
    """One kind in one currency."""
    of_shop, of_sage = KINDS[balance.kind]
    told = {
        "kind": of_shop,
        "n": balance.shop_count,
        "shop": amount(balance.shop, balance.currency),
        "documents": of_sage,
        "m": balance.sage_count,
        "sage": amount(balance.sage, balance.currency),
        "missing": balance.missing,
        "difference": amount(balance.difference, balance.currency, signed=True),
        "out": balance.left_out_count,
        "left": amount(balance.left_out, balance.currency),
    }
    left_out = _(", of which %(out)d, %(left)s, left out by rule") % told if balance.left_out_count else ""
    return (
        _("%(kind)s: %(n)d, %(shop)s") % told
        + left_out
        + _("; in Sage %(m)d %(documents)s, %(sage)s: %(missing)d missing, difference %(difference)s.") % told
    )


def about(difference: Difference) -> str:
    """Why, with what is to be done and what else is known."""
    text = str(WHY[difference.cause].text)
    titles = [str(CAUSES[each].title) if each in CAUSES else worded(each) for each in difference.details]
    return f"{text} ({'; '.join(titles)})" if titles else text


def counted_words(counted: Sum) -> str:
    """What was counted, for people: our statuses and a batch's state are kept as code compares them."""
    if counted.part == "staged":
        return str(dict(StagedOrder.Status.choices).get(counted.name, counted.name))
    if counted.part == "receipt batches":
        batch, gap, state = counted.name.rpartition(" · ")
        return f"{batch}{gap}{said(state)}"
    return counted.name


def link(difference: Difference, shop: Shop) -> str:
    """The page that repairs it, "" when it is a button or Sage itself."""
    repair = WHY[difference.cause].repair
    if repair == RESYNC:
        return f"{reverse('admin:staging_resync')}?company={shop.company_id}"
    if repair in (ORDER, IN_SAGE) and difference.row:
        return reverse("admin:staging_stagedorder_change", args=[difference.row])
    return ""

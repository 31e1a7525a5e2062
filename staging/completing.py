"""What a receipt or credit note can say only once Sage holds its sale: the numbers that Sage gave.

They are filled in when the posting is claimed, before anything of it is sent; from then on it is frozen.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from connectors.models import SageCompany
from connectors.ports import Sage
from connectors.words import words
from staging.models import Posting
from staging.wanted import ATTACHED

WAIT = timedelta(minutes=30)
"""After this a posting that waits for Sage's own work (invoice, day end) is looked at again."""


def completed(posting: Posting, company: SageCompany) -> dict[str, Any]:
    """``prepared`` with what the answer it waited for tells: the order of a prepayment, the credit note of a refund,
    else the invoice.
    """
    prepared: dict[str, Any] = posting.prepared
    if posting.kind not in ATTACHED or posting.depends_on is None:
        return prepared
    sale = posting.depends_on
    if posting.kind == Posting.Kind.REPAYMENT:
        return {**prepared, "credit_number": sale.document_number}
    invoice = str((sale.answer or {}).get("invoice_number", ""))
    if posting.kind == Posting.Kind.CREDIT_NOTE:
        return {**prepared, "invoice_number": invoice}
    if company.receipts == SageCompany.Receipts.APPLIED:
        return {**prepared, "invoice_number": invoice, "order_number": ""}
    return {**prepared, "invoice_number": "", "order_number": sale.document_number}


def waits_for(posting: Posting, company: SageCompany, sage: Sage) -> str:
    """Why the posting cannot be sent yet, in plain words, "" when it can. Raises the connector's errors."""
    credit, prepared = posting.kind == Posting.Kind.CREDIT_NOTE, posting.prepared
    if posting.kind == Posting.Kind.REPAYMENT:
        if sage.processed(prepared["credit_number"]):
            return ""
        return words(
            "Waits for Sage's day end: credit note %(number)s is not posted yet; the refund is sent then.",
            number=prepared["credit_number"],
        )
    applied = posting.kind == Posting.Kind.RECEIPT and not prepared["order_number"]
    if not (credit or applied):
        return ""
    if not prepared["invoice_number"]:
        return words("Waits until Sage has invoiced the order; it is sent then.")
    if (applied or company.credit_after_day_end) and not sage.processed(prepared["invoice_number"]):
        return words(
            "Waits for Sage's day end: invoice %(number)s is not posted yet; it is sent then.",
            number=prepared["invoice_number"],
        )
    return ""

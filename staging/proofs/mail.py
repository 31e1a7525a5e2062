"""The proof of the day by mail: the sentence, then each difference with what repairs it; plain text."""

from __future__ import annotations

from collections.abc import Sequence
from smtplib import SMTPAuthenticationError, SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from connectors.models import Shop
from connectors.outcomes import reason
from connectors.words import Words, words
from staging.proofs import sheets
from staging.proofs.types import DayProof, Difference
from staging.proofs.words import WHY, about, sentence
from staging.wording import amount


def send(shop: Shop, proofs: Sequence[DayProof]) -> bool:
    """Mail to PROOF_RECIPIENTS, the table attached; False when there is nobody to tell. Raises what the server says."""
    if not settings.PROOF_RECIPIENTS or not proofs:
        return False
    days = proofs[-1].day.isoformat()
    number = sum(len(proof.differences) for proof in proofs)
    subject = (
        _("%(shop)s %(days)s: %(n)d differences between shop and Sage") % {"shop": shop, "days": days, "n": number}
        if number
        else _("%(shop)s %(days)s: shop and Sage agree") % {"shop": shop, "days": days}
    )
    message = EmailMessage(subject, text(shop, proofs), to=list(settings.PROOF_RECIPIENTS))
    table = sheets.written(sheets.sheet(shop, proofs), "xlsx")
    message.attach(f"proof-{shop.pk}-{days}.xlsx", table, sheets.FORMATS["xlsx"])
    return bool(message.send())


def mail_trouble(error: Exception) -> Words:
    """Why a mail did not leave, in a few words and without what the server said: that may name people."""
    if isinstance(error, SMTPAuthenticationError):
        return words("the mail server does not accept user and password")
    if isinstance(error, SMTPRecipientsRefused):
        return words("the mail server refuses the recipient's address")
    if isinstance(error, SMTPSenderRefused):
        return words("the mail server refuses the sender's address")
    if isinstance(error, SMTPResponseException):
        return words("the mail server refuses the mail (%(code)s)", code=error.smtp_code)
    if isinstance(error, ValueError):
        return words("the subject or an address is not valid")
    return reason(error)


def text(shop: Shop, proofs: Sequence[DayProof]) -> str:
    """What the mail and the command say."""
    parts = []
    for proof in proofs:
        parts.append("\n".join([f"{shop}, {sentence(proof)}", *(f"- {told(each)}" for each in proof.differences)]))
    return "\n\n".join(parts) + "\n"


def told(difference: Difference) -> str:
    """One difference in one line."""
    name = f"{difference.reference or '–'} ({difference.order})" if difference.order else "–"
    documents = f" [{', '.join(difference.documents)}]" if difference.documents else ""
    sides = _("shop %(shop)s, Sage %(sage)s") % {
        "shop": amount(difference.shop, difference.currency),
        "sage": amount(difference.sage, difference.currency),
    }
    return f"{name}: {WHY[difference.cause].title}, {sides}{documents}. {about(difference)}"

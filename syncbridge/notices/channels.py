"""How a notice leaves: by mail to a role's people or to one mailbox, or as JSON to a webhook."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from urllib.parse import urljoin

import requests
from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.utils import timezone

from connectors.outcomes import reason
from connectors.words import NOTHING, Words, words
from staging.proofs.mail import mail_trouble
from syncbridge.models import Notice

logger = logging.getLogger(__name__)

TIMEOUT = (5, 10)
"""Seconds to connect to a webhook, and to wait for its answer."""


NOBODY = words("Nobody with this role has a mail address. Enter one on a person's page.")


@dataclass(frozen=True)
class Message:
    """What is told: a subject and lines of plain text; ``facts`` goes to webhooks for machines."""

    subject: str
    lines: Sequence[str]
    facts: Sequence[dict[str, str]] = field(default_factory=tuple)

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)


def send(notice: Notice, message: Message) -> bool:
    """Send to the notice's recipients; False, with the reason on the notice, when that failed: try again later.

    A role without anybody who has an address counts as sent, and says so on the notice.
    """
    trouble, sent = _post(notice.webhook, message) if notice.webhook else _mail(notice, message)
    now = timezone.now()
    if not sent:
        logger.warning("Notice %s: %s", notice.pk, trouble)
    told = {"trouble": trouble, "trouble_since": (notice.trouble_since or now) if trouble else None}
    told |= {"sent_at": now} if sent and trouble != NOBODY else {}
    for name, value in told.items():
        setattr(notice, name, value)
    Notice.objects.filter(pk=notice.pk).update(**told)
    return sent


def url(path: str) -> str:
    """The whole address of a page; only the path where the site's address is not set."""
    return urljoin(settings.PUBLIC_URL, path) if path else ""


def _mail(notice: Notice, message: Message) -> tuple[Words, bool]:
    to = [notice.address] if notice.address else addresses(notice.role)
    if not to:
        return NOBODY, True
    refused = []
    for address in to:  # one mail each: nobody sees the others' addresses
        try:
            send_mail(f"[syncbridge] {message.subject}", message.text, None, [address])
        except (OSError, ValueError) as error:  # smtplib's errors are OSErrors; a subject or an address may be none
            refused.append(mail_trouble(error))
    if not refused:
        return NOTHING, True
    if len(refused) == len(to):
        why = refused[0]
        return words("Not sent: %(why)s. It is tried again; check EMAIL_URL and the mail address.", why=why), False
    # Who got it must not get it every minute because another's address is wrong.
    text = words(
        "Not sent to %(n)d of %(all)d addresses: %(why)s. Correct them on these people's pages.",
        n=len(refused),
        all=len(to),
        why=refused[0],
    )
    return text, True


def addresses(role: str) -> list[str]:
    """The mail addresses of the active people who have a role."""
    people = User.objects.filter(groups__name=role, is_active=True).exclude(email="")
    return sorted(set(people.values_list("email", flat=True)))


def _post(webhook: str, message: Message) -> tuple[Words, bool]:
    """Not a word of an error's own text: it may show the webhook's address, which is a secret."""
    said = asdict(message)
    body = {"text": f"{message.subject}\n{message.text}", "subject": message.subject, "facts": said["facts"]}
    try:
        answer = requests.post(webhook, json=body, timeout=TIMEOUT, allow_redirects=False)
    except (OSError, ValueError) as error:  # requests' errors are OSErrors; an address that is none a ValueError
        why = reason(error)
    else:
        if 200 <= answer.status_code < 300:
            return NOTHING, True
        why = words("the webhook answered with the status %(status)s", status=answer.status_code)
    return words(
        "Not sent: %(why)s. It is tried again; if this lasts, enter the webhook's address anew.", why=why
    ), False

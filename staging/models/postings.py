"""What Sage should hold because of an order, one atomic unit each, the attempts at it, and the diary of everything."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connectors.models import SageCompany
from connectors.telling import WordsField
from staging.models.orders import StagedOrder

PUSH_LEASE = timedelta(minutes=10)
"""Longer than the worst case of find + place; a check compares it with the timeouts (syncbridge.checks)."""


class Posting(models.Model):
    """One atomic unit in Sage. ``pushing`` means: Sage may or may not have it.

    ``prepared`` is frozen: exactly what will be sent (``plain()`` of a Sale or NewCustomer). ``answer`` is
    ``plain()`` of the Document.
    """

    class Kind(models.TextChoices):
        """What it makes."""

        CUSTOMER = "customer", _("customer")
        SALE = "sale", _("sale")
        RECEIPT = "receipt", _("receipt")
        CREDIT_NOTE = "credit note", _("credit note")
        REPAYMENT = "repayment", _("refund from the bank")

    class Status(models.TextChoices):
        """Where the posting stands (design.md 3)."""

        READY = "ready", _("ready")
        PUSHING = "pushing", _("being sent")
        PUSHED = "pushed", _("in Sage")
        REFUSED = "refused", _("refused by Sage")
        LOST = "lost", _("lost by Sage")
        DROPPED = "dropped", _("no longer wanted")

    company = models.ForeignKey(SageCompany, models.PROTECT, related_name="postings", verbose_name=_("Sage company"))
    order = models.ForeignKey(StagedOrder, models.PROTECT, related_name="postings", verbose_name=_("order"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    source_key = models.CharField(max_length=80, editable=False)  # "shop 1 order 42", "shop 1 customer 3"
    generation = models.PositiveSmallIntegerField(default=1, editable=False)
    reference = models.CharField(_("reference"), max_length=40)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.READY)
    version = models.PositiveIntegerField(default=0)
    prepared = models.JSONField(editable=False)
    depends_on = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="dependents")
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)  # the last time a write may have reached Sage
    empty_looks = models.PositiveSmallIntegerField(default=0)  # looks since then that found nothing
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    answer = models.JSONField(null=True, blank=True, editable=False)
    document_key = models.CharField(max_length=60, blank=True)
    document_number = models.CharField(_("number in Sage"), max_length=40, blank=True)
    pushed_at = models.DateTimeField(_("in Sage since"), null=True, blank=True)
    tracked_at = models.DateTimeField(null=True, blank=True)

    told = ""  # no column: the message of the last ``move`` of this object

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "kind", "source_key", "generation"], name="one_posting_per_source"
            ),
            models.UniqueConstraint(fields=["company", "kind", "reference"], name="one_posting_per_reference"),
        ]
        indexes = [
            models.Index(
                fields=["company", "due_at"], name="posting_due", condition=models.Q(status__in=["ready", "pushing"])
            ),
            models.Index(fields=["company", "pushed_at"], name="posting_pushed"),
            models.Index(
                fields=["company", "pushed_at"],
                name="posting_to_track",
                condition=models.Q(status="pushed", tracked_at__isnull=True),
            ),
            models.Index(
                fields=["company"],
                name="posting_receipt_unsent",
                condition=models.Q(kind="receipt", status__in=["ready", "pushing", "refused"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference}"


class Attempt(models.Model):
    """One attempt to make a posting true: what was said to Sage and back, and how it ended.

    A row is written when the attempt is over; that one began stands in the diary before anything is sent. It contains
    personal data, and goes some time after Sage holds the document (``staging.attempts``).
    """

    posting = models.ForeignKey(Posting, models.CASCADE, related_name="tries")
    at = models.DateTimeField(_("when"))
    seconds = models.FloatField(_("seconds"))
    outcome = models.CharField(max_length=8, choices=Posting.Status.choices)  # where it left the posting
    message = WordsField()  # the same in words, as in the diary
    exchanges = models.JSONField(default=list)  # ``plain()`` of each Exchange, the first one first

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        indexes = [models.Index(fields=["at"], name="attempt_at")]

    def __str__(self) -> str:
        return str(self.message)


class Event(models.Model):
    """One line of the diary; written with the change it tells of, never changed."""

    order = models.ForeignKey(StagedOrder, models.CASCADE, null=True, blank=True, related_name="events")
    posting = models.ForeignKey(Posting, models.CASCADE, null=True, blank=True, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True)
    before = models.CharField(max_length=8, blank=True)
    after = models.CharField(max_length=8, blank=True)
    message = WordsField()
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.message)

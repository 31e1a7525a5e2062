"""An order on its way: what the shop said, where it stands, what it waits for, what staff corrected."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connectors.models import Shop
from connectors.telling import WordsField

WORD_WIDTH = 80

OWN_QUEUE = ("changed-after-posting", "outcome-unknown")
"""Causes with a queue of their own, of orders that Sage has or may have."""

NEEDS_STAFF = models.Q(status="invalid") | models.Q(status__in=("ready", "posted")) & ~models.Q(
    first_cause__in=("", *OWN_QUEUE)
)
"""What waits for a person: held orders, and those in Sage already with another cause than ``OWN_QUEUE`` in front.

An index has this very condition: of a million orders PostgreSQL looks at these alone.
"""


class RawRecord(models.Model):
    """One object of the shop as parsed, word for word (numbers as text, no secrets); it only grows, until retention.

    A changed object is a new row: the digest is over its content.
    """

    shop = models.ForeignKey(Shop, models.CASCADE, verbose_name=_("shop"))
    resource = models.CharField(_("resource"), max_length=32)
    object_id = models.BigIntegerField(_("object id"))
    digest = models.CharField(max_length=64)
    payload = models.JSONField()
    seen_at = models.DateTimeField(_("seen"), default=timezone.now)

    class Meta:
        verbose_name = _("raw record")
        verbose_name_plural = _("raw records")
        constraints = [
            models.UniqueConstraint(fields=["shop", "resource", "object_id", "digest"], name="one_raw_per_content")
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.object_id}"


class StagedOrder(models.Model):
    """One order of one shop; everything the shop says about it is in its raws, the columns are for lists and searches.

    ``total`` contains tax and is in ``currency``, as the shop states it (total_paid_tax_incl).
    """

    class Status(models.TextChoices):
        """Where the order stands (design.md 3)."""

        STAGED = "staged", _("to be checked")
        WAITING = "waiting", _("waiting")
        INVALID = "invalid", _("needs staff")
        READY = "ready", _("ready")
        POSTED = "posted", _("posted")
        IGNORED = "ignored", _("ignored")

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="orders", verbose_name=_("shop"))
    order_id = models.PositiveBigIntegerField(_("order id"))
    reference = models.CharField(_("reference"), max_length=32, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.STAGED)
    reason = models.CharField(
        _("reason"), max_length=250, blank=True, help_text=_("Why it waits, was ignored, or how it ended (delivered).")
    )
    version = models.PositiveIntegerField(default=0)

    raws = ArrayField(models.BigIntegerField(), default=list, editable=False)
    raws_digest = models.CharField(max_length=64, blank=True, editable=False)
    order_digest = models.CharField(max_length=64, blank=True, editable=False)
    fault = WordsField(blank=True, editable=False)

    customer = models.CharField(_("customer"), max_length=250, blank=True)
    email = models.CharField(_("e-mail"), max_length=250, blank=True)
    country = models.CharField(_("country"), max_length=3, blank=True)
    total = models.DecimalField(_("total"), max_digits=20, decimal_places=6, null=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    module = models.CharField(_("payment module"), max_length=64, blank=True)
    shop_state = models.CharField(_("state in the shop"), max_length=80, blank=True)
    placed_at = models.DateTimeField(_("placed"), null=True)
    order_date = models.DateField(_("order date"), null=True)
    shop_changed = models.CharField(max_length=19, blank=True, editable=False)  # date_upd, shop-local text
    read_at = models.DateTimeField(null=True, blank=True, editable=False)  # the shop's clock when its raws were asked
    news = models.BooleanField(default=False, editable=False)  # changed in the shop while a posting was being sent

    checked_revision = models.PositiveBigIntegerField(default=0, editable=False)
    # Its own words that mappings translate ("item BEDLAMP"), and the mappings that it goes by ("carriermapping 12").
    words = ArrayField(models.CharField(max_length=WORD_WIDTH), default=list, editable=False)
    look_again = models.BooleanField(default=False, editable=False)  # staff asked: look in Sage itself
    verdict = models.JSONField(null=True, blank=True, editable=False)  # totals per rate: shop, predicted, Sage
    first_cause = models.CharField(_("cause"), max_length=40, blank=True)
    sage_order = models.CharField(_("Sage order"), max_length=40, blank=True)
    sage_invoice = models.CharField(_("Sage invoice"), max_length=40, blank=True)

    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("assigned to"),
    )
    tags = ArrayField(models.CharField(max_length=30), verbose_name=_("tags"), default=list, blank=True)

    due_at = models.DateTimeField(default=timezone.now, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    fetched_at = models.DateTimeField(_("first seen"), default=timezone.now, editable=False)
    status_since = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        permissions = [("correct_money", "Can correct quantities and amounts")]
        constraints = [models.UniqueConstraint(fields=["shop", "order_id"], name="one_row_per_shop_order")]
        indexes = [
            models.Index(
                fields=["shop", "placed_at", "id"], name="order_to_check", condition=models.Q(status="staged")
            ),
            models.Index(fields=["status", "-placed_at", "-id"], name="order_by_status"),
            models.Index(fields=["-placed_at", "-id"], name="order_newest"),
            models.Index(fields=["-placed_at", "-id"], name="order_needs_staff", condition=NEEDS_STAFF),
            models.Index(fields=["reference"], name="order_reference"),
            models.Index(fields=["email"], name="order_email"),
            models.Index(fields=["sage_order"], name="order_sage_order", condition=~models.Q(sage_order="")),
            models.Index(fields=["sage_invoice"], name="order_sage_invoice", condition=~models.Q(sage_invoice="")),
            models.Index(fields=["shop", "total", "placed_at"], name="order_possible_twin"),
            models.Index(fields=["assignee"], name="order_assignee", condition=models.Q(assignee__isnull=False)),
            GinIndex(fields=["tags"], name="order_tags"),
            GinIndex(fields=["words"], name="order_words"),
        ]

    def __str__(self) -> str:
        return f"{self.reference or self.order_id}"

    @property
    def sage_reference(self) -> str:
        """The reference its sale carries in Sage."""
        return self.shop.reference(self.order_id)


def word(kind: str, value: str) -> str:
    """A shop's word as ``StagedOrder.words`` holds it."""
    return f"{kind} {value}"[:WORD_WIDTH]


class Issue(models.Model):
    """One fault or question of an order, with a stable code; the words are in ``staging.causes``.

    ``kind`` and ``value`` name what would have to change ("item", "BEDLAMP"); a change of exactly that wakes the order.
    """

    order = models.ForeignKey(StagedOrder, models.CASCADE, related_name="issues")
    posting = models.ForeignKey("staging.Posting", models.CASCADE, null=True, blank=True, related_name="issues")
    code = models.CharField(max_length=40)
    kind = models.CharField(max_length=20, blank=True)
    value = models.CharField(max_length=250, blank=True)
    place = models.CharField(max_length=60, blank=True)  # "line 8", "deliver_to", "" for the whole order
    values = models.JSONField(default=dict)
    suggestions = models.JSONField(default=list)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("issue")
        verbose_name_plural = _("issues")
        constraints = [
            models.UniqueConstraint(
                fields=["order", "code", "kind", "value", "place"],
                condition=models.Q(closed_at__isnull=True),
                name="one_open_issue_per_fault",
            )
        ]
        indexes = [
            models.Index(fields=["kind", "value"], name="issue_open_value", condition=models.Q(closed_at__isnull=True)),
            models.Index(fields=["code"], name="issue_open_code", condition=models.Q(closed_at__isnull=True)),
            models.Index(fields=["closed_at"], name="issue_closed", condition=models.Q(closed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.value}".strip()


class Correction(models.Model):
    """One field of the read order that staff laid over; the payload itself is never touched.

    ``place`` is keyed by the shop's own row ids ("line 8", "deliver_to"); ``shop_value`` is what it replaced: if the
    shop later says something else, an issue asks.
    """

    order = models.ForeignKey(StagedOrder, models.CASCADE, related_name="corrections")
    place = models.CharField(max_length=60)
    field = models.CharField(max_length=40)
    shop_value = models.JSONField(null=True)
    value = models.JSONField()
    reason = models.CharField(max_length=250, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        constraints = [models.UniqueConstraint(fields=["order", "place", "field"], name="one_correction_per_field")]

    def __str__(self) -> str:
        return f"{self.place} {self.field}"


class Note(models.Model):
    """What staff wrote beside an order; never sent anywhere."""

    order = models.ForeignKey(StagedOrder, models.CASCADE, related_name="notes")
    text = models.TextField(_("note"), max_length=2000)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.text[:60]

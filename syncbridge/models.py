"""What the project itself keeps: the audit of what people changed, and the notices that go out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from encrypted_fields.fields import EncryptedTextField

from connectors.telling import WordsField, colon


class AuditEntry(models.Model):
    """One change by a person. Append-only: the database itself refuses to update, delete or truncate (migration 1).

    ``before`` and ``after`` hold the changed fields. A secret is only said to have changed; a personal value stands in
    an AuditValue of its own, so that erasing it leaves the entry whole. No foreign key points away from here: nothing
    that is deleted takes its history along.
    """

    class Action(models.TextChoices):
        """What was done."""

        ADD = "add", _("added")
        CHANGE = "change", _("changed")
        DELETE = "delete", _("deleted")
        ACT = "act", _("done")

    at = models.DateTimeField(_("when"), default=timezone.now, editable=False)
    user_id = models.BigIntegerField(_("user id"))
    who = models.CharField(_("who"), max_length=150)  # the username as it was
    request = models.CharField(_("request"), max_length=32)
    content_type = models.ForeignKey(
        ContentType, models.DO_NOTHING, db_constraint=False, related_name="+", verbose_name=_("kind of object")
    )
    object_id = models.CharField(_("object id"), max_length=64)
    label = models.CharField(_("object"), max_length=250)
    action = models.CharField(_("action"), max_length=6, choices=Action.choices)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-pk"]
        permissions = [
            ("undo_auditentry", "Can undo a change of mappings"),
            ("erase_auditentry", "Can erase personal values"),
        ]
        indexes = [
            models.Index(fields=["content_type", "object_id", "-id"], name="audit_object"),
            models.Index(fields=["request"], name="audit_request"),
            models.Index(fields=["who", "-id"], name="audit_who"),
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["label"], name="audit_label"),
        ]

    def __str__(self) -> str:
        return f"{colon(self.get_action_display())} {self.label}"


class AuditValue(models.Model):
    """A personal value of an entry's field. Never updated; erasure (syncbridge.audit.values) alone may delete it."""

    entry = models.ForeignKey(AuditEntry, models.DO_NOTHING, related_name="values")
    field = models.CharField(max_length=80)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "field"], name="one_audit_value_per_field")]

    def __str__(self) -> str:
        return self.field


class Beat(models.Model):
    """When something that must never stand still was last alive ("tick": clock and workers together)."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


def installations_language() -> str:
    """The language in which alarms are written down, and thus the best one to mail them in."""
    return str(settings.LANGUAGE_CODE)[:2]


class Notice(models.Model):
    """Who is told what, by which channel: one role's people, one mailbox, or one webhook."""

    class Kind(models.TextChoices):
        """When it goes out."""

        DIGEST = "digest", _("once a day: what is held, by cause")
        ALARM = "alarm", _("at once: what stands still, and when it is over")

    class Role(models.TextChoices):
        """Whose mail addresses; the groups of ``manage.py roles``."""

        ACCOUNTANT = "accountant", _("accountants")
        OPERATOR = "operator", _("operators")
        ADMINISTRATOR = "administrator", _("administrators")
        AUDITOR = "auditor", _("auditors")

    kind = models.CharField(_("what"), max_length=6, choices=Kind.choices)
    role = models.CharField(
        _("to everybody with the role"),
        max_length=13,
        choices=Role.choices,
        blank=True,
        help_text=_("By mail, to the address of each active person who has it."),
    )
    address = models.EmailField(_("to the address"), blank=True)
    webhook = EncryptedTextField(
        _("to the webhook"),
        blank=True,
        null=True,
        help_text=_("An address that takes a JSON post with the field “text”. Stored encrypted, never shown again."),
    )
    hour = models.PositiveSmallIntegerField(
        _("hour of the digest"),
        default=7,
        validators=[MaxValueValidator(23)],
        help_text=_("0 to 23, in the site's time."),
    )
    language = models.CharField(
        _("language"), max_length=2, choices=[("en", _("English")), ("fr", _("French"))], default=installations_language
    )
    active = models.BooleanField(_("active"), default=True)
    digested = models.DateTimeField(_("last digest"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    trouble = WordsField(_("trouble"), blank=True, editable=False)  # why the last sending failed
    trouble_since = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(_("last sent"), null=True, editable=False)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.whom}"

    @property
    def whom(self) -> str:
        """The role, the address, or that it is a webhook."""
        return str(self.get_role_display() or self.address or _("webhook"))

    def clean(self) -> None:
        """Exactly one of role, address and webhook."""
        if sum(bool(value) for value in (self.role, self.address, self.webhook)) != 1:
            raise ValidationError(_("Choose one: a role, an address, or a webhook. Add a second notice for another."))
        if self.webhook and not self.webhook.startswith(("https://", "http://")):
            raise ValidationError({"webhook": _("Enter the whole address, beginning with https://.")})


class Alarm(models.Model):
    """Something that stands still, from when to when. One row per cause, open or over."""

    class Kind(models.TextChoices):
        """What is worth waking somebody for; everything else waits for the digest."""

        CREDENTIALS = "credentials", _("connection stopped")
        SILENCE = "silence", _("no orders")
        STUCK = "stuck", _("not read")
        WORKER = "worker", _("workers or clock")
        DOUBT = "doubt", _("in doubt")
        BACKLOG = "backlog", _("backlog")
        BATCHES = "batches", _("receipt batch open")
        ALONE = "alone", _("held, with nobody")
        NOTICE = "notice", _("notice not sent")

    kind = models.CharField(_("what"), max_length=11, choices=Kind.choices)
    subject = models.CharField(max_length=80)  # "shop 1", "company 2": with the kind, the cause
    title = models.CharField(_("title"), max_length=250)
    text = models.TextField(_("what to do"))
    link = models.CharField(max_length=250, blank=True)  # path of the page to look at
    opened_at = models.DateTimeField(_("since"), default=timezone.now)
    closed_at = models.DateTimeField(_("over since"), null=True, blank=True)

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=models.Q(closed_at__isnull=True), name="one_open_alarm_per_cause"
            )
        ]

    def __str__(self) -> str:
        return self.title


class Told(models.Model):
    """That an alarm was told to a notice's recipients, and its end."""

    alarm = models.ForeignKey(Alarm, models.CASCADE, related_name="told")
    notice = models.ForeignKey(Notice, models.CASCADE, related_name="told")
    end_told = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alarm", "notice"], name="one_telling_per_alarm")]

    def __str__(self) -> str:
        return f"{self.alarm} → {self.notice}"


class Threshold(models.Model):
    """What counts as urgent, late, a backlog, silence: one row a name, changed by staff, read by tiles and alarms.

    Units, explanations and what counts before anybody changed it stand in ``syncbridge.thresholds``.
    """

    class Name(models.TextChoices):
        """What is measured, in the order of the page."""

        HELD = "held", _("“Needs you” is urgent from")
        MISSING = "missing", _("“Missing mappings” is urgent from")
        CHANGED = "changed", _("“Changed after posting” is urgent from")
        DOUBT = "doubt", _("“In doubt” is urgent from")
        LATE = "late", _("An order on the way is late after")
        BACKLOG = "backlog", _("Due work is a backlog after")
        UNREAD = "unread", _("A live shop is not read after")
        SILENCE = "silence", _("A shop is silent after")
        BATCHES = "batches", _("A receipt batch stays open too long after")
        ALONE = "alone", _("A held order is with nobody too long after")
        PERSONAL = "personal", _("Personal values in the audit are erased after")

    MAY_BE_NONE = frozenset({Name.ALONE, Name.PERSONAL})

    name = models.CharField(_("what"), max_length=8, choices=Name.choices, primary_key=True)
    value = models.DecimalField(_("threshold"), max_digits=6, decimal_places=1, validators=[MinValueValidator(0)])

    class Meta:
        verbose_name = _("threshold")
        verbose_name_plural = _("thresholds")

    def __str__(self) -> str:
        return self.get_name_display()

    def clean(self) -> None:
        """At least 1, but for what may be switched off."""
        if self.value < 1 and not (self.value == 0 and self.name in self.MAY_BE_NONE):
            raise ValidationError({"value": _("Enter 1 or more.")})


class DaySummary(models.Model):
    """One day of one shop in its own calendar: the orders placed that day by where they stand, and how long they took.

    ``p50`` and ``p95`` are seconds from the placing of an order to its document in Sage, of those that have one and
    were placed since the bridge reads the shop; made anew every few minutes (``syncbridge.days``), so that no page
    counts orders.
    """

    shop = models.ForeignKey("connectors.Shop", models.CASCADE, related_name="+")
    day = models.DateField()
    counts = models.JSONField(default=dict)  # status of an order → how many
    p50 = models.FloatField(null=True)
    p95 = models.FloatField(null=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "day"], name="one_summary_per_day")]
        indexes = [models.Index(fields=["day"], name="summary_day")]

    def __str__(self) -> str:
        return f"{self.shop} {self.day}"

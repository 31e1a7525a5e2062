"""What the sweeps keep for themselves: the highwater marks, the slots of a company, and what people asked for."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from connectors.models import SageCompany, Shop
from connectors.telling import WordsField


class Mark(models.Model):
    """How far one stream of a shop was read, in the shop's own words; saved with its page, never moved back by itself.

    ``when`` is shop-local text; empty in streams read by id. ``set`` is False until staff named where to begin.
    """

    class Stream(models.TextChoices):
        """What is read: payments and refunds do not move their order's date (prestashop.md A4)."""

        ORDERS = "orders", _("orders")
        PAYMENTS = "payments", _("payments")
        REFUNDS = "refunds", _("refunds")

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="marks", verbose_name=_("shop"))
    stream = models.CharField(_("stream"), max_length=8, choices=Stream.choices)
    set = models.BooleanField(default=False)
    when = models.CharField(_("mark (shop time)"), max_length=19, blank=True)
    object_id = models.PositiveBigIntegerField(_("mark (id)"), default=0)
    highest = models.PositiveBigIntegerField(default=0)  # highest id seen; the shop's own lies below: it was restored
    version = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    halted = WordsField(_("halted"), blank=True)  # the shop was restored: staff decide
    shop_now = models.DateTimeField(_("shop clock"), null=True, blank=True)
    read_at = models.DateTimeField(_("last read"), null=True, blank=True)
    compared_at = models.DateTimeField(_("last full compare"), null=True, blank=True)
    compare_when = models.CharField(max_length=19, blank=True)  # how far a full compare that is under way has come
    compare_id = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("mark")
        verbose_name_plural = _("marks")
        constraints = [models.UniqueConstraint(fields=["shop", "stream"], name="one_mark_per_stream")]

    def __str__(self) -> str:
        return f"{self.shop} {self.get_stream_display()}"


class Slot(models.Model):
    """One of the simultaneous requests a company allows; held while the holder's connection to the database lives.

    ``backend`` is that connection's process in PostgreSQL.
    """

    company = models.ForeignKey(SageCompany, models.CASCADE, related_name="slots")
    number = models.PositiveSmallIntegerField()
    holder = models.CharField(max_length=80, blank=True)
    backend = models.IntegerField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "number"], name="one_row_per_slot")]

    def __str__(self) -> str:
        return f"{self.company} {self.number}"


class Step(models.Model):
    """What a step did last for one shop or one company, and until when a person paused it, on all machines.

    ``done`` rows at ``ran_at``; ``worked`` rows at ``worked_at``, when it last had something to do. Machines write
    with ``update``, so that the audit tells of people only.
    """

    name = models.CharField(_("step"), max_length=10)
    shop = models.ForeignKey(Shop, models.CASCADE, null=True, blank=True, related_name="steps", verbose_name=_("shop"))
    company = models.ForeignKey(
        SageCompany, models.CASCADE, null=True, blank=True, related_name="steps", verbose_name=_("Sage company")
    )
    ran_at = models.DateTimeField(_("last run"), null=True, blank=True)
    seconds = models.FloatField(default=0)
    done = models.PositiveIntegerField(default=0)
    left = models.BooleanField(default=False)
    note = WordsField(blank=True)  # why nothing could be done
    failed = models.BooleanField(default=False)
    worked_at = models.DateTimeField(null=True, blank=True)
    worked = models.PositiveIntegerField(default=0)
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("paused by")
    )
    pause_reason = models.CharField(_("reason"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("jobs")
        constraints = [
            models.UniqueConstraint(fields=["name", "shop"], name="one_step_per_shop"),
            models.UniqueConstraint(fields=["name", "company"], name="one_step_per_company"),
            models.CheckConstraint(
                condition=models.Q(shop=None, company__isnull=False) | models.Q(shop__isnull=False, company=None),
                name="step_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.shop or self.company}"


TASKS = {
    "resync": _("Re-sync"),
    "mark": _("Set a mark"),
    "go-live": _("Go-live"),
    "dry-run": _("Dry run"),
    "recheck": _("Check again"),
    "push-now": _("Send now"),
    "ignore": _("Ignore"),
    "close-by-hand": _("Close as entered in Sage by hand"),
    "close-many": _("Close as entered in Sage by hand"),
    "assign": _("Assign or tag"),
    "take-back": pgettext_lazy("changes", "Take back"),
    "send-again": _("Send again: ask Sage"),
    "prove": _("Day proof"),
    "read-orders": _("Read an order"),
}
"""What a task of a kind does."""


class Task(models.Model):
    """What a person asked for and a job does: a bulk action, a re-sync, a connection test."""

    class Status(models.TextChoices):
        """How far it is."""

        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        STOPPED = "stopped", _("stopped")

    kind = models.CharField(_("task"), max_length=40)
    parameters = models.JSONField(default=dict)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.QUEUED)
    total = models.PositiveIntegerField(_("total"), default=0)
    finished = models.PositiveIntegerField(_("finished"), default=0)
    result = models.JSONField(default=dict, blank=True)
    message = WordsField(_("message"), blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, verbose_name=_("user"))
    created_at = models.DateTimeField(_("asked"), default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")

    def __str__(self) -> str:
        return f"{self.words} {self.pk}"

    @property
    def words(self) -> str:
        """What was asked for."""
        return str(TASKS.get(self.kind, self.kind))

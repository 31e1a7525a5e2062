"""Where to connect, with which secrets and by which rules: the shops and the Sage companies."""

from __future__ import annotations

import logging
import random
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from encrypted_fields.fields import EncryptedTextField

from connectors.telling import WordsField

logger = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=10)
PROBE_TIME = timedelta(minutes=2)
"""Who finds a pause over has this long for its probe before another may try, too."""


class Connection(models.Model):
    """What a shop and a company have in common: an address, a state, and the installation that may write."""

    class State(models.TextChoices):
        """Whether sweeps may use the connection; paused comes back by itself, stopped needs an operator."""

        ACTIVE = "active", pgettext_lazy("connection", "active")
        PAUSED = "paused", _("paused")
        STOPPED = "stopped", _("stopped")

    name = models.CharField(_("name"), max_length=60, unique=True)
    url = models.URLField(_("address"), max_length=300)
    ca_bundle = models.CharField(
        _("CA bundle"),
        max_length=300,
        blank=True,
        help_text=_("Path of a PEM file, when the server's certificate is your own."),
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ACTIVE, editable=False)
    state_reason = WordsField(_("reason"), blank=True, editable=False)
    state_since = models.DateTimeField(_("since"), default=timezone.now, editable=False)
    retry_at = models.DateTimeField(_("next try"), null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    installation = models.CharField(
        _("installation"),
        max_length=64,
        blank=True,
        editable=False,
        help_text=_(
            "The installation that may use this connection; a copied database has another one and writes nothing."
        ),
    )
    checked = models.JSONField(_("last test"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def confirmed(self) -> bool:
        """Whether this very installation was confirmed for the connection (design.md 6, safe against copies)."""
        return bool(self.installation) and self.installation == settings.INSTALLATION_ID

    def usable(self) -> bool:
        """Whether the caller may ask the other side now; reads the row anew.

        When a pause is over, exactly one caller is told yes: it is the probe, and says ``resume``, ``pause`` or
        ``waive`` after it.
        """
        self.refresh_from_db(fields=["state", "state_reason", "state_since", "retry_at", "failures"])
        if self.state != self.State.PAUSED:
            return self.state == self.State.ACTIVE
        now = timezone.now()
        if self.retry_at is not None and self.retry_at > now:
            return False
        return self._change(retry_at=now + PROBE_TIME)

    def pause(self, reason: str, retry_at: datetime | None = None) -> bool:
        """The other side is away: nobody asks until ``retry_at``, by default longer with each failed probe.

        True when this caller paused it; False when another one did meanwhile, or an operator stopped it.
        """
        if self.state == self.State.STOPPED:
            return False
        wait = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self.failures, 10)) * random.uniform(0.8, 1.2)
        since = self.state_since if self.state == self.State.PAUSED else timezone.now()
        changed = self._change(
            state=self.State.PAUSED,
            state_reason=reason,
            state_since=since,
            retry_at=max(retry_at or timezone.now(), timezone.now() + wait),
            failures=self.failures + 1,
        )
        if changed:
            logger.warning("%s is paused until %s: %s", self, self.retry_at, reason)
        return changed

    def stop(self, reason: str) -> bool:
        """Nobody asks until an operator says ``resume``; True for the one caller who stopped it."""
        found = type(self)._default_manager.filter(pk=self.pk).exclude(state=self.State.STOPPED)
        values = {"state": self.State.STOPPED, "state_reason": reason, "state_since": timezone.now(), "retry_at": None}
        stopped = bool(found.update(**values))
        for name, value in values.items():
            setattr(self, name, value)
        if stopped:
            logger.error("%s is stopped until an operator resumes it: %s", self, reason)
        return stopped

    def resume(self) -> bool:
        """The other side answers again, or the operator says go on; False when the state is not as the caller saw it.

        A worker that saw a pause therefore never takes back a stop.
        """
        if self.state == self.State.ACTIVE and not self.failures:
            return False
        return self._change(
            state=self.State.ACTIVE, state_reason="", state_since=timezone.now(), retry_at=None, failures=0
        )

    def waive(self) -> None:
        """The probe had nothing to ask after all: the next caller may."""
        if self.state == self.State.PAUSED:
            self._change(retry_at=timezone.now())

    def _change(self, **values: Any) -> bool:
        """Compare and swap: only if state, failures and next try are still as this object has them."""
        found = type(self)._default_manager.filter(
            pk=self.pk, state=self.state, failures=self.failures, retry_at=self.retry_at
        )
        if not found.update(**values):
            return False
        for name, value in values.items():
            setattr(self, name, value)
        return True


class SageCompany(Connection):
    """One company in Sage: the books that orders go into."""

    class Edition(models.TextChoices):
        """Editions that have a connector."""

        SAGE300 = "sage300", "Sage 300"

    class TaxBasis(models.TextChoices):
        """On what Sage rounds its tax: each line, or each rate's sum over the document."""

        LINE = "line", _("per line")
        DOCUMENT = "document", _("on the document")

    class TaxRounding(models.TextChoices):
        """How Sage rounds half a cent of tax."""

        HALF_UP = "half up", _("half up")
        HALF_EVEN = "half even", _("half to even")
        HALF_DOWN = "half down", _("half down")

    class Receipts(models.TextChoices):
        """What a payment in the shop makes in Sage."""

        NONE = "none", _("nothing: payments are booked by hand")
        PREPAYMENT = "prepayment", _("a prepayment that names the order")
        APPLIED = "applied", _("a receipt applied to the invoice")

    class Restock(models.TextChoices):
        """Whether goods that came back go into Sage's stock."""

        ALWAYS = "always", _("always")
        NEVER = "never", _("never")
        SHOP = "shop", _("as the shop did")

    edition = models.CharField(_("edition"), max_length=12, choices=Edition.choices, default=Edition.SAGE300)
    org_id = models.CharField(
        _("company (Org ID)"), max_length=20, help_text=_("As in the address of the Web API, e.g. SAMLTD.")
    )
    user = models.CharField(_("user"), max_length=60)
    password = EncryptedTextField(_("password"), blank=True, null=True)
    currency = models.CharField(_("home currency"), max_length=3, default="EUR")
    options = models.JSONField(
        _("switches"),
        default=dict,
        blank=True,
        help_text=_("Overrides for assumptions about this installation; the operator's page lists them."),
    )
    simultaneous = models.PositiveSmallIntegerField(
        _("simultaneous requests"), default=1, validators=[MinValueValidator(1), MaxValueValidator(32)]
    )
    tax_basis = models.CharField(_("tax is computed"), max_length=8, choices=TaxBasis.choices, default=TaxBasis.LINE)
    tax_rounding = models.CharField(
        _("tax rounding"), max_length=9, choices=TaxRounding.choices, default=TaxRounding.HALF_UP
    )
    prices_include_tax = models.BooleanField(
        _("send prices with tax"),
        default=True,
        help_text=_("Then Sage takes the tax out of the price; else it adds it on top."),
    )
    tax_tolerance = models.PositiveSmallIntegerField(
        _("tax may differ by (cents per rate)"),
        default=0,
        help_text=_("Only when the total is equal. 0: every rate must be equal to the cent."),
    )
    rounding_cents = models.PositiveSmallIntegerField(
        _("cents on the rounding charge"),
        default=5,
        help_text=_("So many cents of an order's total may go to the charge mapped for rounding. 0: such orders wait."),
    )
    receipts = models.CharField(
        _("a payment makes"), max_length=10, choices=Receipts.choices, default=Receipts.PREPAYMENT
    )
    restock = models.CharField(
        _("returned goods go back into stock"), max_length=6, choices=Restock.choices, default=Restock.SHOP
    )
    release_receipts = models.BooleanField(
        _("release receipt batches"),
        default=False,
        help_text=_("A past day's batch is marked ready to post by the bridge; off: a person does it in Sage."),
    )
    credit_after_day_end = models.BooleanField(
        _("credit notes wait for day end"),
        default=False,
        help_text=_("They are sent only when Sage has posted the invoice that they correct."),
    )

    class Meta:
        verbose_name = _("Sage company")
        verbose_name_plural = _("Sage companies")
        constraints = [models.UniqueConstraint(fields=["url", "org_id"], name="one_row_per_company")]
        permissions = [("operate_sagecompany", "Can test and resume Sage companies")]


class Shop(Connection):
    """One PrestaShop shop; it feeds one company."""

    class SaleAs(models.TextChoices):
        """What a sale makes in Sage."""

        ORDER = "order", _("an order")
        INVOICE = "invoice", _("an order with shipment and invoice")

    class Take(models.TextChoices):
        """When an order is taken."""

        ALWAYS = "always", _("always")
        PAID = "paid", _("when it is paid")
        NEVER = "never", _("never")

    company = models.ForeignKey(SageCompany, models.PROTECT, related_name="shops", verbose_name=_("Sage company"))
    key = EncryptedTextField(_("webservice key"), blank=True, null=True)
    prefix = models.CharField(
        _("reference prefix"),
        max_length=6,
        default="PS",
        validators=[RegexValidator(r"^[A-Z][A-Z0-9]*$", _("Capital letters and digits, a letter first."))],
        help_text=_("Order 1042 becomes PS_1042 in Sage. Unique in the company; fixed once an order was posted."),
    )
    shop_id = models.PositiveIntegerField(
        _("shop number"), default=1, help_text=_("id_shop; 1 unless you run several shops.")
    )
    time_zone = models.CharField(
        _("time zone"), max_length=60, default="Europe/Paris", help_text=_("PS_TIMEZONE of the shop.")
    )
    first_order_id = models.PositiveBigIntegerField(
        _("first order"), null=True, blank=True, help_text=_("Go-live: orders with a lower number are never posted.")
    )
    first_order_date = models.DateField(_("first order date"), null=True, blank=True)
    take = models.CharField(_("orders are taken"), max_length=6, choices=Take.choices, default=Take.PAID)
    sale_as = models.CharField(_("a sale makes"), max_length=7, choices=SaleAs.choices, default=SaleAs.INVOICE)
    page_size = models.PositiveSmallIntegerField(
        _("page size"), default=50, validators=[MinValueValidator(1), MaxValueValidator(500)]
    )
    list_size = models.PositiveSmallIntegerField(
        _("changes listed at once"),
        default=500,
        validators=[MinValueValidator(1), MaxValueValidator(2000)],
        help_text=_("A line of the list is small; the orders on it are read a page at a time."),
    )
    overlap_minutes = models.PositiveIntegerField(_("re-read minutes"), default=70)
    duplicate_minutes = models.PositiveSmallIntegerField(
        _("possible duplicates within (minutes)"),
        default=10,
        help_text=_("Same buyer, goods and amount so close together are held for a look; 0 never."),
    )
    four_eyes_above = models.DecimalField(
        _("second pair of eyes above"),
        max_digits=20,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_(
            "An order with a higher total (with tax, in its own currency) that somebody corrected or accepted "
            "waits until somebody else agrees. Empty: never."
        ),
    )
    overlap_ids = models.PositiveIntegerField(_("re-read ids"), default=200)

    class Meta:
        verbose_name = _("shop")
        verbose_name_plural = _("shops")
        constraints = [models.UniqueConstraint(fields=["company", "prefix"], name="prefix_unique_in_company")]
        permissions = [("operate_shop", "Can test and resume shops")]

    @property
    def live(self) -> bool:
        """Whether the go-live was named: without a first order nothing is fetched (design.md 5)."""
        return self.first_order_id is not None or self.first_order_date is not None

    def before_go_live(self, order_id: int, order_date: date | None) -> bool:
        """Whether the order is older than the first order; such orders are never posted."""
        if self.first_order_id is not None and order_id < self.first_order_id:
            return True
        return self.first_order_date is not None and order_date is not None and order_date < self.first_order_date

    def reference(self, order_id: int) -> str:
        """Our reference of an order in Sage: known before anything is sent, unique in the company."""
        return f"{self.prefix}_{order_id}"

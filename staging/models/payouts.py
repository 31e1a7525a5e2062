"""What a person found on the bank's statement: the tick beside a bank's receipts of a day."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connectors.models import Shop


class Payout(models.Model):
    """The receipts of a shop at one bank, of one shop-local day and currency, were found in a payout.

    ``amount`` is what Sage's receipts came to when it was ticked off, in ``currency``: should that change, it shows.
    """

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="payouts", verbose_name=_("shop"))
    day = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3)
    bank = models.CharField(_("bank"), max_length=8)
    amount = models.DecimalField(_("amount"), max_digits=19, decimal_places=3)
    statement = models.CharField(_("payout or statement"), max_length=60, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("ticked off by"))
    at = models.DateTimeField(_("ticked off"), default=timezone.now)

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        constraints = [
            models.UniqueConstraint(fields=["shop", "day", "currency", "bank"], name="one_tick_per_bank_day")
        ]

    def __str__(self) -> str:
        return f"{self.shop} {self.day} {self.bank} {self.currency}"

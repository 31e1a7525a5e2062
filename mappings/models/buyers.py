"""Which Sage customer buys."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from connectors.models import Shop
from mappings.models.base import DECIDED, Mapping, one_per
from mappings.models.mirror import ANY, changed


class CustomerRule(Mapping):
    """Which Sage customer buys; the first rule that matches, by position, wins."""

    class Field(models.TextChoices):
        """What of the order is looked at."""

        CUSTOMER = "customer", _("shop customer (id)")
        EMAIL = "email", _("e-mail")
        GROUP = "group", _("customer group (id)")
        COUNTRY = "country", _("country (ISO)")
        CURRENCY = "currency", _("currency (ISO)")
        ANY = "any", _("every order")

    class Match(models.TextChoices):
        """How a buyer's own customer is looked for before one is created."""

        NONE = "none", _("not: create from the template")
        VAT = "vat", _("by VAT number")
        EMAIL = "email", _("by e-mail")
        EITHER = "either", _("by VAT number, else by e-mail")

    kind, target = "customer", "customer"

    POSITIONS = {"customer": 10, "email": 20, "group": 30, "country": 40, "currency": 50, "any": 90}
    """Where a rule goes when nobody says so: the narrower one first."""

    position = models.PositiveIntegerField(
        _("position"), blank=True, help_text=_("The first rule that fits wins. Empty: narrower rules go first.")
    )
    field = models.CharField(_("when"), max_length=8, choices=Field.choices, default=Field.ANY)
    value = models.CharField(_("is"), max_length=128, default=ANY)
    create = models.BooleanField(
        _("make one customer per buyer"),
        default=False,
        help_text=_("Then the Sage code names the customer group that serves as template."),
    )
    vat_as_written = models.BooleanField(
        _("take VAT numbers as written"),
        default=False,
        help_text=_("Then a number that fails the check counts all the same: the shop has checked it."),
    )
    match = models.CharField(_("look for the buyer in Sage"), max_length=6, choices=Match.choices, default=Match.EITHER)

    class Meta:
        verbose_name = _("customer rule")
        verbose_name_plural = _("customer rules")
        ordering = ["position", "pk"]
        constraints = [one_per("customer", "field", "value")]

    def __str__(self) -> str:
        return f"{self.get_field_display()} {self.value} → {self.code}"

    @property
    def when(self) -> str:
        """The rule in a few words: "country FR"."""
        name = self.get_field_display().partition(" (")[0]
        return name if self.field == self.Field.ANY else f"{name} {self.value}"

    def clean(self) -> None:
        """A rule that is only looked at, not saved, has its position too."""
        self.place()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save and wake; a rule without a position gets the one of its kind."""
        self.place()
        super().save(*args, **kwargs)

    def place(self) -> None:
        """Give a rule without a position the one of its kind."""
        if self.position is None:
            self.position = self.POSITIONS[self.field]


class BuyerCode(models.Model):
    """Which Sage customer stands for a buyer of a shop: five guest orders with one e-mail are one buyer.

    ``buyer`` is one of the names under which ``mappings.buyers`` knows somebody ("email …", "customer 7", "vat …");
    written before the customer is created, so that two orders agree.
    """

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="buyers", verbose_name=_("shop"))
    buyer = models.CharField(_("buyer"), max_length=280)
    code = models.CharField(_("Sage customer"), max_length=20)

    class Meta:
        verbose_name = _("buyer's customer")
        verbose_name_plural = _("buyers' customers")
        constraints = [models.UniqueConstraint(fields=["shop", "buyer"], name="one_code_per_buyer")]
        indexes = [models.Index(fields=["code"], name="buyer_by_code")]

    def __str__(self) -> str:
        return f"{self.buyer} → {self.code}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and have the orders checked that wait for a customer or are ready with another, in one transaction."""
        with transaction.atomic():
            super().save(*args, **kwargs)
            changed(self.shop.company_id, (CustomerRule.kind, ANY), (DECIDED, CustomerRule.kind))

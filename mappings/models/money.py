"""How taxes, payments, vouchers and charges are called in Sage."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from mappings.models.base import Mapping, one_per
from mappings.models.mirror import ANY
from mappings.models.words import state_word

COUNTRY_WIDTH = 3


class TaxGroupMapping(Mapping):
    """Destination (country, or a state of it) and kind of buyer decide the Sage tax group."""

    class Buyer(models.TextChoices):
        """Who buys, as far as tax cares."""

        ANY = "any", _("any buyer")
        PRIVATE = "private", _("private person")
        COMPANY = "company", _("company with VAT number")

    kind, target = "tax group", "tax group"

    country = models.CharField(_("country (ISO)"), max_length=COUNTRY_WIDTH, default=ANY)
    state = models.CharField(
        _("state (ISO country-state)"),
        max_length=40,
        default=ANY,
        help_text=_("Where the tax is a matter of the state, as US-NY; “*” is any state."),
    )
    buyer = models.CharField(_("buyer"), max_length=7, choices=Buyer.choices, default=Buyer.ANY)

    class Meta:
        verbose_name = _("tax group mapping")
        verbose_name_plural = _("tax group mappings")
        constraints = [one_per("tax_group", "country", "state", "buyer")]

    def __str__(self) -> str:
        return f"{self.country if self.state == ANY else self.state} {self.get_buyer_display()} → {self.code}"

    def clean(self) -> None:
        """Write country and state as orders name them ("US", "US-NY"); a state is one of a country."""
        self.country, self.state = self.country.strip().upper(), self.state.strip().upper()
        if self.state == ANY:
            return
        if self.country == ANY:
            self.country = self.state.partition("-")[0]
        if self.state == self.country or len(self.country) > COUNTRY_WIDTH:
            text = _("“%(state)s” names no country. Write country and state, as US-NY.")
            raise ValidationError({"state": text % {"state": self.state}})
        self.state = state_word(self.country, self.state)


class TaxClassMapping(Mapping):
    """A rate, within a Sage tax group, decides the tax class of lines and charges; ``code`` is the class's number."""

    kind, target = "tax class", ""

    tax_group = models.CharField(_("Sage tax group"), max_length=12, default=ANY)
    rules_group = models.PositiveIntegerField(
        _("shop tax rules group"), null=True, blank=True, help_text=_("Empty: whatever the group, the rate decides.")
    )
    country = models.CharField(_("country (ISO)"), max_length=3, default=ANY)
    rate = models.DecimalField(_("rate (%)"), max_digits=6, decimal_places=3)
    label = models.CharField(_("label"), max_length=20, blank=True, help_text=_("For people: S_20 for 20 %."))

    class Meta:
        verbose_name = _("tax class mapping")
        verbose_name_plural = _("tax class mappings")
        constraints = [one_per("tax_class", "tax_group", "rules_group", "country", "rate")]

    def __str__(self) -> str:
        return f"{self.tax_group} {self.rate} % → {self.label or self.code}"


class PaymentMapping(Mapping):
    """The payment module decides payment code, terms and bank (paypal → Digital Wallet).

    A payment whose method is not the order's own is looked up by the method's name ("Bank transfer") in ``module``.
    """

    class Refund(models.TextChoices):
        """What a credit note that was paid out becomes in Sage."""

        CREDIT = "credit", _("stays an open credit")
        REFUND = "refund", _("is a refund from the bank")

    kind, target = "payment", "payment code"

    module = models.CharField(
        _("payment module"),
        max_length=64,
        help_text=_("Or the name of a payment's method, for payments made in another way than the order says."),
    )
    terms = models.CharField(_("terms"), max_length=6, blank=True)
    bank = models.CharField(_("bank"), max_length=8, blank=True)
    receipt = models.BooleanField(
        _("makes receipts"), default=True, help_text=_("Off for money that is booked elsewhere, as a marketplace's.")
    )
    refund = models.CharField(_("money given back"), max_length=6, choices=Refund.choices, default=Refund.CREDIT)

    class Meta:
        verbose_name = _("payment mapping")
        verbose_name_plural = _("payment mappings")
        constraints = [one_per("payment", "module")]

    def __str__(self) -> str:
        return f"{self.module} → {self.code}"

    @property
    def wakes(self) -> str:
        """The module's name."""
        return self.module


class VoucherMapping(Mapping):
    """A voucher that is money (a gift card that was sold before): a means of payment, not a discount."""

    kind, target = "voucher", "payment code"

    name = models.CharField(
        _("voucher"), max_length=254, help_text=_("Its name in the shop; with * at the end every name that begins so.")
    )
    bank = models.CharField(_("bank"), max_length=8, blank=True)

    class Meta:
        verbose_name = _("voucher as payment")
        verbose_name_plural = _("vouchers as payment")
        constraints = [one_per("voucher", "name")]

    def __str__(self) -> str:
        return f"{self.name} → {self.code}"


class ChargeMapping(Mapping):
    """Shipping, wrapping, discount and rounding become miscellaneous charges."""

    class Charge(models.TextChoices):
        """What an order can carry beside products."""

        SHIPPING = "shipping", _("shipping")
        WRAPPING = "wrapping", _("wrapping")
        DISCOUNT = "discount", _("discount")
        ROUNDING = "rounding", _("rounding")

    kind, target = "charge", "charge"

    charge = models.CharField(_("of the order"), max_length=8, choices=Charge.choices)

    class Meta:
        verbose_name = _("charge mapping")
        verbose_name_plural = _("charge mappings")
        constraints = [one_per("charge", "charge")]

    def __str__(self) -> str:
        return f"{self.get_charge_display()} → {self.code}"

    @property
    def wakes(self) -> str:
        """The charge's name."""
        return self.charge

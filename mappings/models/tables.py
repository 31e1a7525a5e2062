"""The mapping tables: which shop word is which Sage code. Identity needs no row; staff map exceptions only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from connectors.models import SageCompany, Shop
from mappings.models.mirror import ANY, changed


class Mapping(models.Model):
    """What all mapping tables share; a row without a shop holds for every shop of the company."""

    kind = ""
    """The kind under which waiting issues are woken: item, customer, tax group, tax class, payment …"""

    target = ""
    """The kind of Sage record that ``code`` names; empty when it names none."""

    company = models.ForeignKey(SageCompany, models.CASCADE, verbose_name=_("Sage company"))
    shop = models.ForeignKey(Shop, models.CASCADE, null=True, blank=True, verbose_name=_("shop"))
    code = models.CharField(_("Sage code"), max_length=80)
    extra = models.JSONField(
        _("further values"), default=dict, blank=True, help_text=_("For this edition of Sage only.")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        abstract = True

    @property
    def wakes(self) -> str:
        """The value whose orders are to be checked again when this row changes."""
        return ANY

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save and wake, in one transaction: the value the row had before is woken too."""
        with transaction.atomic():
            before = type(self)._default_manager.filter(pk=self.pk).first() if self.pk else None
            super().save(*args, **kwargs)
            wake(row for row in (before, self) if row is not None)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete and wake, in one transaction."""
        with transaction.atomic():
            wake([self])
            return super().delete(*args, **kwargs)


def wake(rows: Iterable[Mapping | TakeRule]) -> None:
    """Have the orders checked that wait for these rows' values; each company's revision rises once.

    For the caller's transaction that writes the rows, so that nobody sees the one without the other.
    """
    values: dict[int, set[tuple[str, str]]] = {}
    for row in rows:
        values.setdefault(row.company_id, set()).add((row.kind, row.wakes))
    for company_id in sorted(values):  # in one order, so that two such transactions never wait for each other
        changed(company_id, *values[company_id])


def _one_per(name: str, *fields: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(
        fields=["company", "shop", *fields], name=f"one_{name}_mapping", nulls_distinct=False
    )


class ItemMapping(Mapping):
    """BEDLAMP is A1-104/0; optionally sold there in another unit (1 in the shop = ``factor`` in Sage)."""

    kind, target = "item", "item"

    reference = models.CharField(_("shop reference"), max_length=64)
    unit = models.CharField(
        _("unit in Sage"), max_length=10, blank=True, help_text=_("Empty: the item's own stocking unit.")
    )
    factor = models.DecimalField(_("quantity factor"), max_digits=12, decimal_places=4, default=1)

    class Meta:
        verbose_name = _("item mapping")
        verbose_name_plural = _("item mappings")
        constraints = [
            _one_per("item", "reference"),
            models.CheckConstraint(
                condition=models.Q(factor__gt=0),
                name="factor_above_zero",
                violation_error_message=_("The quantity factor must be greater than 0: 1 if nothing is converted."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} → {self.code}"

    @property
    def wakes(self) -> str:
        """The shop's reference."""
        return self.reference


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

    class Meta:
        verbose_name = _("customer rule")
        verbose_name_plural = _("customer rules")
        ordering = ["position", "pk"]
        constraints = [_one_per("customer", "field", "value")]

    def __str__(self) -> str:
        return f"{self.get_field_display()} {self.value} → {self.code}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save and wake; a rule without a position gets the one of its kind."""
        self.place()
        super().save(*args, **kwargs)

    def place(self) -> None:
        """Give a rule without a position the one of its kind."""
        if self.position is None:
            self.position = self.POSITIONS[self.field]


class TaxGroupMapping(Mapping):
    """Destination and kind of buyer decide the Sage tax group."""

    class Buyer(models.TextChoices):
        """Who buys, as far as tax cares."""

        ANY = "any", _("any buyer")
        PRIVATE = "private", _("private person")
        COMPANY = "company", _("company with VAT number")

    kind, target = "tax group", "tax group"

    country = models.CharField(_("country (ISO)"), max_length=3, default=ANY)
    buyer = models.CharField(_("buyer"), max_length=7, choices=Buyer.choices, default=Buyer.ANY)

    class Meta:
        verbose_name = _("tax group mapping")
        verbose_name_plural = _("tax group mappings")
        constraints = [_one_per("tax_group", "country", "buyer")]

    def __str__(self) -> str:
        return f"{self.country} {self.get_buyer_display()} → {self.code}"


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
        constraints = [_one_per("tax_class", "tax_group", "rules_group", "country", "rate")]

    def __str__(self) -> str:
        return f"{self.tax_group} {self.rate} % → {self.label or self.code}"


class PaymentMapping(Mapping):
    """The payment module decides payment code, terms and bank (paypal → Digital Wallet).

    A payment whose method is not the order's own is looked up by the method's name ("Bank transfer") in ``module``.
    """

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

    class Meta:
        verbose_name = _("payment mapping")
        verbose_name_plural = _("payment mappings")
        constraints = [_one_per("payment", "module")]

    def __str__(self) -> str:
        return f"{self.module} → {self.code}"

    @property
    def wakes(self) -> str:
        """The module's name."""
        return self.module


class CarrierMapping(Mapping):
    """The carrier, by its lasting reference id (an edited carrier keeps it) or by name, decides the ship-via code."""

    kind, target = "carrier", "ship via"

    reference_id = models.PositiveIntegerField(_("carrier reference id"), null=True, blank=True)
    name = models.CharField(_("carrier name"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("carrier mapping")
        verbose_name_plural = _("carrier mappings")
        constraints = [_one_per("carrier", "reference_id", "name")]

    def __str__(self) -> str:
        return f"{self.name or self.reference_id} → {self.code}"


class LocationMapping(Mapping):
    """From which Sage location a shop's goods leave."""

    kind, target = "location", "location"

    class Meta:
        verbose_name = _("location mapping")
        verbose_name_plural = _("location mappings")
        constraints = [_one_per("location")]

    def __str__(self) -> str:
        return f"{self.shop or _('every shop')} → {self.code}"


class WordMapping(Mapping):
    """One shop word to one Sage word where only exceptions are mapped: currency, country, state."""

    class Kind(models.TextChoices):
        """Which word."""

        CURRENCY = "currency", _("currency (ISO)")
        COUNTRY = "country", _("country (ISO)")
        STATE = "state", _("state (ISO country-state)")

    word_kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    value = models.CharField(_("shop word"), max_length=40)

    class Meta:
        verbose_name = _("word mapping")
        verbose_name_plural = _("word mappings")
        constraints = [_one_per("word", "word_kind", "value")]

    def __str__(self) -> str:
        return f"{self.get_word_kind_display()} {self.value} → {self.code}"

    @property
    def kind(self) -> str:  # type: ignore[override]
        """The word's own kind."""
        return self.word_kind

    @property
    def wakes(self) -> str:
        """The shop's word."""
        return self.value


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
        constraints = [_one_per("charge", "charge")]

    def __str__(self) -> str:
        return f"{self.get_charge_display()} → {self.code}"

    @property
    def wakes(self) -> str:
        """The charge's name."""
        return self.charge


class TakeRule(models.Model):
    """Which orders of a shop are taken, by payment module or order state; a state's rule goes before a module's."""

    class Field(models.TextChoices):
        """What of the order is looked at."""

        STATE = "state", _("order state (id)")
        PAYMENT = "payment", _("payment module")

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="take_rules", verbose_name=_("shop"))
    field = models.CharField(_("when"), max_length=8, choices=Field.choices, default=Field.PAYMENT)
    value = models.CharField(_("is"), max_length=64)
    take = models.CharField(_("take"), max_length=6, choices=Shop.Take.choices)

    class Meta:
        verbose_name = _("rule which orders are taken")
        verbose_name_plural = _("rules which orders are taken")
        constraints = [models.UniqueConstraint(fields=["shop", "field", "value"], name="one_take_rule")]

    def __str__(self) -> str:
        return f"{self.shop}: {self.get_field_display()} {self.value} {self.get_take_display()}"

    kind = "rule"

    @property
    def company_id(self) -> int:
        """The company that the shop feeds."""
        return self.shop.company_id

    @property
    def wakes(self) -> str:
        """The state's id or the module's name."""
        return self.value

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save and wake, in one transaction: the value the rule had before is woken too."""
        with transaction.atomic():
            before = TakeRule.objects.filter(pk=self.pk).first() if self.pk else None
            super().save(*args, **kwargs)
            wake(row for row in (before, self) if row is not None)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete and wake, in one transaction."""
        with transaction.atomic():
            wake([self])
            return super().delete(*args, **kwargs)

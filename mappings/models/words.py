"""Single words (currency, country, state), and the rules which orders are taken."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from connectors.models import Shop
from connectors.telling import colon
from mappings.models.base import Mapping, Waking, one_per


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
        constraints = [one_per("word", "word_kind", "value")]

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


def state_word(country: str, iso: str) -> str:
    """A state as mappings write it ("US-NY"), "" for none: some shops' own ISO codes already begin with the country."""
    return iso if not iso or iso.startswith(f"{country}-") else f"{country}-{iso}"


class TakeRule(Waking):
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
        return f"{colon(self.shop)} {self.get_field_display()} {self.value} {self.get_take_display()}"

    kind = "rule"

    @property
    def company_id(self) -> int:
        """The company that the shop feeds."""
        return self.shop.company_id

    @property
    def wakes(self) -> str:
        """The state's id or the module's name."""
        return self.value

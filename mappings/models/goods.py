"""Which item, carrier and location; identity needs no row, staff map exceptions only."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from mappings.models.base import Mapping, one_per


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
            one_per("item", "reference"),
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


class ItemPart(Mapping):
    """One part of a pack that Sage knows only in parts; the pack's price falls on the parts by their weight."""

    kind, target = "item", "item"

    reference = models.CharField(_("shop reference of the pack"), max_length=64)
    unit = models.CharField(
        _("unit in Sage"), max_length=10, blank=True, help_text=_("Empty: the item's own stocking unit.")
    )
    quantity = models.DecimalField(_("quantity in one pack"), max_digits=12, decimal_places=4, default=1)
    weight = models.DecimalField(
        _("share of the price"),
        max_digits=12,
        decimal_places=4,
        default=1,
        help_text=_("In proportion to the other parts: 3 and 1 give three quarters and one quarter."),
    )

    class Meta:
        verbose_name = _("part of a pack")
        verbose_name_plural = _("parts of packs")
        constraints = [
            one_per("part", "reference", "code"),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0),
                name="part_quantity_above_zero",
                violation_error_message=_("The quantity must be greater than 0."),
            ),
            models.CheckConstraint(
                condition=models.Q(weight__gte=0),
                name="part_weight_not_negative",
                violation_error_message=_("The share of the price must not be negative; 0 for a part given free."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} → {self.quantity.normalize():f} {self.code}"

    @property
    def wakes(self) -> str:
        """The pack's reference."""
        return self.reference


class CarrierMapping(Mapping):
    """The carrier, by its lasting reference id (an edited carrier keeps it) or by name, decides the ship-via code."""

    kind, target = "carrier", "ship via"

    reference_id = models.PositiveIntegerField(_("carrier reference id"), null=True, blank=True)
    name = models.CharField(_("carrier name"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("carrier mapping")
        verbose_name_plural = _("carrier mappings")
        constraints = [one_per("carrier", "reference_id", "name")]

    def __str__(self) -> str:
        return f"{self.name or self.reference_id} → {self.code}"


class LocationMapping(Mapping):
    """From which Sage location a shop's goods leave."""

    kind, target = "location", "location"

    class Meta:
        verbose_name = _("location mapping")
        verbose_name_plural = _("location mappings")
        constraints = [one_per("location")]

    def __str__(self) -> str:
        return f"{self.shop or _('every shop')} → {self.code}"

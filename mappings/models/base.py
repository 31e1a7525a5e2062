"""What the mapping tables share: which shop word is which Sage code, and who is woken when a row changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from connectors.models import SageCompany, Shop
from mappings.models.mirror import ANY, changed

if TYPE_CHECKING:
    from mappings.models.words import TakeRule


DECIDED = "decided"
"""The kind of a Change by which staff decided anew about a whole kind; what the mirror learns is never noted so."""

SPOKEN = ("item", "payment")
"""Kinds whose words are noted on each order, so that a change of one concerns those orders alone."""


class Waking(models.Model):
    """A row that staff decide by: whoever changes it has the orders checked that waited for its value."""

    class Meta:
        abstract = True

    @property
    def noted_as(self) -> str:
        """How an order notes that it goes by this row: "carriermapping 12"."""
        return f"{self._meta.model_name} {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save and wake, in one transaction: the value the row had before is woken too."""
        with transaction.atomic():
            before = type(self)._default_manager.filter(pk=self.pk).first() if self.pk else None
            super().save(*args, **kwargs)
            wake(cast("Mapping | TakeRule", row) for row in (before, self) if row is not None)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete and wake, in one transaction."""
        with transaction.atomic():
            wake([cast("Mapping | TakeRule", self)])
            return super().delete(*args, **kwargs)


class Mapping(Waking):
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


def wake(rows: Iterable[Mapping | TakeRule]) -> None:
    """Have the orders checked that wait for these rows' values; each company's revision rises once.

    For the caller's transaction that writes the rows, so that nobody sees the one without the other.
    """
    values: dict[int, set[tuple[str, str]]] = {}
    for row in rows:
        concerned = values.setdefault(row.company_id, set())
        concerned.add((row.kind, row.wakes))
        if row.wakes == ANY or row.kind not in SPOKEN:
            concerned.add((DECIDED, row.kind))
    for company_id in sorted(values):  # in one order, so that two such transactions never wait for each other
        changed(company_id, *values[company_id])


def one_per(name: str, *fields: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(
        fields=["company", "shop", *fields], name=f"one_{name}_mapping", nulls_distinct=False
    )

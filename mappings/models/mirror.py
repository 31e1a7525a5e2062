"""The mirror of Sage's master records, and the revision that says what changed when.

Every change of a mapping or of a mirrored record raises its company's revision in the same transaction and notes the
(kind, value) it concerns: the orders that wait for that value are checked again (see ``Change``).
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from connectors.models import SageCompany

ANY = "*"
"""In a Change: every value of the kind may be concerned. In a rule: matches whatever the shop says."""


class Revision(models.Model):
    """One counter per company, locked while it is raised, so that revisions become visible in their order."""

    company = models.OneToOneField(SageCompany, models.CASCADE, related_name="revision")
    number = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.company}: {self.number}"


class Change(models.Model):
    """The last revision in which something about (kind, value) changed; ``ANY`` as value concerns the whole kind."""

    company = models.ForeignKey(SageCompany, models.CASCADE)
    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=250)
    revision = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "kind", "value"], name="one_change_per_value")]

    def __str__(self) -> str:
        return f"{self.kind} {self.value} @{self.revision}"


def revision(company_id: int) -> int:
    """The company's revision now; an order stores the one read at the start of its check."""
    return Revision.objects.filter(company_id=company_id).values_list("number", flat=True).first() or 0


@transaction.atomic
def changed(company_id: int, *values: tuple[str, str]) -> int:
    """Raise the company's revision and note that these (kind, value) pairs changed, in the caller's transaction."""
    Revision.objects.get_or_create(company_id=company_id)
    row = Revision.objects.select_for_update().get(company_id=company_id)
    row.number += 1
    row.save(update_fields=["number"])
    Change.objects.bulk_create(
        [
            Change(company_id=company_id, kind=kind, value=value[:250], revision=row.number)
            for kind, value in set(values)
        ],
        update_conflicts=True,
        update_fields=["revision"],
        unique_fields=["company", "kind", "value"],
    )
    return row.number


_SEPARATORS = str.maketrans("", "", " -/\\.*#()")
"""What Sage 300 may put between the segments of an item number when it formats it (sage300.md 11) [inferred]."""


def comparable(code: str) -> str:
    """A code as codes are compared: upper case, without separators ("A1-103/0" and "a11030" are the same item)."""
    return code.translate(_SEPARATORS).upper()


class SageRecord(models.Model):
    """Mirror of one master record of Sage; written by the mirror only.

    ``match`` is ``comparable(code)``; ``known_by`` is what a buyer's customer is found by (``mappings.buyers``). A
    record that vanished from Sage has ``gone_at`` and is not active.
    """

    company = models.ForeignKey(SageCompany, models.CASCADE, related_name="records", verbose_name=_("Sage company"))
    kind = models.CharField(_("kind"), max_length=20)
    code = models.CharField(_("code"), max_length=80)
    match = models.CharField(max_length=80, editable=False)  # the code as compared: no separators, upper case
    label = models.CharField(_("label"), max_length=250, blank=True)
    active = models.BooleanField(_("active"), default=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
    known_by = ArrayField(models.TextField(), default=list, blank=True, editable=False)
    seen_at = models.DateTimeField(_("seen"))
    gone_at = models.DateTimeField(_("vanished"), null=True, blank=True)

    class Meta:
        verbose_name = _("Sage record")
        verbose_name_plural = _("Sage records")
        constraints = [models.UniqueConstraint(fields=["company", "kind", "code"], name="one_mirror_row")]
        indexes = [
            models.Index(fields=["company", "kind", "match"], name="mirror_match"),
            GinIndex(fields=["known_by"], name="mirror_known_by", condition=models.Q(kind="customer")),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.label}".strip()

"""What a mapping row must satisfy before it is saved, the same in the form and in an import."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mappings.models import (
    ANY,
    CustomerRule,
    ItemMapping,
    ItemPart,
    Mapping,
    PaymentMapping,
    SageRecord,
    TaxClassMapping,
    VoucherMapping,
    WordMapping,
    comparable,
)

HIGHEST_TAX_CLASS = 10
"""Sage 300 has the item tax classes 1 to 10 (sage300.md 10)."""

KIND_NAMES = {
    "item": gettext_lazy("item"),
    "customer": gettext_lazy("customer"),
    "customer group": gettext_lazy("customer group"),
    "ship via": gettext_lazy("ship-via code"),
    "terms": gettext_lazy("terms code"),
    "tax group": gettext_lazy("tax group"),
    "location": gettext_lazy("location"),
    "currency": gettext_lazy("currency"),
    "payment code": gettext_lazy("payment code"),
    "bank": gettext_lazy("bank"),
    "charge": gettext_lazy("miscellaneous charge"),
    "tax rate": gettext_lazy("tax rate"),
    "unit": gettext_lazy("unit"),
    "fiscal period": gettext_lazy("fiscal period"),
}


def named(row: Mapping) -> Iterator[tuple[str, str]]:
    """Each field of the row that names a Sage record, with the kind of record."""
    if isinstance(row, CustomerRule):
        yield "code", "customer group" if row.create else "customer"
    elif isinstance(row, WordMapping):
        if row.word_kind == WordMapping.Kind.CURRENCY:
            yield "code", "currency"
    elif row.target:
        yield "code", row.target
    if isinstance(row, PaymentMapping):
        yield "terms", "terms"
    if isinstance(row, (PaymentMapping, VoucherMapping)):
        yield "bank", "bank"
    if isinstance(row, TaxClassMapping) and row.tax_group != ANY:
        yield "tax_group", "tax group"


def check(row: Mapping) -> None:
    """Write each code as Sage writes it; raise ValidationError, per field, for what the company does not have."""
    errors: dict[str, str] = {}
    if row.shop is not None and row.shop.company_id != row.company_id:
        errors["shop"] = _("This shop feeds another company. Choose one of this company's shops, or none.")
    for field, kind in named(row):
        code = getattr(row, field)
        if code and (fault := _settle(row, field, kind, code)):
            errors[field] = fault
    if isinstance(row, (ItemMapping, ItemPart)) and row.unit and "code" not in errors:
        errors |= _unit(row)
    if isinstance(row, (ItemMapping, ItemPart)) and (fault := _one_way(row)):
        errors["reference"] = fault
    if isinstance(row, VoucherMapping) and not row.name.strip().rstrip(ANY):
        errors["name"] = _("This would make every discount a payment. Write the beginning of the vouchers' names.")
    if isinstance(row, TaxClassMapping) and not _is_class(row.code):
        errors["code"] = _("“%(code)s” is no tax class. Enter a number from 1 to 10, as in Sage's tax rates.") % {
            "code": row.code
        }
    if errors:
        raise ValidationError(errors)


def find(company_id: int, kind: str, code: str) -> SageRecord | None:
    """The mirrored record with this code, however its separators and case are written; None if several or none fit."""
    records = list(SageRecord.objects.filter(company_id=company_id, kind=kind, match=comparable(code)))
    exact = [record for record in records if record.code == code]
    fitting = exact or [record for record in records if record.active] or records
    return fitting[0] if len(fitting) == 1 else None


def _settle(row: Mapping, field: str, kind: str, code: str) -> str:
    """Put the code in as Sage writes it; the fault in words, "" when there is none."""
    record = find(row.company_id, kind, code)
    words = {"kind": KIND_NAMES.get(kind, kind), "code": code}
    if record is None:
        return _(
            "Sage has no %(kind)s “%(code)s”. Correct the code; if it is new in Sage, press “Refresh from Sage” "
            "in the list of Sage records first."
        ) % words  # fmt: skip
    if record.gone_at is not None:
        return _("The %(kind)s “%(code)s” no longer exists in Sage. Choose another one.") % words
    if not record.active:
        return _("The %(kind)s “%(code)s” is inactive in Sage. Activate it there, or choose another one.") % words
    setattr(row, field, record.code)
    return ""


def _one_way(row: ItemMapping | ItemPart) -> str:
    """A reference is one item or several parts, for each shop; the fault in words, "" when there is none."""
    other: type[ItemMapping | ItemPart] = ItemPart if isinstance(row, ItemMapping) else ItemMapping
    rows = other._default_manager.filter(company_id=row.company_id, reference=row.reference)
    if row.shop_id is not None:
        rows = rows.filter(Q(shop=row.shop_id) | Q(shop=None))
    found = rows.first()
    if found is None:
        return ""
    text = _("“%(reference)s” stands among the %(table)s already (%(row)s). Delete it there first: it is either or.")
    return text % {"reference": row.reference, "table": other._meta.verbose_name_plural, "row": found}


def _unit(row: ItemMapping | ItemPart) -> dict[str, str]:
    record = find(row.company_id, "item", row.code)
    units = sorted(record.details.get("units", {})) if record else []
    if not units or row.unit in units:
        return {}
    text = _("Sage sells %(code)s in %(units)s, not in “%(unit)s”. Choose one of these units, or none.")
    return {"unit": text % {"code": row.code, "units": ", ".join(units), "unit": row.unit}}


def _is_class(code: str) -> bool:
    return code.isdecimal() and 1 <= int(code) <= HIGHEST_TAX_CLASS

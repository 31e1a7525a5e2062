"""How the same word is mapped for another shop or in another company: a ground for a suggestion, never a decision."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from django.db.models import Case, Q, QuerySet, When

from mappings.answers import Unmapped
from mappings.models import (
    ANY,
    CarrierMapping,
    ChargeMapping,
    CustomerRule,
    ItemMapping,
    LocationMapping,
    Mapping,
    PaymentMapping,
    TaxClassMapping,
    TaxGroupMapping,
    VoucherMapping,
    WordMapping,
)

LOOKED = 20
"""So many rows are looked at for one word, those of the same company first."""

FURTHER: dict[type[Mapping], tuple[str, ...]] = {
    ItemMapping: ("unit", "factor"),
    PaymentMapping: ("terms", "bank", "refund"),
    VoucherMapping: ("bank",),
}
"""What a row decides beside the code, and what is offered with it within the same company."""


def rows(missing: Unmapped, name: str, company_id: int) -> list[Mapping]:
    """Rows for the same word. ``name`` is what the shop calls it."""
    find = _FIND.get(missing.kind)
    found = find(missing.value, name) if find else None
    if found is None:
        return []
    theirs = Q(company_id=company_id) & Q(shop=None)  # a row for every shop of the company would hold already
    ours_first = Case(When(company_id=company_id, then=0), default=1)
    return list(found.exclude(theirs).select_related("company", "shop").order_by(ours_first, "-pk")[:LOOKED])


def further(row: Mapping) -> dict[str, str]:
    """The other fields of the form that are filled in as in this row."""
    return {name: str(getattr(row, name)) for name in FURTHER.get(type(row), ()) if getattr(row, name)}


def _tax_group(value: str, _name: str) -> QuerySet[TaxGroupMapping]:
    place, _space, buyer = value.rpartition(" ")
    country, dash, _state = place.partition("-")
    found = TaxGroupMapping.objects.filter(buyer__in=(buyer, TaxGroupMapping.Buyer.ANY))
    return found.filter(state=place) if dash else found.filter(country=country, state=ANY)


def _tax_class(value: str, _name: str) -> QuerySet[TaxClassMapping] | None:
    group, _space, rate = value.rpartition(" ")
    try:
        return TaxClassMapping.objects.filter(tax_group=group, rate=Decimal(rate))
    except InvalidOperation:
        return None


def _customer(value: str, _name: str) -> QuerySet[CustomerRule]:
    country, _space, currency = value.rpartition(" ")
    fields = CustomerRule.Field
    fits = Q(field=fields.CURRENCY, value=currency) | Q(field=fields.COUNTRY, value=country)
    return CustomerRule.objects.filter(fits, create=False)


def _word(kind: str) -> Callable[[str, str], QuerySet[WordMapping]]:
    return lambda value, _name: WordMapping.objects.filter(word_kind=kind, value=value)


_FIND: dict[str, Callable[[str, str], QuerySet[Mapping] | None]] = {
    "item": lambda value, _name: ItemMapping.objects.filter(reference=value),
    "payment": lambda value, _name: PaymentMapping.objects.filter(module=value),
    "carrier": lambda _value, name: CarrierMapping.objects.filter(name__iexact=name.strip()) if name.strip() else None,
    "location": lambda _value, _name: LocationMapping.objects.all(),
    "charge": lambda value, _name: ChargeMapping.objects.filter(charge=value),
    "tax group": _tax_group,
    "tax class": _tax_class,
    "customer": _customer,
    **{kind: _word(kind) for kind in ("currency", "country", "state")},
}

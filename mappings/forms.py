"""The form of a mapping row: checked against the mirror, with candidates one click away."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from connectors.models import SageCompany
from mappings.answers import Suggestion, Unmapped, why
from mappings.checking import check, find, named
from mappings.models import (
    ANY,
    CarrierMapping,
    ChargeMapping,
    CustomerRule,
    ItemMapping,
    ItemPart,
    LocationMapping,
    Mapping,
    PaymentMapping,
    TaxClassMapping,
    TaxGroupMapping,
    VoucherMapping,
    WordMapping,
)
from mappings.suggest import Suggestions

HINT = "hint"
"""Query parameter of a link to an empty form: what the shop calls the thing (a product's name); not stored."""

RATES = "rates"
"""Likewise for a tax group: what the orders are taxed at, per cent."""

BACK = "back"
"""Where the link stood: to that page one comes back when the row is saved."""

BESIDE = (HINT, RATES, BACK)

WORDS: dict[type[Mapping], tuple[str, str]] = {
    ItemMapping: ("item", "{reference}"),
    ItemPart: ("part", "{reference}"),
    CustomerRule: ("customer", "{value}"),
    TaxGroupMapping: ("tax group", "{country} {buyer}"),
    TaxClassMapping: ("tax class", "{tax_group} {rate}"),
    PaymentMapping: ("payment", "{module}"),
    VoucherMapping: ("payment", "{name}"),
    CarrierMapping: ("carrier", "{reference_id} {name}"),
    LocationMapping: ("location", "*"),
    WordMapping: ("{word_kind}", "{value}"),
    ChargeMapping: ("charge", "{charge}"),
}
"""How the shop's word of a table is put together from its fields, as the resolver puts it."""


class MappingForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row of any mapping table. ``query`` is the address's, which may prefill the form and carry a hint."""

    query = QueryDict()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "code" in self.fields:
            self.fields["code"].help_text = self._beside_code()
            if not self.instance.pk and not self._value("code"):
                self.fields["code"].widget.attrs["autofocus"] = True  # what a link from an order leaves open
        if self.instance.company_id:
            for name, _kind in named(self.instance):
                if name in self.fields:
                    self.fields[name].widget.attrs["data-codes"] = name
        else:
            for name in {"code", "terms", "bank", "tax_group"} & self.fields.keys():
                self.fields[name].widget.attrs["data-codes"] = name

    def _post_clean(self) -> None:
        """After Django's own checks, ours: the codes exist in Sage and the shop belongs to the company."""
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            try:
                check(self.instance)
            except ValidationError as error:
                self.add_error(None, error)

    # --- what stands beside the code ----------------------------------------------------------------------------------

    def _beside_code(self) -> str | SafeString:
        if self.instance.pk and not self.is_bound:
            return self._record()
        company = str(self._value("company"))
        if not company.isdecimal() or not SageCompany.objects.filter(pk=company).exists():
            return ""
        rates = tuple(self.query.get(RATES, "").split())
        found = Suggestions(int(company)).of(self._word(company), self.query.get(HINT, ""), rates)
        return self._choices(found) if found else ""

    def _record(self) -> str:
        """What the stored code is in Sage."""
        for name, kind in named(self.instance):
            record = find(self.instance.company_id, kind, self.instance.code) if name == "code" else None
            if record is not None:
                state = "" if record.active else _(" (inactive in Sage)")
                return f"{record.label}{state}"
        return ""

    def _word(self, company: str) -> Unmapped:
        kind, value = WORDS[type(self.instance)]
        values = defaultdict(str, self._typed())
        if isinstance(self.instance, CustomerRule) and values["field"] != CustomerRule.Field.CURRENCY:
            values["value"] = SageCompany.objects.get(pk=company).currency
        if isinstance(self.instance, TaxGroupMapping) and values["state"] not in ("", ANY):
            values["country"] = values["state"]
        return Unmapped(kind.format_map(values), value.format_map(values).strip())

    def _value(self, name: str) -> Any:
        value = self[name].value() if name in self.fields else None
        return "" if value is None else value

    def _typed(self) -> dict[str, str]:
        """What stands in the form beside the code (whose own help text must be set before it is looked at)."""
        return {name: str(self._value(name)) for name in self.fields if name != "code"}

    def _choices(self, found: list[Suggestion]) -> SafeString:
        """Links to this same form with the code filled in; they work without scripts."""
        query = QueryDict(mutable=True)
        query.update({name: value for name, value in self._typed().items() if value not in ("", "False")})
        query.update({name: self.query[name] for name in BESIDE if name in self.query})
        links = []
        for one in found:
            filled = query.copy()
            for name, value in one.fills.items():
                filled[name] = value
            links.append((f"?{filled.urlencode()}", one.code, one.label, why(one.ground, one.values)))
        items = format_html_join("", '<li><a href="{}"><strong>{}</strong> {}</a> · {}</li>', links)
        return format_html('<span>{}</span><ul class="mapping-choices">{}</ul>', _("Perhaps:"), items)

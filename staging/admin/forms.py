"""The forms of the order's page: each names what may be corrected where, with the value that counts now."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from connectors.types import ShopOrder
from staging.corrections import shop_value
from staging.wording import FIELDS

PARTY = (
    "company",
    "first_name",
    "last_name",
    "lines",
    "postcode",
    "city",
    "state",
    "country",
    "vat_number",
    "phone",
)
OFFERED: dict[str, tuple[str, ...]] = {
    "line": ("reference",),
    "deliver_to": PARTY,
    "invoice_to": PARTY,
    "buyer": ("email",),
    "order": ("order_date", "module", "note", "gift_message"),
}
"""What may be corrected here, by the first word of the place; quantities and amounts are not among it."""

_REQUIRED = {"reference", "country", "module", "order_date"}
_LONG = {"lines": 3, "note": 3, "gift_message": 2}
_WIDTHS = {"reference": 64, "country": 3, "state": 8, "module": 64}


class ReasonForm(forms.Form):
    """Why something is done; kept with it."""

    reason = forms.CharField(
        label=_("Reason"), max_length=250, widget=forms.TextInput(attrs={"size": 60, "autofocus": True})
    )


class CorrectionForm(forms.Form):
    """The fields of one place of an order; ``values`` are those that were changed."""

    def __init__(self, order: ShopOrder, place: str, data: Any = None) -> None:
        """``order`` with its corrections laid over; KeyError for a place that does not exist."""
        super().__init__(data, auto_id=f"id_{place.replace(' ', '_')}_%s")
        self.place, self.id = place, f"correct_{place.replace(' ', '_')}"
        self.now = {name: shop_value(order, place, name) for name in OFFERED[place.split()[0]]}
        for name, value in self.now.items():
            self.fields[name] = _field(name, value)
        self.fields["reason"] = forms.CharField(label=_("Reason"), max_length=250, required=False)
        for field in self.fields.values():
            field.widget.attrs["form"] = self.id  # its inputs stand in the rows of a table, outside the form element

    @property
    def values(self) -> dict[str, Any]:
        """What differs from what counts now, JSON-able; of fields that were entered rightly."""
        found = {name: _value(name, self.cleaned_data[name]) for name in self.now if name in self.cleaned_data}
        return {name: value for name, value in found.items() if value != self.now[name]}


def _field(name: str, value: Any) -> forms.Field:
    required, label = name in _REQUIRED, FIELDS[name]
    if name == "order_date":
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        day = date.fromisoformat(value)
        return forms.DateField(label=label, required=required, initial=day, widget=widget)
    if name in _LONG:
        text = "\n".join(value) if name == "lines" else value
        long = forms.Textarea(attrs={"rows": _LONG[name], "cols": 40})
        return forms.CharField(label=label, required=required, initial=text, max_length=2000, widget=long)
    return forms.CharField(label=label, required=required, initial=value, max_length=_WIDTHS.get(name, 250))


def _value(name: str, cleaned: Any) -> Any:
    """As ``plain`` writes it."""
    if name == "lines":
        return [line.strip() for line in cleaned.splitlines() if line.strip()]
    if isinstance(cleaned, date):
        return cleaned.isoformat()
    return cleaned.upper() if name in ("country", "state") else cleaned.replace("\r\n", "\n")

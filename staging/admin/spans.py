"""The form that chooses some days of a shop, for the pages of proofs and of the bank."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors.models import Shop
from staging.proofs.read import LONGEST

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class SpanForm(forms.Form):
    """Which days of which shop."""

    shop = forms.ModelChoiceField(Shop.objects.order_by("name"), label=gettext_lazy("Shop"), empty_label=None)
    first = forms.DateField(label=gettext_lazy("From"), widget=DATE)
    last = forms.DateField(label=gettext_lazy("To"), widget=DATE)

    def clean(self) -> dict[str, Any]:
        """Some days, in their order."""
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and not first <= last < first + timedelta(days=LONGEST):
            raise forms.ValidationError(_("Choose at most %(n)d days, the first one first.") % {"n": LONGEST})
        return cleaned

"""The small forms of the back-office."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class ReasonForm(forms.Form):
    """Why something is done; kept with it."""

    reason = forms.CharField(label=_("Reason"), max_length=250, widget=forms.TextInput(attrs={"size": 60}))


class CorrectionForm(forms.Form):
    """One field of one place of the order."""

    place = forms.CharField(max_length=60)
    field = forms.CharField(max_length=40)
    value = forms.CharField(max_length=1000, required=False)
    reason = forms.CharField(max_length=250, required=False)

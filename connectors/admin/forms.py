"""The forms of the connections: secrets go in and never come out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminPasswordWidget

from connectors.models import SageCompany, Shop


class AddressField(forms.URLField):
    """An address typed without a scheme is taken for https."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(assume_scheme="https", **kwargs)


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A connection with one secret field. An empty secret keeps the stored one; it is never in the page."""

    secret = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.initial.pop(self.secret, "")
        if self.secret in self.fields:
            field = self.fields[self.secret]
            field.widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}, render_value=False)
            field.required = not stored
            field.help_text = (
                _("One is stored, encrypted; it is never shown. Leave this empty to keep it.")
                if stored
                else _("It is stored encrypted and never shown again.")
            )

    def clean(self) -> dict[str, Any]:
        """Keep the stored secret where none was typed."""
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get(self.secret) and self.instance.pk:
            cleaned[self.secret] = getattr(self.instance, self.secret)
        return cleaned

    def clean_url(self) -> str:
        """An address without user and password in it: addresses are shown and logged."""
        url: str = self.cleaned_data["url"]
        if "@" in urlsplit(url).netloc:
            raise ValidationError(_("Take user and password out of the address; they have fields of their own."))
        return url.strip()


class ShopForm(ConnectionForm):
    """A PrestaShop shop."""

    secret = "key"  # noqa: S105 - the name of the field

    class Meta:
        model = Shop
        exclude: list[str] = []
        field_classes = {"url": AddressField}

    def clean_time_zone(self) -> str:
        """A zone that this machine knows: every date of the shop is read in it."""
        zone: str = self.cleaned_data["time_zone"].strip()
        if zone not in available_timezones():
            raise ValidationError(
                _("“%(zone)s” is no time zone. Write it as PrestaShop does, e.g. Europe/Paris.") % {"zone": zone}
            )
        return zone


class SageCompanyForm(ConnectionForm):
    """A company in Sage."""

    secret = "password"  # noqa: S105 - the name of the field

    class Meta:
        model = SageCompany
        exclude: list[str] = []
        field_classes = {"url": AddressField}

    def clean_currency(self) -> str:
        """Three capital letters."""
        currency: str = self.cleaned_data["currency"].strip().upper()
        if len(currency) != 3 or not currency.isalpha():
            raise ValidationError(_("Write the currency's three letters, e.g. EUR."))
        return currency

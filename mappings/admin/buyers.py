"""The buyers that got, or were given, a Sage customer of their own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from connectors.models import Shop
from mappings import jobs, vat
from mappings.buyers import email_name, vat_name
from mappings.checking import find
from mappings.models import BuyerCode, SageRecord


class BuyerCodeForm(forms.ModelForm):  # type: ignore[type-arg]
    """Only a customer that Sage has stands for a buyer by hand."""

    def clean_code(self) -> str:
        """The code as Sage writes it."""
        code: str = self.cleaned_data["code"]
        record = find(self.instance.shop.company_id, "customer", code)
        if record is None or not record.active:
            told = _("Sage has no active customer “%(code)s”. Create it there and press “Refresh from Sage” first.")
            raise ValidationError(told % {"code": code})
        return record.code


@admin.register(BuyerCode)
class BuyerCodeAdmin(ModelAdmin):  # type: ignore[misc]
    """Written by the bridge; an administrator gives a buyer another customer, or has the buyer forgotten."""

    form = BuyerCodeForm
    nothing = gettext_lazy(
        "No buyer has a customer of their own yet. A customer rule “one customer per buyer” makes them."
    )
    intro = gettext_lazy(
        "Each buyer of a rule “one customer per buyer”, under every name the shop has for them. Another customer holds "
        "for the orders to come; a deleted buyer is looked for anew."
    )
    list_before_template = "admin/intro.html"
    list_display = ["buyer", "sage", "shop"]
    list_filter = ["shop"]
    list_select_related = ["shop"]
    list_per_page = 50
    show_full_result_count = False
    ordering = ["-pk"]
    search_fields = ["buyer"]  # shows the box; see get_search_results
    search_help_text = gettext_lazy("E-mail, VAT number, customer's number in the shop, or Sage customer; whole")
    fields = ["shop", "buyer", "code"]
    readonly_fields = ["shop", "buyer"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BuyerCode]:
        """With the customer's name in Sage."""
        record = SageRecord.objects.filter(company=OuterRef("shop__company"), kind="customer", code=OuterRef("code"))
        found: QuerySet[BuyerCode] = super().get_queryset(request)
        return found.annotate(sage_label=Subquery(record.values("label")[:1]))

    @admin.display(description=gettext_lazy("in Sage"), ordering="code")
    def sage(self, row: Any) -> str:
        """Code and name; one that was made since the mirror was read last has no name yet."""
        return format_html("<strong>{}</strong> {}", row.code, row.sage_label or "")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[BuyerCode], search_term: str
    ) -> tuple[QuerySet[BuyerCode], bool]:
        """By whole names, so that it is a look-up in an index however many buyers there are."""
        said = search_term.strip()
        if not said:
            return queryset, False
        names = {email_name(said), vat_name(vat.compact(said)), f"customer {said}"}
        currencies = SageRecord.objects.filter(kind="currency").values_list("code", flat=True).distinct()
        names |= {f"{name} in {currency}" for name in tuple(names) for currency in currencies}
        shops = list(Shop.objects.values_list("pk", flat=True))
        return queryset.filter(Q(shop__in=shops, buyer__in=names) | Q(code=said.upper())), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: who is to be whom beforehand is a customer rule."""
        return False

    def save_model(self, request: HttpRequest, obj: BuyerCode, form: Any, change: bool) -> None:
        """Save, wake (the row does) and ring."""
        super().save_model(request, obj, form, change)
        jobs.ring(obj.shop.company_id)
        messages.info(request, _("Orders that waited for this are being checked now."))

"""The pages of the mapping tables."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from mappings import models, resources
from mappings.admin.base import MappingAdmin, Waking

WHERE = ["company", "shop", "code"]
COMMON = ["sage", "for_shop", "note"]


@admin.register(models.ItemMapping)
class ItemMappingAdmin(MappingAdmin):
    """Shop references that are not item numbers in Sage."""

    intro = _(
        "Only exceptions belong here: a shop reference that is an item number in Sage needs no row. "
        "Saving a row releases all orders that wait for it."
    )
    resource_classes = [resources.ItemResource]
    targets = ("item",)
    list_display = ["reference", *COMMON, "unit", "factor"]
    list_filter = ["company", "shop"]
    search_fields = ["reference", "code", "note"]
    fields = ["company", "shop", "reference", "code", "unit", "factor", "note"]


@admin.register(models.ItemPart)
class ItemPartAdmin(MappingAdmin):
    """Packs that Sage knows in parts only."""

    intro = _(
        "One row per part of a pack; its price falls on the parts in proportion to their shares. "
        "A pack that is a kit or an item in Sage needs no row here: its number is enough, or an item mapping."
    )
    resource_classes = [resources.PartResource]
    targets = ("item",)
    list_display = ["reference", *COMMON, "quantity", "unit", "weight"]
    list_filter = ["company", "shop"]
    search_fields = ["reference", "code", "note"]
    fields = ["company", "shop", "reference", "code", "quantity", "unit", "weight", "note"]


@admin.register(models.CustomerRule)
class CustomerRuleAdmin(MappingAdmin):
    """Which Sage customer buys."""

    intro = _(
        "The first rule that fits an order, by position, names its Sage customer. "
        "Usually one rule per currency names a web account, and a few name customers with an account of their own."
    )
    resource_classes = [resources.CustomerRuleResource]
    targets = ("customer", "customer group")
    list_display = ["position", "field", "value", *COMMON, "create", "match"]
    list_display_links = ["field"]
    list_filter = ["company", "shop", "field"]
    search_fields = ["value", "code", "note"]
    fields = ["company", "shop", "field", "value", "create", "code", "match", "vat_as_written", "position", "note"]


@admin.register(models.TaxGroupMapping)
class TaxGroupMappingAdmin(MappingAdmin):
    """Which tax group holds."""

    intro = _(
        "The destination and the kind of buyer decide the Sage tax group; “*” is any country, or any state of it. "
        "A row for the state goes before one for its country."
    )
    resource_classes = [resources.TaxGroupResource]
    targets = ("tax group",)
    list_display = ["country", "state", "buyer", *COMMON]
    list_filter = ["company", "shop", "buyer"]
    search_fields = ["country", "state", "code", "note"]
    fields = ["company", "shop", "country", "state", "buyer", "code", "note"]


@admin.register(models.TaxClassMapping)
class TaxClassMappingAdmin(MappingAdmin):
    """Which tax class holds."""

    intro = _("Within a Sage tax group, the rate of a line decides its tax class (a number from 1 to 10).")
    resource_classes = [resources.TaxClassResource]
    list_display = ["rate", "tax_group", "country", "rules_group", *COMMON, "label"]
    list_filter = ["company", "tax_group", "shop"]
    search_fields = ["tax_group", "label", "note"]
    fields = ["company", "shop", "tax_group", "rate", "country", "rules_group", "code", "label", "note"]


@admin.register(models.PaymentMapping)
class PaymentMappingAdmin(MappingAdmin):
    """How payment modules are booked."""

    intro = _("Each payment module of the shop gets a payment code, terms and bank of Sage. “*” is every other module.")
    resource_classes = [resources.PaymentResource]
    targets = ("payment code",)
    list_display = ["module", *COMMON, "terms", "bank", "receipt", "refund"]
    list_filter = ["company", "shop"]
    search_fields = ["module", "code", "note"]
    fields = ["company", "shop", "module", "code", "terms", "bank", "receipt", "refund", "note"]


@admin.register(models.VoucherMapping)
class VoucherMappingAdmin(MappingAdmin):
    """Vouchers that are money."""

    intro = _(
        "Only vouchers that were sold before belong here, as gift cards: they pay a part of the order, and its sale "
        "keeps its full value and tax. All other vouchers are discounts and need no row."
    )
    resource_classes = [resources.VoucherResource]
    targets = ("payment code",)
    list_display = ["name", *COMMON, "bank"]
    list_filter = ["company", "shop"]
    search_fields = ["name", "code", "note"]
    fields = ["company", "shop", "name", "code", "bank", "note"]


@admin.register(models.CarrierMapping)
class CarrierMappingAdmin(MappingAdmin):
    """Which ship-via code a carrier is."""

    intro = _("A carrier is known by its reference id, which stays when it is edited in the shop; else by its name.")
    resource_classes = [resources.CarrierResource]
    targets = ("ship via",)
    list_display = ["carrier", *COMMON]
    list_filter = ["company", "shop"]
    search_fields = ["name", "code", "note"]
    fields = ["company", "shop", "reference_id", "name", "code", "note"]

    @admin.display(description=_("carrier"), ordering="name")
    def carrier(self, row: models.CarrierMapping) -> str:
        """Reference id and name."""
        return f"{row.reference_id or ''} {row.name}".strip()


@admin.register(models.LocationMapping)
class LocationMappingAdmin(MappingAdmin):
    """From where goods leave."""

    intro = _("The Sage location from which a shop's goods leave. One row without a shop is enough for all.")
    resource_classes = [resources.LocationResource]
    targets = ("location",)
    list_display = ["for_shop", "sage", "company", "note"]
    search_fields = ["code", "note"]
    fields = ["company", "shop", "code", "note"]


@admin.register(models.WordMapping)
class WordMappingAdmin(MappingAdmin):
    """Currencies, countries and states that Sage writes in another way."""

    intro = _("Only exceptions belong here: currencies, countries and states keep their ISO codes otherwise.")
    resource_classes = [resources.WordResource]
    list_display = ["word_kind", "value", *COMMON]
    list_display_links = ["value"]
    list_filter = ["company", "shop", "word_kind"]
    search_fields = ["value", "code", "note"]
    fields = ["company", "shop", "word_kind", "value", "code", "note"]


@admin.register(models.ChargeMapping)
class ChargeMappingAdmin(MappingAdmin):
    """What is no product."""

    intro = _("Shipping, wrapping, discount and rounding each become a miscellaneous charge of Sage.")
    resource_classes = [resources.ChargeResource]
    targets = ("charge",)
    list_display = ["charge", *COMMON]
    list_filter = ["company", "shop"]
    search_fields = ["code", "note"]
    fields = ["company", "shop", "charge", "code", "note"]


@admin.register(models.TakeRule)
class TakeRuleAdmin(Waking):
    """Which orders are taken."""

    intro = _(
        "When orders are taken: by the number of their state in the shop, else by their payment module, "
        "else as the shop itself says."
    )
    list_display = ["shop", "field", "value", "take"]
    list_display_links = ["value"]
    list_select_related = ["shop"]
    list_filter = ["shop", "field", "take"]
    search_fields = ["value"]
    fields = ["shop", "field", "value", "take"]

"""The mapping tables as spreadsheets: rows are found by their natural key, checked as in the form, and wake orders."""

from __future__ import annotations

from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.instance_loaders import ModelInstanceLoader
from import_export.resources import ModelResource
from import_export.results import Result

from connectors.models import SageCompany, Shop
from mappings.checking import check
from mappings.models import (
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
    wake,
)
from mappings.spreadsheets import NameWidget, NumberWidget, YesNoWidget, cell_text, safe_cell


class KeyLoader(ModelInstanceLoader):  # type: ignore[misc]
    """Finds the row of a natural key among all rows, read once."""

    def __init__(self, resource: Any, dataset: Any = None) -> None:
        super().__init__(resource, dataset)
        self._names = resource.get_import_id_fields()
        self._rows = {self._key_of(row): row for row in self.get_queryset()}

    def get_instance(self, row: dict[str, Any]) -> Mapping | None:
        """The stored row with the same key, or None."""
        return self._rows.get(tuple(self.resource.fields[name].clean(row) for name in self._names))

    def _key_of(self, row: Mapping) -> tuple[Any, ...]:
        return tuple(getattr(row, name) for name in self._names)


class MappingResource(ModelResource):  # type: ignore[misc]
    """What all tables share: company and shop by name (an empty shop is every shop), defaults for empty cells."""

    company = Field("company", "company", NameWidget(SageCompany))
    shop = Field("shop", "shop", NameWidget(Shop))

    class Meta:
        instance_loader_class = KeyLoader
        skip_unchanged = True
        clean_model_instances = True
        use_transactions = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._lines: dict[tuple[str, ...], int] = {}
        self._written: list[Mapping] = []

    def get_queryset(self) -> Any:
        """With the connections, which the export writes by name."""
        return super().get_queryset().select_related("company", "shop").order_by("pk")

    # --- in -----------------------------------------------------------------------------------------------------------

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        """Forgive what does not matter: capitals in headings, empty lines, no company column where there is one."""
        dataset.headers = [cell_text(heading).casefold().replace(" ", "_") for heading in dataset.headers]
        for place in reversed(range(len(dataset))):
            if not any(cell_text(value) for value in dataset[place]):
                del dataset[place]
        companies = list(SageCompany.objects.all()[:2])
        for name in self.get_import_id_fields():
            if name not in dataset.headers:
                only = name == "company" and len(companies) == 1
                dataset.append_col([companies[0].name if only else ""] * len(dataset), header=name)

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        """Cells as text, defaults for empty ones; a key that was in the file before is refused."""
        for name in row:
            row[name] = cell_text(row[name])
            if row[name] == "" and name in self.fields and name not in ("company", "shop"):
                column = self._meta.model._meta.get_field(name)
                row[name] = str(column.get_default()) if column.has_default() else ""
        key = tuple(row[name].casefold() for name in self.get_import_id_fields())
        line = self._lines.setdefault(key, kwargs["row_number"])
        if line != kwargs["row_number"]:
            text = _("Row %(line)d of this file is about the same. Keep one of the two.")
            raise ValidationError(text % {"line": line})

    def import_instance(self, instance: Mapping, row: dict[str, Any], **kwargs: Any) -> None:
        """As the library does; a rule without a position gets the one of its kind, as in the form."""
        super().import_instance(instance, row, **kwargs)
        if isinstance(instance, CustomerRule):
            instance.place()

    def validate_instance(
        self, instance: Mapping, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """The same checks as in the form, all faults of a row at once."""
        faults: dict[str, Any] = {}
        try:
            super().validate_instance(instance, import_validation_errors, validate_unique)
        except ValidationError as error:
            faults = error.update_error_dict(faults)
        if instance.company_id:
            try:
                check(instance)
            except ValidationError as error:
                faults = error.update_error_dict(faults)
        if faults:
            raise ValidationError(faults)

    def do_instance_save(self, instance: Mapping, is_create: bool) -> None:
        """Save without waking: the whole file wakes once, at its end, in the same transaction."""
        Model.save(instance, force_insert=is_create)
        self._written.append(instance)

    def after_import(self, dataset: tablib.Dataset, result: Result, **kwargs: Any) -> None:
        """Wake what the file changed. The key names what waits, so no row had another value before."""
        wake(self._written)

    # --- out ----------------------------------------------------------------------------------------------------------

    def export_field(self, field: Field, instance: Mapping, **kwargs: Any) -> Any:
        """No cell can be taken for a formula."""
        return safe_cell(super().export_field(field, instance, **kwargs))


KEY = ["company", "shop"]


class ItemResource(MappingResource):
    """Shop reference → Sage item."""

    factor = Field("factor", "factor", NumberWidget())

    class Meta:
        model = ItemMapping
        import_id_fields = [*KEY, "reference"]
        fields = [*KEY, "reference", "code", "unit", "factor", "note"]


class PartResource(MappingResource):
    """Shop reference of a pack → each part of it in Sage."""

    quantity = Field("quantity", "quantity", NumberWidget())
    weight = Field("weight", "weight", NumberWidget())

    class Meta:
        model = ItemPart
        import_id_fields = [*KEY, "reference", "code"]
        fields = [*KEY, "reference", "code", "unit", "quantity", "weight", "note"]


class CustomerRuleResource(MappingResource):
    """Whose orders → which Sage customer."""

    position = Field("position", "position", NumberWidget(whole=True))
    create = Field("create", "create", YesNoWidget())
    vat_as_written = Field("vat_as_written", "vat_as_written", YesNoWidget())

    class Meta:
        model = CustomerRule
        import_id_fields = [*KEY, "field", "value"]
        fields = [*KEY, "position", "field", "value", "code", "create", "match", "vat_as_written", "note"]


class TaxGroupResource(MappingResource):
    """Destination and buyer → tax group."""

    class Meta:
        model = TaxGroupMapping
        import_id_fields = [*KEY, "country", "state", "buyer"]
        fields = [*KEY, "country", "state", "buyer", "code", "note"]


class TaxClassResource(MappingResource):
    """Rate in a tax group → tax class."""

    rules_group = Field("rules_group", "rules_group", NumberWidget(whole=True))
    rate = Field("rate", "rate", NumberWidget())

    class Meta:
        model = TaxClassMapping
        import_id_fields = [*KEY, "tax_group", "rules_group", "country", "rate"]
        fields = [*KEY, "tax_group", "rules_group", "country", "rate", "code", "label", "note"]


class PaymentResource(MappingResource):
    """Payment module → payment code, terms, bank, whether it makes receipts, and how money goes back."""

    receipt = Field("receipt", "receipt", YesNoWidget(empty=True))

    class Meta:
        model = PaymentMapping
        import_id_fields = [*KEY, "module"]
        fields = [*KEY, "module", "code", "terms", "bank", "receipt", "refund", "note"]


class VoucherResource(MappingResource):
    """Voucher that is money → payment code and bank."""

    class Meta:
        model = VoucherMapping
        import_id_fields = [*KEY, "name"]
        fields = [*KEY, "name", "code", "bank", "note"]


class CarrierResource(MappingResource):
    """Carrier → ship-via code."""

    reference_id = Field("reference_id", "reference_id", NumberWidget(whole=True))

    class Meta:
        model = CarrierMapping
        import_id_fields = [*KEY, "reference_id", "name"]
        fields = [*KEY, "reference_id", "name", "code", "note"]


class LocationResource(MappingResource):
    """Shop → location."""

    class Meta:
        model = LocationMapping
        import_id_fields = KEY
        fields = [*KEY, "code", "note"]


class WordResource(MappingResource):
    """Currency, country or state → Sage's word."""

    class Meta:
        model = WordMapping
        import_id_fields = [*KEY, "word_kind", "value"]
        fields = [*KEY, "word_kind", "value", "code", "note"]


class ChargeResource(MappingResource):
    """Shipping, wrapping, discount, rounding → miscellaneous charge."""

    class Meta:
        model = ChargeMapping
        import_id_fields = [*KEY, "charge"]
        fields = [*KEY, "charge", "code", "note"]

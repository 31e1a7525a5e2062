"""What staff decided and what exists in Sage."""

from mappings.models.mirror import ANY, Change, Revision, SageRecord, changed, comparable, revision
from mappings.models.tables import (
    CarrierMapping,
    ChargeMapping,
    CustomerRule,
    ItemMapping,
    LocationMapping,
    Mapping,
    PaymentMapping,
    TakeRule,
    TaxClassMapping,
    TaxGroupMapping,
    WordMapping,
    wake,
)

__all__ = [
    "ANY",
    "CarrierMapping",
    "Change",
    "ChargeMapping",
    "CustomerRule",
    "ItemMapping",
    "LocationMapping",
    "Mapping",
    "PaymentMapping",
    "Revision",
    "SageRecord",
    "TakeRule",
    "TaxClassMapping",
    "TaxGroupMapping",
    "WordMapping",
    "changed",
    "comparable",
    "revision",
    "wake",
]

"""What staff decided and what exists in Sage."""

from mappings.models.base import DECIDED, SPOKEN, Mapping, wake
from mappings.models.buyers import BuyerCode, CustomerRule
from mappings.models.goods import CarrierMapping, ItemMapping, ItemPart, LocationMapping
from mappings.models.mirror import ANY, Change, Revision, SageRecord, changed, comparable, revision
from mappings.models.money import ChargeMapping, PaymentMapping, TaxClassMapping, TaxGroupMapping, VoucherMapping
from mappings.models.words import TakeRule, WordMapping, state_word

__all__ = [
    "ANY",
    "DECIDED",
    "SPOKEN",
    "BuyerCode",
    "CarrierMapping",
    "Change",
    "ChargeMapping",
    "CustomerRule",
    "ItemMapping",
    "ItemPart",
    "LocationMapping",
    "Mapping",
    "PaymentMapping",
    "Revision",
    "SageRecord",
    "TakeRule",
    "TaxClassMapping",
    "TaxGroupMapping",
    "VoucherMapping",
    "WordMapping",
    "changed",
    "comparable",
    "revision",
    "state_word",
    "wake",
]

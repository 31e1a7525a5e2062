"""A French web shop whose mappings are in place, with Sage's master records in the mirror."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connectors import open_sage
from connectors.models import SageCompany, Shop
from mappings.mirror import refresh
from mappings.models import (
    CarrierMapping,
    ChargeMapping,
    CustomerRule,
    LocationMapping,
    Mapping,
    PaymentMapping,
    TaxClassMapping,
    TaxGroupMapping,
)
from staging import fetch, validate
from staging.models import StagedOrder

RATES = {"20": "1", "10": "2", "5.5": "3", "0": "5"}
"""Sales tax classes of the sandbox's FRTVA: per cent, class."""

MAPPINGS: tuple[tuple[type[Mapping], dict[str, Any]], ...] = (
    (CustomerRule, {"field": "currency", "value": "USD", "code": "WEBUSD"}),
    (CustomerRule, {"field": "any", "code": "WEBEUR"}),
    (TaxGroupMapping, {"country": "*", "code": "FRTVA"}),
    (TaxGroupMapping, {"country": "US", "code": "EXPORT"}),
    *((TaxClassMapping, {"tax_group": "FRTVA", "rate": Decimal(rate), "code": code}) for rate, code in RATES.items()),
    (TaxClassMapping, {"tax_group": "EXPORT", "rate": Decimal(0), "code": "1"}),
    (PaymentMapping, {"module": "*", "code": "WIRE", "terms": "COMPT", "bank": "BNPEUR"}),
    (CarrierMapping, {"reference_id": 1, "code": "CLICK"}),
    (CarrierMapping, {"reference_id": 2, "code": "CARR"}),
    (CarrierMapping, {"reference_id": 3, "code": "CHEAP"}),
    (CarrierMapping, {"reference_id": 4, "code": "LIGHTC"}),
    (LocationMapping, {"code": "1"}),
    (ChargeMapping, {"charge": "shipping", "code": "SHIP"}),
    (ChargeMapping, {"charge": "wrapping", "code": "WRAP"}),
    (ChargeMapping, {"charge": "discount", "code": "DISC"}),
)


def map_all(company: SageCompany) -> None:
    """All mappings, and the mirror read from the company's Sage."""
    for model, fields in MAPPINGS:
        model._default_manager.create(company=company, **fields)
    refresh(company, open_sage(company))


def check(shop: Shop) -> list[StagedOrder]:
    """Fetch and validate once; all orders, the oldest first."""
    fetch.sweep(shop)
    validate.sweep(shop)
    return list(StagedOrder.objects.filter(shop=shop).order_by("order_id"))

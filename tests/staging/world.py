"""A French web shop whose mappings are in place, with Sage's master records in the mirror."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Model

from connectors import open_sage
from connectors.models import SageCompany, Shop
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings.mirror import refresh
from mappings.models import (
    CarrierMapping,
    Change,
    ChargeMapping,
    CustomerRule,
    LocationMapping,
    Mapping,
    PaymentMapping,
    Revision,
    SageRecord,
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
    """All mappings, and the mirror of a Sage that stands as it was seeded."""
    known(company, MAPPINGS)


def known(company: SageCompany, mappings: Iterable[tuple[type[Mapping], dict[str, Any]]]) -> None:
    """These mappings, and the mirror of a Sage that stands as it was seeded: read once per process, copied after that.

    A test that changes records of Sage refreshes the mirror afterwards.
    """
    chosen = list(mappings)
    if (key := repr(chosen)) not in _KNOWN:
        _KNOWN[key] = _read(chosen)
    Revision.objects.filter(company=company).delete()  # of a mapping that the test made before
    Change.objects.filter(company=company).delete()
    for table, rows in _KNOWN[key].items():
        for row in rows:
            row.pk, row._state.adding, row.company_id = None, True, company.pk
        table._default_manager.bulk_create(rows)


_KNOWN: dict[str, dict[type[Model], list[Any]]] = {}


def _read(mappings: list[tuple[type[Mapping], dict[str, Any]]]) -> dict[type[Model], list[Any]]:
    """Everything that mapping and the first reading of a freshly seeded Sage write for a company; it is taken back."""
    with transaction.atomic(), Sage300Sandbox() as fresh:
        access = {"url": fresh.base_url, "org_id": fresh.company, "user": "WEBAPI", "password": "WEBAPI"}
        company = SageCompany.objects.create(name="Freshly seeded", **access)
        for model, fields in mappings:
            model._default_manager.create(company=company, **fields)
        refresh(company, open_sage(company))
        tables: list[type[Model]] = [*dict.fromkeys(model for model, _fields in mappings), SageRecord, Revision, Change]
        rows = {table: list(table._default_manager.filter(company=company).order_by("pk")) for table in tables}
        transaction.set_rollback(True)
    return rows


def check(shop: Shop) -> list[StagedOrder]:
    """Fetch and validate once; all orders, the oldest first."""
    fetch.sweep(shop)
    validate.sweep(shop)
    return list(StagedOrder.objects.filter(shop=shop).order_by("order_id"))

"""The demo's world: the connections, the mappings that are in place, the accounts; what is missing is the story.

BEDLAMP is not mapped, nor is the payment method that a few customers choose; staff repair that in the browser.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from connectors import open_shop
from connectors.models import SageCompany, Shop
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
from staging import marks
from syncbridge.models import Notice

FIRST_ORDER = "2026-10-01"
SHOP, COMPANY, ORG_ID = "Demo shop", "Demo company", "SAMLTD"
TAX_CENTS = 3
"""Cents that tax may differ per rate when the total is equal: a few recorded orders were rounded piece by piece."""

_CLASSES = {"FRTVA": ("20", "10", "5.5", "2.1", "0"), "USNONE": ("0",), "EXPORT": ("0",)}

_MAPPINGS: tuple[tuple[type[Mapping], dict[str, Any], dict[str, Any]], ...] = (
    (CustomerRule, {"field": "group", "value": "4"}, {"code": "WEBB2B"}),
    (CustomerRule, {"field": "currency", "value": "USD"}, {"code": "WEBUSD"}),
    (CustomerRule, {"field": "any"}, {"code": "WEBEUR"}),
    # The shop has no VAT module: it charges French VAT in all of Europe and none in the United States.
    (TaxGroupMapping, {"country": "*"}, {"code": "FRTVA"}),
    (TaxGroupMapping, {"country": "US"}, {"code": "EXPORT"}),
    *(
        (
            TaxClassMapping,
            {"tax_group": group, "rate": Decimal(rate)},
            {"code": str(rates.index(rate) + 1), "label": f"S_{rate}"},
        )
        for group, rates in _CLASSES.items()
        for rate in rates
    ),
    (PaymentMapping, {"module": "ps_wirepayment"}, {"code": "WIRE", "terms": "COMPT", "bank": "BNPEUR"}),
    (PaymentMapping, {"module": "ps_checkpayment"}, {"code": "CHECK", "terms": "COMPT", "bank": "BNPEUR"}),
    (PaymentMapping, {"module": "ps_cashondelivery"}, {"code": "COD", "terms": "N30", "bank": "BNPEUR"}),
    (PaymentMapping, {"module": "paypal"}, {"code": "DIGWAL", "terms": "WEB", "bank": "BNPEUR"}),
    (PaymentMapping, {"module": "stripe_official"}, {"code": "CARD", "terms": "WEB", "bank": "BNPEUR"}),
    (CarrierMapping, {"reference_id": 1}, {"code": "CLICK", "name": "Click and collect"}),
    (CarrierMapping, {"reference_id": 2}, {"code": "CARR", "name": "My carrier"}),
    (CarrierMapping, {"reference_id": 3}, {"code": "CHEAP", "name": "My cheap carrier"}),
    (CarrierMapping, {"reference_id": 4}, {"code": "LIGHTC", "name": "My light carrier"}),
    (LocationMapping, {}, {"code": "1"}),
    (ChargeMapping, {"charge": "shipping"}, {"code": "SHIP"}),
    (ChargeMapping, {"charge": "wrapping"}, {"code": "WRAP"}),
    (ChargeMapping, {"charge": "discount"}, {"code": "DISC"}),
    (ChargeMapping, {"charge": "rounding"}, {"code": "ROUND"}),
)


@transaction.atomic
def build(shop_url: str, shop_key: str, sage_url: str) -> Shop:
    """The connections and mappings, made on the first run; later runs only bring the addresses up to date."""
    company, new = SageCompany.objects.get_or_create(
        name=COMPANY,
        defaults={
            "url": sage_url, "org_id": ORG_ID, "user": "WEBAPI", "password": "WEBAPI", "currency": "EUR",
            "simultaneous": 2, "tax_tolerance": TAX_CENTS, "installation": settings.INSTALLATION_ID,
        },
    )  # fmt: skip
    shop, _ = Shop.objects.get_or_create(
        name=SHOP,
        defaults={
            "url": shop_url, "key": shop_key, "company": company,
            "duplicate_minutes": 0,  # the recorded orders were all placed within a few minutes
            "installation": settings.INSTALLATION_ID,
        },
    )  # fmt: skip
    # The sandboxes may listen on other ports than last time; update() because a company's address is frozen for people.
    SageCompany.objects.filter(pk=company.pk).update(url=sage_url)
    Shop.objects.filter(pk=shop.pk).update(url=shop_url)
    if new:
        for model, words, values in _MAPPINGS:
            model._default_manager.create(company=company, **words, **values)
        Notice.objects.create(kind=Notice.Kind.ALARM, role=Notice.Role.OPERATOR)
        Notice.objects.create(kind=Notice.Kind.DIGEST, role=Notice.Role.ACCOUNTANT)
    shop.refresh_from_db()
    if new:
        marks.go_live(shop, FIRST_ORDER, None, open_shop(shop), "the demo begins with the shop's first order")
    return shop

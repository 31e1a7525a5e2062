"""Connectors talk: one folder per outside system, plain objects in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.errors import Misconfigured
from connectors.words import words

if TYPE_CHECKING:
    from connectors.models import SageCompany
    from connectors.models import Shop as ShopRow
    from connectors.ports import Sage, Shop

_CIPHERTEXT = "gAAAAA"
"""How every Fernet token begins (its version byte and the first of its time)."""


def open_shop(shop: ShopRow) -> Shop:
    """The shop behind a row. Nothing is asked yet; the object keeps its lookups (taxes, states …) while it lives."""
    from connectors.prestashop.client import PrestaShop

    return PrestaShop(
        url=shop.url,
        key=_secret(shop.key),
        time_zone=shop.time_zone,
        shop_id=shop.shop_id,
        list_size=shop.list_size,
        ca_bundle=shop.ca_bundle,
    )


def open_sage(company: SageCompany) -> Sage:
    """The company behind a row. Nothing is asked yet; the object keeps one HTTP session (cookies) while it lives."""
    from connectors.sage300.client import Sage300

    return Sage300(
        url=company.url,
        org_id=company.org_id,
        user=company.user,
        password=_secret(company.password),
        options=company.options,
        ca_bundle=company.ca_bundle,
    )


def _secret(stored: str | None) -> str:
    """The secret of a row; one that could not be decrypted (the field gives it as stored) is never sent anywhere."""
    if stored and stored.startswith(_CIPHERTEXT):
        raise Misconfigured(
            words("The stored secret cannot be decrypted: SECRET_KEY or SALT_KEY changed. Enter it again.")
        )
    return stored or ""

"""Connectors talk: one folder per outside system, plain objects in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.models import SageCompany
    from connectors.models import Shop as ShopRow
    from connectors.ports import Sage, Shop


def open_shop(shop: ShopRow) -> Shop:
    """The shop behind a row. Nothing is asked yet; the object keeps its lookups (taxes, states …) while it lives."""
    from connectors.prestashop.client import PrestaShop

    return PrestaShop(
        url=shop.url,
        key=shop.key,
        time_zone=shop.time_zone,
        shop_id=shop.shop_id,
        page_size=shop.page_size,
        ca_bundle=shop.ca_bundle,
    )


def open_sage(company: SageCompany) -> Sage:
    """The company behind a row. Nothing is asked yet; the object keeps one HTTP session (cookies) while it lives."""
    from connectors.sage300.client import Sage300

    return Sage300(
        url=company.url,
        org_id=company.org_id,
        user=company.user,
        password=company.password,
        options=company.options,
        ca_bundle=company.ca_bundle,
    )

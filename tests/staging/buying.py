"""What the tests of buyers share: somebody orders, Sage knows somebody, and who bought in the end."""

from __future__ import annotations

from typing import Any

import pytest

from connectors import http, open_sage
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings.mirror import refresh
from mappings.models import CustomerRule
from staging import fetch, push, validate
from staging.models import StagedOrder
from tests.staging.conftest import connect, live
from tests.staging.pushing import lines
from tests.staging.world import map_all


def shop_of_buyers(presta: PrestaShopSandbox, books: SageCompany, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The sandbox shop, mapped and live; every buyer gets a customer of the group WEB."""
    monkeypatch.setattr(http, "PAUSES", (0.0, 0.0))
    map_all(books)
    CustomerRule.objects.filter(field="any").update(code="WEB", create=True)
    return live(connect(presta, books))


def buys(presta: PrestaShopSandbox, email: str, *, guest: bool = False, **said: Any) -> int:
    """Somebody who is new in the shop orders; the order's number."""
    order = {name: said.pop(name) for name in ("currency",) if name in said}
    customer, address = presta.add_customer(email, **said)
    if guest:
        presta.edit("customers", customer, is_guest="1")
    return presta.add_order(lines=lines(), module="paypal", customer=customer, address=address, **order)


def check(shop: Shop) -> None:
    fetch.sweep(shop)
    validate.sweep(shop)


def turn(shop: Shop) -> None:
    check(shop)
    push.sweep(SageCompany.objects.get())


def row(number: int) -> StagedOrder:
    return StagedOrder.objects.get(order_id=number)


def causes(number: int) -> set[str]:
    return set(row(number).issues.filter(closed_at=None).values_list("code", flat=True))


def bought_by(sage: Sage300Sandbox, number: int) -> str:
    """The customer of the order in Sage."""
    (found,) = [each["CustomerNumber"] for each in sage.orders() if each["OrderReference"] == f"PS_{number}"]
    return str(found)


def made(sage: Sage300Sandbox, email: str) -> list[str]:
    """The customers that Sage has with this e-mail."""
    found = [each for each in sage.all("ARCustomers") if each["Email"].casefold() == email.casefold()]
    return sorted(str(each["CustomerNumber"]) for each in found)


def stands(sage: Sage300Sandbox, company: SageCompany, code: str, **fields: Any) -> None:
    """Sage has this customer, and the mirror knows."""
    sage.add("ARCustomers", {"CustomerNumber": code, "GroupCode": "WEB", "CustomerName": f"Maison {code}", **fields})
    refresh(company, open_sage(company), ["customer"])

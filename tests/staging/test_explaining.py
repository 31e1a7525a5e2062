"""Why Sage's figures are not the shop's: each cause with its share, computed; and the company's rule for cents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from connectors.models import SageCompany, Shop
from connectors.prestashop.orders import read_order
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.telling import worded
from mappings.models import ChargeMapping
from staging.explaining import follows
from staging.models import StagedOrder
from tests.connectors.shop_cases import CASES, case_raws
from tests.staging.books import codes, turn
from tests.staging.conftest import connect, live
from tests.staging.world import map_all

D = Decimal


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    map_all(books)
    return live(connect(presta, books))


@pytest.mark.parametrize("name", CASES)
def test_each_recorded_line_follows_from_its_unit_prices(name: str) -> None:
    order = read_order(case_raws("8.2", name), ZoneInfo("Europe/Paris"))
    wrong = [line for line in order.lines if not follows(line, order.round_type, order.round_mode, 2)]
    assert wrong == []


def verdict(order_id: int) -> dict[str, Any]:
    """The verdict; its shares always are what Sage makes without the rounding charge, less what the shop states."""
    row = StagedOrder.objects.get(order_id=order_id)
    told = row.verdict or {}
    shares = sum((D(reason["amount"]) for reason in told["reasons"]), D(0))
    off = D(told["total"]["sage"]) - D(told["rounding"]) - (row.total or D(0)).quantize(D("0.01"))
    assert shares == off, told
    return told


def causes(order_id: int) -> dict[str, Decimal]:
    """Cause and share of the total, all rates together."""
    found: dict[str, Decimal] = {}
    for reason in verdict(order_id)["reasons"]:
        found[reason["cause"]] = found.get(reason["cause"], D(0)) + D(reason["amount"])
    return found


ROUNDS = [{"reference": "ROUND1", "quantity": 7}, {"reference": "ROUND3", "quantity": 9}]


def test_a_shop_that_rounds_each_piece_is_told_so(shop: Shop, presta: PrestaShopSandbox) -> None:
    order_id = presta.add_order(lines=ROUNDS, module="paypal", round_type=1)
    turn(shop)
    assert codes(order_id) == ["tax-differs"]
    told = verdict(order_id)["reasons"]
    assert {reason["cause"] for reason in told} == {"rounding type"}
    assert any(D(reason["tax"]) for reason in told)


def test_an_edited_header_is_its_own_share(shop: Shop, presta: PrestaShopSandbox) -> None:
    order_id = presta.add_order(lines=ROUNDS, module="paypal")
    paid = D(str(presta.row("orders", order_id)["total_paid_tax_incl"]))
    presta.edit("orders", order_id, total_paid_tax_incl=str(paid + D("2.50")))
    turn(shop)
    assert "totals-differ" in codes(order_id)
    assert causes(order_id) == {"edited header": D("-2.50")}


def test_a_line_whose_tax_is_not_that_of_its_rate_is_unexplained(shop: Shop, presta: PrestaShopSandbox) -> None:
    order_id = presta.add_order(lines=[{"reference": "demo_1", "quantity": 2}], module="paypal")
    (line,) = presta.rows("order_details")
    net = D(str(line["total_price_tax_excl"])) - 1
    presta.edit("order_details", int(line["id"]), total_price_tax_excl=str(net))
    order = presta.row("orders", order_id)
    excl = D(str(order["total_paid_tax_excl"])) - 1
    presta.edit("orders", order_id, total_products=str(net), total_paid_tax_excl=str(excl))
    turn(shop)
    assert codes(order_id) == ["tax-differs"]
    issue = StagedOrder.objects.get().issues.get()
    assert worded(issue.values["why"]).startswith("unexplained 20 %: +0.00 (tax -1.00)")


@pytest.mark.parametrize(("what", "cause"), [("shipping", "shipping tax"), ("ecotax", "ecotax")])
def test_each_other_part_has_its_own_name(shop: Shop, presta: PrestaShopSandbox, what: str, cause: str) -> None:
    """The tax that the shop states on the part is a cent beside that of its rate."""
    lines = [{"reference": "demo_1", "quantity": 1}, {"reference": "ECO-LAMP", "quantity": 1}]
    order_id = presta.add_order(lines=lines, module="paypal", gift_wrap=True)
    order = presta.row("orders", order_id)
    less = {"total_paid_tax_excl": str(D(str(order["total_paid_tax_excl"])) - D("0.02"))}
    if what == "ecotax":
        line = next(row for row in presta.rows("order_details") if row["product_reference"] == "ECO-LAMP")
        presta.edit("order_details", int(line["id"]),
                    total_price_tax_excl=str(D(str(line["total_price_tax_excl"])) - D("0.02")))  # fmt: skip
        less["total_products"] = str(D(str(order["total_products"])) - D("0.02"))
    else:
        field = f"total_{what}_tax_excl"
        less[field] = str(D(str(order[field])) - D("0.02"))
    presta.edit("orders", order_id, **less)  # type: ignore[arg-type]
    turn(shop)
    assert codes(order_id) == ["tax-differs"]
    assert [(reason["cause"], D(reason["tax"])) for reason in verdict(order_id)["reasons"]] == [(cause, D("-0.02"))]


def cent_off(presta: PrestaShopSandbox, shop: Shop) -> int:
    """An order whose stated total is a cent above its parts, as PrestaShop's own rounding makes it."""
    order_id = presta.add_order(lines=ROUNDS, module="paypal")
    paid = D(str(presta.row("orders", order_id)["total_paid_tax_incl"]))
    presta.edit("orders", order_id, total_paid_tax_incl=str(paid + D("0.01")))
    turn(shop)
    return order_id


def test_the_cent_goes_to_the_rounding_charge_and_everybody_is_told(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, admin_client: Client
) -> None:
    ChargeMapping.objects.create(company=shop.company, charge="rounding", code="ROUND")
    order_id = cent_off(presta, shop)
    row = StagedOrder.objects.get()
    assert (row.status, codes(order_id)) == ("posted", [])
    assert causes(order_id) == {"rounding type": D("-0.01")}
    (document,) = sage.orders()
    amounts = {line["MiscellaneousChargesCode"]: line["ExtendedAmount"] for line in document["OrderDetails"]}
    assert amounts["ROUND"] == D("0.01")
    assert any(line["code"] == "ROUND" for line in row.postings.get(kind="sale").prepared["lines"])
    assert any("+0.01 EUR goes to the rounding charge ROUND" in event.message for event in row.events.all())
    page = admin_client.get(reverse("admin:staging_stagedorder_change", args=[row.pk])).content.decode()
    assert "What makes the difference" in page
    assert "rounding: the shop and Sage round at different places" in page


def test_the_companys_rule_may_forbid_it(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User
) -> None:
    ChargeMapping.objects.create(company=shop.company, charge="rounding", code="ROUND")
    shop.company.rounding_cents = 0
    shop.company.save()
    order_id = cent_off(presta, shop)
    assert codes(order_id) == ["rounding-cent"]
    assert sage.orders() == []
    assert causes(order_id) == {"rounding type": D("-0.01")}

"""A pack in Sage: an item or kit of its own, or its parts, with the pack's price and tax to the cent either way."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings.models import ItemMapping, ItemPart
from staging import fetch, push, staff, validate
from staging.causes import CAUSES
from staging.models import StagedOrder
from staging.money import Profile, predict, tax
from staging.packs import split, whole
from tests.staging.conftest import connect, live
from tests.staging.world import map_all

D = Decimal
LINE = Profile(True, ROUND_HALF_UP, 2, 0)
PACK = "demo_21"
PARTS = (("demo_11", 2, 3), ("demo_6", 1, 7), ("BOOK-55", 1, 0))
"""Two mugs, a poster, and a book for nothing."""

profiles = st.builds(Profile, st.booleans(), st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN]), st.just(2), st.just(0))
weights = st.lists(st.decimals("0", "20", places=2), min_size=1, max_size=5)
rates = st.sampled_from([D(20), D(10), D("5.5"), D("2.1"), D(0)])


@dataclass(frozen=True)
class Taxed:
    amount: Decimal
    rate: Decimal
    tax_included: bool


@given(st.decimals("0", "5000", places=2), weights, rates, st.booleans(), profiles)
def test_the_parts_of_a_price_are_the_price(
    price: Decimal, weights: list[Decimal], rate: Decimal, included: bool, profile: Profile
) -> None:
    parts = split(price, weights, rate, included, profile)
    assert sum(parts) == price
    assert len(parts) == len(weights)
    assert all(part >= 0 and part == part.quantize(D("0.01")) for part in parts)
    if any(weights):
        assert not any(part for part, weight in zip(parts, weights, strict=True) if not weight)
        exact = [price * weight / sum(weights) for weight in weights]
        assert all(abs(part - value) <= D("0.50") for part, value in zip(parts, exact, strict=True))
    assert split(-price, weights, rate, included, Profile(False, ROUND_HALF_UP, 2, 0)) == [
        -part for part in split(price, weights, rate, included, Profile(False, ROUND_HALF_UP, 2, 0))
    ]


@given(
    st.decimals("5", "500", places=2),
    st.lists(st.integers(1, 9), min_size=2, max_size=2),
    st.sampled_from([D(20), D(10), D("5.5"), D(0)]),
    st.booleans(),
)
def test_the_tax_of_two_parts_is_the_tax_of_the_pack(
    price: Decimal, weights: list[int], rate: Decimal, included: bool
) -> None:
    """Of more parts, or at a rate of which a cent of tax takes half an euro, it is sought but not always there."""
    parts = split(price, [D(weight) for weight in weights], rate, included, LINE)
    of_whole = tax(predict([Taxed(price, rate, included)], LINE))
    assert tax(predict([Taxed(part, rate, included) for part in parts], LINE)) == of_whole


def test_four_parts_take_several_moves() -> None:
    parts = split(D("5.00"), [D(1)] * 4, D(10), included=False, profile=LINE)
    assert sorted(parts) == [D("1.24"), D("1.24"), D("1.25"), D("1.27")]  # four times 1.25 would be taxed 0.52
    assert tax(predict([Taxed(part, D(10), tax_included=False) for part in parts], LINE)) == D("0.50")


def test_a_part_is_traced_to_its_line() -> None:
    assert [whole(source) for source in ("line 8 A1 104", "line 8", "discount 3", "shipping")] == [
        "line 8", "line 8", "discount 3", "shipping",
    ]  # fmt: skip


# --- from the shop to Sage --------------------------------------------------------------------------------------------


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    map_all(books)
    return live(connect(presta, books))


def turn(shop: Shop) -> None:
    fetch.sweep(shop)
    validate.sweep(shop)
    push.sweep(SageCompany.objects.get())


def parts(shop: Shop) -> None:
    for code, quantity, weight in PARTS:
        ItemPart.objects.create(company=shop.company, reference=PACK, code=code, quantity=quantity, weight=weight)


def sold(sage: Sage300Sandbox) -> list[dict[str, Any]]:
    (order,) = sage.orders()
    return [line for line in order["OrderDetails"] if line["LineType"] == "Item"]


def sums(sage: Sage300Sandbox) -> tuple[Decimal, Decimal]:
    (invoice,) = sage.invoices()
    return invoice["InvoiceTotalWithTax"], invoice["TotalTaxAmount"]


def bought(presta: PrestaShopSandbox, **more: Any) -> tuple[int, Decimal, Decimal]:
    """Three packs and something else; order, total, tax."""
    lines = [{"reference": PACK, "quantity": 3}, {"reference": "demo_1", "quantity": 1}]
    order_id = presta.add_order(lines=lines, module="paypal", **more)
    row = presta.store.row("orders", order_id)
    total, net = D(str(row["total_paid_tax_incl"])), D(str(row["total_paid_tax_excl"]))
    return order_id, total, total - net


@pytest.mark.parametrize("with_tax", [True, False])
def test_a_pack_is_sold_in_its_parts(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, with_tax: bool
) -> None:
    shop.company.prices_include_tax = with_tax
    shop.company.save()
    parts(shop)
    _order, total, tax_of_it = bought(presta)
    turn(shop)
    row = StagedOrder.objects.get()
    assert (row.status, (row.verdict or {}).get("kind")) == ("posted", "equal"), list(
        row.issues.values("code", "values")
    )
    assert sums(sage) == (total, tax_of_it)
    amounts = {line["Item"]: (line["QuantityOrdered"] or line["QuantityShippedtodate"]) for line in sold(sage)}
    assert amounts == {"demo_11": 6, "demo_6": 3, "BOOK-55": 3, "demo_1": 1}
    detail = next(each for each in presta.rows("order_details") if each["product_reference"] == PACK)
    lines = row.postings.get(kind="sale").prepared["lines"]
    of_pack = {line["code"]: D(line["amount"]) for line in lines if line["source"].startswith(f"line {detail['id']} ")}
    assert set(of_pack) == {"demo_11", "demo_6", "BOOK-55"}
    assert sum(of_pack.values()) == D(detail[f"total_price_tax_{'incl' if with_tax else 'excl'}"]).quantize(D("0.01"))
    assert of_pack["BOOK-55"] == 0
    assert abs(of_pack["demo_6"] - sum(of_pack.values()) * D("0.7")) <= D("0.05")


@pytest.mark.parametrize("code", [PACK, "A1-800/0"])
def test_a_pack_that_is_an_item_or_a_kit_stays_one_line(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, code: str
) -> None:
    if code != PACK:
        ItemMapping.objects.create(company=shop.company, reference=PACK, code=code)
    _order, total, tax_of_it = bought(presta)
    turn(shop)
    assert StagedOrder.objects.get().status == "posted"
    assert [line["Item"] for line in sold(sage)] == [code, "demo_1"]
    assert sums(sage) == (total, tax_of_it)


def test_each_part_that_cannot_be_sold_is_named_and_its_repair_releases_the_order(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User, admin_client: Client
) -> None:
    for code in ("A1-900/0", "A1-700/0", "NOWHERE", "demo_6"):
        ItemPart.objects.create(company=shop.company, reference=PACK, code=code)
    bought(presta)
    turn(shop)
    row = StagedOrder.objects.get()
    issues = {issue.code: issue for issue in row.issues.filter(closed_at=None).order_by("place")}
    line = next(each for each in presta.rows("order_details") if each["product_reference"] == PACK)["id"]
    assert {(code, issue.place) for code, issue in issues.items()} == {
        ("item-inactive", f"line {line} A1-900/0"),
        ("item-lot-or-serial", f"line {line} A1-700/0"),
        ("item-unknown", f"line {line} NOWHERE"),
    }
    assert "no item “NOWHERE”" in CAUSES["item-unknown"].tell(issues["item-unknown"])
    assert all(CAUSES[code].link(issue).endswith(f"/itempart/?q={PACK}") for code, issue in issues.items())
    page = admin_client.get(reverse("admin:staging_stagedorder_change", args=[row.pk])).content.decode()
    assert all(word in page for word in ("parts of a pack", "A1-700/0", "NOWHERE", "no item “NOWHERE”"))
    assert "not known" not in page
    ItemPart.objects.get(code="A1-700/0").delete()
    ItemPart.objects.get(code="NOWHERE").delete()
    sage.set_item_active("A19000", active=True)
    assert staff.check_again(row, staff_user)
    turn(shop)
    row.refresh_from_db()
    assert row.status == "posted", list(row.issues.filter(closed_at=None).values("code"))


def test_a_pack_that_comes_back_comes_back_in_its_parts(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    parts(shop)
    order_id, _total, _tax = bought(presta)
    turn(shop)
    line = next(each for each in presta.rows("order_details") if each["product_reference"] == PACK)
    presta.add_slip(order_id, {int(line["id"]): 1})
    turn(shop)
    row = StagedOrder.objects.get()
    assert not row.issues.filter(closed_at=None).exists(), list(row.issues.values("code", "values"))
    (note,) = sage.credit_notes()
    returned = {each["Item"]: each["QuantityReturned"] for each in note["CreditDebitDetails"]}
    assert returned == {"demo_11": 2, "demo_6": 1, "BOOK-55": 1}
    back = D(str(presta.rows("order_slip")[0]["amount"])).quantize(D("0.01"))
    assert note["CreditDebitNoteTotal"] == back

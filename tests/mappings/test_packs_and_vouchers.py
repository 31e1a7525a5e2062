"""Packs that Sage knows in parts only, and vouchers that are money: what fits, what is refused, what is woken."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from connectors.models import SageCompany, Shop
from mappings.models import ItemMapping, ItemPart, SageRecord, VoucherMapping
from mappings.resolve import Resolver
from tests.mappings.conftest import woken
from tests.mappings.test_admin import save
from tests.mappings.test_spreadsheets import confirm, preview


def part_fields(company: SageCompany, **more: Any) -> dict[str, Any]:
    return {"company": company.pk, "reference": "PACK", "code": "A1-104/0", "quantity": "2", "weight": "1", **more}


# --- packs ------------------------------------------------------------------------------------------------------------


def test_a_pack_is_its_parts_and_a_shops_own_parts_go_before_all_others(company: SageCompany, shop: Shop) -> None:
    ItemPart.objects.create(company=company, reference="PACK", code="A1-104/0", quantity=2, weight=3)
    ItemPart.objects.create(company=company, reference="PACK", code="A1-103/0", unit="Box")
    found = Resolver(shop).parts(" PACK ")
    assert [(part.item.code, part.item.unit, part.item.factor, part.weight) for part in found] == [
        ("A1-103/0", "Box", Decimal(1), Decimal(1)),
        ("A1-104/0", "Ea.", Decimal(2), Decimal(3)),
    ]
    ItemPart.objects.create(company=company, shop=shop, reference="PACK", code="NOWHERE")
    (own,) = Resolver(shop).parts("PACK")
    assert (own.item.code, own.item.record) == ("NOWHERE", None)
    assert Resolver(shop).parts("A1-103/0") == ()
    assert Resolver(shop).parts("") == ()


def test_a_reference_is_one_item_or_several_parts_never_both(accountant: Client, company: SageCompany) -> None:
    save(accountant, "itempart_add", **part_fields(company))
    text = save(accountant, "itemmapping_add", company=company.pk, reference="PACK", code="A1-103/0", factor="1")
    assert "“PACK” stands among the parts of packs already (PACK → 2 A1-104/0). Delete it there first" in text
    assert not ItemMapping.objects.exists()
    ItemMapping.objects.create(company=company, reference="LAMP", code="A1-103/0")
    text = save(accountant, "itempart_add", **part_fields(company, reference="LAMP"))
    assert "“LAMP” stands among the item mappings already" in text
    assert ItemPart.objects.get().reference == "PACK"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"code": "A9-999"}, "Sage has no item “A9-999”"),
        ({"unit": "Pallet"}, "not in “Pallet”"),
        ({"quantity": "0"}, "The quantity must be greater than 0"),
        ({"weight": "-1"}, "The share of the price must not be negative"),
    ],
)
def test_what_a_part_cannot_be_is_refused(
    accountant: Client, company: SageCompany, change: dict[str, str], message: str
) -> None:
    assert message in save(accountant, "itempart_add", **part_fields(company, **change))
    assert not ItemPart.objects.exists()


def test_parts_come_from_a_spreadsheet_and_wake_what_waits_for_the_pack(
    accountant: Client, company: SageCompany, since: int, bells: None, django_capture_on_commit_callbacks: Any
) -> None:
    rows = b"reference,code,quantity,weight\nPACK,A1-104/0,2,3\nPACK,A1-103/0,,\n"
    with django_capture_on_commit_callbacks(execute=True):
        confirm(accountant, preview(accountant, rows, "itempart"), "itempart")
    found = ItemPart.objects.order_by("pk").values_list("code", "quantity", "weight")
    assert list(found) == [("A1-104/0", Decimal(2), Decimal(3)), ("A1-103/0", Decimal(1), Decimal(1))]
    assert woken(company, since) == {("item", "PACK")}


# --- vouchers ---------------------------------------------------------------------------------------------------------


def test_the_exact_name_goes_before_the_longest_beginning(company: SageCompany, shop: Shop) -> None:
    for name, code in (("Gift card*", "CASH"), ("Gift card 50*", "CARD"), ("Gift card 50 red", "DIGWAL")):
        VoucherMapping.objects.create(company=company, name=name, code=code)
    resolver = Resolver(shop)
    names = ("Gift card 20", "gift card 50 blue", "GIFT CARD 50 RED", "Summer sale", "A gift card", "")
    codes = [match.code if (match := resolver.voucher(name)) else "" for name in names]
    assert codes == ["CASH", "CARD", "DIGWAL", "", "", ""]


def test_a_star_alone_would_make_every_discount_money(accountant: Client, company: SageCompany, shop: Shop) -> None:
    fields = {"company": company.pk, "code": "CASH"}
    assert "would make every discount a payment" in save(accountant, "vouchermapping_add", name="*", **fields)
    assert not VoucherMapping.objects.exists()
    VoucherMapping.objects.create(company=company, name="*", code="CASH")  # from before, or from another hand
    assert Resolver(shop).voucher("Summer sale") is None


def test_a_voucher_names_a_payment_code_and_a_bank_that_sage_has(
    accountant: Client, company: SageCompany, since: int
) -> None:
    text = save(accountant, "vouchermapping_add", company=company.pk, name="Gift*", code="NOPE", bank="NOBANK")
    assert "no payment code “NOPE”" in text
    assert "no bank “NOBANK”" in text
    rows = b"name,code,bank\nGift*,CASH,BNPEUR\nCard*,DIGWAL,\n"
    confirm(accountant, preview(accountant, rows, "vouchermapping"), "vouchermapping")
    assert set(VoucherMapping.objects.values_list("name", "code", "bank")) == {
        ("Gift*", "CASH", "BNPEUR"),
        ("Card*", "DIGWAL", ""),
    }
    assert woken(company, since) == {("voucher", "*"), ("decided", "voucher")}


def test_a_part_that_sage_marks_inactive_is_still_named(company: SageCompany, shop: Shop) -> None:
    ItemPart.objects.create(company=company, reference="PACK", code="A1-400/0")
    SageRecord.objects.filter(code="A1-400/0").update(active=False)
    (part,) = Resolver(shop).parts("PACK")
    assert part.item.record is not None
    assert not part.item.record.active

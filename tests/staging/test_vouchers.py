"""Vouchers that are money: the sale keeps its full value and tax, and the voucher pays, under a receipt of its own."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings.models import ChargeMapping, PaymentMapping, VoucherMapping
from staging.causes import CAUSES
from staging.models import StagedOrder
from tests.staging.books import codes, received, turn
from tests.staging.conftest import connect, live
from tests.staging.pushing import settle
from tests.staging.test_proofs import counted, proved
from tests.staging.world import map_all
from tests.story import Staff, opened

D = Decimal


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    books.receipts = SageCompany.Receipts.PREPAYMENT
    books.save()
    map_all(books)
    VoucherMapping.objects.create(company=books, name="Gift card*", code="CASH", bank="BNPEUR")
    return live(connect(presta, books))


def card(presta: PrestaShopSandbox, name: str, amount: str) -> str:
    """A gift card with tax in its value, as shops make them; its name."""
    model = deepcopy(next(row for row in presta.rows("cart_rules") if str(row["code"]) == "AMT5TI"))
    fields = {key: value for key, value in model.items() if key != "id"}
    named = [{**each, "value": name} for each in model["name"]]
    presta.add_row("cart_rules", **(fields | {"name": named, "code": name.upper(), "reduction_amount": amount}))
    return name


def voucher_rows(presta: PrestaShopSandbox, order_id: int) -> list[dict[str, Any]]:
    return [row for row in presta.rows("order_cart_rules") if int(row["id_order"]) == order_id]


def stated(presta: PrestaShopSandbox, order_id: int) -> Decimal:
    return D(str(presta.store.row("orders", order_id)["total_paid_tax_incl"]))


def bought(presta: PrestaShopSandbox, *vouchers: str, **more: Any) -> int:
    """Goods at two rates; the order's number."""
    lines = [{"reference": "demo_1", "quantity": 1}, {"reference": "BOOK-55", "quantity": 2}]
    return presta.add_order(**({"lines": lines, "module": "paypal", "vouchers": list(vouchers)} | more))


def invoiced(sage: Sage300Sandbox) -> tuple[Decimal, Decimal]:
    (invoice,) = sage.invoices()
    return invoice["InvoiceTotalWithTax"], invoice["TotalTaxAmount"]


def sent(order_id: int) -> tuple[str, Decimal, Decimal]:
    """How the order stands, the total its sale was sent with, and what its vouchers paid of it."""
    row = StagedOrder.objects.get(order_id=order_id)
    sale = row.postings.get(kind="sale").prepared
    return row.status, D(sale["total"]), D((row.verdict or {})["vouchers"])


def test_a_gift_card_pays_and_lowers_neither_value_nor_tax(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    order_id = bought(presta, card(presta, "Gift card 20", "20.00"))
    rest = stated(presta, order_id)
    plain = bought(presta, customer=4)
    turn(shop)
    assert codes(order_id) == codes(plain) == []
    sums = {row["OrderNumber"]: (row["InvoiceTotalWithTax"], row["TotalTaxAmount"]) for row in sage.invoices()}
    assert sums[f"PS_{order_id}"] == sums[f"PS_{plain}"]
    assert sums[f"PS_{order_id}"][0] == rest + 20
    assert sent(order_id) == ("posted", rest + 20, D(20))
    (voucher,) = voucher_rows(presta, order_id)
    money = received(sage)
    assert money[f"PS_{order_id}-V{voucher['id']}"] == D("20.00")
    assert sum(amount for reference, amount in money.items() if reference.startswith(f"PS_{order_id}-")) == rest + 20
    entries = {e["CheckReceiptNumber"]: e for batch in sage.receipt_batches() for e in batch["ReceiptsAdjustments"]}
    assert entries[f"PS_{order_id}-V{voucher['id']}"]["PaymentCode"] == "CASH"
    turn(shop)
    assert received(sage) == money


def test_two_cards_and_a_real_discount(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    cards = [card(presta, "Gift card 7", "7.00"), card(presta, "Gift card 3.33", "3.33")]
    order_id = bought(presta, "PCT10", *cards)
    rest = stated(presta, order_id)
    turn(shop)
    assert sent(order_id) == ("posted", rest + D("10.33"), D("10.33"))
    assert invoiced(sage)[0] == rest + D("10.33")
    assert sorted(amount for key, amount in received(sage).items() if "-V" in key) == [D("3.33"), D("7.00")]
    assert sum(received(sage).values()) == rest + D("10.33")
    (document,) = sage.orders()
    (discount,) = {line["MiscellaneousChargesCode"] for line in document["OrderDetails"] if line["ExtendedAmount"] < 0}
    assert discount == "DISC"


@pytest.mark.parametrize("value", ["500.00", None])
def test_a_card_larger_than_the_order_pays_what_there_is(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, value: str | None
) -> None:
    """The shop itself cuts the voucher to the goods; a module that notes the whole card leaves a total of 0."""
    order_id = bought(presta, card(presta, "Gift card 500", "500.00"), module="free_order", state=2)
    if value:
        (voucher,) = voucher_rows(presta, order_id)
        net = str((D(value) / D("1.15")).quantize(D("0.01")))
        presta.edit("order_cart_rules", int(voucher["id"]), value=value, value_tax_excl=net)
        presta.edit(
            "orders", order_id, total_discounts=value, total_discounts_tax_incl=value, total_discounts_tax_excl=net,
            total_paid="0", total_paid_tax_incl="0", total_paid_tax_excl="0",
        )  # fmt: skip
        for payment in presta.rows("order_payments"):
            presta.delete("order_payments", int(payment["id"]))
    turn(shop)
    assert codes(order_id) == []
    total, tax = invoiced(sage)
    row = presta.store.row("orders", order_id)
    goods = D(str(row["total_products_wt"])) + D(str(row["total_shipping_tax_incl"]))
    assert total == goods
    assert tax == goods - D(str(row["total_products"])) - D(str(row["total_shipping_tax_excl"]))
    assert sum(received(sage).values()) == goods
    assert sent(order_id)[2] == goods - stated(presta, order_id)


def test_without_a_bank_of_its_own_it_goes_where_payments_go_or_waits(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    VoucherMapping.objects.update(bank="")
    gift = card(presta, "Gift card 5", "5.00")
    first = bought(presta, gift)
    turn(shop)
    assert codes(first) == []
    assert {batch["BankCode"] for batch in sage.receipt_batches()} == {"BNPEUR"}
    PaymentMapping.objects.create(company=shop.company, module="cash", code="CASH", receipt=False)
    second = bought(presta, gift, module="cash", payment="Cash", state=2, customer=4)
    turn(shop)
    assert codes(second) == ["bank-missing"]
    assert len(sage.orders()) == 1
    issue = StagedOrder.objects.get(order_id=second).issues.get(closed_at=None)
    assert "“Gift card 5” names no bank" in CAUSES[issue.code].tell(issue)
    assert "/vouchermapping/" in CAUSES[issue.code].link(issue)
    mapping = VoucherMapping.objects.get()
    mapping.bank = "BNPEUR"
    mapping.save()
    turn(shop)
    assert (codes(second), sent(second)[0]) == ([], "posted")
    assert len([key for key in received(sage) if key.startswith(f"PS_{second}-V")]) == 1


def test_what_was_sent_as_a_discount_stays_one_and_the_other_way_round(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    gift = card(presta, "Present 5", "5.00")
    first = bought(presta, gift)
    turn(shop)
    assert codes(first) == [], list(StagedOrder.objects.get().issues.values("code", "values"))
    before = received(sage)
    VoucherMapping.objects.create(company=shop.company, name="Present*", code="CASH", bank="BNPEUR")
    second = bought(presta, gift, customer=4)
    presta.set_state(first, 4)
    turn(shop)
    settle(shop.company, 1)
    assert codes(first) == codes(second) == []
    assert {key: value for key, value in received(sage).items() if key.startswith(f"PS_{first}-")} == before
    VoucherMapping.objects.all().delete()
    presta.set_state(second, 4)
    turn(shop)
    assert (codes(second), sent(second)[2]) == ([], D("5.00"))


def test_a_card_taken_off_the_order_after_its_receipt_is_told(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    order_id = bought(presta, card(presta, "Gift card 5", "5.00"))
    turn(shop)
    (voucher,) = voucher_rows(presta, order_id)
    presta.edit("order_cart_rules", int(voucher["id"]), deleted="1")
    full = str(stated(presta, order_id) + 5)
    presta.store.update("orders", order_id, total_paid_tax_incl=full, total_discounts_tax_incl="0",
                        total_discounts_tax_excl="0", total_paid_tax_excl=str(invoiced(sage)[0] - invoiced(sage)[1]),
                        date_upd=presta.clock.text())  # fmt: skip
    turn(shop)
    issue = StagedOrder.objects.get().issues.get(closed_at=None)
    assert (issue.code, issue.place) == ("payment-gone", f"discount {voucher['id']}")


def test_the_residual_of_a_voucher_in_six_decimals_is_counted_once(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    ChargeMapping.objects.create(company=shop.company, charge="rounding", code="ROUND")
    shop.company.tax_tolerance = 1  # the shop rounds its sum, Sage each line
    shop.company.save()
    order_id = bought(presta, "PCT10", card(presta, "Gift card 5", "5.00"), round_type=3, currency=2)
    turn(shop)
    assert codes(order_id) == [], StagedOrder.objects.get().verdict
    paid = sent(order_id)[2]
    assert paid == D("5.43")
    assert invoiced(sage)[0] == stated(presta, order_id) + paid == sum(received(sage).values())


def test_the_day_proof_counts_the_full_value_and_the_page_says_what_paid_it(db: None) -> None:
    with opened() as story:
        VoucherMapping.objects.create(company=story.company, name="Gift card*", code="CASH", bank="BNPEUR")
        order_id = story.buys("demo_1", vouchers=[card(story.presta, "Gift card 20", "20.00")])
        for _ in range(2):
            story.turn()
        rest = stated(story.presta, order_id)
        proof = proved(story)
        assert proof.clean, proof.differences
        assert counted(proof, "sales") == {"": (1, rest + 20)}
        assert counted(proof, "receipts by bank") == {"BNPEUR": (1, rest)}
        assert counted(proof, "vouchers as payment") == {"BNPEUR": (1, D("20.00"))}
        page = Staff().reads(story.order(order_id))
        assert "Of the total 20.00 EUR was paid by vouchers that are money" in page

"""An order in a second currency, with its own rate: sale, receipt and credit note, exact in both currencies."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings.models import ChargeMapping, PaymentMapping
from staging.models import StagedOrder
from tests.staging.books import codes, turn
from tests.staging.conftest import connect, live
from tests.staging.world import map_all

D = Decimal
USD = 2
RATE = D("0.9203866")
"""One over the shop's 1.0865, with Sage's seven decimals."""


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    books.receipts = SageCompany.Receipts.PREPAYMENT
    books.tax_tolerance = 1  # converted prices leave a cent of tax here and there
    books.save()
    map_all(books)
    ChargeMapping.objects.create(company=books, charge="rounding", code="ROUND")
    return live(connect(presta, books))


@pytest.mark.parametrize("bank", ["BNPEUR", "BNPUSD"])
def test_sale_receipt_and_credit_note(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, bank: str) -> None:
    PaymentMapping.objects.update(bank=bank)
    lines = [{"reference": "demo_1", "quantity": 3}, {"reference": "BOOK-55", "quantity": 1}]
    order_id = presta.add_order(lines=lines, module="paypal", currency=USD, vouchers=["AMT5TE"], gift_wrap=True)
    turn(shop)
    assert codes(order_id) == []
    stated = presta.row("orders", order_id)
    total = D(str(stated["total_paid_tax_incl"]))
    (order,), (invoice,) = sage.orders(), sage.invoices()
    assert (order["OrderSourceCurrency"], order["OrderRate"], order["CustomerNumber"]) == ("USD", RATE, "WEBUSD")
    assert invoice["InvoiceTotalWithTax"] == total
    (batch,) = sage.receipt_batches()
    (entry,) = batch["ReceiptsAdjustments"]
    assert (batch["BankCode"], entry["CustomerReceiptAmount"]) == (bank, total)
    arrived = (total * RATE).quantize(D("0.01"), ROUND_HALF_UP) if bank == "BNPEUR" else total
    assert entry["BankReceiptAmount"] == arrived
    line = next(row for row in presta.rows("order_details") if row["product_reference"] == "demo_1")
    presta.add_slip(order_id, {int(line["id"]): 3}, shipping=True)
    turn(shop)
    assert codes(order_id) == [], StagedOrder.objects.get().issues.values_list("values")
    (slip,) = presta.rows("order_slip")
    (note,) = sage.credit_notes()
    assert (note["CreditDebitNoteSourceCurr"], note["CreditDebitNoteRate"]) == ("USD", RATE)
    back = D(str(slip["total_products_tax_incl"])) + D(str(slip["total_shipping_tax_incl"]))
    assert note["CreditDebitNoteTotal"] == back.quantize(D("0.01"))


def test_a_bank_that_takes_neither_currency_holds_the_order_until_its_mapping_is_right(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    mapping = PaymentMapping.objects.get()
    mapping.bank = "SEATAC"
    mapping.save()
    order_id = presta.add_order(lines=[{"reference": "demo_1", "quantity": 1}], module="paypal")
    turn(shop)
    assert codes(order_id) == ["bank-currency"]
    assert sage.orders() == []
    mapping.bank = "BNPEUR"
    mapping.save()
    turn(shop)
    assert codes(order_id) == []
    assert len(sage.receipt_batches()) == len(sage.orders()) == 1

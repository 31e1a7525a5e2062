"""Tax on top that one or several authorities charge, each rounded by itself: the United States and Canada."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connectors import open_sage
from connectors.models import SageCompany, Shop
from connectors.sage300.assumptions import Assumptions
from connectors.sage300.bodies import tax_classes
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.types import SaleLine
from mappings.mirror import refresh
from mappings.models import ChargeMapping, TaxClassMapping, TaxGroupMapping
from staging.causes import CAUSES
from staging.models import StagedOrder
from staging.money import Profile, predict, tax
from tests.staging.books import codes, turn
from tests.staging.conftest import connect, live
from tests.staging.test_money import DOCUMENT, LINE
from tests.staging.world import map_all

D = Decimal
AMERICA, GOODS = 21, "1"
GOODS_BOUGHT = [{"reference": "demo_1", "quantity": 3}, {"reference": "HEAVY", "quantity": 1}]
BUYER: dict[str, Any] = {"customer": 2, "address": 5, "currency": 2}


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    map_all(books)
    ChargeMapping.objects.create(company=books, charge="rounding", code="ROUND")
    books.tax_tolerance = 1
    books.save()
    return live(connect(presta, books))


def taxed(presta: PrestaShopSandbox, company: SageCompany, group: str, *rates: str) -> None:
    """The shop charges these taxes on goods in America; Sage's group for it."""
    for rate in rates:
        number = presta.add_row("taxes", rate=rate, active="1", deleted="0", name=[{"id": "1", "value": f"Tax {rate}"}])
        presta.add_row("tax_rules", id_tax_rules_group=GOODS, id_country=str(AMERICA), id_state="0", id_tax=str(number),
                       behavior="1")  # fmt: skip
    TaxGroupMapping.objects.filter(country="US").update(code=group)
    whole = sum((D(rate) for rate in rates), D(0))
    for of_all, tax_class in ((whole, "1"), (D(0), "2")):
        TaxClassMapping.objects.create(company=company, tax_group=group, rate=of_all, code=tax_class)
    refresh(company, open_sage(company))


def to_state(presta: PrestaShopSandbox, iso: str, rate: str) -> None:
    """The American buyer lives in this state, where the shop charges this on goods."""
    (state,) = [row for row in presta.rows("states", id_country=str(AMERICA)) if row["iso_code"] == iso]
    presta.edit("addresses", 5, id_state=str(state["id"]))
    tax = presta.add_row("taxes", rate=rate, active="1", deleted="0", name=[{"id": "1", "value": f"Tax {iso}"}])
    presta.add_row("tax_rules", id_tax_rules_group=GOODS, id_country=str(AMERICA), id_state=str(state["id"]),
                   id_tax=str(tax), behavior="1")  # fmt: skip


def invoiced(sage: Sage300Sandbox) -> dict[str, Any]:
    (invoice,) = sage.invoices()
    return dict(invoice)


@pytest.mark.parametrize("discount", [[], ["PCT10"]])
def test_a_sales_tax_that_may_not_lie_in_the_price(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, discount: list[str]
) -> None:
    taxed(presta, shop.company, "CALIF", "7.25")
    order_id = presta.add_order(lines=GOODS_BOUGHT, module="paypal", vouchers=discount, **BUYER)
    stated = presta.row("orders", order_id)
    turn(shop)
    row = StagedOrder.objects.get()
    assert codes(order_id) == [], list(row.issues.values_list("values"))
    invoice = invoiced(sage)
    assert invoice["InvoiceTotalWithTax"] == D(str(stated["total_paid_tax_incl"]))
    assert invoice["TotalTaxAmount"] > 0
    assert not any(line["TaxIncluded1"] for line in invoice["InvoiceDetails"])


def test_two_taxes_on_one_line_are_each_rounded_by_themselves(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    taxed(presta, shop.company, "BCTAX", "5.000", "7.000")
    order_id = presta.add_order(lines=GOODS_BOUGHT, module="paypal", **BUYER)
    (line, *_rest) = presta.rows("order_details", id_order=order_id)
    assert len(line["associations"]["taxes"]) == 2
    stated = presta.row("orders", order_id)
    turn(shop)
    row = StagedOrder.objects.get()
    assert codes(order_id) == [], list(row.issues.values_list("values"))
    invoice = invoiced(sage)
    assert invoice["InvoiceTotalWithTax"] == D(str(stated["total_paid_tax_incl"]))
    goods = [each for each in invoice["InvoiceDetails"] if each["LineType"] == "Item"]
    assert [(each["TaxRate1"], each["TaxRate2"]) for each in goods] == [(5, 7)] * 2
    (charge,) = [each for each in invoice["InvoiceDetails"] if each["MiscellaneousChargesCode"] == "SHIP"]
    assert (charge["TaxRate1"], charge["TaxRate2"]) == (5, 7)
    slip = presta.add_slip(order_id, {int(line["id"]): 3})
    turn(shop)
    assert codes(order_id) == []
    (note,) = sage.credit_notes()
    back = D(str(presta.row("order_slip", slip)["total_products_tax_incl"]))
    assert abs(note["CreditDebitNoteTotal"] - back) <= D("0.01")


def new_york(sage: Sage300Sandbox) -> None:
    """Sage has a tax group for New York beside California's."""
    for resource, key in (
        ("TXTaxAuthorities", ("CALIF",)),
        ("TXTaxRates", ("CALIF", "Sales", 1)),
        ("TXTaxGroups", ("CALIF", "Sales")),
    ):
        row = dict(sage.get(resource, *key) or {})
        row |= {name: "NYTAX" for name, value in row.items() if value == "CALIF"}
        sage.add(resource, row | ({"ItemRate1": D("8.875")} if "ItemRate1" in row else {}))


def test_each_state_has_its_tax_group_and_one_without_is_named(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    new_york(sage)
    TaxGroupMapping.objects.all().delete()
    TaxGroupMapping.objects.create(company=shop.company, country="US", state="US-NY", code="NYTAX")
    for group, rate, tax_class in (("NYTAX", "8.875", "1"), ("CALIF", "7.25", "1"), ("*", "0", "2")):
        TaxClassMapping.objects.create(company=shop.company, tax_group=group, rate=D(rate), code=tax_class)
    refresh(shop.company, open_sage(shop.company))

    to_state(presta, "NY", "8.875")
    first = presta.add_order(lines=[{"reference": "demo_1", "quantity": 1}], module="paypal", **BUYER)
    turn(shop)
    row = StagedOrder.objects.get()
    assert (codes(first), row.verdict and row.verdict["kind"]) == ([], "equal")
    invoice = invoiced(sage)
    assert invoice["InvoiceTotalWithTax"] == D(str(presta.row("orders", first)["total_paid_tax_incl"]))
    assert {each["TaxRate1"] for each in invoice["InvoiceDetails"] if each["LineType"] == "Item"} == {D("8.875")}

    to_state(presta, "CA", "7.25")
    second = presta.add_order(lines=GOODS_BOUGHT, module="paypal", **BUYER)
    turn(shop)
    assert codes(second) == ["tax-group-unknown"]
    issue = StagedOrder.objects.get(order_id=second).issues.get(closed_at=None)
    assert (issue.value, issue.suggestions[0]["code"]) == ("US-CA private", "CALIF")
    assert "state=US-CA" in CAUSES["tax-group-unknown"].link(issue)
    TaxGroupMapping.objects.create(company=shop.company, country="US", state="US-CA", code="CALIF")
    turn(shop)
    assert codes(second) == []
    assert len(sage.invoices()) == 2


class Twice:
    """A line that two authorities tax."""

    amount, rate, tax_included, rates = D("0.50"), D(12), False, (D(5), D(7))


@pytest.mark.parametrize(("profile", "expected"), [(LINE, "0.14"), (DOCUMENT, "0.12")])
def test_each_authority_rounds_its_own_tax(profile: Profile, expected: str) -> None:
    """5 % and 7 % of 0.50 are 0.03 and 0.04, though 12 % are 0.06; of 1.00 together they are 0.05 and 0.07."""
    assert tax(predict([Twice(), Twice()], profile)) == D(expected)


def test_a_line_carries_its_class_for_each_authority() -> None:
    line = SaleLine("item", "X", "", D(1), "", D(1), D(1), False, 3, D(12), rates=(D(5), D(7)))
    assert tax_classes(line, Assumptions()) == ["TaxClass1", "TaxClass2"]
    assert tax_classes(replace(line, rates=()), Assumptions()) == ["TaxClass1"]
    own = replace(Assumptions(), line_tax_classes=("TaxClass1", "TaxClass3"))
    assert tax_classes(line, own) == ["TaxClass1", "TaxClass3"]
    assert tax_classes(line, replace(Assumptions(), further_tax_classes="LineTaxClass{n}"))[1:] == ["LineTaxClass2"]
    assert tax_classes(line, replace(Assumptions(), further_tax_classes="")) == ["TaxClass1"]

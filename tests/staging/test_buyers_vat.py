"""VAT numbers decide who is a company; reverse charge is by rule alone."""

from __future__ import annotations

import pytest
from django.utils import timezone

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings.models import CustomerRule, TaxClassMapping, TaxGroupMapping
from staging.models import Correction, StagedOrder
from tests.staging.buying import bought_by, buys, causes, check, row, shop_of_buyers, turn

BELGIUM, STATES = "3", "21"
VALID, WRONG = "BE0697449992", "BE0697449993"


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The sandbox shop, mapped and live; every buyer gets a customer of the group WEB."""
    return shop_of_buyers(presta, books, monkeypatch)


# --- VAT numbers ------------------------------------------------------------------------------------------------------


@pytest.fixture
def reverse_charge(shop: Shop) -> None:
    """Belgian companies are taxed there: by a rule, and only by it."""
    TaxGroupMapping.objects.create(company=shop.company, country="BE", buyer="company", code="EUB2B")
    TaxClassMapping.objects.create(company=shop.company, tax_group="EUB2B", rate=0, code="1")


def test_a_wrong_number_makes_nobody_a_company(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, reverse_charge: None
) -> None:
    number = buys(presta, "be@example.be", id_country=BELGIUM, vat_number=WRONG)
    french = buys(presta, "fr@example.fr", vat_number="FR40303265044")  # changes nothing there: it goes
    turn(shop)
    assert (row(french).status, causes(number)) == ("posted", {"vat-number-invalid"})
    card = sage.get("ARCustomers", bought_by(sage, french))
    assert card is not None
    assert card["TaxRegistrationNumber1"] == ""

    Correction.objects.create(order=row(number), place="vat-number-invalid", field="accept", value=True)
    StagedOrder.objects.filter(order_id=number).update(status="staged", due_at=timezone.now())
    turn(shop)
    (order,) = [each for each in sage.orders() if each["OrderReference"] == f"PS_{number}"]
    assert order["TaxGroup"] == "FRTVA"


def test_reverse_charge_is_by_rule_and_the_shop_must_have_charged_so(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, reverse_charge: None
) -> None:
    charged = buys(presta, "be@example.be", id_country=BELGIUM, vat_number=VALID)
    turn(shop)
    assert causes(charged) == {"tax-class-unknown"}  # the shop charged French VAT, the rule says none

    TaxGroupMapping.objects.create(company=shop.company, country="US", buyer="company", code="EUB2B")
    free = buys(presta, "us@example.com", id_country=STATES, vat_number="12-3456")
    private = buys(presta, "us2@example.com", id_country=STATES)
    turn(shop)
    groups = {each["OrderReference"]: each["TaxGroup"] for each in sage.orders()}
    assert groups == {f"PS_{free}": "EUB2B", f"PS_{private}": "EXPORT"}


def test_a_rule_may_take_the_numbers_as_written(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, reverse_charge: None
) -> None:
    CustomerRule.objects.filter(field="any").update(vat_as_written=True)
    number = buys(presta, "be@example.be", id_country=BELGIUM, vat_number=WRONG)
    check(shop)
    assert causes(number) == {"tax-class-unknown"}  # a company all the same

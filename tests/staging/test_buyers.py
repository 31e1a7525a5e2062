"""One Sage customer per buyer: five guest orders make one, known ones are found, doubt is for staff."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from connectors import open_sage
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.telling import worded
from mappings.mirror import refresh
from mappings.models import BuyerCode, CustomerRule
from staging import push, resync, settling
from staging.models import Correction, Posting, StagedOrder
from tests.staging.back_office import page
from tests.staging.buying import bought_by, buys, causes, check, made, row, shop_of_buyers, stands, turn
from tests.staging.pushing import lines, settle
from tests.staging.test_changes_after_posting import change, halve_a_line
from tests.story import Staff

EPOCH = date(2026, 1, 1)
BELGIUM = "3"
VALID = "BE0697449992"


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The sandbox shop, mapped and live; every buyer gets a customer of the group WEB."""
    return shop_of_buyers(presta, books, monkeypatch)


# --- one buyer, one customer ------------------------------------------------------------------------------------------


def test_five_guest_orders_with_one_email_make_one_customer(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    spellings = ("Jo@Example.fr", "jo@example.fr", "JO@example.FR")
    first, second, third = [buys(presta, spelling, guest=True) for spelling in spellings]
    turn(shop)
    fourth = buys(presta, "jo@EXAMPLE.fr", guest=True)  # the first ones are posted, the mirror does not know it yet
    turn(shop)
    refresh(shop.company, open_sage(shop.company), ["customer"])
    account = buys(presta, "jo@example.fr")  # and opens an account
    turn(shop)

    (code,) = made(sage, "jo@example.fr")
    assert {bought_by(sage, number) for number in (first, second, third, fourth, account)} == {code}
    assert code == f"PSC{presta.row('orders', first)['id_customer']}"
    posting = Posting.objects.get(kind="customer")
    assert (posting.status, posting.source_key) == ("pushed", f"shop {shop.pk} buyer {code}")
    assert sage.counts()["POST ARCustomers"] == 1


def test_an_account_and_a_later_guest_with_its_email_are_one_buyer_also_under_another_email_later(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    account = buys(presta, "ana@example.fr")
    guest = buys(presta, "Ana@example.fr", guest=True)
    turn(shop)
    customer = int(presta.row("orders", account)["id_customer"])
    presta.edit("customers", customer, email="ana@work.example")
    again = presta.add_order(lines=lines(), module="paypal", customer=customer)
    other = buys(presta, "bo@example.fr")
    turn(shop)

    codes = [bought_by(sage, number) for number in (account, guest, again, other)]
    assert codes[:3] == [codes[0]] * 3
    assert codes[3] != codes[0]
    assert sage.counts()["POST ARCustomers"] == 2


def test_a_new_card_says_who_it_is_with_all_letters(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    number = buys(
        presta,
        "l@example.pl",
        firstname="Łukasz",
        lastname="Ćwikła-Ωμέγα",
        company="株式会社 Żubr",
        vat_number="be 697.449.992",
    )
    turn(shop)

    card = sage.get("ARCustomers", bought_by(sage, number))
    assert card is not None
    said = {
        name: card[name] for name in ("CustomerName", "AddressLine1", "Email", "GroupCode", "Terms", "CurrencyCode")
    }
    assert said == {
        "CustomerName": "株式会社 Żubr",
        "AddressLine1": "Łukasz Ćwikła-Ωμέγα",
        "Email": "l@example.pl",
        "GroupCode": "WEB",
        "Terms": "WEB",  # the group's
        "CurrencyCode": "EUR",
    }
    assert (card["TaxRegistrationNumber1"], card["TaxGroup"]) == (VALID, "FRTVA")


def test_a_name_too_long_is_split_over_the_card_when_somebody_accepts(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    company = "Société coopérative des producteurs de fromages de la vallée haute"
    number = buys(presta, "coop@example.fr", company=company, firstname="Ada", lastname="Martin")
    turn(shop)
    assert causes(number) == {"text-too-long"}
    assert not made(sage, "coop@example.fr")

    for place in ("deliver_to", "invoice_to"):
        Correction.objects.create(order=row(number), place=f"text-too-long {place}", field="accept", value=True)
    StagedOrder.objects.filter(order_id=number).update(status="staged", due_at=timezone.now())
    turn(shop)
    card = sage.get("ARCustomers", bought_by(sage, number))
    assert card is not None
    assert len(card["CustomerName"]) <= 60
    assert f"{card['CustomerName']} {card['AddressLine1']}" == company
    assert card["AddressLine2"] == "Ada Martin"


def test_who_pays_in_another_currency_is_another_customer(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    CustomerRule.objects.filter(value="USD").update(code="WEBUS", create=True)
    customer, address = presta.add_customer("kim@example.com")
    euros, dollars = [
        presta.add_order(lines=lines(), module="paypal", customer=customer, address=address, currency=currency)
        for currency in (1, 2)
    ]
    turn(shop)
    assert bought_by(sage, euros) == f"PSC{customer}"
    assert bought_by(sage, dollars) == f"PSC{customer}USD"
    assert made(sage, "kim@example.com") == [f"PSC{customer}", f"PSC{customer}USD"]


# --- who is there already ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("in_sage", "said", "match", "by"),
    [
        (
            {"TaxRegistrationNumber1": "BE 0697.449.992"},
            {"vat_number": "0697449992", "id_country": BELGIUM},
            "either",
            "vat",
        ),
        ({"TaxRegistrationNumber1": "0697449992", "Country": "be"}, {"vat_number": VALID}, "vat", "vat"),
        ({"Email": "sales@maison.example; Jo@Maison.example"}, {}, "either", "email"),
        ({"ContactsEmail": "JO@maison.example"}, {"vat_number": VALID}, "email", "email"),
    ],
)
def test_a_customer_that_sage_has_is_found(
    shop: Shop,
    presta: PrestaShopSandbox,
    sage: Sage300Sandbox,
    in_sage: dict[str, str],
    said: dict[str, Any],
    match: str,
    by: str,
) -> None:
    CustomerRule.objects.filter(field="any").update(match=match)
    stands(sage, shop.company, "1100X", **in_sage)
    stands(sage, shop.company, "9900X", Status="Inactive", **in_sage)
    number = buys(presta, "jo@maison.example", **said)
    turn(shop)
    assert bought_by(sage, number) == "1100X"
    assert "POST ARCustomers" not in sage.counts()


@pytest.mark.parametrize(
    ("in_sage", "said"),
    [
        ({"Email": "jo@maison.example"}, {}),
        ({"TaxRegistrationNumber1": VALID}, {"vat_number": VALID, "id_country": BELGIUM}),
        ({"TaxRegistrationNumber1": VALID[2:], "Country": "BE"}, {"vat_number": VALID, "id_country": BELGIUM}),
    ],
)
def test_a_customer_that_staff_made_since_the_mirror_was_read_is_found_in_sage_itself(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, in_sage: dict[str, str], said: dict[str, Any]
) -> None:
    sage.add("ARCustomers", {"CustomerNumber": "1100X", "GroupCode": "WEB", "CustomerName": "Maison", **in_sage})
    first = buys(presta, "Jo@Maison.example", **said)
    others = [buys(presta, f"kim{number}@example.fr") for number in range(3)]
    sage.clear_log()
    check(shop)
    asked = sum(count for what, count in sage.counts().items() if what.startswith("GET ARCustomers"))
    assert asked == 1 + bool(said), "several buyers in one request"
    push.sweep(SageCompany.objects.get())
    assert bought_by(sage, first) == "1100X"
    assert all(bought_by(sage, number).startswith("PSC") for number in others)


def test_who_is_known_is_not_looked_for_again(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    buys(presta, "jo@example.fr", guest=True)
    turn(shop)
    sage.clear_log()
    buys(presta, "jo@example.fr", guest=True)
    check(shop)
    assert not sage.counts()


def test_nobody_is_looked_for_where_the_rule_says_so(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    CustomerRule.objects.filter(field="any").update(match="none")
    stands(sage, shop.company, "1100X", Email="jo@maison.example")
    number = buys(presta, "jo@maison.example")
    turn(shop)
    assert bought_by(sage, number).startswith("PSC")


def test_of_several_that_fit_none_is_chosen(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    for code in ("1100X", "1200X"):
        stands(sage, shop.company, code, Email="jo@maison.example")
    number = buys(presta, "jo@maison.example", guest=True)
    turn(shop)
    (issue,) = row(number).issues.all()
    assert (issue.code, issue.value) == ("customer-ambiguous", "1100X, 1200X")
    assert [one["code"] for one in issue.suggestions] == ["1100X", "1200X"]
    assert (issue.values["field"], issue.values["who"]) == ("email", "jo@maison.example")

    sage.change("ARCustomers", "1200X", Status="Inactive")  # and “check again” looks in Sage itself
    StagedOrder.objects.filter(order_id=number).update(status="staged", look_again=True)
    turn(shop)
    assert bought_by(sage, number) == "1100X"


def test_one_of_several_is_chosen_on_the_page(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    for code in ("1100X", "1200X"):
        stands(sage, shop.company, code, Email="jo@maison.example")
    number = buys(presta, "jo@maison.example", guest=True)
    turn(shop)
    staff = Staff()
    (cause,) = staff.browser.get(page(row(number))).context["causes"]
    assert "it could be: 1100X Maison 1100X; 1200X Maison 1200X" in cause.text
    link = {one["code"]: address for one, address in cause.suggestions}["1200X"]
    staff.fills(link)
    turn(shop)
    rule = CustomerRule.objects.get(field="email")
    assert (rule.value, rule.code, rule.create) == ("jo@maison.example", "1200X", False)
    assert bought_by(sage, number) == "1200X"


def test_a_number_without_its_country_and_an_address_elsewhere_is_no_proof(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    stands(sage, shop.company, "1100X", TaxRegistrationNumber1="0697449992", Country="Portugal")
    number = buys(presta, "jo@maison.example", vat_number=VALID)
    turn(shop)
    assert causes(number) == {"customer-ambiguous"}
    CustomerRule.objects.create(company=shop.company, field="email", value="JO@maison.example", code="1100X")
    turn(shop)
    assert bought_by(sage, number) == "1100X"


def test_a_known_buyer_with_another_number_than_in_sage_is_for_staff(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    stands(sage, shop.company, "1100X", Email="jo@maison.example", TaxRegistrationNumber1="40 303 265 045")
    same = buys(presta, "jo@maison.example", vat_number="FR40303265045")
    other = buys(presta, "jo@maison.example", vat_number=VALID)
    turn(shop)
    assert (causes(same), causes(other)) == ({"customer-ambiguous"}, {"customer-vat-differs"})
    sage.change("ARCustomers", "1100X", Country="FR")
    refresh(shop.company, open_sage(shop.company), ["customer"])
    turn(shop)
    assert bought_by(sage, same) == "1100X"


def test_a_customer_that_a_restore_lost_is_made_again(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    sage.snapshot("night")
    number = buys(presta, "jo@example.fr")
    turn(shop)
    code = bought_by(sage, number)
    refresh(shop.company, open_sage(shop.company), ["customer"])
    sage.restore("night")
    resync.apply(shop.company, EPOCH, open_sage(shop.company))
    turn(shop)
    assert row(number).status == "posted"
    assert (bought_by(sage, number), made(sage, "jo@example.fr")) == (code, [code])


def test_a_customer_that_is_no_longer_wanted_is_not_made(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    """Staff choose another customer while an order is ready: it is checked again, and nothing is left behind."""
    first, second = buys(presta, "jo@example.fr", guest=True), buys(presta, "jo@example.fr", guest=True)
    check(shop)
    assert [row(number).status for number in (first, second)] == ["ready", "ready"]
    CustomerRule.objects.create(company=shop.company, field="email", value="jo@example.fr", code="WEBEUR")
    turn(shop)
    assert [bought_by(sage, number) for number in (first, second)] == ["WEBEUR", "WEBEUR"]
    assert made(sage, "jo@example.fr") == []
    assert [posting.status for posting in Posting.objects.filter(kind="customer")] == ["dropped"]

    third = buys(presta, "kim@example.fr")
    check(shop)
    BuyerCode.objects.get(buyer="email kim@example.fr").delete()
    buyer = BuyerCode.objects.get(shop=shop, buyer=f"customer {presta.row('orders', third)['id_customer']}")
    buyer.code = "WEBEUR"
    buyer.save()
    turn(shop)
    assert bought_by(sage, third) == "WEBEUR"
    assert made(sage, "kim@example.fr") == []


def test_what_is_sold_anew_goes_to_who_buys_now(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User
) -> None:
    rule = CustomerRule.objects.create(company=shop.company, field="email", value="jo@example.fr", code="WEBEUR")
    customer, address = presta.add_customer("jo@example.fr")
    goods = [{"reference": "demo_1", "quantity": 2}, {"reference": "demo_6", "quantity": 4}]
    number = presta.add_order(lines=goods, module="paypal", customer=customer, address=address)
    turn(shop)
    rule.delete()
    halve_a_line(presta, number)
    turn(shop)
    assert settling.settle(row(number), change(number), "replace", staff_user, "fewer pieces")
    check(shop)
    row(number).postings.filter(kind="customer").update(due_at=timezone.now() + timedelta(hours=1))
    push.sweep(SageCompany.objects.get())
    sent = [each.kind for each in row(number).postings.filter(status="pushed").order_by("pushed_at")]
    assert sent == ["sale", "credit note"], "the new sale waits for its customer, too, whichever is due first"
    settle(shop.company, 2)
    (code,) = made(sage, "jo@example.fr")
    bought = {each["OrderReference"]: each["CustomerNumber"] for each in sage.orders()}
    assert bought == {f"PS_{number}": "WEBEUR", f"PS_{number}-G2": code}
    assert row(number).status == "posted"


def test_who_is_nobody_gets_no_customer_of_his_own(shop: Shop, presta: PrestaShopSandbox) -> None:
    number = presta.add_order(lines=lines(), module="paypal", customer=1, address=7)
    check(shop)
    assert causes(number) == {"buyer-unknown"}


def test_a_code_that_somebody_else_has_in_sage_is_not_taken_for_the_buyer(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    number = buys(presta, "new@example.fr")
    check(shop)
    code = row(number).postings.get(kind="customer").reference
    sage.add("ARCustomers", {"CustomerNumber": code, "GroupCode": "WEB", "CustomerName": "Quelqu'un d'autre"})
    push.sweep(shop.company)
    issue = row(number).issues.get()
    assert issue.code == "reference-taken"
    assert "Quelqu'un d'autre" in worded(issue.values["difference"])
    assert not sage.orders()

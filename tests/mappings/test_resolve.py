"""Shop word in, Sage code out: mapping first, identity where the code is a Sage code, never a guess."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from connectors.models import SageCompany, Shop
from connectors.types import Carrier
from mappings.answers import why
from mappings.models import (
    CarrierMapping,
    ChargeMapping,
    CustomerRule,
    ItemMapping,
    LocationMapping,
    Mapping,
    PaymentMapping,
    SageRecord,
    TakeRule,
    TaxClassMapping,
    TaxGroupMapping,
    WordMapping,
    revision,
)
from mappings.resolve import CustomerMatch, ItemMatch, PaymentMatch, Resolver, Unmapped
from tests.mappings.conftest import add_record, an_order


def item(shop: Shop, reference: str) -> ItemMatch:
    found = Resolver(shop).item(reference)
    assert isinstance(found, ItemMatch)
    return found


# --- items ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reference", ["A1-103/0", "a1-103/0", "A11030", " A1 103 0 "])
def test_identity_ignores_separators_and_case(shop: Shop, reference: str) -> None:
    found = item(shop, reference)
    assert (found.code, found.unit, found.factor, found.mapped) == ("A1-103/0", "Ea.", Decimal(1), False)


def test_a_mapping_goes_before_identity(shop: Shop, company: SageCompany) -> None:
    ItemMapping.objects.create(company=company, reference="A1-103/0", code="A1-104/0", unit="Box", factor=2)
    found = item(shop, "A1-103/0")
    assert (found.code, found.unit, found.factor, found.mapped) == ("A1-104/0", "Box", Decimal(2), True)


def test_the_shops_own_row_goes_before_the_one_for_every_shop(shop: Shop, company: SageCompany) -> None:
    other = Shop.objects.create(name="Other", url="http://other.invalid", key="K", company=company, prefix="OT")
    ItemMapping.objects.create(company=company, shop=shop, reference="BEDLAMP", code="A1-104/0")
    ItemMapping.objects.create(company=company, reference="BEDLAMP", code="A1-400/0")
    assert item(shop, "BEDLAMP").code == "A1-104/0"
    assert item(other, "BEDLAMP").code == "A1-400/0"


@pytest.mark.parametrize("reference", ["BEDLAMP", "", "   "])
def test_what_nobody_knows_is_unmapped(shop: Shop, reference: str) -> None:
    assert Resolver(shop).item(reference) == Unmapped("item", reference.strip())


def test_two_items_that_compare_equal_are_never_guessed_between(shop: Shop, company: SageCompany) -> None:
    add_record(company, "item", "AB-1")
    add_record(company, "item", "A-B1")
    assert Resolver(shop).item("AB1") == Unmapped("item", "AB1")
    assert item(shop, "AB-1").code == "AB-1"


def test_an_inactive_twin_does_not_make_it_ambiguous(shop: Shop, company: SageCompany) -> None:
    add_record(company, "item", "AB-1")
    add_record(company, "item", "A-B1", active=False)
    assert item(shop, "AB1").code == "AB-1"


def test_a_mapped_item_that_sage_lost_is_a_match_without_record(shop: Shop, company: SageCompany) -> None:
    ItemMapping.objects.create(company=company, reference="BEDLAMP", code="GONE-1")
    found = item(shop, "BEDLAMP")
    assert (found.code, found.record, found.mapped) == ("GONE-1", None, True)


def test_an_inactive_item_is_a_match_that_says_so(shop: Shop) -> None:
    SageRecord.objects.filter(code="A1-103/0").update(active=False)
    found = item(shop, "A1-103/0")
    assert found.record is not None
    assert not found.record.active


def test_another_companys_items_are_not_ours(shop: Shop) -> None:
    other = SageCompany.objects.create(name="Theirs", url="http://other.invalid", org_id="X", user="x", password="x")
    add_record(other, "item", "BEDLAMP")
    assert Resolver(shop).item("BEDLAMP") == Unmapped("item", "BEDLAMP")


def test_a_batch_costs_a_fixed_number_of_queries(shop: Shop, company: SageCompany) -> None:
    for number in range(40):
        add_record(company, "item", f"X-{number}")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        resolver = Resolver(shop)
        resolver.prefetch_items([f"X{number}" for number in range(40)])
        for number in range(40):
            assert isinstance(resolver.item(f"X{number}"), ItemMatch)
            resolver.record("payment code", f"P{number}")
            resolver.currency("EUR")
    assert len(queries) <= 16


# --- customers --------------------------------------------------------------------------------------------------------


def rule(company: SageCompany, code: str, **fields: Any) -> CustomerRule:
    return CustomerRule.objects.create(company=company, code=code, **fields)


def test_narrower_customer_rules_go_first_when_nobody_says_otherwise(shop: Shop, company: SageCompany) -> None:
    rule(company, "WEBEUR", field="any")
    rule(company, "WEBUSD", field="currency", value="USD")
    rule(company, "1200", field="email", value="Ronald@Black.example")
    resolver = Resolver(shop)

    def bought_by(**said: Any) -> str:
        found = resolver.customer(an_order(**said))
        assert isinstance(found, CustomerMatch)
        return found.code

    assert bought_by() == "WEBEUR"
    assert bought_by(currency="USD") == "WEBUSD"
    assert bought_by(currency="USD", email="ronald@black.example") == "1200"


def test_the_position_decides_over_the_kind(shop: Shop, company: SageCompany) -> None:
    rule(company, "1200", field="customer", value="2", position=50)
    rule(company, "WEBEUR", field="country", value="FR", position=10)
    found = Resolver(shop).customer(an_order(buyer=2))
    assert found == CustomerMatch("WEBEUR", False, SageRecord.objects.get(code="WEBEUR"))


def test_a_template_names_a_customer_group(shop: Shop, company: SageCompany) -> None:
    rule(company, "WEB", field="group", value="3", create=True)
    found = Resolver(shop).customer(an_order(group=3))
    assert found == CustomerMatch("WEB", True, SageRecord.objects.get(kind="customer group"))


def test_an_order_without_mail_is_not_everybodys(shop: Shop, company: SageCompany) -> None:
    CustomerRule.objects.bulk_create([CustomerRule(company=company, code="1200", field="email", value="", position=1)])
    assert Resolver(shop).customer(an_order(email="")) == Unmapped("customer", "FR EUR")


# --- tax --------------------------------------------------------------------------------------------------------------


def test_tax_group_from_most_to_least_specific(shop: Shop, company: SageCompany) -> None:
    rows = [("*", "any", "ANYANY"), ("*", "company", "ANYCO"), ("BE", "any", "BEANY"), ("BE", "company", "BECO")]
    for country, buyer, code in rows:
        TaxGroupMapping.objects.create(company=company, country=country, buyer=buyer, code=code)
    resolver = Resolver(shop)
    assert resolver.tax_group("BE", True) == "BECO"
    assert resolver.tax_group("BE", False) == "BEANY"
    assert resolver.tax_group("FR", True) == "ANYCO"
    assert resolver.tax_group("FR", False) == "ANYANY"


def test_a_row_for_the_state_goes_before_one_for_its_country_then_the_buyer_decides(
    shop: Shop, company: SageCompany
) -> None:
    rows = [
        ("US", "*", "company", "USCO"),
        ("US", "US-NY", "any", "NYANY"),
        ("US", "US-CA", "any", "CAANY"),
        ("US", "US-CA", "company", "CACO"),
        ("*", "*", "any", "ANY"),
    ]
    for country, state, buyer, code in rows:
        TaxGroupMapping.objects.create(company=company, country=country, state=state, buyer=buyer, code=code)
    resolver = Resolver(shop)
    assert [resolver.tax_group("US", True, state) for state in ("NY", "US-NY", "CA", "NJ", "")] == [
        *("NYANY", "NYANY", "CACO", "USCO", "USCO")
    ]
    assert [resolver.tax_group("US", False, state) for state in ("NY", "CA", "NJ")] == ["NYANY", "CAANY", "ANY"]
    assert resolver.tax_group("MX", True, "NY") == "ANY"


@pytest.mark.parametrize(
    ("country", "state", "named"),
    [("US", "NY", "US-NY private"), ("ES", "M", "ES private"), ("US", "", "US private"), ("BR", "SP", "BR-SP private")],
)
def test_a_state_is_named_where_it_decides_the_tax(
    shop: Shop, company: SageCompany, country: str, state: str, named: str
) -> None:
    TaxGroupMapping.objects.create(company=company, country="BR", state="BR-RJ", code="RJ")
    assert Resolver(shop).tax_group(country, False, state) == Unmapped("tax group", named)


def test_an_unmapped_tax_group_names_destination_and_buyer(shop: Shop) -> None:
    assert Resolver(shop).tax_group("BE", True) == Unmapped("tax group", "BE company")
    assert Resolver(shop).tax_group("BE", False) == Unmapped("tax group", "BE private")


def test_tax_class_from_most_to_least_specific(shop: Shop, company: SageCompany) -> None:
    def row(code: str, **fields: Any) -> None:
        TaxClassMapping.objects.create(company=company, rate=Decimal(20), code=code, **fields)

    row("1")
    row("2", country="BE")
    row("3", rules_group=7)
    row("4", tax_group="FRTVA")
    resolver = Resolver(shop)
    assert resolver.tax_class("X", 1, "FR", Decimal("20.000")) == 1
    assert resolver.tax_class("X", 1, "BE", Decimal(20)) == 2
    assert resolver.tax_class("X", 7, "BE", Decimal(20)) == 3
    assert resolver.tax_class("FRTVA", 7, "BE", Decimal(20)) == 4
    assert resolver.tax_class("FRTVA", 7, "BE", Decimal("5.500")) == Unmapped("tax class", "FRTVA 5.5")


def test_a_rate_is_never_rounded_into_another(shop: Shop, company: SageCompany) -> None:
    TaxClassMapping.objects.create(company=company, rate=Decimal("5.5"), code="3")
    assert Resolver(shop).tax_class("FRTVA", 1, "FR", Decimal("5.501")) == Unmapped("tax class", "FRTVA 5.501")


def test_a_class_that_is_no_number_is_not_sent(shop: Shop, company: SageCompany) -> None:
    TaxClassMapping.objects.create(company=company, rate=Decimal(20), code="S_20")
    assert Resolver(shop).tax_class("FRTVA", 1, "FR", Decimal(20)) == Unmapped("tax class", "FRTVA 20")


# --- one word, one code -----------------------------------------------------------------------------------------------


def test_payment_by_module_else_by_the_row_for_all(shop: Shop, company: SageCompany) -> None:
    assert Resolver(shop).payment("paypal") == Unmapped("payment", "paypal")
    PaymentMapping.objects.create(company=company, module="paypal", code="DIGWAL", terms="N30", bank="BNPEUR")
    PaymentMapping.objects.create(company=company, module="*", code="CARD")
    assert Resolver(shop).payment("paypal") == PaymentMatch("DIGWAL", "N30", "BNPEUR")
    assert Resolver(shop).payment("new_module") == PaymentMatch("CARD", "", "")


def test_an_edited_carrier_still_maps(shop: Shop, company: SageCompany) -> None:
    CarrierMapping.objects.create(company=company, reference_id=2, name="My carrier", code="CCT")
    resolver = Resolver(shop)
    assert resolver.carrier(Carrier(17, 2, "My renamed carrier")) == "CCT"
    assert resolver.carrier(Carrier(17, 0, "my carrier")) == "CCT"  # the webservice zeroed its reference id
    assert resolver.carrier(Carrier(18, 3, "My carrier")) == Unmapped("carrier", "3 My carrier")


def test_a_carrier_by_name_and_none_at_all(shop: Shop, company: SageCompany) -> None:
    CarrierMapping.objects.create(company=company, name="UPS Ground", code="UPSGND")
    resolver = Resolver(shop)
    assert resolver.carrier(Carrier(9, 9, "ups ground")) == "UPSGND"
    assert resolver.carrier(Carrier(9, 9, "")) == Unmapped("carrier", "9")
    assert resolver.carrier(None) == ""


def test_location_of_the_shop_before_that_of_all(shop: Shop, company: SageCompany) -> None:
    assert Resolver(shop).location() == Unmapped("location", "Lamps")
    LocationMapping.objects.create(company=company, code="1")
    LocationMapping.objects.create(company=company, shop=shop, code="2")
    assert Resolver(shop).location() == "2"


def test_words_keep_their_iso_code_unless_mapped(shop: Shop, company: SageCompany) -> None:
    resolver = Resolver(shop)
    assert (resolver.currency("EUR"), resolver.country("FR"), resolver.state("US", "NY")) == ("EUR", "FR", "NY")
    assert resolver.currency("JPY") == Unmapped("currency", "JPY")
    assert resolver.country("") == Unmapped("country", "")
    WordMapping.objects.create(company=company, word_kind="currency", value="JPY", code="YEN")
    WordMapping.objects.create(company=company, word_kind="country", value="FR", code="France")
    WordMapping.objects.create(company=company, word_kind="state", value="US-NY", code="New York")
    resolver = Resolver(shop)
    assert (resolver.currency("JPY"), resolver.country("FR")) == ("YEN", "France")
    assert (resolver.state("US", "NY"), resolver.state("US", "US-NY")) == ("New York", "New York")
    assert resolver.state("FR", "") == ""


def test_charges(shop: Shop, company: SageCompany) -> None:
    ChargeMapping.objects.create(company=company, charge="shipping", code="SHIP")
    resolver = Resolver(shop)
    assert resolver.charge("shipping") == "SHIP"
    assert resolver.charge("wrapping") == Unmapped("charge", "wrapping")


def test_a_states_rule_goes_before_a_modules_and_the_shops(shop: Shop) -> None:
    assert Resolver(shop).take("ps_wirepayment", 10) == "paid"
    TakeRule.objects.create(shop=shop, field="payment", value="ps_wirepayment", take="always")
    TakeRule.objects.create(shop=shop, field="state", value="6", take="never")
    resolver = Resolver(shop)
    assert resolver.take("ps_wirepayment", 10) == "always"
    assert resolver.take("ps_wirepayment", 6) == "never"
    assert resolver.take("paypal", 2) == "paid"


def test_the_revision_is_the_one_before_the_tables(shop: Shop, company: SageCompany) -> None:
    before = revision(company.pk)
    resolver = Resolver(shop)
    ItemMapping.objects.create(company=company, reference="BEDLAMP", code="A1-104/0")
    assert resolver.revision == before
    assert revision(company.pk) == before + 1


# --- suggestions ------------------------------------------------------------------------------------------------------


def suggested(shop: Shop, kind: str, value: str, label: str = "") -> list[tuple[str, str]]:
    return [(one.code, why(one.ground, one.values)) for one in Resolver(shop).suggestions(Unmapped(kind, value), label)]


def test_bedlamp_is_suggested_by_its_name(shop: Shop) -> None:
    best = Resolver(shop).suggestions(Unmapped("item", "BEDLAMP"), "Bedside lamp")[0]
    assert (best.code, best.label, best.score) == ("A1-104/0", "Bedside Lamp", 100)
    assert why(best.ground, best.values) == "same name"
    with override("fr"):
        assert why(best.ground, best.values) == "même nom"
    assert suggested(shop, "item", "BEDLAMP", "Bedside lamp (Colour : White)")[0][0] == "A1-104/0"


def test_a_slip_of_the_pen_is_suggested_by_its_code(shop: Shop) -> None:
    assert suggested(shop, "item", "A1-1040")[0] == ("A1-104/0", "code is alike 100 %")
    assert suggested(shop, "item", "A1-14/0")[0][0] == "A1-104/0"


def test_nothing_alike_suggests_nothing(shop: Shop) -> None:
    assert suggested(shop, "item", "ZZZ-999", "Tractor engine") == []
    assert suggested(shop, "item", "") == []


def test_inactive_records_are_not_suggested(shop: Shop) -> None:
    SageRecord.objects.filter(code="A1-104/0").update(active=False)
    assert "A1-104/0" not in dict(suggested(shop, "item", "BEDLAMP", "Bedside lamp"))


@pytest.mark.parametrize(
    ("module", "code"), [("paypal", "DIGWAL"), ("ps_wirepayment", "WIRE"), ("stripe_official", "CARD")]
)
def test_payment_modules_by_what_they_usually_are(shop: Shop, module: str, code: str) -> None:
    assert suggested(shop, "payment", module)[0][0] == code


def test_carriers_by_name_and_tax_classes_by_rate(shop: Shop) -> None:
    assert suggested(shop, "carrier", "7 UPS ground")[0][0] == "UPSGND"
    assert suggested(shop, "tax class", "FRTVA 20") == [("1", "same rate")]
    assert suggested(shop, "tax class", "FRTVA 5.5") == [("3", "same rate")]
    assert suggested(shop, "tax class", "FRTVA 7") == []
    assert suggested(shop, "tax class", "nonsense") == []


def test_the_rest_has_grounds_too(shop: Shop) -> None:
    assert suggested(shop, "tax group", "BE company")[0] == ("BETVA", "code begins with BE")
    assert suggested(shop, "customer", "FR USD") == [("WEBUSD", "a web account kept in USD")]
    assert suggested(shop, "location", "Lamps") == [("1", "the only one in Sage")]
    assert suggested(shop, "charge", "shipping")[0][0] == "SHIP"
    assert suggested(shop, "country", "FR") == []


def test_the_same_word_mapped_for_another_shop_is_suggested_with_all_that_it_decides(
    company: SageCompany, shop: Shop
) -> None:
    other = Shop.objects.create(name="Lamps B2B", url="http://b2b.invalid", key="K", company=company, prefix="B2B")
    told = {"module": "alma", "code": "DIGWAL", "terms": "N30", "bank": "BNPEUR"}
    PaymentMapping.objects.create(company=company, shop=other, **told)
    best = Resolver(shop).suggestions(Unmapped("payment", "alma"))[0]
    assert (best.code, best.label, why(best.ground, best.values)) == (
        "DIGWAL",
        "Digital Wallet",
        "mapped so for Lamps B2B",
    )
    assert best.fills == {"code": "DIGWAL", "terms": "N30", "bank": "BNPEUR", "refund": "credit"}


ELSEWHERE: list[tuple[type[Mapping], dict[str, Any], tuple[str, str, str]]] = [
    (ItemMapping, {"reference": "BEDLAMP", "code": "A1-400/0"}, ("item", "BEDLAMP", "")),
    (CarrierMapping, {"reference_id": 7, "name": "Colis", "code": "CCT"}, ("carrier", "4 colis", "Colis")),
    (TaxGroupMapping, {"country": "DE", "code": "FRTVA"}, ("tax group", "DE private", "")),
    (ChargeMapping, {"charge": "wrapping", "code": "SHIP"}, ("charge", "wrapping", "")),
    (CustomerRule, {"field": "currency", "value": "GBP", "code": "1200"}, ("customer", "GB GBP", "")),
]


@pytest.mark.parametrize(("table", "fields", "missing"), ELSEWHERE, ids=lambda value: getattr(value, "__name__", ""))
def test_another_companys_row_counts_only_where_this_sage_has_the_code(
    company: SageCompany, shop: Shop, table: type[Mapping], fields: dict[str, Any], missing: tuple[str, str, str]
) -> None:
    theirs = SageCompany.objects.create(name="Theirs", url="http://x.invalid", org_id="X", user="x", password="x")
    row = table._default_manager.create(company=theirs, **fields)
    assert (row.code, "mapped so for Theirs") in suggested(shop, *missing)
    row.code = "ONLY-THERE"
    row.save()
    assert "ONLY-THERE" not in dict(suggested(shop, *missing))


def test_a_tax_class_is_a_number_of_its_own_company(company: SageCompany, shop: Shop) -> None:
    theirs = SageCompany.objects.create(name="Theirs", url="http://x.invalid", org_id="X", user="x", password="x")
    row = TaxClassMapping.objects.create(company=theirs, tax_group="BETVA", rate=Decimal(21), code="1")
    assert suggested(shop, "tax class", "BETVA 21") == []
    other = Shop.objects.create(name="Lamps B2B", url="http://b2b.invalid", key="K", company=company, prefix="B2B")
    row.company, row.shop = company, other
    row.save()
    assert suggested(shop, "tax class", "BETVA 21") == [("1", "mapped so for Lamps B2B")]


def test_a_tax_group_is_suggested_by_country_and_by_the_rates_of_the_order(company: SageCompany, shop: Shop) -> None:
    add_record(company, "tax rate", "BETVA|1", "BETVA", authority="BETVA", buyer_class=1, rates={"1": "21.00000"})

    def of(place: str, *rates: str) -> list[tuple[str, str]]:
        found = Resolver(shop).suggestions(Unmapped("tax group", place), "", rates)
        return [(one.code, why(one.ground, one.values)) for one in found]

    assert of("BE private", "0", "21")[0] == ("BETVA", "code begins with BE, and charges 0, 21 % as the order does")
    assert of("LU private", "20") == [("FRTVA", "charges 20 %, as the order does")]
    assert of("LU private", "17") == []
    assert of("LU private", "0") == []  # every group has something untaxed

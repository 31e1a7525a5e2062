"""The pages of the mapping tables: prefilled, checked, with candidates one click away; each change rings the bell."""

from __future__ import annotations

import html
import re
from typing import Any

import django_rq
import pytest
from django.test import Client
from django.urls import reverse

from connectors.models import SageCompany, Shop
from mappings.models import (
    DECIDED,
    ChargeMapping,
    CustomerRule,
    ItemMapping,
    PaymentMapping,
    SageRecord,
    TakeRule,
    TaxClassMapping,
    revision,
)
from tests.mappings.conftest import woken

TABLES = [
    "itemmapping", "customerrule", "taxgroupmapping", "taxclassmapping", "paymentmapping", "carriermapping",
    "locationmapping", "wordmapping", "chargemapping", "takerule",
]  # fmt: skip


def page(client: Client, view: str, /, *args: Any, **query: str) -> str:
    answer = client.get(reverse(f"admin:mappings_{view}", args=args), query)
    assert answer.status_code == 200, answer
    return html.unescape(answer.content.decode())


def save(client: Client, view: str, /, *args: Any, **fields: Any) -> str:
    """Post a form; the page that comes after it."""
    answer = client.post(reverse(f"admin:mappings_{view}", args=args), fields, follow=True)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def jobs(lane: str = "orders") -> list[tuple[Any, Any]]:
    return [(job.func_name, job.args) for job in django_rq.get_queue(lane).jobs]


def item_fields(company: SageCompany, **more: Any) -> dict[str, Any]:
    return {"company": company.pk, "reference": "BEDLAMP", "code": "A1-104/0", "factor": "1", **more}


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_a_list_and_a_form_and_an_empty_list_helps(
    accountant: Client, company: SageCompany, table: str
) -> None:
    assert "Nothing here yet. Add a row" in re.sub(
        r"<[^>]+>|\s+", " ", page(accountant, f"{table}_changelist")
    ).replace("  ", " ").replace("  ", " ")
    page(accountant, f"{table}_add")


# --- the link from an issue -------------------------------------------------------------------------------------------


def test_the_link_from_an_issue_leaves_only_the_code_to_fill_in(accountant: Client, company: SageCompany) -> None:
    text = page(accountant, "itemmapping_add", reference="BEDLAMP", company=str(company.pk), hint="Bedside lamp")
    assert 'value="BEDLAMP"' in text
    assert re.search(rf'<option value="{company.pk}"[^>]* selected', text)
    assert "same name" in text
    link = re.search(r'href="(\?[^"]*code=A1-104%2F0[^"]*)"', text)
    assert link
    filled = html.unescape(accountant.get(reverse("admin:mappings_itemmapping_add") + link[1]).content.decode())
    assert 'value="A1-104/0"' in filled
    assert 'value="BEDLAMP"' in filled


def test_a_company_that_stands_alone_is_chosen_already(accountant: Client, company: SageCompany) -> None:
    assert re.search(rf'<option value="{company.pk}"[^>]* selected', page(accountant, "itemmapping_add"))


def test_other_tables_suggest_too(accountant: Client, company: SageCompany) -> None:
    assert "DIGWAL" in page(accountant, "paymentmapping_add", module="paypal")
    assert "same rate" in page(accountant, "taxclassmapping_add", tax_group="FRTVA", rate="20")
    assert "a web account kept in EUR" in page(accountant, "customerrule_add")
    assert "UPSGND" in page(accountant, "carriermapping_add", reference_id="7", name="UPS ground")


@pytest.mark.parametrize("query", [{"company": "x"}, {"company": "999999"}, {"reference": "<script>alert(1)</script>"}])
def test_a_bent_link_opens_a_form_all_the_same(accountant: Client, company: SageCompany, query: dict[str, str]) -> None:
    answer = accountant.get(reverse("admin:mappings_itemmapping_add"), query)
    assert answer.status_code == 200
    assert b"<script>alert(1)" not in answer.content


def test_codes_are_offered_while_one_types(accountant: Client, company: SageCompany) -> None:
    def offered(table: str, **query: str) -> list[str]:
        answer = accountant.get(reverse(f"admin:mappings_{table}_codes"), {"company": str(company.pk), **query})
        return [one["code"] for one in answer.json()["codes"]]

    assert offered("itemmapping", field="code", q="lamp") == ["A1-103/0", "A1-104/0", "A1-400/0"]
    assert offered("itemmapping", field="code", q="a1 104") == ["A1-104/0"]
    assert offered("paymentmapping", field="bank", q="") == ["BNPEUR"]
    assert offered("customerrule", field="code", q="WEB", create="1") == ["WEB"]
    assert offered("customerrule", field="code", q="WEB", create="") == ["WEBEUR", "WEBUSD"]
    assert offered("taxclassmapping", field="tax_group", q="FR") == ["FRTVA"]
    assert offered("itemmapping", field="nonsense", q="") == []
    assert offered("itemmapping", field="code", q="lamp", company="x") == []


# --- saving -----------------------------------------------------------------------------------------------------------


def test_saving_wakes_rings_and_says_so(
    accountant: Client, company: SageCompany, since: int, bells: None, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        text = save(accountant, "itemmapping_add", **item_fields(company))
    assert woken(company, since) == {("item", "BEDLAMP")}
    assert jobs() == [("staging.jobs.validate_company", (company.pk,))]
    assert "are being checked now" in text
    assert "q=BEDLAMP" in text
    row = ItemMapping.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        save(accountant, "itemmapping_change", row.pk, **item_fields(company, code="A1-103/0"))
    assert len(jobs()) == 2


def test_a_lost_bell_does_not_lose_the_change(
    accountant: Client, company: SageCompany, since: int, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setitem(django_rq.settings.QUEUES, "orders", {"URL": "redis://127.0.0.1:1/0"})
    with django_capture_on_commit_callbacks(execute=True):
        text = save(accountant, "itemmapping_add", **item_fields(company))
    assert "are being checked now" in text
    assert woken(company, since) == {("item", "BEDLAMP")}


def test_deleting_many_wakes_each_and_rings_once(
    sign_in: Any, company: SageCompany, shop: Shop, bells: None, django_capture_on_commit_callbacks: Any
) -> None:
    client = sign_in("administrator")
    rows = [ItemMapping.objects.create(company=company, reference=f"R{n}", code="A1-104/0") for n in range(3)]
    before = revision(company.pk)
    data = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], "post": "yes"}
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("admin:mappings_itemmapping_changelist"), data)
    assert not ItemMapping.objects.exists()
    assert (revision(company.pk), woken(company, before)) == (before + 1, {("item", f"R{n}") for n in range(3)})
    assert jobs() == [("staging.jobs.validate_company", (company.pk,))]


def test_deleting_one_and_changing_a_take_rule_ring_too(
    sign_in: Any, company: SageCompany, shop: Shop, since: int, bells: None, django_capture_on_commit_callbacks: Any
) -> None:
    client = sign_in("administrator")
    with django_capture_on_commit_callbacks(execute=True):
        save(client, "takerule_add", shop=shop.pk, field="payment", value="ps_checkpayment", take="always")
    rule = TakeRule.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        save(client, "takerule_delete", rule.pk, post="yes")
    assert woken(company, since) == {("rule", "ps_checkpayment"), (DECIDED, "rule")}
    assert len(jobs()) == 2


# --- checks -----------------------------------------------------------------------------------------------------------


def test_a_code_is_written_as_sage_writes_it(accountant: Client, company: SageCompany) -> None:
    save(accountant, "itemmapping_add", **item_fields(company, code="a1104 0"))
    assert ItemMapping.objects.get().code == "A1-104/0"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"code": "A9-999"}, "Sage has no item “A9-999”. Correct the code; if it is new in Sage, press “Refresh"),
        ({"code": "A1-400/0"}, "The item “A1-400/0” is inactive in Sage. Activate it there"),
        ({"unit": "Pallet"}, "Sage sells A1-104/0 in Box, Ea., not in “Pallet”. Choose one"),
        ({"factor": "0"}, "The quantity factor must be greater than 0"),
        ({"reference": ""}, "This field is required"),
    ],
)
def test_what_sage_does_not_have_is_refused_with_what_to_do(
    accountant: Client, company: SageCompany, change: dict[str, str], message: str
) -> None:
    SageRecord.objects.filter(code="A1-400/0").update(active=False)
    assert message in save(accountant, "itemmapping_add", **item_fields(company, **change))
    assert not ItemMapping.objects.exists()


def test_each_table_checks_all_the_codes_it_names(accountant: Client, company: SageCompany) -> None:
    wrong = {"module": "x", "code": "CASH", "terms": "N99", "bank": "NOPE", "refund": "credit"}
    text = save(accountant, "paymentmapping_add", company=company.pk, **wrong)
    assert "no terms code “N99”" in text
    assert "no bank “NOPE”" in text
    text = save(
        accountant, "taxclassmapping_add", company=company.pk, tax_group="XX", rate="20", country="*", code="S_20"
    )
    assert "no tax group “XX”" in text
    assert "“S_20” is no tax class. Enter a number" in text
    rule = {"company": company.pk, "field": "any", "value": "*", "code": "WEB", "match": "none"}
    assert "no customer “WEB”" in save(accountant, "customerrule_add", **rule)
    save(accountant, "customerrule_add", **rule, create="on")
    assert CustomerRule.objects.get().position == 90
    word = {"company": company.pk, "word_kind": "currency", "value": "YEN", "code": "JPY"}
    assert "no currency “JPY”" in save(accountant, "wordmapping_add", **word)
    assert not PaymentMapping.objects.exists()
    assert not TaxClassMapping.objects.exists()


def test_a_shop_of_another_company_is_refused(accountant: Client, company: SageCompany, shop: Shop) -> None:
    other = SageCompany.objects.create(name="Theirs", url="http://x.invalid", org_id="X", user="x", password="x")
    shop.company = other
    shop.save()
    text = save(accountant, "chargemapping_add", company=company.pk, shop=shop.pk, charge="shipping", code="SHIP")
    assert "This shop feeds another company" in text
    assert not ChargeMapping.objects.exists()


def test_the_same_reference_twice_is_refused_in_words(accountant: Client, company: SageCompany) -> None:
    save(accountant, "itemmapping_add", **item_fields(company))
    text = save(accountant, "itemmapping_add", **item_fields(company, code="A1-103/0"))
    assert "already exists" in text
    assert ItemMapping.objects.get().code == "A1-104/0"


def test_the_list_shows_what_the_code_is_and_whether_it_still_is(accountant: Client, company: SageCompany) -> None:
    ItemMapping.objects.create(company=company, reference="BEDLAMP", code="A1-104/0")
    ItemMapping.objects.create(company=company, reference="LOST", code="GONE")
    SageRecord.objects.filter(code="A1-104/0").update(active=False)
    text = page(accountant, "itemmapping_changelist")
    assert "Bedside Lamp" in text
    assert "✗ inactive in Sage" in text
    assert "✗ not in Sage" in text


def test_a_list_costs_the_same_for_one_row_and_for_fifty(
    accountant: Client, company: SageCompany, django_assert_max_num_queries: Any
) -> None:
    for number in range(50):
        ItemMapping.objects.create(company=company, reference=f"R{number}", code="A1-104/0")
    with django_assert_max_num_queries(12):
        page(accountant, "itemmapping_changelist")


# --- the mirror's page ------------------------------------------------------------------------------------------------


def test_records_are_for_looking_only_and_can_be_refreshed(
    accountant: Client, company: SageCompany, bells: None, django_capture_on_commit_callbacks: Any
) -> None:
    text = page(accountant, "sagerecord_changelist", kind="item", q="a11040")
    assert "Bedside Lamp" in text
    assert "Digital Wallet" not in text
    assert "Refresh from Sage" in text
    record = SageRecord.objects.get(code="A1-104/0")
    assert "Box" in page(accountant, "sagerecord_change", record.pk)
    for name in ("sagerecord_change", "sagerecord_delete"):
        assert accountant.post(reverse(f"admin:mappings_{name}", args=[record.pk]), {"post": "yes"}).status_code == 403
    refresh = reverse("admin:mappings_sagerecord_refresh", args=[company.pk])
    assert accountant.get(refresh).status_code == 403
    with django_capture_on_commit_callbacks(execute=True):
        answer = accountant.post(refresh, follow=True)
    assert "are being read from Sage" in answer.content.decode()
    assert jobs("mirror") == [("mappings.jobs.refresh_mirror", (company.pk,))]

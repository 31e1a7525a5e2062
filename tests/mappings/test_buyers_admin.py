"""The page of the buyers: who may look, who may change, whole names found, and the e-mail set apart in the audit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from connectors.models import SageCompany, Shop
from mappings.models import BuyerCode
from syncbridge.audit.values import PERSONAL_VALUE, erase, told
from syncbridge.models import AuditEntry, AuditValue
from tests.mappings.conftest import woken

LIST = reverse("admin:mappings_buyercode_changelist")


@pytest.fixture
def buyer(shop: Shop) -> BuyerCode:
    """One guest among others, remembered under e-mail and number."""
    names = ("customer 7", "email jo@example.fr", "email kim@example.fr in USD", "vat BE0697449992")
    rows = [BuyerCode(shop=shop, buyer=name, code=f"PSC{place}") for place, name in enumerate(names)]
    BuyerCode.objects.bulk_create(rows)
    return BuyerCode.objects.get(buyer="email jo@example.fr")


def form(row: BuyerCode, verb: str = "change") -> str:
    return reverse(f"admin:mappings_buyercode_{verb}", args=[row.pk])


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (" Jo@Example.fr ", "email jo@example.fr"),
        ("7", "customer 7"),
        ("be 0697.449.992", "vat BE0697449992"),
        ("psc1", "email jo@example.fr"),
        ("jo@", None),
    ],
)
def test_a_buyer_is_found_by_whole_names(accountant: Client, buyer: BuyerCode, said: str, found: str | None) -> None:
    shown = accountant.get(LIST, {"q": said})
    assert [row.buyer for row in shown.context["cl"].result_list] == ([found] if found else [])


@pytest.mark.parametrize("role", ["accountant", "operator", "auditor"])
def test_only_an_administrator_changes_or_forgets(
    sign_in: Callable[[str], Client], buyer: BuyerCode, role: str
) -> None:
    client = sign_in(role)
    assert client.get(LIST).status_code == client.get(form(buyer)).status_code == 200
    assert client.post(form(buyer), {"code": "WEBEUR"}).status_code == 403
    assert client.post(form(buyer, "delete"), {"post": "yes"}).status_code == 403
    assert client.get(reverse("admin:mappings_buyercode_add")).status_code == 403


def test_a_change_names_a_customer_of_sage_wakes_and_is_audited_without_the_email(
    sign_in: Callable[[str], Client], buyer: BuyerCode, company: SageCompany, since: int
) -> None:
    administrator = sign_in("administrator")
    refused = administrator.post(form(buyer), {"code": "NOBODY"})
    assert "no active customer “NOBODY”" in refused.content.decode()
    assert not woken(company, since)

    assert administrator.post(form(buyer), {"code": "webeur"}).status_code == 302
    buyer.refresh_from_db()
    assert (buyer.code, buyer.buyer) == ("WEBEUR", "email jo@example.fr")
    assert woken(company, since) == {("customer", "*"), ("decided", "customer")}

    assert administrator.post(form(buyer, "delete"), {"post": "yes"}).status_code == 302
    assert not BuyerCode.objects.filter(pk=buyer.pk).exists()
    changed, deleted = AuditEntry.objects.filter(content_type__model="buyercode").order_by("pk")
    assert (changed.before, changed.after) == ({"code": "PSC1"}, {"code": "WEBEUR"})
    assert deleted.before["buyer"] == PERSONAL_VALUE
    assert told(deleted)[0]["buyer"] == "email jo@example.fr"
    assert "jo@" not in f"{changed.label}{deleted.label}{deleted.before}"

    erase(AuditEntry.objects.all())
    assert not AuditValue.objects.exists()

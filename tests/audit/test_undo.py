"""One request's changes of mappings come back as a whole, or not at all and with a reason."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from connectors.models import SageCompany
from mappings.models import CustomerRule, ItemMapping, revision
from staging.models import Issue, Posting, StagedOrder
from syncbridge.audit import values
from syncbridge.models import AuditEntry
from tests.audit.conftest import entries
from tests.mappings.test_spreadsheets import confirm, preview

pytestmark = pytest.mark.usefixtures("bells")

SignIn = Callable[..., Client]

FILE = b"reference,code,unit,factor,note\nBEDLAMP,A1-103/0,,,\nNEW,A1-104/0,Box,2,\n"


@pytest.fixture
def client(sign_in: SignIn, company: SageCompany) -> Client:
    """An accountant who has imported a change and an addition."""
    ItemMapping.objects.create(company=company, reference="BEDLAMP", code="A1-104/0", note="as it was")
    browser = sign_in("accountant")
    confirm(browser, preview(browser, FILE))
    assert set(ItemMapping.objects.values_list("reference", "code")) == {("BEDLAMP", "A1-103/0"), ("NEW", "A1-104/0")}
    return browser


def take_back(client: Client, request: str, reason: str = "wrong file") -> str:
    url = reverse("admin:syncbridge_auditentry_undo", args=[request])
    return html.unescape(client.post(url, {"reason": reason}, follow=True).content.decode())


def rows() -> list[tuple[Any, ...]]:
    return list(ItemMapping.objects.order_by("reference").values_list("reference", "code", "note"))


def test_an_import_comes_back_as_one_and_is_audited_itself(client: Client, company: SageCompany) -> None:
    before, request = revision(company.pk), entries("itemmapping")[0].request
    page = client.get(reverse("admin:syncbridge_auditentry_change", args=[entries("itemmapping")[0].pk]))
    assert "Take all 2 changes back" in page.content.decode()
    assert "Taken back: 2 changes" in take_back(client, request)
    assert rows() == [("BEDLAMP", "A1-104/0", "as it was")]
    assert revision(company.pk) > before  # the orders are checked again
    undone = entries("itemmapping")[2:]
    assert {entry.action for entry in undone} == {"change", "delete"}
    assert {entry.reason for entry in undone} == {"wrong file"}
    take_back(client, undone[0].request)  # and back again
    assert [row[:2] for row in rows()] == [("BEDLAMP", "A1-103/0"), ("NEW", "A1-104/0")]


def test_nothing_comes_back_when_one_row_was_changed_since(client: Client) -> None:
    ItemMapping.objects.filter(reference="BEDLAMP").update(code="A1-104/0")
    assert "was changed again since" in take_back(client, entries("itemmapping")[0].request)
    assert [row[0] for row in rows()] == ["BEDLAMP", "NEW"]


def test_nothing_comes_back_once_a_released_order_was_sent(
    client: Client, company: SageCompany, order: StagedOrder
) -> None:
    Issue.objects.create(order=order, code="item-unknown", kind="item", value="NEW", closed_at=timezone.now())
    posting = Posting.objects.create(company=company, order=order, kind="sale", reference="PS_42", prepared={})
    request = entries("itemmapping")[0].request
    posting.sent_at = timezone.now()
    posting.save()
    assert "1 orders that this change released were sent" in take_back(client, request)
    assert len(rows()) == 2
    posting.sent_at = None
    posting.save()
    assert "Taken back" in take_back(client, request)


def test_a_deleted_row_comes_back_unless_another_took_its_place(sign_in: SignIn, company: SageCompany) -> None:
    client = sign_in("administrator")
    row = ItemMapping.objects.create(company=company, reference="BEDLAMP", code="A1-104/0", note="as it was")
    client.post(reverse("admin:mappings_itemmapping_delete", args=[row.pk]), {"post": "yes"})
    request = entries("itemmapping")[0].request
    other = ItemMapping.objects.create(company=company, reference="BEDLAMP", code="A1-103/0")
    assert "cannot come back" in take_back(client, request)
    other.delete()
    assert "Taken back" in take_back(client, request)
    assert rows() == [("BEDLAMP", "A1-104/0", "as it was")]
    assert ItemMapping.objects.get().pk == row.pk


def test_what_was_erased_does_not_come_back(sign_in: SignIn, company: SageCompany) -> None:
    client = sign_in("administrator")
    rule = CustomerRule.objects.create(company=company, field="email", value="jo@example.com", code="WEB")
    client.post(reverse("admin:mappings_customerrule_delete", args=[rule.pk]), {"post": "yes"})
    values.erase(AuditEntry.objects.all())
    assert "were erased" in take_back(client, entries("customerrule")[0].request)
    assert not CustomerRule.objects.exists()


def test_only_mappings_come_back_and_only_with_a_reason(client: Client, company: SageCompany) -> None:
    assert "enter a reason" in take_back(client, entries("itemmapping")[0].request, " ")
    assert "not only a change of mappings" in take_back(client, "unknown")
    assert len(rows()) == 2

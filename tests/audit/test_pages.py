"""The audit's pages: found, filtered, exported, linked from each object; nobody changes anything there."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from connectors.models import SageCompany
from mappings.models import CustomerRule, ItemMapping
from staging import staff
from staging.models import StagedOrder
from syncbridge.audit import capture, values
from syncbridge.audit.act import Act
from syncbridge.models import AuditEntry

pytestmark = pytest.mark.usefixtures("bells")

LIST = "admin:syncbridge_auditentry_changelist"
SignIn = Callable[..., Client]


@pytest.fixture
def kept(company: SageCompany, order: StagedOrder) -> dict[str, AuditEntry]:
    """Three changes by two people."""
    ada, bob = Act(1, "ada", "a" * 32, "told by Sage"), Act(2, "bob", "b" * 32)
    item = ItemMapping.objects.create(company=company, reference="BEDLAMP", code="A1-104/0")
    rule = CustomerRule.objects.create(company=company, field="email", value="jo@example.com", code="WEB")
    staff.check_again(order, User.objects.create_user("olga"))
    return {
        "item": capture.record(ada, item, "change", {"code": "=1+1"}, {"code": "A1-104/0"}),
        "rule": capture.record(bob, rule, "add", {}, values.held(rule)),
        "order": AuditEntry.objects.get(who="olga"),
    }


def found(client: Client, **query: Any) -> set[int]:
    answer = client.get(reverse(LIST), query)
    assert answer.status_code == 200
    return {row.pk for row in answer.context["cl"].result_list}


def test_search_and_filters(sign_in: SignIn, kept: dict[str, AuditEntry]) -> None:
    client = sign_in("auditor")
    item, rule, order = (kept[name].pk for name in ("item", "rule", "order"))
    assert found(client) == {item, rule, order}
    for language, foot in (("en", "3 audit entries"), ("fr", "3 entrées d&#x27;audit")):
        assert foot in client.get(reverse(LIST), headers={"accept-language": language}).content.decode()
    assert found(client, q="XKBKNABJK") == {order} == found(client, q="PS_42")
    assert found(client, q="b" * 32) == {rule}
    assert found(client, q="BEDLAMP ada") == {item}
    assert found(client, kind="mappings.itemmapping") == {item}
    assert found(client, who="olga") == {order}
    assert found(client, action="add") == {rule}
    assert found(client, request__exact="a" * 32) == {item}
    assert found(client, at_from="2020-01-01", at_to="2020-12-31") == set()


def test_days_are_whole_days_of_the_pages_zone(sign_in: SignIn, kept: dict[str, AuditEntry], settings: Any) -> None:
    settings.TIME_ZONE = "America/Toronto"
    client, late = sign_in("auditor"), kept["item"]
    late.pk, late.at = None, datetime(2026, 11, 2, 4, 30, tzinfo=UTC)  # half past eleven at night on the 1st in Toronto
    late.save(force_insert=True)
    assert found(client, at_from="2026-11-01", at_to="2026-11-01") == {late.pk}
    assert found(client, at_to="2026-10-31") == set() == found(client, at_from="2026-11-02", at_to="2026-11-02")
    assert late.pk in found(client, at_from="no date", at_to="9999-12-31")


def test_values_are_told_in_words_and_a_secret_as_changed(sign_in: SignIn, kept: dict[str, AuditEntry]) -> None:
    company, act = SageCompany.objects.get(), Act(1, "ada", "c" * 32)
    before = {
        "password": "old one",
        "tax_basis": "line",
        "prices_include_tax": True,
        "state_since": "2026-11-01 09:00+00",
    }
    after = {
        "password": "new one",
        "tax_basis": "document",
        "prices_include_tax": False,
        "state_since": "2026-11-02 09:00+00",
    }
    capture.record(act, company, "change", before, after)
    client = sign_in("auditor")
    said = client.get(reverse(LIST), {"request__exact": "c" * 32}).content.decode()
    assert "<span>password:</span> <ins>••• (a secret; only that it changed is kept)</ins>" in said
    assert "<span>tax is computed:</span> <del>per line</del> → <ins>on the document</ins>" in said
    assert "<span>send prices with tax:</span> <del>yes</del> → <ins>no</ins>" in said
    assert "<del>1 Nov 2026 09:00 UTC</del>" in said
    assert "old one" not in said
    rule = client.get(reverse("admin:syncbridge_auditentry_change", args=[kept["rule"].pk])).content.decode()
    assert f"<span>Sage company:</span> <del>–</del> → <ins>{company}</ins>" in rule
    assert "<span>ID:</span>" not in rule


def test_an_objects_history_is_its_audit(sign_in: SignIn, kept: dict[str, AuditEntry], order: StagedOrder) -> None:
    client = sign_in("accountant")
    answer = client.get(reverse("admin:staging_stagedorder_history", args=[order.pk]), follow=True)
    assert [row.pk for row in answer.context["cl"].result_list] == [kept["order"].pk]


def test_personal_values_are_on_the_entrys_own_page_alone(sign_in: SignIn, kept: dict[str, AuditEntry]) -> None:
    client = sign_in("auditor")
    page = reverse("admin:syncbridge_auditentry_change", args=[kept["rule"].pk])
    assert "jo@example.com" in client.get(page).content.decode()
    assert "jo@example.com" not in client.get(reverse(LIST)).content.decode()
    values.erase(AuditEntry.objects.filter(pk=kept["rule"].pk))
    assert "jo@example.com" not in client.get(page).content.decode()


def test_csv_holds_what_was_chosen_and_runs_nothing(sign_in: SignIn, kept: dict[str, AuditEntry]) -> None:
    chosen = {"action": "export", "_selected_action": [kept["item"].pk, kept["rule"].pk]}
    answer = sign_in("auditor").post(reverse(LIST), chosen)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["who"], row["kind"], row["reason"]) for row in rows] == [
        ("ada", "mappings.itemmapping", "told by Sage"),
        ("bob", "mappings.customerrule", ""),
    ]
    assert "jo@example.com" not in text
    noted = AuditEntry.objects.latest("pk")
    assert (noted.who, noted.label, noted.after) == ("auditor", "audit", {"what": "Exported: 2 entries."})


def test_nobody_edits_the_audit(sign_in: SignIn, kept: dict[str, AuditEntry]) -> None:
    client = sign_in("administrator")
    pk = kept["item"].pk
    for name, arguments in (("add", []), ("delete", [pk]), ("change", [pk])):
        url = reverse(f"admin:syncbridge_auditentry_{name}", args=arguments)
        assert client.post(url, {"who": "x", "post": "yes"}).status_code == 403, name
    assert AuditEntry.objects.count() == 3


def test_the_list_asks_as_many_queries_for_many_rows(
    sign_in: SignIn, kept: dict[str, AuditEntry], company: SageCompany, django_assert_max_num_queries: Any
) -> None:
    client = sign_in("auditor")
    client.get(reverse(LIST))
    for _n in range(20):
        capture.record(Act(1, "ada", "c"), company, "change", {"name": "A"}, {"name": "B"})
    with django_assert_max_num_queries(14):
        client.get(reverse(LIST))


def test_pages_speak_of_a_row_that_is_gone(sign_in: SignIn, kept: dict[str, AuditEntry]) -> None:
    ItemMapping.objects.all().delete()
    text = html.unescape(sign_in("auditor").get(reverse(LIST)).content.decode())
    assert "BEDLAMP → A1-104/0" in text

"""The connections' pages: secrets never come out, what is fixed stays fixed, the test and the installation."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from typing import Any

import django_rq
import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from rq import SimpleWorker

from connectors.models import SageCompany, Shop
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings.models import Change
from staging.models import Posting, StagedOrder
from syncbridge.models import AuditEntry
from syncbridge.roles import ensure_roles

SECRETS = ("PS-KEY-42-SECRET", "SAGE-PASSWORD-SECRET")


@pytest.fixture
def company(db: None) -> SageCompany:
    return SageCompany.objects.create(
        name="Books", url="http://sage.invalid/api", org_id="SAMLTD", user="WEB", password=SECRETS[1]
    )


@pytest.fixture
def shop(company: SageCompany) -> Shop:
    return Shop.objects.create(name="Lamps", url="http://shop.invalid", company=company, key=SECRETS[0])


@pytest.fixture
def sign_in(db: None) -> Callable[[str], Client]:
    def make(role: str) -> Client:
        ensure_roles()
        user, _new = User.objects.get_or_create(username=role, defaults={"is_staff": True})
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def administrator(sign_in: Callable[[str], Client]) -> Client:
    return sign_in("administrator")


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer
    return html.unescape(answer.content.decode())


def page(client: Client, row: Shop | SageCompany) -> str:
    return text_of(client.get(address(row)))


def address(row: Shop | SageCompany, act: str = "") -> str:
    name = f"admin:connectors_{row._meta.model_name}_{'act' if act else 'change'}"
    return reverse(name, args=[row.pk, act] if act else [row.pk])


def shop_fields(shop: Shop, **more: Any) -> dict[str, Any]:
    return {
        "name": shop.name, "company": shop.company_id, "url": shop.url, "key": "", "shop_id": 1,
        "time_zone": "Europe/Paris", "take": "paid", "sale_as": "invoice", "prefix": shop.prefix,
        "page_size": 50, "list_size": 500, "overlap_minutes": 70, "overlap_ids": 200, "duplicate_minutes": 10, **more,
    }  # fmt: skip


def company_fields(company: SageCompany, **more: Any) -> dict[str, Any]:
    return {
        "name": company.name, "edition": "sage300", "url": company.url, "org_id": company.org_id, "user": company.user,
        "password": "", "currency": "EUR", "tax_basis": "line", "tax_rounding": "half up", "prices_include_tax": "on",
        "tax_tolerance": 0, "simultaneous": 1, "options": "{}", "receipts": "prepayment", "restock": "shop",
        "rounding_cents": 1, **more,
    }  # fmt: skip


def act(client: Client, row: Shop | SageCompany, name: str, **fields: str) -> str:
    return text_of(client.post(address(row, name), fields, follow=True))


# --- secrets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["accountant", "operator", "administrator"])
def test_no_page_holds_a_secret(sign_in: Callable[[str], Client], shop: Shop, role: str) -> None:
    client = sign_in(role)
    pages = [page(client, shop), page(client, shop.company)]
    pages += [text_of(client.get(reverse(f"admin:connectors_{name}_changelist"))) for name in ("shop", "sagecompany")]
    if role == "administrator":
        wrong = shop_fields(shop, key="TYPED-JUST-NOW", time_zone="Mars")
        pages.append(text_of(client.post(address(shop), wrong)))
        pages.append(text_of(client.get(reverse("admin:connectors_shop_history", args=[shop.pk]), follow=True)))
    for secret in (*SECRETS, "TYPED-JUST-NOW"):
        assert not [text for text in pages if secret in text]


def test_an_empty_secret_keeps_the_stored_one_and_a_new_one_replaces_it(administrator: Client, shop: Shop) -> None:
    administrator.post(address(shop), shop_fields(shop, name="Lamps and more"))
    shop.refresh_from_db()
    assert (shop.name, shop.key) == ("Lamps and more", SECRETS[0])
    assert "Webservice key" not in LogEntry.objects.latest("pk").get_change_message()
    administrator.post(address(shop), shop_fields(shop, key="NEW"))
    shop.refresh_from_db()
    assert shop.key == "NEW"
    company = shop.company
    administrator.post(address(company), company_fields(company, user="OTHER"))
    company.refresh_from_db()
    assert (company.user, company.password) == ("OTHER", SECRETS[1])


def test_a_new_connection_needs_its_secret(administrator: Client, company: SageCompany) -> None:
    add = reverse("admin:connectors_shop_add")
    fresh = shop_fields(Shop(name="New", company=company, url="http://new.invalid", prefix="NW"))
    assert "This field is required" in text_of(administrator.post(add, fresh))
    text_of(administrator.post(add, {**fresh, "key": "K"}, follow=True))
    assert Shop.objects.get(name="New").key == "K"
    assert not Shop.objects.get(name="New").confirmed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"url": "https://me:secret@shop.invalid"}, "Take user and password out of the address"),
        ({"time_zone": "Mars/Olympus"}, "“Mars/Olympus” is no time zone"),
        ({"prefix": "ps"}, "Capital letters and digits"),
    ],
)
def test_what_cannot_be_right_is_refused(
    administrator: Client, shop: Shop, change: dict[str, str], message: str
) -> None:
    assert message in text_of(administrator.post(address(shop), shop_fields(shop, **change)))


@pytest.mark.parametrize("table", [Shop, SageCompany])
def test_every_setting_is_on_the_page(administrator: Client, table: type[Shop] | type[SageCompany]) -> None:
    text = text_of(administrator.get(reverse(f"admin:connectors_{table._meta.model_name}_add")))
    names = [field.name for field in table._meta.fields if field.editable and not field.primary_key]
    assert not [name for name in names if f'name="{name}"' not in text]


# --- what is fixed ----------------------------------------------------------------------------------------------------


def test_what_sage_already_knows_cannot_be_changed(administrator: Client, shop: Shop) -> None:
    company = shop.company
    other = SageCompany.objects.create(name="Theirs", url="http://x.invalid", org_id="X", user="x", password="x")
    administrator.post(address(company), company_fields(company, org_id="SAMINC"))
    company.refresh_from_db()
    assert company.org_id == "SAMINC"
    order = StagedOrder.objects.create(shop=shop, order_id=1)
    Posting.objects.create(company=company, order=order, kind="sale", source_key="s", reference="PS_1", prepared={})
    administrator.post(address(company), company_fields(company, org_id="OTHER", url="http://else.invalid", user="U2"))
    administrator.post(address(shop), shop_fields(shop, prefix="XX", company=other.pk, name="Renamed"))
    company.refresh_from_db()
    shop.refresh_from_db()
    assert (company.org_id, company.url, company.user) == ("SAMINC", "http://sage.invalid/api", "U2")
    assert (shop.prefix, shop.company_id, shop.name) == ("PS", company.pk, "Renamed")


def test_another_shop_of_the_company_is_not_fixed_by_it(administrator: Client, shop: Shop) -> None:
    second = Shop.objects.create(name="Second", url="http://b.invalid", company=shop.company, key="K", prefix="SB")
    order = StagedOrder.objects.create(shop=shop, order_id=1)
    Posting.objects.create(
        company=shop.company, order=order, kind="sale", source_key="s", reference="PS_1", prepared={}
    )
    administrator.post(address(second), shop_fields(second, prefix="SC"))
    second.refresh_from_db()
    assert second.prefix == "SC"


# --- state, installation ----------------------------------------------------------------------------------------------


def test_confirming_needs_a_tick_and_is_written_down(administrator: Client, company: SageCompany) -> None:
    assert "No installation is confirmed yet" in page(administrator, company)
    assert "Nothing was done: tick the box" in act(administrator, company, "confirm")
    company.refresh_from_db()
    assert not company.confirmed
    assert "✓ This installation is confirmed" in act(administrator, company, "confirm", sure="on")
    company.refresh_from_db()
    assert company.confirmed
    entry = LogEntry.objects.latest("pk")
    assert entry.user.username == "administrator"
    assert settings.INSTALLATION_ID in entry.get_change_message()


def test_a_copy_says_that_it_is_one(administrator: Client, company: SageCompany) -> None:
    SageCompany.objects.update(installation="the original")
    assert "Another installation was confirmed for this connection" in page(administrator, company)


def test_a_stopped_connection_says_why_and_an_operator_resumes_it(sign_in: Callable[[str], Client], shop: Shop) -> None:
    shop.stop("The key is not accepted.")
    operator = sign_in("operator")
    text = page(operator, shop)
    assert "The key is not accepted." in text
    assert "Correct what the reason names" in text
    assert "The connection is in use again" in act(operator, shop, "resume")
    shop.refresh_from_db()
    assert (shop.state, shop.state_reason) == ("active", "")


def test_an_operator_stops_a_connection_and_says_why(sign_in: Callable[[str], Client], shop: Shop) -> None:
    operator = sign_in("operator")
    assert "enter a reason" in act(operator, shop, "stop", reason="  ")
    assert shop.usable()

    assert "nothing is read or sent until it is resumed" in act(operator, shop, "stop", reason="The shop moves tonight")
    assert not shop.usable()
    assert shop.state_reason == "Stopped by operator: The shop moves tonight"
    text = page(operator, shop)
    assert "The shop moves tonight" in text
    assert address(shop, "stop") not in text
    entry = AuditEntry.objects.get(object_id=str(shop.pk), content_type__model="shop")
    assert (entry.who, entry.reason, entry.after) == ("operator", "The shop moves tonight", {"what": "Stopped."})

    assert "stopped already" in act(operator, shop, "stop", reason="Once more")
    act(operator, shop, "resume")
    assert shop.usable()


# --- the test ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def running_sage() -> Iterator[Sage300Sandbox]:
    with Sage300Sandbox() as box:
        yield box


def test_a_real_test_from_the_button_to_its_lines(
    sign_in: Callable[[str], Client],
    running_sage: Sage300Sandbox,
    company: SageCompany,
    bells: None,
    django_capture_on_commit_callbacks: Any,
) -> None:
    SageCompany.objects.update(url=running_sage.base_url, user="WEBAPI", password="WEBAPI")
    operator = sign_in("operator")
    assert "Not tested yet" in page(operator, company)
    with django_capture_on_commit_callbacks(execute=True):
        text = act(operator, company, "test")
    assert "Being tested …" in text
    assert "disabled" in text
    queue = django_rq.get_queue("orders")
    assert [(job.func_name, job.args) for job in queue.jobs] == [("connectors.jobs.test_company", (company.pk,))]
    SimpleWorker([queue], connection=queue.connection).work(burst=True)
    text = page(operator, company)
    assert "Being tested …" not in text
    assert "Last test" in text
    assert "✓ <strong>" in text
    assert "✗ <strong>installation:</strong> This installation is not confirmed" in text
    assert "Confirm it on the connection's page" in text


def test_a_test_that_died_can_be_asked_for_again(administrator: Client, company: SageCompany) -> None:
    SageCompany.objects.update(checked={"asked": "2026-01-01T00:00:00+00:00"})
    text = page(administrator, company)
    assert "Being tested …" not in text
    assert "Test connection" in text


def test_a_finding_cannot_bring_markup(administrator: Client, company: SageCompany) -> None:
    finding = {"subject": "x", "ok": False, "text": "<script>alert(1)</script>", "remedy": "Look."}
    SageCompany.objects.update(checked={"at": "2026-11-01T00:00:00+00:00", "ok": False, "findings": [finding]})
    assert b"<script>alert(1)" not in administrator.get(address(company)).content


# --- who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("accountant", set()),
        ("operator", {"test", "stop", "resume"}),
        ("administrator", {"test", "stop", "resume", "confirm"}),
    ],
)
def test_each_button_asks_for_its_right(
    sign_in: Callable[[str], Client], shop: Shop, bells: None, role: str, allowed: set[str]
) -> None:
    client = sign_in(role)
    for row in (shop, shop.company):
        for name in ("test", "stop", "resume", "confirm"):
            assert (client.post(address(row, name)).status_code == 302) == (name in allowed), name
            assert client.get(address(row, name)).status_code == 403
        assert client.post(address(row, "nonsense")).status_code == 403
        assert (client.post(address(row), {}).status_code == 200) == (role == "administrator")


def test_a_forged_post_is_refused(sign_in: Callable[[str], Client], shop: Shop) -> None:
    sign_in("administrator")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get())
    assert strict.post(address(shop, "confirm"), {"sure": "on"}).status_code == 403


# --- what a changed connection wakes ----------------------------------------------------------------------------------


def test_changed_rules_have_the_waiting_orders_checked(
    administrator: Client, shop: Shop, bells: None, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        administrator.post(address(shop), shop_fields(shop, take="always"))
    assert set(Change.objects.values_list("company", "kind", "value")) == {
        (shop.company_id, "rule", "*"),
        (shop.company_id, "company", "*"),
    }
    jobs = [(job.func_name, job.args) for job in django_rq.get_queue("orders").jobs]
    assert jobs == [("staging.jobs.validate_company", (shop.company_id,))]

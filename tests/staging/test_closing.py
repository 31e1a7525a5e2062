"""An order that somebody entered in Sage by hand is closed under the number that Sage itself confirms."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings.models import PaymentMapping
from staging import staff, tasks, validate
from staging.models import StagedOrder, Task
from syncbridge.models import AuditEntry
from tests.staging.back_office import orders_url, person
from tests.staging.conftest import connect, live
from tests.staging.world import check, map_all


@pytest.fixture
def held(presta: PrestaShopSandbox, books: SageCompany) -> StagedOrder:
    """An order whose item Sage does not know."""
    map_all(books)
    PaymentMapping.objects.filter(module="*").update(module="paypal")
    presta.add_order(lines=[{"reference": "BEDLAMP", "quantity": 1}], module="paypal")
    (row,) = check(live(connect(presta, books)))
    assert row.status == "invalid"
    return row


def by_hand(sage: Sage300Sandbox, row: StagedOrder, number: str = "ORD0000000000777", **other: Any) -> str:
    """What an accountant entered in Sage for the order."""
    told = {"OrderNumber": number, "CustomerNumber": "WEBEUR", "OrderTotal": row.total, "OrderSourceCurrency": "EUR"}
    entered = {
        "OrderUniquifier": 777000 + len(sage.orders()),
        "OrderReference": "",
        "OrderDetails": [],
        **told,
        **other,
    }
    sage.add("OEOrders", entered)
    return number


def closes(client: Client, row: StagedOrder, number: str) -> Task:
    page = client.get(reverse("admin:staging_stagedorder_change", args=[row.pk]))
    address = reverse("admin:staging_stagedorder_close", args=[row.pk])
    assert address in page.content.decode()
    answer = client.post(address, {"seen": page.context["seen"], "number": number, "reason": "the shop was away"})
    assert answer.status_code == 302
    return done()


def done() -> Task:
    task = Task.objects.latest("pk")
    tasks.run(task.pk)
    task.refresh_from_db()
    return task


def test_it_is_closed_under_the_number_that_sage_confirms_and_taken_back(
    held: StagedOrder, sage: Sage300Sandbox
) -> None:
    client, number = person(), by_hand(sage, held)
    task = closes(client, held, number)
    held.refresh_from_db()
    assert (task.status, held.status, held.sage_order) == ("done", "ignored", number)
    assert held.reason == staff.BY_HAND
    assert not held.issues.filter(closed_at=None).exists()
    assert AuditEntry.objects.filter(object_id=str(held.pk), action="act", who="accountant").exists()
    assert number in client.get(reverse("admin:staging_task_change", args=[task.pk])).content.decode()

    page = client.get(reverse("admin:staging_stagedorder_change", args=[held.pk]))
    client.post(reverse("admin:staging_stagedorder_act", args=[held.pk, "take_back"]), {"seen": page.context["seen"]})
    validate.sweep(Shop.objects.get())
    held.refresh_from_db()
    assert (held.status, held.sage_order) == ("invalid", "")


def test_a_number_that_sage_does_not_know_closes_nothing(held: StagedOrder, sage: Sage300Sandbox) -> None:
    task = closes(person(), held, "ORD404")
    held.refresh_from_db()
    assert (task.status, held.status) == ("failed", "invalid")
    assert "Sage has no order with the number ORD404" in task.message


def test_another_total_or_customer_needs_the_money_right_and_a_reason(held: StagedOrder, sage: Sage300Sandbox) -> None:
    number = by_hand(sage, held, OrderTotal=(held.total or 0) + 1, CustomerNumber="WEBUSD")
    client = person()
    task = closes(client, held, number)
    held.refresh_from_db()
    assert (task.status, held.status, len(task.result["differences"])) == ("done", "invalid", 2)

    confirm = reverse("admin:staging_task_confirm", args=[task.pk])
    assert person("operator").post(confirm, {"reason": "x"}).status_code == 403
    client.post(confirm, {"reason": " "})
    held.refresh_from_db()
    assert held.status == "invalid"
    client.post(confirm, {"reason": "the customer paid one euro more"})
    assert done().status == "done"
    held.refresh_from_db()
    assert (held.status, held.sage_order) == ("ignored", number)


def test_the_document_of_another_order_is_refused(held: StagedOrder, sage: Sage300Sandbox) -> None:
    number = by_hand(sage, held)
    StagedOrder.objects.create(shop=held.shop, order_id=999, reference="OTHER", status="ignored", sage_order=number)
    task = closes(person(), held, number)
    assert (task.status, "the document of the order OTHER" in task.message) == ("failed", True)


def test_many_are_closed_each_under_its_own_number(
    held: StagedOrder, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    presta.add_order(lines=[{"reference": "BEDLAMP", "quantity": 2}], module="paypal")
    check(held.shop)
    other = StagedOrder.objects.exclude(pk=held.pk).get()
    number, client = by_hand(sage, held), person()
    data: dict[str, Any] = {"action": "close_by_hand", "_selected_action": [held.pk, other.pk]}
    asked = client.post(orders_url(), data)
    assert [may for _row, may in asked.context["rows"]] == [True, True]
    none = data | {"_selected_action": [held.pk], "chosen": " ".join(asked.context["chosen"])}  # as the page sends it
    asked = client.post(orders_url(), none)
    assert "Nothing was done: enter the order&#x27;s number in Sage." in asked.content.decode()
    assert [row.pk for row, _may in asked.context["rows"]] == [held.pk, other.pk]
    entered = {f"number-{held.pk}": number, f"number-{other.pk}": "ORD404", "reason": "the shop was away"}
    client.post(orders_url(), {**data, **entered, "chosen": " ".join(asked.context["chosen"])})
    looked = done()

    assert [outcome for _pk, outcome, _told in looked.result["rows"]] == ["fits", "not fitting"]
    text = client.get(reverse("admin:staging_task_change", args=[looked.pk])).content.decode()
    assert "Sage has no order with the number ORD404" in text
    assert "Close this order" in text
    assert list(StagedOrder.objects.order_by("pk").values_list("status", flat=True)) == ["invalid", "invalid"]

    confirm = reverse("admin:staging_task_confirm", args=[looked.pk])
    assert person("operator").post(confirm).status_code == 403
    client.post(confirm)
    task = done()
    assert [row[:2] for row in task.result["rows"]] == [[held.pk, "done"]]
    assert list(StagedOrder.objects.order_by("pk").values_list("status", flat=True)) == ["ignored", "invalid"]
    held.refresh_from_db()
    assert held.sage_order == number


def test_none_of_many_fits_and_nothing_is_offered(held: StagedOrder, sage: Sage300Sandbox) -> None:
    client = person()
    data: dict[str, Any] = {"action": "close_by_hand", "_selected_action": [held.pk]}
    asked = client.post(orders_url(), data)
    entered = {f"number-{held.pk}": "ORD404", "chosen": " ".join(asked.context["chosen"])}
    client.post(orders_url(), data | entered)
    task = done()
    text = client.get(reverse("admin:staging_task_change", args=[task.pk])).content.decode()
    assert "Nothing was changed" in text
    assert "Close this order" not in text
    assert client.post(reverse("admin:staging_task_confirm", args=[task.pk])).status_code == 403

"""Send again after an un-post in Sage: Sage is asked first, staff choose, and a linked reference follows."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from connectors import http
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from staging import jobs, push, settling, staff
from staging.models import Task
from tests.staging.books import codes, credited, issue, net, quiet, row, total, turn
from tests.staging.conftest import connect, live
from tests.staging.pushing import ready
from tests.staging.world import map_all


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The sandbox shop, mapped and live."""
    monkeypatch.setattr(http, "PAUSES", (0.0, 0.0))
    map_all(books)
    return live(connect(presta, books))


def sold(presta: PrestaShopSandbox, shop: Shop) -> int:
    (order,) = ready(presta, shop)
    push.sweep(shop.company)
    return order.order_id


def ask(order_id: int, shop: Shop, user: User) -> Task:
    task = jobs.ask("send-again", {"order": row(order_id).pk, "reason": "un-posted by mistake"}, user)
    jobs.run_task(task.pk)
    task.refresh_from_db()
    turn(shop)
    return task


def test_what_sage_holds_is_told_credited_and_sent_under_a_linked_reference(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User
) -> None:
    order_id = sold(presta, shop)
    worth = total(presta, order_id)
    assert ask(order_id, shop, staff_user).status == "done"
    assert (codes(order_id), len(sage.orders())) == (["send-again"], 1)
    told = issue(order_id, "send-again").values
    assert (told["document"], told["total"], told["left"]) == (f"PS_{order_id}", f"{worth:.3f}", f"{worth:.3f}")
    assert settling.settle(row(order_id), issue(order_id, "send-again"), "replace", staff_user, "as proposed")
    turn(shop)
    turn(shop)
    assert {order["OrderReference"] for order in sage.orders()} == {f"PS_{order_id}", f"PS_{order_id}-G2"}
    assert (net(sage), list(credited(sage))) == (worth, [f"PS_{order_id}-X1"])
    quiet(order_id)


def test_what_was_taken_back_by_hand_is_not_credited_once_more(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User
) -> None:
    order_id = sold(presta, shop)
    ask(order_id, shop, staff_user)
    assert not settling.settle(row(order_id), issue(order_id, "send-again"), "credit", staff_user, "not offered here")
    assert settling.settle(row(order_id), issue(order_id, "send-again"), "anew", staff_user, "CN 17 in Sage")
    turn(shop)
    assert (len(sage.orders()), credited(sage)) == (2, {})
    assert row(order_id).sage_order == f"PS_{order_id}-G2"
    quiet(order_id)
    ask(order_id, shop, staff_user)
    assert issue(order_id, "send-again").values["document"] == f"PS_{order_id}-G2"
    assert staff.accept(row(order_id), issue(order_id, "send-again"), staff_user, "on second thought, no")
    turn(shop)
    assert len(sage.orders()) == 2
    quiet(order_id)


def test_what_sage_no_longer_has_is_sent_again_as_it_was(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User
) -> None:
    order_id = sold(presta, shop)
    (order,) = sage.orders()
    sage.remove("OEOrders", order["OrderUniquifier"])
    ask(order_id, shop, staff_user)
    assert [each["OrderNumber"] for each in sage.orders()] == [f"PS_{order_id}"]
    quiet(order_id)


def test_a_sage_that_is_away_changes_nothing(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, staff_user: User
) -> None:
    order_id = sold(presta, shop)
    sage.trouble("status", status=503, count=None)
    assert ask(order_id, shop, staff_user).status == "failed"
    sage.no_trouble()
    assert row(order_id).status == "posted"
    assert not row(order_id).corrections.exists()


@pytest.mark.parametrize("may", [True, False])
def test_the_button_needs_the_money_right_and_a_reason(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, client: Client, staff_user: User, may: bool
) -> None:
    order_id = sold(presta, shop)
    staff_user.is_staff = True
    staff_user.save()
    names = ["view_stagedorder", "change_stagedorder", *(["correct_money"] if may else [])]
    staff_user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(staff_user)
    address = reverse("admin:staging_stagedorder_act", args=[row(order_id).pk, "send-again"])
    page = client.get(reverse("admin:staging_stagedorder_change", args=[row(order_id).pk])).content.decode()
    assert (address in page) is may
    seen: dict[str, Any] = {"seen": staff.seen(row(order_id))}
    client.post(address, seen | {"reason": " "})
    assert not Task.objects.exists()
    assert client.post(address, seen | {"reason": "un-posted"}).status_code == (302 if may else 403)
    assert Task.objects.filter(kind="send-again").count() == may

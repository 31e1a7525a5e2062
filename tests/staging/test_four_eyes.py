"""Above the shop's amount nobody sends alone what he corrected; quantities need a right and a reason."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from connectors import open_shop
from connectors.models import Shop
from connectors.types import Raw
from staging import settling, staff, tasks
from staging.admin.worklists import orders_url
from staging.models import RawRecord, StagedOrder, Task
from syncbridge.models import AuditEntry
from syncbridge.roles import ensure_roles
from tests.staging.books import CANCELLED
from tests.story import Staff, Story


def person(name: str) -> User:
    ensure_roles()
    user = User.objects.create_user(name)
    user.groups.add(Group.objects.get(name="accountant"))
    return user


def corrected(story: Story, ada: User) -> StagedOrder:
    """An order held for an unknown item, which ada replaces; and she says how many were sold."""
    number = story.buys("BEDLAMP")
    story.turn()
    order = story.order(number)
    place = order.issues.get(closed_at=None).place
    raws = [Raw(raw.resource, raw.object_id, raw.payload) for raw in RawRecord.objects.filter(pk__in=order.raws)]
    read = open_shop(Shop.objects.get()).read_order(raws)
    quantity = str(next(line.quantity for line in read.lines if f"line {line.id}" == place) + 1)
    assert not staff.correct(order, read, place, {"quantity": quantity}, ada)  # no reason
    assert staff.correct(order, read, place, {"reference": "A1-104/0", "quantity": quantity}, ada, "as delivered")
    order.corrections.filter(field="quantity").update(value=order.corrections.get(field="quantity").shop_value)
    story.turn()
    return story.order(number)


def causes(order: StagedOrder) -> list[str]:
    return list(order.issues.filter(closed_at=None).values_list("code", flat=True))


def test_somebody_else_agrees_before_it_is_sent(story: Story) -> None:
    Shop.objects.update(four_eyes_above=Decimal(1))
    ada, bob = person("ada"), person("bob")
    order = corrected(story, ada)
    assert (order.status, causes(order)) == ("invalid", ["needs-second-eyes"])
    issue = order.issues.get(closed_at=None)
    assert issue.values["who"] == "ada"
    assert not staff.accept(order, issue, ada, "I am sure")
    assert staff.accept(order, issue, bob, "compared with the shop")
    story.turn()
    assert story.order(order.order_id).status == "posted"


def test_a_credit_in_sage_needs_them_too(story: Story) -> None:
    Shop.objects.update(four_eyes_above=Decimal(1))
    ada, bob = person("ada"), person("bob")
    number = story.buys("demo_1")
    story.turn()
    story.presta.set_state(number, CANCELLED)
    story.passes(minutes=5)
    story.turn()
    order = story.order(number)
    assert (order.status, causes(order)) == ("posted", ["changed-after-posting"])
    assert settling.settle(order, order.issues.get(closed_at=None), "credit", ada, "the buyer cancelled")
    story.turn()
    order = story.order(number)
    assert (causes(order), story.sage.credit_notes()) == (["needs-second-eyes"], [])
    other = Staff(name="eve").browser
    listed = other.get(orders_url(queue="needs-you"))
    assert list(listed.context["cl"].queryset) == [order]
    assert other.get(reverse("admin:index")).context["tiles"][0].count == 1
    assert not staff.accept(order, order.issues.get(closed_at=None), ada, "I am sure")
    assert staff.accept(order, order.issues.get(closed_at=None), bob, "seen the mail")
    story.turn()
    story.turn()
    assert len(story.sage.credit_notes()) == 1
    assert causes(story.order(number)) == []
    assert not other.get(orders_url(queue="needs-you")).context["cl"].queryset


def test_nobody_gets_around_them_at_the_browser(story: Story) -> None:
    Shop.objects.update(four_eyes_above=Decimal(1))
    ada, bob = Staff(name="ada"), Staff(name="bob")
    order = corrected(story, ada.user)
    tab = Client()  # signed in a second time
    tab.force_login(ada.user)
    for browser in (ada.browser, tab):
        issue = order.issues.get(closed_at=None)
        posted = {"seen": staff.seen(order), "issue": str(issue.pk), "reason": "I am sure"}
        url = reverse("admin:staging_stagedorder_act", args=[order.pk, "accept"])
        assert "Nothing was done" in browser.post(url, posted, follow=True).content.decode()
    for name in ("check", "push"):
        url = reverse("admin:staging_stagedorder_act", args=[order.pk, name])
        ada.browser.post(url, {"seen": staff.seen(order)})
    for name in ("check_again", "push_now"):
        chosen = {"action": name, "_selected_action": [order.pk]}
        answer = ada.browser.post(reverse("admin:staging_stagedorder_changelist"), chosen)
        if name == "push_now":
            frozen = {"chosen": " ".join(answer.context["chosen"])}
            ada.browser.post(reverse("admin:staging_stagedorder_changelist"), chosen | frozen)
    for _round in range(2):
        for task in Task.objects.filter(status="queued"):
            tasks.run(task.pk)
        for task in Task.objects.filter(kind="dry-run", status="done"):
            ada.browser.post(reverse("admin:staging_task_confirm", args=[task.pk]), {"reason": "x"})
        story.turn()
    order = story.order(order.order_id)
    assert (order.status, causes(order), story.sage.orders()) == ("invalid", ["needs-second-eyes"], [])
    bob.presses(order, "accept", issue=str(order.issues.get(closed_at=None).pk), reason="compared with the shop")
    story.turn()
    assert story.order(order.order_id).status == "posted"
    kept = AuditEntry.objects.filter(object_id=str(order.pk)).values_list("who", flat=True)
    assert {ada.user.username, bob.user.username} <= set(kept)


@pytest.mark.parametrize("limit", [None, Decimal(100_000)])
def test_below_the_limit_one_pair_of_eyes_is_enough(story: Story, limit: Decimal | None) -> None:
    Shop.objects.update(four_eyes_above=limit)
    assert corrected(story, person("ada")).status == "posted"


def test_quantities_need_the_money_right(story: Story) -> None:
    number = story.buys("BEDLAMP")
    story.turn()
    order = story.order(number)
    clerk = User.objects.create_user("clerk")
    clerk.user_permissions.add(Permission.objects.get(codename="change_stagedorder"))
    with pytest.raises(PermissionDenied):
        staff.correct(order, None, "line 1", {"quantity": "2"}, clerk, "because")  # type: ignore[arg-type]

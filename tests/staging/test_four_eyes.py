"""Above the shop's amount nobody sends alone what he corrected; quantities need a right and a reason."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied

from connectors import open_shop
from connectors.models import Shop
from connectors.types import Raw
from staging import staff
from staging.models import RawRecord, StagedOrder
from syncbridge.roles import ensure_roles
from tests.story import Story, opened


@pytest.fixture
def story(db: None) -> Iterator[Story]:
    """A shop, a company in Sage, and a bridge that is live."""
    with opened() as told:
        yield told


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

"""What the tests of the back-office share: people at a browser, and orders in any status without asking anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from connectors.models import Shop
from staging.models import Issue, Posting, StagedOrder
from syncbridge.roles import ensure_roles

_number = count(1000)
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def person(role: str = "accountant", name: str = "") -> Client:
    """Somebody of a role, signed in; ``role`` "" has no rights at all."""
    ensure_roles()
    user = User.objects.create_user(name or role or "nobody", is_staff=True)
    if role:
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def order(shop: Shop, status: str = "invalid", **fields: Any) -> StagedOrder:
    """An order that the shop placed at noon, a minute after the one before."""
    number = next(_number)
    values: dict[str, Any] = {
        "order_id": number,
        "reference": f"REF{number}",
        "email": f"buyer{number}@example.com",
        "total": Decimal("10.50"),
        "currency": "EUR",
        "placed_at": NOON + timedelta(minutes=number - 1000),
    }
    return StagedOrder.objects.create(shop=shop, status=status, **(values | fields))


def hold(row: StagedOrder, code: str = "item-unknown", value: str = "BEDLAMP", **fields: Any) -> Issue:
    """Open an issue of the order."""
    kind = "item" if code.startswith("item-") else ""
    StagedOrder.objects.filter(pk=row.pk).update(first_cause=code)
    return Issue.objects.create(order=row, **({"code": code, "kind": kind, "value": value} | fields))


def posting(row: StagedOrder, status: str = "ready", **fields: Any) -> Posting:
    """The sale of an order."""
    values = {
        "company": row.shop.company,
        "kind": "sale",
        "source_key": f"shop {row.shop_id} order {row.order_id}",
        "reference": row.sage_reference,
        "prepared": {"total": "10.50"},
    }
    return Posting.objects.create(order=row, status=status, **(values | fields))


def page(row: StagedOrder) -> str:
    """The address of the order's page."""
    return reverse("admin:staging_stagedorder_change", args=[row.pk])


def orders_url(**query: str) -> str:
    """The address of the list."""
    return reverse("admin:staging_stagedorder_changelist", query=query)

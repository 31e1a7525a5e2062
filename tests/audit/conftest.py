"""People who change things, a company with records, and what the audit kept of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from connectors.models import SageCompany, Shop
from staging.models import StagedOrder
from syncbridge.models import AuditEntry
from syncbridge.roles import ensure_roles
from tests.mappings.conftest import add_record


@pytest.fixture
def company(db: None) -> SageCompany:
    """Some books with two items."""
    row = SageCompany.objects.create(name="Books", url="http://sage.invalid", org_id="SAMLTD", user="W", password="pw")
    for code in ("A1-103/0", "A1-104/0"):
        add_record(row, "item", code, "Lamp", unit="Ea.", units={"Ea.": "1", "Box": "10"})
    return row


@pytest.fixture
def shop(company: SageCompany) -> Shop:
    """A shop that feeds them."""
    return Shop.objects.create(name="Lamps", url="http://shop.invalid", key="K", company=company)


@pytest.fixture
def order(shop: Shop) -> StagedOrder:
    """A held order."""
    return StagedOrder.objects.create(
        shop=shop, order_id=42, reference="XKBKNABJK", status="invalid", total=100, currency="EUR"
    )


@pytest.fixture
def sign_in(db: None) -> Callable[..., Client]:
    """A browser of somebody with a role."""
    ensure_roles()

    def make(role: str, name: str = "") -> Client:
        user = User.objects.create_user(name or role, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        return client

    return make


def entries(model: str, action: str = "") -> list[AuditEntry]:
    """What was kept about rows of a model, oldest first."""
    found = AuditEntry.objects.filter(content_type__model=model).order_by("pk")
    return list(found.filter(action=action) if action else found)

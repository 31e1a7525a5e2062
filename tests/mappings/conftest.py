"""A company with a handful of mirrored records, a shop, and an order whose words can be chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from connectors.models import SageCompany, Shop
from connectors.types import ZERO, Buyer, Charge, Party, ShopOrder, State, Totals
from mappings.models import Change, SageRecord, comparable, revision
from syncbridge.roles import ensure_roles

RECORDS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("item", "A1-103/0", "Desk lamp", {"unit": "Ea.", "units": {"Ea.": "1", "Box": "10"}}),
    ("item", "A1-104/0", "Bedside Lamp", {"unit": "Ea.", "units": {"Ea.": "1", "Box": "10"}}),
    ("item", "A1-400/0", "Halogen floor lamp", {"unit": "Ea."}),
    ("customer", "WEBEUR", "Web shop, EUR", {"currency": "EUR", "web_store": True}),
    ("customer", "WEBUSD", "Web shop, USD", {"currency": "USD", "web_store": True}),
    ("customer", "1200", "Mr. Ronald Black", {"currency": "USD"}),
    ("customer group", "WEB", "Web customers", {"currency": "EUR"}),
    ("tax group", "FRTVA", "TVA France", {"authorities": ["FRTVA"], "currency": "EUR", "type": "Sales"}),
    ("tax group", "BETVA", "TVA Belgique (OSS)", {"authorities": ["BETVA"], "currency": "EUR", "type": "Sales"}),
    ("tax rate", "FRTVA|1", "FRTVA", {"authority": "FRTVA", "buyer_class": 1, "rates": {"1": "20.00000", "3": "5.5"}}),
    ("payment code", "CASH", "Cash", {"type": "Cash"}),
    ("payment code", "DIGWAL", "Digital Wallet", {"type": "Other"}),
    ("payment code", "CARD", "Credit card", {"type": "CreditCard"}),
    ("payment code", "WIRE", "Wire transfer", {"type": "Other"}),
    ("terms", "N30", "Net 30", {}),
    ("bank", "BNPEUR", "Banque EUR", {"currency": "EUR"}),
    ("ship via", "UPSGND", "UPS Ground", {}),
    ("ship via", "CCT", "Cross-Country Trucking Lines", {}),
    ("location", "1", "Central warehouse", {}),
    ("currency", "EUR", "Euro", {"decimals": 2}),
    ("charge", "SHIP", "Shipping and handling", {}),
    ("charge", "DISC", "Discount", {}),
)


@pytest.fixture
def company(db: None) -> SageCompany:
    """Some books, with records of each kind."""
    row = SageCompany.objects.create(
        name="Books", url="http://sage.invalid/api", org_id="SAMLTD", user="WEB", password="x"
    )
    for kind, code, label, details in RECORDS:
        add_record(row, kind, code, label, **details)
    return row


@pytest.fixture
def shop(company: SageCompany) -> Shop:
    """A shop that feeds the company."""
    return Shop.objects.create(name="Lamps", url="http://shop.invalid", key="K", company=company)


def add_record(company: SageCompany, kind: str, code: str, label: str = "", **details: Any) -> SageRecord:
    """Mirror a record as if it had been read."""
    return SageRecord.objects.create(
        company=company,
        kind=kind,
        code=code,
        match=comparable(code),
        label=label,
        details=details,
        active=details.pop("active", True),
        seen_at=timezone.now(),
    )


def woken(company: SageCompany, since: int) -> set[tuple[str, str]]:
    """The (kind, value) pairs that changed after a revision."""
    changes = Change.objects.filter(company=company, revision__gt=since)
    return set(changes.values_list("kind", "value"))


@pytest.fixture
def since(company: SageCompany) -> int:
    """The revision before the test's own changes."""
    return revision(company.pk)


@pytest.fixture
def sign_in(db: None) -> Callable[[str], Client]:
    """A browser signed in with one role."""

    def make(role: str) -> Client:
        ensure_roles()
        user = User.objects.create_user(role, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def accountant(sign_in: Callable[[str], Client]) -> Client:
    """An accountant's browser."""
    return sign_in("accountant")


def an_order(**said: Any) -> ShopOrder:
    """An order of a French private person, in EUR, with some of its words chosen."""
    party = Party(
        1, "John", "DOE", "", "", ("16, Main street",), "75002", "Paris", said.pop("country", "FR"), "", "", ""
    )
    buyer = Buyer(
        said.pop("buyer", 2),
        "John",
        "DOE",
        "",
        said.pop("email", "pub@example.com"),
        said.pop("group", 3),
        "",
        False,
        "fr",
    )
    moment = datetime(2026, 11, 3, 10, tzinfo=UTC)
    order = ShopOrder(
        id=1, reference="XKBKNABJK", placed_at=moment, changed_at=moment, order_date=date(2026, 11, 3),
        state=State(2, "Payment accepted", True, False, False, False, False), currency="EUR", rate=Decimal(1),
        round_type=2, round_mode=2, buyer=buyer, invoice_to=party, deliver_to=party, lines=(), discounts=(),
        shipping=Charge(ZERO, ZERO, ZERO), wrapping=Charge(ZERO, ZERO, ZERO),
        totals=Totals(ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO), payments=(), refunds=(), module="paypal",
        payment_name="PayPal", carrier=None,
    )  # fmt: skip
    return replace(order, **said)

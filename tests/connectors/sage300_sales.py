"""Sales and clients that the tests of the Sage 300 connector share."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connectors.http import READ_TIMEOUT
from connectors.plain import plain
from connectors.sage300.client import Sage300
from connectors.types import Address, Document, Sale, SaleLine

TODAY = datetime.now(UTC).date()


def client(url: str, org_id: str = "SAMLTD", password: str | None = None, **options: Any) -> Sage300:
    """A client with the sandbox's user; no waits between the tries of a busy write."""
    options = {"busy_waits": [0, 0], **options}
    password = "WEBAPI" if password is None else password
    return Sage300(url=url, org_id=org_id, user="WEBAPI", password=password, options=options, ca_bundle="")


def found_late(sage: Sage300, kind: str, reference: str, hint: Mapping[str, Any] | None = None) -> Document:
    """Look until the document is there: a late commit comes after its caller has gone."""
    sage.api.session.read_timeout = READ_TIMEOUT
    until = time.monotonic() + READ_TIMEOUT
    while not (found := sage.find(kind, reference, hint)) and time.monotonic() < until:
        time.sleep(0.02)
    assert found is not None
    return found


def item(code: str = "demo_8", quantity: str = "2", price: str = "12.90", **more: Any) -> SaleLine:
    """An item line with 20 % inside the price."""
    count, unit_price = Decimal(quantity), Decimal(price)
    values: dict[str, Any] = {
        "kind": "item",
        "code": code,
        "description": "Mountain fox notebook",
        "quantity": count,
        "unit": "Ea.",
        "unit_price": unit_price,
        "amount": count * unit_price,
        "tax_included": True,
        "tax_class": 1,
        "rate": Decimal(20),
        "location": "1",
    }
    return SaleLine(**{**values, **more})


def charge(code: str = "SHIP", amount: str = "7.00", **more: Any) -> SaleLine:
    """A charge with 20 % inside."""
    values: dict[str, Any] = {"unit": "", "location": "", "description": "Shipping"}
    return item(code, "1", amount, kind="charge", **{**values, **more})


def sale(reference: str = "PS_1", lines: tuple[SaleLine, ...] = (), **more: Any) -> Sale:
    """A web order of 25.80 with shipping of 7.00; with an invoice."""
    values: dict[str, Any] = {
        "reference": reference,
        "customer": "WEBEUR",
        "order_date": TODAY,
        "currency": "EUR",
        "tax_group": "FRTVA",
        "lines": lines or (item(), charge()),
        "total": Decimal("32.80"),
        "tax": Decimal("5.47"),
        "invoice": True,
        "purchase_order": "XKBKNABJK",
        "description": "Web order 1",
        "location": "1",
        "ship_to": Address("Jane Doe", ("16, Main street", "2nd floor"), "Paris", "", "75002", "FR", "0102", "j@e.com"),
    }
    return Sale(**{**values, **more})


def prepared(reference: str = "PS_1", lines: tuple[SaleLine, ...] = (), **more: Any) -> dict[str, Any]:
    """What push hands to ``place``: the sale as JSON-able values."""
    values: dict[str, Any] = plain(sale(reference, lines, **more))
    return values

"""A bare client of the sandbox Sage 300 and the bodies its tests send; nothing of the connectors is used."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import requests

from connectors.sandbox.sage300 import Sage300Sandbox


class Client:
    """A bare client: every answer as (status, parsed body), amounts as Decimal."""

    patience = 10.0  # seconds until this client gives up

    def __init__(self, sandbox: Sage300Sandbox, user: str = "WEBAPI", word: str = "WEBAPI") -> None:
        self.base = sandbox.company_url
        self.http = requests.Session()
        self.http.auth = (user, word)
        self.http.headers.update({"Content-Type": "application/json"})

    def call(self, verb: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        query = {f"${name}": value for name, value in query.items()}
        response = self.http.request(verb, f"{self.base}/{path}", json=body, params=query, timeout=self.patience)
        return response.status_code, response.json(parse_float=Decimal) if response.content else None

    def get(self, path: str, **query: str) -> Any:
        status, body = self.call("GET", path, **query)
        assert status == 200, body
        return body

    def order(self, body: dict[str, Any]) -> Any:
        status, answered = self.call("POST", "OE/OEOrders", body)
        assert status == 201, answered
        return answered

    def refused(self, body: dict[str, Any], path: str = "OE/OEOrders") -> tuple[int, str, str]:
        status, answered = self.call("POST", path, body)
        return status, answered["error"]["code"], answered["error"]["message"]["value"]


def web_order(*lines: dict[str, Any], **header: Any) -> dict[str, Any]:
    """An order of the web account; a line needs only what it is about."""
    rows = [{"LineType": "Miscellaneous"} | line if "MiscellaneousChargesCode" in line else line for line in lines]
    return {"CustomerNumber": "WEBEUR", "OrderDate": "2026-11-20"} | header | {"OrderDetails": rows or [shirt()]}


def shirt(quantity: Any = 1, price: Any = "23.90", **more: Any) -> dict[str, Any]:
    return {
        "Item": "demo_1",
        "QuantityOrdered": quantity,
        "QuantityShipped": quantity,
        "PricingUnitPrice": price,
    } | more


def charge(code: str, amount: Any, **more: Any) -> dict[str, Any]:
    return {"MiscellaneousChargesCode": code, "ExtendedAmount": amount} | more

"""The demo's customers: they order through the sandbox shop's control door, some of them in awkward ways."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import requests

LONG_STREET = "Résidence les Grands Chênes, bâtiment C, escalier 4, 3e étage, porte 12, boîte aux lettres 7"
UNKNOWN_METHOD = ("alma", "Alma - pay in 3 instalments")

_GOODS = ("demo_1", "demo_3", "demo_8", "demo_11", "BOOK-55", "FOOD-10", "LIGHT")
_PAID = ("paypal", "stripe_official")
YESTERDAY = 14
"""Orders of a usual day, all paid."""

_METHODS = ("paypal", "stripe_official", "ps_cashondelivery", "ps_wirepayment", "ps_checkpayment", "paypal")


class Customers:
    """Places orders; what they buy is random but the same in each run."""

    def __init__(self, shop_url: str) -> None:
        self._url = f"{shop_url}/sandbox"
        self._random = random.Random(20261122)
        self._placed = 0

    def open_story(self) -> None:
        """Once in a shop's life: a usual yesterday, with the two orders beside BEDLAMP that need staff."""
        module, name = UNKNOWN_METHOD
        yesterday = (datetime.fromisoformat(self._post("clock")["now"]) - timedelta(days=1)).date()
        if not self._post("rows", resource="orders", module=module):
            many = {"n": YESTERDAY, "start": f"{yesterday} 08:20:00", "per_second": 1 / 2400}
            self._post("generate", **many, references=_GOODS, modules=_PAID)
            poster = [{"reference": "demo_3", "quantity": 1}]
            self._order(module=module, payment=name, state=2, lines=poster, date=f"{yesterday} 20:40:00")
        if self._post("rows", resource="addresses", address1=LONG_STREET):
            return
        address = self._post("rows", resource="addresses", id=7)[0]
        fields = {name: value for name, value in address.items() if name != "id"} | {"address1": LONG_STREET}
        long_address = self._post("add", resource="addresses", fields=fields)["id"]
        mugs = [{"reference": "demo_11", "quantity": 2}]
        self._order(module="paypal", address=long_address, lines=mugs, date=f"{yesterday} 21:10:00")

    def order(self) -> None:
        """One new order; each fifth one is for the bedside lamp."""
        self._placed += 1
        goods = ["BEDLAMP"] if self._placed % 5 == 0 else self._random.sample(_GOODS, self._random.randint(1, 3))
        self._order(
            module=_METHODS[self._placed % len(_METHODS)],
            lines=[{"reference": name, "quantity": self._random.randint(1, 3)} for name in goods],
        )

    def _order(self, **order: Any) -> None:
        self._post("order", **order)

    def _post(self, command: str, **asked: Any) -> Any:
        answer = requests.post(f"{self._url}/{command}", json=asked, timeout=30)
        answer.raise_for_status()
        return answer.json()

"""The control door: POST /sandbox/<command> with a JSON object, for the demo, tests and rehearsals (loopback only)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .sandbox import PrestaShopSandbox

Command = Callable[["PrestaShopSandbox", dict[str, Any]], Any]


def _slip(shop: PrestaShopSandbox, asked: dict[str, Any]) -> Any:
    lines = {int(detail): int(quantity) for detail, quantity in asked["lines"].items()}
    return {"id": shop.add_slip(asked["order"], lines, asked.get("shipping", False))}


def _payment(shop: PrestaShopSandbox, asked: dict[str, Any]) -> Any:
    order, amount = asked.pop("order"), Decimal(str(asked.pop("amount")))
    return {"id": shop.add_payment(order, amount, **asked)}


def _clock(shop: PrestaShopSandbox, asked: dict[str, Any]) -> Any:
    frozen = asked.get("frozen")
    moment = datetime.fromisoformat(frozen) if isinstance(frozen, str) else frozen
    shop.set_clock(asked.get("offset_seconds"), moment, asked.get("time_zone"))
    return {"now": shop.clock.text(), "time_zone": shop.clock.time_zone}


def _requests(shop: PrestaShopSandbox, asked: dict[str, Any]) -> Any:
    found = {"count": shop.requests.count, "requests": shop.requests.lines(asked.get("contains", ""))}
    if asked.get("reset"):
        shop.requests.reset()
    return found


def _generate(shop: PrestaShopSandbox, asked: dict[str, Any]) -> Any:
    return {"first": shop.generate(**asked)}


def _edit(shop: PrestaShopSandbox, asked: dict[str, Any]) -> Any:
    shop.edit(asked["resource"], asked["id"], asked.get("touch", True), **asked["fields"])


def _spoil(shop: PrestaShopSandbox, asked: dict[str, Any]) -> Any:
    shop.spoil(asked["resource"], *asked.get("ids", []))


COMMANDS: dict[str, Command] = {
    "order": lambda shop, asked: {"id": shop.add_order(**asked)},
    "state": lambda shop, asked: shop.set_state(asked["order"], asked["state"]),
    "payment": _payment,
    "slip": _slip,
    "edit": _edit,
    "add": lambda shop, asked: {"id": shop.add_row(asked["resource"], **asked["fields"])},
    "delete": lambda shop, asked: shop.delete(asked["resource"], asked["id"]),
    "rows": lambda shop, asked: shop.rows(asked.pop("resource"), **asked),
    "clock": _clock,
    "trouble": lambda shop, asked: shop.trouble(**asked),
    "slow": lambda shop, asked: shop.slow(asked["milliseconds"]),
    "spoil": _spoil,
    "webservice": lambda shop, asked: shop.switch_webservice(asked["on"]),
    "calm": lambda shop, _: shop.calm(),
    "requests": _requests,
    "snapshot": lambda shop, asked: {"file": shop.snapshot(asked["name"]).name},
    "restore": lambda shop, asked: shop.restore(asked["name"]),
    "generate": _generate,
}


class Door:
    """Runs commands on one sandbox."""

    def __init__(self, shop: PrestaShopSandbox) -> None:
        self.shop = shop

    def open(self, command: str, asked: dict[str, Any]) -> Any:
        """The command's result, ``{}`` if it has none; LookupError for an unknown command, row or reference."""
        if command not in COMMANDS:
            raise LookupError(f"Unknown command {command}; the door knows {', '.join(sorted(COMMANDS))}.")
        result = COMMANDS[command](self.shop, asked)
        return {} if result is None else result

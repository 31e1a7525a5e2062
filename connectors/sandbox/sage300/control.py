"""The control door ``/sandbox/...``: JSON in and out, no signing on; what people do in Sage and to its server.

POST /sandbox/trouble {"kind": "lose_answer", "verb": "POST", "resource": "OEOrders", "count": 1}   DELETE clears all
POST /sandbox/snapshot {"name": "night"}    POST /sandbox/restore {"name": "night"}
POST /sandbox/company/SAMLTD/options {"tax_level": "document"}
POST /sandbox/company/SAMLTD/add {"resource": "ICItems", "body": {...}}
POST /sandbox/company/SAMLTD/change {"resource": "ARCustomers", "key": ["1100"], "body": {"OnHold": "Yes"}}
POST /sandbox/company/SAMLTD/remove {"resource": "OEOrders", "key": [1001]}
POST /sandbox/company/SAMLTD/lock {"date": "2026-03-31", "locked": true}
POST /sandbox/company/SAMLTD/finish {"order": "ORD000001"}
POST /sandbox/company/SAMLTD/day_end    POST /sandbox/company/SAMLTD/post_batches
POST /sandbox/company/SAMLTD/lock_batch {"batch": 1, "locked": true}
POST /sandbox/user {"name": "X", "password": "X", "modules": ["AR"], "web_api": true}
POST /sandbox/server {"first_call_ms": 3000, "session_limit": 5}
GET /sandbox/log    DELETE /sandbox/log    GET /sandbox/state
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from . import actions
from .api import Answer
from .resources import RESOURCES
from .trouble import Trouble
from .users import User, set_user
from .wire import SageError, dumps, loads
from .world import World


def answer(world: World, verb: str, path: str, body: bytes) -> Answer:
    """One request at the door. 400 with a plain text for anything that cannot be done."""
    parts = path.removeprefix("/sandbox/").strip("/").split("/")
    try:
        given: dict[str, Any] = loads(body) if body.strip() else {}
        return Answer(200, dumps(_do(world, verb, parts, given)), "application/json")
    except SageError as error:
        return Answer(error.status, error.body())
    except (KeyError, TypeError, ValueError, FileNotFoundError) as error:
        return Answer(400, dumps({"error": f"{type(error).__name__}: {error}"}), "application/json")


def _do(world: World, verb: str, parts: list[str], given: dict[str, Any]) -> Any:
    if parts[0] == "company" and len(parts) == 3 and verb == "POST":
        return _COMPANY[parts[2]](world, parts[1], given)
    return _WORLD[f"{verb} {parts[0]}"](world, given)


def _trouble(world: World, given: dict[str, Any]) -> Any:
    world.troubles.add(Trouble(**given))
    return {"on": [asdict(each) for each in world.troubles.listed()]}


def _clear(world: World, _given: dict[str, Any]) -> Any:
    world.troubles.clear()
    return {"on": []}


def _snapshot(world: World, given: dict[str, Any]) -> Any:
    world.store.snapshot(given["name"])
    return {"snapshots": world.store.snapshots()}


def _restore(world: World, given: dict[str, Any]) -> Any:
    world.store.restore(given["name"])
    return {"restored": given["name"]}


def _user(world: World, given: dict[str, Any]) -> Any:
    lists: dict[str, Any] = {name: tuple(given[name]) for name in ("modules", "companies") if name in given}
    set_user(world.store, User(**{**given, **lists}))
    return {"user": given["name"]}


def _server(world: World, given: dict[str, Any]) -> Any:
    if "first_call_ms" in given:
        world.first_call_ms, world.warm = int(given["first_call_ms"]), False
    if "session_limit" in given:
        world.sessions.limit = given["session_limit"]
    return {"first_call_ms": world.first_call_ms, "session_limit": world.sessions.limit}


def _log(world: World, _given: dict[str, Any]) -> Any:
    entries = [asdict(each) | {"ms": round(each.ms)} for each in world.log.entries()]
    return {"counts": world.log.counts(), "requests": entries}


def _clear_log(world: World, _given: dict[str, Any]) -> Any:
    world.log.clear()
    return {"counts": {}}


def _state(world: World, _given: dict[str, Any]) -> Any:
    store = world.store
    counts = {
        company: {path: store.count(company, resource) for path, resource in RESOURCES.items() if resource.keys}
        for company in store.companies()
    }
    return {"companies": counts, "snapshots": store.snapshots(), "sessions_opened": world.sessions.opened}


_WORLD: dict[str, Callable[[World, dict[str, Any]], Any]] = {
    "POST trouble": _trouble, "DELETE trouble": _clear, "POST snapshot": _snapshot, "POST restore": _restore,
    "POST user": _user, "POST server": _server, "GET log": _log, "DELETE log": _clear_log, "GET state": _state,
}  # fmt: skip

_COMPANY: dict[str, Callable[[World, str, dict[str, Any]], Any]] = {
    "options": lambda world, company, given: actions.set_options(world.store, company, **given),
    "add": lambda world, company, given: actions.add(world.store, company, given["resource"], given["body"]),
    "change": lambda world, company, given: actions.change(
        world.store, company, given["resource"], tuple(given["key"]), given["body"]
    ),
    "remove": lambda world, company, given: actions.remove(
        world.store, company, given["resource"], tuple(given["key"])
    ),
    "lock": lambda world, company, given: actions.lock_period(
        world.store, company, given["date"], locked=given.get("locked", True)
    ),
    "finish": lambda world, company, given: actions.finish_order(world.store, company, given["order"]),
    "day_end": lambda world, company, _given: actions.run_day_end(world.store, company),
    "post_batches": lambda world, company, _given: actions.post_batches(world.store, company),
    "lock_batch": lambda world, company, given: actions.lock_batch(
        world.store, company, given["batch"], locked=given.get("locked", True)
    ),
}

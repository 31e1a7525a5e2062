"""Recorded orders as raws: own rows from the recorded XML, what they point to from the recorded shop's dataset."""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from xml.etree import ElementTree

from connectors.prestashop.lookups import SETTINGS
from connectors.prestashop.parse import rows
from connectors.sandbox.prestashop import DATASET
from connectors.types import Raw
from tests.connectors.recorded import ANSWERS, parse_xml, read_recording

VERSIONS = ("8.2", "9.1")
OWN = ("order_details", "order_cart_rules", "order_payments", "order_slip")
POINTED_TO = (
    *("customers", "addresses", "products", "combinations", "customizations", "order_states", "currencies"),
    *("countries", "states", "taxes", "carriers", "groups", "languages"),
)


CASES = sorted(path.name for path in (ANSWERS / "8.2" / "cases").iterdir() if path.is_dir())
ALL_CASES = [(version, name) for version in VERSIONS for name in CASES]


def case_raws(version: str, name: str) -> list[Raw]:
    """The raws of one recorded order.

    9.1 answered these requests as 8.2 did, but for the types in JSON: its order lies over 8.2's.
    """
    folder = ANSWERS / "8.2" / "cases" / name
    found = [_raw("orders", each) for each in parse_xml(read_recording(folder / "order.http").body)]
    if version == "9.1":
        found = [Raw("orders", found[0].id, {**found[0].data, **_json_order(name)})]
    for resource in OWN:
        (listed,) = parse_xml(read_recording(folder / f"{resource}.http").body)
        found += [_raw(resource, each) for each in listed]
    return [*found, *dataset_raws()]


def _json_order(name: str) -> dict[str, Any]:
    """9.1's order as JSON gave it alone (without its zeros), read as a list of one."""
    body = read_recording(ANSWERS / "9.1" / "cases" / name / "order_json.http").body
    (row,) = rows(body.strip().replace('{"order":', '{"orders":[', 1)[:-1] + "]}", "orders")
    return row


@cache
def dataset_raws() -> tuple[Raw, ...]:
    """All the recorded shop's small tables, customers, addresses and products."""
    found = []
    for resource in POINTED_TO:
        text = (DATASET / f"{resource}.json").read_text()
        found += [Raw(resource, int(row["id"]), row) for row in rows(text, resource)]
    settings = {
        row["name"]: row["value"] for row in json.loads((DATASET / "configurations.json").read_text())["configurations"]
    }
    found.append(Raw("configurations", 0, {name: settings[name] for name in SETTINGS if name in settings}))
    return tuple(found)


def _raw(resource: str, element: ElementTree.Element) -> Raw:
    data = _data(element)
    return Raw(resource, int(data["id"]), data)


def _data(element: ElementTree.Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in element:
        if child.tag == "associations":
            found["associations"] = {each.tag: [_data(row) for row in each] for each in child}
        else:
            found[child.tag] = child.text or ""
    return found

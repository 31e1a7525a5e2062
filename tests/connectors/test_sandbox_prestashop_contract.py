"""The sandbox shop answers recorded reads as the recorded PrestaShop did: status, headers, shape and rows.

A recording of 8.2 stands for 9.1 too unless there is one of 9.1 (kept where 9.1 answered otherwise). The sandbox's
dataset lacks about a third of the recorded shop's orders: rows with ids that are not in it are left out of account.
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.prestashop import PrestaShopSandbox
from tests.connectors.recorded import ANSWERS, Recorded, canonical, entities, parse_xml, read_recording

VERSIONS = {"8.2": "8.2.0", "9.1": "9.1.4"}
SHOP = "shop.example"
SAME_HEADERS = ("Content-Type", "WWW-Authenticate", "X-Powered-By", "Location")

# Recordings the sandbox answers otherwise, each with the reason.
EXCEPTIONS = {
    "list/search_": "the shop's full-text search; no bridge reads it",
    "format/product_price_param": "prices computed on request; an order bridge reads what was charged",
    "errors/gone_unknown_put_json": "writes through the webservice are not offered yet",
}
# In 9.1 the first row PHP had cached shows its flags as numbers, the next one as text: either is right.
LOOSE_FLAGS = ("currencies", "groups", "languages")


def recordings() -> list[Any]:
    """(version, file) of all recordings, those of 8.2 for 9.1 too where it answered alike."""
    files = {path.relative_to(ANSWERS).as_posix(): path for path in sorted(ANSWERS.glob("*/**/*.http"))}
    found = []
    for name, path in files.items():
        version, rest = name.split("/", 1)
        if any(rest.startswith(excepted) for excepted in EXCEPTIONS):
            continue
        for asked in (version, "9.1") if version == "8.2" and f"9.1/{rest}" not in files else (version,):
            found.append(pytest.param(asked, path, id=f"{asked}-{rest.removesuffix('.http')}"))
    return found


@pytest.fixture(scope="module")
def shops() -> Iterator[dict[str, PrestaShopSandbox]]:
    """A sandbox of each version, with the recorded shop's domain."""
    running = {version: PrestaShopSandbox(version=version, domain=SHOP) for version in VERSIONS}
    for shop in running.values():
        shop.start()
    yield running
    for shop in running.values():
        shop.stop()


@pytest.mark.parametrize(("version", "path"), recordings())
def test_recorded_answer(shops: dict[str, PrestaShopSandbox], version: str, path: Path) -> None:
    recorded, shop = read_recording(path), shops[version]
    missing = _missing(shop, recorded)
    if missing == "all":
        pytest.skip("the recorded row is not in the dataset")
    shop.switch_webservice("webservice_off" not in recorded.name)
    status, headers, body = _replay(shop, recorded)
    assert status == recorded.status, body[:500]
    for name in SAME_HEADERS:
        assert headers.get(name) == recorded.got.get(name), name
    for name in ("Access-Time", "Content-Sha1"):
        assert (name in headers) == (name in recorded.got), name
    if recorded.got.get("PSWS-Version", "0") != "0":
        assert headers["PSWS-Version"] == VERSIONS[version]
    _compare_bodies(shop, recorded, body)


def _missing(shop: PrestaShopSandbox, recorded: Recorded) -> str:
    single = re.match(r"/api/[a-z_]+/(\d+)", recorded.target)
    gone = single and recorded.status == 200 and not shop.rows(recorded.resource, id=single[1])
    return "all" if gone else ""


def _replay(shop: PrestaShopSandbox, recorded: Recorded) -> tuple[int, dict[str, str], str]:
    sent = dict(recorded.sent)
    if "Local-Content-Sha1" in sent:
        # The recorded digest is of another host's links; the point is that the same digest gives 304.
        del sent["Local-Content-Sha1"]
        sent["Local-Content-Sha1"] = _ask(shop, recorded, sent)[1]["Content-Sha1"]
    return _ask(shop, recorded, sent)


def _ask(shop: PrestaShopSandbox, recorded: Recorded, sent: dict[str, str]) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection(shop.url.removeprefix("http://"), timeout=60)
    connection.putrequest(recorded.method, recorded.target, skip_host=True, skip_accept_encoding=True)
    for name, value in sent.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, dict(answer.getheaders()), body


def _compare_bodies(shop: PrestaShopSandbox, recorded: Recorded, body: str) -> None:
    as_json = recorded.got.get("Content-Type") == "application/json"
    if recorded.status != 200 or recorded.method == "HEAD":
        assert body.strip() == recorded.body.strip()
        return
    expected = entities(recorded.body, as_json, recorded.cut)
    if expected is None:
        assert _whole(body, as_json, recorded) == _whole(recorded.body, as_json, recorded)
        return
    found = entities(body, as_json, cut=False)
    assert found is not None, body[:500]
    present = {int(row["id"]) for row in shop.rows(recorded.resource)}
    rows = {row_id: entity for row_id, entity in expected[1].items() if row_id in present}
    assert found[0] == expected[0] or not rows
    limited = recorded.cut or "limit=" in recorded.target or recorded.name.split("/")[1] == "resources"
    assert set(rows) <= set(found[1])
    assert limited or set(found[1]) == set(rows)
    for row_id, entity in rows.items():
        assert _loose(found[1][row_id], recorded) == _loose(entity, recorded), f"row {row_id}"
    ties = recorded.name.endswith(("filter_date_gt_1s_less", "filter_date_plus"))
    if "sort=" in recorded.target and not ties:
        assert [row_id for row_id in found[1] if row_id in rows] == list(rows)


def _whole(body: str, as_json: bool, recorded: Recorded) -> Any:
    return _loose(json.loads(body) if as_json else canonical(parse_xml(body)), recorded)


def _loose(entity: Any, recorded: Recorded) -> Any:
    """The entity; flags of the resources that show them either way in 9.1 become text."""
    if recorded.name.startswith("9.1") and recorded.resource in LOOSE_FLAGS and isinstance(entity, dict):
        return {name: str(value) if value in (0, 1, "0", "1") else value for name, value in entity.items()}
    return entity

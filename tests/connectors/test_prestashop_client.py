"""The client as the port sees it: refusals in plain words, clocks and zones, the doctor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors import http
from connectors.errors import ConnectorError, Misconfigured, Rejected, Unavailable
from connectors.http import Session
from connectors.ports import Shop
from connectors.prestashop.client import PrestaShop
from connectors.prestashop.doctor import READ
from connectors.prestashop.refusals import api_address, classify
from connectors.sandbox.prestashop import INACTIVE_KEY, POWERLESS_KEY, READ_ONLY_KEY, Key, PrestaShopSandbox
from connectors.types import Finding, Position
from tests.connectors.bad_server import BadServer, always, answer
from tests.connectors.recorded import ANSWERS, read_recording
from tests.connectors.scripted import Said, serving

ROOT = b'<?xml version="1.0"?><prestashop><api shopName="x"></api></prestashop>'


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PAUSES", (0.01, 0.02))


@pytest.fixture
def sandbox() -> Iterator[PrestaShopSandbox]:
    with PrestaShopSandbox() as shop:
        yield shop


def client(url: str, key: str = "K" * 32, time_zone: str = "Europe/Paris", shop_id: int = 1) -> PrestaShop:
    return PrestaShop(url=url, key=key, time_zone=time_zone, shop_id=shop_id)


def findings(shop: Shop) -> dict[str, Finding]:
    return {finding.subject: finding for finding in shop.doctor()}


RECORDED = {
    "bad_key": (Misconfigured, "does not know this webservice key"),
    "bad_key_json": (Misconfigured, "does not know this webservice key"),
    "inactive_key": (Misconfigured, "does not know this webservice key"),
    "empty_key": (Misconfigured, "without a webservice key"),
    "short_key": (Misconfigured, "wrong length"),
    "key_no_permission": (Misconfigured, "no rights at all"),
    "no_key": (Misconfigured, "Authorization header"),
    "resource_not_allowed": (Misconfigured, 'no right on one kind of object.*"customers" is not allowed'),
    "resource_not_allowed_json": (Misconfigured, 'no right on one kind of object.*"customers" is not allowed'),
    "method_not_allowed": (Misconfigured, "lacks the right"),
    "method_forbidden_resource": (Misconfigured, "never allows"),
    "unknown_resource": (Misconfigured, "PrestaShop 8 or 9"),
    "unknown_resource_json": (Misconfigured, "PrestaShop 8 or 9"),
    "bad_filter_json": (Misconfigured, "does not understand a request"),
    "11_webservice_off": (Misconfigured, "switched off. Switch it on"),
    "11b_webservice_off_json": (Misconfigured, "switched off. Switch it on"),
    "unknown_id_json": (Misconfigured, "no PrestaShop webservice at this address"),
    "shop_unknown": (Misconfigured, "sends us on to"),
}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_refusals_are_told_apart_in_plain_words(name: str) -> None:
    kind, words = RECORDED[name]
    recorded = read_recording(ANSWERS / "8.2" / "errors" / f"{name}.http")
    headers = {
        each.replace("-", "_"): recorded.got[each] for each in ("Content-Type", "Location") if each in recorded.got
    }
    with BadServer(always(answer(recorded.status, recorded.body.encode(), **headers))) as server:
        talk = Session(server.url, auth=("K" * 32, ""), classify=classify)
        with pytest.raises(kind, match=f"(?s){words}") as caught:
            talk.get("orders")
    assert caught.value.status == recorded.status
    assert len(server.asked) == 1
    assert len(caught.value.message) < 400
    assert "K" * 32 not in caught.value.message + caught.value.answer


@pytest.mark.parametrize("path", sorted((ANSWERS / "9.1" / "errors").glob("*.http")), ids=lambda path: path.stem)
def test_recorded_refusals_of_9_1_are_the_same(path: Path) -> None:
    recorded = read_recording(path)
    kind, words = RECORDED[path.stem]
    error = classify(recorded.status, recorded.body, "GET")
    assert type(error) is kind
    assert words in error.message


def test_the_wrong_host_is_the_operators() -> None:
    onwards = r"sends us on to http://www\.shop\.example"
    with PrestaShopSandbox(domain="www.shop.example") as moved, pytest.raises(Misconfigured, match=onwards):
        client(moved.url, moved.key).now()


def test_an_empty_500_and_an_overload_are_tried_again_and_the_shop_is_away() -> None:
    for status in (500, 502, 503, 429):
        with BadServer(always(answer(status))) as server, pytest.raises(Unavailable):
            client(server.url).now()
        assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("entered", "asked"),
    [
        ("https://shop.example", "https://shop.example/api"),
        ("https://shop.example/", "https://shop.example/api"),
        (" https://shop.example/api/ ", "https://shop.example/api"),
        ("https://shop.example/fr", "https://shop.example/fr/api"),
        ("https://api.example", "https://api.example/api"),
    ],
)
def test_the_address_may_be_entered_with_or_without_api(entered: str, asked: str) -> None:
    assert api_address(entered) == asked


def test_now_is_the_shop_s_clock(sandbox: PrestaShopSandbox) -> None:
    sandbox.clock.set(frozen=datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
    assert client(sandbox.url, sandbox.key).now() == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Access_Time": "1795344104"}, datetime(2026, 11, 22, 10, 41, 44, tzinfo=UTC)),
        ({"Date": "Sun, 22 Nov 2026 10:41:44 GMT"}, datetime(2026, 11, 22, 10, 41, 44, tzinfo=UTC)),
        ({"Access_Time": "0", "Date": "Sun, 22 Nov 2026 10:41:44 GMT"}, datetime(2026, 11, 22, 10, 41, 44, tzinfo=UTC)),
        ({"Access_Time": "x" * 400, "Date": "yesterday"}, None),
        ({}, None),
    ],
)
def test_the_clock_falls_back_sensibly(headers: dict[str, str], expected: datetime | None) -> None:
    before = datetime.now(UTC)
    with BadServer(always(answer(200, b"[]", **headers))) as server:
        now = client(server.url).now()
    if expected:
        assert now == expected
    else:
        assert before <= now <= datetime.now(UTC)


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/Toronto", "Pacific/Auckland", "Asia/Kolkata", "UTC"])
def test_local_text_and_aware_time_are_each_other_s_reverse(zone: str) -> None:
    shop = client("http://shop.example", time_zone=zone)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for hours in range(0, 366 * 24, 7):
        moment = start + timedelta(hours=hours)
        back = shop.local(shop.text(moment))
        assert back == moment or moment - back == timedelta(hours=1)  # the second turn of an hour that comes twice
        assert back.tzinfo is UTC


def test_the_night_of_the_clock_change() -> None:
    shop = client("http://shop.example")
    assert shop.local("2026-10-25 02:30:00") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert shop.local("2026-03-29 02:30:00") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert shop.text(datetime(2026, 10, 25, 1, 30, tzinfo=UTC)) == "2026-10-25 02:30:00"


@pytest.mark.parametrize(
    "text", ["", "0000-00-00 00:00:00", "2026-11-30", "2026-11-30T10:00:00", "30/11/2026", "x" * 99]
)
def test_what_is_no_time_is_rejected(text: str) -> None:
    with pytest.raises(Rejected, match="Enter it as"):
        client("http://shop.example").local(text)


@pytest.mark.parametrize("zone", ["", "Europe/Atlantis", "../etc/passwd", "/etc/passwd", "Europe", "\x00"])
def test_an_unknown_time_zone_is_the_operators(zone: str) -> None:
    with pytest.raises(Misconfigured, match="Enter the shop's own"):
        client("http://shop.example", time_zone=zone)


def test_the_client_is_a_shop_and_asks_nothing_when_made() -> None:
    shop: Shop = client("http://127.0.0.1:1")
    shop.changed("orders", Position())
    shop.snapshots([1])
    shop.doctor()


@pytest.mark.parametrize("version", ["8.2", "9.1"])
def test_the_doctor_of_a_sound_shop_finds_nothing(version: str) -> None:
    with PrestaShopSandbox(version=version) as sandbox:
        found = findings(client(sandbox.url, sandbox.key))
    assert all(finding.ok for finding in found.values()), found
    assert set(found) == {
        *(f"read {resource}" for resource in READ),
        *("encryption", "connection", "answers", "version", "clock", "time zone", "newest order"),
    }
    assert version in found["version"].text


def test_the_doctor_names_each_missing_right(sandbox: PrestaShopSandbox) -> None:
    found = findings(client(sandbox.url, READ_ONLY_KEY))
    assert found["connection"].ok
    assert found["read orders"].ok
    missing = {subject for subject, finding in found.items() if finding.ok is False}
    assert missing == {
        f"read {resource}" for resource in READ if resource not in ("orders", "order_details", "products")
    }
    assert "GET" in found["read customers"].remedy
    assert "newest order" not in found


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (INACTIVE_KEY, "does not know"),
        ("X" * 32, "does not know"),
        ("short", "wrong length"),
        (POWERLESS_KEY, "no rights"),
    ],
)
def test_the_doctor_says_what_is_wrong_with_the_key(sandbox: PrestaShopSandbox, key: str, words: str) -> None:
    found = list(client(sandbox.url, key).doctor())
    assert [finding.subject for finding in found] == ["encryption", "connection"]
    assert found[-1].ok is False
    assert words in found[-1].text
    assert "Advanced Parameters > Webservice" in found[-1].text or "Copy it again" in found[-1].text
    assert found[-1].remedy == "Then test again."


def test_the_doctor_tells_off_redirected_and_dead_apart(sandbox: PrestaShopSandbox) -> None:
    sandbox.switch_webservice(on=False)
    off = findings(client(sandbox.url, sandbox.key))["connection"]
    assert off.ok is False
    assert off.text.startswith("The shop's webservice is switched off. Switch it on")
    with PrestaShopSandbox(domain="www.shop.example") as moved:
        assert "sends us on to http://www.shop.example" in findings(client(moved.url, moved.key))["connection"].text
    dead = findings(client("http://127.0.0.1:1"))["connection"]
    assert "cannot be reached" in dead.text
    assert dead.remedy


def test_the_doctor_tells_what_stands_beside_the_answers_from_a_missing_right(sandbox: PrestaShopSandbox) -> None:
    sandbox.trouble("warning", times=100)
    found = findings(client(sandbox.url, sandbox.key))
    assert (found["answers"].ok, found["read orders"].ok) == (None, True)
    assert "display_errors" in found["answers"].remedy
    sandbox.calm()
    sandbox.trouble("html", times=100)
    page = findings(client(sandbox.url, sandbox.key))["connection"]
    assert "a web page came instead of data" in page.text
    assert "maintenance" in page.remedy
    with serving(lambda _asked: Said(body=b"<prestashop/>")) as elsewhere:
        others = list(client(elsewhere.url).doctor())
    assert [finding.subject for finding in others] == ["encryption", "connection", "answers"]
    assert "not with what the key may read" in others[-1].text


def test_the_doctor_says_once_that_there_is_no_such_shop(sandbox: PrestaShopSandbox) -> None:
    found = list(client(sandbox.url, sandbox.key, shop_id=7).doctor())
    assert [finding.subject for finding in found if finding.ok is False] == ["shop number"]
    assert "shop number 7" in found[-1].text


def test_the_doctor_sees_clock_zone_shop_number_and_version(sandbox: PrestaShopSandbox) -> None:
    sandbox.clock.set(offset_seconds=-600)
    found = findings(client(sandbox.url, sandbox.key, time_zone="America/Toronto", shop_id=1))
    assert found["clock"].text.startswith("The shop's clock is 10 minutes behind ours")
    assert found["time zone"].ok is False
    assert "Europe/Paris" in found["time zone"].remedy
    old = always(answer(200, ROOT, PSWS_Version="1.7.8.11", Access_Time="1795344104"))
    with BadServer(old) as server:
        version = findings(client(server.url))["version"]
    assert (version.ok, "not tested" in version.text) == (None, True)


def test_the_doctor_warns_of_an_address_without_encryption() -> None:
    found = findings(client("http://shop.invalid"))
    assert found["encryption"].ok is False
    assert findings(client("https://shop.invalid"))["encryption"].ok


def test_the_doctor_reads_one_order_whole(sandbox: PrestaShopSandbox) -> None:
    newest = max(int(row["id"]) for row in sandbox.store.rows("orders"))
    sandbox.store.update("orders", newest, total_paid_tax_incl="free")
    found = findings(client(sandbox.url, sandbox.key))["newest order"]
    assert found.ok is False
    assert "total_paid_tax_incl" in found.text
    for row in sandbox.store.rows("orders"):
        sandbox.store.delete("orders", row["id"])
    assert findings(client(sandbox.url, sandbox.key))["newest order"].ok is None


def test_every_finding_that_fails_says_what_to_do() -> None:
    few = Key("F" * 32, rights=(("orders", frozenset({"GET"})), ("configurations", frozenset({"GET"}))))
    with PrestaShopSandbox(keys=[few]) as sandbox:
        sandbox.clock.set(offset_seconds=4000)
        for key, url in (("F" * 32, sandbox.url), ("G" * 32, sandbox.url), ("F" * 32, "http://shop.invalid")):
            for finding in client(url, key, "Asia/Tokyo").doctor():
                assert finding.ok or finding.remedy, finding
                assert key not in finding.text + finding.remedy


def test_a_right_that_the_list_promises_but_the_shop_denies_is_found(sandbox: PrestaShopSandbox) -> None:
    sandbox.trouble("status", status=403, path="/api/taxes")
    found = findings(client(sandbox.url, sandbox.key))
    assert found["read taxes"].ok is False
    assert "forbids" in found["read taxes"].text


def test_no_error_of_the_client_shows_the_key(sandbox: PrestaShopSandbox) -> None:
    for key, url in (("Z" * 32, sandbox.url), ("Z" * 32, "http://127.0.0.1:1"), ("Z" * 32, "http://shop.invalid")):
        with pytest.raises(ConnectorError) as caught:
            client(url, key).now()
        assert key not in f"{caught.value} {caught.value.args} {caught.value.answer} {caught.value.__cause__}"

"""Snapshots over HTTP: whole, in few requests, and a broken object loses only its own orders."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors import http
from connectors.errors import Misconfigured, Unavailable
from connectors.prestashop.client import PrestaShop
from connectors.prestashop.webservice import IDS_PER_REQUEST, chunks
from connectors.sandbox.prestashop import PrestaShopSandbox
from connectors.types import Position, Raw, Snapshot
from tests.connectors.bad_server import Answer, BadServer, always, answer
from tests.connectors.shop_cases import CASES, case_raws

BY_CASE = {name: next(raw.id for raw in case_raws("8.2", name) if raw.resource == "orders") for name in CASES}
FIRST = BY_CASE["bedlamp_paid"]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PAUSES", (0.01, 0.02))


@pytest.fixture(params=["8.2", "9.1"])
def either(request: pytest.FixtureRequest) -> Iterator[PrestaShopSandbox]:
    with PrestaShopSandbox(version=request.param) as shop:
        yield shop


@pytest.fixture
def sandbox() -> Iterator[PrestaShopSandbox]:
    with PrestaShopSandbox() as shop:
        yield shop


def client(sandbox: PrestaShopSandbox, list_size: int = 50) -> PrestaShop:
    return PrestaShop(url=sandbox.url, key=sandbox.key, time_zone="Europe/Paris", list_size=list_size)


def all_ids(sandbox: PrestaShopSandbox) -> list[int]:
    return sorted(int(row["id"]) for row in sandbox.store.rows("orders"))


def of(snapshot: Snapshot, resource: str) -> list[Raw]:
    return [raw for raw in snapshot.raws if raw.resource == resource]


def test_each_recorded_order_read_over_http_equals_the_recorded_one(either: PrestaShopSandbox) -> None:
    shop = client(either)
    for name, order_id in BY_CASE.items():
        (snapshot,) = shop.snapshots([order_id])
        assert not snapshot.fault
        assert shop.read_order(snapshot.raws) == shop.read_order(case_raws("8.2", name)), name


def test_every_order_of_the_shop_is_understood_in_the_order_asked(either: PrestaShopSandbox) -> None:
    shop = client(either)
    asked = [*reversed(all_ids(either)), 999_999]
    snapshots = list(shop.snapshots(asked))
    assert [each.order_id for each in snapshots] == asked[:-1]
    assert [shop.read_order(each.raws).id for each in snapshots] == asked[:-1]
    assert not any(each.fault for each in snapshots)


def test_both_versions_give_the_same_raws() -> None:
    with PrestaShopSandbox(version="8.2") as old, PrestaShopSandbox(version="9.1") as new:
        asked = [FIRST, BY_CASE["partial_refund_ship"]]
        assert list(client(old).snapshots(asked)) == list(client(new).snapshots(asked))


def test_no_secret_is_asked_for_or_kept(either: PrestaShopSandbox) -> None:
    kept = json.dumps([dict(raw.data) for each in client(either).snapshots(all_ids(either)) for raw in each.raws])
    for secret in ("passwd", "secure_key", "reset_password_token", "download_hash", "card_number"):
        assert secret not in kept
    for resource in ("orders", "customers", "order_payments"):
        lines = either.requests.lines(f"/api/{resource}?")
        assert lines
        assert not any("display=full" in line or "secure_key" in line or "passwd" in line for line in lines)


def test_a_page_of_50_new_orders_costs_at_most_12_requests(sandbox: PrestaShopSandbox) -> None:
    sandbox.generate(150, start="2026-11-23 00:00:00", per_second=1)
    shop = client(sandbox)
    costs = []
    position = Position("2026-11-23 00:00:00", 0)
    pages = shop.changed("orders", position)
    while True:
        sandbox.requests.reset()
        page = next(pages, None)
        if page is None:
            break
        snapshots = list(shop.snapshots([change.id for change in page.changes]))
        assert len(snapshots) == len(page.changes)
        costs.append(sandbox.requests.count)
    assert len(costs) >= 3
    assert costs[0] <= 21  # the small tables, once
    assert max(costs[1:]) <= 12


def test_addresses_of_requests_stay_short(sandbox: PrestaShopSandbox) -> None:
    sandbox.generate(220, per_second=1)
    list(client(sandbox).snapshots(all_ids(sandbox)))
    assert max(map(len, sandbox.requests.lines())) < 3800  # decoded; 4 KB is where servers begin to refuse
    assert [len(each) for each in chunks([str(number) for number in range(250)])] == [100, 100, 50]
    assert all(len(each) <= IDS_PER_REQUEST for each in chunks(["x" * 90] * 300))
    assert max(sum(len(value) + 3 for value in each) for each in chunks(["x" * 90] * 300)) <= 2500


def test_the_small_tables_are_asked_once(sandbox: PrestaShopSandbox) -> None:
    shop = client(sandbox)
    list(shop.snapshots([FIRST]))
    sandbox.requests.reset()
    list(shop.snapshots([FIRST]))
    asked = {urlsplit(line.split(" ")[1]).path.removeprefix("/api/") for line in sandbox.requests.lines()}
    assert not asked & {"order_states", "currencies", "countries", "states", "taxes", "carriers", "groups", "languages"}
    assert "configurations" not in asked


def test_what_is_gone_leaves_no_raw_and_the_order_is_still_read(sandbox: PrestaShopSandbox) -> None:
    for resource, number in (("customers", 3), ("products", 20), ("carriers", 2)):
        sandbox.store.delete(resource, number)
    (snapshot,) = client(sandbox).snapshots([FIRST])
    order = client(sandbox).read_order(snapshot.raws)
    assert (snapshot.fault, order.buyer.gone, order.lines[0].deleted) == ("", True, True)
    assert order.lines[0].reference == "BEDLAMP"
    assert order.carrier is not None
    assert order.carrier.reference_id == 0


def test_an_edited_carrier_keeps_its_reference(sandbox: PrestaShopSandbox) -> None:
    row = sandbox.store.row("carriers", 2)
    sandbox.store.insert("carriers", [{**row, "id": 9, "id_reference": "2", "name": "My faster carrier"}])
    sandbox.store.update("orders", FIRST, id_carrier="9")
    (snapshot,) = client(sandbox).snapshots([FIRST])
    carrier = client(sandbox).read_order(snapshot.raws).carrier
    assert carrier is not None
    assert (carrier.id, carrier.reference_id) == (9, 2)


def test_a_split_cart_shows_its_siblings(sandbox: PrestaShopSandbox) -> None:
    bought = [{"reference": "BEDLAMP", "quantity": 1}]
    one, two = (sandbox.add_order(lines=bought, reference="SPLITCART") for _ in range(2))
    sandbox.add_payment(one, "58.00")
    shop = client(sandbox)
    first, second = (shop.read_order(each.raws) for each in shop.snapshots([one, two]))
    assert (first.siblings, second.siblings) == ((two,), (one,))
    assert first.payments == second.payments


def test_a_state_of_one_s_own_for_this_shop_alone_counts(sandbox: PrestaShopSandbox) -> None:
    sandbox.store.insert(
        "configurations",
        [
            {"id": 901, "name": "PS_OS_CANCELED", "value": "12", "id_shop": "1"},
            {"id": 902, "name": "PS_OS_CANCELED", "value": "13", "id_shop": "2"},
        ],
    )
    sandbox.store.update("orders", FIRST, current_state="12")
    (snapshot,) = client(sandbox).snapshots([FIRST])
    assert client(sandbox).read_order(snapshot.raws).state.cancelled


@pytest.mark.parametrize("resource", ["orders", "order_details", "order_payments", "order_cart_rules", "order_slip"])
def test_a_broken_object_of_its_own_loses_only_its_order(sandbox: PrestaShopSandbox, resource: str) -> None:
    asked = all_ids(sandbox)
    broken = BY_CASE["partial_refund_ship"]
    if resource == "order_cart_rules":
        broken = BY_CASE["freeship"]
    (whole,) = client(sandbox).snapshots([broken])
    sandbox.spoil(resource, of(whole, resource)[0].id)
    snapshots = {each.order_id: each for each in client(sandbox).snapshots(asked)}
    assert set(snapshots) == set(asked)
    faults = {number for number, each in snapshots.items() if each.fault}
    assert faults == {broken}
    assert snapshots[broken].fault.endswith("check the order again.")
    assert bool(of(snapshots[broken], "orders")) == (resource != "orders")


@pytest.mark.parametrize(("resource", "number"), [("customers", 3), ("addresses", 11)])
def test_a_broken_object_that_orders_point_to_loses_only_those(
    sandbox: PrestaShopSandbox, resource: str, number: int
) -> None:
    asked = all_ids(sandbox)
    users = {
        each.order_id for each in client(sandbox).snapshots(asked) if number in {raw.id for raw in of(each, resource)}
    }
    sandbox.spoil(resource, number)
    snapshots = list(client(sandbox).snapshots(asked))
    faults = {each.order_id for each in snapshots if each.fault}
    assert faults == users != set()
    assert len(snapshots) == len(asked)


def test_a_small_table_that_cannot_be_read_is_a_fault_of_its_users_and_asked_for_again(
    sandbox: PrestaShopSandbox,
) -> None:
    shop = client(sandbox)
    sandbox.trouble("html", path="/taxes?output_format=JSON&display=%5Bid%2Crate")
    taxed, untaxed = shop.snapshots([FIRST, BY_CASE["us_notax"]])
    assert (bool(taxed.fault), bool(untaxed.fault)) == (True, False)
    sandbox.calm()
    (healed,) = shop.snapshots([FIRST])
    assert shop.read_order(healed.raws).lines[0].rate == 20


def test_words_of_php_before_every_answer_do_no_harm(sandbox: PrestaShopSandbox) -> None:
    whole = list(client(sandbox).snapshots([FIRST]))
    sandbox.trouble("warning")
    assert list(client(sandbox).snapshots([FIRST])) == whole


def test_a_shop_that_only_shows_a_page_is_away_and_blames_no_order(sandbox: PrestaShopSandbox) -> None:
    sandbox.trouble("html")
    with pytest.raises(Unavailable, match="web page"):
        list(client(sandbox).snapshots([FIRST, FIRST + 1]))


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_shop_that_fails_is_away_and_blames_no_order(sandbox: PrestaShopSandbox, status: int) -> None:
    sandbox.trouble("status", status=status)
    sandbox.requests.reset()
    with pytest.raises(Unavailable):
        list(client(sandbox).snapshots(all_ids(sandbox)[:8]))
    assert sandbox.requests.count < 12


@pytest.mark.parametrize("kind", ["cut", "status"])
def test_passing_trouble_is_outlived(sandbox: PrestaShopSandbox, kind: str) -> None:
    whole = list(client(sandbox).snapshots([FIRST]))
    sandbox.trouble(kind, every=2)
    assert list(client(sandbox).snapshots([FIRST])) == whole


def test_a_reference_that_no_filter_can_ask_for_is_a_fault_of_its_order(sandbox: PrestaShopSandbox) -> None:
    sandbox.store.update("orders", FIRST, reference="A]|[B")
    snapshots = list(client(sandbox).snapshots([FIRST, FIRST + 1]))
    assert ["reference" in each.fault for each in snapshots] == [True, False]


def hostile(orders: bytes) -> Answer:
    """A shop whose orders answer is ``orders``; anything else is an empty list, and ids alone can be listed."""

    def reply(method: str, target: str) -> list[bytes | float]:
        asked = parse_qs(urlsplit(target).query)
        if urlsplit(target).path.endswith("/orders") and asked["display"] != ["[id]"]:
            return [answer(200, orders)]
        return [answer(200, b"[]")]

    return reply


HOSTILE = {
    "deep": b'{"orders":[{"id":1,"x":' + b"[" * 300_000 + b"]" * 300_000 + b"}]}",
    "wrong types": b'{"orders":[{"id":{"a":1},"date_upd":[]}]}',
    "no id": b'{"orders":[{"reference":"X"}]}',
    "list of lists": b'{"orders":[[]]}',
    "latin-1": b'{"orders":[{"id":1,"note":"\xe9\xff"',
    "control": b'{"orders":[{"id":1,"note":"\x0b"}]}',
    "cut": b'{"orders":[{"id":1,"note":"',
    "warning inside": b'{"orders":[{"id":1,<b>Warning</b>: x',
    "nothing": b"",
    "number": b"7",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_answers_make_a_fault_never_a_crash(kind: str) -> None:
    with BadServer(hostile(HOSTILE[kind])) as server:
        shop = PrestaShop(url=server.url, key="K" * 32, time_zone="Europe/Paris")
        (snapshot,) = shop.snapshots([1])
    assert snapshot.fault.endswith("check the order again.")
    assert snapshot.raws == ()


def test_a_giant_answer_is_halved_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_BODY", 100_000)
    with BadServer(hostile(b'{"orders":[{"id":1,"note":"' + b"x" * 200_000 + b'"}]}')) as server:
        shop = PrestaShop(url=server.url, key="K" * 32, time_zone="Europe/Paris")
        snapshots = list(shop.snapshots([1, 2]))
    assert [bool(each.fault) for each in snapshots] == [True, True]


def test_a_missing_right_stops_the_connection_and_names_it() -> None:
    body = b'{"errors":[{"code":26,"message":"Resource of type \\"orders\\" is not allowed with this key"}]}'
    with BadServer(always(answer(401, body))) as server:
        shop = PrestaShop(url=server.url, key="K" * 32, time_zone="Europe/Paris")
        with pytest.raises(Misconfigured, match=r'no right .*"orders"'):
            list(shop.snapshots([1]))

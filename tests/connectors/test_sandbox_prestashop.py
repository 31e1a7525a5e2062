"""The sandbox shop's own life: orders to the cent, what moves date_upd, its clock, its troubles, its control door."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.sandbox.prestashop import DATASET, FULL_KEY, Key, PrestaShopSandbox

AWAITING_WIRE, PAID, SHIPPED, CANCELLED, PAYMENT_ERROR = 10, 2, 4, 6, 8
# Edited after they were placed: one was paid and then cancelled, one got a second invoice.
EDITED = (54, 66)
MONEY = ("total_", "carrier_tax_rate", "conversion_rate", "unit_price", "product_price", "reduction", "ecotax")
LATER = ("total_paid_real", "total_refunded")


@pytest.fixture
def shop() -> Iterator[PrestaShopSandbox]:
    with PrestaShopSandbox() as running:
        yield running


def get(shop: PrestaShopSandbox, path: str, **parameters: str) -> requests.Response:
    return requests.get(
        f"{shop.url}/api/{path}",
        params={"output_format": "JSON", **parameters},
        auth=(FULL_KEY, ""),
        timeout=60,
        allow_redirects=False,
    )


def order(shop: PrestaShopSandbox, order_id: int) -> dict[str, Any]:
    found: dict[str, Any] = get(shop, f"orders/{order_id}", display="full").json()["orders"][0]
    return found


def money_of(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name.startswith(MONEY) and not name.startswith(LATER)}


def placed_again(shop: PrestaShopSandbox, old: dict[str, Any]) -> int:
    """The same basket bought anew."""
    lines = [
        {"product": row["product_id"], "combination": row["product_attribute_id"], "quantity": row["product_quantity"]}
        for row in shop.rows("order_details", id_order=old["id"])
    ]
    return shop.add_order(
        lines=lines,
        customer=int(old["id_customer"]),
        address=int(old["id_address_delivery"]),
        invoice_address=int(old["id_address_invoice"]),
        carrier=int(old["id_carrier"]),
        vouchers=[row["name"] for row in shop.rows("order_cart_rules", id_order=old["id"])],
        currency=int(old["id_currency"]),
        language=int(old["id_lang"]),
        gift_wrap=old["gift"] == "1",
        state=int(old["current_state"]),
        module=old["module"],
        payment=old["payment"],
        round_type=int(old["round_type"]),
        round_mode=int(old["round_mode"]),
    )


def test_recorded_orders_placed_again_have_the_recorded_money() -> None:
    shop = PrestaShopSandbox()
    # The installer's five demo orders have totals that are wrong by themselves.
    recorded = [row for row in shop.rows("orders") if row["id"] > 5 and row["id"] not in EDITED]
    for old in recorded:
        new_id = placed_again(shop, old)
        assert money_of(shop.row("orders", new_id)) == money_of(old), old["id"]
        for resource in ("order_details", "order_cart_rules", "order_invoices", "order_carriers"):
            before = [money_of(row) for row in shop.rows(resource, id_order=old["id"])]
            assert [money_of(row) for row in shop.rows(resource, id_order=new_id)] == before, (old["id"], resource)
    assert len(recorded) == 99
    shop.stop()


def test_a_new_order_is_seen_with_all_its_rows(shop: PrestaShopSandbox) -> None:
    order_id = shop.add_order(
        lines=[{"reference": "BEDLAMP", "quantity": 2}, {"reference": "demo_1"}], module="paypal", transaction_id="T1"
    )
    seen = order(shop, order_id)
    assert [row["product_reference"] for row in seen["associations"]["order_rows"]] == ["BEDLAMP", "demo_1"]
    assert seen["current_state"] == str(PAID)
    assert seen["total_paid_real"] == seen["total_paid_tax_incl"]
    payment = get(shop, "order_payments", display="full", **{"filter[order_reference]": f"[{seen['reference']}]"})
    assert payment.json()["order_payments"][0]["amount"] == seen["total_paid"]
    for resource in ("order_details", "order_carriers", "order_invoices", "order_histories"):
        rows = get(shop, resource, **{"filter[id_order]": f"[{order_id}]"}).json()
        assert len(rows[resource]) == (2 if resource == "order_details" else 1), resource
    assert get(shop, f"carts/{seen['id_cart']}").status_code == 200


def test_a_wrong_amount_is_a_payment_error_and_an_unpaid_order_waits(shop: PrestaShopSandbox) -> None:
    wrong = shop.add_order(lines=[{"reference": "BEDLAMP"}], paid=Decimal(20))
    assert order(shop, wrong)["current_state"] == str(PAYMENT_ERROR)
    waiting = shop.add_order(lines=[{"reference": "BEDLAMP"}])
    seen = order(shop, waiting)
    assert (seen["current_state"], seen["total_paid_real"], seen["valid"]) == (str(AWAITING_WIRE), "0.000000", "0")
    assert not shop.rows("order_payments", order_reference=seen["reference"])


def test_a_new_state_moves_date_upd_and_books_what_is_missing(shop: PrestaShopSandbox) -> None:
    order_id = shop.add_order(lines=[{"reference": "BEDLAMP"}], date="2026-11-01 10:00:00")
    shop.set_state(order_id, PAID)
    shop.set_state(order_id, SHIPPED)
    seen = order(shop, order_id)
    assert seen["date_upd"] > "2026-11-01 10:00:00"
    assert seen["total_paid_real"] == "29.000000"
    assert seen["invoice_number"] != "0"
    assert seen["delivery_number"] != "0"
    assert len(shop.rows("order_payments", order_reference=seen["reference"])) == 1
    states = [row["id_order_state"] for row in shop.rows("order_histories", id_order=order_id)]
    assert states == [str(AWAITING_WIRE), str(PAID), str(SHIPPED)]


def test_slips_api_payments_and_line_edits_leave_date_upd(shop: PrestaShopSandbox) -> None:
    order_id = shop.add_order(lines=[{"reference": "BEDLAMP", "quantity": 3}], state=PAID, date="2026-11-01 10:00:00")
    detail = shop.rows("order_details", id_order=order_id)[0]["id"]
    slip = shop.row("order_slip", shop.add_slip(order_id, {detail: 1}, shipping=True))
    shop.add_payment(order_id, "5", by_api=True)
    shop.edit("order_details", detail, product_reference="OTHER")
    seen = order(shop, order_id)
    assert (slip["amount"], slip["shipping_cost_amount"]) == ("20.600000", "8.400000")
    assert shop.row("order_details", detail)["product_quantity_refunded"] == "1"
    assert seen["associations"]["order_rows"][0]["product_reference"] == "OTHER"
    assert seen["date_upd"] == "2026-11-01 10:00:00"
    shop.edit("orders", order_id, touch=False, note="quietly")
    assert order(shop, order_id)["date_upd"] == "2026-11-01 10:00:00"
    shop.edit("orders", order_id, note="openly")
    assert order(shop, order_id)["date_upd"] > "2026-11-01 10:00:00"


def test_rows_come_and_go(shop: PrestaShopSandbox) -> None:
    customer, address = shop.add_customer("new@example.com", city="Lyon")
    shop.add_product("NEW-1", "12.50")
    order_id = shop.add_order(lines=[{"reference": "NEW-1", "quantity": 2}], customer=customer)
    assert order(shop, order_id)["total_products_wt"] == "30.000000"
    assert order(shop, order_id)["id_address_delivery"] == str(address)
    shop.delete("customers", customer)
    assert get(shop, f"customers/{customer}").status_code == 404
    assert order(shop, order_id)["id_customer"] == str(customer)
    with pytest.raises(KeyError, match="customers"):
        shop.edit("customers", customer, note="x")
    with pytest.raises(KeyError, match="no field"):
        shop.edit("orders", order_id, nonsense="x")


def test_the_clock_writes_naive_local_time(shop: PrestaShopSandbox) -> None:
    shop.set_clock(frozen=datetime(2026, 7, 1, 12, 0, tzinfo=UTC), time_zone="Pacific/Auckland")
    order_id = shop.add_order(lines=[{"reference": "BEDLAMP"}])
    assert order(shop, order_id)["date_add"] == "2026-07-02 00:00:00"
    assert get(shop, "orders").headers["Access-Time"] == "1782907200"
    zone = get(shop, "configurations", display="full", **{"filter[name]": "[PS_TIMEZONE]"}).json()
    assert zone["configurations"][0]["value"] == "Pacific/Auckland"
    shop.set_clock(offset_seconds=600)
    before = int(time.time())
    shown = int(get(shop, "orders").headers["Access-Time"])
    assert before <= shown - 600 <= time.time()


def test_state_is_kept_in_the_file(tmp_path: Path) -> None:
    with PrestaShopSandbox(tmp_path / "shop.sqlite3") as first:
        order_id = first.add_order(lines=[{"reference": "BEDLAMP"}])
    with PrestaShopSandbox(tmp_path / "shop.sqlite3") as second:
        assert order(second, order_id)["id"] == order_id


def test_a_restored_shop_forgets_and_reuses_its_numbers(shop: PrestaShopSandbox) -> None:
    shop.snapshot("last-night")
    lost = shop.add_order(lines=[{"reference": "BEDLAMP"}])
    assert get(shop, f"orders/{lost}").status_code == 200
    shop.restore("last-night")
    assert get(shop, f"orders/{lost}").status_code == 404
    assert shop.add_order(lines=[{"reference": "BOOK-55"}]) == lost


def test_another_dataset_with_a_file_missing(tmp_path: Path) -> None:
    folder = tmp_path / "other"
    shutil.copytree(DATASET, folder)
    (folder / "order_slip.json").unlink()
    (folder / "orders.json").write_text(json.dumps({"orders": []}))
    with PrestaShopSandbox(dataset=folder) as other:
        assert get(other, "order_slip").json() == []
        assert get(other, "orders").json() == []
        order_id = other.add_order(lines=[{"reference": "BEDLAMP"}])
        assert order(other, order_id)["total_paid"] == "29.000000"
        detail = other.rows("order_details", id_order=order_id)[0]["id"]
        other.add_slip(order_id, {detail: 1})
        assert len(get(other, "order_slip").json()["order_slips"]) == 1


def test_generated_orders_are_plausible_and_repeatable(shop: PrestaShopSandbox) -> None:
    first = shop.generate(300, start="2026-11-01 08:00:00", seed=7, per_second=2)
    listed = get(shop, "orders", display="full", sort="[id_ASC]", **{"filter[id]": f">[{first - 1}]"}).json()["orders"]
    assert len(listed) == 300
    assert {row["module"] for row in listed} == {
        "paypal",
        "stripe_official",
        "ps_cashondelivery",
        "ps_wirepayment",
        "ps_checkpayment",
    }
    assert listed[-1]["date_add"] == "2026-11-01 08:02:29"
    for row in listed:
        lines = shop.rows("order_details", id_order=row["id"])
        assert sum(Decimal(each["total_price_tax_incl"]) for each in lines) == Decimal(row["total_products_wt"])
    with PrestaShopSandbox() as twin:
        assert twin.generate(300, start="2026-11-01 08:00:00", seed=7, per_second=2) == first
        assert twin.row("orders", first + 299) == shop.row("orders", first + 299)


def test_troubles_end_after_their_number(shop: PrestaShopSandbox) -> None:
    shop.trouble("status", times=2, status=503)
    answers = [get(shop, "orders/6") for _ in range(3)]
    assert [each.status_code for each in answers] == [503, 503, 200]
    assert "Retry-After" in answers[0].headers
    shop.trouble("status", every=3, status=500, path="/customers")
    assert [get(shop, "customers/3").status_code for _ in range(6)] == [200, 200, 500, 200, 200, 500]
    assert get(shop, "orders/6").status_code == 200
    shop.calm()
    assert {get(shop, "customers/3").status_code for _ in range(4)} == {200}


def test_spoilt_answers(shop: PrestaShopSandbox) -> None:
    shop.trouble("cut", times=1)
    with pytest.raises(requests.exceptions.RequestException):
        get(shop, "orders", display="full")
    shop.trouble("warning", times=1)
    assert get(shop, "orders/6").text.startswith("<br />\n<b>Warning")
    shop.trouble("html", times=1)
    assert get(shop, "orders/6").headers["Content-Type"].startswith("text/html")
    assert get(shop, "orders/6").json()["order"]["id"] == 6


def test_one_broken_object_spoils_its_page_only(shop: PrestaShopSandbox) -> None:
    shop.spoil("orders", 7)
    for ids, readable in (("[6|7|8]", False), ("[7]", False), ("[6|8]", True)):
        answer = get(shop, "orders", display="full", **{"filter[id]": ids})
        if readable:
            assert len(answer.json()["orders"]) == 2
        else:
            with pytest.raises(requests.exceptions.JSONDecodeError):
                answer.json()
    assert len(get(shop, "orders", display="[id,date_upd]", **{"filter[id]": "[6|7|8]"}).json()["orders"]) == 3


def test_a_control_character_breaks_xml_and_not_json(shop: PrestaShopSandbox) -> None:
    shop.edit("orders", 6, gift_message="tab\x0bhere")
    assert order(shop, 6)["gift_message"] == "tab\x0bhere"
    assert b"tab\x0bhere" in get(shop, "orders/6", output_format="XML").content


def test_slow_and_switched_off(shop: PrestaShopSandbox) -> None:
    shop.slow(200)
    begun = time.monotonic()
    get(shop, "orders/6")
    assert time.monotonic() - begun >= 0.2
    shop.calm()
    shop.switch_webservice(False)
    assert get(shop, "orders/6").json()["errors"][0]["code"] == 22
    shop.calm()
    assert get(shop, "orders/6").status_code == 200


def test_a_too_long_address_is_refused_by_the_web_server(shop: PrestaShopSandbox) -> None:
    many = "|".join(str(number) for number in range(1000, 4000))
    assert get(shop, "orders", **{"filter[id]": f"[{many}]"}).status_code == 414
    few = "|".join(str(number) for number in range(1000, 1500))
    assert get(shop, "orders", **{"filter[id]": f"[{few}]"}).status_code == 200


def test_keys_have_their_own_rights() -> None:
    keys = [Key("A" * 32, rights=(("orders", frozenset({"GET"})),))]
    with PrestaShopSandbox(keys=keys) as shop:
        orders = requests.get(f"{shop.url}/api/orders", auth=("A" * 32, ""), timeout=60)
        customers = requests.get(f"{shop.url}/api/customers", auth=("A" * 32, ""), timeout=60)
    assert (orders.status_code, customers.status_code) == (200, 401)


def test_the_control_door(shop: PrestaShopSandbox) -> None:
    def ask(command: str, **asked: Any) -> Any:
        return requests.post(f"{shop.url}/sandbox/{command}", json=asked, timeout=60).json()

    order_id = ask("order", lines=[{"reference": "BEDLAMP"}], module="stripe_official")["id"]
    assert order(shop, order_id)["payment"] == "Card via Stripe"
    ask("edit", resource="orders", id=order_id, fields={"note": "hello"})
    detail = ask("rows", resource="order_details", id_order=order_id)[0]["id"]
    assert ask("slip", order=order_id, lines={str(detail): 1})["id"]
    ask("state", order=order_id, state=CANCELLED)
    assert order(shop, order_id)["current_state"] == str(CANCELLED)
    assert ask("clock", frozen="2026-11-01T00:00:00+00:00")["now"] == "2026-11-01 01:00:00"
    asked = ask("requests", reset=True)
    assert asked["count"] == 2
    assert asked["requests"][-1].startswith(f"GET /api/orders/{order_id}?")
    assert FULL_KEY not in json.dumps(asked)
    assert ask("requests")["count"] == 0
    assert "order" in ask("nonsense")["error"]
    assert "BADREF" in ask("order", lines=[{"reference": "BADREF"}])["error"]
    assert "column" not in ask("order", color="red")["error"]
    assert requests.put(f"{shop.url}/sandbox/calm", timeout=60).status_code == 403


def test_the_page_lists_the_newest_orders(shop: PrestaShopSandbox) -> None:
    shop.edit("customers", 3, email="<b>@example.com")
    shop.add_order(lines=[{"reference": "BEDLAMP"}], reference="NEWESTONE")
    page = requests.get(shop.url, timeout=60).text
    assert "NEWESTONE" in page
    assert "<b>@" not in page


def test_many_readers_beside_a_writer(shop: PrestaShopSandbox) -> None:
    failures: list[str] = []

    def read() -> None:
        session = requests.Session()
        session.auth = (FULL_KEY, "")
        for _ in range(30):
            answer = session.get(f"{shop.url}/api/orders?output_format=JSON&display=full&limit=20", timeout=60)
            if answer.status_code != 200 or len(answer.json()["orders"]) != 20:
                failures.append(answer.text[:200])

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    placed = [shop.add_order(lines=[{"reference": "BEDLAMP"}]) for _ in range(40)]
    shop.snapshot("busy")
    shop.restore("busy")
    for reader in readers:
        reader.join()
    assert not failures
    assert len(set(placed)) == 40


def test_a_stopped_shop_refuses_connections() -> None:
    shop = PrestaShopSandbox()
    shop.start()
    session = requests.Session()
    session.auth = (FULL_KEY, "")
    assert session.get(f"{shop.url}/api/orders/6", timeout=60).status_code == 200
    shop.stop()
    with pytest.raises(requests.exceptions.ConnectionError):
        session.get(f"{shop.url}/api/orders/6", timeout=60)

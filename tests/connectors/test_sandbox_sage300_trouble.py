"""What goes wrong around the sandbox Sage 300: half successes, troubles, restores, and the doors for people."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from connectors.sandbox.sage300 import Sage300Sandbox, serve, server
from tests.connectors.sage300_client import Client, charge, shirt, web_order


@pytest.fixture
def sage() -> Iterator[Sage300Sandbox]:
    with Sage300Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def client(sage: Sage300Sandbox) -> Client:
    return Client(sage)


def sleeps(monkeypatch: pytest.MonkeyPatch, sleep: Callable[[float], object]) -> None:
    """Do this where the sandbox would sleep."""
    monkeypatch.setattr(server, "time", SimpleNamespace(sleep=sleep, monotonic=time.monotonic))


class TestHalfSuccess:
    def test_on_hold_is_saved_without_invoice_and_finished_later(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.change("ARCustomers", "WEBEUR", OnHold="Yes")
        order = client.order(web_order(shirt(2), charge("SHIP", 5), InvoiceWillBeProduced=True))
        assert (order["OnHold"], order["LastShipmentNumber"], order["LastInvoiceNumber"]) == (True, "", "")
        assert order["Warnings"][0]["Message"] == "Customer WEBEUR is on hold."
        sage.finish_order(order["OrderNumber"])
        later = client.get(f"OE/OEOrders({order['OrderUniquifier']})")
        assert (later["OnHold"], later["LastInvoiceNumber"], later["OrderCompleted"]) == (
            False,
            "IN000001",
            "CompleteNotIncluded",
        )
        sage.set_options(on_hold="refuse")
        assert client.refused(web_order())[1] == "FieldInvalid"

    def test_short_stock_ships_what_is_there_and_invoices_that(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.set_options(stock="short")
        sage.set_stock("DEMO_1", "1", 3)
        order = client.order(web_order(shirt(5, price=10), charge("SHIP", 5), InvoiceWillBeProduced=True))
        line = order["OrderDetails"][0]
        assert (line["QuantityShippedtodate"], line["QuantityBackordered"], order["OrderTotal"]) == (3, 2, 66)
        assert sage.invoices()[0]["InvoiceTotalWithTax"] == 42
        sage.set_options(stock="allow")
        sage.finish_order(order["OrderNumber"])
        assert [invoice["InvoiceTotalWithTax"] for invoice in sage.invoices()] == [42, 24]

    def test_no_stock_at_all_leaves_the_order_without_invoice(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.set_options(stock="short")
        body = web_order({"Item": "NOSTOCK", "QuantityOrdered": 1, "QuantityShipped": 1}, charge("SHIP", 5))
        assert client.order(body | {"InvoiceWillBeProduced": True})["LastInvoiceNumber"] == ""
        sage.set_options(stock="refuse")
        assert client.refused(body)[2].startswith("Negative inventory levels are not allowed")

    @pytest.mark.parametrize(("choice", "held"), [("warn", False), ("hold", True)])
    def test_over_the_limit_warns_or_holds(self, sage: Sage300Sandbox, client: Client, choice: str, held: bool) -> None:
        sage.set_options(credit_limit=choice)
        body = {"CustomerNumber": "1500", "OrderDate": "2026-11-20", "OrderDetails": [shirt(price=100)]}
        order = client.order(body)
        assert (order["OverCreditLimit"], order["OnHold"]) == (True, held)
        assert "Credit limit exceeded" in order["Warnings"][0]["Message"]
        sage.set_options(credit_limit="refuse")
        assert client.refused(body)[1] == "General"

    def test_day_end_completes(self, sage: Sage300Sandbox, client: Client) -> None:
        client.order(web_order(InvoiceWillBeProduced=True))
        status, _ = client.call("POST", "IC/ICDayEndProcessing('$process')", {"ClearHistory": False})
        assert status == 204
        assert (sage.orders()[0]["OrderCompleted"], sage.invoices()[0]["InvoiceStatus"]) == (
            "CompleteDayEnd",
            "Documentcosted",
        )


class TestTroubles:
    @pytest.mark.parametrize(
        ("status", "code"), [(500, "InternalServerError"), (429, "TooManyRequests"), (503, "InternalServerError")]
    )
    def test_a_status_comes_before_any_work(self, sage: Sage300Sandbox, client: Client, status: int, code: str) -> None:
        sage.trouble("status", status=status, count=2)
        assert [client.refused(web_order())[:2] for _ in range(2)] == [(status, code)] * 2
        assert sage.orders() == []
        client.order(web_order())

    def test_every_third_and_the_one_after_two(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.trouble("status", every=3, count=None)
        assert [client.call("GET", "IC/ICLocations")[0] for _ in range(6)] == [200, 200, 500, 200, 200, 500]
        sage.no_trouble()
        sage.trouble("status", after_requests=2)
        assert [client.call("GET", "IC/ICLocations")[0] for _ in range(4)] == [200, 200, 500, 200]

    def test_a_trouble_strikes_only_its_verb_and_resource(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.trouble("in_use", verb="POST", resource="OEOrders")
        client.get("OE/OEOrders")
        client.call("POST", "AR/ARCustomers", {"CustomerNumber": "NEW", "GroupCode": "WEB"})
        assert client.refused(web_order())[:2] == (409, "General")
        client.order(web_order())

    def test_an_answer_lost_after_commit_leaves_one_order(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.trouble("lose_answer", verb="POST")
        with pytest.raises(requests.ConnectionError):
            client.call("POST", "OE/OEOrders", web_order(OrderNumber="PS_1", InvoiceWillBeProduced=True))
        assert client.get("OE/OEOrders", filter="OrderNumber eq 'PS_1'")["value"][0]["LastInvoiceNumber"] == "IN000001"
        assert client.refused(web_order(OrderNumber="PS_1"))[1] == "RecordDuplicate"

    def test_a_commit_after_the_client_has_gone(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.trouble("late_commit", verb="POST", ms=1000)
        hasty = Client(sage)
        hasty.patience = 0.3
        with pytest.raises(requests.Timeout):
            hasty.order(web_order(OrderNumber="PS_1"))
        assert sage.orders() == []
        deadline = time.monotonic() + 60
        while not sage.orders() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert [order["OrderNumber"] for order in sage.orders()] == ["PS_1"]

    def test_a_dropped_request_does_nothing(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.trouble("drop")
        with pytest.raises(requests.ConnectionError):
            client.order(web_order())
        assert sage.orders() == []

    def test_an_answer_cut_in_its_middle(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.trouble("cut")
        with pytest.raises(requests.RequestException):
            client.order(web_order())
        assert len(sage.orders()) == 1

    @pytest.mark.parametrize(("after", "orders"), [(False, 0), (True, 1)])
    def test_a_web_page_instead_of_json(self, sage: Sage300Sandbox, client: Client, after: bool, orders: int) -> None:
        sage.trouble("html", after=after)
        response = client.http.post(f"{client.base}/OE/OEOrders", json=web_order(), timeout=60)
        assert (response.status_code, response.text[:15]) == (200, "<!DOCTYPE html>")
        assert len(sage.orders()) == orders

    @pytest.mark.parametrize(("reason", "held"), [("short", False), ("credit_hold", True)])
    def test_an_order_saved_without_its_invoice(
        self, sage: Sage300Sandbox, client: Client, reason: str, held: bool
    ) -> None:
        sage.trouble("no_invoice", reason=reason)
        order = client.order(web_order(shirt(), charge("SHIP", 5), InvoiceWillBeProduced=True))
        assert (order["OnHold"], order["LastInvoiceNumber"], order["LastShipmentNumber"]) == (held, "", "")
        assert order["OrderDetails"][0]["QuantityBackordered"] == 1
        assert sage.finish_order(order["OrderNumber"])["LastInvoiceNumber"] == "IN000001"

    def test_slow_answers_do_not_wait_for_one_another(
        self, sage: Sage300Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sage.trouble("slow", ms=400, count=None)
        met = threading.Barrier(5)
        sleeps(monkeypatch, lambda seconds: seconds and met.wait(60))  # each waits until all do
        threads = [threading.Thread(target=Client(sage).get, args=("IC/ICLocations",)) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [entry.status for entry in sage.log()] == [200] * 5

    def test_the_first_call_can_be_slow(
        self, sage: Sage300Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slept: list[float] = []
        sleeps(monkeypatch, slept.append)
        sage.slow_first_call(300)
        for _ in range(2):
            client.get("IC/ICLocations")
        assert slept == [0.3]

    def test_orders_at_once_are_all_kept_with_numbers_of_their_own(self, sage: Sage300Sandbox) -> None:
        def post() -> None:
            own = Client(sage)
            for _ in range(5):
                own.order(web_order(InvoiceWillBeProduced=True))

        threads = [threading.Thread(target=post) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({order["OrderNumber"] for order in sage.orders()}) == 20
        assert len({invoice["InvoiceNumber"] for invoice in sage.invoices()}) == 20


class TestState:
    def test_a_restore_takes_documents_and_numbers_back(self, sage: Sage300Sandbox, client: Client) -> None:
        client.order(web_order(OrderNumber="PS_1", InvoiceWillBeProduced=True))
        sage.snapshot("night")
        client.order(web_order(OrderNumber="PS_2", InvoiceWillBeProduced=True))
        sage.add("ICItems", {"ItemNumber": "BEDLAMP"})
        sage.restore("night")
        assert [order["OrderNumber"] for order in sage.orders()] == ["PS_1"]
        assert sage.get("ICItems", "BEDLAMP") is None
        again = client.order(web_order(OrderNumber="PS_3", InvoiceWillBeProduced=True))
        assert again["LastInvoiceNumber"] == "IN000002"
        with pytest.raises(FileNotFoundError):
            sage.restore("never")

    def test_the_state_file_outlives_the_server(self, tmp_path: Path) -> None:
        state = tmp_path / "sage.sqlite3"
        with Sage300Sandbox(state) as first:
            Client(first).order(web_order(OrderNumber="PS_1"))
        with Sage300Sandbox(state) as second:
            assert [order["OrderNumber"] for order in second.orders()] == ["PS_1"]
            Client(second).order(web_order(OrderNumber="PS_2"))

    def test_a_paused_server_refuses_connections_and_comes_back(self, sage: Sage300Sandbox, client: Client) -> None:
        client.get("IC/ICLocations")
        sage.pause()
        with pytest.raises(requests.ConnectionError):
            client.get("IC/ICLocations")
        sage.start()
        client.get("IC/ICLocations")

    def test_requests_are_counted_since_the_last_reset(self, sage: Sage300Sandbox, client: Client) -> None:
        client.get("IC/ICItems('A11040')")
        client.get("OE/OEOrders", filter="OrderNumber eq 'X'")
        client.order(web_order())
        assert sage.counts() == {"GET ICItems": 1, "GET OEOrders": 1, "POST OEOrders": 1}
        assert [entry.status for entry in sage.log()] == [200, 200, 201]
        sage.clear_log()
        assert sage.counts() == {}


class TestDoors:
    def door(self, sage: Sage300Sandbox, verb: str, path: str, body: Any = None) -> tuple[int, Any]:
        response = requests.request(verb, f"{sage.url}/sandbox/{path}", json=body, timeout=60)
        return response.status_code, response.json(parse_float=Decimal)

    def test_the_control_door_does_what_the_methods_do(self, sage: Sage300Sandbox, client: Client) -> None:
        self.door(sage, "POST", "snapshot", {"name": "empty"})
        self.door(sage, "POST", "company/SAMLTD/add", {"resource": "ICItems", "body": {"ItemNumber": "BEDLAMP"}})
        self.door(sage, "POST", "company/SAMLTD/options", {"tax_level": "document"})
        client.order(web_order({"Item": "BEDLAMP", "QuantityOrdered": 1}))
        self.door(sage, "POST", "trouble", {"kind": "status", "status": 429})
        assert client.call("GET", "IC/ICItems")[0] == 429
        change = {"resource": "ARCustomers", "key": ["WEBEUR"], "body": {"Status": "Inactive"}}
        self.door(sage, "POST", "company/SAMLTD/change", change)
        assert client.refused(web_order())[1] == "FieldInvalid"
        self.door(sage, "POST", "restore", {"name": "empty"})
        assert self.door(sage, "GET", "state")[1]["companies"]["SAMLTD"]["OE/OEOrders"] == 0
        assert self.door(sage, "GET", "log")[1]["counts"]["POST OEOrders"] == 2

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("trouble", {"kind": "nothing"}),
            ("nothing", {}),
            ("company/SAMLTD/options", {"nothing": 1}),
            ("restore", {}),
        ],
    )
    def test_what_cannot_be_done_is_told(self, sage: Sage300Sandbox, path: str, body: Any) -> None:
        assert self.door(sage, "POST", path, body)[0] == 400

    def test_the_page_shows_orders_with_lines_numbers_and_tax(self, sage: Sage300Sandbox, client: Client) -> None:
        rows = [
            shirt(price=10, Description="<b>Shirt</b>"),
            {"Item": "BOOK-55", "QuantityOrdered": 1, "PricingUnitPrice": 20},
        ]
        client.order(web_order(*rows, OrderNumber="PS_1", OrderReference="ABCDEF", InvoiceWillBeProduced=True))
        page = requests.get(sage.url, timeout=60).text
        for part in ("PS_1: 33.10 EUR", "ABCDEF", "IN000001", "&lt;b&gt;Shirt", "FRTVA 20 %: 2.00 on 10.00",
                     "FRTVA 5.5 %: 1.10 on 20.00"):  # fmt: skip
            assert part in page
        assert "PS_1" not in requests.get(f"{sage.url}/SAMINC", timeout=60).text
        assert requests.get(f"{sage.url}/NOWHERE", timeout=60).status_code == 404

    def test_the_command_line_s_server_says_where_it_listens(self, tmp_path: Path) -> None:
        told: list[str] = []
        serving = threading.Thread(
            target=serve, args=(tmp_path / "sage.sqlite3",), kwargs={"port": 0, "announce": told.append}, daemon=True
        )
        serving.start()
        deadline = time.monotonic() + 60
        while not told and time.monotonic() < deadline:
            time.sleep(0.02)
        address = told[0].split(" at ")[1].split()[0]
        assert "SAMLTD" in requests.get(address, timeout=60).text

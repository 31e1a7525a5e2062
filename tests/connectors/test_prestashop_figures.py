"""A proof's figures: every order, payment and refund of a day, once, in few requests; the unreadable is named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors.errors import Misconfigured
from connectors.prestashop import figures
from connectors.prestashop.client import PrestaShop
from connectors.sandbox.prestashop import PrestaShopSandbox
from connectors.types import Figure
from tests.connectors.bad_server import BadServer, always, answer

DAY = date(2027, 1, 12)
LAMP: dict[str, Any] = {"lines": [{"reference": "BEDLAMP", "quantity": 1}]}


@pytest.fixture
def sandbox() -> Iterator[PrestaShopSandbox]:
    with PrestaShopSandbox() as shop:
        shop.clock.set(frozen=datetime(2027, 1, 12, 11, 0, tzinfo=UTC))  # noon in Paris
        yield shop


def client(sandbox: PrestaShopSandbox) -> PrestaShop:
    return PrestaShop(url=sandbox.url, key=sandbox.key, time_zone="Europe/Paris")


def read(sandbox: PrestaShopSandbox, stream: str, last: date = DAY) -> list[Figure]:
    return list(client(sandbox).figures(stream, DAY, last))


def test_the_orders_of_a_day_from_its_first_to_its_last_second(sandbox: PrestaShopSandbox) -> None:
    times = ("2027-01-11 23:59:59", "2027-01-12 00:00:00", "2027-01-12 23:59:59", "2027-01-13 00:00:00")
    _before, first, last, after = [sandbox.add_order(date=date, module="paypal", **LAMP) for date in times]
    sandbox.set_state(last, 6)

    found = read(sandbox, "orders")

    assert [figure.id for figure in found] == [first, last]
    assert [figure.id for figure in read(sandbox, "orders", date(2027, 1, 13))] == [first, last, after]
    row = sandbox.store.row("orders", last)
    told = found[1]
    assert (told.day, told.reference, told.orders) == (DAY, row["reference"], (last,))
    assert (told.amount, told.currency, told.module) == (Decimal(row["total_paid_tax_incl"]), "EUR", "paypal")
    assert told.state is not None
    assert (told.state.id, told.state.cancelled, told.state.name) == (6, True, "Canceled")


def test_payments_and_refunds_carry_their_orders_module(sandbox: PrestaShopSandbox) -> None:
    order = sandbox.add_order(date="2026-12-24 09:00:00", module="paypal", currency=2, **LAMP)
    payment = sandbox.add_payment(order, "12.34", method="Bank transfer", by_api=True)
    (line,) = sandbox.rows("order_details", id_order=str(order))
    slip = sandbox.add_slip(order, {int(line["id"]): 1}, shipping=True)
    charged = sandbox.store.row("orders", order)

    (money,) = read(sandbox, "payments")
    assert (money.id, money.orders, money.amount) == (payment, (order,), Decimal("12.34"))
    assert (money.currency, money.module, money.method) == ("USD", "paypal", "Bank transfer")

    (back,) = read(sandbox, "refunds")
    assert (back.id, back.orders, back.currency) == (slip, (order,), "USD")
    assert back.amount == Decimal(line["total_price_tax_incl"]).quantize(Decimal("0.01")) + Decimal(
        charged["total_shipping_tax_incl"]
    )


def test_a_payment_of_a_split_cart_names_all_its_orders(sandbox: PrestaShopSandbox) -> None:
    first = sandbox.add_order(date="2026-12-24 09:00:00", **LAMP)
    second = sandbox.add_order(date="2026-12-24 09:00:00", **LAMP)
    sandbox.edit("orders", second, reference=sandbox.store.row("orders", first)["reference"])
    sandbox.add_payment(first, "5.00", by_api=True)

    (money,) = read(sandbox, "payments")

    assert money.orders == (first, second)


def test_a_hundred_orders_cost_a_handful_of_requests(
    sandbox: PrestaShopSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [sandbox.add_order(date=f"2027-01-12 10:{n % 60:02}:00", **LAMP) for n in range(105)]
    monkeypatch.setattr(figures, "IDS_PER_LIST", 40)
    sandbox.requests.reset()

    assert [figure.id for figure in read(sandbox, "orders")] == made

    assert sandbox.requests.count <= 3 + 2 + 3  # lists of ids, pages of rows, small tables


def test_an_order_that_cannot_be_read_is_named_and_the_others_counted(sandbox: PrestaShopSandbox) -> None:
    good, bad, other = [sandbox.add_order(date="2027-01-12 10:00:00", **LAMP) for _ in range(3)]
    sandbox.spoil("orders", bad)

    found = {figure.id: figure for figure in read(sandbox, "orders")}

    assert sorted(found) == [good, bad, other]
    assert "cannot be read" in found[bad].fault
    assert not found[good].fault
    assert found[good].amount > 0


def test_another_shops_orders_are_not_counted(sandbox: PrestaShopSandbox) -> None:
    sandbox.add_order(date="2027-01-12 10:00:00", **LAMP)
    other = sandbox.add_order(date="2027-01-12 10:00:00", **LAMP)
    sandbox.add_payment(other, "5.00", by_api=True)
    sandbox.edit("orders", other, id_shop="2")

    assert len(read(sandbox, "orders")) == 1
    assert not read(sandbox, "payments")


def test_a_list_that_is_not_filtered_is_not_believed() -> None:
    body = b'{"orders":[{"id":7,"date_add":"2026-01-01 10:00:00"}]}'
    with BadServer(always(answer(200, body))) as server:
        shop = PrestaShop(url=server.url, key="K" * 32, time_zone="Europe/Paris")
        with pytest.raises(Misconfigured, match="not filtered"):
            list(shop.figures("orders", DAY, DAY))

"""Master records of the sandbox Sage in our words, and what happens where an installation is different."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.errors import Misconfigured
from connectors.sage300.client import Sage300
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.types import RECORD_KINDS, Record
from tests.connectors.sage300_sales import client
from tests.connectors.scripted import Asked, Said, serving


def one(sage: Sage300, kind: str, code: str) -> Record:
    record = sage.record(kind, code)
    assert record is not None
    return record


@pytest.mark.parametrize("kind", RECORD_KINDS)
def test_every_kind_is_listed_and_each_record_is_found_alone(sage: Sage300, box: Sage300Sandbox, kind: str) -> None:
    records = list(sage.records(kind))
    assert records
    assert {record.kind for record in records} == {kind}
    assert len({record.code for record in records}) == len(records)
    assert json.loads(json.dumps([dict(record.details) for record in records]))
    for record in records[:4]:
        assert sage.record(kind, record.code) == record
    assert sage.record(kind, "NO-SUCH/1") is None


def test_padding_and_the_old_envelope_change_nothing(sage: Sage300, box: Sage300Sandbox) -> None:
    before = {kind: list(sage.records(kind)) for kind in RECORD_KINDS}
    box.set_options(padded=True, old_envelope=True, page_size=3)
    other = client(box.base_url)
    assert {kind: list(other.records(kind)) for kind in RECORD_KINDS} == before


def test_an_item_is_what_people_write_and_is_found_without_separators(sage: Sage300) -> None:
    lamp = one(sage, "item", "A1-103/0")
    assert (lamp.code, lamp.label, lamp.active) == ("A1-103/0", "Desk lamp", True)
    assert lamp.details["unformatted"] == "A11030"
    assert lamp.details["units"] == {"Ea.": "1", "2's": "2", "Box": "10"}
    assert lamp.details["tax_classes"]["FRTVA"] == 1
    assert one(sage, "item", "A11030") == lamp
    assert sage.record("item", "BEDLAMP") is None


def test_lot_serial_and_sellable_are_told(sage: Sage300, box: Sage300Sandbox) -> None:
    flags = {record.code: record.details for record in sage.records("item")}
    assert (flags["A1-655/0"]["serial"], flags["A1-655/0"]["lot"]) == (True, False)
    assert (flags["A1-700/0"]["serial"], flags["A1-700/0"]["lot"]) == (False, True)
    box.change("ICItems", "A11030", Sellable=False)
    assert one(sage, "item", "A1-103/0").details["sellable"] is False


@pytest.mark.parametrize("means", ["inactive", "active"])
def test_an_items_status_is_read_as_the_switch_says(box: Sage300Sandbox, means: str) -> None:
    box.set_options(item_status_true_is=means)
    box.set_item_active("A11030", active=False)
    sage = client(box.base_url, item_status_true_is=means)
    assert one(sage, "item", "A1-103/0").active is False
    assert one(sage, "item", "A1-104/0").active is True
    ignoring = client(box.base_url, item_status_true_is="ignored")
    assert one(ignoring, "item", "A1-103/0").active is True


def test_a_customers_facts_are_fresh(sage: Sage300, box: Sage300Sandbox) -> None:
    assert one(sage, "customer", "WEBEUR").details["on_hold"] is False
    box.change("ARCustomers", "WEBEUR", OnHold="Yes", Status="Inactive", CreditLimitCustomerCurrency="1500.500")
    found = one(sage, "customer", "WEBEUR")
    assert (found.active, found.details["on_hold"], found.details["credit_limit"]) == (False, True, "1500.5")
    assert found.details["tax_classes"] == [1, 0, 0, 0, 0]


def test_rates_groups_and_charges(sage: Sage300) -> None:
    rate = one(sage, "tax rate", "FRTVA|1")
    assert (rate.details["authority"], rate.details["buyer_class"]) == ("FRTVA", 1)
    assert {name: rate.details["rates"][name] for name in ("1", "3")} == {"1": "20.00000", "3": "5.50000"}
    group = one(sage, "tax group", "BCTAX")
    assert group.details == {"authorities": ["GST", "BCPST"], "currency": "CAD", "type": "Sales", "on_top": True}
    ship = one(sage, "charge", "SHIP")
    assert ship.details["currencies"] == ["EUR", "USD"]


def test_the_fiscal_calendar_is_periods(sage: Sage300, box: Sage300Sandbox) -> None:
    box.lock_period("2026-11-15")
    november = one(sage, "fiscal period", "2026-11")
    assert november.details == {"from": "2026-11-01", "to": "2026-11-30", "locked": True}
    assert one(sage, "fiscal period", "2026-10").details["locked"] is False


def test_currencies_and_banks(sage: Sage300) -> None:
    decimals = {record.code: record.details["decimals"] for record in sage.records("currency")}
    assert (decimals["EUR"], decimals["JPY"]) == (2, 0)
    assert one(sage, "bank", "BNPEUR").details == {"currency": "EUR", "currencies": ["EUR"]}


def test_a_kind_for_choice_is_empty_where_the_resource_is_missing(box: Sage300Sandbox) -> None:
    box.set_options(missing=["AR/ARPaymentCodes", "IC/ICItems"])
    sage = client(box.base_url)
    assert list(sage.records("payment code")) == []
    assert sage.record("payment code", "CARD") is None
    with pytest.raises(Misconfigured, match="no ICItems"):
        list(sage.records("item"))
    with pytest.raises(Misconfigured, match="no ICItems"):
        sage.record("item", "A1-103/0")


def test_without_metadata_the_known_names_are_tried() -> None:
    """An older build: keys named otherwise, codes with signs that no address may carry, switches as words."""
    terms = {"TermsCodeKey": "N/30", "Description": "Net 30", "Status": "Inactive"}

    def route(asked: Asked) -> Said:
        if "ARTerms" in asked.path:
            return Said(200, {"odata.count": "1", "value": [terms]})
        return Said(404, {"error": {"code": "ResourceNotFound", "message": {"value": "none"}}})

    with serving(route) as server:
        sage = client(server.url)
        expected = Record("terms", "N/30", "Net 30", False, {})
        assert list(sage.records("terms")) == [expected]
        assert sage.record("terms", "N/30") == expected
        assert "%24filter" in server.paths("GET")[-1] or "$filter" in server.paths("GET")[-1]
        assert list(sage.records("ship via")) == []
        with pytest.raises(Misconfigured):
            list(sage.records("customer"))


def test_rows_of_any_shape_are_read_without_an_accident() -> None:
    rows: list[dict[str, Any]] = [
        {
            "ItemNumber": "A",
            "ItemUnitsOfMeasure": None,
            "Status": None,
            "StockItem": "No",
            "ItemTaxAuthorities": [3, {}],
        },
        {"ItemNumber": None},
        {"Description": "no number at all"},
    ]

    def route(asked: Asked) -> Said:
        if "ICItems" in asked.path:
            return Said(200, {"value": rows})
        return Said(404)

    with serving(route) as server:
        records = list(client(server.url).records("item"))
    assert [(record.code, record.active, record.details["stocked"]) for record in records] == [("A", True, False)]

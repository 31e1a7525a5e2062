"""The doctor against a sandbox Sage that is well, and one that lacks something: plain words with a remedy each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from connectors.sage300.client import Sage300
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.types import Finding
from tests.connectors.sage300_sales import TODAY, client
from tests.connectors.scripted import Asked, Said, serving


def failed(sage: Sage300) -> dict[str, Finding]:
    """What failed, by subject; every failure says what to do."""
    findings = [finding for finding in sage.doctor() if finding.ok is False]
    assert all(finding.remedy.endswith(".") for finding in findings)
    return {finding.subject: finding for finding in findings}


def test_a_healthy_company_passes_and_nothing_is_written(box: Sage300Sandbox) -> None:
    findings = list(client(box.base_url).doctor())
    assert [finding for finding in findings if finding.ok is not True] == []
    subjects = {finding.subject for finding in findings}
    assert {
        "address",
        "sign-on",
        "Org ID",
        "clock",
        "module O/E",
        "numbering",
        "fields",
        "tax",
        "calendar",
    } <= subjects
    assert {entry.verb for entry in box.log()} == {"GET"}


def test_a_wrong_address_ends_it_there(box: Sage300Sandbox) -> None:
    found = list(client("http://127.0.0.1:9").doctor())
    assert [(finding.subject, finding.ok) for finding in found] == [("address", False)]


def test_a_wrong_password(box: Sage300Sandbox) -> None:
    assert list(failed(client(box.base_url, password="nope"))) == ["sign-on"]


def test_a_wrong_company_is_told_apart_from_a_wrong_password(box: Sage300Sandbox) -> None:
    found = failed(client(box.base_url, org_id="SAMLTT"))
    assert list(found) == ["Org ID"]
    assert "SAMLTT" in found["Org ID"].text
    assert "Org ID" in found["Org ID"].remedy


def test_a_user_without_the_web_api_right(box: Sage300Sandbox) -> None:
    box.set_user("WEBAPI", "WEBAPI", web_api=False)
    found = failed(client(box.base_url))
    assert list(found) == ["rights"]
    assert "Sage 300 Web API" in found["rights"].text


def test_a_right_missing_in_one_module_is_named(box: Sage300Sandbox) -> None:
    box.set_user("WEBAPI", "WEBAPI", modules=("AR", "OE", "IC", "TX", "CS"))
    found = failed(client(box.base_url))
    assert list(found) == ["module B/K"]
    assert "Security Groups" in found["module B/K"].remedy


def test_a_module_that_is_not_there(box: Sage300Sandbox) -> None:
    box.set_options(missing=["IC/ICItems"])
    found = failed(client(box.base_url))
    assert "license" in found["module I/C"].remedy
    assert "items" in found


def test_missing_resources_say_what_cannot_be_done(box: Sage300Sandbox) -> None:
    box.set_options(missing=["OE/OEShipViaCodes"])
    found = failed(client(box.base_url))
    assert "ship-via codes cannot be chosen" in found["resources"].text


def test_receipts_and_credit_notes_may_be_missing(box: Sage300Sandbox) -> None:
    box.set_options(missing=["ARReceiptAndAdjustmentBatches"])
    assert "payments have to be entered" in failed(client(box.base_url))["resources"].text


@pytest.mark.parametrize(
    ("resource", "what"),
    [
        ("ARReceiptAndAdjustmentBatches", "receipt batches"),
        ("OECreditDebitNotes", "credit notes"),
        ("ARPostedDocuments", "posted documents"),
    ],
)
def test_a_missing_right_to_money_is_named(box: Sage300Sandbox, resource: str, what: str) -> None:
    box.trouble("status", verb="GET", resource=resource, status=403)
    found = failed(client(box.base_url))
    assert list(found) == ["money"]
    assert what in found["money"].remedy


def test_names_in_receipts_and_credit_notes_that_this_sage_does_not_know(box: Sage300Sandbox) -> None:
    found = failed(client(box.base_url, note_comment="Remark", note_prices=["Price"]))
    assert "Remark, CreditDebitDetails.Price" in found["fields"].text


def test_names_this_sage_does_not_know(box: Sage300Sandbox) -> None:
    found = failed(client(box.base_url, ship_to_country="ShipToLand", line_tax_classes=["TaxClass9"]))
    assert "ShipToLand, OrderDetails.TaxClass9" in found["fields"].text


def test_a_sage_that_knows_no_or_in_a_filter(box: Sage300Sandbox) -> None:
    box.trouble("status", status=400, resource="OEOrders", after_requests=1, count=None)
    assert "filter_or" in failed(client(box.base_url))["numbering"].remedy


def test_an_item_status_read_the_wrong_way_round(box: Sage300Sandbox) -> None:
    found = failed(client(box.base_url, item_status_true_is="active"))
    assert "item_status_true_is" in found["items"].remedy
    assert "“inactive”" in found["items"].remedy


def test_a_tax_group_without_rates(box: Sage300Sandbox) -> None:
    for record in [row for row in box.all("TXTaxRates") if row["TaxAuthority"] == "ESIVA"]:
        box.remove("TXTaxRates", "ESIVA", record["TransactionType"], record["BuyerClass"])
    found = failed(client(box.base_url))
    assert "ESIVA without rates" in found["tax"].text


def test_today_in_a_locked_period(box: Sage300Sandbox) -> None:
    box.lock_period(TODAY.isoformat())
    found = failed(client(box.base_url))
    assert "locked" in found["calendar"].text


def test_today_outside_the_calendar(box: Sage300Sandbox) -> None:
    for year in box.all("CSFiscalCalendars"):
        box.remove("CSFiscalCalendars", year["FiscalYear"])
    findings = [finding for finding in client(box.base_url).doctor() if finding.subject == "calendar"]
    assert [finding.ok for finding in findings] == [None]
    box.restore("new")
    box.remove("CSFiscalCalendars", str(TODAY.year))
    assert "outside" in failed(client(box.base_url))["calendar"].text


@pytest.mark.parametrize(("minutes_behind", "ok"), [(0, True), (11, False), (None, None)])
def test_the_clock(minutes_behind: int | None, ok: bool | None) -> None:
    date = "yesterday"
    if minutes_behind is not None:
        date = format_datetime(datetime.now(UTC) - timedelta(minutes=minutes_behind))

    def route(asked: Asked) -> Said:
        body: dict[str, Any] = {"value": []}
        return Said(200, body, {"Date": date})

    with serving(route) as server:
        findings: dict[str, Finding] = {finding.subject: finding for finding in client(server.url).doctor()}
    assert findings["clock"].ok is ok
    assert findings["fields"].ok is None  # no $metadata here

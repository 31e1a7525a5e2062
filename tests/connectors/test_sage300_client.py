"""Looking and writing against the sandbox Sage over HTTP: what a posted order looks like, how it is found again."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.errors import Misconfigured, OutcomeUnknown, Rejected, Unavailable
from connectors.plain import plain
from connectors.sage300.client import Sage300
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.types import Address, NewCustomer
from tests.connectors.sage300_sales import TODAY, charge, client, found_late, item, prepared


def test_an_order_is_posted_shipped_and_invoiced_in_one_go(sage: Sage300, box: Sage300Sandbox) -> None:
    made = sage.place("sale", prepared("PS_1"))
    assert (made.number, made.reference, made.purchase_order) == ("PS_1", "PS_1", "XKBKNABJK")
    assert (made.total, made.tax, made.currency) == (Decimal("32.80"), Decimal("5.47"), "EUR")
    assert made.tax_by_rate == {"20": Decimal("5.47")}
    assert made.invoice_number.startswith("IN")
    assert made.shipment_number.startswith("SH")
    assert made.complete
    assert made.date == TODAY
    assert [(line.code, line.quantity, line.shipped, line.amount) for line in made.lines] == [
        ("demo_8", Decimal(2), Decimal(2), Decimal("25.80")),
        ("SHIP", Decimal(1), Decimal(1), Decimal("7.00")),
    ]
    assert box.counts()["POST OEOrders"] == 1
    stored = box.orders()[0]
    assert stored["ShipToAddressLine2"] == "2nd floor"
    assert stored["ShipToCountry"] == "FR"
    assert stored["OrderDate"].startswith(TODAY.isoformat())


def test_an_order_alone_is_neither_shipped_nor_complete(sage: Sage300) -> None:
    made = sage.place("sale", prepared(invoice=False))
    assert (made.invoice_number, made.shipment_number, made.complete) == ("", "", False)
    assert made.lines[0].shipped == 0
    assert made.total == Decimal("32.80")


def test_numbers_travel_exactly(sage: Sage300, box: Sage300Sandbox) -> None:
    sage.place("sale", prepared(lines=(item(quantity="3", price="4.166667"), charge("DISC", "-0.50"))))
    sent = next(each.body for each in box.log() if each.verb == "POST")
    assert '"OrderUnitPrice":4.166667' in sent
    assert box.orders()[0]["OrderDetails"][0]["OrderUnitPrice"] == Decimal("4.166667")
    assert list(json.loads(sent))[:3] == ["CustomerNumber", "OrderNumber", "OrderDate"]


def test_different_rates_are_told_apart(sage: Sage300) -> None:
    lines = (item(), item("demo_10", "1", "10.55", tax_class=3, rate=Decimal("5.5")))
    made = sage.place("sale", prepared(lines=lines))
    assert made.tax_by_rate == {"20": Decimal("4.30"), "5.5": Decimal("0.55")}
    assert made.tax == Decimal("4.85")


def test_find_sees_what_place_made(sage: Sage300, box: Sage300Sandbox) -> None:
    assert sage.find("sale", "PS_1") is None
    made = sage.place("sale", prepared("PS_1"))
    assert sage.find("sale", "PS_1") == made
    assert sage.document("sale", made.key) == made
    assert sage.document("sale", "999999") is None
    assert sage.document("sale", "no number") is None
    box.set_options(padded=True, old_envelope=True, list_details=False)
    assert client(box.base_url).find("sale", "PS_1") == made


def test_find_without_own_numbers_goes_by_the_reference(box: Sage300Sandbox) -> None:
    sage = client(box.base_url, own_order_number=False)
    made = sage.place("sale", prepared("PS_1"))
    assert made.number.startswith("ORD")
    assert made.reference == "PS_1"
    assert sage.find("sale", "PS_1") == made


def test_a_look_is_one_request_or_one_for_each_property(sage: Sage300, box: Sage300Sandbox) -> None:
    by_hand = client(box.base_url, own_order_number=False).place("sale", prepared("PS_1"))
    apart = client(box.base_url, filter_or=False)
    made = sage.place("sale", prepared("PS_2"))
    for looking, requests in ((sage, 1), (apart, 2)):
        box.clear_log()
        assert looking.find("sale", "PS_1") == by_hand
        assert looking.find("sale", "PS_2") == made
        assert looking.find("sale", "PS_3") is None
        assert box.counts() == {"GET OEOrders": 3 * requests}


def test_sage_is_signed_on_to_once(sage: Sage300, box: Sage300Sandbox) -> None:
    before = box.world.sessions.opened
    made = sage.place("sale", prepared("PS_1"))
    assert sage.find("sale", "PS_1") == made
    assert box.world.sessions.opened == before + 1


@pytest.mark.parametrize("reference", ["O'Brien & Söhne", "a/b+c %41", "x' or 1 eq 1 or OrderReference eq 'y"])
def test_a_reference_with_quotes_finds_only_itself(box: Sage300Sandbox, reference: str) -> None:
    sage = client(box.base_url, own_order_number=False)
    sage.place("sale", prepared("PS_2"))
    assert sage.find("sale", reference) is None
    sage.place("sale", prepared(reference))
    found = sage.find("sale", reference)
    assert found is not None
    assert found.reference == reference


def test_a_reference_taken_twice_is_for_staff(box: Sage300Sandbox, sage: Sage300) -> None:
    other = client(box.base_url, own_order_number=False)
    first, second = (other.place("sale", prepared("PS_1", purchase_order=po)) for po in "AB")
    with pytest.raises(Rejected, match=f"{first.number}, {second.number}") as caught:
        sage.find("sale", "PS_1")
    assert caught.value.code == "ReferenceTaken"


def test_a_second_copy_is_refused_by_sage_itself(sage: Sage300, box: Sage300Sandbox) -> None:
    sage.place("sale", prepared("PS_1"))
    with pytest.raises(Rejected) as caught:
        sage.place("sale", prepared("PS_1"))
    assert (caught.value.code, caught.value.status) == ("RecordDuplicate", 409)
    assert box.counts()["POST OEOrders"] == 2
    assert len(box.orders()) == 1


@pytest.mark.parametrize("kind", ["lose_answer", "late_commit", "cut"])
def test_a_lost_answer_is_unknown_and_found_by_looking(sage: Sage300, box: Sage300Sandbox, kind: str) -> None:
    if kind == "late_commit":
        sage.api.session.read_timeout = 1.0
    box.trouble(kind, verb="POST", resource="OEOrders")
    with pytest.raises(OutcomeUnknown):
        sage.place("sale", prepared("PS_1"))
    found_late(sage, "sale", "PS_1")
    assert len(box.orders()) == 1


def test_a_broken_connection_before_the_work_is_unknown_too_and_nothing_is_found(
    sage: Sage300, box: Sage300Sandbox
) -> None:
    box.trouble("drop", verb="POST", resource="OEOrders")
    with pytest.raises(OutcomeUnknown):
        sage.place("sale", prepared("PS_1"))
    assert sage.find("sale", "PS_1") is None


def test_a_busy_record_is_tried_three_times_with_a_look_before_each_further_try(
    sage: Sage300, box: Sage300Sandbox
) -> None:
    box.trouble("in_use", verb="POST", resource="OEOrders", count=2)
    made = sage.place("sale", prepared("PS_1"))
    assert made.number == "PS_1"
    asked = [each for each in box.log() if "OEOrders" in each.path]
    assert [each.verb for each in asked] == ["POST", "GET", "POST", "GET", "POST"]
    looks = [each.query for each in asked if each.verb == "GET"]
    assert all(name in look for look in looks for name in ("OrderNumber", "OrderReference"))


def test_a_record_that_stays_busy_is_refused_in_sages_words(sage: Sage300, box: Sage300Sandbox) -> None:
    box.trouble("in_use", verb="POST", resource="OEOrders", count=None)
    with pytest.raises(Rejected, match="modified by another program") as caught:
        sage.place("sale", prepared("PS_1"))
    assert caught.value.code == "General"
    assert box.counts()["POST OEOrders"] == 3


def test_a_busy_write_stops_when_patience_is_over(sage: Sage300, box: Sage300Sandbox) -> None:
    sage = client(box.base_url, busy_waits=[70, 70])
    box.trouble("in_use", verb="POST", resource="OEOrders", count=None)
    with pytest.raises(Rejected):
        sage.place("sale", prepared("PS_1"))
    assert box.counts()["POST OEOrders"] == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"customer": "1600"}, "inactive|does not exist|differs"),
        ({"lines": (item("BEDLAMP"),)}, "BEDLAMP does not exist"),
        ({"order_date": TODAY - timedelta(days=4000)}, "Cannot determine the fiscal period"),
        ({"terms": "NOPE"}, "terms code does not exist"),
    ],
)
def test_refusals_are_sages_own_words_and_sent_once(
    sage: Sage300, box: Sage300Sandbox, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(Rejected, match=words) as caught:
        sage.place("sale", prepared(**change))
    assert caught.value.status == 409
    assert box.counts()["POST OEOrders"] == 1
    assert box.orders() == []


def test_half_a_success_is_told_as_it_is(sage: Sage300, box: Sage300Sandbox) -> None:
    box.trouble("no_invoice", verb="POST", resource="OEOrders", reason="credit_hold")
    made = sage.place("sale", prepared())
    assert (made.invoice_number, made.complete) == ("", False)
    assert made.lines[0].shipped == 0


def test_an_order_closed_by_hand_without_an_invoice_is_not_complete(sage: Sage300, box: Sage300Sandbox) -> None:
    made = sage.place("sale", prepared(invoice=False))
    box.change("OEOrders", int(made.key), OrderCompleted="CompleteNotIncluded")
    found = sage.find("sale", "PS_1")
    assert found is not None
    assert not found.complete


def test_warnings_of_a_success_are_kept(sage: Sage300, box: Sage300Sandbox) -> None:
    box.change("ARCustomers", "WEBEUR", CheckCreditLimit="Yes", CreditLimitCustomerCurrency=1)
    made = sage.place("sale", prepared())
    assert any("Credit limit" in warning for warning in made.warnings)


def test_a_completed_order_that_shows_nothing_is_read_from_its_invoice(sage: Sage300, box: Sage300Sandbox) -> None:
    made = sage.place("sale", prepared("PS_1"))
    row = box.orders()[0]
    lines = [{**line, "ExtendedAmount": 0, "ExtendedOrderAmount": 0} for line in row["OrderDetails"]]
    box.change("OEOrders", row["OrderUniquifier"], OrderTotal=0, TotalTaxAmount=0, OrderDetails=lines)
    found = sage.find("sale", "PS_1")
    assert found is not None
    assert (found.total, found.tax, found.tax_by_rate) == (made.total, made.tax, made.tax_by_rate)
    assert [(line.code, line.quantity, line.amount) for line in found.lines] == [
        (line.code, line.quantity, line.amount) for line in made.lines
    ]


def test_a_name_this_sage_does_not_know_is_the_operators(sage: Sage300, box: Sage300Sandbox) -> None:
    sage = client(box.base_url, ship_to_country="ShipToLand")
    with pytest.raises(Misconfigured, match="ShipToLand"):
        sage.place("sale", prepared())
    assert "POST OEOrders" not in box.counts()
    unchecked = client(box.base_url, ship_to_country="ShipToLand", check_properties=False)
    with pytest.raises(Rejected) as caught:
        unchecked.place("sale", prepared())
    assert caught.value.code == "InvalidPayload"


def test_metadata_is_read_once_per_module(sage: Sage300, box: Sage300Sandbox) -> None:
    for number in range(3):
        sage.place("sale", prepared(f"PS_{number}"))
    assert box.counts()["GET $metadata"] == 1


def test_documents_are_paged_sorted_and_without_lines(box: Sage300Sandbox, sage: Sage300) -> None:
    box.set_options(page_size=2)
    for number, days in enumerate((0, 3, 1, 40, 2)):
        sage.place("sale", prepared(f"PS_{number}", order_date=TODAY - timedelta(days=days), invoice=number % 2 == 0))
    since = TODAY - timedelta(days=3)
    found = list(sage.documents("sale", since))
    assert [document.reference for document in found] == ["PS_1", "PS_4", "PS_2", "PS_0"]
    assert {document.lines for document in found} == {()}
    assert {document.total for document in found} == {Decimal("32.80")}
    assert found[-1].invoice_number.startswith("IN")
    assert [d.reference for d in client(box.base_url, filter_style="v3").documents("sale", since)] == [
        "PS_1",
        "PS_4",
        "PS_2",
        "PS_0",
    ]


def new_customer(code: str = "WEB42", **more: Any) -> dict[str, Any]:
    address = Address("Jane Doe", ("Main street 1", "2nd floor"), "Paris", "", "75002", "France", "01", "j@e.com")
    values = {"code": code, "reference": code, "group": "WEB", "name": "Jane Doe", "address": address, **more}
    made: dict[str, Any] = plain(NewCustomer(**values))
    return made


def test_a_customer_is_made_from_its_group(sage: Sage300, box: Sage300Sandbox) -> None:
    groups = [record.code for record in sage.records("customer group")]
    group = next(code for code in groups if code.startswith("WEB"))
    assert sage.find("customer", "WEB42") is None
    made = sage.place("customer", new_customer(group=group, vat_number="FR42"))
    assert (made.kind, made.number, made.reference) == ("customer", "WEB42", "WEB42")
    assert sage.find("customer", "WEB42") == made
    record = sage.record("customer", "WEB42")
    assert record is not None
    assert record.active
    assert (record.details["group"], record.details["vat_number"]) == (group, "FR42")
    with pytest.raises(Rejected) as caught:
        sage.place("customer", new_customer(group=group))
    assert caught.value.code == "RecordDuplicate"
    assert sage.place("sale", prepared(customer="WEB42", currency=str(record.details["currency"]))).customer == "WEB42"
    assert "WEB42" in [each.number for each in sage.documents("customer", TODAY)]


def test_what_it_cannot_do_it_does_not_try(sage: Sage300) -> None:
    assert sage.can == {"find", "sale", "customer", "receipt", "credit note", "repayment", "unique reference"}
    with pytest.raises(ValueError, match="quote"):
        sage.find("quote", "PS_1")


def test_only_with_our_own_number_does_sage_refuse_a_second_copy_by_itself(box: Sage300Sandbox) -> None:
    assert "unique reference" not in client(box.base_url, own_order_number=False).can


def test_away_is_unavailable_and_back_is_back(sage: Sage300, box: Sage300Sandbox) -> None:
    box.pause()
    try:
        with pytest.raises(Unavailable):
            sage.place("sale", prepared())
    finally:
        box.start()
    assert sage.place("sale", prepared()).number == "PS_1"


@pytest.mark.parametrize(
    "path", ["/Sage300WebApi", "/Sage300WebApi/", "", "/Sage300WebApi/v1.0/-/", "/Sage300WebApi/v1.0/-/SAMLTD"]
)
def test_the_address_may_be_typed_with_or_without_its_tail(box: Sage300Sandbox, path: str) -> None:
    assert client(box.url + path).find("sale", "PS_1") is None

"""The story of an order, from the customer's click to the invoice in Sage. Read it first: it is what syncbridge does.

The shop and Sage are sandboxes on localhost that are asked over HTTP as the real ones are; staff use the real pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import django_rq
import pytest
from django.urls import reverse
from rq import SimpleWorker

from mappings.models import PaymentMapping
from staging import fetch, jobs, push, validate
from tests.story import Staff, Story, opened


@pytest.fixture
def story(db: None) -> Iterator[Story]:
    """A shop, a company in Sage, and a bridge that went live this morning."""
    with opened() as told:
        yield told


@pytest.fixture
def staff(db: None) -> Staff:
    """An accountant."""
    return Staff()


# --- how it goes when nobody is needed --------------------------------------------------------------------------------


def test_an_order_becomes_an_order_a_shipment_and_an_invoice(story: Story) -> None:
    # A customer buys two T-shirts, a book and some food, and pays by PayPal.
    lines = [
        {"reference": "demo_1", "quantity": 2},
        {"reference": "BOOK-55", "quantity": 3},
        {"reference": "FOOD-10", "quantity": 1},
    ]
    number = story.buys(lines=lines)

    # The bridge reads the order and keeps every word of it.
    fetch.sweep(story.shop)
    order = story.order(number)
    assert order.status == "staged"
    assert order.total == Decimal("89.78")

    # It checks the order, and says what Sage should hold because of it.
    validate.sweep(story.shop)
    order = story.order(number)
    assert order.status == "ready"
    assert order.verdict is not None
    assert order.verdict["kind"] == "equal"
    assert not story.sage.orders()

    # It makes that true in Sage: an order, shipped and invoiced, under the shop's own number.
    push.sweep(story.company)
    order = story.order(number)
    assert order.status == "posted"
    document = story.document(number)
    assert document["PurchaseOrderNumber"] == order.reference
    assert document["LastShipmentNumber"] == "SH000001"
    assert document["LastInvoiceNumber"] == order.sage_invoice == "IN000001"

    # The books say what the shop said, rate by rate: goods and the shipping of 7.00.
    assert story.invoiced(number) == {
        "20": (Decimal("45.24"), Decimal("9.05")),
        "10": (Decimal("4.99"), Decimal("0.50")),
        "5.5": (Decimal("28.44"), Decimal("1.56")),
    }

    # Later it reads back that all was delivered, and the order is done.
    story.looks_back()
    assert (story.order(number).status, story.order(number).reason) == ("posted", "delivered")


def test_the_bridge_may_look_as_often_as_it_likes(story: Story) -> None:
    number = story.buys("demo_1")
    story.turn()
    before = story.document(number)

    for _ in range(3):
        story.passes(minutes=1)
        story.turn()
        story.looks_back()

    assert story.document(number) == before
    assert story.sage.counts()["POST OEOrders"] == 1


def test_orders_from_before_the_go_live_stay_what_they_were(story: Story) -> None:
    recorded = story.presta.rows("orders", reference="KHWLILZLL")[0]
    story.presta.edit("orders", recorded["id"])  # somebody looks at an old order and saves it

    story.turn()

    old = story.order(recorded["id"])
    assert (old.status, old.reason) == ("ignored", "before go-live")
    assert not story.sage.orders()


# --- BEDLAMP: an item that Sage does not have -------------------------------------------------------------------------


@pytest.fixture
def lamps(story: Story) -> list[int]:
    """Three orders for the bedside lamp and one for a mug: the mug is posted, the lamps wait for staff."""
    numbers = [story.buys(what, language=1) for what in ("BEDLAMP", "BEDLAMP", "demo_11", "BEDLAMP")]
    story.turn()
    mug = numbers.pop(2)
    assert story.status(mug, *numbers) == ["posted", "invalid", "invalid", "invalid"]
    return numbers


def test_what_holds_an_order_is_told_with_what_to_do(story: Story, staff: Staff, lamps: list[int]) -> None:
    issue = story.issue(lamps[0])
    assert (issue.code, issue.value) == ("item-unknown", "BEDLAMP")
    assert "A1-104/0" in [suggestion["code"] for suggestion in issue.suggestions]

    page = staff.reads(story.order(lamps[0]))
    assert "BEDLAMP" in page
    assert reverse("admin:mappings_itemmapping_add") in page


def test_repaired_in_the_shop_the_order_goes_and_the_others_wait_on(story: Story, lamps: list[int]) -> None:
    first, *others = lamps
    versions = [story.order(number).version for number in others]
    story.passes(minutes=5)
    (line,) = story.presta.rows("order_details", id_order=str(first))
    story.presta.edit("order_details", int(line["id"]), product_reference="A1-104/0")
    story.presta.edit("orders", first)

    story.turn()

    assert story.status(first, *others) == ["posted", "invalid", "invalid"]
    assert story.document(first)["OrderDetails"][0]["Item"] == "A1-104/0"
    assert [story.order(number).version for number in others] == versions


def test_mapped_to_an_item_of_sage_all_that_waited_go_the_oldest_first(
    story: Story, staff: Staff, lamps: list[int]
) -> None:
    posted_before = [row["OrderNumber"] for row in story.sage.orders()]
    link = reverse("admin:mappings_itemmapping_add") + f"?reference=BEDLAMP&company={story.company.pk}"

    staff.fills(link, code="A1-104/0")
    story.turn()

    assert story.status(*lamps) == ["posted"] * 3
    sent = [row["OrderNumber"] for row in sorted(story.sage.orders(), key=lambda row: row["OrderUniquifier"])]
    assert sent == [*posted_before, *(f"PS_{number}" for number in lamps)]
    assert {story.document(number)["OrderDetails"][0]["Item"] for number in lamps} == {"A1-104/0"}


def test_created_in_sage_check_again_finds_it(story: Story, staff: Staff, lamps: list[int]) -> None:
    like = story.sage.get("ICItems", "A11040")
    assert like
    story.sage.add("ICItems", {**like, "UnformattedItemNumber": "BEDLAMP", "ItemNumber": "BEDLAMP"})
    story.turn()
    assert story.status(*lamps) == ["invalid"] * 3  # nobody has told the bridge yet

    staff.presses(story.order(lamps[0]), "check")
    story.turn()

    assert story.status(*lamps) == ["posted"] * 3
    assert story.document(lamps[0])["OrderDetails"][0]["Item"] == "BEDLAMP"


# --- other things that need somebody ----------------------------------------------------------------------------------


def test_a_new_way_to_pay_waits_until_it_is_mapped(story: Story, staff: Staff) -> None:
    number = story.buys("demo_1", module="alma", payment="Alma - pay in 3 instalments", state=2)
    known = story.buys("demo_3")
    story.turn()
    assert story.status(number, known) == ["invalid", "posted"]
    issue = story.issue(number)
    assert (issue.code, issue.value) == ("payment-unknown", "alma")

    link = reverse("admin:mappings_paymentmapping_add") + f"?module=alma&company={story.company.pk}"
    staff.fills(link, code="DIGWAL", terms="WEB", bank="BNPEUR")
    story.turn()

    assert PaymentMapping.objects.filter(module="alma").exists()
    assert story.status(number) == ["posted"]
    assert story.document(number)["TermsCode"] == "WEB"


def test_an_address_too_long_goes_split_over_the_lines_when_somebody_accepts(story: Story, staff: Staff) -> None:
    street = "Résidence les Grands Chênes, bâtiment C, escalier 4, 3e étage, porte 12, boîte aux lettres 7"
    story.presta.edit("addresses", 7, address1=street, address2="")
    number = story.buys("demo_1")
    story.turn()
    issue = story.issue(number)
    assert (story.status(number), issue.code) == (["invalid"], "text-too-long")
    assert not story.sage.orders()  # nothing is cut off behind anybody's back

    staff.presses(story.order(number), "accept", issue=str(issue.pk), reason="the label printer takes four lines")
    story.turn()

    document = story.document(number)
    lines = [document[f"ShipToAddressLine{line}"] for line in (1, 2, 3, 4)]
    assert max(map(len, lines)) <= 60
    assert " ".join(filter(None, lines)) == street


# --- what the shop does meanwhile -------------------------------------------------------------------------------------


def test_an_unpaid_order_waits_by_itself_and_goes_when_it_is_paid(story: Story) -> None:
    number = story.buys("demo_1", module="ps_wirepayment")
    story.pays_by("ps_wirepayment")
    story.turn()
    assert (story.status(number), story.order(number).reason) == (["waiting"], "not paid yet")

    story.passes(days=2)
    story.presta.set_state(number, 2)  # the money is there
    story.turn()

    assert story.status(number) == ["posted"]
    assert story.document(number)["LastInvoiceNumber"]


def test_an_order_cancelled_before_it_was_sent_is_closed_without_documents(story: Story) -> None:
    number = story.buys("demo_1")
    fetch.sweep(story.shop)
    validate.sweep(story.shop)
    assert story.status(number) == ["ready"]

    story.passes(minutes=1)
    story.presta.set_state(number, 6)
    story.turn()

    order = story.order(number)
    assert (order.status, order.reason) == ("ignored", "cancelled in the shop")
    assert not story.sage.orders()


def test_a_change_after_posting_is_told_and_nothing_changes_in_sage(story: Story) -> None:
    number = story.buys("demo_1", "demo_3")
    story.turn()
    before = story.sage.orders(), story.sage.invoices()

    story.passes(hours=1)
    line, _other = story.presta.rows("order_details", id_order=str(number))
    story.presta.edit("order_details", int(line["id"]), product_quantity="5")
    story.presta.edit("orders", number)
    story.turn()

    assert story.status(number) == ["posted"]
    assert story.issue(number).code == "changed-after-posting"
    assert (story.sage.orders(), story.sage.invoices()) == before


# --- how fast ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_bell_and_not_a_timer_leads_from_step_to_step(story: Story, bells: None) -> None:
    """One tick of the clock, and a worker carries the order all the way: each step rings the next."""
    number = story.buys("demo_1")

    jobs.ring("fetch", story.shop.pk)
    heard = work()

    assert heard == ["fetch", "validate", "push"]
    assert story.status(number) == ["posted"]


@pytest.mark.django_db(transaction=True)
def test_saving_a_mapping_rings_until_all_that_waited_are_in_sage(
    story: Story, bells: None, staff: Staff, lamps: list[int]
) -> None:
    link = reverse("admin:mappings_itemmapping_add") + f"?reference=BEDLAMP&company={story.company.pk}"

    staff.fills(link, code="A1-104/0")
    heard = work()

    assert heard == ["validate_company", "validate", "push"]
    assert story.status(*lamps) == ["posted"] * 3


def work() -> list[str]:
    """A worker works until no bell rings any more; what it heard, in order."""
    queue, heard = django_rq.get_queue("orders"), []
    while queue.jobs:
        heard.append(str(queue.jobs[0].func_name).rpartition(".")[2])
        SimpleWorker([queue], connection=queue.connection).work(burst=True, max_jobs=1, logging_level="WARNING")
    return list(dict.fromkeys(heard))  # a bell that rings twice does no harm

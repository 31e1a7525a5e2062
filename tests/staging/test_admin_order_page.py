"""The page of one order: what it shows, which buttons are lawful, and that nothing of anybody's is lost."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from connectors.models import SageCompany, Shop
from staging import staff, validate
from staging.models import RawRecord, StagedOrder, move
from tests.staging.back_office import hold, order, orders_url, page, person, posting
from tests.story import Story

Answer = Any


@pytest.fixture
def shop(company: SageCompany) -> Shop:
    """A shop that nobody asks."""
    return Shop.objects.create(name="Web", url="http://127.0.0.1:1", key="X", company=company)


def acts(client: Client, row: StagedOrder, name: str, **entered: str) -> Answer:
    """Press a button, having seen the order as it is now unless ``seen`` says otherwise."""
    address = reverse("admin:staging_stagedorder_act", args=[row.pk, name])
    return client.post(address, {"seen": staff.seen(row)} | entered)


def corrects(client: Client, row: StagedOrder, place: str, **entered: str) -> Answer:
    """Send the form of one place with what was changed in it."""
    shown = client.get(page(row)).context
    form = shown["forms"].get(place) or next(line.form for line in shown["lines"] if line.form.place == place)
    known = {name: form[name].value() or "" for name in form.fields}
    fields = {"seen": shown["seen"], "place": place} | known | entered
    return client.post(reverse("admin:staging_stagedorder_correct", args=[row.pk]), fields)


def line(row: StagedOrder) -> str:
    """The place of the lamp."""
    return row.issues.get(closed_at=None).place


# --- what it shows ----------------------------------------------------------------------------------------------------


def test_it_shows_what_holds_the_order_what_it_is_and_what_happened(lamp: StagedOrder) -> None:
    text = person().get(page(lamp)).content.decode()
    for words in ("Item unknown BEDLAMP", "A1-104/0", lamp.reference, "Totals per tax rate", "demo_1"):
        assert words in text
    assert "✗ not known" in text
    assert re.search(r"\d\d:\d\d CET", text)
    assert "Read from the shop for the first time." in text
    assert "item-unknown" not in text
    assert "Traceback" not in text


def test_a_posted_order_shows_sages_numbers_and_totals(story: Story) -> None:
    number = story.buys("demo_1")
    story.turn()
    row = story.order(number)
    answer = person().get(page(row))
    assert row.sage_invoice in answer.content.decode()
    assert answer.context["totals"]["document"]["equal"]
    assert answer.context["totals"]["document"]["difference"] == "0.00"


def test_causes_that_one_repair_ends_stand_there_once(shop: Shop) -> None:
    row = order(shop)
    for place in ("line 1", "line 2", "line 3"):
        hold(row, place=place, values={"name": "Lamp"})
    hold(row, "payment-unknown", "alma")
    answer = person().get(page(row))
    assert {cause.place for cause in answer.context["causes"]} == {"Line 1, Line 2, Line 3", ""}
    text = answer.content.decode()
    assert "What holds it: 2 causes" in text
    assert text.count("Line 1, Line 2, Line 3") == 1  # the sentence names them; the title does not, too
    assert all(f'id="cause-{issue.pk}"' in text for issue in row.issues.all())


def test_a_possible_twin_is_one_click_away_and_a_voucher_that_is_money_too(shop: Shop) -> None:
    row = order(shop)
    hold(row, "possible-duplicate", "", values={"twin": "REFTWIN", "minutes": 3})
    hold(row, "discount-unexplained", "Gift card", kind="voucher")
    text = person().get(page(row)).content.decode()
    assert f'href="{reverse("admin:staging_stagedorder_changelist")}?q=REFTWIN"' in text
    assert f"{reverse('admin:mappings_vouchermapping_add')}?company={shop.company_id}&amp;name=Gift+card" in text


def test_who_may_not_repair_is_not_led_to_a_closed_door(shop: Shop) -> None:
    row = order(shop)
    hold(row, suggestions=[{"code": "A1", "label": "Lamp", "ground": "name", "values": {"score": 95}, "score": 95}])
    add = reverse("admin:mappings_itemmapping_add")
    addresses = (page(row), reverse("admin:staging_stagedorder_causes"), reverse("admin:index"))
    for role, may in (("accountant", True), ("operator", False), ("auditor", False)):
        client = person(role)
        assert [add in client.get(address).content.decode() for address in addresses] == [may] * 3


def test_an_order_that_cannot_be_read_has_a_page_too(story: Story, lamp: StagedOrder) -> None:
    RawRecord.objects.filter(pk__in=lamp.raws, resource="orders").update(payload={"id": "1"})
    answer = person().get(page(lamp))
    assert answer.status_code == 200
    assert answer.context["read"] is None
    bare = order(story.shop, "staged", raws=[], fault="The shop answers nonsense.")
    assert "The shop answers nonsense." in person("operator").get(page(bare)).content.decode()


def test_what_the_shop_says_is_text_and_nothing_else(story: Story) -> None:
    story.presta.edit("addresses", 7, city="<script>alert(1)</script>")
    number = story.buys("BEDLAMP")
    story.turn()
    text = person().get(page(story.order(number))).content.decode()
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_the_page_costs_a_bounded_number_of_queries(story: Story, lamp: StagedOrder) -> None:
    reader = person()
    with CaptureQueriesContext(connection) as few:
        reader.get(page(lamp))
    for _ in range(12):
        assert staff.check_again(story.order(lamp.order_id), None)
        validate.sweep(story.shop)
    with CaptureQueriesContext(connection) as many:
        reader.get(page(lamp))
    assert len(many) == len(few) <= 40


def test_each_field_stands_in_three_columns_with_who_changed_it_and_why(story: Story, lamp: StagedOrder) -> None:
    client = person()
    corrects(client, lamp, "deliver_to", city="Lyon", reason="told on the phone")
    shown = client.get(page(lamp))

    places = shown.context["places"]
    city = next(cell for cell in places["deliver_to"].cells if cell.label == "City")
    assert (city.shop != "Lyon", city.staged, city.sage, city.differs) == (True, "Lyon", "Lyon", False)
    assert (str(city.mark.user), city.mark.reason) == ("accountant", "told on the phone")
    lines = shown.context["lines"]
    assert {each.line.code for row in lines for each in row.sage} == {"", "demo_1"}
    assert [row.sage[0].amount == row.shop_total for row in lines] == [True, True]
    text = shown.content.decode()
    assert text.count("told on the phone") == 3  # beside the field, among the corrections, in the diary
    assert "Sage, as it will be" in text
    assert "as sent" not in text


def test_what_sage_stored_differently_is_marked(story: Story) -> None:
    number = story.buys("demo_1", "demo_3")
    story.turn()
    row, client = story.order(number), person()
    shown = client.get(page(row))
    assert "Sage, as stored" in shown.content.decode()
    assert not any(each.differs for line in shown.context["lines"] for each in line.sage)

    sale = row.postings.get(kind="sale")
    assert sale.answer is not None
    sale.answer["lines"][0]["amount"] = "1.00"
    sale.save()
    line = client.get(page(row)).context["lines"][0]
    assert [each.differs for each in line.sage] == [True]
    assert "≠ Sage holds 1.00 EUR" in client.get(page(row)).content.decode()


def test_faults_of_a_form_are_all_told_beside_their_fields_and_nothing_typed_is_lost(lamp: StagedOrder) -> None:
    answer = corrects(person(), lamp, "deliver_to", country="", postcode="9" * 300, city="Lyon")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.count("✗ This field is required") == 1
    assert text.count("✗ Ensure this value has at most 250 characters") == 1
    assert 'value="Lyon"' in text
    assert not lamp.corrections.exists()


# --- buttons ----------------------------------------------------------------------------------------------------------

LAWFUL = {
    "staged": {"check", "ignore"},
    "waiting": {"check", "ignore"},
    "invalid": {"check", "ignore"},
    "ready": {"check", "push"},
    "posted": {"check"},
    "ignored": {"take_back"},
}


def buttons(client: Client, row: StagedOrder) -> set[str]:
    """The names of the buttons on the page."""
    text = client.get(page(row)).content.decode()
    return set(re.findall(rf"{reverse('admin:staging_stagedorder_changelist')}{row.pk}/act/(\w+)/", text))


@pytest.mark.parametrize("status", LAWFUL)
def test_the_page_offers_what_is_lawful_and_refuses_the_rest(shop: Shop, status: str) -> None:
    row, client = order(shop, status), person()
    posting(row)
    assert buttons(client, row) == LAWFUL[status]
    for name in {"check", "push", "ignore", "take_back"} - LAWFUL[status]:
        acts(client, row, name, reason="because")
        row.refresh_from_db()
        assert (row.status, row.version) == (status, 0)
        assert "which does not allow it" in client.get(page(row)).content.decode()


@pytest.mark.parametrize(
    ("status", "name", "after", "told"),
    [
        ("waiting", "check", "staged", "is being checked now."),
        ("invalid", "check", "staged", "is being checked now."),
        ("invalid", "ignore", "ignored", "is closed without documents;"),
        ("ready", "push", "ready", "is being sent now."),
        ("ignored", "take_back", "staged", "is open again and is being checked now."),
    ],
)
def test_a_button_does_what_it_says_and_it_is_noted_who_pressed_it(
    shop: Shop, status: str, name: str, after: str, told: str
) -> None:
    row, client = order(shop, status), person()
    posting(row)
    acts(client, row, name, reason="an agency's test")
    row.refresh_from_db()
    assert row.status == after
    assert f"{row}</a> {told}" in client.get(page(row)).content.decode()
    event = row.events.latest("pk") if name != "ignore" else row.events.get(after="ignored")
    assert str(event.user) == "accountant"


def test_a_delivered_order_that_is_checked_again_stays_delivered(shop: Shop) -> None:
    row = order(shop, "posted", reason="delivered")
    posting(row, "pushed")
    acts(person(), row, "check")
    row.refresh_from_db()
    assert (row.status, row.reason) == ("staged", "delivered")


def test_nothing_is_ignored_without_a_reason(shop: Shop) -> None:
    row, client = order(shop), person()
    acts(client, row, "ignore", reason="  ")
    row.refresh_from_db()
    assert row.status == "invalid"
    assert "enter a reason" in client.get(page(row)).content.decode()


def test_an_order_in_mid_push_is_locked(lamp: StagedOrder) -> None:
    posting(lamp, "pushing", sent_at=timezone.now())
    client = person()
    assert buttons(client, lamp) == set()
    text = client.get(page(lamp)).content.decode()
    assert "being sent to Sage at this moment" in text
    assert "Correct…" not in text
    before = lamp.version
    acts(client, lamp, "check")
    acts(client, lamp, "ignore", reason="because")
    corrects(client, lamp, line(lamp), reference="A1-104/0")
    lamp.refresh_from_db()
    assert (lamp.version, lamp.corrections.count()) == (before, 0)


@pytest.mark.parametrize(("role", "name"), [("operator", "check"), ("", "check"), ("operator", "correct")])
def test_who_may_only_look_changes_nothing(lamp: StagedOrder, role: str, name: str) -> None:
    client = person(role)
    if name == "correct":
        assert "Correct…" not in client.get(page(lamp)).content.decode()
        address = reverse("admin:staging_stagedorder_correct", args=[lamp.pk])
        answer = client.post(address, {"seen": staff.seen(lamp), "place": line(lamp), "reference": "A1-104/0"})
    else:
        answer = acts(client, lamp, name)
    assert answer.status_code == 403
    version = lamp.version
    lamp.refresh_from_db()
    assert lamp.version == version


def test_a_look_at_a_button_presses_nothing(lamp: StagedOrder) -> None:
    assert person().get(reverse("admin:staging_stagedorder_act", args=[lamp.pk, "check"])).status_code == 403
    assert acts(person(name="other"), lamp, "explode").status_code == 404


# --- corrections ------------------------------------------------------------------------------------------------------


def test_a_corrected_line_is_laid_over_the_shops_word_and_checked(story: Story, lamp: StagedOrder) -> None:
    place, payload = line(lamp), list(RawRecord.objects.filter(pk__in=lamp.raws).order_by("pk").values())
    client = person()
    answer = corrects(client, lamp, place, reference="A1-104/0", reason="as on the phone")
    assert answer.status_code == 302

    row = story.order(lamp.order_id)
    (kept,) = row.corrections.all()
    assert (kept.shop_value, kept.value, str(kept.user), kept.reason) == (
        "BEDLAMP",
        "A1-104/0",
        "accountant",
        "as on the phone",
    )
    assert row.status == "staged"
    assert "“A1-104/0” instead of “BEDLAMP”" in row.events.latest("pk").message
    assert list(RawRecord.objects.filter(pk__in=row.raws).order_by("pk").values()) == payload
    story.turn()
    assert story.status(row.order_id) == ["posted"]


def test_the_shops_own_word_takes_the_correction_away(story: Story, lamp: StagedOrder) -> None:
    client = person()
    corrects(client, lamp, line(lamp), reference="A1-104/0")
    row = story.order(lamp.order_id)
    corrects(client, row, row.corrections.get().place, reference="BEDLAMP")
    assert not row.corrections.exists()
    corrects(client, row, line(row), reference="A1-105/0")
    client.post(
        reverse("admin:staging_stagedorder_correct", args=[row.pk]),
        {"seen": staff.seen(row), "withdraw": row.corrections.get().pk},
    )
    assert not row.corrections.exists()


def test_address_lines_are_corrected_one_a_line(story: Story, lamp: StagedOrder) -> None:
    corrects(person(), lamp, "deliver_to", lines="  Door 7 \r\n\r\nYard", country="fr", city="Lyon")
    laid = {row.field: row.value for row in lamp.corrections.all()}
    assert laid == {"lines": ["Door 7", "Yard"], "city": "Lyon"}


@pytest.mark.parametrize(
    ("place", "entered"),
    [
        ("order", {"order_date": "yesterday"}),
        ("order", {"module": ""}),
        ("deliver_to", {"country": ""}),
        ("line", {"reference": "x" * 65}),
    ],
)
def test_what_cannot_be_is_not_saved(lamp: StagedOrder, place: str, entered: dict[str, str]) -> None:
    corrects(person(), lamp, line(lamp) if place == "line" else place, **entered)
    assert not lamp.corrections.exists()
    assert StagedOrder.objects.get(pk=lamp.pk).status == "invalid"


def test_money_and_quantities_are_not_corrected_here(lamp: StagedOrder) -> None:
    corrects(person(), lamp, line(lamp), quantity="0", total_incl="0.01", total_excl="0.01")
    assert not lamp.corrections.exists()


@pytest.mark.parametrize("place", ["", "raws", "line", "line 0", "totals", "line x", "__class__ y"])
def test_a_place_that_the_page_does_not_offer_is_not_there(lamp: StagedOrder, place: str) -> None:
    address = reverse("admin:staging_stagedorder_correct", args=[lamp.pk])
    answer = person().post(address, {"seen": staff.seen(lamp), "place": place, "reference": "A"})
    assert answer.status_code == 404
    assert not lamp.corrections.exists()


# --- two at one order -------------------------------------------------------------------------------------------------


def test_the_second_to_save_is_told_what_the_first_did_and_keeps_what_he_typed(lamp: StagedOrder) -> None:
    place, seen = line(lamp), staff.seen(lamp)
    corrects(person(name="ada"), lamp, place, reference="A1-104/0", reason="she knows")

    address = reverse("admin:staging_stagedorder_correct", args=[lamp.pk])
    answer = person(name="bert").post(address, {"seen": seen, "place": place, "reference": "A1-105/0"})

    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Nothing was saved" in text
    assert "A1-105/0" in text
    assert "ada" in text
    assert lamp.corrections.get().value == "A1-104/0"


def test_a_change_in_the_shop_is_told_before_an_order_is_ignored(story: Story, lamp: StagedOrder) -> None:
    seen = staff.seen(lamp)
    story.passes(minutes=5)
    story.presta.edit("orders", lamp.order_id, gift_message="please hurry", gift="1")
    story.turn()
    answer = acts(person(), lamp, "ignore", reason="nobody wants it", seen=seen)
    assert answer.status_code == 409
    assert story.status(lamp.order_id) == ["invalid"]


def test_a_check_in_the_background_is_no_conflict(story: Story, lamp: StagedOrder) -> None:
    seen, place = staff.seen(lamp), line(lamp)
    assert move(lamp, "staged", "A mapping changed.")
    validate.sweep(story.shop)
    address = reverse("admin:staging_stagedorder_correct", args=[lamp.pk])
    answer = person().post(address, {"seen": seen, "place": place, "reference": "A1-104/0"})
    assert answer.status_code == 302
    assert lamp.corrections.get().value == "A1-104/0"


def test_overtaken_between_the_look_and_the_lock_it_is_saved_on_the_checked_order(
    lamp: StagedOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    saves, tried = staff.correct, []

    def overtaken(row: StagedOrder, *rest: Any) -> bool:
        tried.append(row.version)
        if len(tried) == 1:
            assert move(StagedOrder.objects.get(pk=row.pk), "staged", "A mapping changed.")
        return saves(row, *rest)

    monkeypatch.setattr(staff, "correct", overtaken)
    corrects(person(), lamp, line(lamp), reference="A1-104/0")
    assert lamp.corrections.get().value == "A1-104/0"
    assert len(tried) == 2


def test_a_cause_is_accepted_with_a_reason_and_taken_back(story: Story) -> None:
    street = "Résidence les Grands Chênes, bâtiment C, escalier 4, 3e étage, porte 12, boîte aux lettres 7"
    story.presta.edit("addresses", 7, address1=street, address2="")
    number = story.buys("demo_1")
    story.turn()
    row, client = story.order(number), person()
    issue = str(story.issue(number).pk)

    acts(client, row, "accept", issue=issue, reason="")
    assert story.status(number) == ["invalid"]
    acts(client, row, "accept", issue="999999", reason="why not")
    assert story.status(number) == ["invalid"]
    acts(client, row, "accept", issue=issue, reason="the carrier reads it")
    validate.sweep(story.shop)
    assert story.status(number) == ["ready"]
    text = client.get(page(row)).content.decode()
    assert "the carrier reads it" in text
    assert "Accepted all the same: Text too long for Sage, Ship to" in text


# --- the next one -----------------------------------------------------------------------------------------------------


def test_the_next_held_order_is_the_one_below_in_the_list_and_after_the_last_the_first(shop: Shop) -> None:
    first, second, third = (order(shop) for _ in range(3))
    order(shop, "posted")
    client = person()
    for here, following in ((third, second), (second, first), (first, third)):
        assert client.get(page(here)).context["next_held"] == page(following)


def test_the_next_one_is_of_the_list_that_the_order_was_opened_from(shop: Shop) -> None:
    oldest, older, newest = (order(shop, tags=tags) for tags in (["monday"], [], ["monday"]))
    client = person()
    listed = client.get(orders_url(queue="needs-you", tag="monday")).content.decode()
    (link,) = re.findall(rf'href="({page(newest)}[^"]*)"', listed)
    shown = client.get(html.unescape(link))
    following = f"{page(oldest)}?_changelist_filters=queue%3Dneeds-you%26tag%3Dmonday"
    assert shown.context["next_held"] == following
    assert all("_changelist_filters" in tab.url for tab in shown.context["tabs"])
    entered = {"seen": staff.seen(newest), "reason": "test", "next": ""}
    ignore = reverse("admin:staging_stagedorder_act", args=[newest.pk, "ignore"])
    answer = client.post(ignore, entered, headers={"referer": f"http://testserver{html.unescape(link)}"})
    assert answer.headers["location"] == following
    assert client.get(following).context["next_held"] == ""  # there is no other of that list
    assert client.get(page(oldest)).context["next_held"] == page(older)
    nonsense = client.get(f"{page(oldest)}?_changelist_filters=shop__id__exact%3Dx")
    assert nonsense.context["next_held"].startswith(page(older))  # the list without filters


def test_who_asks_for_it_is_led_to_the_next_one_after_saving(shop: Shop) -> None:
    older, newer = order(shop), order(shop)
    hold(older)
    client = person()
    assert acts(client, newer, "ignore", reason="test", next="").headers["location"] == page(older)
    answer = acts(client, older, "ignore", reason="test", next="")
    assert answer.headers["location"] == page(older)  # there is no other
    told = client.get(page(older)).content.decode()
    assert f"{newer}</a> is closed without documents; “Take back” opens it again. This is the next one." in told
    assert f"{older}</a> is closed without documents; “Take back” opens it again. It was the last one." in told

"""What an operator does at the pages (marks, re-sync), and what is done to many orders at once."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from mappings.models import ItemMapping
from staging import jobs
from staging.models import Mark, StagedOrder, Task
from tests.browser.conftest import SignIn, Work
from tests.story import Story

pytestmark = pytest.mark.browser


def test_a_mark_is_set_back_after_looking_what_it_would_read(story: Story, sign_in: SignIn, work: Work) -> None:
    number = story.buys("demo_1")
    story.turn()
    before = Mark.objects.get(stream="orders").when

    page = sign_in("operator")
    page.get_by_role("link", name="Marks").click()
    page.get_by_role("row", name=re.compile("^orders")).get_by_role("link", name="Set…").click()
    page.get_by_label("Order number").fill(str(number))
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.get_by_text("this page looks again by itself")).to_be_visible()
    assert Mark.objects.get(stream="orders").when == before
    work()

    facts = page.locator(".sb-facts")
    expect(facts).to_contain_text("Of these known here")
    assert facts.locator("dd").all_inner_texts()[-3:] == ["1", "1", "0"]
    page.get_by_label("Reason").fill("the shop's maker imported orders")
    page.get_by_role("button", name="Set the mark").click()
    work()
    expect(page.get_by_text("The mark is set")).to_be_visible()
    story.turn()

    assert StagedOrder.objects.filter(order_id=number).count() == 1
    assert [row["OrderNumber"] for row in story.sage.orders()] == [f"PS_{number}"]


def test_after_a_restore_of_sage_the_lost_documents_are_sent_again(story: Story, sign_in: SignIn, work: Work) -> None:
    kept = story.buys("demo_1")
    story.turn()
    story.sage.snapshot("night")
    lost = story.buys("demo_3")
    story.turn()
    story.sage.restore("night")

    page = sign_in("operator")
    page.get_by_role("link", name="Re-sync with Sage").click()
    page.get_by_label("Documents since").fill("2026-11-01")
    page.get_by_role("button", name="Show what it would do").click()
    work()
    missing = page.get_by_role("row", name=re.compile("missing: noted as in Sage"))
    missing.get_by_text("show").click()
    expect(missing.get_by_role("link", name=f"PS_{lost}", exact=True)).to_be_visible()
    expect(missing.get_by_role("link", name=f"PS_{kept}", exact=True)).to_have_count(0)
    assert story.status(kept, lost) == ["posted", "posted"]
    page.get_by_label("Reason").fill("Sage was restored to last night")
    page.get_by_role("button", name="Write it down").click()
    work()
    expect(page.get_by_text("What was found and written down")).to_be_visible()

    assert story.status(kept, lost) == ["posted", "posted"]
    assert sorted(row["OrderNumber"] for row in story.sage.orders()) == [f"PS_{kept}", f"PS_{lost}"]


def test_many_are_ignored_with_one_reason_and_each_outcome_is_told(story: Story, sign_in: SignIn, work: Work) -> None:
    held = [story.buys("BEDLAMP", *more) for more in ((), ("demo_1",), ("demo_3",))]
    posted = story.buys("demo_8")
    story.turn()

    page = sign_in()
    page.get_by_role("link", name="All orders").click()
    for number in (*held, posted):
        page.get_by_role("row", name=re.compile(story.order(number).reference)).get_by_role("checkbox").check()
    page.locator("select[name=action]").select_option("ignore")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("heading", name="Ignore orders: exactly these 4 orders")).to_be_visible()
    page.get_by_label("Reason").fill("test orders of the agency")
    page.get_by_role("button", name="Ignore them").click()
    work()

    expect(page.get_by_role("heading", name=re.compile("3 of 4 done"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(story.order(posted).reference))).to_contain_text("does not allow")
    assert story.status(*held, posted) == ["ignored"] * 3 + ["posted"]
    assert story.order(held[0]).reason == "test orders of the agency"
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert story.order(held[0]).reference in download.value.path().read_text()
    assert Task.objects.get().status == "done"


def test_many_are_tried_first_and_then_checked_for_good(story: Story, sign_in: SignIn, work: Work) -> None:
    held = [story.buys("BEDLAMP", *more, language=1) for more in ((), ("demo_1",))]
    also = story.buys("BEDLAMP", "demo_3", module="alma", payment="Alma")
    story.turn()
    ItemMapping.objects.bulk_create([ItemMapping(company=story.company, reference="BEDLAMP", code="A1-104/0")])

    page = sign_in()
    page.get_by_role("link", name="All orders").click()
    for number in (*held, also):
        page.get_by_role("row", name=re.compile(story.order(number).reference)).get_by_role("checkbox").check()
    page.locator("select[name=action]").select_option("check_again")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("heading", name="What would become of these 3 orders")).to_be_visible()
    work()

    expect(page.get_by_role("row", name=re.compile("would go to Sage 2"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("held: Payment method unknown 1"))).to_be_visible()
    assert story.status(*held, also) == ["invalid"] * 3
    page.get_by_role("button", name="Check exactly these 3 orders now").click()
    work()
    expect(page.get_by_role("heading", name=re.compile("3 of 3 done"))).to_be_visible()
    assert story.status(*held, also) == ["posted", "posted", "invalid"]


def test_many_are_given_to_somebody_and_it_is_taken_back(story: Story, sign_in: SignIn, work: Work) -> None:
    held = [story.buys("BEDLAMP", *more, language=1) for more in ((), ("demo_1",), ("demo_3",))]
    story.turn()

    page = sign_in()
    page.get_by_role("link", name="Needs you").first.click()
    page.get_by_role("checkbox", name=re.compile("select all", re.I)).or_(page.locator("#action-toggle")).first.check()
    page.locator("select[name=action]").select_option("assign_or_tag")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("heading", name="exactly these 3 orders")).to_be_visible()
    page.get_by_label("Assign to").select_option(label="accountant")
    page.get_by_label("Add tags").fill("monday")
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.get_by_role("row", name=re.compile("would be changed 3"))).to_be_visible()
    assert not StagedOrder.objects.exclude(assignee=None).exists()
    page.get_by_role("button", name="Assign or tag these 3 orders").click()
    bar = page.get_by_role("progressbar")
    expect(page.get_by_text("this page looks again by itself")).to_be_visible()
    work()
    expect(page.get_by_role("heading", name="3 orders were changed")).to_be_visible()
    assert bar.get_attribute("aria-valuetext") == "3 of 3 orders"
    assert page.locator("#task").get_attribute("hx-trigger") is None  # it looks no more
    assert page.locator("#task-said").inner_text() == f"Assign or tag {Task.objects.get().pk}: done"
    assert {story.order(number).assignee.get_username() for number in held} == {"accountant"}  # type: ignore[union-attr]

    StagedOrder.objects.filter(order_id=held[0]).update(tags=["monday", "urgent"])
    page.get_by_role("link", name="Take it back…").click()
    expect(page.get_by_role("row", name=re.compile("changed since, left as it is: needs staff 1"))).to_be_visible()
    page.get_by_label("Reason").fill("the wrong list")
    page.get_by_role("button", name="Take it back for these 2 orders").click()
    work()
    expect(page.get_by_role("heading", name=re.compile("2 of 3 done"))).to_be_visible()
    rows = page.get_by_role("table").last.get_by_role("row")
    expect(rows.nth(1)).to_contain_text("somebody changed it since")  # what needs somebody stands first
    assert [story.order(number).tags for number in held] == [["monday", "urgent"], [], []]
    page.get_by_role("link", name="Back to the list").click()
    expect(page).to_have_url(re.compile("queue=needs-you"))


def test_an_operator_pauses_a_shop_and_lets_it_go_on(story: Story, sign_in: SignIn, work: Work) -> None:
    page = sign_in("operator")
    page.get_by_role("link", name="Jobs").click()
    expect(page.get_by_text("No worker answers")).to_be_visible()
    pause = page.locator("details", has_text="Pause all of it…").first
    pause.locator("summary").click()
    pause.get_by_label("Reason").fill("the shop is being updated")
    pause.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_text("paused by operator until").first).to_be_visible()
    number = story.buys("demo_1")
    jobs.ring("fetch", story.shop.pk)
    work()
    assert not StagedOrder.objects.filter(order_id=number).exists()

    page.get_by_role("button", name="Resume all of it").click()
    work()
    assert story.status(number) == ["posted"]

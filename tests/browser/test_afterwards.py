"""What comes after: a change, a lost answer, a revoked key, a question, a missing order. U4, U5, U8, U9 and U10."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import expect

from connectors.sandbox.prestashop.keys import VERBS, Key
from staging import jobs, tasks
from staging.models import Task
from staging.proofs import task as proving
from syncbridge.models import Alarm, Notice
from syncbridge.notices import jobs as notices
from tests.browser.clicks import clicked, documented, enters
from tests.browser.conftest import SignIn, Work
from tests.staging.pushing import later
from tests.story import Story

pytestmark = pytest.mark.browser


def one_piece_less(story: Story, number: int) -> Decimal:
    """The shop's staff take a piece of the second line out of the order; what it is cheaper by, with tax."""
    line, order = story.presta.rows("order_details", id_order=str(number))[1], story.presta.row("orders", number)
    of = {name: Decimal(line[f"unit_price_{name}"]).quantize(Decimal("0.01")) for name in ("tax_excl", "tax_incl")}
    less: dict[str, Any] = {f"total_price_{name}": f"{Decimal(line[f'total_price_{name}']) - of[name]}" for name in of}
    story.presta.edit("order_details", int(line["id"]), product_quantity=str(int(line["product_quantity"]) - 1), **less)
    excl, incl = of["tax_excl"], of["tax_incl"]
    totals = {"total_products": excl, "total_products_wt": incl, "total_paid": incl, "total_paid_tax_incl": incl}
    totals |= {"total_paid_tax_excl": excl}
    changed: dict[str, Any] = {name: f"{Decimal(order[name]) - by}" for name, by in totals.items()}
    story.presta.edit("orders", number, **changed)
    return incl


def test_u4_an_order_edited_after_posting_is_credited_by_the_difference(
    story: Story, sign_in: SignIn, work: Work
) -> None:
    number = story.buys(lines=[{"reference": "demo_1", "quantity": 2}, {"reference": "demo_6", "quantity": 3}])
    story.turn()
    story.passes(hours=1)
    cheaper = one_piece_less(story, number)
    story.turn()  # one cycle, and it is seen
    assert (story.status(number), story.sage.credit_notes()) == (["posted"], [])

    page = sign_in()
    page.get_by_role("link", name="! Changed after posting 1").click()
    page.get_by_role("link", name=story.order(number).reference).click()
    expect(page.locator(".sb-holds")).to_contain_text("Changed in the shop after posting")
    page.get_by_text("Correct it in Sage…").click()
    enters(page.locator(".sb-menu[open]").get_by_label("Reason"), "the buyer sent one back unopened")
    page.get_by_role("button", name="Credit the difference").click()
    expect(page.get_by_text("is saved and is being checked now.")).to_be_visible()
    work()

    (note,) = story.sage.credit_notes()
    assert note["CreditDebitNoteTotal"] == cheaper
    assert clicked(page) == documented("U4")


def test_u5_a_lost_answer_is_in_doubt_and_ends_with_one_document(story: Story, sign_in: SignIn, work: Work) -> None:
    number = story.buys("demo_1")
    story.sage.trouble("lose_answer", verb="POST", resource="OEOrders")
    story.turn()
    later()  # nobody looked for an hour

    page = sign_in()
    page.get_by_role("link", name="‼ In doubt 1").click()
    page.get_by_role("link", name=story.order(number).reference).click()
    expect(page.locator(".sb-band")).to_contain_text("Sage may have it")
    jobs.ring("push", story.company.pk)
    work()

    expect(page.locator(".sb-band")).to_contain_text("posted")  # nobody reloaded it
    assert [row["OrderNumber"] for row in story.sage.orders()] == [f"PS_{number}"]
    assert story.sage.counts()["POST OEOrders"] == 1
    assert clicked(page) == documented("U5")


NEW_KEY = "SANDBOX0PRESTASHOP0KEY0MADE0NEW5"


def test_u8_a_key_revoked_at_night_is_one_mail_and_costs_no_order(story: Story, sign_in: SignIn, work: Work) -> None:
    Notice.objects.create(kind="alarm", address="night@example.com")
    keys = story.presta.webservice.keys
    keys[story.presta.key] = Key(story.presta.key, everywhere=VERBS, active=False)
    numbers, asked = [], story.presta.requests.count
    for _hour in range(3):
        numbers.append(story.buys("demo_1"))
        story.turn()
        notices.tick()
    assert len(mail.outbox) == 1
    assert story.presta.requests.count == asked + 1  # refused once, it is not asked again
    keys[NEW_KEY] = Key(NEW_KEY, everywhere=VERBS)

    page = sign_in("administrator")
    page.get_by_role("link", name="Web: stopped").click()
    enters(page.get_by_label("key", exact=False), NEW_KEY)
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("The connection is in use again.")).to_be_visible()
    story.turn()

    assert story.status(*numbers) == ["posted"] * 3
    notices.tick()
    # By kind: whether the shop has been silent since is for the real clock to say, and another alarm.
    assert Alarm.objects.get(kind=Alarm.Kind.CREDENTIALS).closed_at is not None
    assert clicked(page) == documented("U8")


def test_u9_one_search_tells_whether_by_whom_and_what_was_changed(story: Story, sign_in: SignIn, work: Work) -> None:
    number = story.buys("BEDLAMP", "demo_1")
    story.turn()
    ada = sign_in(name="ada")
    ada.goto(f"/admin/staging/stagedorder/{story.order(number).pk}/change/")
    ada.locator("tr", has_text="BEDLAMP").get_by_text("Correct…").click()
    line = ada.locator("tr", has_text="BEDLAMP")
    line.get_by_label("Reference").fill("A1-104/0")
    line.get_by_label("Reason").fill("the lamp's old name")
    line.get_by_role("button", name="Save and check").click()
    expect(ada.get_by_text("is saved and is being checked now.")).to_be_visible()
    work()
    order = story.order(number)

    page = sign_in("auditor")
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Type to search").press_sequentially(order.sage_invoice)
    page.locator("#command-results a", has_text=order.reference).click()

    expect(page.locator(".sb-band")).to_contain_text(f"{order.sage_order} · {order.sage_invoice}")
    correction = page.locator("#corrections").get_by_role("row", name="BEDLAMP")
    for told in ("A1-104/0", "ada", "the lamp's old name"):
        expect(correction).to_contain_text(told)
    expect(page.locator("#timeline")).to_contain_text("ada")
    assert clicked(page) == documented("U9")


def test_u10_the_day_proof_names_the_missing_order_and_one_click_reads_it(
    story: Story, sign_in: SignIn, work: Work
) -> None:
    day = story.now.date()
    story.buys("demo_1")
    story.turn()
    missing = story.buys("demo_3")  # the bridge does not read it
    task = Task.objects.create(kind=proving.PROVE, parameters=proving.parameters(story.shop, day, day))
    tasks.run(task.pk)  # as the clock asks for every day

    page = sign_in()
    page.get_by_role("link", name="Day proof").first.click()
    page.get_by_label("Day").fill(day.isoformat())
    page.keyboard.press("Enter")
    row = page.get_by_role("row", name=f"{missing} Orders")
    expect(row).to_contain_text("missing here")
    before = clicked(page)
    row.get_by_role("button", name="Read it").click()
    work()

    assert story.status(missing) == ["posted"]
    assert clicked(page) == before + 1 == documented("U10")

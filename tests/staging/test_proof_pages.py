"""The proof as people meet it: the page and its buttons, the tables, the mail, the command, the bank page."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from connectors.models import Shop
from connectors.types import ZERO
from staging import jobs, tasks
from staging.models import Task
from staging.proofs import task as proving
from tests.story import Staff, Story

DAY = date(2026, 11, 25)


def browse(staff: Staff, page: str = "staging_proof", **query: Any) -> str:
    answer = staff.browser.get(reverse(f"admin:{page}"), query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def the_day(story: Story) -> dict[str, Any]:
    return {"shop": story.shop.pk, "day": DAY.isoformat()}


def asks(staff: Staff, story: Story, first: date = DAY, last: date = DAY, **more: str) -> Task:
    """Press “Ask the shop and Sage”, and let a worker do it."""
    fields = {"shop": story.shop.pk, "first": first.isoformat(), "last": last.isoformat(), **more}
    assert staff.browser.post(reverse("admin:staging_proof_ask"), fields).status_code == 302
    task = Task.objects.get(kind=proving.PROVE, status=Task.Status.QUEUED)
    tasks.run(task.pk)
    task.refresh_from_db()
    return task


def test_the_page_says_that_shop_and_sage_agree(story: Story) -> None:
    staff = Staff()
    order = story.buys("demo_1")
    story.turn()
    story.turn()
    assert "This day was not proved yet" in browse(staff, **the_day(story))

    asks(staff, story)

    page = browse(staff, **the_day(story))
    assert "Shop and Sage agree" in page
    assert "0 missing, difference 0.00 EUR" in page
    assert f"{story.order(order).total:.2f}" in page
    assert "paypal" in page


def test_the_button_reads_what_the_proof_found_missing(story: Story) -> None:
    staff = Staff()
    order = story.buys("demo_1")
    asks(staff, story)
    page = browse(staff, **the_day(story))
    assert "missing here" in page
    assert "Read it" in page

    fields = {"shop": story.shop.pk, "order": order}
    assert staff.browser.post(reverse("admin:staging_proof_read"), fields).status_code == 302
    task = Task.objects.get(kind=proving.READ)
    assert tasks.run(task.pk) == [("validate", story.shop.pk)]
    task.refresh_from_db()
    assert "new or changed: 1" in task.message
    story.turn()
    story.turn()

    asks(staff, story)
    assert "Shop and Sage agree" in browse(staff, **the_day(story))


def test_an_operator_looks_and_asks_but_has_no_button_that_decides(story: Story) -> None:
    operator = Staff("operator")
    order = story.buys("demo_1")
    asks(operator, story)

    assert "missing here" in browse(operator, **the_day(story))
    assert reverse("admin:staging_proof_read") not in browse(operator, **the_day(story))
    fields = {"shop": story.shop.pk, "order": order}
    assert operator.browser.post(reverse("admin:staging_proof_read"), fields).status_code == 403


@pytest.mark.parametrize("page", ["staging_proof", "staging_bank"])
def test_who_may_not_see_orders_sees_no_proof(db: None, page: str) -> None:
    stranger = Client()
    stranger.force_login(User.objects.create_user("stranger", is_staff=True))

    assert stranger.get(reverse(f"admin:{page}")).status_code == 403
    assert stranger.post(reverse("admin:staging_proof_ask")).status_code == 403
    assert Client().get(reverse(f"admin:{page}")).status_code == 302


def test_previous_and_next_day_and_a_day_that_is_none(story: Story) -> None:
    staff = Staff()
    page = browse(staff, **the_day(story))
    assert "day=2026-11-24" in page
    assert "day=2026-11-26" in page
    assert "Enter a valid date" in browse(staff, shop=story.shop.pk, day="2026-11-31")


def test_without_a_shop_the_page_says_so(db: None) -> None:
    assert "No shop yet" in browse(Staff())
    assert "No shop yet" in browse(Staff("operator"), "staging_bank")


def test_a_failed_proof_says_why(story: Story) -> None:
    staff = Staff()
    story.sage.pause()

    assert asks(staff, story).status == Task.Status.FAILED

    page = browse(staff, **the_day(story))
    assert "This day was not proved yet" in page
    assert Task.objects.get(kind=proving.PROVE).message[:30] in page


# --- tables -----------------------------------------------------------------------------------------------------------


def test_the_tables_name_the_difference_and_its_amount(story: Story) -> None:
    staff = Staff()
    order = story.buys("demo_1")
    asks(staff, story)
    total = Decimal(story.presta.store.row("orders", order)["total_paid_tax_incl"])

    answer = staff.browser.get(reverse("admin:staging_proof_export", args=[story.shop.pk, DAY.isoformat(), "xlsx"]))
    table = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert table is not None
    rows = list(table.iter_rows(values_only=True))
    (row,) = [row for row in rows if row[1:4] == ("difference", "Orders", order)]
    assert (row[7], row[10], row[11]) == (float(total), -float(total), "missing here")

    answer = staff.browser.get(reverse("admin:staging_proof_export", args=[story.shop.pk, DAY.isoformat(), "csv"]))
    assert f",{-total:.2f},missing here," in answer.content.decode()
    unknown = reverse("admin:staging_proof_export", args=[story.shop.pk, DAY.isoformat(), "pdf"])
    assert staff.browser.get(unknown).status_code == 404


# --- the clock and the mail -------------------------------------------------------------------------------------------


def test_each_shops_yesterday_is_proved_in_its_morning_and_mailed(
    story: Story, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PROOF_RECIPIENTS = ["books@example.com"]
    story.buys("demo_1")
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 26, 4, 59, tzinfo=UTC))  # 5:59 in Paris
    assert proving.due() == []
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 26, 5, 0, tzinfo=UTC))
    jobs.tick_proofs()
    jobs.tick_proofs()

    (task,) = Task.objects.filter(kind=proving.PROVE)
    tasks.run(task.pk)

    (letter,) = mail.outbox
    assert letter.to == ["books@example.com"]
    assert "2 differences" in letter.subject  # the order and its payment
    assert "missing here" in letter.body
    assert "Press “Read it”" in letter.body
    assert letter.attachments[0][0] == f"proof-{story.shop.pk}-2026-11-25.xlsx"
    jobs.tick_proofs()
    assert Task.objects.filter(kind=proving.PROVE).count() == 1


def test_a_daily_proof_that_failed_is_asked_for_again_but_not_for_ever(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 26, 7, 0, tzinfo=UTC))
    story.sage.pause()
    for _ in range(proving.TRIES + 3):
        jobs.tick_proofs()
        for task in Task.objects.filter(status=Task.Status.QUEUED):
            tasks.run(task.pk)

    assert Task.objects.filter(kind=proving.PROVE, status=Task.Status.FAILED).count() == proving.TRIES


def test_without_recipients_nothing_is_mailed(story: Story) -> None:
    task = Task.objects.create(kind=proving.PROVE, parameters=proving.parameters(story.shop, DAY, DAY, daily=True))
    tasks.run(task.pk)
    assert mail.outbox == []
    task.refresh_from_db()
    assert task.status == Task.Status.DONE


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_ends_with_1_when_something_differs(
    story: Story, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    call_command("prove", day=DAY)
    assert "Nothing differs." in capsys.readouterr().out

    story.buys("demo_1")
    with pytest.raises(SystemExit) as ended:
        call_command("prove", "--day", DAY.isoformat(), "--shop", "Web", "--csv", str(tmp_path / "day.csv"))

    assert ended.value.code == 1
    assert "missing here" in capsys.readouterr().out
    assert "missing here" in (tmp_path / "day.csv").read_text()


def test_the_command_ends_with_2_when_it_cannot_prove(story: Story) -> None:
    story.sage.pause()
    with pytest.raises(CommandError) as failed:
        call_command("prove", day=DAY)
    assert failed.value.returncode == 2
    with pytest.raises(CommandError, match="There is: Web"):
        call_command("prove", day=DAY, shop="Wob")


# --- the order's own page ---------------------------------------------------------------------------------------------


def test_the_orders_page_shows_shop_prediction_and_what_sage_holds_per_rate(story: Story) -> None:
    staff = Staff()
    number = story.buys("demo_1", "BOOK-55")
    story.turn()
    page = " ".join(staff.reads(story.order(number)).split())
    of_books = story.invoiced(number)["5.5"][1]
    assert page.count(f'<td class="sb-right sb-number">{of_books:.2f}</td>') == 3  # shop, predicted, in Sage

    posting = story.order(number).postings.get(kind="sale")
    assert posting.answer
    posting.answer["tax_by_rate"]["5.5"] = "0.99"
    posting.save()

    page = " ".join(staff.reads(story.order(number)).split())
    assert '<span class="sb-bad">✗ 0.99</span>' in page


# --- bank -------------------------------------------------------------------------------------------------------------


def test_the_bank_page_shows_payments_beside_receipts_over_days(story: Story) -> None:
    staff = Staff()
    story.buys("demo_1")
    story.passes(days=1)
    story.buys("demo_3", module="ps_wirepayment", state=2)
    paid = sum((Decimal(row["amount"]) for row in story.presta.rows("order_payments")[-2:]), ZERO)
    last = DAY + timedelta(days=1)
    span: dict[str, Any] = {"shop": story.shop.pk, "first": DAY.isoformat(), "last": last.isoformat()}
    assert "2 days were not proved yet" in browse(staff, "staging_bank", **span)

    asks(staff, story, DAY, last, page="bank")

    page = browse(staff, "staging_bank", **span)
    assert "paypal" in page
    assert "ps_wirepayment" in page
    assert f"{paid:.2f} EUR" in page
    assert "The shop and Sage were asked" in page
    assert "Ask again" in page
    answer = staff.browser.get(reverse("admin:staging_bank"), {**span, "as": "csv"})
    assert "2026-11-25,EUR,shop,paypal,1," in answer.content.decode()


def test_more_days_than_a_month_are_refused_with_words(story: Story) -> None:
    page = browse(Staff(), "staging_bank", shop=story.shop.pk, first="2026-01-01", last="2026-12-31")
    assert "Choose at most 31 days" in page


def test_a_stopped_shop_is_not_asked_by_the_clock(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 26, 7, 0, tzinfo=UTC))
    assert len(proving.due()) == 1
    Shop.objects.update(state=Shop.State.STOPPED)
    assert proving.due() == []

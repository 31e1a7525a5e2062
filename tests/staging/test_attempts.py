"""Each attempt at a document is kept with what was said to Sage and back, without secrets, and forgotten in time."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from connectors import http
from connectors.models import SageCompany, Shop
from connectors.ports import Sage
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.telling import worded
from staging import attempts, push
from staging.models import Attempt, Posting
from tests.staging.conftest import connect, live
from tests.staging.pushing import later, ready
from tests.staging.world import map_all

PASSWORD = "correct horse + staple"


@pytest.fixture
def shop(presta: PrestaShopSandbox, books: SageCompany, sage: Sage300Sandbox, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A mapped and live shop; Sage has a password that cannot be taken for anything else."""
    monkeypatch.setattr(http, "PAUSES", (0.0, 0.0))
    map_all(books)
    sage.set_user("WEBAPI", PASSWORD)
    SageCompany.objects.update(password=PASSWORD)
    return live(connect(presta, SageCompany.objects.get()))


def pushed() -> list[Attempt]:
    """Push what is due; all attempts that are kept, the first one first."""
    push.sweep(SageCompany.objects.get())
    return list(Attempt.objects.order_by("pk"))


def writes(attempt: Attempt) -> list[dict[str, Any]]:
    """What was sent to be written, and what came back."""
    return [each for each in attempt.exchanges if each["method"] != "GET"]


def test_a_sale_that_went_well_shows_the_look_the_order_and_sages_answer(shop: Shop, presta: PrestaShopSandbox) -> None:
    before = timezone.now()
    ready(presta, shop)

    (attempt,) = pushed()

    posting = Posting.objects.get()
    assert (attempt.posting, attempt.outcome) == (posting, "pushed")
    assert attempt.message == posting.events.latest("pk").message
    assert posting.document_number in attempt.message
    assert before < attempt.at < timezone.now()
    assert 0 < attempt.seconds < 30
    (write,) = writes(attempt)
    assert (write["method"], write["path"], write["status"], write["failed"]) == ("POST", "OE/OEOrders", 201, "")
    assert json.loads(write["request"])["OrderNumber"] == posting.reference
    assert json.loads(write["answer"])["OrderNumber"] == posting.reference
    looks = [each for each in attempt.exchanges if each["method"] == "GET"]
    assert any(posting.reference in each["path"] for each in looks)
    assert all(each["status"] and each["seconds"] >= 0 for each in attempt.exchanges)


def test_each_order_of_a_sweep_has_its_own_attempt(shop: Shop, presta: PrestaShopSandbox) -> None:
    orders = ready(presta, shop, 3)
    found = pushed()
    assert [attempt.posting.order for attempt in found] == orders
    for attempt in found:
        (write,) = writes(attempt)
        assert json.loads(write["request"])["OrderNumber"] == attempt.posting.reference


def test_what_sage_refuses_is_kept_with_its_words(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    ready(presta, shop)
    sage.trouble("in_use", verb="POST", resource="OEOrders", count=None)

    (attempt,) = pushed()

    assert attempt.outcome in ("ready", "refused")
    assert {each["status"] for each in writes(attempt)} == {409}
    assert "another program" in writes(attempt)[-1]["answer"]
    assert attempt.message


@pytest.mark.parametrize(("kind", "status"), [("lose_answer", 0), ("status", 500)])
def test_a_lost_answer_shows_what_was_sent_and_that_nothing_clear_came_back(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, kind: str, status: int
) -> None:
    ready(presta, shop)
    sage.trouble(kind, verb="POST", resource="OEOrders")

    (lost,) = pushed()

    posting = Posting.objects.get()
    assert (lost.outcome, posting.status) == ("pushing", "pushing")
    (write,) = writes(lost)
    assert write["status"] == status
    assert json.loads(write["request"])["OrderNumber"] == posting.reference
    assert bool(write["failed"]) == (status == 0)
    assert bool(write["answer"]) == (status == 500)
    assert "not known whether" in lost.message
    later()
    _lost, looked = pushed()
    assert looked.outcome == "pushed"
    assert bool(writes(looked)) == (status == 500)  # what was never made is made; what was made is found


def test_a_sage_that_is_away_is_an_attempt_too(shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    ready(presta, shop)
    sage.pause()

    (attempt,) = pushed()

    assert attempt.outcome == "ready"
    assert not writes(attempt)
    assert {each["status"] for each in attempt.exchanges} == {0}
    assert "cannot be reached" in worded(attempt.exchanges[-1]["failed"])
    assert "cannot be reached" in attempt.message


def test_a_bug_of_ours_leaves_its_attempt_and_says_what_comes_next(
    shop: Shop, presta: PrestaShopSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(presta, shop)

    def broken(sage: Sage, posting: Posting) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(push, "faults_now", broken)
    with pytest.raises(ZeroDivisionError):
        push.sweep(SageCompany.objects.get())
    attempt = Attempt.objects.get()
    assert attempt.outcome == "pushing"
    assert "looked up in Sage" in attempt.message
    assert attempt.exchanges


@pytest.mark.django_db(transaction=True)
def test_attempts_that_cannot_be_kept_stop_no_order(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = ready(presta, shop, 2)
    monkeypatch.setattr(attempts, "plain", lambda value: "\0")  # which PostgreSQL takes in no JSON
    assert pushed() == []
    assert len(sage.orders()) == len(orders)


# --- forgetting -------------------------------------------------------------------------------------------------------


def aged(attempt: Attempt, days: int) -> None:
    """As if it had been made so many days ago."""
    Attempt.objects.filter(pk=attempt.pk).update(at=timezone.now() - timedelta(days=days))


def test_attempts_go_after_their_days_once_sage_holds_the_document(
    shop: Shop, presta: PrestaShopSandbox, settings: Settings
) -> None:
    ready(presta, shop, 2)
    old, young = pushed()
    aged(old, 91)
    aged(young, 89)
    assert attempts.forget() == 1
    assert list(Attempt.objects.all()) == [young]
    settings.ATTEMPTS_KEPT_DAYS = 30
    assert attempts.forget() == 1


def test_what_sage_does_not_hold_yet_keeps_all_its_attempts(
    shop: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    ready(presta, shop)
    sage.trouble("lose_answer", verb="POST", resource="OEOrders")
    (lost,) = pushed()
    aged(lost, 400)
    assert attempts.forget() == 0
    later()
    pushed()
    assert attempts.forget() == 1  # the lost one; the one that found the order is new


def test_one_run_forgets_a_bounded_number(
    shop: Shop, presta: PrestaShopSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(presta, shop, 3)
    for attempt in pushed():
        aged(attempt, 100)
    monkeypatch.setattr(attempts, "AT_ONCE", 2)
    assert [attempts.forget(), attempts.forget(), attempts.forget()] == [2, 1, 0]

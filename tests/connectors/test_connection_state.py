"""Pause, stop, resume: safe from many workers, and never against an operator."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from connectors.models import LONGEST_PAUSE, SageCompany


@pytest.fixture
def company(db: None) -> SageCompany:
    """Any connection."""
    return SageCompany.objects.create(name="Books", url="http://x", org_id="A", user="U", password="P")


def same(row: SageCompany) -> SageCompany:
    """The same row as another worker has it."""
    return SageCompany.objects.get(pk=row.pk)


def over(row: SageCompany) -> None:
    SageCompany.objects.filter(pk=row.pk).update(retry_at=timezone.now() - timedelta(seconds=1))


def test_a_pause_keeps_everybody_away_until_it_is_over(company: SageCompany) -> None:
    assert company.usable()
    assert company.pause("away")
    assert not same(company).usable()
    over(company)
    assert same(company).usable()


def test_one_caller_is_the_probe(company: SageCompany) -> None:
    company.pause("away")
    over(company)
    assert [same(company).usable() for _ in range(5)] == [True, False, False, False, False]


def test_a_probe_that_had_nothing_to_ask_lets_the_next_one(company: SageCompany) -> None:
    company.pause("away")
    over(company)
    probe = same(company)
    assert probe.usable()
    probe.waive()
    assert same(company).usable()


def test_pauses_grow_to_a_limit_and_keep_their_beginning(company: SageCompany) -> None:
    waits = []
    for _ in range(12):
        over(company)
        company.refresh_from_db()
        company.pause("away")
        assert company.retry_at is not None
        waits.append(company.retry_at - timezone.now())
    assert waits[0] < timedelta(seconds=13)
    assert waits[3] > waits[0] * 4
    assert max(waits) <= LONGEST_PAUSE * 1.2
    assert company.failures == 12


def test_the_other_sides_own_wish_is_honoured(company: SageCompany) -> None:
    wish = timezone.now() + timedelta(minutes=30)
    company.pause("busy", wish)
    assert company.retry_at == wish


def test_ten_workers_that_fail_together_count_once(company: SageCompany) -> None:
    workers = [same(company) for _ in range(10)]
    assert [worker.pause("away") for worker in workers].count(True) == 1
    assert same(company).failures == 1


def test_a_stop_is_for_an_operator_and_told_once(company: SageCompany) -> None:
    other = same(company)
    assert company.stop("wrong password")
    assert not other.stop("wrong password")
    assert not other.usable()
    assert not other.pause("away")
    assert same(company).state == "stopped"


def test_a_worker_that_saw_a_pause_does_not_take_back_a_stop(company: SageCompany) -> None:
    company.pause("away")
    over(company)
    worker = same(company)
    assert worker.usable()
    same(company).stop("the operator says so")
    assert not worker.resume()
    assert not worker.pause("away")
    assert same(company).state == "stopped"


def test_an_operator_resumes_a_stop(company: SageCompany) -> None:
    company.stop("wrong password")
    assert same(company).resume()
    fresh = same(company)
    assert (fresh.state, fresh.state_reason, fresh.failures) == ("active", "", 0)
    assert fresh.usable()

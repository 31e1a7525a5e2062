"""Two people and a worker at one order at once: what was accepted is kept, what was refused is not done.

The people are over HTTP, the worker is a process that does what their saves ring, as in production.
"""

from __future__ import annotations

import html
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from html.parser import HTMLParser
from typing import Any

import django_rq
import pytest
import requests
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from django.urls import reverse
from pytest_django.live_server_helper import LiveServer

from staging import jobs
from staging.models import Event, StagedOrder
from syncbridge.models import AuditEntry, AuditValue
from tests.staging.back_office import person
from tests.story import Story, opened

PLACES = {"deliver_to": ("city", "phone"), "order": ("note",)}
SAVES = 6
"""How often each person presses a button in one round."""

AT_MOST = 20
"""Rounds until two people met at least once."""

PATIENCE = 300.0
"""Seconds that a worker may take for one order on a slow machine."""


@pytest.fixture
def story(transactional_db: None, bells: None) -> Iterator[Story]:
    """A shop, a company in Sage, and a bridge that is live."""
    with opened() as told:
        yield told


@pytest.fixture
def worker(story: Story, environment: Callable[..., dict[str, str]]) -> Iterator[None]:
    """A process that does what is rung."""
    command = [sys.executable, "manage.py", "rqworker", "orders", "--verbosity", "0"]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment())
    yield
    process.terminate()
    assert process.wait(PATIENCE) == 0


@dataclass
class Told:
    """What the page answered to each save: accepted, a conflict page, or refused because of the order's status."""

    accepted: list[tuple[str, str, str]] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class Accountant:
    """Somebody at a browser of their own, with a session and the pages' own forms."""

    def __init__(self, server: LiveServer, name: str) -> None:
        self.name, self.told, self.server = name, Told(), server
        client = person("accountant", name)
        self.user = User.objects.get(username=name)
        self.http = requests.Session()
        self.http.cookies.set("sessionid", client.cookies["sessionid"].value)

    def works(self, order: StagedOrder, dice: random.Random) -> None:
        """Open the page, change something, save; now and then have it checked instead."""
        for n in range(SAVES):
            page = self.opens(order)
            if dice.random() < 0.25:
                self._presses(order, page)
                continue
            if n == 2 and "BEDLAMP" in page:
                self.repairs(page)
                continue
            place = dice.choice([*PLACES])
            self._saves(page, place, dice.choice(PLACES[place]), f"{self.name} {order.order_id} {n}")

    def repairs(self, page: str) -> None:
        """Replace the item that Sage does not know."""
        for place in [place for place in _Forms(page).places if place.startswith("line ")]:
            self._saves(page, place, "reference", "A1-104/0")

    def opens(self, order: StagedOrder) -> str:
        """The order's page."""
        url = self.server.url + reverse("admin:staging_stagedorder_change", args=[order.pk])
        answer = self.http.get(url, timeout=60)
        assert answer.status_code == 200
        return answer.text

    def _presses(self, order: StagedOrder, page: str) -> None:
        action = reverse("admin:staging_stagedorder_act", args=[order.pk, "check"])
        if (fields := _Forms(page).of(action)) is not None:
            assert self.http.post(self.server.url + action, fields, timeout=60).status_code in (200, 409)

    def _saves(self, page: str, place: str, name: str, value: str) -> None:
        forms = _Forms(page)
        if place not in forms.places:
            return  # the order is on its way: nothing may be corrected
        action, fields = forms.places[place]
        answer = self.http.post(self.server.url + action, fields | {name: value}, timeout=60)
        text = html.unescape(answer.text)
        if answer.status_code == 409:
            assert value in text, "what was typed is gone"
            self.told.conflicts.append(value)
        elif "Nothing was done" in text or "you changed nothing" in text:
            self.told.refused.append(value)
        else:
            assert answer.status_code == 200, answer.status_code
            assert "is saved and" in text
            self.told.accepted.append((place, name, value))


class _Forms(HTMLParser):
    """The forms of an order's page with all that a browser would send of them, by address and by place."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, str, dict[str, str]]] = []
        self._outside: list[tuple[str, str, str]] = []
        self._open: tuple[str, str] | None = None
        self.feed(page)
        by_id = {form: fields for form, _action, fields in self.forms if form}
        for form, name, value in self._outside:
            by_id[form][name] = value
        correcting = [each for each in self.forms if "place" in each[2] and "withdraw" not in each[2]]
        self.places = {fields["place"]: (action, fields) for _form, action, fields in correcting}

    def of(self, action: str) -> dict[str, str] | None:
        """The fields of the form with this address."""
        return next((fields for _form, address, fields in self.forms if address == action), None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Inputs stand within their form, or name it."""
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((said.get("id", ""), said.get("action", ""), {}))
        elif tag in ("input", "textarea") and "name" in said:
            if tag == "textarea":
                self._open = (said.get("form", ""), said["name"])
            self._put(said.get("form", ""), said["name"], said.get("value", ""))

    def handle_data(self, data: str) -> None:
        """A textarea's value is its text; its first line break belongs to the tag."""
        if self._open is not None:
            self._put(*self._open, data.removeprefix("\r\n").removeprefix("\n"))

    def handle_endtag(self, tag: str) -> None:
        """The textarea ends."""
        self._open = None if tag == "textarea" else self._open

    def _put(self, form: str, name: str, value: str) -> None:
        if form:
            self._outside.append((form, name, value))
        elif self.forms:
            self.forms[-1][2][name] = value


def at_once(*works: Callable[[], Any]) -> None:
    """Each in a thread of its own, with its own connection to the database."""
    errors: list[BaseException] = []

    def run(work: Callable[[], Any]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def a_round(story: Story, people: list[Accountant], dice: random.Random) -> StagedOrder:
    """One order, held for its item, at which everybody works while the bridge goes on; then it is let go."""
    number = story.buys("BEDLAMP")
    until(story, lambda: StagedOrder.objects.filter(order_id=number, status="invalid").exists(), "fetch")
    order = story.order(number)
    at_once(*(partial(who.works, order, random.Random(dice.random())) for who in people))
    return order


def let_go(story: Story, order: StagedOrder, who: Accountant) -> None:
    """Whatever the round left: the item is repaired, and the order goes on its way."""

    def posted() -> bool:
        if story.status(order.order_id) == ["invalid"] and "BEDLAMP" in (page := who.opens(order)):
            who.repairs(page)
        return story.status(order.order_id) == ["posted"]

    until(story, posted, "validate", "push")


def until(story: Story, done: Callable[[], bool], *steps: str) -> None:
    """Ring as the clock does, and wait for the worker."""
    at_last, lane = time.monotonic() + PATIENCE, django_rq.get_queue("orders")
    while not done():
        assert time.monotonic() < at_last, list(StagedOrder.objects.values("status", "issues__code"))
        if not lane.count:
            for step in steps:
                jobs.ring(step, (story.company if step == "push" else story.shop).pk)
        time.sleep(0.2)


def nothing_is_lost(story: Story, order: StagedOrder, people: list[Accountant]) -> None:
    """Diary, audit and corrections tell of exactly what was accepted, and Sage holds that."""
    events = list(Event.objects.filter(order=order, details__has_key="after", user__isnull=False).order_by("pk"))
    kept = {
        (event.user_id, event.details["place"], name, value)
        for event in events
        for name, value in event.details["after"].items()
    }
    accepted = {(who.user.pk, *save) for who in people for save in who.told.accepted}
    assert kept == accepted
    counts: dict[tuple[str, str], Any] = {}
    for event in events:
        counts |= {(event.details["place"], name): value for name, value in event.details["after"].items()}
    assert {(one.place, one.field): one.value for one in order.corrections.all()} == counts
    entries = AuditEntry.objects.filter(object_id=str(order.pk), content_type__model="stagedorder")
    told = AuditValue.objects.filter(entry__in=entries).exclude(after=None).exclude(field="what")
    audited = [(one.entry.user_id, one.field, one.after) for one in told.select_related("entry").order_by("entry_id")]
    assert audited == [(event.user_id, event.details["place"], event.details["after"]) for event in events]
    refused = {value for who in people for value in (*who.told.conflicts, *who.told.refused)} - {"A1-104/0"}
    assert not refused & {value for *_place, value in kept}
    documents = [row for row in story.sage.orders() if row["OrderNumber"] == f"PS_{order.order_id}"]
    (document,) = documents
    if ("deliver_to", "city") in counts:
        assert document["ShipToCity"] == counts[("deliver_to", "city")]
    if ("deliver_to", "phone") in counts:
        assert document["ShipToPhoneNumber"] == counts[("deliver_to", "phone")]


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("rounds", [2, pytest.param(25, marks=pytest.mark.proof)])
def test_two_people_and_a_worker_lose_nothing(story: Story, live_server: LiveServer, rounds: int) -> None:
    people = [Accountant(live_server, "ada"), Accountant(live_server, "bob")]
    dice, done, conflicts = random.Random(7), 0, 0
    while done < rounds or (not conflicts and done < AT_MOST):
        for who in people:
            who.told = Told()
        order = a_round(story, people, dice)
        let_go(story, order, people[0])
        nothing_is_lost(story, order, people)
        conflicts += sum(len(who.told.conflicts) for who in people)
        done += 1
    assert conflicts, "they never met: this proves nothing"

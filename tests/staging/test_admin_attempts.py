"""The attempts at a document as people see them: on the order's page and on the document's own."""

from __future__ import annotations

import re

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from staging.admin.order_documents import pretty
from staging.models import Attempt, Posting, StagedOrder
from tests.staging.back_office import page, person
from tests.staging.pushing import later
from tests.story import Story


def documents(client: Client, row: StagedOrder) -> str:
    """The order's documents, as text without marks."""
    text = client.get(page(row), {"tab": "documents"}).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text[text.index('id="documents"') :]))


def test_each_attempt_shows_when_how_long_with_what_status_and_how_it_ended(story: Story) -> None:
    number = story.buys("demo_1")
    story.sage.trouble("status", status=500, verb="POST", resource="OEOrders")
    story.turn()
    row, client = story.order(number), person()

    text = documents(client, row)
    assert re.search(r"\d\d:\d\d:\d\d CET · 0\.\d\d s · HTTP 500 · … .*It is not known whether", text)
    assert "looked up again: " in text
    assert "POST OE/OEOrders · HTTP 500" in text
    assert "&quot;OrderNumber&quot;: &quot;PS_" in text

    later()
    story.turn()
    text = documents(client, row)
    good, lost = text.index("HTTP 201 · ✓ In Sage as"), text.index("HTTP 500 · …")
    assert good < lost  # the newest first
    assert "looked up again" not in text
    assert "next try:" not in text


def test_an_answer_that_never_came_is_said_in_words_beside_what_was_sent(story: Story) -> None:
    number = story.buys("demo_1")
    story.sage.trouble("lose_answer", verb="POST", resource="OEOrders")
    story.turn()
    text = documents(person(), story.order(number))
    assert "POST OE/OEOrders · no answer ·" in text
    assert "the connection broke off" in text


def test_what_is_due_again_says_when(story: Story) -> None:
    number = story.buys("demo_1")
    story.sage.pause()
    story.turn()
    text = documents(person(), story.order(number))
    assert "next try: " in text
    assert "no answer · … " in text


def test_a_documents_own_page_shows_its_attempts(story: Story) -> None:
    story.buys("demo_1")
    story.turn()
    address = reverse("admin:staging_posting_change", args=[Posting.objects.get(kind="sale").pk])
    text = person("operator").get(address).content.decode()
    assert "HTTP 201" in text
    assert "POST OE/OEOrders" in text


def test_only_who_may_see_the_shops_words_sees_what_was_said_to_sage(story: Story) -> None:
    number = story.buys("demo_1")
    story.turn()
    user = User.objects.create_user("half", is_staff=True)
    names = ["view_stagedorder", "view_posting"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    address = reverse("admin:staging_posting_change", args=[Posting.objects.get(kind="sale").pk])
    assert "POST OE/OEOrders" not in documents(client, story.order(number))
    assert "POST OE/OEOrders" not in client.get(address).content.decode()
    user.user_permissions.add(Permission.objects.get(codename="view_rawrecord"))
    assert "POST OE/OEOrders" in documents(client, story.order(number))


def test_what_sage_says_is_text_and_nothing_else(story: Story) -> None:
    number = story.buys("demo_1")
    story.turn()
    said = {"method": "POST", "path": "<b>", "status": 500, "failed": "", "seconds": 1.5, "request": "<script>"}
    Attempt.objects.update(exchanges=[said | {"answer": '{"a": "<script>alert(1)</script>"}'}])
    text = person().get(page(story.order(number)), {"tab": "documents"}).content.decode()
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_a_body_is_laid_out_with_every_digit_as_it_was_sent() -> None:
    assert pretty('{"Total":12.10,"Rate":0.000001,"Big":1.10e3,"N":null}') == (
        '{\n "Total": 12.10,\n "Rate": 0.000001,\n "Big": 1.10e3,\n "N": null\n}'
    )
    assert pretty("<html>busy</html>") == "<html>busy</html>"
    assert pretty('{"cut": "in the mid…') == '{"cut": "in the mid…'

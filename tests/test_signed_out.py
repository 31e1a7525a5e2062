"""A session that ends while a page is open: whoever works on is told, and comes back to the page."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

ORDER = "/admin/staging/stagedorder/1/change/?tab=notes"
NOTE = reverse("admin:staging_stagedorder_desk", args=[1, "note"])
SIGN_IN = reverse("admin:login")

pytestmark = pytest.mark.django_db


def test_after_a_form_one_comes_back_to_its_page_and_reads_that_nothing_was_done() -> None:
    User.objects.create_superuser("ada", password="a long enough one")
    browser = Client(headers={"referer": f"http://testserver{ORDER}"})
    sent = browser.post(NOTE, {"text": "called the buyer"})
    assert sent.headers["Location"] == f"{SIGN_IN}?next=/admin/staging/stagedorder/1/change/%3Ftab%3Dnotes"
    signed_in = browser.post(sent.headers["Location"], {"username": "ada", "password": "a long enough one"})
    assert signed_in.headers["Location"] == ORDER
    assert "Nothing was done: you had been signed out." in browser.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("told", ["", "https://elsewhere.example/admin/", "nonsense"])
def test_a_page_of_others_is_not_gone_back_to(told: str) -> None:
    sent = Client(headers={"referer": told}).post(NOTE)
    assert sent.headers["Location"] == f"{SIGN_IN}?next=/admin/"


def test_a_page_that_follows_by_itself_loads_anew_instead_of_vanishing() -> None:
    answer = Client(headers={"hx-request": "true"}).get(reverse("admin:index"))
    assert (answer.status_code, answer.headers["HX-Refresh"], answer.content) == (200, "true", b"")


def test_signing_in_and_out_is_left_alone() -> None:
    browser = Client()
    assert browser.get(reverse("admin:index")).headers["Location"] == f"{SIGN_IN}?next=/admin/"
    assert browser.post(SIGN_IN, {"username": "x", "password": "y"}).status_code == 200
    browser.force_login(User.objects.create_superuser("ada"))
    browser.post(reverse("admin:logout"))
    assert "you had been signed out" not in browser.get(SIGN_IN).content.decode()


def test_a_form_from_before_the_last_sign_in_says_so() -> None:
    answer = Client(enforce_csrf_checks=True).post(NOTE)
    assert answer.status_code == 403
    assert "This page is too old" in answer.content.decode()

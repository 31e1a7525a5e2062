"""A time without its zone is an hour lost somewhere: no list and no page of the back-office shows one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from staging.models import Posting, RawRecord, Task
from syncbridge.models import Alarm, AuditEntry, Notice
from tests.browser.pages import furnish
from tests.story import Story, opened

TIME = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b|\b\d{1,2}(?::\d{2})? [ap]\.m\.")
ZONED = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})? (?:[A-Z]{2,5}\b|[+-]\d{2})")


@pytest.fixture
def story(transactional_db: None, bells: None) -> Iterator[Story]:
    """A back-office with something on each of its pages."""
    with opened() as told:
        furnish(told)
        Notice.objects.create(kind="digest", role="accountant", sent_at=told.now)
        User.objects.update(last_login=told.now)
        yield told


def addresses() -> Iterator[tuple[type[Model], str]]:
    """Every list that is registered, and the page of one of its rows."""
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        if model._meta.app_label == "django_rq":
            continue  # the library's own pages, for who looks into the queue
        yield model, reverse(f"{name}_changelist")
        if row := model._default_manager.order_by("-pk").first():
            yield model, reverse(f"{name}_change", args=[row.pk])


def shown(client: Client, address: str) -> str:
    """What the page says, without what is quoted word for word."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    source = re.sub(r"(?s)<(script|style|pre)\b.*?</\1>", " ", answer.content.decode())
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", source).split()))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_time_is_told_with_its_zone(story: Story, language: str) -> None:
    client = Client(headers={"accept-language": language})
    client.force_login(User.objects.create_superuser("chief"))
    bare: dict[str, list[str]] = {}
    zones: dict[str, set[str]] = {}
    for model, address in addresses():
        text = shown(client, address)
        said = ZONED.findall(text)
        zones.setdefault(model.__name__, set()).update(one.rpartition(" ")[2] for one in said)
        if len(said) != len(found := TIME.findall(text)):
            bare[address] = [one for one in found if not re.search(rf"{re.escape(one)} (?:[A-Z]{{2,5}}\b|[+-])", text)]
    assert not bare
    of_shops, of_the_site = (Posting, RawRecord), (Task, Alarm, AuditEntry, Notice, User)
    assert all(zones[model.__name__] and zones[model.__name__] <= {"CET", "CEST"} for model in of_shops)  # by season
    assert {m.__name__: zones[m.__name__] for m in of_the_site} == {m.__name__: {"UTC"} for m in of_the_site}

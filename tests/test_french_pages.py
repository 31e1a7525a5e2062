"""The pages that stand without any order say nothing in English to who asks for French."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

ENGLISH = re.compile(
    r"(?i)(?<![\w/.-])(the|of|is|are|with|and|not|this|from|which|your|it|its|to|for|who|by|here|"
    r"order|orders|shop|shops|select|name|search|add|change|delete|save|view|company|reason|state|number)(?![\w/.-])"
)
"""Words that no French text has."""

LISTS = [
    "mappings_itemmapping", "mappings_itempart", "mappings_customerrule", "mappings_buyercode",
    "mappings_taxgroupmapping", "mappings_taxclassmapping", "mappings_paymentmapping", "mappings_vouchermapping",
    "mappings_carriermapping", "mappings_chargemapping", "mappings_locationmapping", "mappings_wordmapping",
    "mappings_takerule", "mappings_sagerecord", "connectors_shop", "connectors_sagecompany", "staging_stagedorder",
    "staging_posting", "staging_task", "staging_rawrecord", "staging_mark", "syncbridge_auditentry",
    "syncbridge_alarm", "syncbridge_notice", "syncbridge_threshold", "auth_user",
]  # fmt: skip
FORMS = [name for name in LISTS if name.startswith(("mappings", "connectors"))]
FORMS = [f"{name}_add" for name in FORMS if name not in ("mappings_buyercode", "mappings_sagerecord")]
OTHERS = ["index", "staging_stagedorder_causes", "staging_proof", "staging_bank", "staging_dry_run", "staging_resync"]
OTHERS += ["mappings_itemmapping_import", "mappings_itemmapping_export", "syncbridge_notice_add", "password_change"]


@pytest.fixture
def reader(db: None) -> Client:
    """Somebody who may see all, with a French browser."""
    client = Client(headers={"accept-language": "fr"})
    client.force_login(User.objects.create_superuser("chef"))
    return client


def visible(source: str) -> list[str]:
    """What a page shows: its texts, and the titles and labels of its parts; not the names of icons and columns."""
    source = re.sub(r"(?s)<(script|style|svg)\b.*?</\1>|<!--.*?-->", " ", source)
    source = re.sub(r'(?s)<span [^>]*aria-hidden="true"[^>]*>.*?<', "<", source)
    source = re.sub(r"(?s)<code>.*?</code>|p. ex. orders 42", " ", source)  # a table's columns; a resource of the shop
    named = re.findall(r'(?:title|placeholder|aria-label|alt)="([^"]*)"', source)
    return [unescape(" ".join(text.split())) for text in [*re.split(r"<[^>]+>", source), *named] if text.strip()]


@pytest.mark.parametrize("name", [*(f"{name}_changelist" for name in LISTS), *FORMS, *OTHERS])
def test_a_page_is_french_throughout(reader: Client, name: str) -> None:
    answer = reader.get(reverse(f"admin:{name}"))
    assert answer.status_code == 200
    assert [text for text in visible(answer.content.decode()) if ENGLISH.search(text)] == []


@pytest.mark.parametrize(("language", "said"), [("en", "There is no such page"), ("fr", "Cette page n'existe pas")])
def test_what_does_not_exist_is_told_with_the_way_back(reader: Client, language: str, said: str) -> None:
    answer = reader.get("/admin/nowhere/", headers={"accept-language": language})
    assert answer.status_code == 404
    assert said in unescape(answer.content.decode())
    assert reverse("admin:index") in answer.content.decode()


def test_what_a_role_does_not_allow_is_told_with_what_to_do(db: None) -> None:
    client = Client(headers={"accept-language": "fr"})
    client.force_login(User.objects.create_user("invité", is_staff=True))
    answer = client.get(reverse("admin:staging_bank"))
    assert answer.status_code == 403
    assert "Demandez à un administrateur le rôle qui le permet" in unescape(answer.content.decode())


def test_a_failure_is_told_in_the_readers_language(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("syncbridge.dashboard.start", fail)
    reader.raise_request_exception = False
    answer = reader.get(reverse("admin:index"))
    assert answer.status_code == 500
    assert "dites à votre administrateur" in unescape(answer.content.decode())


def test_the_door_is_french_too(db: None) -> None:
    answer = Client(headers={"accept-language": "fr"}).get(reverse("admin:login"))
    assert [text for text in visible(answer.content.decode()) if ENGLISH.search(text)] == []


def test_the_language_is_changed_from_the_menu_and_stays(reader: Client) -> None:
    start = reader.get(reverse("admin:index")).content.decode()
    assert f'action="{reverse("set_language")}"' in start
    reader.post(reverse("set_language"), {"language": "en", "next": reverse("admin:index")})
    assert '<html lang="en"' in reader.get(reverse("admin:index")).content.decode()

"""Each system check speaks when its setting is wrong and is silent when it is right."""

from datetime import timedelta

import pytest
from django.core.checks import CheckMessage
from pytest_django import Settings

from connectors import http
from syncbridge import checks


def ids(messages: list[CheckMessage]) -> list[str | None]:
    assert all(message.hint and message.hint.endswith((".", ").")) for message in messages)
    return [message.id for message in messages]


def test_the_settings_as_they_are_pass() -> None:
    assert (
        ids(checks.encryption_key(None) + checks.import_permission(None) + checks.lease_outlives_timeouts(None)) == []
    )


@pytest.mark.parametrize("salt", [[], [""], ["long enough, surely", "short"]])
def test_a_weak_encryption_key_is_an_error(salt: list[str], settings: Settings) -> None:
    settings.SALT_KEY = salt
    assert ids(checks.encryption_key(None)) == ["syncbridge.E001"]


def test_an_import_open_to_all_is_an_error(settings: Settings) -> None:
    settings.IMPORT_EXPORT_IMPORT_PERMISSION_CODE = None
    assert ids(checks.import_permission(None)) == ["syncbridge.E002"]


def test_a_lease_shorter_than_find_and_place_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "PUSH_LEASE", timedelta(seconds=http.WORST_GET + http.WORST_SEND))
    assert ids(checks.lease_outlives_timeouts(None)) == ["syncbridge.E003"]


def test_embedded_servers_in_production_are_a_warning(settings: Settings) -> None:
    settings.EVALUATION = True
    assert ids(checks.own_servers(None)) == ["syncbridge.W001"]


def test_mails_that_go_nowhere_are_a_warning(settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.PUBLIC_URL = "django.core.mail.backends.console.EmailBackend", ""
    assert ids(checks.mails_leave(None)) == []  # an evaluation mails nobody
    settings.EVALUATION = False
    assert ids(checks.mails_leave(None)) == ["syncbridge.W003"] * 2
    settings.EMAIL_BACKEND, settings.PUBLIC_URL = "x.smtp.EmailBackend", "https://sync.example.com"
    assert ids(checks.mails_leave(None)) == []

"""What every test stands on: its own database (pytest-django) and its own Redis database, on the embedded servers.

Nothing here starts a server: the first connection does. The demo's data on the same servers is never touched.
"""

import os
from collections.abc import Callable, Iterator

import django_rq
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import TransactionTestCase
from django.utils import translation
from pytest_django import DjangoDbBlocker

from connectors import http
from syncbridge.apps import thresholds

# A commit of a test need not survive the machine's loss of power (libpq reads this for every connection).
os.environ.setdefault("PGOPTIONS", "-c synchronous_commit=off")


def pytest_configure() -> None:
    """Give each xdist worker a Redis database of its own; 0 is the demo's. Nobody waits where it proves nothing."""
    number = 1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    settings.REDIS_URL += f"{'&' if '?' in settings.REDIS_URL else '?'}db={number}"
    for lane in settings.RQ_QUEUES.values():
        lane["URL"] = settings.REDIS_URL
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a slow hash guards nothing here
    http.PAUSES = (0.0, 0.0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Nobody overlooks that the back-office was not tried in a browser."""
    skipped = [each for each in terminalreporter.stats.get("skipped", []) if "No Chromium found" in str(each.longrepr)]
    if skipped:
        text = f"{len(skipped)} browser tests were skipped: no Chromium found (Debian: apt-get install chromium)."
        terminalreporter.write_line(text, yellow=True, bold=True)


AUDIT = {"syncbridge_auditentry", "syncbridge_auditvalue"}
MIGRATED = {"django_migrations", "django_content_type", "auth_permission"}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """After a test that commits, what it filled is emptied, by TRUNCATE in the audit: here alone that is allowed."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in AUDIT:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER audit_whole")
    TransactionTestCase._fixture_teardown = empty  # type: ignore[attr-defined]


def empty(_case: TransactionTestCase) -> None:
    """Empty the tables that have rows: truncating all sixty, as Django does, takes longer than most of the tests."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    looks = [f"(SELECT '{table}' FROM \"{table}\" LIMIT 1)" for table in {*tables} - MIGRATED]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(looks))
        filled = {table for (table,) in cursor.fetchall()}
        if filled & AUDIT:
            cursor.execute(f"TRUNCATE {', '.join(AUDIT)}")
        for table in filled - AUDIT:
            cursor.execute(f'DELETE FROM "{table}"')
    thresholds("default")


@pytest.fixture(autouse=True)
def language() -> Iterator[None]:
    """A page asked for in French leaves its thread in French: the next test begins anew."""
    yield
    translation.deactivate()


@pytest.fixture
def bells() -> Iterator[None]:
    """Empty lanes before and after, for a test that rings or hears a bell."""
    redis = django_rq.get_connection("orders")
    redis.flushdb()
    yield
    redis.flushdb()


@pytest.fixture
def environment(transactional_db: None) -> Callable[..., dict[str, str]]:
    """Make the environment of a process (a worker, a command) that works on this test's database and lanes.

    Committed rows are what the other process sees, hence the transactional database.
    """

    def make(**more: str) -> dict[str, str]:
        database = connection.get_connection_params()
        host = f"host={database['host']}" if database.get("host") else ""
        settled = {
            "DJANGO_SETTINGS_MODULE": "syncbridge.settings",
            "DATABASE_URL": f"postgresql://{database['user']}@/{database['dbname']}?{host}",
            "REDIS_URL": settings.REDIS_URL,
            "VAR_DIR": str(settings.VAR_DIR),
            "SECRET_KEY": settings.SECRET_KEY,
            "SALT_KEY": ",".join(settings.SALT_KEY),
            "INSTALLATION_ID": settings.INSTALLATION_ID,
            "ALLOWED_HOSTS": ",".join(settings.ALLOWED_HOSTS),
            "HTTPS": "off",
        }
        return {**os.environ, **settled, **more}

    return make

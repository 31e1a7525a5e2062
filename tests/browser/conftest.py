"""A browser at the live back-office, a worker that does what was rung, and the people in front of it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import django_rq
import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer
from rq import SimpleWorker

from syncbridge.roles import ensure_roles
from tests.browser.clicks import COUNT
from tests.story import Story, opened

PASSWORD = "a long enough one"
PATIENCE = 60
"""Seconds that a page, or a bell, may take on a slow machine."""
expect.set_options(timeout=PATIENCE * 1000)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# Playwright runs a loop in this thread; the tests' own queries between its calls are as synchronous as ever.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium; the tests are skipped where there is none."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        pytest.skip("No Chromium found: install one (Debian: apt-get install chromium) to run the browser tests.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def story(transactional_db: None, bells: None) -> Iterator[Story]:
    """A shop, a company in Sage, and a bridge that is live."""
    with opened() as told:
        yield told


SignIn = Callable[..., Page]
Work = Callable[[], None]


@pytest.fixture
def sign_in(chromium: Browser, live_server: LiveServer, transactional_db: None) -> Iterator[SignIn]:
    """Make a person of a role and sign in as a person does; each has a browser window of their own.

    A script error on any page fails the test.
    """
    ensure_roles()
    windows: list[BrowserContext] = []
    errors: list[str] = []

    def enter(role: str = "accountant", name: str = "", **window: Any) -> Page:
        user = User.objects.create_user(name or role, password=PASSWORD, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        size: dict[str, Any] = {"viewport": {"width": 1366, "height": 900}, "locale": "en-GB"}
        context = chromium.new_context(base_url=live_server.url, **(size | window))
        context.set_default_timeout(PATIENCE * 1000)
        context.add_init_script(COUNT)
        windows.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto("/admin/")
        page.get_by_role("textbox").first.fill(user.username)
        page.locator("input[type=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("#start")).to_be_visible()
        return page

    yield enter
    for context in windows:
        context.close()
    assert not errors


@pytest.fixture
def work(bells: None) -> Work:
    """Let a worker do all that was rung, and what that rings; it waits for the bell of what was just pressed."""
    lane = django_rq.get_queue("orders")

    def burst() -> None:
        at_last = time.monotonic() + PATIENCE
        while not lane.count:
            assert time.monotonic() < at_last, "nothing was rung"
            time.sleep(0.05)
        SimpleWorker([lane], connection=lane.connection).work(burst=True, logging_level="ERROR")
        assert not lane.failed_job_registry.get_job_ids()

    return burst

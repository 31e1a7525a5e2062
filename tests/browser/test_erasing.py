"""An administrator finds what the audit keeps of a person and erases it, with a keyboard and in four steps."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

from staging.models import Event, StagedOrder
from syncbridge.models import AuditValue
from tests.browser.conftest import SignIn
from tests.browser.pages import furnish
from tests.browser.test_pages import look
from tests.story import Story

pytestmark = pytest.mark.browser


def test_a_person_is_erased_from_the_audit(story: Story, sign_in: SignIn) -> None:
    furnish(story)
    page = sign_in("administrator")
    order = StagedOrder.objects.filter(email__contains="@").earliest("pk")
    user = Event.objects.exclude(user=None).latest("pk").user
    Event.objects.create(order=order, user=user, message="Street corrected.")
    kept = AuditValue.objects.count()
    page.goto("/admin/syncbridge/auditentry/?person=" + order.email)
    page.locator("input.action-select").first.check()
    page.locator("select[name=action]").select_option("erase")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("heading", name="Erase personal values").last).to_be_visible()
    if where := os.environ.get("IMAGES"):
        page.screenshot(path=f"{where}/erase.png")
    assert list(look(page)) == []
    if where:
        page.screenshot(path=f"{where}/erase-dark.png")
    page.get_by_label("Reason").fill("request 7")
    page.get_by_label("Reason").press("Enter")
    expect(page.get_by_text("Personal values erased: 1").first).to_be_visible()
    assert AuditValue.objects.count() < kept
    if where:
        page.screenshot(path=f"{where}/erased.png", full_page=True)

"""What all lists share: an empty one says what that means and since when; icons are not read out."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.urls import reverse

from connectors.models import SageCompany, Shop
from staging.models import Issue, StagedOrder
from syncbridge.models import AuditEntry, Threshold
from syncbridge.thresholds import MEANINGS, threshold
from tests.staging.back_office import hold, order, orders_url, person

SET_UP = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
ROLES = {Group, User, Threshold}  # never empty


def said(client: Client, address: str) -> str:
    """The words of an empty list's own part of the page."""
    answer = client.get(address)
    assert answer.status_code == 200
    (part,) = re.findall(r'(?s)<section class="sb-page sb-card sb-empty">(.*?)</section>', answer.content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", part).split())


@pytest.fixture
def reader(db: None) -> Client:
    """Somebody who sees all; the bridge was set up at half past eight."""
    MigrationRecorder.Migration.objects.filter(pk=MigrationRecorder.Migration.objects.earliest("pk").pk).update(
        applied=SET_UP
    )
    client = Client()
    client.force_login(User.objects.create_superuser("chief"))
    return client


@pytest.fixture
def shop(db: None) -> Shop:
    """A shop that nobody asks anything."""
    company = SageCompany.objects.create(name="Books", url="http://x", org_id="X", user="X", password="X")
    return Shop.objects.create(name="Web", url="http://x", key="X", company=company)


def test_every_empty_list_says_what_that_means_and_none_offers_what_nobody_may(reader: Client) -> None:
    texts = {}
    for model, page in admin.site._registry.items():
        if model in ROLES or page.__class__.__name__ in ("MarkAdmin", "StepAdmin") or not hasattr(page, "nothing"):
            assert model._meta.app_label in ("auth", "staging", "django_rq", "syncbridge"), model
            continue
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        texts[model.__name__] = said(reader, reverse(name))
    assert {"AuditEntry", "Alarm", "Notice", "Task", "Posting", "RawRecord", "StagedOrder", "Shop"} <= texts.keys()
    assert not [text for text in texts.values() if "Nothing fits" in text or "Show all" in text or "%(" in text]
    for name in ("AuditEntry", "Alarm", "Task", "Posting", "RawRecord"):
        assert "since this bridge was set up on 2 Nov 2026 08:30 UTC." in texts[name], name


def test_where_filters_found_nothing_they_are_what_is_reset(reader: Client) -> None:
    for query in ("?q=nobody", "?kind=mappings.itemmapping"):
        text = said(reader, reverse("admin:syncbridge_auditentry_changelist") + query)
        assert text == "Nothing fits the search and the filters. Show all"


def test_an_empty_work_queue_says_since_when(reader: Client, shop: Shop) -> None:
    queue = orders_url(queue="needs-you")
    assert said(reader, queue).startswith(
        "No order is held. None was held since this bridge was set up on 2 Nov 2026 08:30 UTC."
    )
    hold(order(shop, "posted"))
    Issue.objects.update(closed_at=datetime(2026, 11, 24, 13, 5, tzinfo=UTC))
    StagedOrder.objects.update(first_cause="")
    assert said(reader, queue).startswith("No order is held. The last cause was settled on 24 Nov 2026 13:05 UTC.")
    assert said(reader, orders_url(queue="doubt")).startswith("Of every document that was sent it is known")
    assert said(reader, orders_url(queue="needs-you", has="me")).startswith("Nothing fits")


def test_no_icons_name_is_read_out(reader: Client, shop: Shop) -> None:
    pages: list[tuple[str, list[Any]]] = [
        ("index", []),
        ("mappings_itemmapping_add", []),
        ("staging_task_changelist", []),
    ]
    for name, arguments in [*pages, ("connectors_sagecompany_change", [shop.company_id])]:
        source = reader.get(reverse(f"admin:{name}", args=arguments)).content.decode()
        icons = re.findall(r"<(?:span|div|i)\b[^>]*material-symbols-outlined[^>]*>", source)
        assert len(icons) > 10
        assert not [icon for icon in icons if 'aria-hidden="true"' not in icon]


# --- thresholds -------------------------------------------------------------------------------------------------------

PAGE = "admin:syncbridge_threshold_changelist"


def sends(client: Client, **changed: str) -> Any:
    """The page as shown, with some values typed over, saved."""
    formset = client.get(reverse(PAGE)).context["cl"].formset
    data = {f"{formset.prefix}-{name}": value for name, value in formset.management_form.initial.items()}
    for form in formset:
        data[form.add_prefix("name")] = form.instance.pk
        data[form.add_prefix("value")] = changed.get(form.instance.pk, form["value"].value())
    return client.post(reverse(PAGE), data | {"_save": "Save"})


def test_all_thresholds_are_changed_on_one_page_and_each_change_is_audited(db: None) -> None:
    operator = person("operator")
    page = operator.get(reverse(PAGE)).content.decode()
    assert [row.name for row in operator.get(reverse(PAGE)).context["cl"].result_list] == Threshold.Name.values
    assert 'value="30"' in page
    assert "30.0" not in page
    assert 'aria-label="Due work is a backlog after (minutes)"' in page

    assert sends(operator, late="20", silence="2.5").status_code == 302

    assert (threshold("late"), threshold("silence"), threshold("backlog")) == (20, 2.5, 30)
    entries = AuditEntry.objects.order_by("pk").values_list("who", "object_id", "before", "after")
    assert list(entries) == [
        ("operator", "late", {"value": "10"}, {"value": "20"}),
        ("operator", "silence", {"value": "2"}, {"value": "2.5"}),
    ]
    assert "10 (changed)" in operator.get(reverse(PAGE)).content.decode()
    assert sends(operator, late="0").context["cl"].formset.errors


def test_a_threshold_is_reset_and_only_by_who_may_change_it(db: None) -> None:
    Threshold.objects.filter(pk="late").update(value=99)
    chosen = {"action": "reset", "_selected_action": ["late", "held"]}
    for role, value in (("accountant", 99), ("auditor", 99), ("operator", 10)):
        client = person(role)
        client.post(reverse(PAGE), chosen)
        assert threshold("late") == value, role
    page = person("auditor", "other").get(reverse(PAGE)).content.decode()
    assert "_save" not in page
    assert sends_as_auditor() == 403
    assert threshold("late") == MEANINGS["late"].default


def test_when_personal_values_go_is_not_changed_by_who_may_not_erase_them(db: None) -> None:
    for role, value in (("operator", 0), ("administrator", 365)):
        client = person(role)
        sends(client, personal="365", alone="8")
        assert (threshold("personal"), threshold("alone")) == (value, 8), role
    person("operator", "other").post(reverse(PAGE), {"action": "reset", "_selected_action": ["personal", "alone"]})
    assert (threshold("personal"), threshold("alone")) == (365, 0)


def sends_as_auditor() -> int:
    """What a forged form gets."""
    data = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-name": "late", "form-0-value": "1"}
    return int(person("auditor", "third").post(reverse(PAGE), data | {"_save": "Save"}).status_code)

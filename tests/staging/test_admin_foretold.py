"""Saving a mapping shows first what would come of it; the forecast is what then happens, and it can be taken back."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from mappings.models import CarrierMapping, ItemMapping, PaymentMapping
from staging import validate
from staging.models import StagedOrder, move
from tests.staging.back_office import person
from tests.staging.conftest import connect, live
from tests.staging.test_admin_order_page import corrects
from tests.staging.world import check, map_all

ADD = reverse("admin:mappings_itemmapping_add")


@pytest.fixture
def web(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    """Six orders of BEDLAMP are held: three for nothing else, two also for a way to pay, one is ready under a row."""
    map_all(books)
    PaymentMapping.objects.filter(module="*").update(module="paypal")
    for quantity, module in ((1, "paypal"), (2, "paypal"), (3, "paypal"), (4, "alma"), (5, "alma")):
        presta.add_order(lines=[{"reference": "BEDLAMP", "quantity": quantity}], module=module)
    shop = live(connect(presta, books))
    assert {row.status for row in check(shop)} == {"invalid"}
    return shop


def typed(shop: Shop, **changes: str) -> dict[str, str]:
    values = {"company": str(shop.company_id), "shop": "", "reference": "BEDLAMP", "code": "A1-104/0", "factor": "1"}
    return values | {"extra": "{}", "unit": "", "note": ""} | changes


def told(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(answer.content.decode())).split())


def seen(answer: Any) -> str:
    found = re.search(r'name="_seen" value="(\w+)"', answer.content.decode())
    assert found
    return found[1]


def release(client: Client, shop: Shop) -> str:
    """Add the row and confirm; the page that follows."""
    looked = client.post(ADD, typed(shop))
    followed = client.post(ADD, typed(shop) | {"_seen": seen(looked)}, follow=True)
    return followed.content.decode()


def test_nothing_is_saved_before_the_forecast_is_confirmed_and_it_comes_true(web: Shop) -> None:
    client = person("accountant")
    looked = client.post(ADD, typed(web))
    assert "Releases 5 orders: 3 pass, 2 are then held: Payment method unknown." in told(looked)
    assert re.search(r"✓ would go to Sage 3 .*✗ held: .*Payment.* 2 ", told(looked))
    assert not ItemMapping.objects.exists()

    saved = client.post(ADD, typed(web) | {"_seen": seen(looked)}, follow=True)
    assert "are being checked now" in told(saved)
    validate.sweep(web)
    assert sorted(StagedOrder.objects.values_list("status", flat=True)) == ["invalid"] * 2 + ["ready"] * 3


def test_what_moved_between_look_and_confirmation_is_shown_again(web: Shop) -> None:
    client = person("accountant")
    looked = client.post(ADD, typed(web))
    CarrierMapping.objects.all().delete()
    again = client.post(ADD, typed(web) | {"_seen": seen(looked)})
    assert "Something has changed since you looked" in told(again)
    assert "5 orders wait for this: none passes, 5 are then held: Carrier unknown, Payment method unknown." in told(
        again
    )
    assert not ItemMapping.objects.exists()
    other = client.post(ADD, typed(web, code="A1-103/0") | {"_seen": seen(again)})  # another row than the one seen
    assert "Something has changed" in told(other)
    client.post(ADD, typed(web) | {"_seen": seen(again)})
    assert ItemMapping.objects.get().code == "A1-104/0"


def test_a_row_that_concerns_no_order_is_saved_at_once(web: Shop) -> None:
    answer = person("accountant").post(ADD, typed(web, reference="NOBODY-BUYS-IT"))
    assert (answer.status_code, ItemMapping.objects.count()) == (302, 1)


def test_once_saved_one_is_back_where_the_repair_was_linked(web: Shop) -> None:
    client, causes = person("accountant"), reverse("admin:staging_stagedorder_causes")
    (link,) = set(re.findall(r'href="([^"]+reference=BEDLAMP[^"&]*&amp;[^"]*)"', client.get(causes).content.decode()))
    form = html.unescape(link)
    looked = client.post(form, typed(web))
    saved = client.post(form, typed(web) | {"_seen": seen(looked)})
    assert saved.headers["Location"] == causes
    away = client.post(f"{ADD}?back=https://elsewhere.example/", typed(web, reference="OTHER"))
    assert away.headers["Location"] == reverse("admin:mappings_itemmapping_changelist")


def test_undo_holds_the_orders_again_while_they_are_not_sent(web: Shop) -> None:
    client = person("accountant")
    saved = release(client, web)
    validate.sweep(web)
    assert StagedOrder.objects.filter(status="ready").count() == 3
    link = re.search(r"/admin/syncbridge/auditentry/undo/\w+/", saved)
    assert link
    assert "Take this change back" in told(client.get(link[0]))
    client.post(link[0], {"reason": "wrong lamp"})
    assert not ItemMapping.objects.exists()
    validate.sweep(web)
    assert set(StagedOrder.objects.values_list("status", flat=True)) == {"invalid"}


def sent(shop: Shop) -> None:
    """What is ready goes to Sage."""
    for row in StagedOrder.objects.filter(shop=shop, status="ready"):
        assert move(row, "posted", "done")


HOLDS = "go by this and are checked again: none passes, 3 are then held: Item unknown."


def test_deleting_a_row_tells_first_which_ready_orders_it_would_hold(web: Shop) -> None:
    release(person("accountant"), web)
    validate.sweep(web)
    client = person("administrator")
    url = reverse("admin:mappings_itemmapping_delete", args=[ItemMapping.objects.get().pk])
    looked = client.get(url)
    assert f"3 orders that are ready to be sent {HOLDS}" in told(looked)
    assert "No order was sent to Sage by this yet." in told(looked)
    assert re.search(r"✗ held: Item unknown 3 ", told(looked))
    assert "Look again, then confirm" not in told(client.post(url, {"post": "yes"}))
    assert ItemMapping.objects.exists()
    deleted = client.post(url, {"post": "yes", "_seen": seen(looked)}, follow=True)
    assert "1 row is deleted. Orders that went by it are being checked now. Undo" in told(deleted)
    validate.sweep(web)
    assert not StagedOrder.objects.filter(status="ready").exists()


def chosen(client: Client, **more: str) -> Any:
    rows = [str(pk) for pk in ItemMapping.objects.order_by("pk").values_list("pk", flat=True)]
    data = {"action": "delete_selected", "_selected_action": rows} | more
    return client.post(reverse("admin:mappings_itemmapping_changelist"), data, follow=True)


def test_deleting_many_tells_what_comes_of_all_of_them_and_can_be_undone(web: Shop) -> None:
    release(person("accountant"), web)
    ItemMapping.objects.create(company=web.company, reference="demo_11", code="A1-103/0")
    validate.sweep(web)
    client = person("administrator")
    looked = chosen(client)
    assert "Item mappings: delete these 2 rows?" in told(looked)
    assert f"3 orders that are ready to be sent {HOLDS}" in told(looked)

    ItemMapping.objects.filter(reference="demo_11").update(code="A1-104/0")  # somebody changes one meanwhile
    again = chosen(client, post="yes", _seen=seen(looked))
    assert "Something has changed since you looked" in told(again)
    assert ItemMapping.objects.count() == 2

    deleted = chosen(client, post="yes", _seen=seen(again))
    assert "2 rows are deleted. Orders that went by them are being checked now. Undo" in told(deleted)
    validate.sweep(web)
    assert not StagedOrder.objects.filter(status="ready").exists()
    link = re.search(r"/admin/syncbridge/auditentry/undo/\w+/", deleted.content.decode())
    assert link
    client.post(link[0], {"reason": "the wrong ones"})
    validate.sweep(web)
    assert StagedOrder.objects.filter(status="ready").count() == 3


def test_a_spreadsheet_tells_what_the_whole_file_would_release_and_can_be_undone(web: Shop) -> None:
    client = person("accountant")
    file = SimpleUploadedFile("rows.csv", b"reference,code\nBEDLAMP,A1-104/0\nNOBODY,A1-103/0\n")
    upload = {"import_file": file, "format": "0", "resource": ""}
    looked = client.post(reverse("admin:mappings_itemmapping_import"), upload)
    assert "Releases 5 orders: 3 pass, 2 are then held: Payment method unknown." in told(looked)
    assert not ItemMapping.objects.exists()
    form = looked.context["confirm_form"]
    fields = {name: form[name].value() for name in form.fields}
    done = client.post(reverse("admin:mappings_itemmapping_process_import"), fields, follow=True)
    assert ItemMapping.objects.count() == 2
    validate.sweep(web)
    assert StagedOrder.objects.filter(status="ready").count() == 3
    link = re.search(r"/admin/syncbridge/auditentry/undo/\w+/", done.content.decode())
    assert link
    client.post(link[0], {"reason": "the wrong file"})
    assert not ItemMapping.objects.exists()


def test_a_changed_row_tells_what_went_by_the_old_one(web: Shop) -> None:
    client = person("accountant")
    release(client, web)
    validate.sweep(web)
    url = reverse("admin:mappings_itemmapping_change", args=[ItemMapping.objects.get().pk])
    ready = client.post(url, typed(web, code="A1-103/0"))
    assert "3 orders that are ready to be sent go by this and are checked again: 3 pass. Show them" in told(ready)
    sent(web)
    looked = client.post(url, typed(web, code="A1-103/0"))
    assert "3 orders were sent to Sage by this as it was until now; they stay there as they are. Show them" in told(
        looked
    )
    (link,) = re.findall(r'href="([^"]*by=[^"]*)"', html.unescape(looked.content.decode()))
    assert client.get(link).context["cl"].result_count == 3
    assert client.get(link.replace("posted", "ready")).context["cl"].result_count == 0
    assert ItemMapping.objects.get().code == "A1-104/0"
    client.post(url, typed(web, code="A1-103/0") | {"_seen": seen(looked)})
    assert ItemMapping.objects.get().code == "A1-103/0"


def test_a_note_beside_a_row_changes_nothing_for_any_order(web: Shop) -> None:
    client = person("accountant")
    release(client, web)
    validate.sweep(web)
    sent(web)
    url = reverse("admin:mappings_itemmapping_change", args=[ItemMapping.objects.get().pk])
    StagedOrder.objects.filter(status="invalid").delete()
    assert client.post(url, typed(web, note="as agreed")).status_code == 302


def test_a_saved_correction_tells_at_once_all_that_still_holds_the_order(web: Shop) -> None:
    row = StagedOrder.objects.filter(module="alma").first()
    assert row is not None
    line = row.issues.get(code="item-unknown").place
    client = person("accountant")
    saved = corrects(client, row, line, reference="A1-104/0", reason="the lamp's old name")
    assert f"{row} is saved and checked. Held: Payment method unknown alma" in told(
        client.get(saved.headers["Location"])
    )

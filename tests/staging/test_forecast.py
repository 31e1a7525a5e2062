"""A forecast tells what the check then does, and leaves nothing behind."""

from __future__ import annotations

from collections import Counter

import pytest
from django.forms.models import model_to_dict

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from mappings.models import Change, ItemMapping, PaymentMapping, Revision, TakeRule
from staging import validate
from staging.forecast import foretell, supposing, waiting_for
from staging.models import Event, Issue, Posting, StagedOrder
from syncbridge.models import AuditEntry
from tests.staging.conftest import connect, live
from tests.staging.world import check, map_all

MUG = [{"reference": "demo_11", "quantity": 1}]
LAMP = [{"reference": "BEDLAMP", "quantity": 1}]


@pytest.fixture
def web(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    """The shop, live, with every mapping in place but that of BEDLAMP."""
    map_all(books)
    PaymentMapping.objects.filter(module="*").update(module="paypal")
    return live(connect(presta, books))


def everything() -> list[object]:
    """All that a forecast must not touch."""
    tables = (StagedOrder, Issue, Posting, Event, ItemMapping, PaymentMapping, Change, Revision, AuditEntry)
    return [list(table._default_manager.order_by("pk").values()) for table in tables]


def outcome(rows: list[StagedOrder]) -> Counter[tuple[str, str]]:
    return Counter((row.status, row.first_cause) for row in rows)


def held(web: Shop, presta: PrestaShopSandbox) -> ItemMapping:
    """Four orders wait for BEDLAMP, one of them also for a way to pay; and the row that would free the others."""
    for quantity in (1, 2, 3):  # not alike: they would be taken for duplicates
        presta.add_order(lines=[{"reference": "BEDLAMP", "quantity": quantity}], module="paypal")
    presta.add_order(lines=LAMP + MUG, module="alma", payment="Alma")
    presta.add_order(lines=MUG, module="paypal")
    assert Counter(row.status for row in check(web)) == {"invalid": 4, "ready": 1}
    return ItemMapping(company=web.company, reference="BEDLAMP", code="A1-104/0")


def test_a_row_that_is_only_supposed_frees_the_orders_it_then_frees(web: Shop, presta: PrestaShopSandbox) -> None:
    lamp = held(web, presta)
    before = everything()

    waiting = list(waiting_for(web, [lamp]).values_list("pk", flat=True))
    with supposing([lamp]):
        told = list(foretell(web, waiting))

    assert [each.order.pk for each in told] == waiting
    assert Counter((each.to, each.cause) for each in told) == {("ready", ""): 3, ("invalid", "payment-unknown"): 1}
    assert {len(each.documents) for each in told if each.to == "ready"} == {1}
    assert everything() == before
    assert lamp.pk is None

    lamp.save()
    validate.sweep(web)
    rows = StagedOrder.objects.filter(pk__in=waiting)
    assert outcome(list(rows)) == Counter((each.to, each.cause) for each in told)


def test_a_row_that_is_supposed_gone_or_changed(web: Shop, presta: PrestaShopSandbox) -> None:
    held(web, presta).save()
    validate.sweep(web)
    free = list(StagedOrder.objects.filter(status="ready").values_list("pk", flat=True))
    before = everything()
    lamp = ItemMapping.objects.get(reference="BEDLAMP")

    with supposing(gone=[lamp]):
        assert {each.cause for each in foretell(web, free)} == {"item-unknown", ""}
    lamp.code = "NO-SUCH-ITEM"
    with supposing([lamp]):
        assert {each.to for each in foretell(web, free)} == {"ready", "invalid"}

    assert everything() == before
    assert model_to_dict(ItemMapping.objects.get(reference="BEDLAMP"))["code"] == "A1-104/0"


def test_which_orders_wait_for_a_row(web: Shop, presta: PrestaShopSandbox) -> None:
    lamp = held(web, presta)
    alma = PaymentMapping(company=web.company, module="alma", code="DIGWAL")
    presta.add_order(lines=[{"reference": "demo_11", "quantity": 5}], module="ps_wirepayment", state=10)
    check(web)

    assert waiting_for(web, [lamp]).count() == 4
    assert waiting_for(web, [alma]).count() == 1
    assert waiting_for(web, [ItemMapping(company=web.company, reference="demo_11", code="X")]).count() == 0
    always = TakeRule(shop=web, field="payment", value="ps_wirepayment", take="always")
    PaymentMapping.objects.update(module="ps_wirepayment")
    (unpaid,) = waiting_for(web, [always])
    with supposing([always]):
        (told,) = foretell(web, [unpaid.pk])
    assert (unpaid.status, told.to) == ("waiting", "ready")

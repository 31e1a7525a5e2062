"""Which orders went by a mapping is known for every table: each order notes the rows that decided, and keeps them."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from mappings.models import (
    CarrierMapping,
    ChargeMapping,
    CustomerRule,
    ItemMapping,
    ItemPart,
    LocationMapping,
    Mapping,
    PaymentMapping,
    TakeRule,
    TaxClassMapping,
    TaxGroupMapping,
    VoucherMapping,
    WordMapping,
)
from staging import validate
from staging.admin.filters import TABLES
from staging.forecast import going_by
from staging.models import StagedOrder, move
from tests.staging.back_office import order, person
from tests.staging.conftest import connect, live
from tests.staging.test_vouchers import card
from tests.staging.world import check, map_all

PACK = "demo_21"


@pytest.fixture
def web(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    """A shop that is live, every word of it mapped."""
    map_all(books)
    return live(connect(presta, books))


def sold(web: Shop, presta: PrestaShopSandbox, **more: Any) -> StagedOrder:
    """A checked order of a pack in parts, an item under another name, and a gift card."""
    parts = (ItemPart(company=web.company, reference=PACK, code=code) for code in ("demo_11", "demo_6"))
    ItemPart.objects.bulk_create(parts)
    ItemMapping.objects.create(company=web.company, reference="BEDLAMP", code="A1-104/0")
    VoucherMapping.objects.create(company=web.company, name="Gift card*", code="CASH", bank="BNPEUR")
    WordMapping.objects.create(company=web.company, word_kind="country", value="FR", code="FR")
    TakeRule.objects.create(shop=web, field="payment", value="paypal", take="paid")
    lines = [{"reference": PACK, "quantity": 1}, {"reference": "BEDLAMP", "quantity": 1}]
    presta.add_order(**({"lines": lines, "module": "paypal", "vouchers": [card(presta, "Gift card 5", "5")]} | more))
    (row,) = check(web)
    assert row.status == "ready", list(row.issues.values())
    return row


def went_by(row: StagedOrder) -> dict[str, set[str]]:
    """By table, the rows that the order goes by."""
    found: dict[str, set[str]] = {}
    for table in TABLES.values():
        for each in table._default_manager.all():
            if going_by(StagedOrder.objects.filter(pk=row.pk), [each.noted_as]).exists():
                found.setdefault(table.__name__, set()).add(str(each).partition(" →")[0])
    return found


def test_an_order_notes_each_row_that_decided_and_no_other(web: Shop, presta: PrestaShopSandbox) -> None:
    found = went_by(sold(web, presta))
    assert found.pop("CarrierMapping")
    assert found.pop("TakeRule")
    assert found == {
        "ItemMapping": {"BEDLAMP"},
        "ItemPart": {PACK},
        "CustomerRule": {"every order *"},
        "TaxGroupMapping": {"* any buyer"},
        "TaxClassMapping": {"FRTVA 20.000 %"},
        "PaymentMapping": {"*"},
        "VoucherMapping": {"Gift card*"},
        "LocationMapping": {"every shop"},
        "WordMapping": {"country (ISO) FR"},
        "ChargeMapping": {"shipping"},
    }


def test_what_was_sent_stays_noted_whatever_is_mapped_later(web: Shop, presta: PrestaShopSandbox) -> None:
    row = sold(web, presta)
    before = went_by(row)
    row.postings.update(status="pushed", answer={}, document_number="ORD1")
    assert move(row, "posted", "done")
    LocationMapping.objects.all().delete()
    LocationMapping.objects.create(company=web.company, code="1")
    StagedOrder.objects.update(status="staged", lease_until=None)
    validate.sweep(web)
    row.refresh_from_db()
    assert row.status == "posted"
    after = went_by(row)
    assert after == {name: rows for name, rows in before.items() if name != "LocationMapping"}


CHANGES: list[tuple[type[Mapping], dict[str, Any]]] = [
    (CarrierMapping, {"name": "UPS"}),
    (TaxGroupMapping, {"country": "BE"}),
    (TaxClassMapping, {"tax_group": "FRTVA", "rate": Decimal("7.7")}),
    (CustomerRule, {"field": "currency", "value": "GBP"}),
    (LocationMapping, {}),
    (ChargeMapping, {"charge": "rounding"}),
    (PaymentMapping, {"module": "alma"}),
    (VoucherMapping, {"name": "Card*"}),
    (WordMapping, {"word_kind": "country", "value": "BE"}),
    (ItemPart, {"reference": "BOX"}),
]


@pytest.mark.parametrize(("table", "fields"), CHANGES, ids=lambda value: getattr(value, "__name__", ""))
def test_deleting_a_row_of_any_table_tells_what_was_sent_by_it(
    company: SageCompany, table: type[Mapping], fields: dict[str, Any]
) -> None:
    shop = Shop.objects.create(name="Web", url="http://127.0.0.1:1", key="X", company=company)
    row = table._default_manager.create(company=company, code="1", **fields)
    other = table._default_manager.create(company=company, shop=shop, code="1", **fields)
    row.refresh_from_db()
    for _ in range(2):
        order(shop, "posted", words=[row.noted_as, "item X"])
    order(shop, "posted", words=[other.noted_as])
    reader = person("administrator")
    answer = reader.get(reverse(f"admin:mappings_{table._meta.model_name}_delete", args=[row.pk]))
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())
    assert "2 orders were sent to Sage by this as it was until now; they stay there as they are. Show them" in text
    (link,) = re.findall(r'href="([^"]*by=[^"]*)"', html.unescape(answer.content.decode()))
    listed = reader.get(link)
    assert listed.context["cl"].result_count == 2
    assert f"<strong>{html.escape(str(row))}</strong>" in listed.content.decode()


def test_who_went_by_a_mapping_is_read_from_an_index(company: SageCompany) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = going_by(StagedOrder.objects.filter(status="posted"), ["carriermapping 1"]).explain()
    assert "order_words" in plan or "order_by_status" in plan, plan


@pytest.mark.parametrize("value", ["nonsense", "carriermapping x", "carriermapping 999", ",", "user 1"])
def test_a_list_by_no_mapping_is_empty_and_says_so(company: SageCompany, value: str) -> None:
    shop = Shop.objects.create(name="Web", url="http://127.0.0.1:1", key="X", company=company)
    order(shop, "posted", words=["carriermapping 1"])
    listed = person().get(reverse("admin:staging_stagedorder_changelist"), {"by": value})
    assert listed.context["cl"].result_count == 0
    assert "a deleted mapping" in listed.content.decode()

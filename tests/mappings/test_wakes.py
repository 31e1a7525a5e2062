"""Every change of a mapping raises the revision and names whom it concerns, in its own transaction; none is lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from connectors.models import SageCompany, Shop
from mappings.models import (
    ANY,
    DECIDED,
    SPOKEN,
    CarrierMapping,
    Change,
    ChargeMapping,
    CustomerRule,
    ItemMapping,
    LocationMapping,
    Mapping,
    PaymentMapping,
    TakeRule,
    TaxClassMapping,
    TaxGroupMapping,
    WordMapping,
    changed,
    revision,
)
from tests.mappings.conftest import woken

ROWS: list[tuple[type[Mapping], dict[str, Any], tuple[str, str]]] = [
    (ItemMapping, {"reference": "BEDLAMP"}, ("item", "BEDLAMP")),
    (CustomerRule, {"field": "any"}, ("customer", ANY)),
    (TaxGroupMapping, {"country": "BE"}, ("tax group", ANY)),
    (TaxClassMapping, {"rate": Decimal(20)}, ("tax class", ANY)),
    (PaymentMapping, {"module": "paypal"}, ("payment", "paypal")),
    (CarrierMapping, {"name": "UPS"}, ("carrier", ANY)),
    (LocationMapping, {}, ("location", ANY)),
    (WordMapping, {"word_kind": "country", "value": "FR"}, ("country", "FR")),
    (ChargeMapping, {"charge": "shipping"}, ("charge", "shipping")),
]


@pytest.mark.parametrize(("table", "fields", "value"), ROWS, ids=lambda value: getattr(value, "__name__", ""))
def test_adding_changing_and_deleting_wake(
    company: SageCompany, since: int, table: type[Mapping], fields: dict[str, Any], value: tuple[str, str]
) -> None:
    kind, word = value
    noted = {value} if kind in SPOKEN and word != ANY else {value, (DECIDED, kind)}
    row = table._default_manager.create(company=company, code="1", **fields)
    assert (revision(company.pk), woken(company, since)) == (since + 1, noted)
    row.code = "2"
    row.save()
    assert (revision(company.pk), woken(company, since + 1)) == (since + 2, noted)
    row.delete()
    assert (revision(company.pk), woken(company, since + 2)) == (since + 3, noted)


def test_the_value_a_row_had_before_is_woken_too(company: SageCompany, since: int) -> None:
    row = ItemMapping.objects.create(company=company, reference="BEDLAMP", code="A1-104/0")
    row.reference = "BEDLAMP2"
    row.save()
    assert woken(company, since + 1) == {("item", "BEDLAMP"), ("item", "BEDLAMP2")}
    word = WordMapping.objects.create(company=company, word_kind="country", value="FR", code="France")
    word.word_kind = "state"
    word.save()
    assert woken(company, since + 3) == {
        *(("country", "FR"), ("state", "FR")),
        *((DECIDED, "country"), (DECIDED, "state")),
    }


def test_a_row_moved_to_another_company_wakes_both(company: SageCompany, since: int) -> None:
    other = SageCompany.objects.create(name="Theirs", url="http://x.invalid", org_id="X", user="x", password="x")
    row = ItemMapping.objects.create(company=company, reference="BEDLAMP", code="A1-104/0")
    row.company = other
    row.save()
    assert woken(company, since + 1) == woken(other, 0) == {("item", "BEDLAMP")}


def test_take_rules_wake_the_old_value_and_the_new(company: SageCompany, shop: Shop, since: int) -> None:
    row = TakeRule.objects.create(shop=shop, field="payment", value="ps_checkpayment", take="always")
    assert woken(company, since) == {("rule", "ps_checkpayment"), (DECIDED, "rule")}
    row.value = "ps_wirepayment"
    row.save()
    assert woken(company, since + 1) == {
        *(("rule", "ps_checkpayment"), ("rule", "ps_wirepayment"), (DECIDED, "rule")),
    }
    row.delete()
    assert woken(company, since + 2) == {("rule", "ps_wirepayment"), (DECIDED, "rule")}


def test_what_is_rolled_back_wakes_nobody(company: SageCompany, since: int) -> None:
    with transaction.atomic():
        ItemMapping.objects.create(company=company, reference="BEDLAMP", code="A1-104/0")
        transaction.set_rollback(True)
    assert (revision(company.pk), woken(company, since)) == (since, set())


@pytest.mark.parametrize(("table", "fields", "value"), ROWS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_same_word_cannot_be_mapped_twice(
    company: SageCompany, shop: Shop, table: type[Mapping], fields: dict[str, Any], value: tuple[str, str]
) -> None:
    for where in (None, shop):
        table._default_manager.create(company=company, shop=where, code="1", **fields)
        with pytest.raises(IntegrityError), transaction.atomic():
            table._default_manager.create(company=company, shop=where, code="2", **fields)


# --- many at once -----------------------------------------------------------------------------------------------------


def _map_many(company_id: int, worker: int) -> list[int]:
    """Change mappings of one company; the revision each change saw at its own commit."""
    seen = []
    for number in range(15):
        with transaction.atomic():
            ItemMapping.objects.create(company_id=company_id, reference=f"R{worker}-{number}", code="A1-104/0")
            seen.append(revision(company_id))
    connection.close()
    return seen


@pytest.mark.django_db(transaction=True)
def test_threads_get_increasing_revisions_and_lose_no_change() -> None:
    company = SageCompany.objects.create(name="Books", url="http://x.invalid", org_id="X", user="x", password="x")
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda worker: _map_many(company.pk, worker), range(4)))
    assert all(mine == sorted(mine) for mine in seen)
    together = sorted(number for mine in seen for number in mine)
    assert together == list(range(1, 61))  # no revision was given twice and none is missing
    changes = {change.value: change.revision for change in Change.objects.filter(company=company)}
    assert len(changes) == len(set(changes.values())) == 60


@pytest.mark.django_db(transaction=True)
def test_a_revision_is_visible_only_with_all_that_came_before_it() -> None:
    """A reader that sees revision n sees every change up to n: nothing committed earlier may appear later."""
    company = SageCompany.objects.create(name="Books", url="http://x.invalid", org_id="X", user="x", password="x")

    def read(_turn: int) -> bool:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            number = revision(company.pk)
            whole = Change.objects.filter(company=company, revision__lte=number).count() == number
        connection.close()
        return whole

    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(_map_many, company.pk, worker) for worker in range(3)]
        whole = [pool.submit(read, turn).result() for turn in range(60)]
        for one in writing:
            one.result()
    assert all(whole)


PROCESS = """
import django; django.setup()
from mappings.models import ItemMapping
from connectors.models import SageCompany
company = SageCompany.objects.get()
for number in range(10):
    ItemMapping.objects.create(company=company, reference=f"{PREFIX}-{number}", code="A1-104/0")
"""


def test_processes_lose_no_change(environment: Callable[..., dict[str, str]]) -> None:
    company = SageCompany.objects.create(name="Books", url="http://x.invalid", org_id="X", user="x", password="x")
    running = [
        subprocess.Popen([sys.executable, "-c", f"PREFIX = {prefix!r}\n{PROCESS}"], env=environment())
        for prefix in ("P", "Q")
    ]
    assert [process.wait(300) for process in running] == [0, 0]
    assert revision(company.pk) == 20
    assert sorted(Change.objects.values_list("revision", flat=True)) == list(range(1, 21))


@pytest.mark.django_db(transaction=True)
def test_the_first_change_of_a_company_may_come_from_two_at_once() -> None:
    company = SageCompany.objects.create(name="Books", url="http://x.invalid", org_id="X", user="x", password="x")

    def first(worker: int) -> int:
        number = changed(company.pk, ("item", str(worker)))
        connection.close()
        return number

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(first, range(6))) == [1, 2, 3, 4, 5, 6]

"""Issues: opened, kept and closed as the faults come and go; each cause known, told and linked."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest
from django.conf import settings
from django.urls import reverse

from connectors.models import Shop
from staging.causes import CAUSES, Cause
from staging.issues import PUSH_CODES, Fault, first_cause, poisoned, settle
from staging.models import Issue, StagedOrder

PAGE = Path(settings.BASE_DIR) / "docs" / "issues.md"


@pytest.fixture
def order(shop: Shop) -> StagedOrder:
    return StagedOrder.objects.create(shop=shop, order_id=7, reference="ABC")


def opened(order: StagedOrder) -> list[tuple[str, str]]:
    return sorted(order.issues.filter(closed_at=None).values_list("code", "value"))


def test_faults_open_stay_and_close(order: StagedOrder) -> None:
    lamp, pay = Fault("item-unknown", "item", "BEDLAMP", "line 8"), Fault("payment-unknown", "payment", "bitcoin")
    settle(order, [lamp, pay])
    first = order.issues.get(code="item-unknown")

    settle(order, [Fault("item-unknown", "item", "BEDLAMP", "line 8", {"name": "Lamp"})])

    assert opened(order) == [("item-unknown", "BEDLAMP")]
    kept = order.issues.get(closed_at=None)
    assert (kept.pk, kept.opened_at, kept.values) == (first.pk, first.opened_at, {"name": "Lamp"})
    settle(order, [])
    assert opened(order) == []
    assert order.issues.count() == 2


def test_the_same_fault_twice_is_one_issue(order: StagedOrder) -> None:
    assert len(settle(order, [Fault("item-unknown", "item", "X", "line 1")] * 2)) == 1


def test_a_source_closes_only_its_own_codes(order: StagedOrder) -> None:
    settle(order, [Fault("refused", values={"answer": "no"})], source="push")
    left = settle(order, [Fault("item-unknown", "item", "X")])
    assert [issue.code for issue in left] == ["refused", "item-unknown"]
    settle(order, [], source="push")
    assert opened(order) == [("item-unknown", "X")]
    settle(order, [], source="both")
    assert opened(order) == []


def test_an_unknown_code_is_a_bug(order: StagedOrder) -> None:
    with pytest.raises(KeyError):
        settle(order, [Fault("no-such-code")])
    assert not order.issues.exists()


def test_the_most_important_cause_is_shown_first() -> None:
    assert first_cause(["text-too-long", "item-unknown", "possible-duplicate"]) == "possible-duplicate"
    assert first_cause([]) == ""


def test_a_bug_is_told_once_and_leaves_the_rest_alone(order: StagedOrder) -> None:
    settle(order, [Fault("item-unknown", "item", "X")])
    poisoned(order)
    poisoned(order)
    assert opened(order) == [("internal-error", ""), ("item-unknown", "X")]
    order.refresh_from_db()
    assert (order.first_cause, order.status) == ("internal-error", "staged")


@pytest.mark.parametrize("cause", CAUSES.values(), ids=lambda cause: cause.code)
def test_each_cause_says_what_is_wrong_what_to_do_and_where(cause: Cause, order: StagedOrder) -> None:
    names = {name for _text, name, _spec, _conversion in Formatter().parse(f"{cause.text}{cause.remedy}") if name}
    values = {name: f"<{name}>" for name in names | {"sage"}}
    issue = Issue(order=order, code=cause.code, kind="item", value="BED LAMP&", place="line 8", values=values)
    told = cause.tell(issue)
    assert told.endswith(str(cause.remedy).format_map({**values, "value": "BED LAMP&", "place": "line 8"}))
    assert "{" not in told
    assert str(cause.remedy).rstrip().endswith(".")
    assert cause.link(issue).startswith("/")
    assert Issue(order=order, code=cause.code).code in CAUSES
    assert "–" in cause.tell(Issue(order=order, code=cause.code)) or not names - {"value", "place"}


def test_the_link_fills_the_form_in(order: StagedOrder) -> None:
    issue = Issue(order=order, code="item-unknown", kind="item", value="BED LAMP&", place="line 8")
    add = reverse("admin:mappings_itemmapping_add")
    assert CAUSES["item-unknown"].link(issue) == f"{add}?company={order.shop.company_id}&reference=BED+LAMP%26"
    page = reverse("admin:staging_stagedorder_change", args=[order.pk])
    assert CAUSES["possible-duplicate"].link(issue) == page


def test_the_page_for_staff_has_a_paragraph_for_each_cause_and_no_other() -> None:
    text = PAGE.read_text()
    sections = dict(re.findall(r"^### `([a-z-]+)`[^\n]*\n(.+?)(?=^#|\Z)", text, re.M | re.S))
    assert set(sections) == set(CAUSES)
    for code, section in sections.items():
        assert "**What to do**" in section, code
    assert text.count("\n### ") == len(CAUSES)


def test_every_code_has_one_source() -> None:
    assert set(CAUSES) >= PUSH_CODES

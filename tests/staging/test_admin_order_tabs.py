"""The tabs of an order's page, and what is suggested for an item that nobody knows."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from connectors.models import SageCompany, Shop
from staging.models import StagedOrder
from tests.staging.back_office import hold, order, page, person, posting
from tests.staging.test_admin_order_page import corrects
from tests.story import Story


@pytest.fixture
def shop(company: SageCompany) -> Shop:
    """A shop that nobody asks."""
    return Shop.objects.create(name="Web", url="http://127.0.0.1:1", key="X", company=company)


TABS = ("order", "documents", "money", "happened", "notes", "raw")


def links(text: str) -> list[str]:
    """The addresses of the page's tabs."""
    return re.findall(r'<a id="tab-\w+" href="([^"]+)"', text)


def test_each_tab_is_a_link_that_works_without_scripts_and_says_where_one_is(lamp: StagedOrder) -> None:
    client = person()
    found = links(client.get(page(lamp)).content.decode())
    assert found == [page(lamp), *(f"{page(lamp)}?tab={name}" for name in TABS[1:])]
    places = ("lines", "documents", "payments", "timeline", "notes", "raws")
    for link, tab, place in zip(found, TABS, places, strict=True):
        text = client.get(link).content.decode()
        assert f'id="{place}"' in text
        assert [part for part in places if f'id="{part}"' in text] == (
            ["lines", "timeline"] if place == "lines" else [place]
        )
        (current,) = re.findall(r'<a id="tab-(\w+)"[^>]* aria-current="page"', text)
        assert current == tab
    assert 'id="lines"' in client.get(f"{page(lamp)}?tab=nonsense").content.decode()


def test_a_tab_tells_how_many_things_stand_behind_it(story: Story, lamp: StagedOrder) -> None:
    lamp.notes.create(text="called")
    twin = order(story.shop, "posted", reference=lamp.reference)
    text = person().get(page(lamp)).content.decode()
    told = dict(re.findall(r'<a id="tab-(\w+)"[^>]*>[^<]*<span class="sb-faint">(\d+)</span>', text))
    events = lamp.events.count()
    raws = len(lamp.raws)
    counts = {"documents": 0, "money": 1, "happened": events, "notes": 1, "raw": raws, "siblings": 1}
    assert told == {name: str(n) for name, n in counts.items()}
    client = person(name="other")
    assert str(twin.order_id) in client.get(page(lamp), {"tab": "siblings"}).content.decode()
    StagedOrder.objects.filter(pk=twin.pk).update(reference="ANOTHER")  # as a link from before may find it
    assert "No other order has this reference" in client.get(page(lamp), {"tab": "siblings"}).content.decode()


def test_htmx_is_given_the_tab_alone(lamp: StagedOrder) -> None:
    client = person()
    asked = {"HX-Request": "true", "HX-Target": "order-tab"}
    text = client.get(page(lamp), {"tab": "notes"}, headers=asked).content.decode()
    assert text.lstrip().startswith('<div id="order-tab"')
    assert "<html" not in text
    assert 'id="notes"' in text


@pytest.mark.parametrize("tab", TABS)
def test_a_tab_asks_for_what_it_shows_and_no_more(lamp: StagedOrder, tab: str) -> None:
    client = person()
    posting(lamp, "refused")
    client.get(page(lamp))
    with CaptureQueriesContext(connection) as captured:
        client.get(page(lamp), {"tab": tab})
    assert len(captured) <= (32 if tab == "order" else 17)
    asked = " ".join(query["sql"] for query in captured)
    for table, tabs in (("mappings_itemmapping", {"order"}), ("staging_attempt", {"documents"})):
        assert (f'FROM "{table}"' in asked) == (tab in tabs), table


def test_a_form_leads_back_to_the_tab_where_it_was_sent(lamp: StagedOrder) -> None:
    client, take = person(), reverse("admin:staging_stagedorder_desk", args=[lamp.pk, "take"])
    for tab, back in (("happened", "?tab=happened"), ("order", ""), ("nonsense&x=//evil.example", "")):
        answer = client.post(take, headers={"Referer": f"http://testserver{page(lamp)}?tab={tab}"})
        assert answer.headers["location"] == page(lamp) + back
    note = reverse("admin:staging_stagedorder_desk", args=[lamp.pk, "note"])
    assert client.post(note, {"text": "called"}).headers["location"] == f"{page(lamp)}?tab=notes"


def test_an_invoice_address_like_the_other_is_folded_until_something_is_the_matter_with_it(lamp: StagedOrder) -> None:
    client = person()
    assert client.get(page(lamp)).context["places"]["invoice_to"].same == "Ship to"
    assert "the same as “Ship to”" in client.get(page(lamp)).content.decode()
    hold(lamp, "text-too-long", "city", place="invoice_to")
    assert client.get(page(lamp)).context["places"]["invoice_to"].same == ""
    lamp.issues.filter(place="invoice_to").delete()
    corrects(client, lamp, "deliver_to", city="Lyon")
    assert client.get(page(lamp)).context["places"]["invoice_to"].same == ""


# --- suggestions ------------------------------------------------------------------------------------------------------


def test_an_unknown_item_is_suggested_what_another_orders_words_suggest(story: Story) -> None:
    french, english = story.buys("BEDLAMP", "demo_1", language=2), story.buys("BEDLAMP", language=1)
    story.turn()
    own = {number: story.issue(number).suggestions for number in (french, english)}
    assert (own[french], bool(own[english])) == ([], True)
    client = person()

    shown = client.get(page(story.order(french)))
    (cause,) = shown.context["causes"]
    assert "A1-104/0" in {one["code"] for one, _link in cause.suggestions}
    assert all("reference=BEDLAMP" in link for _one, link in cause.suggestions)
    assert shown.context["lines"][0].cause.suggestions == cause.suggestions
    assert story.issue(french).suggestions == []  # shown, not written

    for number, times in ((english, 1), (french, 2)):
        with CaptureQueriesContext(connection) as captured:
            client.get(page(story.order(number)))
        assert sum(query["sql"].startswith('SELECT "staging_issue"') for query in captured) == times


def test_suggestions_of_another_company_or_of_what_is_settled_are_not_lent(shop: Shop) -> None:
    bare, settled, elsewhere = order(shop), order(shop), order(_elsewhere())
    hold(bare)
    lent = [{"code": "A1-104/0", "label": "Bedside Lamp", "ground": "name", "values": {"score": 90}}]
    hold(settled, suggestions=lent, closed_at=timezone.now())
    hold(elsewhere, suggestions=lent)
    assert person().get(page(bare)).context["causes"][0].suggestions == []
    hold(order(shop), suggestions=lent)
    assert len(person(name="other").get(page(bare)).context["causes"][0].suggestions) == 1


def _elsewhere() -> Shop:
    """A shop of another company."""
    books = SageCompany.objects.create(name="Other", url="http://127.0.0.1:1", org_id="X", user="X", password="X")
    return Shop.objects.create(name="Other", url="http://127.0.0.1:2", key="X", company=books)

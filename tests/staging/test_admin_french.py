"""The pages of an accountant whose browser asks for French; the installation itself speaks English."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils.translation import override

from connectors.models import SageCompany, Shop
from staging import staff
from staging.causes import CAUSES
from staging.models import StagedOrder
from tests.staging.back_office import hold, order, orders_url, page, person

FRENCH = {"accept-language": "fr"}


@pytest.fixture
def held(company: SageCompany) -> StagedOrder:
    """A held order of a shop that nobody asks; its values were written down by an English worker."""
    row = order(Shop.objects.create(name="Web", url="http://127.0.0.1:1", key="X", company=company), total="1234.50")
    values = {"what": "products with tax", "stated": "1234.50", "computed": "1234.48", "difference": "+0.02"}
    hold(row, "totals-differ", "products with tax", values=values | {"currency": "EUR"})
    return row


def test_a_held_order_is_read_in_french_from_the_list_to_its_page(held: StagedOrder) -> None:
    client = person()
    listed = client.get(orders_url(), headers=FRENCH).content.decode()
    assert "à traiter" in listed
    assert "Les totaux de la boutique ne concordent pas produits TTC" in listed
    assert "1\xa0234,50 EUR" in listed
    grouped = client.get(reverse("admin:staging_stagedorder_causes"), headers=FRENCH).content.decode()
    told = "indique 1\xa0234,50 pour produits TTC, le détail donne 1\xa0234,48\xa0: +0,02 EUR"
    assert told in grouped
    opened = client.get(page(held), headers=FRENCH).content.decode()
    assert told in opened
    with override("en"):
        title = str(CAUSES["totals-differ"].title)
    assert not [text for text in (title, "needs staff", "products with tax") if text in opened]


def test_what_staff_do_is_written_down_in_one_language_whoever_does_it(held: StagedOrder) -> None:
    """The diary of an order is one for all its readers: that of the installation (LANGUAGE_CODE)."""
    client = person()
    act = reverse("admin:staging_stagedorder_act", args=[held.pk, "ignore"])
    client.post(act, {"reason": "commande d'essai", "seen": staff.seen(held)}, headers=FRENCH)
    assert held.events.latest("pk").message == "Ignored: commande d'essai"

"""Who buys stands on the order's page before anything is sent, with the reason."""

from __future__ import annotations

import pytest
from django.test import Client

from connectors import open_sage
from mappings.mirror import refresh
from mappings.models import CustomerRule
from staging import fetch, push, validate
from tests.staging.back_office import page, person
from tests.story import Story


@pytest.fixture
def client(db: None) -> Client:
    """An accountant's browser."""
    return person()


def told(client: Client, story: Story, number: int) -> tuple[str, str]:
    """The sentence about the customer, and what is said of the VAT number."""
    answer = client.get(page(story.order(number)))
    who = answer.context["who"]
    assert answer.status_code == 200
    assert 'id="who-buys"' in answer.content.decode()
    return who.text, who.vat


def test_it_says_who_buys_and_why(story: Story, client: Client) -> None:
    ada, home = story.presta.add_customer("ada@example.fr", vat_number="FR40303265044")
    number = story.buys("demo_1", customer=ada, address=home)
    fetch.sweep(story.shop)
    assert told(client, story, number) == (
        "Customer WEBEUR (rule “every order”)",
        "VAT number “FR40303265044” is not valid: the buyer counts as private",
    )

    CustomerRule.objects.create(company=story.company, field="country", value="FR", code="WEB", create=True)
    why = "because no customer has the e-mail ada@example.fr"
    assert told(client, story, number)[0] == f"New customer PSC{ada} from group WEB, {why} (rule “country FR”)"

    validate.sweep(story.shop)
    expected = f"New customer PSC{ada} from group WEB: the same buyer as in another order"
    assert told(client, story, number)[0] == expected
    push.sweep(story.company)
    assert told(client, story, number)[0] == f"Customer PSC{ada}, made for this buyer from group WEB"


def test_it_names_what_a_known_customer_was_found_by(story: Story, client: Client) -> None:
    CustomerRule.objects.create(company=story.company, field="country", value="FR", code="WEB", create=True)
    for code, fields in (("1100X", {"Email": "ada@example.fr"}), ("1200X", {"TaxRegistrationNumber1": "BE0697449992"})):
        story.sage.add("ARCustomers", {"CustomerNumber": code, "GroupCode": "WEB", "CustomerName": code, **fields})
    refresh(story.company, open_sage(story.company), ["customer"])
    ada, home = story.presta.add_customer("ada@example.fr", vat_number="BE 697.449.992")
    eve, other = story.presta.add_customer("Ada@example.fr")
    company, person_ = (
        story.buys("demo_1", customer=ada, address=home),
        story.buys("demo_3", customer=eve, address=other),
    )
    fetch.sweep(story.shop)
    assert told(client, story, company) == (
        "Customer 1200X: it has the VAT number BE0697449992 (rule “country FR”)",
        "VAT number BE0697449992: the buyer is a company",
    )
    assert told(client, story, person_)[0] == "Customer 1100X: it has the e-mail Ada@example.fr (rule “country FR”)"

    story.sage.change("ARCustomers", "1200X", Email="ada@example.fr")
    refresh(story.company, open_sage(story.company), ["customer"])
    assert told(client, story, person_)[0] == "Customer: not clear; it could be 1100X, 1200X"

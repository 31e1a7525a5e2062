"""What connectors find is read in French by a French reader and in English by an English one, wherever it stands."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from connectors.checkup import checkup
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop import INACTIVE_KEY, POWERLESS_KEY, READ_ONLY_KEY
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.telling import worded
from connectors.types import Finding
from staging import fetch, push, staff, steps, tasks, validate
from staging.models import Mark, StagedOrder, Step, Task
from syncbridge.models import Alarm
from syncbridge.notices import alarms
from tests.staging.back_office import page, person
from tests.staging.conftest import connect, live
from tests.staging.world import check, map_all

pytestmark = pytest.mark.django_db
LANGUAGES = ("fr", "en")
MUG = [{"reference": "demo_11", "quantity": 1}]


@pytest.fixture
def reader() -> Client:
    return person("operator")


@pytest.fixture
def web(presta: PrestaShopSandbox, books: SageCompany) -> Shop:
    """The sandbox shop, mapped and live."""
    map_all(books)
    return live(connect(presta, books))


def read(client: Client, address: str, language: str) -> str:
    answer = client.get(address, headers={"accept-language": language})
    assert answer.status_code == 200
    return html.unescape(html.unescape(answer.content.decode())).replace("\xa0", " ")


def of(row: Shop | SageCompany) -> str:
    return reverse(f"admin:connectors_{row._meta.model_name}_change", args=[row.pk])


def told(client: Client, address: str, french: str, english: str) -> None:
    """Each reader sees his own words and not the other's."""
    for language, own, other in (("fr", french, english), ("en", english, french)):
        seen = read(client, address, language)
        assert own in seen, (address, language)
        assert other not in seen, (address, language)


# --- the doctors ------------------------------------------------------------------------------------------------------


def shown(client: Client, row: Shop | SageCompany, findings: Iterable[Finding]) -> None:
    """Every line of the last test, in both languages, on the connection's page."""
    for language in LANGUAGES:
        seen = read(client, of(row), language)
        for finding in findings:
            lines = [finding.text] if finding.ok else [finding.text, finding.remedy]
            for line in [finding.subject, *filter(None, lines)]:
                with override(language):
                    assert worded(line).replace("\xa0", " ") in seen
            with override(language):
                blank = " " if language == "fr" else ""
                assert f"<strong>{worded(finding.subject)}{blank}:</strong>" in seen
            if language == "fr":
                assert not [line for line in lines if line and line in seen], finding


def faulty(shop: Shop) -> None:
    shop.time_zone = "Asia/Tokyo"
    shop.shop_id = 7


def powerless(shop: Shop) -> None:
    shop.key = POWERLESS_KEY


def away(shop: Shop) -> None:
    shop.url = "http://127.0.0.1:1"


def read_only(shop: Shop) -> None:
    shop.key = READ_ONLY_KEY


def foreign(shop: Shop) -> None:
    shop.installation = "another"


@pytest.mark.parametrize("wrong", [faulty, powerless, away, read_only, foreign])
def test_the_doctor_of_a_shop_reads_french(
    reader: Client, presta: PrestaShopSandbox, company: SageCompany, wrong: Any
) -> None:
    shop = connect(presta, company)
    wrong(shop)
    shop.save()
    findings = checkup(shop)
    assert [finding for finding in findings if finding.ok is not True]
    shown(reader, shop, findings)


def test_a_shop_whose_clock_is_wrong(reader: Client, presta: PrestaShopSandbox, company: SageCompany) -> None:
    presta.set_clock(offset_seconds=-600)
    shop = connect(presta, company)
    checkup(shop)
    told(
        reader,
        of(shop),
        "L'horloge de la boutique retarde de 10 minutes sur la nôtre ; aucune commande n'est perdue pour cela.",
        "The shop's clock is 10 minutes behind ours; no order is lost by it.",
    )


def missing(sage: Sage300Sandbox, books: SageCompany) -> None:
    sage.set_options(missing=["OE/OEShipViaCodes", "IC/ICItems", "ARReceiptAndAdjustmentBatches"])


def rights(sage: Sage300Sandbox, books: SageCompany) -> None:
    sage.set_user("WEBAPI", "WEBAPI", modules=("AR", "OE", "IC", "TX", "CS"))
    sage.trouble("status", verb="GET", resource="OECreditDebitNotes", status=403)


def password(sage: Sage300Sandbox, books: SageCompany) -> None:
    books.password = "wrong"


def switches(sage: Sage300Sandbox, books: SageCompany) -> None:
    books.options = {"ship_to_country": "ShipToLand", "item_status_true_is": "active", "own_order_number": False}
    sage.lock_period(timezone.now().date().isoformat())


def no_switch(sage: Sage300Sandbox, books: SageCompany) -> None:
    books.options = {"own_order_numbre": True}


def other_books(sage: Sage300Sandbox, books: SageCompany) -> None:
    books.org_id = "SAMLTT"


@pytest.mark.parametrize("wrong", [missing, rights, password, switches, no_switch, other_books])
def test_the_doctor_of_sage_reads_french(reader: Client, books: SageCompany, sage: Sage300Sandbox, wrong: Any) -> None:
    wrong(sage, books)
    books.save()
    findings = checkup(books)
    assert [finding for finding in findings if finding.ok is False]
    shown(reader, books, findings)


def test_what_sage_says_itself_stays_as_it_is(reader: Client, books: SageCompany, sage: Sage300Sandbox) -> None:
    books.password = "wrong"
    books.save()
    (bad,) = [finding for finding in checkup(books) if finding.ok is False]
    said = bad.text.partition("Sage says: ")[2]
    assert said
    assert f"Sage dit : {said}" in read(reader, of(books), "fr")


def test_findings_that_were_kept_as_plain_texts_are_still_shown(reader: Client, company: SageCompany) -> None:
    company.checked = {"at": "2026-11-01T10:00:00+00:00", "ok": False, "findings": [{"subject": "x", "ok": False}]}
    company.checked["findings"][0] |= {"text": "Kept before.", "remedy": "Look."}
    company.save()
    for language in LANGUAGES:
        assert "Kept before." in read(reader, of(company), language)


# --- what stands still ------------------------------------------------------------------------------------------------


def test_a_stopped_connection_says_why_in_the_readers_language_on_every_page(reader: Client, web: Shop) -> None:
    Shop.objects.update(key=INACTIVE_KEY)
    began = timezone.now()
    shop = Shop.objects.get()
    steps.note("fetch", shop, began, fetch.sweep(shop))
    assert Shop.objects.get().state == "stopped"
    pages = ["admin:index", "admin:staging_step_changelist", "admin:staging_mark_changelist"]
    for address in (*(reverse(name) for name in pages), of(shop)):
        told(
            reader,
            address,
            "La boutique ne connaît pas cette clé de webservice, ou la clé est désactivée. Vérifiez-la",
            "The shop does not know this webservice key, or it is switched off. Check it",
        )
    note = Step.objects.get(name="fetch").note
    with override("fr"):
        assert worded(note).startswith("La boutique ne connaît pas")


@pytest.mark.parametrize(("language", "text"), [("en", "does not know this"), ("fr", "ne connaît pas cette")])
def test_an_alarm_is_written_in_the_language_of_the_installation(
    reader: Client, web: Shop, language: str, text: str, settings: Any
) -> None:
    Shop.objects.update(key=INACTIVE_KEY)
    fetch.sweep(Shop.objects.get())
    settings.LANGUAGE_CODE = language
    with override(language):  # as a worker's
        alarms.look()
    assert text in Alarm.objects.get(kind="credentials").text


def test_who_stops_a_connection_writes_a_reason_that_is_read_in_each_language(reader: Client, web: Shop) -> None:
    address = reverse("admin:connectors_shop_act", args=[web.pk, "stop"])
    reader.post(address, {"reason": "inventaire"}, headers={"accept-language": "fr"})
    told(reader, of(web), "Arrêtée par operator : inventaire", "Stopped by operator: inventaire")


def test_a_halted_mark_says_why_in_the_readers_language(reader: Client, web: Shop) -> None:
    Mark.objects.filter(stream="orders").update(highest=10_000)
    assert fetch.sweep(Shop.objects.get()).note
    told(
        reader,
        reverse("admin:staging_mark_changelist"),
        "Le plus grand numéro de la boutique pour commandes est 0",
        "The shop's highest number in orders is 0",
    )


def test_a_task_that_failed_says_why_in_the_readers_language(reader: Client, web: Shop) -> None:
    task = Task.objects.create(kind="mark", parameters={"shop": web.pk, "stream": "orders", "to": "soon"})
    tasks.run(task.pk)
    assert Task.objects.get().status == "failed"
    for address in (reverse("admin:staging_task_change", args=[task.pk]), reverse("admin:staging_task_changelist")):
        told(reader, address, "Saisissez « now »", "Enter “now”, a date")


# --- orders -----------------------------------------------------------------------------------------------------------


REFUSED = {"en": "refused the request (status 400). Read", "fr": "a refusé la demande (statut 400). Lisez"}


@pytest.mark.parametrize("worker", ["en", "fr"])
def test_a_refused_document_and_the_diary_of_it_are_told_to_each_reader(
    web: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox, worker: str
) -> None:
    presta.add_order(lines=MUG, module="paypal")
    (row,) = check(web)
    sage.trouble("status", verb="POST", resource="OEOrders", status=400)
    with override(worker):  # whoever sets a sweep going
        push.sweep(SageCompany.objects.get())
    client = person()
    told(client, page(row), REFUSED["fr"], REFUSED["en"])
    for tab in ("happened", "documents"):
        told(
            client,
            f"{page(row)}?tab={tab}",
            f"Refusée par Sage : {row.shop.company.url.split('/')[2]} {REFUSED['fr']}",
            REFUSED["en"],
        )


LOST = {"en": "It is not known whether the document was made", "fr": "On ne sait pas si le document a été créé"}


def test_the_diary_is_told_to_each_reader(web: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    presta.add_order(lines=MUG, module="paypal")
    (row,) = check(web)
    sage.trouble("lose_answer", verb="POST", resource="OEOrders")
    push.sweep(SageCompany.objects.get())
    client, happened = person(), f"{page(row)}?tab=happened"
    told(client, happened, LOST["fr"], LOST["en"])
    told(client, happened, "Lue dans la boutique pour la première fois.", "Read from the shop for the first time.")
    row.events.create(message="Kept before.")
    for language in LANGUAGES:
        assert "Kept before." in read(client, happened, language)


def test_an_order_that_is_not_understood_says_why_to_each_reader(web: Shop, presta: PrestaShopSandbox) -> None:
    bad = presta.add_order(lines=MUG, module="paypal")
    presta.edit("orders", bad, total_paid_tax_incl="a lot")
    for _again in range(2):  # read once, then kept
        fetch.sweep(web)
        validate.sweep(web)
    row = StagedOrder.objects.get()
    told(
        person(),
        page(row),
        f'orders {bad}: total_paid_tax_incl vaut "a lot", ce n\'est pas un montant. Corrigez-le dans la boutique',
        f'orders {bad}: total_paid_tax_incl is "a lot", not an amount. Correct it in the shop',
    )


# --- what jobs keep ---------------------------------------------------------------------------------------------------


def kept(kind: str, **asked: Any) -> str:
    """The page of a task that was asked and done."""
    task = Task.objects.create(kind=kind, parameters=asked)
    with override("en"):  # a worker's
        tasks.run(task.pk)
    return reverse("admin:staging_task_change", args=[task.pk])


def test_what_a_job_found_is_told_to_each_reader(web: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
    """A dry run's forecast, what does not fit a document entered by hand, the sentence of the day proof."""
    presta.add_order(lines=[{"reference": "BEDLAMP", "quantity": 1}], module="paypal")
    (row,), client = check(web), person()
    tried = kept("dry-run", orders=[[row.pk, row.version]])
    told(client, tried, "Retenue : Article inconnu BEDLAMP", "Held: Item unknown BEDLAMP")

    entered = {"OrderNumber": "ORD7", "CustomerNumber": "WEBUSD", "OrderTotal": "99.50", "OrderSourceCurrency": "EUR"}
    sage.add("OEOrders", {"OrderUniquifier": 7, "OrderReference": "", "OrderDetails": [], **entered})
    numbers = {str(row.pk): "ORD7"}
    for address in (
        kept("close-by-hand", order=row.pk, seen=staff.seen(row), number="ORD7"),
        kept("close-many", orders=[[row.pk, row.version]], numbers=numbers),
    ):
        told(client, address, "Le total est de 99,50 EUR", "The total in Sage is 99.50 EUR")
        told(client, address, "Le client dans Sage est WEBUSD", "The customer in Sage is WEBUSD")

    day = timezone.now().astimezone(ZoneInfo(web.time_zone)).date().isoformat()
    proved = kept("prove", shop=web.pk, first=day, last=day)
    told(client, proved, "Écarts : 1.", "Differences: 1.")
    told(client, proved, "dans Sage 0 ventes, 0,00 EUR", "in Sage 0 sales, 0.00 EUR")
    told(client, reverse("admin:staging_task_changelist"), "Écarts : 1.", "Differences: 1.")


def test_a_change_after_posting_is_told_to_each_reader(web: Shop, presta: PrestaShopSandbox) -> None:
    number = presta.add_order(lines=MUG, module="paypal")
    (row,) = check(web)
    push.sweep(SageCompany.objects.get())
    presta.edit("addresses", 7, city="Lyon")
    presta.set_state(number, 6)
    check(web)
    client = person()
    told(client, page(row), "Livrer à ville : Paris → Lyon", "Ship to city: Paris → Lyon")
    told(client, page(row), "Commande état : prise → annulée dans la boutique", "Order state: taken → cancelled in")
    issue = row.issues.get()  # as it was kept before
    issue.values = {"changes": "ville : Paris → Lyon", "diff": [dict.fromkeys(("place", "field"), "ville")]}
    issue.values["diff"][0] |= {"before": "Paris", "after": "Lyon"}
    issue.save()
    assert "ville ville: Paris → Lyon" in read(client, page(row), "en")


def test_why_an_order_waits_is_told_to_each_reader(web: Shop, presta: PrestaShopSandbox) -> None:
    presta.add_order(lines=MUG, module="paypal", state=10)
    (row,) = check(web)
    client = person()
    told(client, page(row), "Elle est en attente : pas encore payée", "It waits by itself: not paid yet")
    told(client, reverse("admin:staging_stagedorder_changelist"), "pas encore payée", "not paid yet")


def test_what_sage_made_otherwise_is_told_to_each_reader(
    web: Shop, presta: PrestaShopSandbox, sage: Sage300Sandbox
) -> None:
    presta.add_order(lines=MUG, module="paypal")
    (row,) = check(web)
    sage.trouble("no_invoice", verb="POST", resource="OEOrders", reason="credit_hold")
    push.sweep(SageCompany.objects.get())
    told(person(), page(row), "aucune facture n'a été établie", "no invoice was made")

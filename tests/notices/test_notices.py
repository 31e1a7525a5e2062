"""Alarms once with their end, a digest a day, by mail and by a webhook that really answers."""

from __future__ import annotations

import html
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from smtplib import SMTPAuthenticationError, SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused
from typing import Any

import django_rq
import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rq import SimpleWorker

from connectors.models import SageCompany, Shop
from staging import steps
from staging.models import Event, Issue, Mark, Posting, StagedOrder, Step
from staging.proofs.mail import mail_trouble
from syncbridge.models import Alarm, Beat, Notice, Threshold
from syncbridge.notices import alarms, jobs, telling
from syncbridge.roles import ensure_roles
from syncbridge.thresholds import MEANINGS

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def shop(db: None, settings: Any) -> Shop:
    """A live shop, read a moment ago."""
    ensure_roles()
    where = {"url": "http://there.invalid", "installation": settings.INSTALLATION_ID}
    company = SageCompany.objects.create(name="Books", org_id="A", user="W", password="x", **where)
    row = Shop.objects.create(name="Lamps", key="K", company=company, first_order_id=1, **where)
    Mark.objects.create(shop=row, stream="orders", set=True, read_at=timezone.now())
    return row


@pytest.fixture
def olga(db: None) -> User:
    """An operator with an address."""
    ensure_roles()
    user = User.objects.create_user("olga", email="olga@example.com")
    user.groups.add(Group.objects.get(name="operator"))
    return user


@pytest.fixture
def hook() -> Iterator[Any]:
    """A webhook: ``hook.url``, what was posted in ``hook.heard``, its answer in ``hook.status``."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            server.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(server.status)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    class Server(HTTPServer):
        heard: list[Any] = []
        status = 200
        url = ""

    server = Server(("127.0.0.1", 0), Handler)
    server.heard, server.url = [], f"http://127.0.0.1:{server.server_port}/T0KEN"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


class MailServer(socketserver.ThreadingTCPServer):
    """A mail server that notes who got something, and does not know the people of one host."""

    daemon_threads = True

    def __init__(self, refusing: str) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.refusing, self.taken = refusing, list[str]()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 here")
        to = ""
        for line in iter(self.rfile.readline, b""):
            word = line.decode().strip().upper()
            if word.startswith("RCPT"):
                to = line.decode().partition("<")[2].partition(">")[0]
                self._say("550 unknown" if self.server.refusing in to else "250 ok")
            elif word == "DATA":
                self._say("354 go on")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                self.server.taken.append(to)
                self._say("250 taken")
            else:
                self._say("250 ok")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


def standing() -> set[tuple[str, str]]:
    alarms.look()
    return set(Alarm.objects.filter(closed_at=None).values_list("kind", "subject"))


def end(alarm: Alarm, ago: timedelta) -> None:
    Alarm.objects.filter(pk=alarm.pk).update(closed_at=timezone.now() - ago)


def orders(shop: Shop, last: timedelta, days: int = 10) -> None:
    """One order an hour for some days by day (10 h), none by night (14 h), the newest ``last`` ago."""
    newest = timezone.now() - last
    StagedOrder.objects.bulk_create(
        StagedOrder(shop=shop, order_id=day * 100 + hour, status="posted", placed_at=newest - day * DAY - hour * HOUR)
        for day in range(days)
        for hour in range(10)
    )


# --- what is worth an alarm -------------------------------------------------------------------------------------------


def test_all_is_well(shop: Shop) -> None:
    orders(shop, HOUR)
    assert standing() == set()


def test_a_stopped_connection_is_one_alarm_until_it_is_resumed(shop: Shop) -> None:
    shop.stop("The key was refused.")
    assert standing() == {("credentials", f"shop {shop.pk}")} == standing()
    assert Alarm.objects.get().text.startswith("The key was refused. Repair it")
    Shop.objects.get().resume()
    assert standing() == set()
    assert Alarm.objects.get().closed_at is not None


def test_silence_is_measured_by_the_shops_own_nights(shop: Shop) -> None:
    orders(shop, 20 * HOUR)  # a usual night has 15 hours
    assert standing() == set()
    StagedOrder.objects.all().delete()
    orders(shop, 31 * HOUR)
    assert standing() == {("silence", f"shop {shop.pk}")}


def test_too_young_a_shop_has_no_usual_gap(shop: Shop) -> None:
    orders(shop, 60 * HOUR, days=3)
    assert standing() == set()


def test_a_mark_that_does_not_move_or_is_halted(shop: Shop) -> None:
    orders(shop, 100 * HOUR)
    Mark.objects.update(read_at=timezone.now() - timedelta(minutes=MEANINGS["unread"].default + 1))
    assert standing() == {("stuck", f"shop {shop.pk}")}  # one cause: that no orders come follows from it
    Mark.objects.update(read_at=timezone.now(), halted="The shop was restored.")
    alarms.look()
    assert ("stuck", f"shop {shop.pk}") in standing()


def test_doubt_and_backlog(shop: Shop) -> None:
    company, now = shop.company, timezone.now()
    late = now - timedelta(minutes=MEANINGS["backlog"].default + 1)
    order = StagedOrder.objects.create(shop=shop, order_id=1, status="ready")
    sale = {"company": company, "order": order, "kind": "sale", "prepared": {}}
    Posting.objects.create(**sale, reference="PS_1", source_key="1", status="pushing", sent_at=now - HOUR)
    assert standing() == {("doubt", f"sagecompany {company.pk}")}
    Posting.objects.all().delete()
    Posting.objects.create(**sale, reference="PS_1", source_key="1", status="ready", due_at=late)
    StagedOrder.objects.create(shop=shop, order_id=2, status="staged", due_at=late)
    assert standing() == {("backlog", f"sagecompany {company.pk}"), ("backlog", f"shop {shop.pk}")}
    company.stop("Password refused.")
    shop.stop("Key refused.")
    assert {kind for kind, _subject in standing()} == {"credentials"}


def test_held_orders_that_nobody_took(shop: Shop, olga: User) -> None:
    old, now = timezone.now() - 5 * HOUR, timezone.now()
    rows = [StagedOrder.objects.create(shop=shop, order_id=n, status="invalid") for n in range(3)]
    for row, opened in zip(rows, (old, old, now), strict=True):
        Issue.objects.create(order=row, code="item-unknown", opened_at=opened)
    assert standing() == set()  # it is off until staff want it
    Threshold.objects.update_or_create(name="alone", defaults={"value": 4})
    assert standing() == {("alone", f"shop {shop.pk}")}
    assert Alarm.objects.get().title == "2 held orders of Lamps are assigned to nobody"
    StagedOrder.objects.filter(pk__in=[rows[0].pk, rows[1].pk]).update(assignee=olga)
    assert standing() == set()


def test_dead_workers_are_noticed_by_who_looks_without_the_clock(shop: Shop, bells: None) -> None:
    jobs.tick()
    call_command("alarms")
    died = timezone.now() - HOUR
    Beat.objects.update(at=died)
    said = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("alarms", stdout=said)
    assert ended.value.code == 1
    assert "Workers or clock stand still: No worker heard the clock since" in said.getvalue()
    assert "No worker answers: start one (python manage.py rqworker" in said.getvalue()
    assert "The clock does not run: start it" in said.getvalue()
    alarm = Alarm.objects.get()
    assert (alarm.opened_at, alarm.link) == (died, reverse("admin:staging_step_changelist"))
    jobs.tick()
    assert standing() == set()


def test_dead_workers_are_one_alarm_whatever_else_stands_still_by_them(shop: Shop, olga: User) -> None:
    Notice.objects.create(kind="alarm", role="operator")
    jobs.tick()
    late = timezone.now() - timedelta(minutes=MEANINGS["backlog"].default + 1)
    Beat.objects.update(at=late)
    Mark.objects.update(read_at=late)
    StagedOrder.objects.create(shop=shop, order_id=2, status="staged", due_at=late)
    with pytest.raises(SystemExit):
        call_command("alarms")
    assert [one.subject for one in mail.outbox] == ["[syncbridge] Workers or clock stand still"]
    shop.stop("The key was refused.")  # a cause of its own
    assert {kind for kind, _subject in standing()} == {"worker", "credentials"}
    Shop.objects.get().resume()
    jobs.tick()  # they live again, and have ten minutes to catch up
    assert standing() == set()
    Alarm.objects.update(closed_at=timezone.now() - alarms.AGAIN * 2)
    assert {kind for kind, _subject in standing()} == {"stuck", "backlog"}


def test_a_standstill_that_nobody_watched_is_written_down_when_it_is_over(shop: Shop) -> None:
    jobs.tick()
    died = timezone.now() - 3 * HOUR
    Beat.objects.update(at=died)
    jobs.tick()
    (alarm,) = Alarm.objects.all()
    assert (alarm.kind, alarm.opened_at) == ("worker", died)
    assert alarm.closed_at is not None


def test_what_was_paused_has_its_time_to_catch_up(shop: Shop, olga: User) -> None:
    late = timezone.now() - 2 * HOUR
    Mark.objects.update(read_at=late)
    StagedOrder.objects.create(shop=shop, order_id=2, status="staged", due_at=late)
    for name in ("fetch", "validate"):
        steps.pause(name, shop, timezone.now() + HOUR, olga, "moving")
    assert standing() == set()
    assert steps.resume("fetch", shop)
    assert steps.resume("validate", shop)
    assert standing() == set()
    Step.objects.update(paused_until=timezone.now() - alarms.AGAIN * 2)
    assert {kind for kind, _subject in standing()} == {"stuck", "backlog"}


@pytest.mark.django_db(transaction=True)
def test_the_watch_looks_again_and_again_and_outlives_a_database_that_is_away(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looks = iter([OperationalError("the database is away"), None, KeyboardInterrupt()])
    real = alarms.look

    def look() -> list[Alarm]:
        if (what := next(looks)) is not None:
            raise what
        return real()

    shop.stop("The key was refused.")
    monkeypatch.setattr(alarms, "look", look)
    with pytest.raises(KeyboardInterrupt):
        call_command("alarms", every=0.001)
    assert "the database is away" in caplog.text
    assert Alarm.objects.get().kind == "credentials"


# --- telling ----------------------------------------------------------------------------------------------------------


def test_an_alarm_is_mailed_once_to_the_role_and_its_end_too(shop: Shop, olga: User, settings: Any) -> None:
    settings.PUBLIC_URL = "https://sync.example.com"
    User.objects.create_user("gone", email="gone@example.com", is_active=False).groups.add(*olga.groups.all())
    Notice.objects.create(kind="alarm", role="operator")
    shop.stop("The key was refused.")
    jobs.tick()
    jobs.tick()
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["olga@example.com"], "[syncbridge] Lamps is stopped")
    assert "The key was refused." in message.body
    assert f"https://sync.example.com/admin/connectors/shop/{shop.pk}/change/" in message.body
    Shop.objects.get().resume()
    jobs.tick()
    assert len(mail.outbox) == 1  # not before it is surely over
    end(Alarm.objects.get(), alarms.AGAIN * 2)
    jobs.tick()
    jobs.tick()
    assert [one.subject for one in mail.outbox[1:]] == ["[syncbridge] Over: Lamps is stopped"]
    assert "It is over since" in mail.outbox[1].body


def test_what_comes_and_goes_is_one_alarm(shop: Shop, olga: User) -> None:
    Notice.objects.create(kind="alarm", role="operator")
    for _n in range(3):
        Shop.objects.get().stop("Refused.")
        jobs.tick()
        Shop.objects.get().resume()
        jobs.tick()
    assert (Alarm.objects.count(), len(mail.outbox)) == (1, 1)
    end(Alarm.objects.get(), alarms.AGAIN * 2)
    jobs.tick()
    Shop.objects.get().stop("Refused.")
    jobs.tick()
    assert (Alarm.objects.count(), len(mail.outbox)) == (2, 3)


def test_a_webhook_gets_json_and_a_failed_one_gets_it_later(shop: Shop, olga: User, hook: Any) -> None:
    broken = Notice.objects.create(kind="alarm", webhook=hook.url)
    Notice.objects.create(kind="alarm", role="operator", language="fr")
    shop.stop("The key was refused.")
    hook.status = 500
    jobs.tick()
    jobs.tick()
    broken.refresh_from_db()
    assert len(mail.outbox) == 1  # one that fails costs the others nothing
    assert broken.trouble.startswith("Not sent")
    assert "T0KEN" not in broken.trouble
    hook.status, hook.heard = 200, []
    jobs.tick()
    jobs.tick()
    (heard,) = hook.heard
    assert heard["text"].startswith("Lamps is stopped\n✗ Lamps is stopped")
    assert heard["facts"][0]["state"] == "open"
    broken.refresh_from_db()
    assert broken.trouble == ""


def test_a_notice_that_does_not_leave_is_told_by_the_others(shop: Shop, olga: User, hook: Any) -> None:
    broken = Notice.objects.create(kind="alarm", webhook=hook.url)
    Notice.objects.create(kind="alarm", role="operator")
    shop.stop("The key was refused.")
    hook.status = 500
    jobs.tick()
    jobs.tick()
    assert [one.subject for one in mail.outbox] == ["[syncbridge] Lamps is stopped"]
    Notice.objects.filter(pk=broken.pk).update(trouble_since=timezone.now() - alarms.AGAIN * 2)
    jobs.tick()
    jobs.tick()
    (message,) = mail.outbox[1:]
    assert message.subject == "[syncbridge] A notice does not leave (webhook)"
    assert "the webhook answered with the status 500" in message.body
    assert reverse("admin:syncbridge_notice_change", args=[broken.pk]) in message.body
    assert "T0KEN" not in message.body + Alarm.objects.latest("pk").text
    hook.status = 200
    jobs.tick()
    assert ("notice", f"notice {broken.pk}") not in standing()
    broken.refresh_from_db()
    assert (broken.trouble, broken.trouble_since) == ("", None)


def test_an_alarms_page_says_where_to_look_and_who_was_told(
    shop: Shop, olga: User, sign_in: Callable[[str], Client]
) -> None:
    shop.stop("The key was refused.")
    alarms.look()
    client, page = sign_in("auditor"), reverse("admin:syncbridge_alarm_change", args=[Alarm.objects.get().pk])
    assert "nobody" in client.get(page).content.decode()
    Notice.objects.create(kind="alarm", role="operator")
    jobs.tick()
    said = client.get(page).content.decode()
    assert f'href="{reverse("admin:connectors_shop_change", args=[shop.pk])}"' in said
    assert "operators · " in said


def test_a_redirect_is_not_followed_and_counts_as_failed(shop: Shop, hook: Any) -> None:
    notice = Notice.objects.create(kind="alarm", webhook=hook.url)
    hook.status = 302
    shop.stop("Refused.")
    jobs.tick()
    notice.refresh_from_db()
    assert notice.trouble.startswith("Not sent")


def read(client: Client, language: str) -> str:
    answer = client.get(reverse("admin:syncbridge_notice_changelist"), headers={"accept-language": language})
    return html.unescape(answer.content.decode()).replace("\xa0", " ")


@pytest.mark.parametrize(
    ("status", "english", "french"),
    [
        (404, "the webhook answered with the status 404", "le webhook a répondu avec le statut 404"),
        (None, "the connection was refused", "la connexion a été refusée"),
    ],
)
def test_a_notice_that_did_not_leave_says_why_to_each_reader(
    shop: Shop, hook: Any, status: int | None, english: str, french: str
) -> None:
    hook.status = status or 200
    Notice.objects.create(kind="alarm", webhook=hook.url if status else "http://127.0.0.1:1/T0KEN")
    shop.stop("Refused.")
    jobs.tick()
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss"))
    assert f"Not sent: {english}. It is tried again; if this lasts, enter" in read(boss, "en")
    assert f"Non envoyé : {french}. Un nouvel essai aura lieu" in read(boss, "fr")
    assert "T0KEN" not in read(boss, "en") + str(Notice.objects.get().trouble)
    assert "Error" not in Notice.objects.get().trouble


def test_a_mail_server_that_is_away_is_said_in_words(shop: Shop, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    notice = Notice.objects.create(kind="alarm", address="olga@example.com")
    shop.stop("Refused.")
    jobs.tick()
    notice.refresh_from_db()
    assert notice.trouble == (
        "Not sent: the connection was refused. It is tried again; check EMAIL_URL and the mail address."
    )


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (SMTPAuthenticationError(535, b"5.7.8 olga: bad"), "the mail server does not accept user and password"),
        (
            SMTPRecipientsRefused({"olga@example.com": (550, b"unknown")}),
            "the mail server refuses the recipient's address",
        ),
        (SMTPSenderRefused(550, b"no", "x@y"), "the mail server refuses the sender's address"),
        (SMTPDataError(554, b"spam"), "the mail server refuses the mail (554)"),
        (TimeoutError(), "no answer in time"),
    ],
)
def test_what_a_mail_server_refuses_is_said_without_its_words(error: OSError, why: str) -> None:
    assert mail_trouble(error) == why


def test_a_role_without_addresses_is_said(shop: Shop) -> None:
    notice = Notice.objects.create(kind="alarm", role="accountant")
    shop.stop("Refused.")
    jobs.tick()
    notice.refresh_from_db()
    assert "Nobody with this role has a mail address" in notice.trouble


@pytest.fixture
def held(shop: Shop) -> list[StagedOrder]:
    """Two orders held for a new cause, one for an old one."""
    made = []
    for n, (code, value, since) in enumerate((("item-unknown", "X", HOUR),) * 2 + (("refused", "", 3 * DAY),), 1):
        order = StagedOrder.objects.create(
            shop=shop, order_id=n, reference=f"REF{n}", status="invalid", total=100 * n, currency="EUR",
            placed_at=timezone.now() - n * DAY,
        )  # fmt: skip
        Issue.objects.create(order=order, code=code, value=value, opened_at=timezone.now() - since)
        made.append(order)
    return made


def test_a_digest_once_a_day_grouped_by_cause(held: list[StagedOrder]) -> None:
    notice = Notice.objects.create(
        kind="digest", address="ada@example.com", hour=0, digested=timezone.now() - DAY, language="en"
    )
    telling.tell()
    telling.tell()
    (message,) = mail.outbox
    assert message.subject == "[syncbridge] 3 orders held: €600.00" or "600.00" in message.subject
    new, _sep, old = message.body.partition("Still open:")
    assert "The oldest is REF3" in new
    assert "Item unknown X · 2 orders" in new
    assert "300.00" in new
    assert "Refused by Sage · 1 order ·" in old
    notice.refresh_from_db()
    assert timezone.now() - notice.digested < HOUR if notice.digested else False


def test_a_digest_tells_what_was_settled_meanwhile(held: list[StagedOrder], olga: User, settings: Any) -> None:
    settings.PUBLIC_URL = "https://sync.example.com"
    by_itself, by_hand, _held = held
    StagedOrder.objects.filter(pk__in=[by_itself.pk, by_hand.pk]).update(status="posted")
    Issue.objects.filter(order__in=[by_itself, by_hand]).update(closed_at=timezone.now())
    Event.objects.create(order=by_hand, user=olga, message="Repaired.")
    Notice.objects.create(kind="digest", role="accountant", address="", hour=0, digested=timezone.now() - DAY)
    User.objects.create_user("ada", email="ada@example.com").groups.add(Group.objects.get(name="accountant"))
    telling.tell()
    (message,) = mail.outbox
    assert "Held no more: 2, of these without anybody at the order itself: 1." in message.body
    assert "https://sync.example.com/admin/staging/stagedorder/?queue=needs-you" in message.body


def test_a_digest_tells_each_role_what_concerns_it(held: list[StagedOrder], shop: Shop) -> None:
    shop.stop("The key was refused.")
    alarms.look()
    Alarm.objects.create(kind="backlog", subject="shop 9", title="Old backlog", closed_at=timezone.now() - HOUR)
    told = {}
    for role in ("accountant", "operator", "administrator", "auditor"):
        User.objects.create_user(f"a {role}", email=f"{role}@example.com").groups.add(Group.objects.get(name=role))
        Notice.objects.create(kind="digest", role=role, hour=0, digested=timezone.now() - DAY, language="en")
    telling.tell()
    for message in mail.outbox:
        held_, still = "Item unknown X" in message.body, "✗ Lamps is stopped" in message.body
        told[message.to[0].partition("@")[0]] = (held_, still)
    both = (True, True)
    assert told == {"accountant": (True, False), "operator": (False, True), "administrator": both, "auditor": both}
    (operators,) = [message for message in mail.outbox if message.to == ["operator@example.com"]]
    assert operators.subject == "[syncbridge] 1 alarm open"
    assert "✓ Old backlog (It is over since" in operators.body
    Alarm.objects.all().delete()
    Notice.objects.update(digested=timezone.now() - DAY)
    mail.outbox.clear()
    telling.tell()
    assert "operator@example.com" not in [message.to[0] for message in mail.outbox]  # nothing stands still


def test_one_wrong_address_does_not_keep_alarms_from_the_others(shop: Shop, olga: User, settings: Any) -> None:
    User.objects.create_user("anna", email="anna@gone.example").groups.add(*olga.groups.all())
    notice = Notice.objects.create(kind="alarm", role="operator")
    shop.stop("The key was refused.")
    with MailServer(refusing="gone.example") as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.server_address[1]
        jobs.tick()
        jobs.tick()
        assert server.taken == ["olga@example.com"]  # once, not every minute
        notice.refresh_from_db()
        assert "Not sent to 1 of 2 addresses" in notice.trouble
        Alarm.objects.all().delete()
        olga.delete()
        jobs.tick()
        notice.refresh_from_db()
        assert notice.trouble.startswith("Not sent: ")  # nobody got it: it is tried again
        User.objects.filter(username="anna").update(email="anna@example.com")
        jobs.tick()
        jobs.tick()
        assert server.taken == ["olga@example.com", "anna@example.com"]
        server.shutdown()


def test_a_digest_speaks_its_notices_language(held: list[StagedOrder]) -> None:
    Notice.objects.create(
        kind="digest", address="ada@example.com", hour=0, digested=timezone.now() - DAY, language="fr"
    )
    telling.tell()
    (message,) = mail.outbox
    assert message.subject == "[syncbridge] 3 commandes à traiter\xa0: 600,00 EUR"
    new, _sep, old = message.body.partition("Encore ouvertes:")
    assert "La plus ancienne est REF3, passée le" in new
    assert "Article inconnu X · 2 commandes · " in new
    assert "Refusée par Sage · 1 commande · " in old


def test_no_digest_before_its_hour_nor_when_nothing_is_held(held: list[StagedOrder], monkeypatch: Any) -> None:
    later = timezone.localtime().replace(hour=6)
    monkeypatch.setattr("syncbridge.notices.telling.timezone.localtime", lambda at=None: at or later)
    notice = Notice.objects.create(kind="digest", address="ada@example.com", hour=7)
    telling.tell()
    assert mail.outbox == []
    Notice.objects.update(hour=6)
    Issue.objects.update(closed_at=timezone.now())
    StagedOrder.objects.update(status="posted")
    telling.tell()
    assert mail.outbox == []
    notice.refresh_from_db()
    assert notice.digested is not None


# --- the pages --------------------------------------------------------------------------------------------------------


def test_a_notice_has_one_recipient_and_shows_no_webhook(shop: Shop, sign_in: Callable[[str], Client]) -> None:
    client = sign_in("administrator")
    add = reverse("admin:syncbridge_notice_add")
    fields = {"kind": "alarm", "hour": "7", "language": "en", "active": "on"}
    assert "Choose one" in client.post(add, fields).content.decode()
    assert "Choose one" in client.post(add, {**fields, "role": "operator", "address": "a@b.ch"}).content.decode()
    assert client.post(add, {**fields, "webhook": "https://hooks.example.com/T0KEN"}).status_code == 302
    notice = Notice.objects.get()
    page = reverse("admin:syncbridge_notice_change", args=[notice.pk])
    for browser in (client, sign_in("auditor")):
        assert "T0KEN" not in browser.get(page).content.decode()
    assert client.post(page, {**fields, "hour": "8"}).status_code == 302
    notice.refresh_from_db()
    assert (notice.webhook, notice.hour) == ("https://hooks.example.com/T0KEN", 8)
    with pytest.raises(ValidationError):
        Notice(kind="alarm", webhook="ftp://x").clean()


@pytest.mark.django_db(transaction=True)
def test_a_notice_is_tried_from_its_page(bells: None, sign_in: Callable[[str], Client], olga: User) -> None:
    notice = Notice.objects.create(kind="alarm", role="operator", language="fr")
    client = sign_in("administrator")
    page = reverse("admin:syncbridge_notice_change", args=[notice.pk])
    assert "Nothing was sent yet" in client.get(page).content.decode()
    assert client.post(reverse("admin:syncbridge_notice_test", args=[notice.pk])).status_code == 302
    lane = django_rq.get_queue("orders")
    SimpleWorker([lane], connection=lane.connection).work(burst=True, logging_level="ERROR")
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["olga@example.com"], "[syncbridge] Un essai")
    assert "The last message left" in client.get(page).content.decode()
    User.objects.filter(pk=olga.pk).update(email="")
    telling.test(Notice.objects.get())
    assert "Nobody with this role has a mail address" in client.get(page).content.decode()
    assert "Send a test" not in sign_in("auditor").get(page).content.decode()


@pytest.fixture
def sign_in(db: None) -> Callable[[str], Client]:
    """A browser of somebody with a role."""
    ensure_roles()

    def make(role: str) -> Client:
        user = User.objects.create_user(role, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        return client

    return make

"""The table of connectors/http.py, row by row, over real HTTP."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from connectors import http
from connectors.answers import ANSWER_KEPT, Response
from connectors.errors import ConnectorError, Misconfigured, OutcomeUnknown, Rejected, Unavailable
from connectors.http import Session
from connectors.types import Exchange
from connectors.words import joined
from tests.connectors.bad_server import Answer, BadServer, always, answer, in_turn

USER, PASSWORD = "WEBUSER", "s3cret/pass+word"
OK = answer(200, b'{"a": 1}')
PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"
LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PAUSES", (0.01, 0.02))


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[str]:
    """The address of a server whose certificate it has signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    day = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day + timedelta(days=1)).sign(key, SHA256())
    pem = tmp_path / "own.pem"
    pem.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_shake_hands, args=(listening, context), daemon=True).start()
        yield f"https://localhost:{listening.getsockname()[1]}"


def _shake_hands(listening: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        with contextlib.suppress(OSError), context.wrap_socket(listening.accept()[0], server_side=True):
            pass
        if listening.fileno() < 0:
            return


PATIENCE = 60.0
"""Seconds that a slow machine may take for what is not about time."""


def session(url: str, read_timeout: float = PATIENCE, refuses: frozenset[int] = frozenset()) -> Session:
    return Session(url, auth=(USER, PASSWORD), read_timeout=read_timeout, refuses_before_working=refuses)


def ask(server: BadServer, method: str, read_timeout: float = PATIENCE) -> Response:
    talk = session(server.url, read_timeout)
    return talk.get("orders") if method == "GET" else talk.send(method, "orders", b"{}")


def error_of(reply: Answer, method: str, read_timeout: float = PATIENCE) -> tuple[ConnectorError, int]:
    """The error of one request and how often the server was asked."""
    with BadServer(reply) as server, pytest.raises(ConnectorError) as caught:
        ask(server, method, read_timeout).json()
    return caught.value, server.heard()


TABLE = [
    *((status, Unavailable, OutcomeUnknown) for status in (500, 501, 502, 504, 520, 408, 425, 429, 503)),
    *((status, Misconfigured, Misconfigured) for status in (301, 302, 307, 401, 403, 404, 405, 407, 410)),
    *((status, Rejected, Rejected) for status in (400, 409, 411, 413, 418, 422)),
]


@pytest.mark.parametrize(("status", "read", "write"), TABLE)
def test_each_status_has_one_meaning_for_a_read_and_one_for_a_write(
    status: int, read: type[ConnectorError], write: type[ConnectorError]
) -> None:
    error, asked = error_of(always(answer(status, b"why")), "GET")
    assert type(error) is read
    assert asked == (3 if read is Unavailable else 1)
    assert (error.status, error.answer) == (status, "why")
    error, asked = error_of(always(answer(status, b"why")), "POST")
    assert type(error) is write
    assert asked == 1


DRIPS: list[bytes | float] = [b" ", 0.05] * 60

BROKEN: dict[str, tuple[Answer, float]] = {
    "closed without a word": (always(), PATIENCE),
    "cut in mid-answer": (always(LONG, b'{"a": '), PATIENCE),
    "silence": (always(1.0), 0.2),
    "one byte at a time": (always(LONG, *DRIPS), 0.4),
    "a web page": (always(answer(200, PAGE)), PATIENCE),
    "a web page with a mark in front": (always(answer(200, b"\xef\xbb\xbf\n" + PAGE)), PATIENCE),
    "not HTTP": (always(b"SSH-2.0-OpenSSH\r\n\r\n"), PATIENCE),
    "broken gzip": (always(answer(200, b"no gzip", Content_Encoding="gzip")), PATIENCE),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_lost_answer_is_harmless_for_a_read_and_unknown_for_a_write(kind: str) -> None:
    reply, read_timeout = BROKEN[kind]
    error, _ = error_of(reply, "GET", read_timeout)
    assert type(error) is Unavailable
    for method in ("POST", "PATCH", "PUT", "DELETE"):
        error, asked = error_of(reply, method, read_timeout)
        assert (type(error), asked) == (OutcomeUnknown, 1)


def test_an_answer_that_only_drips_is_given_up_at_the_read_timeout() -> None:
    error, _ = error_of(always(LONG, *DRIPS), "POST", read_timeout=0.3)
    assert "no answer in time" in error.message  # at the end of the drip it would be another


UNREADABLE = [b"", b"oops", b'{"a": NaN}', b"[" * 200_000, b'{"a": ' + b"9" * 5000 + b"}", b'{"a": 1} and more']


@pytest.mark.parametrize("body", UNREADABLE, ids=["empty", "text", "NaN", "deep", "long number", "trailing"])
def test_an_unreadable_2xx_is_never_success(body: bytes) -> None:
    assert type(error_of(always(answer(200, body)), "GET")[0]) is Unavailable
    assert type(error_of(always(answer(201, body)), "POST")[0]) is OutcomeUnknown


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_was_sent_when_nobody_listens_or_the_name_is_unknown(method: str) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        for url in (f"http://127.0.0.1:{nobody.getsockname()[1]}", "http://shop.invalid"):
            talk = session(url)
            with pytest.raises(Unavailable, match="cannot be reached"):
                _ = talk.get("x") if method == "GET" else talk.send(method, "x", b"{}")


@pytest.mark.parametrize("url", ["", "shop.example.com", "ftp://shop.example.com", "http://", "http://a..b.example/x"])
def test_a_senseless_address_is_the_operators(url: str) -> None:
    with pytest.raises((Misconfigured, Unavailable), match=r"Correct it|check the address"):
        session(url).send("POST", "x", b"{}")


def test_a_certificate_nobody_vouches_for_is_the_operators(tls_server: str) -> None:
    for method in ("GET", "POST"):
        talk = session(tls_server)
        with pytest.raises(Misconfigured, match=r"certificate.*CA bundle"):
            _ = talk.get("x") if method == "GET" else talk.send(method, "x", b"{}")


def test_busy_is_certain_for_a_write_only_if_the_server_is_known_to_refuse_first() -> None:
    with BadServer(always(answer(429, Retry_After="7"))) as server:
        with pytest.raises(Unavailable) as caught:
            session(server.url, refuses=frozenset({429})).send("POST", "x", b"{}")
        assert caught.value.retry_after == 7
        with pytest.raises(OutcomeUnknown):
            session(server.url, refuses=frozenset({503})).send("POST", "x", b"{}")


def test_a_read_gets_its_answer_on_the_third_try() -> None:
    with BadServer(in_turn([answer(503)], [LONG], [OK])) as server:
        assert ask(server, "GET").json() == {"a": 1}
    assert len(server.asked) == 3


def test_retry_after_is_waited_for_when_short_and_left_to_the_connection_when_long() -> None:
    started = time.monotonic()
    with BadServer(in_turn([answer(503, Retry_After="1")], [OK])) as server:
        ask(server, "GET")
    assert time.monotonic() - started >= 1.0
    error, asked = error_of(always(answer(503, Retry_After="120")), "GET")
    assert asked == 1
    assert isinstance(error, Unavailable)
    assert error.retry_after == 120


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("Fri, 31 Dec 2100 23:59:59 GMT", 3600.0),
        ("99999999999999999999", 3600.0),
        ("soon", None),
        ("-5", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("", None),
    ],
)
def test_a_senseless_retry_after_does_no_harm(value: str, seconds: float | None) -> None:
    error, _ = error_of(always(answer(503, Retry_After=value)), "GET")
    assert isinstance(error, Unavailable)
    assert error.retry_after == seconds


def test_no_try_begins_after_the_read_timeout_has_passed() -> None:
    _, asked = error_of(always(0.5), "GET", read_timeout=0.2)
    assert asked == 1


def test_redirects_are_not_followed_and_the_message_names_only_the_host() -> None:
    with BadServer(in_turn([answer(302, Location="https://www.shop.example/login?ws_key=SECRET")], [OK])) as server:
        with pytest.raises(Misconfigured, match=r"https://www\.shop\.example instead") as caught:
            ask(server, "GET")
        assert "SECRET" not in caught.value.message
        assert len(server.asked) == 1


def test_a_giant_answer_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_BODY", 1024 * 1024)
    bomb = answer(200, gzip.compress(b" " * 8 * 1024 * 1024), Content_Encoding="gzip")
    assert "larger than 1 MB" in error_of(always(bomb), "GET")[0].message
    plain = always(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 65536] * 64)
    assert "larger than 1 MB" in error_of(plain, "GET")[0].message
    assert type(error_of(plain, "POST")[0]) is OutcomeUnknown


def test_numbers_with_a_fraction_come_as_decimals_and_a_byte_order_mark_is_no_matter() -> None:
    with BadServer(always(answer(200, b'\xef\xbb\xbf{"total": 1.10, "many": 9007199254740993}'))) as server:
        assert ask(server, "GET").json() == {"total": Decimal("1.10"), "many": 9007199254740993}


def test_gzip_and_chunks_are_read_whole() -> None:
    body = json.dumps({"rows": list(range(50_000))}).encode()
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = [body[start : start + 999] for start in range(0, len(body), 999)]
    sent = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)
    for parts in ([answer(200, gzip.compress(body), Content_Encoding="gzip")], [chunked, sent, b"0\r\n\r\n"]):
        with BadServer(always(*parts)) as server:
            assert len(ask(server, "GET").json()["rows"]) == 50_000
    error, _ = error_of(always(chunked, sent), "GET")  # the last chunk is missing
    assert type(error) is Unavailable


def test_classify_decides_before_the_table_but_never_about_success() -> None:
    def classify(status: int, text: str, method: str) -> ConnectorError | None:
        return Rejected(joined(f"{method} refused: {text}"), code="RecordDuplicate") if "duplicate" in text else None

    with BadServer(
        in_turn([answer(500, b"duplicate")], [answer(500, b"else")], [answer(200, b'"duplicate"')])
    ) as server:
        talk = Session(server.url, auth=(USER, PASSWORD), classify=classify)
        with pytest.raises(Rejected, match="POST refused") as caught:
            talk.send("POST", "x", b"{}")
        assert (caught.value.status, caught.value.code, caught.value.answer) == (500, "RecordDuplicate", "duplicate")
        with pytest.raises(OutcomeUnknown):
            talk.send("POST", "x", b"{}")
        assert talk.send("POST", "x", b"{}").json() == "duplicate"


def test_what_is_sent() -> None:
    with BadServer(always(OK)) as server:
        talk = Session(f"{server.url}/api/", auth=("clé", ""), headers={"Accept": "application/json"})
        talk.get("orders", {"filter[id]": "[1|2]"})
        talk.send("post", "/orders", "é", {"Content-Type": "text/plain"})
    assert server.asked == ["GET /api/orders?filter%5Bid%5D=%5B1%7C2%5D", "POST /api/orders"]
    assert "Authorization: Basic Y2zDqTo=" in server.heads[0]
    assert "Accept: application/json" in server.heads[1]
    assert "Content-Length: 2" in server.heads[1]


SECRETS = (
    f"pass {PASSWORD} s3cret%2Fpass%2Bword Authorization: Basic abc ws_key=QQQQ https://u:p@h.example "
    "<passwd>hash</passwd>"
)


def test_no_secret_reaches_a_message() -> None:
    for status in (400, 401, 500):
        for method in ("GET", "POST"):
            error, _ = error_of(always(answer(status, SECRETS.encode())), method)
            said = f"{error} {error.message} {error.answer} {error.args} {error.__cause__}"
            for secret in (PASSWORD, "s3cret", "abc", "QQQQ", "u:p", "hash"):
                assert secret not in said


def test_a_listener_hears_every_exchange_without_secrets() -> None:
    heard: list[Exchange] = []
    with BadServer(in_turn([answer(200, SECRETS.encode())], [answer(409, SECRETS.encode())], [])) as server:
        talk = session(server.url)
        talk.listener = heard.append
        talk.get("orders", {"q": PASSWORD})
        for _ in range(2):
            with pytest.raises(ConnectorError):
                talk.send("POST", "orders", f"mine {PASSWORD}")
    assert [(each.method, each.status, bool(each.answer)) for each in heard] == [
        ("GET", 200, True),
        ("POST", 409, True),
        ("POST", 0, False),
    ]
    assert [bool(each.failed) for each in heard] == [False, False, True]
    assert [each.request for each in heard] == ["", "mine …", "mine …"]
    for secret in (PASSWORD, "s3cret", "abc", "QQQQ", "u:p", "hash"):
        assert not any(secret in f"{each.path} {each.answer} {each.failed}" for each in heard)


def test_no_half_of_a_secret_stands_where_a_long_body_is_cut() -> None:
    talk = session("http://localhost")
    for shown in range(len(PASSWORD) + 1):  # letters of it before the place where the body is cut
        body = b"x" * (ANSWER_KEPT + http.MARGIN - shown) + PASSWORD.encode() + b"y" * http.WRITE_KEPT
        kept = talk._kept(body, ANSWER_KEPT)
        assert set(kept) == set("x…")
        assert len(kept) <= ANSWER_KEPT + http.MARGIN


def test_credentials_in_the_address_are_not_shown() -> None:
    with pytest.raises(Unavailable) as caught:
        Session("http://KEYINADDRESS:pw@127.0.0.1:1", auth=(USER, PASSWORD)).get("x", tries=1)
    assert "KEYINADDRESS" not in f"{caught.value}{caught.value.__context__}"


def test_every_message_ends_with_what_to_do() -> None:
    for status, _, _ in TABLE:
        for method in ("GET", "POST"):
            message = error_of(always(answer(status)), method)[0].message
            assert message.count(". ") >= 1 or "Check" in message or "again" in message
            assert not any(word in message for word in ("Exception", "Error", "urllib3", "requests", "None"))


def test_the_worst_case_a_lease_must_outlive_is_told() -> None:
    assert http.WORST_SEND == http.CONNECT_TIMEOUT + 2 * http.READ_TIMEOUT
    assert http.WORST_GET > http.WORST_SEND + http.READ_TIMEOUT

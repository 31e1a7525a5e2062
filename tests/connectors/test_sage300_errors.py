"""Each refusal and each broken answer becomes the error of who has to act, against a server that misbehaves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from connectors import http
from connectors.errors import ConnectorError, Misconfigured, OutcomeUnknown, Rejected, Unavailable
from connectors.sage300 import client as module
from connectors.sage300.refusals import Refusals, read
from tests.connectors.sage300_sales import client, prepared
from tests.connectors.scripted import Asked, Said, Scripted, serving

SECRET = "SWORDFISH"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads are tried again without a pause."""
    monkeypatch.setattr(http, "PAUSES", (0.0, 0.0))


def error(code: str, words: str = "Sage's words.") -> dict[str, Any]:
    return {"error": {"code": code, "message": {"lang": "en-US", "value": words}}}


def only(answer: Said, method: str = "POST") -> Callable[[Asked], Said]:
    """The answer to every request of a method; to others an empty list, to $metadata "not here"."""

    def route(asked: Asked) -> Said:
        if "$metadata" in asked.path:
            return Said(404, error("ResourceNotFound"))
        return answer if asked.method == method else Said(200, {"value": []})

    return route


def place(server: Scripted, **options: Any) -> object:
    return client(server.url, password=SECRET, **options).place("sale", prepared())


def caught(answer: Said, method: str = "POST", **options: Any) -> tuple[ConnectorError, Scripted]:
    with serving(only(answer, method)) as server:
        sage = client(server.url, password=SECRET, **options)
        act = partial(sage.place, "sale", prepared()) if method == "POST" else partial(sage.find, "sale", "PS_1")
        with pytest.raises(ConnectorError) as raised:
            act()
    return raised.value, server


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (409, "RecordDuplicate", Rejected),
        (409, "FieldInvalid", Rejected),
        (409, "RecordInvalid", Rejected),
        (400, "InvalidPayload", Rejected),
        (400, "InvalidAction", Rejected),
        (400, "InvalidParameters", Rejected),
        (404, "RecordNotFound", Rejected),
        (422, "SomethingNew", Rejected),
        (401, "Unauthorized", Misconfigured),
        (403, "Forbidden", Misconfigured),
        (404, "ResourceNotFound", Misconfigured),
        (405, "MethodNotAllowed", Misconfigured),
        (500, "DBLinkError", Misconfigured),
        (500, "SessionError", Unavailable),
        (429, "TooManyRequests", Unavailable),
        (500, "InternalServerError", OutcomeUnknown),
        (500, "FieldInvalid", OutcomeUnknown),
        (503, "", OutcomeUnknown),
        (502, "", OutcomeUnknown),
        (504, "", OutcomeUnknown),
    ],
)
def test_a_write_is_never_repeated_and_its_error_is_who_acts_next(status: int, code: str, kind: type) -> None:
    raised, server = caught(Said(status, error(code) if code else b"<h1>Bad gateway</h1>"))
    assert type(raised) is kind
    assert raised.status == status
    if kind is not OutcomeUnknown:
        assert raised.code in (code, "")
    assert len(server.paths("POST")) == 1


@pytest.mark.parametrize(
    ("status", "code", "kind", "tries"),
    [
        (400, "InvalidParameters", Misconfigured, 1),
        (400, "InvalidEntityKey", Misconfigured, 1),
        (401, "Unauthorized", Misconfigured, 1),
        (404, "ResourceNotFound", Misconfigured, 1),
        (500, "DBLinkError", Misconfigured, 1),
        (500, "SessionError", Unavailable, 3),
        (429, "TooManyRequests", Unavailable, 3),
        (500, "InternalServerError", Unavailable, 3),
        (503, "", Unavailable, 3),
    ],
)
def test_a_read_is_tried_again_only_when_it_can_help(status: int, code: str, kind: type, tries: int) -> None:
    raised, server = caught(Said(status, error(code) if code else b""), "GET")
    assert type(raised) is kind
    assert len(server.paths("GET")) == tries


def test_general_is_three_tries_with_looks_between() -> None:
    raised, server = caught(Said(409, error("General", "Batch is locked.")))
    assert (type(raised), raised.message) == (Rejected, "Batch is locked.")
    assert len(server.paths("POST")) == 3
    assert len([path for path in server.paths("GET") if "OEOrders" in path]) == 2


def test_general_finds_what_another_worker_made_meanwhile() -> None:
    row = {"OrderUniquifier": 7, "OrderNumber": "PS_1", "OrderReference": "PS_1", "OrderDetails": [{"Item": "A"}]}

    def route(asked: Asked) -> Said:
        if asked.method == "POST":
            return Said(409, error("General"))
        return Said(404, error("ResourceNotFound")) if "$metadata" in asked.path else Said(200, {"value": [row]})

    with serving(route) as server:
        made = client(server.url).place("sale", prepared())
        assert made.key == "7"
        assert len(server.paths("POST")) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Said(201, b""),
        Said(201, b'{"OrderNumber": "PS_1", "OrderDet'),
        Said(200, b"<!DOCTYPE html><html>Runtime Error</html>"),
        Said(201, {"OrderUniquifier": 1}),
        Said(201, []),
        Said(201, {"OrderNumber": "   "}),
        Said(hang_up=True),
    ],
    ids=["empty", "cut", "html", "no number", "a list", "blank number", "hung up"],
)
def test_an_unreadable_answer_to_a_write_is_unknown(answer: Said) -> None:
    raised, server = caught(answer)
    assert type(raised) is OutcomeUnknown
    assert len(server.paths("POST")) == 1


def test_where_the_server_is_not_known_to_refuse_first_busy_is_unknown() -> None:
    assert type(caught(Said(429, error("TooManyRequests")), refused_before_working=[])[0]) is OutcomeUnknown
    assert type(caught(Said(500, error("SessionError")), sign_on_first=False)[0]) is OutcomeUnknown
    assert type(caught(Said(503), refused_before_working=[429, 503])[0]) is Unavailable


def test_a_failed_look_after_the_write_does_not_lose_the_answer() -> None:
    def route(asked: Asked) -> Said:
        if asked.method == "POST":
            return Said(201, {"OrderUniquifier": 5, "OrderNumber": "PS_1", "OrderTotal": 32.80})
        return Said(404, error("ResourceNotFound")) if "$metadata" in asked.path else Said(500)

    with serving(route) as server:
        made = client(server.url).place("sale", prepared())
    assert (made.number, str(made.total)) == ("PS_1", "32.8")


def test_nobody_elses_order_is_taken_when_the_server_does_not_filter() -> None:
    row = {"OrderUniquifier": 7, "OrderNumber": "ORD1", "OrderReference": "someone"}
    raised, _ = caught(Said(200, {"value": [row]}), "GET")
    assert type(raised) is Misconfigured
    assert "does not filter" in raised.message


def test_a_list_that_is_none_is_not_taken_for_not_there() -> None:
    bodies: tuple[Any, ...] = ({"d": []}, [], {"value": None}, {})
    for body in bodies:
        assert type(caught(Said(200, body), "GET")[0]) is Unavailable


def test_redirects_are_not_followed() -> None:
    raised, server = caught(Said(302, b"", {"Location": "http://elsewhere.invalid/"}))
    assert type(raised) is Misconfigured
    assert len(server.paths("POST")) == 1


def test_no_error_shows_the_password() -> None:
    raised, _ = caught(Said(409, error("FieldInvalid", f"Wrong {SECRET} given")))
    assert SECRET not in raised.message + raised.answer + str(raised)


def test_every_request_says_json_and_signs_on() -> None:
    with serving(only(Said(409, error("FieldInvalid")))) as server:
        with pytest.raises(Rejected):
            place(server)
        assert {each.headers["Content-Type"] for each in server.asked} == {"application/json"}
        assert all(each.headers["Authorization"].startswith("Basic ") for each in server.asked)


def test_a_slow_sage_is_given_up_before_the_lease_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    with serving(only(Said(201, {"OrderNumber": "PS_1"}))) as server:
        with pytest.raises(Unavailable, match="too slow"):
            client(server.url).find("sale", "PS_1")
        with pytest.raises(Unavailable, match="too slow"):
            place(server)
        assert server.asked == []


# --- lists


def pages(link: str, *, count: object = 3) -> Callable[[Asked], Said]:
    """A list of three customers, two on the first page; ``link`` is the first page's next link."""

    def route(asked: Asked) -> Said:
        if "$metadata" in asked.path:
            return Said(404, error("ResourceNotFound"))
        if "skip=2" in asked.path:
            return Said(200, {"value": [{"CustomerNumber": "3"}]})
        first: dict[str, Any] = {"@odata.count": count, "value": [{"CustomerNumber": "1"}, {"CustomerNumber": "2"}]}
        return Said(200, first | ({"@odata.nextLink": link} if link else {}))

    return route


@pytest.mark.parametrize(
    "link",
    [
        "http://internal-name/Sage300WebApi/v1.0/-/SAMLTD/AR/ARCustomers?$count=true&$skip=2",
        "ARCustomers?%24skip=2",
        "",
    ],
    ids=["another host's name", "relative and encoded", "none, though the count says more"],
)
def test_a_list_is_read_to_its_end_on_our_own_host(link: str) -> None:
    with serving(pages(link)) as server:
        codes = [record.code for record in client(server.url).records("customer")]
        assert codes == ["1", "2", "3"]
        assert all(path.startswith("/Sage300WebApi/v1.0/-/SAMLTD/AR/") for path in server.paths("GET"))


@pytest.mark.parametrize(
    "link", ["http://h/Sage300WebApi/v1.0/-/SAMLTD/AR/ARSecrets?$skip=2", "ARCustomers?$skiptoken=abc", "ARCustomers"]
)
def test_a_link_to_somewhere_else_is_not_followed(link: str) -> None:
    with serving(pages(link)) as server, pytest.raises(Misconfigured, match="ARCustomers"):
        list(client(server.url).records("customer"))


def test_a_list_that_goes_round_in_circles_ends() -> None:
    def route(asked: Asked) -> Said:
        if "$metadata" in asked.path:
            return Said(404, error("ResourceNotFound"))
        return Said(200, {"value": [{"CustomerNumber": "1"}], "@odata.nextLink": "ARCustomers?$skip=1"})

    with serving(route) as server, pytest.raises(Unavailable):
        list(client(server.url).records("customer"))


def test_a_list_that_ends_early_is_not_complete() -> None:
    """Else the mirror would take the rest for vanished."""

    def route(asked: Asked) -> Said:
        if "$metadata" in asked.path:
            return Said(404, error("ResourceNotFound"))
        rows = [] if "skip" in asked.path else [{"CustomerNumber": "1"}]
        return Said(200, {"@odata.count": "5", "value": rows})

    with serving(route) as server, pytest.raises(Unavailable, match="1 of 5"):
        list(client(server.url).records("customer"))


# --- reading an error body


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"error":{"code":"General","message":{"lang":"en","value":" Text "}}}', ("General", "Text")),
        ('{"odata.error":{"code":"General","message":{"value":"Text"}}}', ("General", "Text")),
        ('{"error":{"code":"General","message":"Text"}}', ("General", "Text")),
        ('{"error":{"code":null}}', ("", "")),
        ('{"error":"x"}', ("", "")),
        ("[]", ("", "")),
        ("<html>", ("", "")),
        ("[" * 100_000, ("", "")),
    ],
)
def test_error_bodies_are_read_as_far_as_they_are_sages(body: str, expected: tuple[str, str]) -> None:
    assert read(body) == expected


def test_what_the_code_does_not_decide_is_left_to_the_table() -> None:
    assert Refusals().classify(409, '{"error":{"code":"Unheard"}}', "POST") is None
    assert Refusals().classify(502, "<html>", "GET") is None

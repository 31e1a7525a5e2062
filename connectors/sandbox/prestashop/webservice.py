"""The webservice itself: from a request under /api to the answer a PrestaShop gives, reads only."""

from __future__ import annotations

import base64
import hashlib
import re
import sqlite3
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlsplit

from . import render_json, render_xml
from .clock import ShopClock
from .display import read_display
from .keys import KEY_LENGTH, VERBS, Key
from .listing import Listing, read_listing
from .refusal import Crash, Refusal, unknown_name
from .render_json import JsonRenderer
from .render_xml import XmlRenderer
from .schema import VERSIONS, Resource, load_schema
from .store import Store, quoted

HTML = "text/html; charset=utf-8"
XML = "text/xml;charset=utf-8"
JSON = "application/json"
WELCOME = "Welcome to PrestaShop Webservice, please enter the authentication key as the login. No password required."
REALM = f'Basic realm="{WELCOME}"'
NEVER = {"stock_availables": ("POST", "DELETE")}


@dataclass(frozen=True)
class Request:
    """What came in; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]


@dataclass
class Answer:
    """What goes out; ``headers`` in the order sent."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Asked:
    """A request taken apart."""

    method: str
    path: list[str]
    query: dict[str, str]
    headers: dict[str, str]
    base: str

    @property
    def wants_json(self) -> bool:
        formats = (
            self.query.get("output_format"),
            self.query.get("io_format"),
            self.headers.get("output-format"),
            self.headers.get("io-format"),
        )
        return "JSON" in formats


class Webservice:
    """Answers requests from the store, as the version named would."""

    def __init__(self, store: Store, clock: ShopClock, version: str, keys: dict[str, Key]) -> None:
        self.store = store
        self.clock = clock
        self.version = version
        self.keys = keys
        self.resources = load_schema(version)
        self.switched_off = False
        self.domain: str | None = None
        self.spoilt: dict[str, frozenset[int]] = {}

    def answer(self, request: Request) -> Answer:
        """The answer to a GET or HEAD under /api (or /webservice/dispatcher.php); writes are refused."""
        parts = urlsplit(request.target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        url = query.pop("url", None) if parts.path.endswith("dispatcher.php") else parts.path.removeprefix("/api")
        path = [each for each in (url or "").split("/") if each]
        host = self.domain or request.headers.get("host", "localhost")
        asked = _Asked(request.method, path, query, request.headers, f"http://{host}/api/")
        if self._is_other_shop(request, query):
            # The front controller takes over: no word of the webservice, and a client must not follow.
            location = f"http://{host}/?url={quote('/'.join(path), safe='')}"
            return Answer(302, content_type=HTML, headers=[("Location", location)])
        secret = _secret(asked)
        if secret is None:
            return Answer(401, b"401 Unauthorized", HTML, [("WWW-Authenticate", REALM)])
        try:
            key = self._authenticated(secret)
        except Refusal as refusal:
            challenge = [("WWW-Authenticate", REALM)] if refusal.status == 401 else []
            return self._refused(asked, refusal, "0", challenge)
        try:
            return self._found(asked, self._body(asked, key))
        except Refusal as refusal:
            return self._refused(asked, refusal, VERSIONS[self.version], [])

    def _is_other_shop(self, request: Request, query: dict[str, str]) -> bool:
        if query.get("id_shop", "1") not in self._shop_ids():
            return True
        host = request.headers.get("x-forwarded-host", request.headers.get("host", ""))
        return self.domain is not None and host != self.domain

    def _shop_ids(self) -> set[str]:
        with self.store.reading() as db:
            return {"1", *(str(each[0]) for each in db.execute("SELECT id FROM shops"))}

    def _authenticated(self, secret: str) -> Key:
        if self.switched_off:
            text = "The PrestaShop webservice is disabled. Please activate it in the PrestaShop Back Office"
            raise Refusal(503, (22, text))
        if not secret:
            raise Refusal(401, (17, "Authentication key is empty"))
        if len(secret) != KEY_LENGTH:
            raise Refusal(401, (18, "Invalid authentication key format"))
        key = self.keys.get(secret)
        powerless = (21, "No permission for this authentication key")
        if key is None or not key.active:
            raise Refusal(401, (20, "Authentification key is not active"), powerless)
        if not key.everywhere and not key.rights:
            raise Refusal(401, powerless)
        return key

    def _body(self, asked: _Asked, key: Key) -> str:
        if asked.method not in VERBS:
            raise Refusal(405, (23, f"Method {asked.method} is not valid"))
        if not asked.path:
            return self._root(asked, key)
        resource = self._resource(asked, key)
        if asked.method not in ("GET", "HEAD"):
            raise Refusal(501, (1, "The sandbox shop does not take writes through the webservice; use /sandbox/"))
        with self.store.reading() as db:
            if len(asked.path) > 1:
                return self._single(db, resource, asked)
            return self._list(db, resource, asked)

    def _root(self, asked: _Asked, key: Key) -> str:
        if asked.wants_json:
            raise Crash
        shown = [(each, key.verbs(name)) for name, each in self.resources.items() if key.verbs(name)]
        shops = self.store.rows("shops")
        return render_xml.root(shown, shops[0]["name"] if shops else "Sandbox", asked.base)

    def _resource(self, asked: _Asked, key: Key) -> Resource:
        name = asked.path[0]
        if name not in self.resources:
            sentence = f'Resource of type "{name}" does not exists.'
            raise Refusal(400, (27, unknown_name(sentence, name, list(self.resources))))
        granted = key.verbs(name)
        if not granted:
            text = f'Resource of type "{name}" is not allowed with this authentication key'
            raise Refusal(401, (26, text))
        refused = f"Method {asked.method} is not allowed for the resource {name}"
        if asked.method in NEVER.get(name, ()):
            raise Refusal(405, (101, refused))
        if asked.method not in granted:
            raise Refusal(405, (25, f"{refused} with this authentication key"))
        return self.resources[name]

    def _single(self, db: sqlite3.Connection, resource: Resource, asked: _Asked) -> str:
        digits = re.match(r"\d+", asked.path[1])
        display = read_display(resource, asked.query, single=True, languages=_languages(db))
        columns = ", ".join(["associations", *map(quoted, display.names)])
        listing = Listing(where=["id = ?"], values=[int(digits[0]) if digits else 0])
        values = db.execute(listing.sql(resource.name, columns), listing.values).fetchone()
        if values is None:
            raise Refusal(404)
        if not asked.wants_json:
            return XmlRenderer(resource, display, asked.base, self._spoilt(resource)).single(values)
        renderer = JsonRenderer(resource, display, self.version, self._spoilt(resource))
        # display= turns the single entity into a list of one, and a list leaves nothing out.
        return renderer.listed([values]) if "display" in asked.query else renderer.single(values)

    def _list(self, db: sqlite3.Connection, resource: Resource, asked: _Asked) -> str:
        listing = read_listing(resource, asked.query, self.version)
        display = read_display(resource, asked.query, single=False, languages=_languages(db))
        first = "associations" if display.associations else "NULL"
        columns = ", ".join([first, *map(quoted, display.names)])
        rows = db.execute(listing.sql(resource.name, columns), listing.values)
        if asked.wants_json:
            return JsonRenderer(resource, display, self.version, self._spoilt(resource)).listed(rows)
        return XmlRenderer(resource, display, asked.base, self._spoilt(resource)).listed(rows)

    def _spoilt(self, resource: Resource) -> frozenset[int]:
        return self.spoilt.get(resource.name, frozenset())

    def _found(self, asked: _Asked, body: str) -> Answer:
        content = body.encode("utf-8", "surrogateescape")
        digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        headers = [*self._headers(VERSIONS[self.version]), ("Content-Sha1", digest)]
        if asked.headers.get("local-content-sha1") == digest:
            return Answer(304, headers=headers)
        return Answer(200, content, JSON if asked.wants_json else XML, headers)

    def _refused(self, asked: _Asked, refusal: Refusal, version: str, challenge: list[tuple[str, str]]) -> Answer:
        if isinstance(refusal, Crash):
            return Answer(500, content_type=HTML)
        headers = [*challenge, *self._headers(version)]
        if not refusal.errors:
            return Answer(refusal.status, headers=headers)
        render = render_json if asked.wants_json else render_xml
        content = render.errors(refusal.errors).encode()
        return Answer(refusal.status, content, JSON if asked.wants_json else XML, headers)

    def _headers(self, version: str) -> list[tuple[str, str]]:
        return [
            ("Access-Time", str(int(self.clock.epoch()))),
            ("X-Powered-By", "PrestaShop Webservice"),
            ("PSWS-Version", version),
            ("Execution-Time", "0.003" if version != "0" else "0"),
        ]


def _languages(db: sqlite3.Connection) -> list[int]:
    return [each[0] for each in db.execute("SELECT id FROM languages ORDER BY id")]


def _secret(asked: _Asked) -> str | None:
    """The key: user name of Basic authentication, or ws_key; None when there is neither."""
    scheme, _, encoded = asked.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(encoded).decode("utf-8").partition(":")[0]
        except ValueError:
            return ""
    return asked.query.get("ws_key")

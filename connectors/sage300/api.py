"""The verbs of the Web API on one company: lists followed to their last page, single entries, inserts, $metadata."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import inf
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from connectors import http
from connectors.answers import Response
from connectors.errors import Misconfigured, Rejected, Unavailable
from connectors.sage300 import metadata
from connectors.sage300.assumptions import Assumptions
from connectors.sage300.refusals import RECORD_NOT_FOUND, RESOURCE_NOT_FOUND, Refusals
from connectors.sage300.wire import Row, encode, envelope, equals, key, plain, trimmed
from connectors.words import Words, words

Key = str | int | Mapping[str, str | int]

_APPLICATION = "/Sage300WebApi"  # the IIS application's usual path (sage300.md 1)
_HEADERS = {
    # Without the content type some servers answer 500, whatever the verb (sage300.md 1).
    "Content-Type": "application/json",
    "Accept": "application/json, application/xml;q=0.5",
}


class Api:
    """One HTTP session with one company; reads $metadata of a module once, when it is first needed."""

    def __init__(
        self, *, url: str, org_id: str, user: str, password: str, assumptions: Assumptions, ca_bundle: str
    ) -> None:
        self.assumptions = assumptions
        refused_early = frozenset(assumptions.refused_before_working)
        self.session = http.Session(
            f"{_root(url, org_id)}/v1.0/-/{quote(org_id, safe='')}",
            auth=(user, password),
            headers=_HEADERS,
            verify=ca_bundle or True,
            refuses_before_working=refused_early,
            classify=Refusals(assumptions.sign_on_first, refused_early).classify,
        )
        self._modules: dict[str, metadata.Metadata | None] = {}
        self._until = inf

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Inside, no request begins later than this (or than an outer limit): Unavailable, and nothing is sent."""
        before = self._until
        self._until = min(before, time.monotonic() + seconds)
        try:
            yield
        finally:
            self._until = before

    def late(self, seconds: float) -> bool:
        """Whether in so many seconds no request may begin any more."""
        return time.monotonic() + seconds >= self._until

    def entries(self, resource: str, where: str = "", *, select: tuple[str, ...] = ()) -> Iterator[Row]:
        """Every row of a list ("AR/ARCustomers"), trimmed, in the server's order.

        Ends only when as many rows came as the list had at its start; else the list changed meanwhile and rows may
        have slipped between two pages: Unavailable, to be read again.
        """
        query = {"$count": "true"} | ({"$filter": where} if where else {}) | _select(select)
        read, count, seen = 0, None, set()
        skip: str | None = ""
        while skip is not None:
            answer = self._get(_address(resource, query | ({"$skip": skip} if skip else {})))
            page = envelope(answer.json())
            if page is None or skip in seen:
                raise answer.unreadable(_unknown_form(resource))
            seen.add(skip)
            yield from page.rows
            read += len(page.rows)
            count = page.count if count is None else count
            short = count is not None and read < count
            if short and not page.rows:
                ended = words(
                    "the list %(resource)s ended after %(read)s of %(count)s rows",
                    resource=resource,
                    read=read,
                    count=count or 0,
                )
                raise answer.unreadable(ended)
            skip = _next(resource, page.next) if page.next else (str(read) if short else None)

    def some(self, resource: str, where: str = "", *, top: int = 5) -> list[Row]:
        """The first few rows of a list, in one request."""
        query = ({"$filter": where} if where else {}) | {"$top": str(top)}
        answer = self._get(_address(resource, query))
        page = envelope(answer.json())
        if page is None:
            raise answer.unreadable(_unknown_form(resource))
        return page.rows

    def entry(self, resource: str, value: Key) -> Row | None:
        """One entry by its key, a composite one by the names of its parts; None when it is not there."""
        try:
            answer = self._get(resource + self._place(value))
        except Rejected as refusal:
            if refusal.code == RECORD_NOT_FOUND:
                return None
            raise
        row = answer.json()
        if not isinstance(row, dict):
            raise answer.unreadable()
        # A few builds wrap the single entry in a list of one.
        inner = envelope(row)
        return (inner.rows[0] if inner.rows else None) if inner else trimmed(row)

    def look(self, resource: str, name: str, code: str) -> Row | None:
        """One entry by its code: by key where it may stand in an address, else by a filter on the key ``name``."""
        if plain(code):
            return self.entry(resource, code)
        return next(iter(self.some(resource, equals(**{name: code}))), None)

    def insert(self, resource: str, body: Mapping[str, Any], proof: str) -> Row:
        """Insert one record; the entity as created, which must carry the property ``proof``. Sent once."""
        self._in_time()
        answer = self.session.send("POST", resource, encode(body))
        created = trimmed(answer.json())
        if not isinstance(created, dict) or not created.get(proof):
            raise answer.unreadable(words("the answer does not show the document"))
        return created

    def change(self, resource: str, value: Key, body: Mapping[str, Any]) -> None:
        """PATCH one entry. Sent once; its answer tells nothing (sage300.md 2), so look whether it was done."""
        self._in_time()
        self.session.send("PATCH", resource + self._place(value), encode(body))

    def shape(self, resource: str) -> metadata.Shape | None:
        """Keys and properties of a resource; None when this installation lacks it or does not tell."""
        module, _, name = resource.partition("/")
        known = self.module(module)
        return known.shape(name) if known else None

    def known_to_lack(self, resource: str) -> bool:
        """As ``lacks``, from what was read already; asks nothing."""
        module, _, name = resource.partition("/")
        known = self._modules.get(module)
        return known is not None and known.shape(name) is None

    def lacks(self, resource: str) -> bool:
        """Whether $metadata says that this installation does not have the resource."""
        module, _, name = resource.partition("/")
        known = self.module(module)
        return known is not None and known.shape(name) is None

    def unknown(self, resource: str, body: Mapping[str, Any]) -> list[str]:
        """The properties of a body that this installation does not have; none when it does not tell."""
        module, _, name = resource.partition("/")
        known = self.module(module)
        shape = known.shape(name) if known else None
        return list(dict.fromkeys(known.unknown(shape, body))) if known and shape else []

    def module(self, module: str) -> metadata.Metadata | None:
        """$metadata of a module, read once; None when it cannot be read or understood."""
        if module not in self._modules:
            try:
                self._modules[module] = metadata.parse(self._get(f"{module}/$metadata").body)
            except (Misconfigured, Rejected) as error:
                if isinstance(error, Misconfigured) and error.status != 404 and error.code != RESOURCE_NOT_FOUND:
                    raise
                self._modules[module] = None
        return self._modules[module]

    def _place(self, value: Key) -> str:
        style = self.assumptions.key_quotes
        if isinstance(value, Mapping):
            parts = ",".join(f"{name}={key(part, style)}" for name, part in value.items())
        else:
            parts = key(value, style)
        return quote(f"({parts})", safe="()',=")

    def _get(self, path: str) -> Response:
        self._in_time()
        return self.session.get(path)

    def _in_time(self) -> None:
        if self.late(0):
            raise Unavailable(
                words(
                    "%(host)s is too slow at the moment. It is tried again by itself; if this lasts, look what keeps "
                    "Sage's server busy.",
                    host=self.session.host,
                )
            )


def _unknown_form(resource: str) -> Words:
    return words("the list %(resource)s came in an unknown form", resource=resource)


def _root(url: str, org_id: str) -> str:
    """The Web API's root from what people enter: with or without the application, the version and the company."""
    root = url.strip().rstrip("/")
    for tail in (f"/{org_id}", "/-", "/v1.0"):
        if root.lower().endswith(tail.lower()):
            root = root[: -len(tail)]
    return root if urlsplit(root).path.strip("/") else root + _APPLICATION


def _address(resource: str, query: Mapping[str, str]) -> str:
    # By hand and with %20: "+" for a blank is not read as one by every OData server.
    return f"{resource}?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())


def _select(names: tuple[str, ...]) -> dict[str, str]:
    return {"$select": ",".join(names)} if names else {}


def _next(resource: str, link: str) -> str:
    """``$skip`` of a next link. Only that is taken: host and path stay ours, whoever wrote the link (sage300.md 4)."""
    parts = urlsplit(link)
    skip = parse_qs(parts.query).get("$skip", [""])[0]
    if not skip.isdigit() or parts.path.rpartition("/")[2] != resource.rpartition("/")[2]:
        raise Misconfigured(
            words(
                "Sage continues the list %(resource)s at a place that is not understood. Update Sage's Web API, or "
                "have its answer looked at by support.",
                resource=resource,
            )
        )
    return skip

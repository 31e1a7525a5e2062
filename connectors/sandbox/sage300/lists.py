"""A page of a list: rows found by index where the filter allows, tested, cut to the page, with count and next link."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from .books import Books
from .models import MODELS, Model
from .odata import Query
from .resources import Resource, sort_key
from .wire import Entity, dumps, loads


def page(books: Books, resource: Resource, query: Query, base: str, options: str) -> str:
    """The answer's body, one look: no write comes between its rows and their count.

    ``base`` is the URL up to the company, ``options`` the query as asked.
    """
    with books.store.lock:
        return _page(books, resource, query, base, options)


def _page(books: Books, resource: Resource, query: Query, base: str, options: str) -> str:
    size = int(books.options["page_size"])
    wanted = min(size, query.top) if query.top is not None else size
    rows = _rows(books, resource, query)
    shown: list[str] = []
    more = False
    for text in rows:
        if len(shown) == wanted:
            more = True
            break
        shown.append(_shown(books, resource, query, text))
    names = f"({','.join(query.select)})" if query.select else ""
    prefix = "odata" if books.options["old_envelope"] else "@odata"
    parts = [f'"{prefix}.context":{dumps(f"{base}/{resource.module}/$metadata#{resource.name}{names}")}']
    if query.count:
        count = _count(books, resource, query)
        parts.append(f'"{prefix}.count":{dumps(str(count) if prefix == "odata" else count)}')
    parts.append(f'"value":[{",".join(shown)}]')
    if more and (query.top is None or query.top > wanted):
        link = f"{base}/{resource.module}/{resource.name}?{_next(query, options, wanted)}"
        parts.append(f'"{prefix}.nextLink":{dumps(link)}')
    return "{" + ",".join(parts) + "}"


def _rows(books: Books, resource: Resource, query: Query, *, all_rows: bool = False) -> Iterator[str]:
    """Matching bodies in key order, without the first ``$skip``."""
    store, company = books.store, books.company
    skip = 0 if all_rows else query.skip
    if query.test is None:
        yield from store.texts(company, resource, skip=skip)
        return
    above = ""
    if (
        len(resource.keys) == 1
        and resource.keys[0] in query.above
        and resource.model.properties[resource.keys[0]].kind == "I"
    ):
        above = sort_key((max(int(query.above[resource.keys[0]]), 0),))
    words = [_word(resource, branch) for branch in query.branches]
    if len(words) > 1 and all(words):
        texts: Iterable[str] = _united(books, resource, words)
    else:
        texts = store.texts(company, resource, word=words[0] if len(words) == 1 else None, above=above)
    for text in texts:
        if query.test(loads(text)):
            if skip:
                skip -= 1
            else:
                yield text


def _word(resource: Resource, equal: dict[str, Any]) -> tuple[str, str] | None:
    """The first of the comparisons that an index answers."""
    return next(((name, str(equal[name])) for name in resource.words if name in equal), None)


def _united(books: Books, resource: Resource, words: Sequence[tuple[str, str] | None]) -> list[str]:
    """The bodies that have any of these words, each once, in key order."""
    found = {}
    for word in words:
        for text in books.store.texts(books.company, resource, word=word):
            found[sort_key(resource.key(loads(text)))] = text
    return [found[key] for key in sorted(found)]


def _count(books: Books, resource: Resource, query: Query) -> int:
    if query.test is None:
        return books.store.count(books.company, resource)
    return sum(1 for _ in _rows(books, resource, query, all_rows=True))


def _next(query: Query, options: str, given: int) -> str:
    kept = [(name, value) for name, value in parse_qsl(options) if name not in ("$skip", "$top")]
    if query.top is not None:
        kept.append(("$top", str(query.top - given)))
    return urlencode([*kept, ("$skip", str(query.skip + given))], safe="$'(),")


def _shown(books: Books, resource: Resource, query: Query, text: str) -> str:
    hidden = "OrderDetails" if resource.name == "OEOrders" and not books.options["list_details"] else ""
    if not (query.select or hidden or books.options["padded"]):
        return text
    entity: Entity = loads(text)
    if query.select:
        entity = {name: entity[name] for name in query.select}
    if hidden and not query.select:
        del entity[hidden]
    return dumps(padded(resource.model, entity) if books.options["padded"] else entity)


def padded(model: Model, entity: Entity) -> Entity:
    """Texts filled with blanks to their width, as the fixed-width columns below hold them."""
    return {name: _padded(model, name, value) for name, value in entity.items()}


def _padded(model: Model, name: str, value: Any) -> Any:
    known = model.properties[name]
    if known.kind in "SU":
        return value.ljust(known.size)
    if known.kind == "C":
        return [padded(MODELS[known.item], row) for row in value]
    return value

"""Lists of the webservice: asked with every guard that reading needs, and halved until a broken object is alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connectors.answers import Response
from connectors.errors import Unavailable
from connectors.http import TRIES, Session
from connectors.prestashop.parse import Row, Unreadable, rows
from connectors.prestashop.refusals import api_address, classify
from connectors.types import Raw
from connectors.words import Words, words

IDS_PER_REQUEST = 100
FILTER_LENGTH = 2500  # characters; with the longest display list an address stays below 4 KB (prestashop.md C12)

# Between the brackets these would make a list, a range or a pattern of a text.
NOT_IN_A_FILTER = frozenset("[]|,%")

# An answer came, but nobody can read it: one broken object may be the cause. 500 is often PHP's fatal error over it.
MAYBE_ONE_OBJECT = frozenset({200, 500})


@dataclass
class Found:
    """Raws by the value that was asked for (lower case), and why the objects of a value could not be read."""

    raws: dict[str, list[Raw]] = field(default_factory=dict)
    faults: dict[str, Words] = field(default_factory=dict)
    sound: bool = False  # at least one answer could be read


class Webservice:
    """One shop's webservice, read only. ``shop_now`` is the shop's clock (aware, UTC) at the last answer."""

    def __init__(self, url: str, key: str, shop_id: int, ca_bundle: str = "") -> None:
        self.session = Session(api_address(url), auth=(key, ""), verify=ca_bundle or True, classify=classify)
        self.shop_id = shop_id
        self.shop_now = datetime.now(UTC)

    def get(self, path: str, params: Mapping[str, str], *, tries: int = TRIES) -> Response:
        """One GET; notes the shop's clock."""
        answer = self.session.get(path, params, tries=tries)
        self.shop_now = clock(answer.headers)
        return answer

    def rows(
        self,
        resource: str,
        *,
        display: str = "full",
        filters: Mapping[str, str] | None = None,
        sort: str = "id_ASC",
        limit: int | None = None,
        dated: bool = False,
        tries: int = TRIES,
    ) -> list[Row]:
        """One list, always sorted (prestashop.md C7); ``dated`` when a date field is filtered or sorted (C1).

        ``filters`` come in the webservice's own syntax. Each row has a whole ``id``; an answer in which one has not
        is unreadable, an Unavailable with status 200.
        """
        params = {"output_format": "JSON", "display": display, "sort": f"[{sort}]", "id_shop": str(self.shop_id)}
        params |= {f"filter[{name}]": value for name, value in (filters or {}).items()}
        if dated:
            params["date"] = "1"
        if limit is not None:
            params["limit"] = str(limit)
        answer = self.get(resource, params, tries=tries)
        try:
            found = rows(answer.text(), resource)
            if not all(number(row.get("id")) for row in found):
                raise Unreadable(words("a row has no id"))
        except Unreadable as error:
            why = words("the list of %(resource)s cannot be read (%(why)s)", resource=resource, why=error.why)
            raise answer.unreadable(why) from None
        return found

    def by(self, resource: str, name: str, values: Collection[str], display: str = "full", **filters: str) -> Found:
        """All rows whose field ``name`` is one of ``values``, many in one request.

        An answer that cannot be read is asked for in halves until the broken object is alone; that value gets a
        fault. If no answer at all can be read, the shop is what is broken: Unavailable.
        """
        found = Found()
        for chunk in chunks(sorted(set(values))):
            self._halves(resource, name, chunk, display, filters, found, TRIES)
        return found

    def orders_of(self, references: Collection[str]) -> dict[str, list[int]]:
        """This shop's order ids under each reference (lower case), in one request; a split cart has several."""
        askable = {each for each in references if is_askable(each)}
        found = self.by("orders", "reference", askable, "[id,reference]", id_shop=f"[{self.shop_id}]")
        return {each: sorted(raw.id for raw in raws) for each, raws in found.raws.items()}

    def _halves(
        self,
        resource: str,
        name: str,
        values: list[str],
        display: str,
        filters: Mapping[str, str],
        found: Found,
        tries: int,
    ) -> None:
        try:
            asked = {name: f"[{'|'.join(values)}]", **filters}
            got = self.rows(resource, display=display, filters=asked, tries=tries)
            if not all(isinstance(row.get(name), str) for row in got):
                without = words("The list of %(resource)s has rows without %(name)s.", resource=resource, name=name)
                raise Unavailable(without, status=200)
        except Unavailable as error:
            if error.status not in MAYBE_ONE_OBJECT:
                raise
            if len(values) > 1:
                middle = len(values) // 2
                self._halves(resource, name, values[:middle], display, filters, found, 1 if middle > 1 else TRIES)
                self._halves(resource, name, values[middle:], display, filters, found, 1 if middle > 1 else TRIES)
                return
            if not found.sound:
                self._sound_or_raise(resource, error)
                found.sound = True
            found.faults[values[0].casefold()] = words(
                "The shop's answer for %(resource)s with %(name)s %(value)s cannot be read. Look at it in the shop "
                "(odd characters, a module's warning), correct it, then check the order again.",
                resource=resource,
                name=name,
                value=values[0],
            )
            return
        found.sound = True
        wanted = {value.casefold() for value in values}
        for row in got:
            key = str(row[name]).casefold()
            if key in wanted:
                found.raws.setdefault(key, []).append(Raw(resource, int(row["id"]), row))

    def _sound_or_raise(self, resource: str, error: Unavailable) -> None:
        """Blame one object only if the resource can be listed at all."""
        try:
            self.rows(resource, display="[id]", limit=1, tries=1)
        except Unavailable:
            raise error from None


def is_askable(text: str) -> bool:
    """Whether a text can stand between the brackets of a filter as itself."""
    return bool(text.strip()) and not NOT_IN_A_FILTER & set(text)


def number(value: object) -> int:
    """A positive whole number written as text, else 0."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    return 0


def chunks(values: list[str]) -> Iterator[list[str]]:
    """Pieces small enough for one address."""
    chunk: list[str] = []
    length = 0
    for value in values:
        if chunk and (len(chunk) == IDS_PER_REQUEST or length + len(value) + 3 > FILTER_LENGTH):
            yield chunk
            chunk, length = [], 0
        chunk.append(value)
        length += len(value) + 3  # the bar between two values is sent as %7C
    if chunk:
        yield chunk


def clock(headers: Mapping[str, str]) -> datetime:
    """The server's clock: Access-Time (epoch), else Date; without either, ours."""
    text = headers.get("Access-Time", "").strip()
    if text.isdigit() and 946_684_800 < int(text) < 7_258_118_400:
        return datetime.fromtimestamp(int(text), UTC)
    try:
        return parsedate_to_datetime(headers.get("Date", "")).astimezone(UTC)
    except (TypeError, ValueError):
        return datetime.now(UTC)

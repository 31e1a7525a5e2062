"""Batches of Accounts Receivable that entries are added to while they are open: receipts, and refunds.

A batch is one shop, bank and day; its description is the caller's key, with " 2", " 3" … added when a former batch of
the key takes no more entries. Nothing in Sage keeps two writers from making two batches of one key: that there is one
writer at a time is the caller's promise (one push per company).

An entry can be read only with its whole batch: the Web API filters no details and gives no version of a record
(sage300.md 4). So the entries that were read are remembered for a while, and a look asks for the batches' headers
alone: it takes what is remembered only while the header still counts the same. Whatever another process or a person
adds meanwhile changes the counts, and the batch is read again; a new process remembers nothing. What remains is one
reading of the batch per write, the proof that Sage took the entry: its answer to PATCH tells nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from connectors.errors import ConnectorError, OutcomeUnknown, Rejected
from connectors.sage300.api import Api
from connectors.sage300.refusals import GENERAL
from connectors.sage300.wire import Row, details, equals, filter_day, quoted, text, whole_number
from connectors.sage300.writing import BATCH, asked_for
from connectors.types import Document
from connectors.words import Words, words


@dataclass(frozen=True)
class Shape:
    """How one resource names things: its description, its entries and the property of an entry that has our reference.

    ``fixed`` are key properties that are the same for all batches; ``header`` what is asked for when no entries are;
    ``counts`` what of it changes with the entries (none: no entries are remembered).
    """

    what: Words
    resource: str
    description: str
    entries: str
    reference: str
    header: tuple[str, ...]
    fixed: Mapping[str, str] = field(default_factory=dict)
    counts: tuple[str, ...] = ()


REMEMBERED = 60.0
"""Seconds for which the entries of a batch are remembered."""


@dataclass(frozen=True)
class _Known:
    """A batch as it was read, its counts then, and until when it is remembered (monotonic seconds)."""

    batch: Row
    counts: tuple[str, ...]
    until: float


class Batches:
    """The batches of one resource of one company; ``read`` makes a Document of a batch and its entry."""

    def __init__(self, api: Api, shape: Shape, read: Callable[[Row, Row], Document]) -> None:
        self.api, self.shape, self.read = api, shape, read
        self._known: dict[int, _Known] = {}

    def carrying(self, reference: str, name: str = "") -> Iterator[Document]:
        """Entries with our reference in the batches of a key; without one in all batches that are not posted."""
        for batch in self._whole(name) if name else self._unposted():
            for entry in self.entries(batch):
                if self._is(entry, reference):
                    yield self.read(batch, entry)

    def since(self, day: date) -> Iterator[Document]:
        """The entries of all batches dated on or after the day."""
        start = filter_day(day, self.api.assumptions.filter_style)
        for batch in self.api.entries(self.shape.resource, self._where(f"BatchDate ge {start}")):
            if not _deleted(batch):
                yield from (self.read(batch, entry) for entry in self.entries(batch))

    def entry(self, key: str) -> Document | None:
        """By "batch/entry", or None."""
        number, _, place = key.partition("/")
        batch = self.batch(int(number)) if number.isdigit() and place.isdigit() else None
        if batch is None:
            return None
        found = next((each for each in self.entries(batch) if whole_number(each, "EntryNumber") == int(place)), None)
        return self.read(batch, found) if found else None

    def hand_over(self, name: str) -> int:
        """Mark every open batch of the key that has entries as ready to post; how many were marked now."""
        marked = 0
        for batch in self.of(name):
            if self.is_open(batch) and self.entries(batch):
                self.api.change(
                    self.shape.resource, self._key(batch), {"BatchStatus": self.api.assumptions.batch_ready}
                )
                marked += 1
        return marked

    def of(self, name: str, *, select: bool = False) -> list[Row]:
        """All batches of a key, posted ones too; deleted ones left out."""
        where = self._where(f"startswith({self.shape.description},{quoted(name)})")
        names = tuple(dict.fromkeys((*self.shape.header, *self.shape.counts))) if select else ()
        rows = list(self.api.entries(self.shape.resource, where, select=names))
        for row in rows:
            told = {"Description": self._name(row)[: len(name)]}
            asked_for(told, ("Description",), name, BATCH)
        return [row for row in rows if self._place(name, row) and not _deleted(row)]

    def batch(self, number: int) -> Row | None:
        """One batch by its number."""
        fixed = self.shape.fixed
        return self.api.entry(self.shape.resource, {**fixed, "BatchNumber": number} if fixed else number)

    def entries(self, batch: Row) -> list[Row]:
        """The entries, read by key when a list left them out."""
        entries = list(details(batch, self.shape.entries))
        if entries or not whole_number(batch, "NumberOfEntries"):
            return entries
        return list(details(self.batch(whole_number(batch, "BatchNumber")) or {}, self.shape.entries))

    def is_open(self, batch: Row) -> bool:
        """Whether it takes entries."""
        return text(batch, "BatchStatus") in self.api.assumptions.batch_open

    def enter(
        self,
        name: str,
        header: Row,
        entry: Row,
        fits: Callable[[Row], bool],
        refused: set[int],
        avoided: Iterable[int] = (),
    ) -> Document:
        """Add the entry to the newest open batch of the key that ``fits`` and is not ``avoided``, or make the next one.

        ``refused`` learns the numbers of batches that Sage has locked. All four errors.
        """
        batches = self.of(name, select=True)
        shut = set(avoided)
        usable = [
            row for row in batches if self.is_open(row) and fits(row) and whole_number(row, "BatchNumber") not in shut
        ]
        if not usable:
            made = header | {self.shape.description: self._next(name, batches), self.shape.entries: [entry]}
            row = self.api.insert(self.shape.resource, made, "BatchNumber")
            return self._entered(row, entry) or self._seen(whole_number(row, "BatchNumber"), entry)
        newest = max(usable, key=lambda row: (self._place(name, row), whole_number(row, "BatchNumber")))
        number = whole_number(newest, "BatchNumber")
        try:
            change = {self.shape.entries: [{"UpdateOperation": "Insert"} | entry]}
            self.api.change(self.shape.resource, self._key(newest), change)
        except Rejected as refusal:
            if refusal.code == GENERAL:
                refused.add(number)
            raise
        return self._seen(number, entry)

    # --- inside

    def _whole(self, name: str) -> Iterator[Row]:
        """All batches of a key with their entries; those that are remembered and count the same are not read again."""
        if not any(known.until > time.monotonic() for known in self._known.values()):
            yield from self.of(name)
            return
        for header in self.of(name, select=True):
            number = whole_number(header, "BatchNumber")
            known = self._known.get(number)
            if known is None or known.until < time.monotonic() or known.counts != self._counted(header):
                batch = self.batch(number)
                if batch is not None:
                    self._remember(batch)
                    yield batch
            else:
                yield known.batch

    def _remember(self, batch: Row) -> None:
        """Not a batch that does not tell its counts, or whose entries are not all there: it may be changing now."""
        counts = self._counted(batch)
        if counts and all(counts) and whole_number(batch, "NumberOfEntries") == len(self.entries(batch)):
            until = time.monotonic() + REMEMBERED
            self._known[whole_number(batch, "BatchNumber")] = _Known(batch, counts, until)

    def _counted(self, batch: Row) -> tuple[str, ...]:
        return tuple(text(batch, name) for name in self.shape.counts)

    def _seen(self, number: int, entry: Row) -> Document:
        """The entry just written. Until it is seen its outcome is unknown: an answer to PATCH tells nothing."""
        what = self.shape.what
        try:
            batch = self.batch(number)
        except ConnectorError as error:
            unasked = words(
                "Sage took the document (%(what)s) into batch %(batch)s but could not be asked for it: %(why)s",
                what=what,
                batch=number,
                why=error.message,
            )
            raise OutcomeUnknown(
                unasked,
                code=error.code,
                status=error.status,
                answer=error.answer,
            ) from error
        if batch and (document := self._entered(batch, entry)):
            self._remember(batch)
            return document
        raise OutcomeUnknown(
            words(
                "Sage took %(reference)s (%(what)s) into batch %(batch)s, but does not show it there. It is looked up "
                "before anything is sent again.",
                reference=str(entry[self.shape.reference]),
                what=what,
                batch=number,
            )
        )

    def _entered(self, batch: Row, entry: Row) -> Document | None:
        """The newest entry with our number."""
        reference = str(entry[self.shape.reference])
        ours = [row for row in details(batch, self.shape.entries) if self._is(row, reference)]
        return self.read(batch, max(ours, key=lambda row: whole_number(row, "EntryNumber"))) if ours else None

    def _unposted(self) -> Iterator[Row]:
        for status in (self.api.assumptions.batch_open[0], self.api.assumptions.batch_ready):
            yield from self.api.entries(self.shape.resource, equals(**self.shape.fixed, BatchStatus=status))

    def _where(self, condition: str) -> str:
        return f"{equals(**self.shape.fixed)} and {condition}" if self.shape.fixed else condition

    def _key(self, batch: Row) -> dict[str, str | int] | int:
        number = whole_number(batch, "BatchNumber")
        return {**self.shape.fixed, "BatchNumber": number} if self.shape.fixed else number

    def _is(self, entry: Row, reference: str) -> bool:
        return text(entry, self.shape.reference).casefold() == reference.casefold()

    def _name(self, batch: Row) -> str:
        return text(batch, self.shape.description)

    def _place(self, name: str, batch: Row) -> int:
        """1 for the first batch of a key, 2 for its second …; 0 for another key that begins alike."""
        description = self._name(batch)
        if description.casefold() == name.casefold():
            return 1
        found = re.fullmatch(r" (\d{1,2})", description[len(name) :])
        return int(found[1]) if found else 0

    def _next(self, name: str, batches: Iterable[Row]) -> str:
        place = max((self._place(name, row) for row in batches), default=0) + 1
        return name if place == 1 else f"{name} {place}"


def _deleted(batch: Row) -> bool:
    return text(batch, "BatchStatus") in ("Deleted", "4")


def in_order(document: Document) -> tuple[date, list[str]]:
    """By day, then batch and entry; what has no day first."""
    return document.date or date.min, [part.zfill(12) for part in document.key.split("/")]

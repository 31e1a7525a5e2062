"""The two ports: what a step may ask of a shop and of Sage; each edition is one class that keeps this contract."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from connectors.types import Document, Exchange, Figure, Finding, Page, Position, Raw, Record, ShopOrder, Snapshot


class Shop(Protocol):
    """A shop, read. Every call may raise Unavailable or Misconfigured; no call changes anything in the shop.

    One thread at a time asks; ``local``, ``text`` and ``read_order`` ask nobody and may be called beside it.
    """

    def now(self) -> datetime:
        """The shop's own clock, aware (UTC)."""

    def local(self, text: str) -> datetime:
        """Shop-local text "YYYY-MM-DD HH:MM:SS" as an aware time; an ambiguous hour is taken as its first turn."""

    def text(self, when: datetime) -> str:
        """An aware time as the shop would write it."""

    def changed(self, stream: str, position: Position) -> Iterator[Page]:
        """Rows at or after ``position``, oldest first, in pages; inclusive, so the last rows come again.

        ``stream`` is "orders" (by date_upd, id), "payments" or "refunds" (by id). More rows in one second than a page
        are paged by id. A page's ``after`` never lies beyond the shop's clock as seen at the request; rows dated in the
        future are in the page all the same.
        """

    def highest(self, stream: str) -> int:
        """The highest id in the stream, 0 when it is empty: below our mark means that the shop was restored."""

    def snapshots(self, order_ids: Sequence[int]) -> Iterator[Snapshot]:
        """Everything about these orders, in the order asked; ids the shop does not know are left out.

        A broken object loses only its own order: that Snapshot carries ``fault`` and the raws that could be read.
        """

    def figures(self, stream: str, first: date, last: date) -> Iterator[Figure]:
        """All rows of a stream made in these shop-local days, both included, in few figures and few requests; by id.

        ``stream`` as in ``changed``. What cannot be read is there with its ``fault``; other shops' rows are not.
        """

    def read_order(self, raws: Iterable[Raw]) -> ShopOrder:
        """The order the raws describe. Pure: asks nobody. Raises Rejected with a place when it is not understood."""

    def doctor(self) -> Iterator[Finding]:
        """Try what the bridge needs and say in plain words what works and what is missing."""


class Sage(Protocol):
    """One company in one edition of Sage. Reads raise Unavailable or Misconfigured; ``place`` all four errors."""

    @property
    def can(self) -> frozenset[str]:
        """What this edition and installation can do: "find", "sale", "customer", "receipt", "credit note" …

        "unique reference": Sage itself refuses a second document under the same reference; never so for receipts.
        """

    def listen(self, listener: Callable[[Exchange], None]) -> None:
        """From now on tell each exchange with Sage as it ends, whatever came of it."""

    widths: Mapping[str, int]
    """Longest text per field of ours: "ship_to.name", "ship_to.lines", "description" … (data per edition)."""

    def find(self, kind: str, reference: str, hint: Mapping[str, Any] | None = None) -> Document | None:
        """The document that carries OUR reference, or None.

        ``hint`` is what was prepared for it, when known: it spares the edition from looking everywhere (a receipt's
        batch), and does not change what is looked for.
        """

    def place(self, kind: str, prepared: Mapping[str, Any]) -> Document:
        """Create one document, whole or not at all; ``prepared`` is ``plain()`` of what it is.

        Never repeats a write by itself. OutcomeUnknown when it cannot be known whether it exists now; Unsupported when
        this installation's API takes no such document, so that a person has to enter it.
        """

    def documents(self, kind: str, since: date) -> Iterator[Document]:
        """All documents of a kind dated on or after ``since``, paged, without lines."""

    def document(self, kind: str, key: str) -> Document | None:
        """One document by Sage's own key, with lines, or None."""

    def numbered(self, kind: str, number: str) -> Document | None:
        """One document by the number that people read in Sage, whoever entered it; or None."""

    def release(self, batch: str) -> int:
        """Hand the open receipt batches of this description over to be posted; how many. Harmless when done again."""

    def processed(self, invoice_number: str) -> bool:
        """Whether Sage has carried the invoice on to the customer's account (Sage 300: Day End, then posted)."""

    def records(self, kind: str) -> Iterator[Record]:
        """All master records of a kind (RECORD_KINDS); ends only when the last page was read."""

    def record(self, kind: str, code: str) -> Record | None:
        """One master record now, or None; the fresh facts of a customer or item are read with this."""

    def customers_with(self, field: str, values: Sequence[str]) -> list[Record]:
        """The customers now whose "email" or "vat_number" is written as one of these few values; for a new buyer."""

    def doctor(self) -> Iterator[Finding]:
        """Try what the bridge needs and say in plain words what works and what is missing."""

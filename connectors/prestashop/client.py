"""The PrestaShop end of the Shop port: one object for one shop, reading only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from connectors.errors import Misconfigured, Rejected
from connectors.prestashop import changes, doctor, figures, snapshots
from connectors.prestashop.fields import local
from connectors.prestashop.lookups import Lookups
from connectors.prestashop.orders import read_order
from connectors.prestashop.webservice import Webservice
from connectors.types import Figure, Finding, Page, Position, Raw, ShopOrder, Snapshot
from connectors.words import words


class PrestaShop:
    """The contract is ``connectors.ports.Shop``; the traps it knows are those of the webservice of 8.2 and 9.1.

    ``url`` is the shop's address, with or without /api; ``time_zone`` its PS_TIMEZONE; ``list_size`` rows of a
    stream's page. Small tables (states, taxes, carriers …) are kept while the object lives, so make a new one for
    each sweep. Asking is not safe for two threads at once.
    """

    def __init__(
        self, *, url: str, key: str, time_zone: str, shop_id: int = 1, list_size: int = 50, ca_bundle: str = ""
    ) -> None:
        self._webservice = Webservice(url, key, shop_id, ca_bundle)
        self._lookups = Lookups(self._webservice)
        self._list_size = list_size
        self.zone = _zone(time_zone)

    def now(self) -> datetime:
        """The shop's own clock, aware (UTC): the server's Access-Time, asked for with the smallest list."""
        self._webservice.rows("orders", display="[id]", limit=1)
        return self._webservice.shop_now

    def local(self, text: str) -> datetime:
        """Shop-local text as UTC; an ambiguous hour is its first turn. Rejected when it is no date and time."""
        try:
            return local(text, self.zone)
        except ValueError:
            raise Rejected(
                words("“%(text)s” is no date and time of the shop. Enter it as 2026-11-30 14:05:00.", text=text[:40])
            ) from None

    def text(self, when: datetime) -> str:
        """An aware time as the shop would write it."""
        return when.astimezone(self.zone).replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")

    def changed(self, stream: str, position: Position) -> Iterator[Page]:
        """Pages of "orders", "payments" or "refunds" from a position on; see the port."""
        if stream == "orders":
            return changes.order_pages(self._webservice, position, self._list_size, self.text)
        return changes.id_pages(self._webservice, stream, position, self._list_size)

    def highest(self, stream: str) -> int:
        """The highest id in the stream, 0 when it is empty."""
        return changes.highest(self._webservice, stream)

    def snapshots(self, order_ids: Sequence[int]) -> Iterator[Snapshot]:
        """Everything about these orders, in the order asked; see the port."""
        return snapshots.snapshots(self._webservice, self._lookups, order_ids)

    def figures(self, stream: str, first: date, last: date) -> Iterator[Figure]:
        """The rows of a stream made in these days, in few figures; see the port."""
        return figures.figures(self._webservice, self._lookups, stream, first, last)

    def read_order(self, raws: Iterable[Raw]) -> ShopOrder:
        """The order the raws describe; asks nobody. Rejected, with a place, when it is not understood."""
        return read_order(raws, self.zone)

    def doctor(self) -> Iterator[Finding]:
        """What works and what is missing, in plain words."""
        return doctor.examine(self, self._webservice, self.zone.key)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError; a path or folder the others
        raise Misconfigured(
            words(
                "The time zone “%(name)s” is not known. Enter the shop's own as under International > Localization, "
                "for example Europe/Paris.",
                name=name,
            )
        ) from None

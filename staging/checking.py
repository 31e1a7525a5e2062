"""Reading staged orders and judging them, a batch at a time; nothing is written here but what the mirror learns.

The check (``validate``) writes down what comes out; a forecast only tells it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone
from django.utils.translation import override

from connectors import open_sage, open_shop
from connectors.errors import Rejected
from connectors.models import Shop
from connectors.types import Raw, ShopOrder
from connectors.words import joined
from mappings.models import SPOKEN
from mappings.resolve import CustomerMatch, ItemMatch, Resolver, Unclear
from staging.checks import Case, Twin, twins
from staging.corrections import Corrected, lay
from staging.judging import Judgement, judge, unreadable
from staging.live import BUYER, Looks
from staging.models import RawRecord, StagedOrder
from staging.wanted import posted

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Judged:
    """What came out for one order; ``judgement`` None when a bug of ours kept it from being judged (it is logged)."""

    row: StagedOrder
    judgement: Judgement | None
    revision: int = 0
    words: list[str] | None = None


@dataclass(frozen=True)
class _Read:
    """One row with its order as read and corrected."""

    row: StagedOrder
    corrected: Corrected


class Checking:
    """The checks of one shop's orders, with what is carried from batch to batch.

    Without ``looks`` Sage is not asked: what the mirror does not know is unknown. Misconfigured when shop or company
    cannot be opened.
    """

    def __init__(self, shop: Shop, looks: Looks | None) -> None:
        self.shop, self.looks = shop, looks
        self.port = open_shop(shop)
        sage = open_sage(shop.company)
        self.widths, self.can = sage.widths, sage.can

    def judged(self, rows: list[StagedOrder]) -> Iterator[Judged]:
        """Judge a batch. The rows come with corrections and postings; a bug costs only its own order."""
        raws = _raws(rows)
        read: list[_Read] = []
        for row in rows:
            try:
                order = self._order(row, raws)
                read.append(_Read(row, lay(order, row.corrections.all())))
            except Rejected as error:
                yield Judged(row, unreadable(row, error.message))
            except Exception:
                yield self._broken(row)
        yield from self._judged(read)

    def _judged(self, read: list[_Read]) -> Iterator[Judged]:
        """What the batch shares is worked out together; if one order breaks even that, each is judged alone."""
        try:
            resolver = self._resolver(read)
            same = self._twins(read)
        except Exception:
            if len(read) == 1:
                yield self._broken(read[0].row)
            else:
                for entry in read:
                    yield from self._judged([entry])
            return
        for entry in read:
            try:
                case = Case(entry.row, entry.corrected.order, resolver, self.widths, same.get(entry.row.pk), self.can)
                # what is kept and sent is the same whoever asks
                with override(settings.LANGUAGE_CODE), resolver.noting() as decided:
                    judgement = judge(case, entry.corrected, timezone.now())
                words = [*case.words, *_rows(entry.row, judgement, decided)]
                judged = Judged(entry.row, judgement, resolver.revision, words)
            except Exception:
                judged = self._broken(entry.row)
            yield judged

    def _broken(self, row: StagedOrder) -> Judged:
        logger.exception("checking order %s of %s failed", row.order_id, row.shop)
        return Judged(row, None)

    # --- reading ------------------------------------------------------------------------------------------------------

    def _order(self, row: StagedOrder, raws: dict[int, RawRecord]) -> ShopOrder:
        """The order as the shop says it; Rejected when it is not understood."""
        if row.fault:
            raise Rejected(joined(row.fault))
        own = [raws[pk] for pk in row.raws]
        return self.port.read_order([Raw(raw.resource, raw.object_id, raw.payload) for raw in own])

    def _twins(self, read: list[_Read]) -> dict[int, Twin]:
        def others(rows: list[StagedOrder]) -> dict[int, ShopOrder]:
            raws = _raws(rows)
            found = {}
            for row in rows:
                try:
                    found[row.pk] = self._order(row, raws)
                except Rejected:
                    continue
            return found

        return twins.find({entry.row.pk: (entry.row, entry.corrected.order) for entry in read}, others)

    # --- what it maps to ----------------------------------------------------------------------------------------------

    def _resolver(self, read: list[_Read]) -> Resolver:
        """The mappings as they stand; what the mirror lacks or staff doubt is looked up in Sage first."""
        resolver = self._mappings(read)
        if self.looks and self.looks.look(pair for entry in read for pair in _doubts(entry, resolver)):
            resolver = self._mappings(read)
        return resolver

    def _mappings(self, read: list[_Read]) -> Resolver:
        resolver = Resolver(self.shop)
        resolver.prefetch_items(line.reference for entry in read for line in entry.corrected.order.lines)
        resolver.prefetch_buyers(entry.corrected.order for entry in read)
        return resolver


def _rows(row: StagedOrder, judgement: Judgement, decided: set[str]) -> list[str]:
    """The rows of the mapping tables that the order goes by. What Sage holds went by those of its time: they stay
    noted, and others come to them only with further documents.
    """
    if posted(row) is None:
        return sorted(decided)
    before = {word for word in row.words if word.partition(" ")[0] not in SPOKEN}
    return sorted(before | decided if judgement.documents else before)


def _raws(rows: Iterable[StagedOrder]) -> dict[int, RawRecord]:
    return RawRecord.objects.in_bulk({pk for row in rows for pk in row.raws})


def _doubts(entry: _Read, resolver: Resolver) -> Iterator[tuple[str, str]]:
    """What Sage itself is to be asked about an order: what is missing, and all that is named when staff said so."""
    order, again = entry.corrected.order, entry.row.look_again
    for line in order.lines:
        match = resolver.item(line.reference)
        if parts := resolver.parts(line.reference):
            yield from (("item", part.item.code) for part in parts if again or part.item.record is None)
        elif not isinstance(match, ItemMatch):
            yield "item", match.value
        elif again or match.record is None:
            yield "item", match.code
    customer = resolver.customer(order)
    if isinstance(customer, Unclear) and again:
        yield from (("customer", candidate.code) for candidate in customer.candidates)
    if isinstance(customer, CustomerMatch) and not customer.create and (again or customer.record is None):
        yield "customer", customer.code
    yield from ((f"{BUYER}{field}", value) for field, value in resolver.buyer_in_sage(order))

"""Refreshes the mirror of Sage's master records, and announces what changed to the orders that wait for it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import islice

from django.db import transaction
from django.utils import timezone

from connectors.models import SageCompany
from connectors.ports import Sage
from connectors.types import RECORD_KINDS, Record
from mappings.buyers import known_by
from mappings.models import ANY, ItemMapping, SageRecord, changed, comparable

logger = logging.getLogger(__name__)

BATCH = 500

VANISH_AT_MOST = 20
"""Per cent of a kind that may vanish in one pass; more looks like a Sage that answers wrongly."""

FEW = 5
"""So few records may always vanish, whatever their share (a company has two or three locations)."""

NAMED = 100
"""More changed records than this in one batch are announced as "any of the kind"."""

WAKES = {
    "item": "item",
    "unit": "item",
    "customer": "customer",
    "customer group": "customer",
    "ship via": "carrier",
    "payment code": "payment",
    "bank": "payment",
    "terms": "payment",
    "tax group": "tax group",
    "tax rate": "tax class",
    "location": "location",
    "currency": "currency",
    "charge": "charge",
    "fiscal period": "fiscal period",
}
"""Which waiting words a changed record may help, by kind: a carrier waits for a new ship-via code."""


def refresh(company: SageCompany, sage: Sage, kinds: Iterable[str] = RECORD_KINDS) -> dict[str, int]:
    """Read all records of these kinds and make the mirror equal; raises what the connector raises.

    Answers how many were read, new, changed, back and vanished. A record vanishes only after its kind was read to the
    end; when more than VANISH_AT_MOST per cent would vanish, or nothing at all was read, none of that kind is marked
    and "refused: <kind>" tells how many it would have been. What was read before an error stays.
    """
    result: Counter[str] = Counter(read=0, new=0, changed=0, back=0, vanished=0)
    for kind in kinds:
        started = timezone.now()
        records = iter(sage.records(kind))
        read = 0
        while batch := list(islice(records, BATCH)):
            read += len(batch)
            result.update(_store(company, kind, batch))
        result["read"] += read
        result.update(_vanish(company, kind, started, read))
    return dict(result)


def look_up(company: SageCompany, sage: Sage, kind: str, code: str) -> SageRecord | None:
    """One record as it is in Sage now, mirrored; None when Sage does not have it (then the mirror's is marked gone).

    Announces the code asked for, too: an order may wait for "bedlamp" when Sage says "BEDLAMP".
    """
    record = sage.record(kind, code)
    if record is None:
        gone = SageRecord.objects.filter(company=company, kind=kind, match=comparable(code), gone_at=None)
        _mark_gone(company, kind, [row.pk for row in gone])
        return None
    _store(company, kind, [record], asked=code)
    return SageRecord.objects.get(company=company, kind=kind, code=record.code)


def look_for_customers(company: SageCompany, sage: Sage, field: str, values: Sequence[str]) -> None:
    """Mirror the customers whose "email" or "vat_number" is one of these few in Sage now, whoever made them there."""
    if records := sage.customers_with(field, values):
        _store(company, "customer", records)


@transaction.atomic
def _store(company: SageCompany, kind: str, batch: list[Record], asked: str = "") -> dict[str, int]:
    """Write new and changed records of one batch and announce them, in one transaction."""
    now = timezone.now()
    by_code = {record.code: record for record in batch}
    # Locked in one order, so that two refreshes never wait for each other.
    rows = SageRecord.objects.select_for_update().filter(company=company, kind=kind, code__in=by_code).order_by("pk")
    known = {row.code: row for row in rows}
    new = [_row(company, record, now) for code, record in by_code.items() if code not in known]
    differing = [row for code, row in known.items() if _differs(row, by_code[code])]
    back = [row for row in differing if row.gone_at is not None]
    news = [row.code for row in differing if _is_news(row, by_code[row.code])] + [row.code for row in new]
    for row in differing:
        record = by_code[row.code]
        row.label, row.active, row.details = record.label[:250], record.active, dict(record.details)
        row.match, row.known_by, row.gone_at = comparable(row.code), _known_by(record), None
    SageRecord.objects.bulk_create(
        new,
        update_conflicts=True,  # another look-up may have been first
        update_fields=["label", "active", "details", "seen_at", "match", "known_by", "gone_at"],
        unique_fields=["company", "kind", "code"],
    )
    columns = ["label", "active", "details", "match", "known_by", "gone_at"]
    SageRecord.objects.bulk_update(differing, columns, batch_size=BATCH)
    SageRecord.objects.filter(pk__in=[row.pk for row in known.values()]).update(seen_at=now)
    _announce(company, kind, news, asked)
    return {"new": len(new), "changed": len(differing) - len(back), "back": len(back)}


def _row(company: SageCompany, record: Record, now: datetime) -> SageRecord:
    return SageRecord(
        company=company,
        kind=record.kind,
        code=record.code,
        match=comparable(record.code),
        known_by=_known_by(record),
        label=record.label[:250],
        active=record.active,
        details=dict(record.details),
        seen_at=now,
    )


def _known_by(record: Record) -> list[str]:
    return known_by(record.details) if record.kind == "customer" else []


def _differs(row: SageRecord, record: Record) -> bool:
    return (
        row.gone_at is not None
        or row.label != record.label[:250]
        or row.active != record.active
        or row.details != dict(record.details)
        or row.known_by != _known_by(record)
    )


def _is_news(row: SageRecord, record: Record) -> bool:
    """Whether the difference can help anybody who waits: each sale raises its customer's balance, and helps nobody."""
    before, after = dict(row.details), dict(record.details)
    if "balance" in before and "balance" in after and not _falls(before.pop("balance"), after.pop("balance")):
        return row.gone_at is not None or row.active != record.active or before != after or row.label != record.label
    return True


def _falls(before: str, after: str) -> bool:
    try:
        return Decimal(after) < Decimal(before)
    except InvalidOperation:
        return before != after


def _announce(company: SageCompany, kind: str, codes: list[str], asked: str = "") -> None:
    """Tell whoever waits for these records, or for a word of a kind that they may help; in the caller's transaction."""
    if not codes:
        return
    values = {(kind, ANY)} if len(codes) > NAMED else {(kind, code) for code in codes}
    wakes = WAKES.get(kind, kind)
    if kind == "item" and asked:
        values |= {("item", word) for word in _spellings(company, codes[0], asked)}
    else:
        values.add((wakes, ANY))  # "2 My carrier" may be meant by a new ship-via code: nobody can tell which
    changed(company.pk, *values)


def _spellings(company: SageCompany, code: str, asked: str) -> Iterator[str]:
    """The shop's words for an item: its code as written, compared and asked for, and what is mapped to it."""
    yield from (code, comparable(code), asked)
    yield from ItemMapping.objects.filter(company=company, code=code).values_list("reference", flat=True)


def _vanish(company: SageCompany, kind: str, started: datetime, read: int) -> dict[str, int]:
    """After a complete pass: mark what was not seen in it, unless it is too much to be true."""
    live = SageRecord.objects.filter(company=company, kind=kind, gone_at=None)
    unseen = list(live.filter(seen_at__lt=started).values_list("pk", flat=True))
    if not unseen:
        return {}
    if read == 0 or (len(unseen) > FEW and len(unseen) * 100 > VANISH_AT_MOST * live.count()):
        logger.warning("%s: %d of its %s records vanished at once; none is marked.", company, len(unseen), kind)
        return {f"refused: {kind}": len(unseen)}
    _mark_gone(company, kind, unseen)
    return {"vanished": len(unseen)}


@transaction.atomic
def _mark_gone(company: SageCompany, kind: str, pks: list[int]) -> None:
    rows = SageRecord.objects.select_for_update().filter(pk__in=pks, gone_at=None)
    codes = [row.code for row in rows]
    SageRecord.objects.filter(company=company, kind=kind, code__in=codes).update(gone_at=timezone.now(), active=False)
    _announce(company, kind, codes)

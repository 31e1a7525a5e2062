"""A snapshot of an order as it was understood: cleaned, digested, and compared by two digests."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from connectors.errors import Rejected
from connectors.plain import outermost
from connectors.ports import Shop
from connectors.types import Raw, ShopOrder, Snapshot
from connectors.words import NOTHING, Words, words

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """One snapshot, understood or not, and what it is compared by.

    An empty ``order_digest`` means that its raws are those already kept, so that it was not read any further.
    """

    order_id: int
    raws: tuple[tuple[Raw, str], ...]
    raws_digest: str
    order: ShopOrder | None
    order_digest: str
    fault: Words = NOTHING


def understand(port: Shop, snapshots: Iterable[Snapshot], kept: Mapping[int, str]) -> list[Reading]:
    """Digest snapshots and read the orders from them; what cannot be understood carries its fault.

    ``kept`` is per order id the digest over the raws that we have: where it is the same there is nothing to read.
    What the orders of a page share (a state, a tax, a product) is digested once.
    """
    known: dict[int, tuple[Raw, Raw, str]] = {}  # by identity, the object kept so that no other takes its place
    return [_understood(port, snapshot, known, kept.get(snapshot.order_id, "")) for snapshot in snapshots]


def _understood(port: Shop, snapshot: Snapshot, known: dict[int, tuple[Raw, Raw, str]], kept: str) -> Reading:
    for raw in snapshot.raws:
        if id(raw) not in known:
            known[id(raw)] = (raw, *_storable(raw))
    raws = tuple(known[id(raw)][1:] for raw in snapshot.raws)
    raws_digest = _digest(sorted([raw.resource, raw.id, digest] for raw, digest in raws))
    if raws_digest == kept and not snapshot.fault:
        return Reading(snapshot.order_id, raws, raws_digest, None, "")
    order, fault = None, snapshot.fault
    if not fault:
        try:
            order = port.read_order([raw for raw, _digest_of_it in raws])
        except Rejected as error:
            fault = error.message
        except Exception:  # one order must not stop the page; it goes to staff and to the log
            logger.exception("order %s could not be read", snapshot.order_id)
            fault = words("The bridge does not understand this order. Report it with the order's number.")
    told = outermost(order) if order else {"fault": fault}
    told.pop("changed_at", None)  # a new date alone is no news
    return Reading(snapshot.order_id, raws, raws_digest, order, _digest(told), fault)


def _storable(raw: Raw) -> tuple[Raw, str]:
    """The raw without the two things PostgreSQL cannot keep in JSON, the zero character and half a surrogate pair; and
    its digest.
    """
    text = _canonical(raw.data)
    try:
        content = text.encode()
    except UnicodeEncodeError:
        content = b""
    if not content or "\\u0000" in text:
        raw = replace(raw, data=_clean(raw.data))
        content = _canonical(raw.data).encode()
    return raw, sha256(content).hexdigest()


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode(errors="replace").decode()
    if isinstance(value, Mapping):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return value


_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=outermost)


def _canonical(value: Any) -> str:
    return _CANONICAL.encode(value)


def _digest(value: Any) -> str:
    return sha256(_canonical(value).encode()).hexdigest()

"""One raw object, read strictly: a missing field or a text where a number must be is Rejected, with its place."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connectors.errors import Rejected
from connectors.types import Raw
from connectors.words import Words, words

LONGEST_TEXT = 65_535  # MySQL's TEXT; nothing an order holds is longer
LARGEST_AMOUNT = Decimal(10) ** 12
LARGEST_QUANTITY = 10**9
LARGEST_ID = 2**63 - 1

_AMOUNT = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?")
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


Objects = Mapping[str, Mapping[int, "Fields"]]


class Fields:
    """Typed access to the fields of one raw. Every accessor raises Rejected in words for staff."""

    def __init__(self, raw: Raw) -> None:
        self._place = f"{raw.resource} {raw.id}"
        self._data = raw.data

    @classmethod
    def within(cls, outer: Fields, data: object, part: str) -> Fields:
        """The fields of an object inside another (a row of an association)."""
        if not isinstance(data, Mapping):
            raise outer.wrong(part, words("is not an object"))
        inner = cls(Raw("", 0, data))
        inner._place = f"{outer._place}, {part}"
        return inner

    def wrong(self, name: str, what: Words) -> Rejected:
        """The error for a field: where, what, and what to do."""
        place = f"{self._place}: {name}"
        wrong = words("%(place)s %(what)s. Correct it in the shop, then check the order again.", place=place, what=what)
        return Rejected(wrong, place=place)

    def _get(self, name: str) -> Any:
        if name not in self._data:
            raise self.wrong(name, words("is missing in the shop's answer"))
        return self._data[name]

    def text(self, name: str, *, required: bool = False, lines: bool = False) -> str:
        """Text without control characters; null, false and absent are empty. Line breaks stay only if ``lines``."""
        value = self._data.get(name)
        if value is None or value is False:
            value = ""
        if not isinstance(value, str):
            raise self.wrong(name, words("is not a text"))
        if len(value) > LONGEST_TEXT:
            raise self.wrong(name, words("is longer than %(n)s characters", n=LONGEST_TEXT))
        if not value.isprintable():  # nearly all are: then there is nothing to replace
            value = value.replace("\r\n", "\n")
            if not lines:
                value = value.replace("\n", " ").replace("\t", " ")
            value = _CONTROL.sub(" ", value)
        value = value.strip()
        if required and not value:
            raise self.wrong(name, words("is empty"))
        return value

    def amount(self, name: str) -> Decimal:
        """An amount exactly as written, dot as separator."""
        value = self._get(name)
        if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
            raise self.wrong(name, words("is %(value)s, not an amount", value=_shown(value)))
        amount = Decimal(value)
        if abs(amount) >= LARGEST_AMOUNT:
            raise self.wrong(name, words("is %(value)s, an absurdly large amount", value=_shown(value)))
        return amount

    def rate(self, name: str) -> Decimal:
        """A tax rate in per cent, 0 to 100."""
        value = self.amount(name)
        if not 0 <= value <= 100:
            raise self.wrong(
                name, words("is %(value)s, not a rate between 0 and 100 per cent", value=_shown(self._data[name]))
            )
        return value

    def exchange_rate(self, name: str) -> Decimal:
        """A conversion rate, above zero."""
        value = self.amount(name)
        if value <= 0:
            raise self.wrong(name, words("is not above zero"))
        return value

    def whole(self, name: str, *, least: int = 0, most: int = LARGEST_ID) -> int:
        """A whole number; empty is not zero."""
        value = self._get(name)
        if not isinstance(value, str) or not _WHOLE.fullmatch(value):
            raise self.wrong(name, words("is %(value)s, not a whole number", value=_shown(value)))
        number = int(value)
        if number < least:
            raise self.wrong(name, words("is %(value)s, less than %(least)s", value=number, least=least))
        if number > most:
            raise self.wrong(name, words("is %(value)s, absurdly large", value=number))
        return number

    def reference_to(self, name: str) -> int:
        """The id of another object; 0, empty and null mean none."""
        return self.whole(name) if self._get(name) not in ("", None) else 0

    def quantity(self, name: str) -> Decimal:
        """A quantity, never negative."""
        return Decimal(self.whole(name, most=LARGEST_QUANTITY))

    def flag(self, name: str) -> bool:
        """A yes or no; absent, null and empty are no."""
        value = self._data.get(name)
        if value in (None, "", "0", False):
            return False
        if value in ("1", True):
            return True
        raise self.wrong(name, words("is %(value)s, neither 0 nor 1", value=_shown(value)))

    def moment(self, name: str, zone: ZoneInfo, instead: datetime | None = None) -> datetime:
        """Shop-local time as an aware one (UTC); a zero date is ``instead`` when that is given."""
        value = self._get(name)
        if instead is not None and (value in ("", None) or str(value).startswith("0000-00-00")):
            return instead
        try:
            return local(value, zone)
        except ValueError:
            raise self.wrong(name, words("is %(value)s, not a date and time", value=_shown(value))) from None

    def day(self, name: str) -> date:
        """The shop-local calendar day of a time."""
        value = self._get(name)
        try:
            return _naive(value).date()
        except ValueError:
            raise self.wrong(name, words("is %(value)s, not a date and time", value=_shown(value))) from None

    def several(self, name: str) -> list[Fields]:
        """The rows of an association; none when it is absent (prestashop.md B4)."""
        associations = self._data.get("associations") or {}
        rows = associations.get(name) if isinstance(associations, Mapping) else associations
        if rows is None or rows == "" or rows == {}:
            return []
        if isinstance(rows, Mapping):
            rows = [rows]
        if not isinstance(rows, list):
            raise self.wrong(name, words("is not a list"))
        return [Fields.within(self, row, f"{name} {number}") for number, row in enumerate(rows, 1)]

    def in_language(self, name: str, language: str) -> str:
        """A multilingual text in one language, else in the first that has it (prestashop.md B4)."""
        value = self._data.get(name)
        if not isinstance(value, list):
            return self.text(name)
        texts = [Fields.within(self, each, name) for each in value]
        chosen = [each.text("value") for each in texts if each.text("id") == language]
        return next((text for text in (*chosen, *(each.text("value") for each in texts)) if text), "")


def local(text: object, zone: ZoneInfo) -> datetime:
    """Shop-local text as UTC; ValueError if it is none.

    An hour that comes twice is taken as its first turn; a time that the clock skipped is read with the offset before
    the change, so nothing raises (pains.md 4).
    """
    return _naive(text).replace(tzinfo=zone, fold=0).astimezone(UTC)


def _naive(text: object) -> datetime:
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        raise ValueError("not YYYY-MM-DD HH:MM:SS")
    moment = datetime.fromisoformat(text)
    if not 1970 <= moment.year <= 2200:
        raise ValueError("year out of range")
    return moment


def _shown(value: object) -> str:
    """A wrong value as staff may see it: short, one line, without Python's words."""
    if value is None:
        return words("nothing")
    if isinstance(value, Mapping):
        return words("an object")
    if isinstance(value, list):
        return words("a list")
    text = _CONTROL.sub(" ", str(value).replace("\n", " "))
    return f'"{text[:40]}…"' if len(text) > 40 else f'"{text}"'


def by_resource(raws: Iterable[Raw]) -> Objects:
    """The raws by resource, then by id; a resource without any is empty."""
    objects: defaultdict[str, dict[int, Fields]] = defaultdict(dict)
    for raw in raws:
        objects[raw.resource][raw.id] = Fields(raw)
    return objects

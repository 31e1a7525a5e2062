"""VAT numbers: read as people write them, checked by format and checksum, without asking anybody."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from stdnum.ch import uid
from stdnum.eu import vat as eu
from stdnum.exceptions import ValidationError
from stdnum.gb import vat as gb
from stdnum.no import orgnr

EU = frozenset(code.upper() for code in eu.MEMBER_STATES - {"gr"}) | {"EL"}
"""Prefixes of VAT numbers in the EU; Northern Ireland has its own, Greece writes EL."""

CHECKED = EU | {"GB", "CH", "NO"}
"""Prefixes whose numbers can be checked."""

_PREFIXES = {"GR": "EL", "MC": "FR", "LI": "CH", "IM": "GB"}
"""Countries whose numbers begin otherwise than with their ISO code."""

_COUNTRIES = {"EL": "GR", "XI": "GB"}
_SUFFIXES = ("MWST", "TVA", "IVA", "TPV", "MVA")


@dataclass(frozen=True)
class VatNumber:
    """``text`` as it was written; ``number`` as it is compared and sent: with its prefix, "" when it does not count."""

    text: str = ""
    number: str = ""

    @property
    def invalid(self) -> bool:
        """Whether something is written that is no VAT number."""
        return bool(self.text) and not self.number

    @property
    def country(self) -> str:
        """The country of the number (ISO), "" where no prefix tells it."""
        prefix = self.number[:2]
        return _COUNTRIES.get(prefix, prefix) if prefix in CHECKED else ""


def read(text: str, country: str = "", as_written: bool = False) -> VatNumber:
    """The number that ``text`` means; where its prefix is missing it is that of ``country`` (ISO).

    A number of a country that nobody here can check counts as written, if there is a digit in it. ``as_written``: so
    does every other (a rule says that the shop has checked it).
    """
    text = text.strip()
    bare = compact(text)
    prefix = _PREFIXES.get(country, country)
    number = _canonical(bare) or (_canonical(prefix + bare) if prefix in CHECKED else "")
    if not number and (as_written or prefix not in CHECKED) and any(letter.isdigit() for letter in bare):
        number = bare
    return VatNumber(text, number)


def compact(text: str) -> str:
    """Letters and digits alone, upper case."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text))).upper()


def without_prefix(number: str) -> str:
    """A number as it is written where everybody knows the country; "" when it has no prefix that we know."""
    if number.startswith("CHE"):
        return number[3:]
    return number[2:] if number[:2] in CHECKED else ""


def _canonical(bare: str) -> str:
    """The number, whose first letters are its prefix, in its one spelling; "" when it is not valid."""
    prefix, rest = bare[:2], bare[2:]
    for suffix in _SUFFIXES:
        rest = rest.removesuffix(suffix) if prefix in ("CH", "NO") else rest
    try:
        if prefix == "GB":
            return f"GB{gb.validate(rest)}"
        if prefix == "NO":
            return f"NO{orgnr.validate(rest)}"
        if prefix == "CH":
            return uid.validate(rest.removeprefix("E"))
        if prefix == "GR":
            return _canonical(f"EL{rest}")
        return eu.validate(bare) if prefix in EU else ""
    except ValidationError:
        return ""

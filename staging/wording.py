"""What an order is made of, as staff read it: "line 8" is "Line 2", an amount has its currency."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from connectors.telling import marked, worded
from connectors.words import Words, joined, words

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

PLACES: dict[str, StrPromise] = {
    "deliver_to": gettext_lazy("Ship to"),
    "invoice_to": gettext_lazy("Bill to"),
    "buyer": gettext_lazy("Buyer"),
    "order": gettext_lazy("Order"),
    "shipping": gettext_lazy("Shipping"),
    "wrapping": gettext_lazy("Wrapping"),
    "discount": gettext_lazy("Discount"),
    "rounding": gettext_lazy("Rounding"),
    "payment": gettext_lazy("Payment"),
    "refund": gettext_lazy("Refund"),
}

FIELDS: dict[str, StrPromise] = {
    "reference": gettext_lazy("reference"),
    "name": gettext_lazy("name"),
    "quantity": gettext_lazy("quantity"),
    "total_excl": gettext_lazy("total without tax"),
    "total_incl": gettext_lazy("total with tax"),
    "first_name": gettext_lazy("first name"),
    "last_name": gettext_lazy("last name"),
    "company": gettext_lazy("company"),
    "vat_number": gettext_lazy("VAT number"),
    "lines": gettext_lazy("address lines"),
    "postcode": gettext_lazy("postcode"),
    "city": gettext_lazy("city"),
    "country": gettext_lazy("country (ISO)"),
    "state": gettext_lazy("state (ISO)"),
    "phone": gettext_lazy("phone"),
    "email": gettext_lazy("e-mail"),
    "module": gettext_lazy("payment module"),
    "order_date": gettext_lazy("order date"),
    "note": gettext_lazy("note"),
    "gift_message": gettext_lazy("gift message"),
    "shop_state": gettext_lazy("state"),
    "currency": gettext_lazy("currency"),
    "total": gettext_lazy("total"),
    "amount": gettext_lazy("amount"),
}

FIXED: dict[str, StrPromise] = {
    "item": gettext_lazy("item"),
    "line": gettext_lazy("line"),
    "total": gettext_lazy("total"),
    "document": gettext_lazy("document"),
    "lot": gettext_lazy("lot"),
    "serial": gettext_lazy("serial"),
    "lot / serial": gettext_lazy("lot / serial"),
    "sale": gettext_lazy("sale"),
    "receipt": gettext_lazy("receipt"),
    "credit note": gettext_lazy("credit note"),
    "repayment": gettext_lazy("refund from the bank"),
    "shipping": gettext_lazy("shipping"),
    "wrapping": gettext_lazy("wrapping"),
    "discount": gettext_lazy("discount"),
    "rounding": gettext_lazy("rounding"),
    "private": pgettext_lazy("buyer", "private"),
    "company": pgettext_lazy("buyer", "company"),
    "products with tax": gettext_lazy("products with tax"),
    "products without tax": gettext_lazy("products without tax"),
    "discounts with tax": gettext_lazy("discounts with tax"),
    "discounts without tax": gettext_lazy("discounts without tax"),
    "the order with tax": gettext_lazy("the order with tax"),
    "the order without tax": gettext_lazy("the order without tax"),
    "rounding type": gettext_lazy("rounding"),
    "unexplained": gettext_lazy("unexplained"),
    "ecotax": gettext_lazy("ecotax"),
    "edited header": gettext_lazy("edited header"),
    "shipping tax": gettext_lazy("tax of the shipping"),
    "voucher base": gettext_lazy("tax that vouchers lower"),
    "amount": gettext_lazy("amount"),
    "delivered": gettext_lazy("delivered"),
    "open": pgettext_lazy("batch", "open"),
    "handed over": pgettext_lazy("batch", "handed over"),
    "posted": pgettext_lazy("batch", "posted"),
    "before go-live": gettext_lazy("before go-live"),
    "cancelled in the shop": gettext_lazy("cancelled in the shop"),
    "payment error in the shop": gettext_lazy("payment error in the shop"),
    "not taken, by rule": gettext_lazy("not taken, by rule"),
    "not paid yet": gettext_lazy("not paid yet"),
    "its lines are not in the shop yet": gettext_lazy("its lines are not in the shop yet"),
    "entered in Sage by hand": gettext_lazy("entered in Sage by hand"),
    "booked elsewhere": gettext_lazy("booked elsewhere"),
}
"""Words that are kept in the database as they are here, because code compares them."""

NONE = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF")
THREE = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
DECIMALS = dict.fromkeys(NONE, 0) | dict.fromkeys(THREE, 3)
"""Decimals of the currencies (ISO 4217) that do not have two."""

_FIGURE = re.compile(r"(?<![\w.,\-−])([+\-−]?)(\d+\.(\d+))(?!\w|[.,:]\w)")


def place_words(place: str, lines: Iterable[int] = ()) -> str:
    """A place for people. ``lines``: the order's line ids in their order; without them a line keeps the shop's id."""
    return worded(place_said(place, lines))


def place_said(place: str, lines: Iterable[int] = ()) -> Words:
    """The same as Words, for what is kept."""
    word, _blank, number = place.partition(" ")
    number, _gap, part = number.partition(" ") if word == "line" else (number, "", "")
    if word == "line" and number.isdecimal():
        ids = list(lines)
        told = words("Line %(n)s", n=ids.index(int(number)) + 1 if int(number) in ids else number)
        return joined(told, part, by=", ")
    return joined(marked(PLACES[word]), number) if word in PLACES else joined(place)


def field_words(field: str) -> str:
    """A field for people."""
    return str(FIELDS.get(field, field))


def field_said(field: str) -> Words:
    """The same as Words, for what is kept."""
    return marked(FIELDS.get(field, field))


def said(word: str) -> str:
    """A kept word for people; what is none of FIXED stays as it is."""
    return str(FIXED.get(word, word))


def fixed(word: str) -> Words:
    """A kept word as Words, to stand in a sentence that is kept."""
    return marked(FIXED.get(word, word))


def kept_words(kept: Any) -> str:
    """What was kept with its template and plain figures, in the reader's language and number format."""
    return figures(worded(kept))


def change_words(change: Mapping[str, Any]) -> str:
    """One change of the shop after posting: "Line 2 quantity: 2 → 3"."""
    what = f"{place_words(change['place'])} {field_words(change['field'])}".strip()
    sides = {"before": worded(change["before"]), "after": worded(change["after"])}
    return _("%(what)s: %(before)s → %(after)s") % {"what": what, **sides}


def figures(text: str) -> str:
    """A kept text with each decimal number in it in the reader's number format."""
    return _FIGURE.sub(lambda found: found[1] + amount(Decimal(found[2]), least=len(found[3])), text)


def value_words(value: Any) -> str:
    """A value of a correction for people; address lines on one line."""
    if isinstance(value, list):
        return " / ".join(str(item) for item in value)
    return "–" if value in (None, "") else str(value)


def day_words(day: date | None) -> str:
    """A day as "23 Nov 2026", in French "23 nov. 2026"."""
    return "–" if day is None else date_format(day, "DATE_FORMAT")


def moment_words(moment: datetime) -> str:
    """A moment where staff read times, with day and zone: "23 Nov 2026 14:05 CET"."""
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")


def clock_words(moment: datetime, *, seconds: bool = False) -> str:
    """A moment where staff read times, with the zone: "14:05 CET", of another day "23 Nov 2026 14:05 CET"."""
    local = timezone.localtime(moment)
    day = "" if local.date() == timezone.localdate() else f"{day_words(local.date())} "
    return f"{day}{date_format(local, 'H:i:s' if seconds else 'H:i')} {local.tzname()}"


def amount(value: Decimal | None, currency: str = "", *, least: int | None = None, signed: bool = False) -> str:
    """``value`` with at least ``least`` decimals (those of the currency) and as many more as it really has, in the
    reader's number format.

    Then the currency. ``signed`` puts a + before what is above zero.
    """
    if value is None:
        return "–"
    places = _places(value, DECIMALS.get(currency, 2) if least is None else least)
    sign = "+" if signed and value > 0 else ""
    return f"{sign}{number_format(value, places, force_grouping=True)} {currency}".strip()


def exact(value: Decimal, currency: str = "") -> str:
    """The same as it is kept, for ``figures`` to read: with a point, never rounded, "1234.50 EUR"."""
    return f"{value:.{_places(value, 2)}f} {currency}".strip()


def _places(value: Decimal, least: int) -> int:
    return max(least, -int(value.normalize().as_tuple().exponent))

"""How an amount is shown: with its currency, in the reader's number format."""

from __future__ import annotations

from decimal import Decimal

from django.utils.formats import number_format


def amount(value: Decimal | None, currency: str = "") -> str:
    """``value`` with at least two decimals and as many more as it really has, then the currency."""
    if value is None:
        return "–"
    places = max(2, -int(value.normalize().as_tuple().exponent))
    return f"{number_format(value, places, force_grouping=True)} {currency}".strip()

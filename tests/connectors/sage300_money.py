"""Receipts and credit notes that the tests of the Sage 300 connector share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connectors.plain import plain
from connectors.types import CreditNote, Receipt, SaleLine
from tests.connectors.sage300_sales import TODAY, charge, item

BATCH = f"PS BNPEUR {TODAY.isoformat()}"


def receipt(reference: str = "PS_1-R7", **more: Any) -> dict[str, Any]:
    """What push hands to ``place``: 32.80 paid for the order PS_1."""
    values: dict[str, Any] = {
        "reference": reference,
        "customer": "WEBEUR",
        "receipt_date": TODAY,
        "bank": "BNPEUR",
        "payment_code": "CARD",
        "currency": "EUR",
        "amount": Decimal("32.80"),
        "batch": BATCH,
        "order_number": "PS_1",
        "transaction_id": "pi_3Lx",
        "description": "XKBKNABJK Payment by card",
    }
    made: dict[str, Any] = plain(Receipt(**{**values, **more}))
    return made


def credit_note(reference: str = "PS_1-C3", lines: tuple[SaleLine, ...] = (), **more: Any) -> dict[str, Any]:
    """The whole order PS_1 of 32.80 comes back."""
    values: dict[str, Any] = {
        "reference": reference,
        "customer": "WEBEUR",
        "credit_date": TODAY,
        "currency": "EUR",
        "tax_group": "FRTVA",
        "lines": lines or (item(), charge()),
        "total": Decimal("32.80"),
        "tax": Decimal("5.47"),
        "description": "Refund of XKBKNABJK",
        "location": "1",
    }
    made: dict[str, Any] = plain(CreditNote(**{**values, **more}))
    return made

"""Receipts, credit notes and refunds that the tests of the Sage 300 connector share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connectors.plain import plain
from connectors.sage300.client import Sage300
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.types import CreditNote, Receipt, Repayment, SaleLine
from tests.connectors.sage300_sales import TODAY, charge, item, prepared

BATCH = f"PS BNPEUR {TODAY.isoformat()}"


def entries(box: Sage300Sandbox) -> list[tuple[str, str]]:
    """All receipts as (description of the batch, our reference)."""
    return [
        (batch["Description"], entry["CheckReceiptNumber"])
        for batch in box.receipt_batches()
        for entry in batch["ReceiptsAdjustments"]
    ]


def invoiced(sage: Sage300, box: Sage300Sandbox, **more: Any) -> str:
    """The number of a posted invoice of 32.80."""
    number = sage.place("sale", prepared(**more)).invoice_number
    box.day_end()
    box.post_batches()
    return number


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


def repayment(reference: str = "PS_1-B3", **more: Any) -> dict[str, Any]:
    """The whole of the credit note PS_1-C3 is paid out by check."""
    values: dict[str, Any] = {
        "reference": reference,
        "customer": "WEBEUR",
        "paid_date": TODAY,
        "bank": "BNPEUR",
        "payment_type": "Check",
        "currency": "EUR",
        "amount": Decimal("32.80"),
        "batch": BATCH,
        "credit_number": "PS_1-C3",
        "description": "XKBKNABJK",
    }
    made: dict[str, Any] = plain(Repayment(**{**values, **more}))
    return made

"""The longest text that fits each field of ours in Sage 300 (sage300.md appendix B, column widths of a real company).

Keys: a field of Sale by its name ("description"), of an address by "bill_to." or "ship_to.", of a line by "line.", of
a new customer by "customer.", of a receipt by "receipt.", of a credit note by "credit.", of a refund by
"repayment.". ``….lines`` is the width of one address line and ``….line count`` how many there are; ``note`` is one
note's width; ``lines`` is how many lines one document holds; ``reference`` is OrderNumber (our own number), ``order
reference`` what stays when Sage numbers itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_ADDRESS = {
    "name": 60,
    "lines": 60,
    "line count": 4,
    "city": 30,
    "state": 30,
    "postcode": 20,
    "country": 30,
    "phone": 30,
    "email": 50,
}

WIDTHS: Mapping[str, int] = MappingProxyType(
    {
        "reference": 22,  # OrderNumber
        "order reference": 60,  # OrderReference
        "purchase_order": 22,
        "description": 60,
        "comment": 250,
        "note": 80,
        "lines": 1000,  # LINENUM is a 16-bit integer in steps of 32 [inferred]
        "customer": 12,
        "tax_group": 12,
        "terms": 6,
        "ship_via": 6,  # SHIPVIA: "UPS_GND" has one too many, UPS Ground is UPSGND or the like
        "location": 6,
        "line.code": 24,
        "line.charge": 6,
        "line.description": 60,
        "line.unit": 10,
        "line.location": 6,
        **{f"bill_to.{name}": width for name, width in _ADDRESS.items()},
        **{f"ship_to.{name}": width for name, width in _ADDRESS.items()},
        "receipt.reference": 24,  # CheckReceiptNumber
        "receipt.bank": 8,
        "receipt.payment_code": 12,
        "receipt.batch": 57,  # Description is 60; room for " 99"
        "receipt.order_number": 22,
        "receipt.invoice_number": 22,
        "receipt.transaction_id": 60,  # EntryReference
        "receipt.description": 60,  # EntryDescription
        "repayment.reference": 22,  # DocumentNumber
        "repayment.bank": 8,
        "repayment.batch": 57,
        "repayment.credit_number": 22,
        "repayment.description": 60,
        "credit.reference": 22,  # CreditDebitNoteNumber
        "credit.own reference": 60,  # Reference
        "credit.invoice_number": 22,
        "credit.description": 60,
        "credit.comment": 250,
        "customer.code": 12,
        "customer.group": 6,
        "customer.name": 60,
        "customer.tax_group": 12,
        "customer.terms": 6,
        "customer.vat_number": 20,
        **{f"customer.{name}": width for name, width in _ADDRESS.items() if name != "name"},
    }
)

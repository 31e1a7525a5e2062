"""From receipts and credit notes as Sage holds them to our Documents (sage300.md 7.3 and 9)."""

from __future__ import annotations

from decimal import Decimal

from connectors.sage300.assumptions import Assumptions
from connectors.sage300.documents import tax_by_rate
from connectors.sage300.wire import Row, day, details, number, text, whole_number
from connectors.types import ZERO, Document, DocumentLine
from connectors.words import words

NOTE_KEY = "CNUniquifier"
_OF_ENTRY = ("ReceiptTransactionType", "PaymentCode", "BankReceiptAmount", "MatchingDocumentNumber", "EntryReference")
_OF_BATCH = ("BatchStatus", "Description")


def batch_state(batch: Row) -> str:
    """Open, handed over to be posted, or posted."""
    states = {"Posted": "posted", "3": "posted", "ReadyToPost": "handed over", "7": "handed over"}
    return states.get(text(batch, "BatchStatus"), "open")


def receipt(batch: Row, entry: Row) -> Document:
    """The document of an entry: ``key`` is "batch/entry", ``complete`` once it is posted without error.

    ``raw`` says bank, bank amount and currency, payment code and the batch's state, in Sage's words.
    """
    posted = batch_state(batch) == "posted"
    error = whole_number(entry, "ErrorBatch")
    key = f"{whole_number(batch, 'BatchNumber')}/{whole_number(entry, 'EntryNumber')}"
    raw = {name: text(entry, name) for name in _OF_ENTRY} | {name: text(batch, name) for name in _OF_BATCH}
    raw |= {"BankCode": text(batch, "BankCode"), "BankCurrencyCode": _bank_currency(batch, entry)}
    applied = [text(line, "DocumentNumber") for line in details(entry, "AppliedReceiptsAdjustments")]
    return Document(
        kind="receipt",
        key=key,
        number=text(entry, "DocumentNumber") or key,
        reference=text(entry, "CheckReceiptNumber"),
        customer=text(entry, "CustomerNumber"),
        total=number(entry, "CustomerReceiptAmount"),
        tax=ZERO,
        currency=text(entry, "CustomerCurrencyCode"),
        date=day(entry, "ReceiptDateAdjustmentDate") or day(batch, "BatchDate"),
        bank=text(batch, "BankCode"),
        batch=text(batch, "Description"),
        batch_state=batch_state(batch),
        invoice_number=next((name for name in applied if name), ""),
        complete=posted and not error,
        warnings=_warnings(batch, entry, posted),
        raw=raw | ({"ErrorBatch": str(error)} if error else {}),
    )


def _bank_currency(batch: Row, entry: Row) -> str:
    return text(entry, "BankCurrencyCode") or text(batch, "DefaultBankCurrency")


def _warnings(batch: Row, entry: Row, posted: bool) -> tuple[str, ...]:
    if posted and (error := whole_number(entry, "ErrorBatch")):
        kept = words(
            "Sage could not post this receipt and keeps it in batch %(batch)s, entry %(entry)s. Correct it there and "
            "post that batch.",
            batch=error,
            entry=whole_number(entry, "ErrorEntry"),
        )
        return (kept,)
    return tuple(text(warning, "Message") for warning in details(batch, "Warnings"))


def posted_receipt(row: Row) -> Document:
    """The document of a posted receipt (ARPostedReceipts, or ARPostedDocuments where credits stand below zero)."""
    key = f"{whole_number(row, 'BatchNumber')}/{whole_number(row, 'EntryNumber', 'DepositLineNumber')}"
    return Document(
        kind="receipt",
        key=key,
        number=text(row, "DocumentNumber") or key,
        reference=text(row, "CheckReceiptNumber"),
        customer=text(row, "CustomerNumber"),
        total=abs(number(row, "CustomerReceiptAmount", "CustomerCurrencyInvoiceAmount")),
        tax=ZERO,
        currency=text(row, "CurrencyCode") if _one_currency(row) else "",
        date=day(row, "ReceiptDate", "DocumentDate"),
        bank=text(row, "BankCode"),
        batch_state="posted",
        complete=True,
        raw={
            "BankCode": text(row, "BankCode"),
            "PaymentCode": text(row, "PaymentCode"),
            "BankReceiptAmount": text(row, "BankReceiptAmount"),
            "BatchStatus": "Posted",
        },
    )


def repayment(batch: Row, entry: Row) -> Document:
    """The document of a refund's entry: ``key`` is "batch/entry", ``invoice_number`` the credit that it pays out."""
    paid_out = [text(line, "DocumentNumber") for line in details(entry, "RefundDetails")]
    banks = [text(entry, "CashBankAccount"), text(entry, "CheckBankAccount")]
    banks += [text(line, "CreditCardBankAccount") for line in details(entry, "RefundDetails")]
    return Document(
        kind="repayment",
        key=f"{whole_number(batch, 'BatchNumber')}/{whole_number(entry, 'EntryNumber')}",
        number=text(entry, "DocumentNumber"),
        reference=text(entry, "DocumentNumber"),
        customer=text(entry, "CustomerNumber"),
        total=number(entry, "RefundAmountCustomer"),
        tax=ZERO,
        currency=text(entry, "CustomerCurrency"),
        date=day(entry, "DocumentDate") or day(batch, "BatchDate"),
        bank=next((bank for bank in banks if bank), ""),
        batch=text(batch, "BatchDescription"),
        batch_state=batch_state(batch),
        invoice_number=next((name for name in paid_out if name), ""),
        complete=batch_state(batch) == "posted",
        raw={"BatchStatus": text(batch, "BatchStatus")},
    )


def posted_document(row: Row, kind: str) -> Document:
    """A document of A/R that carries our reference as its number, whoever entered it; credits stand below zero."""
    return Document(
        kind=kind,
        key=text(row, "DocumentNumber"),
        number=text(row, "DocumentNumber"),
        reference=text(row, "DocumentNumber"),
        customer=text(row, "CustomerNumber"),
        total=abs(number(row, "CustomerCurrencyInvoiceAmount")),
        tax=abs(number(row, "CustomerCurrencyTaxAmount")),
        currency=text(row, "CurrencyCode"),
        date=day(row, "DocumentDate"),
        bank=text(row, "BankCode"),
        batch_state="posted",
        complete=True,
        raw={"DocumentType": text(row, "DocumentType"), "DocumentDescription": text(row, "DocumentDescription")},
    )


def _one_currency(row: Row) -> bool:
    """Whether bank and customer saw the same amount; else nobody says whose currency the row names [inferred]."""
    if row.get("BankReceiptAmount") is None:
        return True
    return number(row, "BankReceiptAmount") == number(row, "CustomerReceiptAmount")


def note_columns(assumptions: Assumptions) -> tuple[str, ...]:
    """The properties a credit note without lines is read from."""
    return (
        NOTE_KEY,
        "CreditDebitNoteNumber",
        "CreditDebitNoteType",
        "Reference",
        "CustomerNumber",
        "CreditDebitNoteDate",
        "CreditDebitNoteSourceCurr",
        "CreditDebitNoteTotal",
        "CreditDebitNoteTotBeforeTax",
        "CreditDebitNoteStatus",
        "InvoiceNumber",
        assumptions.note_tax,
    )


def credit_note(row: Row, assumptions: Assumptions) -> Document:
    """The document of a credit note; tax is the total less what is before tax where this build names no tax total."""
    total = number(row, "CreditDebitNoteTotal")
    told = row.get(assumptions.note_tax) is not None
    tax = number(row, assumptions.note_tax) if told else total - number(row, "CreditDebitNoteTotBeforeTax")
    lines = list(details(row, "CreditDebitDetails"))
    return Document(
        kind="credit note",
        key=str(whole_number(row, NOTE_KEY)),
        number=text(row, "CreditDebitNoteNumber"),
        reference=text(row, "Reference") or text(row, "CreditDebitNoteNumber"),
        customer=text(row, "CustomerNumber"),
        total=total,
        tax=tax,
        currency=text(row, "CreditDebitNoteSourceCurr"),
        date=day(row, "CreditDebitNoteDate"),
        invoice_number=text(row, "InvoiceNumber"),
        complete=True,  # a credit note has nothing left to ship or invoice
        tax_by_rate=tax_by_rate(lines),
        lines=tuple(_note_line(line) for line in lines),
        warnings=tuple(text(warning, "Message") for warning in details(row, "Warnings")),
        raw={name: text(row, name) for name in ("CreditDebitNoteStatus", "Description")},
    )


def is_credit(row: Row) -> bool:
    """Debit notes share the resource and the number range."""
    return not text(row, "CreditDebitNoteType").startswith(("Debit", "2"))


def _note_line(line: Row) -> DocumentLine:
    amount = number(line, "ExtendedAmountMiscellaneousCharge")
    if text(line, "LineType").startswith("Misc"):
        return DocumentLine(text(line, "MiscellaneousChargesCode"), Decimal(1), Decimal(1), amount)
    returned = number(line, "QuantityReturned")
    return DocumentLine(text(line, "Item", "UnformattedItemNumber"), returned, returned, amount)

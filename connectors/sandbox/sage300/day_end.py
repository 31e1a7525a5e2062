"""Day End: invoices and credit notes of Order Entry are costed and go to Accounts Receivable as one batch."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from .books import Books
from .models_receipts import BATCH_INVOICE, INVOICE_BATCH
from .resources import RESOURCES
from .wire import Entity, loads, stored_day

_INVOICE = {
    "CustomerNumber": "CustomerNumber", "DocumentNumber": "InvoiceNumber", "OrderNumber": "OrderNumber",
    "PONumber": "PurchaseOrderNumber", "ShipmentNumber": "ShipmentNumber", "InvoiceDescription": "Description",
    "DocumentDate": "InvoiceDate", "DueDate": "InvoiceDate", "PostingDate": "PostingDate",
    "FiscalYear": "InvoiceFiscalYear", "FiscalPeriod": "InvoiceFiscalPeriod", "CurrencyCode": "InvoiceSourceCurrency",
    "ExchangeRate": "InvoiceRate", "TaxGroup": "TaxGroup", "TaxTotal": "TotalTaxAmount",
    "DocumentTotalBeforeTax": "InvoiceTotalBeforeTax", "DocumentTotalIncludingTax": "InvoiceTotalWithTax",
    "AmountDue": "InvoiceAmountDue", "Terms": "TermsCode",
}  # fmt: skip
_NOTE = {
    "CustomerNumber": "CustomerNumber", "DocumentNumber": "CreditDebitNoteNumber", "OrderNumber": "OrderNumber",
    "PONumber": "PurchaseOrderNumber", "InvoiceDescription": "Description", "ApplytoDocument": "InvoiceNumber",
    "DocumentDate": "CreditDebitNoteDate", "DueDate": "CreditDebitNoteDate", "PostingDate": "PostingDate",
    "FiscalYear": "CreditDebitNoteFiscalYear", "FiscalPeriod": "CreditDebitNoteFiscalPeriod",
    "CurrencyCode": "CreditDebitNoteSourceCurr", "ExchangeRate": "CreditDebitNoteRate", "TaxGroup": "TaxGroup",
    "TaxTotal": "TotalTaxAmount", "DocumentTotalBeforeTax": "CreditDebitNoteTotBeforeTax",
    "DocumentTotalIncludingTax": "CreditDebitNoteTotal", "AmountDue": "CreditDebitNoteTotal",
    "DocumentType": "CreditDebitNoteType", "Terms": "TermsCode",
}  # fmt: skip


def day_end(books: Books, _parameters: Entity) -> None:
    """Cost what is not costed yet, complete its orders, and make one A/R batch of it that is ready to post.

    Inside the caller's transaction. Nothing new: no batch.
    """
    rows: list[Entity] = []
    for text in list(books.store.texts(books.company, RESOURCES["OE/OEInvoices"])):
        invoice = loads(text)
        if invoice["InvoiceStatus"] == "Documentnotcosted":
            books.put("OE/OEInvoices", invoice | {"InvoiceStatus": "Documentcosted"})
            rows.append({name: invoice[source] for name, source in _INVOICE.items()})
    for text in list(books.store.texts(books.company, RESOURCES["OE/OECreditDebitNotes"])):
        note = loads(text)
        if note["CreditDebitNoteStatus"] == "Documentshippednotcosted":
            books.put("OE/OECreditDebitNotes", note | {"CreditDebitNoteStatus": "Documentcosted"})
            rows.append({name: note[source] for name, source in _NOTE.items()})
    for text in list(books.store.texts(books.company, RESOURCES["OE/OEOrders"])):
        order = loads(text)
        if order["OrderCompleted"] == "CompleteNotIncluded":
            books.put("OE/OEOrders", order | {"OrderCompleted": "CompleteDayEnd"})
    if rows:
        _batch(books, rows)


def _batch(books: Books, rows: list[Entity]) -> None:
    number = books.store.next_number(books.company, "invoice batch")
    batch, today = INVOICE_BATCH.new(), stored_day(datetime.now(UTC).date())
    batch["Invoices"] = [
        BATCH_INVOICE.new() | row | {"BatchNumber": number, "EntryNumber": place, "SourceApplication": "OE"}
        for place, row in enumerate(rows, 1)
    ]
    batch.update(
        BatchNumber=number, BatchDate=today, Description="Order Entry Day End", BatchType="Generated",
        BatchStatus="ReadyToPost", SourceApplication="OE", DateLastEdited=today, NumberOfEntries=Decimal(len(rows)),
        LastEntryNumber=Decimal(len(rows)),
        BatchTotal=sum((row["DocumentTotalIncludingTax"] for row in rows), Decimal("0.000")),
    )  # fmt: skip
    books.put("AR/ARInvoiceBatches", batch)

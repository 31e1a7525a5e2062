"""Money on the plain page: the newest batches of receipts and refunds, credit notes, and how much is posted."""

from __future__ import annotations

from decimal import Decimal
from html import escape

from .resources import RESOURCES
from .store import Store
from .wire import Entity, loads

_SHOWN = 10


def money(store: Store, company: str) -> str:
    """The sections on receipts, credit notes, refunds and posted documents; nothing where there are none."""
    return _receipts(store, company) + _notes(store, company) + _refunds(store, company) + _posted(store, company)


def _newest(store: Store, company: str, path: str) -> list[Entity]:
    """The last records of a resource, newest first; keys ascend."""
    resource = RESOURCES[path]
    skip = max(store.count(company, resource) - _SHOWN, 0)
    return [loads(text) for text in store.texts(company, resource, skip=skip)][::-1]


def _receipts(store: Store, company: str) -> str:
    batches = _newest(store, company, "AR/ARReceiptAndAdjustmentBatches")
    return "".join(
        f"<section><h2>Receipt batch {batch['BatchNumber']}: {batch['BatchTotal']:.2f} "
        f"{escape(batch['DefaultBankCurrency'])} <small>{escape(batch['BatchStatus'])}</small></h2>"
        f"<div>{batch['BatchDate'][:10]} · bank {escape(batch['BankCode'])} · "
        f"{escape(batch['Description'] or '-')}</div>"
        "<table><tr><th>Entry</th><th>Receipt number</th><th>Customer</th><th>For</th><th>Paid by</th>"
        f"<th class='n'>Amount</th></tr>{''.join(map(_receipt, batch['ReceiptsAdjustments']))}</table></section>"
        for batch in batches
    )


def _receipt(entry: Entity) -> str:
    lines = entry["AppliedReceiptsAdjustments"]
    named = [line["DocumentNumber"] or line["PPMatchingDocumentNumber"] for line in lines]
    return (
        f"<tr><td>{entry['EntryNumber']} {escape(entry['DocumentNumber'])}</td>"
        f"<td>{escape(entry['CheckReceiptNumber'])}<br><small>{escape(entry['EntryReference'])}</small></td>"
        f"<td>{escape(entry['CustomerNumber'])}</td>"
        f"<td>{escape(entry['ReceiptTransactionType'])} {escape(', '.join(filter(None, named)))}</td>"
        f"<td>{escape(entry['PaymentCode'])}</td><td class='n'>{entry['CustomerReceiptAmount']:.2f} "
        f"{escape(entry['CustomerCurrencyCode'])}</td></tr>"
    )


def _notes(store: Store, company: str) -> str:
    return "".join(map(_note, _newest(store, company, "OE/OECreditDebitNotes")))


def _note(note: Entity) -> str:
    kind = "Credit note" if note["CreditDebitNoteType"] == "CreditNote" else "Debit note"
    named = f" · invoice {escape(note['InvoiceNumber'])}" if note["InvoiceNumber"] else ""
    return (
        f"<section><h2>{kind} {escape(note['CreditDebitNoteNumber'])}: {note['CreditDebitNoteTotal']:.2f} "
        f"{escape(note['CreditDebitNoteSourceCurr'])}</h2><div>{note['CreditDebitNoteDate'][:10]} · customer "
        f"{escape(note['CustomerNumber'])}{named} · {escape(note['Reference'] or '-')} · "
        f"{escape(note['Description'] or '-')}</div><table><tr><th>Item or charge</th><th>Text</th>"
        "<th class='n'>Quantity</th><th>Goods</th><th class='n'>Amount</th><th class='n'>Tax</th></tr>"
        f"{''.join(map(_note_line, note['CreditDebitDetails']))}</table></section>"
    )


def _note_line(line: Entity) -> str:
    item = bool(line["Item"])
    quantity = f"{line['QuantityReturned'].normalize():f}" if item else ""
    tax = sum((line[f"TaxAmount{number}"] for number in range(1, 6)), Decimal(0))
    return (
        f"<tr><td>{escape(line['Item'] or line['MiscellaneousChargesCode'])}</td><td>{escape(line['Description'])}</td>"
        f"<td class='n'>{quantity}</td>"
        f"<td>{escape(line['ReturnType']) if item else ''}</td>"
        f"<td class='n'>{line['ExtendedAmountMiscellaneousCharge']:.2f}</td><td class='n'>{tax:.2f}</td></tr>"
    )


def _refunds(store: Store, company: str) -> str:
    return "".join(
        f"<section><h2>Refund batch {batch['BatchNumber']}: {batch['TotalOfEntries']:.2f} "
        f"<small>{escape(batch['BatchStatus'])}</small></h2><table><tr><th>Entry</th><th>Customer</th><th>Text</th>"
        f"<th>Credits</th><th class='n'>Amount</th></tr>{''.join(map(_refund, batch['RefundEntries']))}</table>"
        "</section>"
        for batch in _newest(store, company, "AR/ARRefundBatches")
    )


def _refund(entry: Entity) -> str:
    refunded = ", ".join(line["DocumentNumber"] for line in entry["RefundDetails"])
    return (
        f"<tr><td>{entry['EntryNumber']} {escape(entry['DocumentNumber'])}</td><td>{escape(entry['CustomerNumber'])}"
        f"</td><td>{escape(entry['DocumentDescription'])}</td><td>{escape(refunded)}</td>"
        f"<td class='n'>{entry['RefundAmountCustomer']:.2f} {escape(entry['CustomerCurrency'])}</td></tr>"
    )


def _posted(store: Store, company: str) -> str:
    count = store.count(company, RESOURCES["AR/ARPostedDocuments"])
    return f"<p><b>{count}</b> documents posted in Accounts Receivable.</p>" if count else ""

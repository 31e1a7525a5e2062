"""Posting A/R batches: documents that customers owe or are owed, what is applied to what, and balances that move.

Credits (receipts, prepayments, credit notes) stand with amounts below zero, and a customer's balance is always the sum
of the amounts due of the documents posted for that customer; both [inferred]. A batch is posted whole or not at all,
where the product moves the entries it cannot post to a batch of errors.
"""

from __future__ import annotations

from decimal import Decimal

from .books import Books
from .models_receipts import POSTED_DOCUMENT, POSTED_RECEIPT
from .receipts import refuse_locked
from .resources import RESOURCES
from .wire import Entity, general, loads

_RECEIPTS, _INVOICES = "AR/ARReceiptAndAdjustmentBatches", "AR/ARInvoiceBatches"
_REFUNDS, _DOCUMENTS = "AR/ARRefundBatches", "AR/ARPostedDocuments"
_ZERO = Decimal("0.000")
_FROM_ENTRY = (
    "CustomerNumber", "DocumentNumber", "CheckReceiptNumber", "BatchNumber", "EntryNumber", "PostingDate", "FiscalYear",
    "FiscalPeriod", "BankCode",
)  # fmt: skip
_FROM_INVOICE = (
    "CustomerNumber", "DocumentNumber", "DocumentType", "OrderNumber", "PONumber", "ShipmentNumber", "DocumentDate",
    "DueDate", "PostingDate", "FiscalYear", "FiscalPeriod", "CurrencyCode", "ExchangeRate", "TaxGroup", "Terms",
    "BatchNumber", "EntryNumber", "SourceApplication",
)  # fmt: skip
_TO_POSTED_RECEIPT = (
    "BankCode", "CustomerNumber", "CheckReceiptNumber", "CustomerReceiptAmount", "BankReceiptAmount", "PaymentCode",
    "BankRateType", "BankExchangeRate", "FiscalYear", "FiscalPeriod", "Payer", "BatchNumber", "EntryNumber",
    "FunctionalReceiptAmount", "DocumentNumber", "PaymentType", "PostingDate",
)  # fmt: skip
# What a prepayment may name, and the properties of a posted invoice that hold it.
_NUMBERS = ("OrderNumber", "PONumber", "ShipmentNumber", "DocumentNumber")


def post_invoices(books: Books, parameters: Entity) -> None:
    """Post invoice batches that are ready: all, or those of a range of numbers."""
    for batch in _chosen(books, _INVOICES, parameters):
        sequence = books.store.next_number(books.company, "invoice posting")
        for row in batch["Invoices"]:
            _post_invoice(books, row | {"BatchDate": batch["BatchDate"], "PostingSequenceNumber": Decimal(sequence)})
        _mark_posted(books, _INVOICES, batch, sequence)


def post_receipts(books: Books, parameters: Entity) -> None:
    """Post receipt batches that are ready: all, or those of a range of numbers."""
    for batch in _chosen(books, _RECEIPTS, parameters):
        sequence = books.store.next_number(books.company, "receipt posting")
        for entry in batch["ReceiptsAdjustments"]:
            _post_receipt(books, batch, entry, sequence)
        _mark_posted(books, _RECEIPTS, batch, sequence)


def post_refunds(books: Books, parameters: Entity) -> None:
    """Post refund batches that are ready: all, or those of a range of numbers."""
    for batch in _chosen(books, _REFUNDS, parameters):
        sequence = books.store.next_number(books.company, "refund posting")
        for entry in batch["RefundEntries"]:
            _post_refund(books, batch, entry, sequence)
        _mark_posted(books, _REFUNDS, batch, sequence)


def _chosen(books: Books, path: str, parameters: Entity) -> list[Entity]:
    """The batches to post. General if one of a range is not ready, or one is locked by another user."""
    everything = parameters["PostAllBatches"] == "Postallbatches"
    first, last = parameters["PostBatchFrom"], parameters["PostBatchTo"] or parameters["PostBatchFrom"]
    found = []
    for text in books.store.texts(books.company, RESOURCES[path]):
        batch = loads(text)
        if everything and batch["BatchStatus"] == "ReadyToPost":
            found.append(batch)
        elif not everything and first <= batch["BatchNumber"] <= last:
            if batch["BatchStatus"] != "ReadyToPost":
                raise general(f"Batch {batch['BatchNumber']} is not ready to post.")
            found.append(batch)
    if not found and not everything:
        raise general("There are no batches to post.")
    for batch in found if path == _RECEIPTS else ():
        refuse_locked(books, batch["BatchNumber"])
    return found


def _mark_posted(books: Books, path: str, batch: Entity, sequence: int) -> None:
    books.put(path, batch | {"BatchStatus": "Posted", "PostingSequenceNumber": Decimal(sequence)})


def _post_invoice(books: Books, row: Entity) -> None:
    owed = row["DocumentType"] != "CreditNote"
    sign = 1 if owed else -1
    total = sign * row["DocumentTotalIncludingTax"]
    document = POSTED_DOCUMENT.new() | {name: row[name] for name in _FROM_INVOICE}
    document.update(
        BatchDate=row["BatchDate"], PostingSequenceNumber=row["PostingSequenceNumber"], BatchType="IN",
        DocumentDescription=row["InvoiceDescription"], CustomerCurrencyTaxAmount=sign * row["TaxTotal"],
    )  # fmt: skip
    _enter(books, document, total)
    kind = "Invoice" if owed else "CreditNote"
    _move_balance(books, document, total, {
        f"DateOfLast{kind}": row["DocumentDate"], f"Last{kind}AmountCustomerCurrency": row["DocumentTotalIncludingTax"],
    })  # fmt: skip
    if row["ApplytoDocument"]:
        invoice = books.get(_DOCUMENTS, row["CustomerNumber"], row["ApplytoDocument"])
        if invoice is not None and not owed:
            _settle(books, document, invoice)
    if owed and books.options["apply_prepayments"]:
        for prepayment in _prepayments_for(books, document):
            _settle(books, prepayment, document)


def _post_receipt(books: Books, batch: Entity, entry: Entity, sequence: int) -> None:
    amount, kind = entry["CustomerReceiptAmount"], entry["ReceiptTransactionType"]
    document = POSTED_DOCUMENT.new() | {name: entry[name] for name in _FROM_ENTRY}
    document.update(
        DocumentType=kind, DocumentDate=entry["ReceiptDateAdjustmentDate"], DueDate=entry["ReceiptDateAdjustmentDate"],
        BatchDate=batch["BatchDate"], BatchType="CA", DocumentDescription=entry["EntryDescription"],
        CurrencyCode=entry["CustomerCurrencyCode"], ExchangeRate=entry["CustomerExchangeRate"],
        PostingSequenceNumber=Decimal(sequence), DepositSerialNumber=batch["DepositSerialNumber"],
        DepositLineNumber=entry["EntryNumber"], SourceApplication="AR",
    )  # fmt: skip
    if kind == "Prepayment" and entry["MatchingDocumentNumber"]:
        document["PrepaymentApplytoDocumentNumber"] = entry["MatchingDocumentNumber"]
        if entry["DocumentType"] != "DocumentNumber":
            document[entry["DocumentType"]] = entry["MatchingDocumentNumber"]
    _enter(books, document, -amount)
    changed = {"DateOfLastReceipt": entry["ReceiptDateAdjustmentDate"], "LastReceiptCustomerCurrency": amount}
    _move_balance(books, document, -amount, changed)
    for line in entry["AppliedReceiptsAdjustments"]:
        if line["TransactionType"] == "ReceiptPosted":
            _pay(books, document, line)
    if kind == "Prepayment" and books.options["apply_prepayments"]:
        for invoice in _invoices_for(books, document):
            _settle(books, document, invoice)
    posted = POSTED_RECEIPT.new() | {name: entry[name] for name in _TO_POSTED_RECEIPT}
    posted.update(
        DepositSerialNumber=batch["DepositSerialNumber"], DepositLineNumber=entry["EntryNumber"], DocumentType=kind,
        ReceiptDate=entry["ReceiptDateAdjustmentDate"], BatchDate=batch["BatchDate"],
        CurrencyCode=entry["BankCurrencyCode"],
    )  # fmt: skip
    books.put("AR/ARPostedReceipts", posted)


def _post_refund(books: Books, batch: Entity, entry: Entity, sequence: int) -> None:
    """A document the customer owes for the money paid out, which the refunded credits settle at once."""
    names = ("CustomerNumber", "DocumentNumber", "DocumentDate", "PostingDate", "FiscalYear", "FiscalPeriod")
    document = POSTED_DOCUMENT.new() | {name: entry[name] for name in (*names, "ExchangeRate", "EntryNumber")}
    document.update(
        DocumentType="Refund", DueDate=entry["DocumentDate"], BatchDate=batch["BatchDate"], BatchType="RF",
        BatchNumber=batch["BatchNumber"], DocumentDescription=entry["DocumentDescription"], SourceApplication="AR",
        CurrencyCode=entry["CustomerCurrency"], PostingSequenceNumber=Decimal(sequence),
    )  # fmt: skip
    _enter(books, document, entry["RefundAmountCustomer"])
    _move_balance(books, document, entry["RefundAmountCustomer"], {})
    for line in entry["RefundDetails"]:
        credit = books.get(_DOCUMENTS, entry["CustomerNumber"], line["DocumentNumber"])
        if credit is None or -credit["CustomerCurrencyAmountDue"] < line["AmountCustomer"]:
            raise general(f"The refund of document {line['DocumentNumber']} is greater than what is open there.")
        _settle(books, credit, document, line["AmountCustomer"])


def _pay(books: Books, receipt: Entity, line: Entity) -> None:
    invoice = books.get(_DOCUMENTS, line["CustomerNumber"], line["DocumentNumber"])
    if invoice is None or invoice["CustomerCurrencyAmountDue"] < line["CustomerReceiptAmount"]:
        raise general(
            f"The amount applied to document {line['DocumentNumber']} is greater than what is due there. Batch "
            f"{line['BatchNumber']}, entry {line['EntryNumber']}."
        )
    _settle(books, receipt, invoice, line["CustomerReceiptAmount"])


def _enter(books: Books, document: Entity, amount: Decimal) -> None:
    """A new posted document. General if the customer has one of that number."""
    if books.get(_DOCUMENTS, document["CustomerNumber"], document["DocumentNumber"]) is not None:
        raise general(
            f"Document {document['DocumentNumber']} already exists for customer {document['CustomerNumber']}."
        )
    customer = books.get("AR/ARCustomers", document["CustomerNumber"]) or {}
    document.update(
        GroupCode=customer["GroupCode"], AccountSet=customer["AccountSet"], CustomerCurrencyInvoiceAmount=amount,
        FunctionalCurrencyInvoiceAmount=_functional(books, document, amount), LastActivityDate=document["DocumentDate"],
    )  # fmt: skip
    _owe(books, document, amount)


def _owe(books: Books, document: Entity, due: Decimal) -> None:
    document.update(
        CustomerCurrencyAmountDue=due, FunctionalCurrencyAmountDue=_functional(books, document, due),
        FullyPaid="No" if due else "Yes", DatePaid=None if due else document["LastActivityDate"],
    )  # fmt: skip
    books.put(_DOCUMENTS, document)


def _settle(books: Books, credit: Entity, invoice: Entity, most: Decimal | None = None) -> None:
    """Apply what is open of a credit to what is due of an invoice, at most ``most``; the balance stays as it was."""
    amount = min(-credit["CustomerCurrencyAmountDue"], invoice["CustomerCurrencyAmountDue"])
    amount = amount if most is None else min(amount, most)
    if amount <= 0:
        return
    for document in (credit, invoice):
        document["LastActivityDate"] = max(credit["DocumentDate"], invoice["DocumentDate"])
    _owe(books, credit, credit["CustomerCurrencyAmountDue"] + amount)
    _owe(books, invoice, invoice["CustomerCurrencyAmountDue"] - amount)
    _count(books, credit, invoice, amount)


def _count(books: Books, credit: Entity, invoice: Entity, amount: Decimal) -> None:
    """Open documents and prepaid money on the customer's card after something was applied."""
    customer = dict(books.get("AR/ARCustomers", credit["CustomerNumber"]) or {})
    for document in (credit, invoice):
        if document["FullyPaid"] == "Yes":
            customer["NumberOfOpenDocuments"] -= 1
    if invoice["FullyPaid"] == "Yes" and invoice["DocumentType"] == "Invoice":
        customer["NumberOfPaidInvoices"] += 1
    if credit["DocumentType"] == "Prepayment":
        customer["AmountPrepaidCustomerCurrency"] -= amount
        customer["NumberOfOpenPrepayments"] -= Decimal(credit["FullyPaid"] == "Yes")
    books.put("AR/ARCustomers", customer)


def _move_balance(books: Books, document: Entity, amount: Decimal, changed: Entity) -> None:
    customer = dict(books.get("AR/ARCustomers", document["CustomerNumber"]) or {})
    customer.update({name: value for name, value in changed.items() if name in customer})
    customer["BalanceDueInCustomerCurrency"] += amount
    customer["BalanceDueInFunctionalCurrency"] += _functional(books, document, amount)
    customer["NumberOfOpenDocuments"] += 1
    customer["DateOfLastActivity"] = document["DocumentDate"]
    if document["DocumentType"] == "Prepayment":
        customer["AmountPrepaidCustomerCurrency"] -= amount
        customer["NumberOfOpenPrepayments"] += 1
    books.put("AR/ARCustomers", customer)


def _functional(books: Books, document: Entity, amount: Decimal) -> Decimal:
    places = Decimal(1).scaleb(-books.currency_places(books.profile["FunctionalCurrency"]))
    functional: Decimal = (amount * document["ExchangeRate"]).quantize(places).quantize(_ZERO)
    return functional


def _prepayments_for(books: Books, invoice: Entity) -> list[Entity]:
    """Open prepayments of the customer that name this invoice by any of its numbers."""
    found = []
    for name in _NUMBERS:
        word = ("PrepaymentApplytoDocumentNumber", invoice[name])
        for text in books.store.texts(books.company, RESOURCES[_DOCUMENTS], word=word) if invoice[name] else ():
            document = loads(text)
            if _fits(document, invoice, name):
                found.append(document)
    return found


def _invoices_for(books: Books, prepayment: Entity) -> list[Entity]:
    """Open invoices of the customer that a prepayment names."""
    word = ("CustomerNumber", prepayment["CustomerNumber"])
    documents = map(loads, list(books.store.texts(books.company, RESOURCES[_DOCUMENTS], word=word)))
    return [
        each for each in documents
        if each["CustomerCurrencyAmountDue"] > 0 and any(_fits(prepayment, each, name) for name in _NUMBERS)
    ]  # fmt: skip


def _fits(prepayment: Entity, invoice: Entity, name: str) -> bool:
    """Whether a prepayment names an invoice by this property; by its own number where it names no other."""
    by = next((each for each in _NUMBERS[:3] if prepayment[each]), "DocumentNumber")
    return bool(
        prepayment["DocumentType"] == "Prepayment"
        and prepayment["CustomerNumber"] == invoice["CustomerNumber"]
        and name == by
        and prepayment["PrepaymentApplytoDocumentNumber"]
        and prepayment["PrepaymentApplytoDocumentNumber"] == invoice[name]
    )

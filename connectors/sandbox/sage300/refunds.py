"""A batch of refunds: open credits of customers that are paid out of a bank, kept small.

No body of a refund was seen, so all that is asked for beside the names is [inferred]: each detail names a posted credit
and how it is paid, cash and check from the entry's bank, cards from the detail's, in the customer's currency only.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from .books import Books
from .entry import fill
from .fiscal import period_of
from .models_receipts import REFUND, REFUND_BATCH
from .orders import rate_for
from .resources import RESOURCES
from .rows import merge
from .wire import Entity, field_invalid, general, invalid_payload, loads, record_not_found, stored_day

PATH = "AR/ARRefundBatches"
_ZERO = Decimal("0.000")


def create_refunds(books: Books, body: Any) -> str:
    """Insert one batch with its entries inside the caller's transaction; the stored entity's JSON."""
    if not isinstance(body, dict):
        raise invalid_payload("The body must be one object.")
    batch, today = REFUND_BATCH.new(), stored_day(datetime.now(UTC).date())
    batch.update(BatchDate=today, DateCreated=today, SourceApplication="AR")
    batch["BatchNumber"] = books.store.next_number(books.company, "refund batch")
    return _enter(books, batch, body)


def change_refunds(books: Books, key: tuple[object, ...], body: Any) -> None:
    """PATCH: entries by their UpdateOperation and the status, as for receipts."""
    batch = books.get(PATH, *key)
    if batch is None:
        raise record_not_found()
    _enter(books, batch, body)


def _enter(books: Books, batch: Entity, body: Any) -> str:
    number, last, was = batch["BatchNumber"], int(batch["LastEntryNumber"]), batch["BatchStatus"]
    if was != "Open" and isinstance(body, dict) and set(body) - {"BatchStatus", "UpdateOperation"}:
        raise general(f"Batch {number} can be viewed but not edited because it is not open.")
    sent: list[Any] = []
    fill(books, REFUND_BATCH, batch, body, {"RefundEntries": sent.extend})
    if batch["BatchStatus"] not in ("Open", "ReadyToPost") or was not in ("Open", "ReadyToPost"):
        raise field_invalid(f"The status of batch {number} cannot be changed to {batch['BatchStatus']}.")
    entries = batch["RefundEntries"]
    for row in sent:
        done = merge(books, REFUND, "EntryNumber", entries, row)
        if done.entity is None:
            continue
        if done.new:
            last += 1
            entries.append(done.entity)
        position = last if done.new else done.entity["EntryNumber"]
        fill(books, REFUND, done.entity, row)
        done.entity.update(BatchNumber=number, EntryNumber=position, UpdateOperation="Unspecified")
        _complete(books, batch, done.entity)
    batch.update(
        BatchNumber=number, LastEntryNumber=Decimal(last), NumberOfEntries=Decimal(len(entries)),
        TotalOfEntries=sum((row["RefundAmountCustomer"] for row in entries), _ZERO), UpdateOperation="Unspecified",
        DateLastEdited=stored_day(datetime.now(UTC).date()),
    )  # fmt: skip
    return books.put(PATH, batch)


def _complete(books: Books, batch: Entity, entry: Entity) -> None:
    """Check an entry and work out its amounts. FieldInvalid for anything it may not be."""
    number = entry["CustomerNumber"]
    customer = books.require("AR/ARCustomers", number, text=f"Customer {number} does not exist.")
    entry["DocumentDate"] = entry["DocumentDate"] or batch["BatchDate"]
    year, period = period_of(books, entry["DocumentDate"], "Refund Date", "Accounts Receivable")
    currency, home = customer["CurrencyCode"], books.profile["FunctionalCurrency"]
    entry.update(
        CustomerCurrency=currency, RemitToName=entry["RemitToName"] or customer["CustomerName"], FiscalYear=year,
        FiscalPeriod=period, PostingDate=entry["DocumentDate"], EnteredBy=books.user, SourceApplication="AR",
    )  # fmt: skip
    if currency == home:
        entry["ExchangeRate"] = Decimal("1.0000000")
    elif not entry["ExchangeRate"]:
        entry["ExchangeRate"] = rate_for(books, home, currency, entry["DocumentDate"])["Rate"]
    if not entry["RefundDetails"]:
        raise field_invalid("Select a document to refund.")
    for place, line in enumerate(entry["RefundDetails"], 1):
        line.update(BatchNumber=entry["BatchNumber"], EntryNumber=entry["EntryNumber"], LineNumber=20 * place)
        _detail(books, batch, entry, line)
    paid = {kind: _sum(entry, kind) for kind in ("Cash", "Check", "CreditCard")}
    total = sum(paid.values(), _ZERO) + _sum(entry, "SPSCreditCard")
    entry.update({f"{kind}AmountCustomer": amount for kind, amount in paid.items()})
    entry.update(RefundAmountCustomer=total, NumberOfDetails=len(entry["RefundDetails"]))
    entry["RefundAmountFunctional"] = (total * entry["ExchangeRate"]).quantize(Decimal("0.01")).quantize(_ZERO)
    if not entry["DocumentNumber"]:
        entry["DocumentNumber"] = books.document_number("refund", ("AR/ARPostedDocuments", "DocumentNumber"))


def _sum(entry: Entity, kind: str) -> Decimal:
    lines = [line for line in entry["RefundDetails"] if line["PaymentType"] == kind]
    return sum((line["AmountCustomer"] for line in lines), _ZERO)


def _detail(books: Books, batch: Entity, entry: Entity, line: Entity) -> None:
    """At most what is open of the credit, less what unposted batches pay out of it already."""
    document = books.get("AR/ARPostedDocuments", entry["CustomerNumber"], line["DocumentNumber"])
    if document is None or document["CustomerCurrencyInvoiceAmount"] >= 0:
        raise field_invalid(f"Credit {line['DocumentNumber']} does not exist for customer {entry['CustomerNumber']}.")
    holder = line if line["PaymentType"] in ("CreditCard", "SPSCreditCard") else entry
    kind = "CreditCard" if holder is line else line["PaymentType"]
    bank = books.require(
        "BK/BKBanks", holder[f"{kind}BankAccount"], text="Invalid Input. The bank code does not exist."
    )
    if bank["Status"] == "Inactive" or bank["StatementCurrency"] != entry["CustomerCurrency"]:
        raise field_invalid(f"Bank {bank['BankCode']} cannot pay in {entry['CustomerCurrency']}.")
    holder[f"{kind}PaymentCurrency"] = bank["StatementCurrency"]
    others = [each for row in _unposted(books, batch) for each in row["RefundDetails"] if each is not line]
    same = ("CustomerNumber", "DocumentNumber")
    line["CustomerNumber"] = entry["CustomerNumber"]
    pending = sum((each["AmountCustomer"] for each in others if all(each[name] == line[name] for name in same)), _ZERO)
    opened = -document["CustomerCurrencyAmountDue"]
    amount = line["AmountCustomer"] or opened - pending
    if amount <= 0 or amount > opened - pending:
        raise field_invalid(
            f"The refund of document {line['DocumentNumber']} is greater than its net balance, {opened - pending}."
        )
    line.update(
        AmountCustomer=amount, AmountPayment=amount, DocumentType=document["DocumentType"], CurrentBalance=opened,
        DocumentDate=document["DocumentDate"], OriginalAmount=-document["CustomerCurrencyInvoiceAmount"],
        AmountFunctional=(amount * entry["ExchangeRate"]).quantize(Decimal("0.01")).quantize(_ZERO),
        PendingBalance=pending, NetBalance=opened - pending, UpdateOperation="Unspecified",
    )  # fmt: skip


def _unposted(books: Books, batch: Entity) -> list[Entity]:
    """All entries of batches not posted yet, those of the batch being edited as they are now."""
    rows: list[Entity] = list(batch["RefundEntries"])
    for status in ("Open", "ReadyToPost"):
        for text in books.store.texts(books.company, RESOURCES[PATH], word=("BatchStatus", status)):
            other = loads(text)
            if other["BatchNumber"] != batch["BatchNumber"]:
                rows += other["RefundEntries"]
    return rows

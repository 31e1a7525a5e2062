"""One receipt of a batch: who paid what into the bank, for which document or order it is, and at which rates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .books import Books
from .entry import fill
from .fiscal import period_of
from .models_receipts import APPLIED, RECEIPT
from .orders import rate_for
from .resources import RESOURCES
from .rows import merge
from .tax import ROUNDINGS
from .wire import Entity, field_invalid, general, loads

_ZERO = Decimal("0.000")
_KINDS = {"Receipt": "receipt", "Prepayment": "prepayment", "UnappliedCash": "unapplied cash"}
_APPLIED_AS = {"Receipt": "ReceiptPosted", "Prepayment": "PrepaymentPosted", "UnappliedCash": "UnappliedCashPosted"}


class ReceiptEntry:
    """One receipt being entered or edited; each method is what a property triggers."""

    def __init__(self, books: Books, batch: Entity, entry: Entity) -> None:
        self.books, self.batch, self.entry = books, batch, entry
        self.number, self.document = entry["EntryNumber"], entry["DocumentNumber"]

    def start(self, number: int) -> None:
        """Give a new entry its number and what the batch brings along."""
        self.number = number
        self.entry.update(
            EntryNumber=number, ReceiptDateAdjustmentDate=self.batch["BatchDate"], SourceApplication="AR",
            EnteredBy=self.books.user,
        )  # fmt: skip

    def enter(self, body: Any) -> None:
        """Put the sent properties in, then check and work out the entry. Refusals are FieldInvalid or General."""
        fill(self.books, RECEIPT, self.entry, body, {
            "CustomerNumber": self._customer, "PaymentCode": self._payment_code,
            "CustomerCurrencyCode": self._currency, "ReceiptTransactionType": self._kind,
            "BankReceiptAmount": self._bank_amount, "DocumentNumber": self._document_number,
            "AppliedReceiptsAdjustments": self._applied,
        })  # fmt: skip
        self._finish()

    # Properties, each with what it brings along

    def _customer(self, number: str) -> None:
        customer = self.books.require("AR/ARCustomers", number, text=f"Customer {number} does not exist.")
        if customer["Status"] == "Inactive":
            raise field_invalid(f"Customer {number} is inactive.")
        self.entry.update(CustomerCurrencyCode=customer["CurrencyCode"], Payer=customer["CustomerName"])
        if customer["PaymentCode"]:
            self._payment_code(customer["PaymentCode"])
            self.entry["PaymentCode"] = customer["PaymentCode"]

    def _payment_code(self, code: str) -> None:
        if not code:
            return
        record = self.books.require("AR/ARPaymentCodes", code, text="Invalid Input. The payment code does not exist.")
        if record["Status"] == "Inactive":
            raise field_invalid(f"Payment code {code} is inactive.")
        self.entry["PaymentType"] = record["PaymentType"]

    def _currency(self, code: str) -> None:
        customer = self.books.get("AR/ARCustomers", self.entry["CustomerNumber"])
        if customer is None or code != customer["CurrencyCode"]:
            raise field_invalid(f"Currency {code} is not the currency of customer {self.entry['CustomerNumber']}.")

    def _kind(self, kind: str) -> None:
        if kind not in _KINDS:
            raise field_invalid(f"Receipts of type {kind} cannot be entered here.")

    def _bank_amount(self, _amount: Decimal) -> None:
        """A new amount in the bank is converted anew, unless the customer's amount follows in the body."""
        self.entry["CustomerReceiptAmount"] = _ZERO

    def _document_number(self, number: str) -> None:
        if (
            number
            and number != self.document
            and self.books.with_word("AR/ARPostedDocuments", "DocumentNumber", number)
        ):
            raise field_invalid(f"Document {number} already exists. Specify a document number that is not in use.")

    def _applied(self, rows: list[Any]) -> None:
        """Lines as sent; what they are applied to is worked out when everything else is known."""
        lines = self.entry["AppliedReceiptsAdjustments"]
        for row in rows:
            done = merge(self.books, APPLIED, "LineNumber", lines, row)
            if done.entity is None:
                continue
            if done.new:
                position = int(self.entry["LastLineNumber"]) + 20
                self.entry["LastLineNumber"] = Decimal(position)
                lines.append(done.entity)
            else:
                position = done.entity["LineNumber"]
            fill(self.books, APPLIED, done.entity, row)
            done.entity["LineNumber"] = position

    # After the last property

    def _finish(self) -> None:
        entry, batch = self.entry, self.batch
        if not entry["CustomerNumber"]:
            raise field_invalid("Invalid Input. The customer number does not exist.")
        entry.update(
            BatchType=batch["BatchRecordType"], BatchNumber=batch["BatchNumber"], EntryNumber=self.number,
            BankCode=batch["BankCode"], BankCurrencyCode=batch["DefaultBankCurrency"], UpdateOperation="Unspecified",
        )  # fmt: skip
        day = entry["ReceiptDateAdjustmentDate"] or batch["BatchDate"]
        year, period = period_of(self.books, day, "Receipt Date", "Accounts Receivable")
        entry.update(ReceiptDateAdjustmentDate=day, PostingDate=day, FiscalYear=year, FiscalPeriod=period)
        self._rates()
        self._amounts()
        self._duplicate_check()
        if not entry["DocumentNumber"]:
            kind = _KINDS[entry["ReceiptTransactionType"]]
            entry["DocumentNumber"] = self.books.document_number(kind, ("AR/ARPostedDocuments", "DocumentNumber"))
        self._apply()

    def _rates(self) -> None:
        """Rates into the functional currency. Where the receipt's currency is not the bank's, they must be given.

        [inferred] from a practitioner's refusal (sage300.md 7.3); a rate is taken from the table otherwise.
        """
        entry, home = self.entry, self.books.profile["FunctionalCurrency"]
        bank, customer = entry["BankCurrencyCode"], entry["CustomerCurrencyCode"]
        if self.batch["BankRateOverridden"] == "Yes" and not entry["BankExchangeRate"]:
            entry["BankExchangeRate"] = self.batch["BankExchangeRate"]
        for currency, name in ((bank, "BankExchangeRate"), (customer, "CustomerExchangeRate")):
            if currency == home:
                entry[name] = Decimal("1.0000000")
            elif bank != customer and not entry[name]:
                raise field_invalid(
                    f"The receipt is in {customer} and bank {entry['BankCode']} in {bank}. There are no exchange rates "
                    f"for this currency. Enter the {'bank' if currency == bank else 'customer'} exchange rate."
                )
        if bank == customer and bank != home:
            if not entry["BankExchangeRate"]:
                entry["BankExchangeRate"] = rate_for(self.books, home, bank, entry["ReceiptDateAdjustmentDate"])["Rate"]
            entry["CustomerExchangeRate"] = entry["BankExchangeRate"]

    def _amounts(self) -> None:
        entry = self.entry
        in_bank, owed = entry["BankReceiptAmount"], entry["CustomerReceiptAmount"]
        ratio = entry["BankExchangeRate"] / entry["CustomerExchangeRate"]
        if not owed:
            owed = self._round(in_bank * ratio, entry["CustomerCurrencyCode"])
        if not in_bank:
            in_bank = self._round(owed / ratio, entry["BankCurrencyCode"])
        if in_bank <= 0 or owed <= 0:
            raise field_invalid("The receipt amount must be greater than zero.")
        if entry["BankCurrencyCode"] == entry["CustomerCurrencyCode"] and in_bank != owed:
            raise field_invalid(f"The customer's amount {owed} differs from the bank's amount {in_bank}.")
        functional = self._round(in_bank * entry["BankExchangeRate"], self.books.profile["FunctionalCurrency"])
        entry.update(BankReceiptAmount=in_bank, CustomerReceiptAmount=owed, FunctionalReceiptAmount=functional)

    def _round(self, amount: Decimal, currency: str) -> Decimal:
        places = Decimal(1).scaleb(-self.books.currency_places(currency))
        return amount.quantize(places, rounding=ROUNDINGS[self.books.options["rounding"]]).quantize(_ZERO)

    def _duplicate_check(self) -> None:
        entry = self.entry
        if self.books.options["duplicate_checks"] == "allow" or not entry["CheckReceiptNumber"]:
            return
        same = ("CheckReceiptNumber", "CustomerNumber", "BankCode")
        waiting = [row for row in _unposted(self.books, self.batch) if row is not entry]
        posted = RESOURCES["AR/ARPostedReceipts"]
        known = self.books.store.texts(self.books.company, posted, word=(same[0], entry[same[0]]))
        if any(all(row[name] == entry[name] for name in same) for row in (*waiting, *map(loads, known))):
            raise general(
                f"Check/receipt number {entry['CheckReceiptNumber']} has already been used for customer "
                f"{entry['CustomerNumber']}."
            )

    # What the money is for

    def _apply(self) -> None:
        entry, lines = self.entry, self.entry["AppliedReceiptsAdjustments"]
        kind = entry["ReceiptTransactionType"]
        if kind == "Prepayment" and not lines:
            lines.append(APPLIED.new() | {"LineNumber": 20, "CustomerReceiptAmount": entry["CustomerReceiptAmount"]})
            entry["LastLineNumber"] = Decimal(20)
        for line in lines:
            line.update(
                BatchType=entry["BatchType"], BatchNumber=entry["BatchNumber"], EntryNumber=entry["EntryNumber"],
                CustomerNumber=line["CustomerNumber"] or entry["CustomerNumber"], TransactionType=_APPLIED_AS[kind],
                PaymentNumber=line["PaymentNumber"] or Decimal(1), CustomerCurrencyCode=entry["CustomerCurrencyCode"],
                UpdateOperation="Unspecified",
            )  # fmt: skip
            if line["CustomerNumber"] != entry["CustomerNumber"]:
                raise field_invalid(f"Customer {line['CustomerNumber']} is not the customer of the receipt.")
            if kind == "Receipt":
                self._to_document(line)
            else:
                self._to_order(line)
        applied = sum((line["CustomerReceiptAmount"] for line in lines), _ZERO)
        if applied > entry["CustomerReceiptAmount"]:
            raise field_invalid(
                f"The amount applied, {applied}, is greater than the receipt, {entry['CustomerReceiptAmount']}."
            )
        left = entry["CustomerReceiptAmount"] - applied
        entry.update(
            TotalCustomerAmountApplied=applied, NumberOfDocumentsAppliedto=Decimal(len(lines)),
            CustomerUnappliedAmount=left,
        )  # fmt: skip

    def _to_document(self, line: Entity) -> None:
        """Apply to a posted document: at most what is due there, less what unposted batches hold for it already."""
        place = (line["CustomerNumber"], line["DocumentNumber"])
        document = self.books.get("AR/ARPostedDocuments", *place)
        if document is None or document["CustomerCurrencyInvoiceAmount"] <= 0:
            raise field_invalid(f"Document {line['DocumentNumber']} does not exist for customer {place[0]}.")
        lines = self.entry["AppliedReceiptsAdjustments"]
        others = [each for row in _unposted(self.books, self.batch) for each in row["AppliedReceiptsAdjustments"]]
        pending = sum(
            (each["CustomerReceiptAmount"] for each in others
             if each is not line and each["TransactionType"] == "ReceiptPosted"
             and (each["CustomerNumber"], each["DocumentNumber"]) == place),
            _ZERO,
        )  # fmt: skip
        due = document["CustomerCurrencyAmountDue"]
        if not line["CustomerReceiptAmount"]:
            used = sum((each["CustomerReceiptAmount"] for each in lines if each is not line), _ZERO)
            line["CustomerReceiptAmount"] = max(min(due - pending, self.entry["CustomerReceiptAmount"] - used), _ZERO)
        line.update(
            DocumentAmountDue=due, PendingReceiptAmount=pending, DocumentNetBalance=due - pending,
            DocumentDate=document["DocumentDate"],
        )  # fmt: skip
        if line["CustomerReceiptAmount"] <= 0 or line["CustomerReceiptAmount"] > due - pending:
            raise field_invalid(
                f"The amount applied to document {line['DocumentNumber']} is greater than its net balance, "
                f"{due - pending}."
            )

    def _to_order(self, line: Entity) -> None:
        """A prepayment may name an order, invoice, PO or shipment; whether there is one is not checked."""
        entry = self.entry
        if line["PPMatchingDocumentNumber"]:
            entry["MatchingDocumentNumber"] = line["PPMatchingDocumentNumber"]
            entry["DocumentType"] = line["PPMatchingDocumentType"]
        elif entry["MatchingDocumentNumber"]:
            line["PPMatchingDocumentNumber"] = entry["MatchingDocumentNumber"]
            line["PPMatchingDocumentType"] = entry["DocumentType"]
        if not line["CustomerReceiptAmount"]:
            line["CustomerReceiptAmount"] = entry["CustomerReceiptAmount"]
        line["GeneratedPPUCNumber"] = entry["DocumentNumber"]


def _unposted(books: Books, batch: Entity) -> list[Entity]:
    """All entries of batches not posted yet, those of the batch being edited as they are now."""
    rows: list[Entity] = list(batch["ReceiptsAdjustments"])
    for status in ("Open", "ReadyToPost"):
        resource = RESOURCES["AR/ARReceiptAndAdjustmentBatches"]
        for text in books.store.texts(books.company, resource, word=("BatchStatus", status)):
            other = loads(text)
            if other["BatchNumber"] != batch["BatchNumber"]:
                rows += other["ReceiptsAdjustments"]
    return rows

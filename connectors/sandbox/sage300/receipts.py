"""A batch of receipts as Sage takes it: header, entries added to it while it is open, and its handing over.

The words of refusals are those of sage-failures.md 2; where none is known the text is [inferred] and plain.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from .books import Books
from .entry import fill
from .fiscal import period_of
from .models_receipts import RECEIPT, RECEIPT_BATCH
from .orders import rate_for, warning
from .receipt_entries import ReceiptEntry
from .rows import merge
from .wire import Entity, field_invalid, general, invalid_payload, record_not_found, stored_day

PATH = "AR/ARReceiptAndAdjustmentBatches"
_PERIOD_LOCKED = (
    "Batch Date {0} corresponds to period {1} in fiscal year {2}, which is locked for Accounts Receivable in the "
    "Fiscal Calendar. You cannot change entries until you change the batch date or change Company Profile settings."
)


def create_batch(books: Books, body: Any) -> str:
    """Insert one batch with its entries inside the caller's transaction; the stored entity's JSON."""
    if not isinstance(body, dict):
        raise invalid_payload("The body must be one object.")
    if "BatchRecordType" not in body:
        raise field_invalid("BatchRecordType must be entered.")
    batch = RECEIPT_BATCH.new()
    number = books.store.next_number(books.company, "receipt batch")
    batch.update(BatchDate=stored_day(datetime.now(UTC).date()), SourceApplication="AR", BatchNumber=number)
    batch["DepositSerialNumber"] = books.store.next_number(books.company, "deposit")
    return _BatchEntry(books, batch).enter(body)


def change_batch(books: Books, key: tuple[object, ...], body: Any) -> None:
    """PATCH: what is sent of the header, and rows of entries by their UpdateOperation (sage300.md 2).

    RecordNotFound without such a batch; General if it is locked, or not open and more than its status is to change.
    """
    batch = books.get(PATH, *key)
    if batch is None:
        raise record_not_found()
    refuse_locked(books, batch["BatchNumber"])
    _BatchEntry(books, batch).enter(body)


def refuse_locked(books: Books, number: int) -> None:
    """General while another user has the batch open (option ``locked_batches``)."""
    if number in books.options["locked_batches"]:
        raise general(batch_locked(number))


def batch_locked(number: object) -> str:
    return f"Batch {number} can be viewed but not edited because it is locked by another user."


class _BatchEntry:
    """One batch being entered or edited; a changed status takes effect after everything else."""

    def __init__(self, books: Books, batch: Entity) -> None:
        self.books, self.batch = books, batch
        self.was = batch["BatchStatus"]
        self.key = {name: batch[name] for name in ("BatchNumber", "DepositSerialNumber", "LastEntryNumber")}
        self.warnings: list[str] = []

    def enter(self, body: Any) -> str:
        if self.was != "Open" and isinstance(body, dict) and set(body) - {"BatchStatus", "UpdateOperation"}:
            raise general(f"Batch {self.batch['BatchNumber']} can be viewed but not edited because it is not open.")
        fill(self.books, RECEIPT_BATCH, self.batch, body, {
            "BatchRecordType": self._record_type, "BatchNumber": self._keep, "DepositSerialNumber": self._keep,
            "LastEntryNumber": self._keep, "BatchDate": self._date, "BankCode": self._bank,
            "DefaultBankCurrency": self._currency, "BankExchangeRate": self._rate,
            "BatchStatus": self._status, "ReceiptsAdjustments": self._entries,
        })  # fmt: skip
        if not self.batch["BankCode"]:
            raise field_invalid("Invalid Input. The bank code does not exist.")
        self._totals()
        self.batch["Warnings"] = [warning(text) for text in self.warnings]
        self.batch["UpdateOperation"] = "Unspecified"
        self.batch["DateLastEdited"] = stored_day(datetime.now(UTC).date())
        return self.books.put(PATH, self.batch)

    # Header properties

    def _keep(self, _sent: object) -> None:
        """Numbers are Sage's own, whatever was sent (sage300.md 7.3)."""
        self.batch.update(self.key)

    def _record_type(self, kind: str) -> None:
        if kind != "CA":
            raise field_invalid("This company keeps receipts (CA) only.")

    def _date(self, day: str | None) -> None:
        if day is None:
            raise field_invalid("Invalid Input. The batch date does not exist.")

    def _bank(self, code: str) -> None:
        if self.batch["ReceiptsAdjustments"]:
            raise general("You cannot change the bank after entering receipts.")
        bank = self.books.require("BK/BKBanks", code, text="Invalid Input. The bank code does not exist.")
        if bank["Status"] == "Inactive":
            raise field_invalid(f"Bank {code} is inactive.")
        self.batch["DefaultBankCurrency"] = bank["StatementCurrency"]

    def _currency(self, code: str) -> None:
        bank = self.books.get("BK/BKBanks", self.batch["BankCode"])
        if bank is None:
            raise field_invalid("Invalid Input. The bank code does not exist.")
        if code not in {bank["StatementCurrency"], *(row["CurrencyCode"] for row in bank["BankCurrencies"])}:
            raise field_invalid(f"Currency {code} is not set up for bank {bank['BankCode']}.")

    def _rate(self, rate: Decimal) -> None:
        self.batch["BankRateOverridden"] = "Yes" if rate else "No"

    def _status(self, status: str) -> None:
        if status not in ("Open", "ReadyToPost") or self.was not in ("Open", "ReadyToPost"):
            raise field_invalid(f"The status of batch {self.batch['BatchNumber']} cannot be changed to {status}.")

    # Entries

    def _entries(self, rows: list[Any]) -> None:
        if not self.batch["BankCode"]:
            raise field_invalid("Invalid Input. The bank code does not exist.")
        period_of(self.books, self.batch["BatchDate"], "Batch Date", locked=_PERIOD_LOCKED)
        self._bank_rate()
        entries = self.batch["ReceiptsAdjustments"]
        for row in rows:
            done = merge(self.books, RECEIPT, "EntryNumber", entries, row)
            if done.taken:
                self.warnings.append(
                    f"Another user has created entry number {done.taken}. This entry has been assigned entry number "
                    f"{self.key['LastEntryNumber'] + 1}."
                )
            if done.entity is None:
                continue
            entry = ReceiptEntry(self.books, self.batch, done.entity)
            if done.new:
                self.key["LastEntryNumber"] += 1
                entry.start(int(self.key["LastEntryNumber"]))
                entries.append(done.entity)
            entry.enter(row)

    def _bank_rate(self) -> None:
        """The rate of the bank's currency into the functional one, from the table unless it was given."""
        batch, home = self.batch, self.books.profile["FunctionalCurrency"]
        if batch["DefaultBankCurrency"] == home:
            batch["BankExchangeRate"] = Decimal("1.0000000")
        elif not batch["BankExchangeRate"]:
            rate = rate_for(self.books, home, batch["DefaultBankCurrency"], batch["BatchDate"])
            batch.update(BankExchangeRate=rate["Rate"], BankRateDate=rate["RateDate"], BankRateType=rate["RateType"])

    def _totals(self) -> None:
        entries = self.batch["ReceiptsAdjustments"]
        self.batch.update(
            NumberOfEntries=Decimal(len(entries)), LastEntryNumber=Decimal(self.key["LastEntryNumber"]),
            BatchTotal=sum((row["BankReceiptAmount"] for row in entries), Decimal("0.000")),
            FunctionalBatchTotal=sum((row["FunctionalReceiptAmount"] for row in entries), Decimal("0.000")),
        )  # fmt: skip

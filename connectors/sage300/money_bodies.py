"""From a prepared receipt or credit note to what is sent: every property in the order Sage is to take it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from connectors.errors import Rejected
from connectors.sage300.assumptions import Assumptions
from connectors.sage300.bodies import PRICE, Body, fits, given, rate_sent, tax_classes
from connectors.sage300.widths import WIDTHS
from connectors.sage300.wire import sent_day
from connectors.types import CreditNote, Receipt, Repayment, SaleLine
from connectors.words import words


@dataclass(frozen=True, slots=True)
class Deposit:
    """What arrives in the bank: its currency and the amount in it."""

    bank_currency: str
    amount: Decimal


def deposit(receipt: Receipt) -> Deposit:
    """Bank currency and amount: those of the receipt unless it names others."""
    if receipt.bank_currency in ("", receipt.currency) or receipt.bank_amount is None:
        return Deposit(receipt.currency, receipt.amount)
    return Deposit(receipt.bank_currency, receipt.bank_amount)


def batch_body(receipt: Receipt, assumptions: Assumptions) -> Body:
    """The header of a new batch; the bank's currency is sent always, so that Sage refuses a bank that lacks it."""
    return {
        "BatchRecordType": "CA",
        "BatchDate": sent_day(receipt.receipt_date, assumptions.date_format),
        "Description": receipt.batch,
        "BankCode": receipt.bank,
        "DefaultBankCurrency": deposit(receipt).bank_currency,
    }


def receipt_body(receipt: Receipt, assumptions: Assumptions) -> Body:
    """One entry of a batch. Raises Rejected when a text is longer than its field or the amount is not above zero."""
    _check_receipt(receipt)
    into = deposit(receipt)
    return {
        "CustomerNumber": receipt.customer,
        "ReceiptDateAdjustmentDate": sent_day(receipt.receipt_date, assumptions.date_format),
        "ReceiptTransactionType": "Receipt" if receipt.invoice_number else "Prepayment",
        **given(PaymentCode=receipt.payment_code),
        "CheckReceiptNumber": receipt.reference,
        **given(EntryDescription=receipt.description, EntryReference=receipt.transaction_id),
        **given(CustomerCurrencyCode=receipt.currency if assumptions.send_currency else ""),
        **_rates(receipt, assumptions),
        "BankReceiptAmount": into.amount,
        "CustomerReceiptAmount": receipt.amount,
        "AppliedReceiptsAdjustments": [_applied(receipt, assumptions)],
    }


def _rates(receipt: Receipt, assumptions: Assumptions) -> Body:
    """The order's own rate, for both sides where the bank is in the receipt's currency; flags before the rates."""
    if receipt.exchange_rate is None:
        return {}
    rate = rate_sent(receipt.exchange_rate, assumptions)
    sides = ["Customer"] if deposit(receipt).bank_currency != receipt.currency else ["Bank", "Customer"]
    body: Body = {}
    for side in sides:
        body[f"{side}RateDate"] = sent_day(receipt.receipt_date, assumptions.date_format)
        body[f"{side}RateOverridden"] = "Yes"
        body[f"{side}ExchangeRate"] = rate
    return body


def _applied(receipt: Receipt, assumptions: Assumptions) -> Body:
    """What the money is for: the posted invoice, or the order that a prepayment names."""
    if receipt.invoice_number:
        body: Body = {"TransactionType": "ReceiptPosted", "CustomerNumber": receipt.customer}
        body["DocumentNumber"] = receipt.invoice_number
    else:
        body = {"CustomerNumber": receipt.customer}
        if receipt.order_number:
            body["PPMatchingDocumentType"] = assumptions.prepayment_names
            body["PPMatchingDocumentNumber"] = receipt.order_number
    return body | {"CustomerReceiptAmount": receipt.amount}


def _check_receipt(receipt: Receipt) -> None:
    for name in ("reference", "bank", "payment_code", "batch", "order_number", "invoice_number", "transaction_id"):
        fits(f"receipt.{name}", getattr(receipt, name))
    fits("receipt.description", receipt.description)
    fits("customer", receipt.customer)
    if min(receipt.amount, deposit(receipt).amount) <= 0:
        raise Rejected(
            words(
                "A receipt must be above zero, %(reference)s is %(amount)s %(currency)s. Money that went back belongs "
                "on a credit note.",
                reference=receipt.reference,
                amount=f"{receipt.amount:f}",
                currency=receipt.currency,
            ),
            place="amount",
        )


def repayment_batch_body(repayment: Repayment, assumptions: Assumptions) -> Body:
    """The header of a new batch of refunds."""
    return {
        "BatchDate": sent_day(repayment.paid_date, assumptions.date_format),
        "BatchDescription": repayment.batch,
    }


def repayment_body(repayment: Repayment, assumptions: Assumptions) -> Body:
    """One entry: the bank where Sage has it for the way of payment, then the credit that is paid out.

    Raises Rejected when a text is longer than its field or the amount is not above zero.
    """
    for name in ("reference", "bank", "batch", "credit_number", "description"):
        fits(f"repayment.{name}", getattr(repayment, name))
    fits("customer", repayment.customer)
    if repayment.amount <= 0:
        wrong = words(
            "A refund must be above zero, %(reference)s is %(amount)s %(currency)s. Look at the refund in the shop.",
            reference=repayment.reference,
            amount=f"{repayment.amount:f}",
            currency=repayment.currency,
        )
        raise Rejected(wrong, place="amount")
    way = repayment.payment_type if repayment.payment_type in _BANKS else assumptions.refund_payment_type
    line: Body = {"DocumentNumber": repayment.credit_number, "PaymentType": way, "AmountCustomer": repayment.amount}
    bank = {_BANKS[way]: repayment.bank}
    body: Body = {
        "CustomerNumber": repayment.customer,
        "DocumentNumber": repayment.reference,
        **given(DocumentDescription=repayment.description),
        "DocumentDate": sent_day(repayment.paid_date, assumptions.date_format),
    }
    if repayment.exchange_rate is not None:
        body["ExchangeRate"] = rate_sent(repayment.exchange_rate, assumptions)
    if way == "CreditCard":
        return body | {"RefundDetails": [line | bank]}
    return body | bank | {"RefundDetails": [line]}


_BANKS = {"Cash": "CashBankAccount", "Check": "CheckBankAccount", "CreditCard": "CreditCardBankAccount"}
"""Where Sage has the bank of a refund: cash and check on the entry, cards on its line."""


def credit_note_body(note: CreditNote, assumptions: Assumptions) -> Body:
    """The POST of OECreditDebitNotes. Raises Rejected when a text is longer than its field."""
    _check_note(note, assumptions)
    body: Body = {"CustomerNumber": note.customer}
    if assumptions.own_credit_note_number:
        body["CreditDebitNoteNumber"] = note.reference
    body["CreditDebitNoteType"] = "CreditNote"
    body["CreditDebitNoteDate"] = sent_day(note.credit_date, assumptions.date_format)
    body |= _note_currency(note, assumptions)
    body["TaxGroup"] = note.tax_group
    body |= given(DefaultLocationCode=note.location)
    body["Reference"] = note.reference
    body |= given(Description=described(note))
    if note.comment and assumptions.note_comment:
        body[assumptions.note_comment] = note.comment
    if note.invoice_number and assumptions.note_invoice:
        body[assumptions.note_invoice] = note.invoice_number
    body["CreditDebitDetails"] = [_note_line(line, note, assumptions) for line in note.lines]
    return body


def described(note: CreditNote) -> str:
    """The description, with the invoice it corrects in front unless it names it itself; its end gives way to that."""
    if not note.invoice_number or note.invoice_number in note.description:
        return note.description
    return f"{note.invoice_number} {note.description}"[: WIDTHS["credit.description"]].strip()


def _note_currency(note: CreditNote, assumptions: Assumptions) -> Body:
    """As on the sale: the flag stands before the rate."""
    currency = given(CreditDebitNoteSourceCurr=note.currency) if assumptions.send_currency else {}
    if note.exchange_rate is None:
        return currency
    return currency | {
        "CreditDebitNoteRateDate": sent_day(note.credit_date, assumptions.date_format),
        "CreditDebitNoteRateOperator": 2 if assumptions.rate_operator == "divide" else 1,
        "CNDNRateOverrideFlag": True,
        "CreditDebitNoteRate": rate_sent(note.exchange_rate, assumptions),
    }


def _note_line(line: SaleLine, note: CreditNote, assumptions: Assumptions) -> Body:
    if line.kind == "charge":
        body: Body = {
            "LineType": "Miscellaneous",
            "MiscellaneousChargesCode": line.code,
            **given(Description=line.description),
            "ExtendedAmountMiscellaneousCharge": line.amount,
        }
    else:
        body = {
            "LineType": "Item",
            "Item": line.code,
            **given(Description=line.description, Location=line.location or note.location),
            **given(CreditDebitNoteUOM=line.unit),
            "QuantityReturned": line.quantity,
            "ReturnType": assumptions.return_to_stock if note.restock else assumptions.return_without_stock,
            "PriceOverride": True,
        }
        if line.unit and assumptions.note_pricing_unit:
            body[assumptions.note_pricing_unit] = line.unit
        body |= dict.fromkeys(assumptions.note_prices, line.unit_price.quantize(PRICE))
    body |= dict.fromkeys(tax_classes(line, assumptions), line.tax_class)
    return body | dict.fromkeys(assumptions.line_tax_included, line.tax_included)


def _check_note(note: CreditNote, assumptions: Assumptions) -> None:
    fits("credit.reference" if assumptions.own_credit_note_number else "credit.own reference", note.reference)
    for name in ("customer", "tax_group", "location"):
        fits(name, getattr(note, name))
    for name in ("comment", "description", "invoice_number"):
        fits(f"credit.{name}", getattr(note, name))
    if len(note.lines) > WIDTHS["lines"]:
        raise Rejected(
            words(
                "The credit note has %(lines)s lines; Sage 300 holds %(most)s. Enter it in parts.",
                lines=len(note.lines),
                most=WIDTHS["lines"],
            )
        )
    for number, line in enumerate(note.lines, 1):
        fits("line.charge" if line.kind == "charge" else "line.code", line.code, number)
        for name in ("description", "unit", "location"):
            fits(f"line.{name}", getattr(line, name), number)

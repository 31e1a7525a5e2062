"""Bodies and calls that the tests of receipts in the sandbox Sage 300 share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connectors.sandbox.sage300 import Sage300Sandbox
from tests.connectors.sage300_client import Client, web_order

BATCHES = "AR/ARReceiptAndAdjustmentBatches"


def batch(*entries: dict[str, Any], **header: Any) -> dict[str, Any]:
    top = {"BatchRecordType": "CA", "BatchDate": "2026-11-20", "Description": "PS shop 1 BNPEUR 2026-11-20"}
    return top | {"BankCode": "BNPEUR"} | header | {"ReceiptsAdjustments": list(entries)}


def prepayment(amount: Any = "28.68", **more: Any) -> dict[str, Any]:
    entry = {"CustomerNumber": "WEBEUR", "BankReceiptAmount": amount, "ReceiptTransactionType": "Prepayment"}
    return entry | {"PaymentCode": "DIGWAL"} | more


def receipt(document: str, amount: Any = "28.68", applied: Any = None, **more: Any) -> dict[str, Any]:
    line = {"TransactionType": "ReceiptPosted", "CustomerNumber": "WEBEUR", "DocumentNumber": document}
    line |= {} if applied is None else {"CustomerReceiptAmount": applied}
    entry = {"CustomerNumber": "WEBEUR", "BankReceiptAmount": amount, "ReceiptTransactionType": "Receipt"}
    return entry | {"PaymentCode": "CARD", "AppliedReceiptsAdjustments": [line]} | more


def for_order(number: str) -> dict[str, Any]:
    return {
        "AppliedReceiptsAdjustments": [{"PPMatchingDocumentType": "OrderNumber", "PPMatchingDocumentNumber": number}]
    }


def made(client: Client, body: dict[str, Any]) -> Any:
    status, answered = client.call("POST", BATCHES, body)
    assert status == 201, answered
    return answered


def key(number: int = 1) -> str:
    return f"{BATCHES}(BatchRecordType='CA',BatchNumber={number})"


def patch(client: Client, body: dict[str, Any], number: int = 1) -> tuple[int, str]:
    status, answered = client.call("PATCH", key(number), body)
    return status, answered["error"]["message"]["value"] if answered else ""


def add(client: Client, *entries: dict[str, Any], number: int = 1) -> tuple[int, str]:
    return patch(client, {"ReceiptsAdjustments": [{"UpdateOperation": "Insert"} | each for each in entries]}, number)


def invoiced(sage: Sage300Sandbox, client: Client, **header: Any) -> Any:
    """An order with an invoice that Accounts Receivable knows."""
    order = client.order(web_order(InvoiceWillBeProduced=True, **header))
    sage.day_end()
    sage.post_batches()
    return order


def balance(client: Client, customer: str = "WEBEUR") -> Decimal:
    return Decimal(client.get(f"AR/ARCustomers('{customer}')")["BalanceDueInCustomerCurrency"])


def document(client: Client, number: str) -> Any:
    return client.get(f"AR/ARPostedDocuments('WEBEUR','{number}')")

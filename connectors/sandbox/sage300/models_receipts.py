"""Receipts, their postings and refunds: entity types of Accounts Receivable (sage300.md 7.3 and appendices A and B).

Reduced to what money in and out of a web shop needs. [inferred] here: all values of lists but ``CA``, ``ReadyToPost``,
``Receipt``, ``Prepayment``, ``ReceiptPosted``, ``CreditNote``, ``DebitNote`` and ``Postallbatches``; the numbers of
those values; batch and entry numbers as whole numbers (the metadata says decimal); the type of a document within a
batch of invoices, whose real name is that of an O/E invoice; ``Warnings`` on a batch.
"""

from __future__ import annotations

from .models import model

_UPDATE = "UpdateOperation:E(Unspecified|Insert|Update|Delete)"
_YES_NO = "E(No|Yes)"
_PERIODS = "E(" + "|".join(f"{number}=Num{number}" for number in range(1, 14)) + ")"
_BATCH_STATUS = "BatchStatus:E(1=Open|3=Posted|4=Deleted|7=ReadyToPost)"
_BATCH_TYPE = "BatchType:E(1=Entered|2=Imported|3=Generated|4=Recurring|5=External)"
_MATCHING = "E(1=DocumentNumber|2=PONumber|3=OrderNumber|4=ShipmentNumber)"
_DOCUMENT_TYPE = (
    "DocumentType:E(1=Invoice|2=DebitNote|3=CreditNote|4=Interest|5=UnappliedCash|10=Prepayment|11=Receipt|19=Refund)"
)
_PAYMENT_TYPE = "PaymentType:E(1=Cash|2=Check|3=CreditCard|4=Other|5=SPSCreditCard)"

RECEIPT_BATCH = model(
    "ReceiptAndAdjustmentBatch",
    "AR",
    f"""
BatchRecordType:E(CA|AD) BatchNumber:I BatchDate:T Description:S60 NumberOfEntries:D0 BatchTotal:D3 {_BATCH_TYPE}
{_BATCH_STATUS} BankCode:U8 DepositSlipPrinted:{_YES_NO} DefaultBankCurrency:U3 BankRateDate:T LastEntryNumber:D0
BankRateType:U2 BankExchangeRate:D7 DepositNumber:D0 DepositSerialNumber:I FunctionalBatchTotal:D3
PostingSequenceNumber:D0 NumberOfErrors:D0 DateLastEdited:T BatchPrintedFlag:{_YES_NO} BankRateOverridden:{_YES_NO}
SourceApplication:S2 DepositDate:T DepositComment:S60 {_UPDATE} ReceiptsAdjustments:[ReceiptsAdjustment]
Warnings:[Warning]
""",
)

RECEIPT = model(
    "ReceiptsAdjustment",
    "AR",
    f"""
BatchType:S2 BatchNumber:I EntryNumber:I CheckReceiptNumber:S24 CustomerNumber:U12 ReceiptDateAdjustmentDate:T
EntryDescription:S60 EntryReference:S60 BankReceiptAmount:D3 CustomerReceiptAmount:D3 CustomerExchangeRate:D7
CustomerRateOverridden:{_YES_NO} NumberOfDocumentsAppliedto:D0 TotalCustomerAmountApplied:D3
TotalCustomerDiscountAmount:D3 PaymentCode:U12 CustomerCurrencyCode:U3 BankRateType:U2 BankExchangeRate:D7
BankRateOverridden:{_YES_NO}
ReceiptTransactionType:E(1=Receipt|2=Prepayment|3=UnappliedCash|4=ApplyDocument|5=MiscellaneousReceipt)
DocumentType:{_MATCHING} MatchingDocumentNumber:S22 LastLineNumber:D0 FiscalYear:S4 FiscalPeriod:{_PERIODS} Payer:S60
CustomerRateDate:T CustomerRateType:U2 BankRateDate:T {_PAYMENT_TYPE} CustomerUnappliedAmount:D3
BankUnappliedAmount:D3 FunctionalReceiptAmount:D3 DocumentNumber:S22 ErrorBatch:I ErrorEntry:I SourceApplication:S2
BankCode:U8 BankCurrencyCode:U3 EnteredBy:U8 PostingDate:T {_UPDATE}
AppliedReceiptsAdjustments:[AppliedReceiptsAdjustment]
""",
)

APPLIED = model(
    "AppliedReceiptsAdjustment",
    "AR",
    f"""
BatchType:S2 BatchNumber:I EntryNumber:I LineNumber:I CustomerNumber:U12 DocumentNumber:S22 PaymentNumber:D0
TransactionType:E(ReceiptPosted|PrepaymentPosted|UnappliedCashPosted) CustomerReceiptAmount:D3
CustomerDiscountAmountTaken:D3 Description:S60 Reference:S60 GeneratedPPUCNumber:S22 PPMatchingDocumentNumber:S22
PPMatchingDocumentType:{_MATCHING} DocumentAmountDue:D3 DocumentNetBalance:D3 PendingReceiptAmount:D3 DocumentDate:T
CustomerCurrencyCode:U3 {_UPDATE}
""",
)

INVOICE_BATCH = model(
    "InvoiceBatch",
    "AR",
    f"""
BatchNumber:I BatchDate:T Description:S60 NumberOfEntries:D0 BatchTotal:D3 {_BATCH_TYPE} {_BATCH_STATUS}
LastEntryNumber:D0 PostingSequenceNumber:D0 NumberOfErrors:D0 DateLastEdited:T BatchPrintedFlag:{_YES_NO}
SourceApplication:S2 Invoices:[BatchInvoice]
""",
)
BATCH_INVOICE = model(
    "BatchInvoice",
    "AR",
    f"""
BatchNumber:I EntryNumber:I CustomerNumber:U12 DocumentNumber:S22 {_DOCUMENT_TYPE} OrderNumber:S22 PONumber:S22
ShipmentNumber:S22 InvoiceDescription:S60 ApplytoDocument:S22 DocumentDate:T DueDate:T PostingDate:T FiscalYear:S4
FiscalPeriod:{_PERIODS} CurrencyCode:U3 ExchangeRate:D7 TaxGroup:U12 TaxTotal:D3 DocumentTotalBeforeTax:D3
DocumentTotalIncludingTax:D3 AmountDue:D3 Terms:U6 SourceApplication:S2
""",
)

POSTED_DOCUMENT = model(
    "PostedDocument",
    "AR",
    f"""
CustomerNumber:U12 DocumentNumber:S22 CheckReceiptNumber:S24 OrderNumber:S22 PONumber:S22 DueDate:T
ShipToLocation:U6 {_DOCUMENT_TYPE} BatchDate:T BatchNumber:I EntryNumber:I GroupCode:U6 DocumentDescription:S60
DocumentDate:T Terms:U6 CurrencyCode:U3 RateType:U2 ExchangeRate:D7 FunctionalCurrencyInvoiceAmount:D3
FunctionalCurrencyAmountDue:D3 CustomerCurrencyInvoiceAmount:D3 CustomerCurrencyAmountDue:D3
CustomerCurrencyTaxAmount:D3 FullyPaid:{_YES_NO} LastActivityDate:T FiscalYear:S4 FiscalPeriod:{_PERIODS}
PrepaymentApplytoDocumentNumber:S22 PostingDate:T BankCode:U8 DepositNumber:D0 PostingSequenceNumber:D0
SourceApplication:S2 DepositSerialNumber:I DepositLineNumber:I BatchType:S2 TaxGroup:U12 ShipmentNumber:S22
AccountSet:U6 DatePaid:T
""",
)

POSTED_RECEIPT = model(
    "PostedReceipt",
    "AR",
    f"""
BankCode:U8 CustomerNumber:U12 CheckReceiptNumber:S24 DepositSerialNumber:I DepositLineNumber:I ReceiptDate:T
DepositNumber:D0 BatchDate:T CustomerReceiptAmount:D3 BankReceiptAmount:D3 PaymentCode:U12 CurrencyCode:U3
BankRateType:U2 BankExchangeRate:D7 FiscalYear:S4 FiscalPeriod:{_PERIODS} Payer:S60 BatchNumber:I EntryNumber:I
CheckCleared:{_YES_NO} FunctionalReceiptAmount:D3 {_DOCUMENT_TYPE} DocumentNumber:S22 {_PAYMENT_TYPE}
InvoiceNumber:S22 PostingDate:T
""",
)

# Names of refunds are those of the product's metadata, RefundEntrie among them; no body of one was seen.
REFUND_BATCH = model(
    "RefundBatch",
    "AR",
    f"""
BatchNumber:I BatchDate:T BatchDescription:S60 {_BATCH_TYPE} {_BATCH_STATUS} NumberOfEntries:D0 TotalOfEntries:D3
LastEntryNumber:D0 PostingSequenceNumber:D0 NumberOfErrors:D0 DateCreated:T DateLastEdited:T SourceApplication:S2
{_UPDATE} RefundEntries:[RefundEntrie]
""",
)
REFUND = model(
    "RefundEntrie",
    "AR",
    f"""
BatchNumber:I EntryNumber:I DocumentDescription:S60 DocumentDate:T FiscalYear:S4 FiscalPeriod:{_PERIODS}
CustomerNumber:U12 DocumentNumber:S22 RefundAmountCustomer:D3 RefundAmountFunctional:D3 CustomerCurrency:U3
RateType:U2 RateDate:T ExchangeRate:D7 NumberOfDetails:I CashBankAccount:U8 CashPaymentCurrency:U3
CashAmountCustomer:D3 CheckBankAccount:U8 CheckNumber:D0 CheckPaymentCurrency:U3 CheckAmountCustomer:D3
RemitToName:S60 CreditCardAmountCustomer:D3 EnteredBy:U8 PostingDate:T SourceApplication:S2 {_UPDATE}
RefundDetails:[RefundDetail]
""",
)
REFUND_DETAIL = model(
    "RefundDetail",
    "AR",
    f"""
BatchNumber:I EntryNumber:I LineNumber:I DocumentNumber:S22 PaymentNumber:D0
PaymentType:E(1=Cash|2=Check|3=CreditCard|5=SPSCreditCard) CreditCardBankAccount:U8 CreditCardPaymentCurrency:U3
AmountPayment:D3 AmountCustomer:D3 AmountFunctional:D3 {_DOCUMENT_TYPE} DocumentDate:T OriginalAmount:D3
CurrentBalance:D3 PendingBalance:D3 NetBalance:D3 CustomerNumber:U12 ReceiptDocumentNumber:S22 {_UPDATE}
""",
)

_POSTING = "PostAllBatches:E(Donotpostallbatches|Postallbatches) PostBatchFrom:I PostBatchTo:I ActionSelector:S30"
POST_RECEIPTS = model("PostReceiptsAndAdjustment", "AR", f"BatchType:U2 {_POSTING}")
POST_INVOICES = model("PostInvoice", "AR", _POSTING)
POST_REFUNDS = model("PostRefund", "AR", _POSTING)

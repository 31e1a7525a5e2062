"""The resources of the Web API: entity type, keys and the verbs each one takes (sage300.md 3)."""

from __future__ import annotations

from dataclasses import dataclass

from . import models_ar as ar
from . import models_masters as masters
from . import models_notes as notes
from . import models_oe as oe
from . import models_receipts as receipts
from .models import Model
from .wire import Entity

RCUD = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
RC = frozenset({"GET", "POST"})
RCP = frozenset({"GET", "POST", "PATCH"})
RUD = frozenset({"GET", "PUT", "PATCH", "DELETE"})
R = frozenset({"GET"})
RUN = frozenset({"POST"})


@dataclass(frozen=True)
class Resource:
    """One resource: ``path`` is ``OE/OEOrders``; ``words`` are the properties that a filter finds by index."""

    path: str
    model: Model
    keys: tuple[str, ...]
    verbs: frozenset[str]
    words: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        return self.path[:2]

    @property
    def name(self) -> str:
        return self.path[3:]

    def key(self, entity: Entity) -> tuple[object, ...]:
        return tuple(entity[name] for name in self.keys)


def sort_key(values: tuple[object, ...]) -> str:
    """A key as one text that sorts as the key does: numbers padded, parts apart."""
    return "\x1f".join(f"{value:020d}" if isinstance(value, int) else str(value).rstrip() for value in values)


RESOURCES: dict[str, Resource] = {
    each.path: each
    for each in (
        Resource("AR/ARCustomers", ar.CUSTOMER, ("CustomerNumber",), RCUD, ("Email", "ShortName")),
        Resource("AR/ARShipToLocations", ar.SHIP_TO, ("CustomerNumber", "ShipToLocationKey"), RCUD),
        Resource("AR/ARCustomerGroups", ar.CUSTOMER_GROUP, ("GroupCode",), RCUD),
        Resource("AR/ARTerms", ar.TERMS, ("TermsCode",), RCUD),
        Resource("AR/ARPaymentCodes", ar.PAYMENT_CODE, ("PaymentCodeKey",), RCUD),
        Resource("AR/ARAccountSets", ar.ACCOUNT_SET, ("AccountSetCode",), RCUD),
        Resource(
            "OE/OEOrders",
            oe.ORDER,
            ("OrderUniquifier",),
            RC,
            ("OrderNumber", "OrderReference", "PurchaseOrderNumber", "CustomerNumber"),
        ),
        Resource(
            "OE/OEInvoices",
            oe.INVOICE,
            ("InvoiceUniquifier",),
            R,
            ("InvoiceNumber", "OrderNumber", "PurchaseOrderNumber", "CustomerNumber"),
        ),
        Resource(
            "OE/OECreditDebitNotes",
            notes.CREDIT_NOTE,
            ("CNUniquifier",),
            RC,
            ("CreditDebitNoteNumber", "Reference", "CustomerNumber"),
        ),
        Resource(
            "AR/ARReceiptAndAdjustmentBatches",
            receipts.RECEIPT_BATCH,
            ("BatchRecordType", "BatchNumber"),
            RCP,
            ("Description", "BatchStatus"),
        ),
        Resource("AR/ARRefundBatches", receipts.REFUND_BATCH, ("BatchNumber",), RCP, ("BatchStatus",)),
        Resource("AR/ARInvoiceBatches", receipts.INVOICE_BATCH, ("BatchNumber",), R, ("BatchStatus",)),
        Resource(
            "AR/ARPostedDocuments",
            receipts.POSTED_DOCUMENT,
            ("CustomerNumber", "DocumentNumber"),
            R,
            ("CustomerNumber", "DocumentNumber", "OrderNumber", "PrepaymentApplytoDocumentNumber"),
        ),
        Resource(
            "AR/ARPostedReceipts",
            receipts.POSTED_RECEIPT,
            (
                "BankCode",
                "CustomerNumber",
                "CheckReceiptNumber",
                "DepositSerialNumber",
                "DepositLineNumber",
                "ReceiptDate",
            ),
            R,
            ("CheckReceiptNumber", "CustomerNumber"),
        ),
        Resource("AR/ARPostInvoices", receipts.POST_INVOICES, (), RUN),
        Resource("AR/ARPostReceiptsAndAdjustments", receipts.POST_RECEIPTS, (), RUN),
        Resource("AR/ARPostRefunds", receipts.POST_REFUNDS, (), RUN),
        Resource("OE/OEShipViaCodes", oe.SHIP_VIA, ("Code",), RCUD),
        Resource("OE/OEMiscellaneousCharges", oe.MISCELLANEOUS_CHARGE, ("Currency", "MiscellaneousChargeCode"), RCUD),
        Resource("OE/OETemplates", oe.TEMPLATE, ("TemplateCode",), RCUD),
        Resource("IC/ICItems", masters.ITEM, ("UnformattedItemNumber",), RCUD, ("ItemNumber",)),
        Resource(
            "IC/ICItemPricing",
            masters.ITEM_PRICING,
            ("CurrencyCode", "UnformattedItemNumber", "PriceListCode"),
            RCUD,
            ("UnformattedItemNumber",),
        ),
        Resource("IC/ICLocations", masters.LOCATION, ("LocationKey",), RCUD),
        Resource("IC/ICLocationDetails", masters.LOCATION_DETAIL, ("ItemNumber", "Location"), R, ("ItemNumber",)),
        Resource("IC/ICUnitsOfMeasure", masters.UNIT, ("UnitOfMeasureKey",), RCUD),
        Resource("IC/ICPriceListCodes", masters.PRICE_LIST, ("PriceListCodeKey",), RCUD),
        Resource("IC/ICCategories", masters.CATEGORY, ("CategoryKey",), RCUD),
        Resource("IC/ICDayEndProcessing", masters.DAY_END, (), RUN),
        Resource("TX/TXTaxGroups", masters.TAX_GROUP, ("TaxGroupKey", "TransactionType"), R),
        Resource("TX/TXTaxRates", masters.TAX_RATE, ("TaxAuthority", "TransactionType", "BuyerClass"), R),
        Resource("TX/TXTaxAuthorities", masters.TAX_AUTHORITY, ("TaxAuthority",), R),
        Resource("TX/TXTaxClasses", masters.TAX_CLASS, ("TaxAuthority", "TransactionType", "ClassType", "Class"), R),
        Resource("CS/CSCurrencyCodes", masters.CURRENCY, ("CurrencyCodeKey",), RCUD),
        Resource("CS/CSCurrencyRates", masters.CURRENCY_RATE, ("ToCurrency", "RateType"), RCUD),
        Resource("CS/CSCurrencyRateTypes", masters.RATE_TYPE, ("RateType",), RCUD),
        Resource("CS/CSFiscalCalendars", masters.FISCAL_CALENDAR, ("FiscalYear",), R),
        Resource("CS/CSCompanyProfile", masters.COMPANY_PROFILE, ("DatabaseID",), RUD),
        Resource("BK/BKBanks", masters.BANK, ("BankCode",), RCUD),
    )
}

# What is written while the books are kept; everything else is set up once and read often.
DOCUMENTS = frozenset(
    {
        "OE/OEOrders",
        "OE/OEInvoices",
        "OE/OECreditDebitNotes",
        "AR/ARReceiptAndAdjustmentBatches",
        "AR/ARRefundBatches",
        "AR/ARInvoiceBatches",
        "AR/ARPostedDocuments",
        "AR/ARPostedReceipts",
    }
)

MODULES = tuple(sorted({each.module for each in RESOURCES.values()}))


def named(name: str) -> Resource:
    """A resource by its path (``IC/ICItems``) or name (``ICItems``). Raises KeyError with what exists."""
    for resource in RESOURCES.values():
        if name in (resource.path, resource.name):
            return resource
    raise KeyError(f"No resource {name!r}; there are: {', '.join(sorted(RESOURCES))}")

"""Credit and debit notes: the entity types of Order Entry for what comes back (sage300.md 9).

``InvoiceNumber``, ``OrderNumber`` and the bill-to names were seen in a client's body only, never in an answer.
[inferred] here: the totals beside those of sage300.md 9 (made like an order's), tax totals named as an invoice's,
``PurchaseOrderNumber``, ``PostingDate``, and every return type and status but the first.
"""

from __future__ import annotations

from .models import model
from .models_oe import OPTIONAL_FIELD, PERIODS, TAX, TAX_TOTALS, UPDATE

CREDIT_NOTE = model(
    "CreditDebitNote",
    "OE",
    f"""
CNUniquifier:I CreditDebitNoteNumber:S22 CreditDebitNoteType:E(1=CreditNote|2=DebitNote) OrderNumber:S22
InvoiceNumber:S22 CustomerNumber:U12 CustomerGroupCode:U6 BillTo:S60 BillToAddress1..4:S60 BillToCity:S30
BillToState:S30 BillToZipCode:S20 BillToCountry:S30 BillToPhone:S30 ShipToName:S60
CustomerDiscountLevel:E(Base|A|B|C|D|E) DefaultPriceListCode:U6 PurchaseOrderNumber:S22 TermsCode:U6 Reference:S60
Description:S60 Comment:S250 DefaultLocationCode:U6 CreditDebitNoteDate:T ReturnDate:T PostingDate:T
CreditDebitNoteFiscalYear:S4 CreditDebitNoteFiscalPeriod:{PERIODS}
CreditDebitNoteStatus:E(Documentshippednotcosted|Documentcosted|Dayendcompleted) CreditDebitNotePrinted:B
CreditDebitNoteHomeCurrency:U3 CreditDebitNoteSourceCurr:U3 CreditDebitNoteRateType:U2 CreditDebitNoteRateDate:T
CreditDebitNoteRate:D7 CreditDebitNoteRateOperator:I CNDNRateOverrideFlag:B TaxReportingTRCurrency:U3 TRRateType:U2
TRRateDate:T TRRate:D7 TRRateDateMatching:I TRRateOperator:I
TaxGroup:U12 TaxAuthority1..5:U12 TaxClass1..5:I RecalculateTax:B {TAX_TOTALS}
NoOfLinesInCreditDebitNote:I CreditDebitNoteTotBeforeTax:D3 CreditDebitNoteInclTaxTotal:D3
CreditDebitNoteExclTaxTotal:D3 CreditDebitNoteItemTotalAmt:D3 CreditDebitNoteTotalMiscCharges:D3
CreditDebitNoteSubtotalAmount:D3 CreditDebitNoteTotal:D3 EnteredBy:U8 {UPDATE}
CreditDebitDetails:[CreditDebitDetail] CreditDebitNoteOptionalFields:[CreditDebitNoteOptionalField] Warnings:[Warning]
""",
)

CREDIT_NOTE_DETAIL = model(
    "CreditDebitDetail",
    "OE",
    f"""
CNUniquifier:I LineNumber:I LineType:E(Item|Miscellaneous) Item:S24 UnformattedItemNumber:U24
MiscellaneousChargesCode:U6 Description:S60 PriceList:U6 Category:U6 Location:U6 StockItem:B QuantityReturned:D4
CreditDebitNoteUOM:S10 UnitConversion:D6 UnitPrice:D6 PriceOverride:B PricingUnit:S10 PricingUnitPrice:D6
PricingUnitConversion:D6 PricingBaseUnitPrice:D6 ExtendedAmountMiscellaneousCharge:D3
ReturnType:E(1=ItemsReturnedToInventory|2=DamagedItems|3=PriceAdjustment) {TAX} DetailNumber:I KitBOMNumber:U6 {UPDATE}
""",
)
model(
    "CreditDebitNoteOptionalField",
    "OE",
    "CNUniquifier:I " + OPTIONAL_FIELD.format(type="CreditDebitNoteOptionalFieldType"),
)

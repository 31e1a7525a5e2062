"""Orders, invoices, ship-via codes and charges: the entity types of Order Entry (sage300.md 6, 9 and appendix B).

Names without a source in sage300.md were made from the labels of the views by the product's own rule
(words joined, abbreviations written out) [inferred]: TotalAmountItems, OrderTotalBeforeTax, DiscountPercent.
"""

from __future__ import annotations

from .models import model

TAX = """
TaxAuthority1..5:U12 TaxClass1..5:I TaxIncluded1..5:B TaxBase1..5:D3 TaxAmount1..5:D3 TaxRate1..5:D5
"""

TAX_TOTALS = """
TaxBase1..5:D3 ExcludedTaxAmount1..5:D3 IncludedTaxAmount1..5:D3 TotalTaxAmount1..5:D3 TotalTaxAmount:D3
"""

OPTIONAL_FIELD = """
OptionalField:U12 Value:S60 {type}:E(Text|Amount|Number|Integer|YesNo|Date|Time) Length:I Decimals:I AllowBlank:B
Validate:B ValueSet:E(No|Yes) TypedValueFieldIndex:I TextValue:S60 AmountValue:D3 NumberValue:D5 IntegerValue:I
YesNoValue:B
DateValue:T TimeValue:T UpdateOperation:E(Unspecified|Insert|Update|Delete)
"""

UPDATE = "UpdateOperation:E(Unspecified|Insert|Update|Delete)"

PERIODS = "E(" + "|".join(f"Num{number}" for number in range(1, 14)) + ")"

ORDER = model(
    "Order",
    "OE",
    f"""
OrderUniquifier:I OrderNumber:S22 CustomerNumber:U12 CustomerGroupCode:U6
BillToName:S60 BillToAddressLine1..4:S60 BillToCity:S30 BillToStateProvince:S30 BillToZipPostalCode:S20
BillToCountry:S30
BillToPhoneNumber:S30 BillToFaxNumber:S30 BillToContact:S60 BillToEmail:S50 BillToContactPhone:S30
BillToContactEmail:S50
ShipToLocationCode:U6 ShipToName:S60 ShipToAddressLine1..4:S60 ShipToCity:S30 ShipToStateProvince:S30
ShipToZipPostalCode:S20 ShipToCountry:S30 ShipToPhoneNumber:S30 ShipToFaxNumber:S30 ShipToContact:S60 ShipToEmail:S50
ShipToContactPhone:S30 ShipToContactEmail:S50
CustomerDiscountLevel:E(Base|A|B|C|D|E) DefaultPriceListCode:U6 PurchaseOrderNumber:S22 Territory:U6 TermsCode:U6
OrderReference:S60 OrderType:E(Active|Future|Standing|Quote) OrderDate:T ExpectedShipDate:T QuoteExpirationDate:T
QuoteExpired:B OrderFiscalYear:S4 OrderFiscalPeriod:{PERIODS} PostingDate:T
ShipViaCode:U6 ShipViaCodeDescription:S60 FreeOnBoardPoint:S60 TemplateCode:U6 DefaultLocationCode:U6 OnHold:B
OnHoldReason:S60 OrderDescription:S60 OrderComment:S250
OrderPrintStatus:E(Internet|ElectronicCommerce|Quoteprinted|Pickingslipprinted) OverCreditLimit:B
OrderHomeCurrency:U3 OrderRateType:U2 OrderSourceCurrency:U3 OrderRateDate:T OrderRate:D7 OrderRateDateMatching:I
OrderRateOperator:I OrderRateOverrideFlag:B TaxReportingTRCurrency:U3 TRRateType:U2 TRRateDate:T TRRate:D7
TRRateDateMatching:I TRRateOperator:I
Salesperson1..5:U8 SalesPercentage1..5:D5
TaxGroup:U12 TaxAuthority1..5:U12 TaxClass1..5:I RecalculateTax:B TaxOverridden:B {TAX_TOTALS}
TotalAmountItems:D3 TotalAmountMiscellaneousCharges:D3 NumberOfLinesOnOrder:I
OrderTotalBeforeTax:D3 OrderItemTotalAmount:D3 OrderDiscountBase:D3 OrderDiscountPercentage:D5 OrderDiscountAmount:D3
OrderSubtotalAmount:D3 OrderInclTaxTotal:D3 OrderExclTaxTotal:D3 OrderTotal:D3 OrderAmountDue:D3
OrderCompleted:E(IncompleteNotIncluded|IncompleteIncluded|CompleteNotIncluded|CompleteIncluded|CompleteDayEnd)
OrderCompletionDate:T InvoiceWillBeProduced:B PostInvoice:B PerformShipAll:B PerformCreditLimitCheck:B
ProcessOECommand:E(NoAction|CreateOrderFromQuotes) PerformMultipleQuotesToOrder:B OrderNumberActivatedFromQuot:S22
LastInvoiceNumber:S22 NumberOfInvoices:I LastShipmentNumber:S22 NumberOfShipments:I ShipmentTrackingNumber:S36
EnteredBy:U8 {UPDATE} OrderDetails:[OrderDetail] OrderOptionalFields:[OrderOptionalField]
OrderCommentsInstructions:[OrderCommentsInstruction] OrderFromQuotes:[OrderFromQuote]
OrderPaymentSchedules:[OrderPaymentSchedule] Warnings:[Warning]
""",
)

ORDER_DETAIL = model(
    "OrderDetail",
    "OE",
    f"""
OrderUniquifier:I LineNumber:I LineType:E(Item|Miscellaneous) Item:S24 UnformattedItemNumber:U24
MiscellaneousChargesCode:U6 Description:S60 PriceList:U6 Category:U6 Location:U6 ExpectedShipmentDate:T StockItem:B
QuantityOrdered:D4 QuantityShipped:D4 QuantityBackordered:D4 QuantityShippedtodate:D4 OriginalQuantityOrdered:D4
QuantityCommitted:D4 OrderUnitOfMeasure:S10 OrderUnitConversion:D6 OrderUnitPrice:D6 PriceOverride:B
PricingUnitOfMeasure:S10 PricingUnitPrice:D6 PricingUnitConversion:D6 PricingBaseUnitPrice:D6
ExtendedOrderAmount:D3 ExtendedAmount:D3 OrderDiscountAmount:D3 DiscountPercent:D5
DetailCompleted:E(Notcompleted|CompletedNotInDatabase|Completed|Processedbydayend)
{TAX} DetailNumber:I ShipmentTrackingNumber:S36 ShipViaCode:U6 ManufacturersItemNumber:S24 CustomerItemNumber:S24
KitBOMNumber:U6 {UPDATE} OrderDetailOptionalFields:[OrderDetailOptionalField]
""",
)

model("OrderOptionalField", "OE", "OrderUniquifier:I " + OPTIONAL_FIELD.format(type="OrderOptionalFieldType"))
model(
    "OrderDetailOptionalField",
    "OE",
    "OrderUniquifier:I LineNumber:I " + OPTIONAL_FIELD.format(type="OrderDetailOptionalFieldType"),
)
model(
    "OrderCommentsInstruction",
    "OE",
    f"""
OrderUniquifier:I DetailNumber:I CommentsInstructionsType:E(Comment|Instruction) CommentsInstructions:S80 {UPDATE}
""",
)
model("OrderFromQuote", "OE", f"QuoteNumber:S22 QuoteUniquifier:I {UPDATE}")
model("OrderPaymentSchedule", "OE", f"OrderUniquifier:I PaymentNumber:I AmountDue:D3 DueDate:T {UPDATE}")
model("Warning", "OE", "Message:S250 Priority:I PriorityString:S30 Tag:S60")

INVOICE = model(
    "Invoice",
    "OE",
    f"""
InvoiceUniquifier:I OrderNumber:S22 InvoiceNumber:S22 ShipmentNumber:S22 ShipmentUniquifier:I
ICDayEndTransactionNumber:I
CustomerNumber:U12 CustomerGroupCode:U6 BillTo:S60 BillToAddress1..4:S60 BillToCity:S30 BillToState:S30
BillToZipCode:S20 BillToCountry:S30 BillToPhone:S30 ShipToAddressCode:U6 ShipTo:S60 ShipToAddress1..4:S60 ShipToCity:S30
ShipToState:S30 ShipToZipCode:S20 ShipToCountry:S30 CustomerDiscountLevel:E(Base|A|B|C|D|E) PriceListCode:U6
PurchaseOrderNumber:S22 TermsCode:U6 Reference:S60 Description:S60 Comment:S250 Location:U6 ShipViaCode:U6
FreeOnBoardPoint:S60 TemplateCode:U6 OrderDate:T ShipmentDate:T InvoiceDate:T PostingDate:T InvoiceFiscalYear:S4
InvoiceFiscalPeriod:{PERIODS} InvoiceStatus:E(Documentnotcosted|Documentcosted|Dayendcompleted) InvoicePrinted:B
NumberOfLinesInInvoice:I InvoiceTotalBeforeTax:D3 InvoiceIncludedTaxTotAmount:D3 InvoiceExcludedTaxTotAmount:D3
InvoiceItemTotalAmount:D3 InvoiceDiscountBase:D3 InvoiceDiscountPercentage:D5 InvoiceDiscountAmount:D3
InvoiceTotalMiscellaneousCharges:D3 InvoiceSubtotalAmount:D3 InvoiceTotalWithTax:D3 InvoiceAmountDue:D3
InvoiceHomeCurrency:U3 InvoiceSourceCurrency:U3 InvoiceRateType:U2 InvoiceRateDate:T InvoiceRate:D7 TaxGroup:U12
TaxGroupCodeDescription:S60 TaxAuthority1..5:U12 TaxClass1..5:I {TAX_TOTALS}
PaymentType:E(None|Cash|Check|CreditCard|Other|SPSCreditCard) OverCreditLimit:B EnteredBy:U8
{UPDATE} InvoiceDetails:[InvoiceDetail] InvoiceCommentsInstructions:[InvoiceCommentsInstruction]
InvoicePaymentSchedules:[InvoicePaymentSchedule] MultipleShipmentsToInvoice:[MultipleShipmentsToInvoice]
InvoiceOptionalFields:[InvoiceOptionalField]
""",
)

INVOICE_DETAIL = model(
    "InvoiceDetail",
    "OE",
    f"""
InvoiceUniquifier:I LineUniquifier:I LineType:E(Item|Miscellaneous) Item:S24 UnformattedItemNumber:U24
MiscellaneousChargesCode:U6 Description:S60 PriceList:U6 Category:U6 Location:U6 QuantityShipped:D4
QuantityBackordered:D4
InvoiceUnitOfMeasure:S10 UnitConversion:D6 UnitPrice:D6 PriceOverride:B PricingUnit:S10 PricingUnitPrice:D6
ExtendedShippedPriceMiscellaneousCha:D3 InvoiceDiscountAmount:D3 DiscountPercent:D5 ExtendedDiscountedPrice:D3
{TAX} TaxTotal:D3 OrderNumber:S22 OrderDetailNumber:I ShipmentNumber:S22 DetailNumber:I
InvoiceDetailOptionalFields:[InvoiceDetailOptionalField]
""",
)

model("InvoiceOptionalField", "OE", "InvoiceUniquifier:I " + OPTIONAL_FIELD.format(type="InvoiceOptionalFieldType"))
model(
    "InvoiceDetailOptionalField",
    "OE",
    "InvoiceUniquifier:I LineUniquifier:I " + OPTIONAL_FIELD.format(type="InvoiceDetailOptionalFieldType"),
)
model("InvoiceCommentsInstruction", "OE", "CommentsInstructionsType:E(Comment|Instruction) CommentsInstructions:S80")
model("InvoicePaymentSchedule", "OE", "InvoiceUniquifier:I PaymentNumber:I AmountDue:D3 DueDate:T")
model("MultipleShipmentsToInvoice", "OE", "InvoiceUniquifier:I ShipmentUniquifier:I ShipmentNumber:S22")

SHIP_VIA = model(
    "ShipViaCode",
    "OE",
    f"""
Code:U6 Name:S60 AddressLine1..4:S60 City:S30 StateProvince:S30 ZipPostalCode:S20 Country:S30 PhoneNumber:S30
FaxNumber:S30 Contact:S60 Comment:S80 {UPDATE}
""",
)

MISCELLANEOUS_CHARGE = model(
    "MiscellaneousCharge",
    "OE",
    f"""
Currency:U3 MiscellaneousChargeCode:U6 Description:S60 MiscellaneousChargeRevenueAccount:S45 Amount:D3 {UPDATE}
MiscellaneousChargeTaxes:[MiscellaneousChargeTax]
""",
)
model("MiscellaneousChargeTax", "OE", "Currency:U3 MiscellaneousChargeCode:U6 Authority:U12 SalesTaxClass:I")
TEMPLATE = model("Template", "OE", f"TemplateCode:U6 Description:S60 {UPDATE}")

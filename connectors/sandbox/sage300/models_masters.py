"""Items, tax, common services and banks: the entity types of the master data (sage300.md 8, 10, 11 and appendix B).

[inferred] here: ``SerialNumbers`` and ``LotNumbers`` of an item, ``AllowTaxInPrice`` of an authority, the whole of
``TaxClass`` (the product keeps such records; no source shows a resource for them) and ``Period1Status`` of a calendar
(the product keeps locks per application in another table). ``TaxCalculationMethod`` follows the product's list of two.
"""

from __future__ import annotations

from .models import model

_UPDATE = "UpdateOperation:E(Unspecified|Insert|Update|Delete)"

ITEM = model(
    "Item",
    "IC",
    f"""
UnformattedItemNumber:U24 AlternateItemSetNumber:I Description:S60 DateLastMaintained:T Status:B StructureCode:U6
ItemNumber:S24 Category:U6 AccountSetCode:U6 StockItem:B StockingUnitOfMeasure:S10 DefaultPriceListCode:U6 UnitWeight:D4
SerialNumbers:B LotNumbers:B CommodityNumber:S16 DateInactive:T Comment1..4:S80 AllowItemInWebStore:B KittingItem:B
DefaultKitNumber:U6 Sellable:B WeightUnitOfMeasure:S10 PreferredVendor:U12
QuantityOnHand:D4 QuantityAvailable:D4 QuantityOnPurchaseOrder:D4 QuantityOnSalesOrder:D4 {_UPDATE}
ItemUnitsOfMeasure:[ItemUnitOfMeasure] ItemTaxAuthorities:[ItemTaxAuthority] ItemOptionalFields:[ItemOptionalField]
""",
)
model("ItemUnitOfMeasure", "IC", f"ItemNumber:S24 UnitOfMeasure:S10 ConversionFactor:D6 FACTOR:D6 {_UPDATE}")
model("ItemTaxAuthority", "IC", f"ItemNumber:S24 TaxAuthority:U12 PurchaseTaxClass:I SalesTaxClass:I {_UPDATE}")
model("ItemOptionalField", "IC", f"ItemNumber:S24 OptionalField:U12 Value:S60 {_UPDATE}")

ITEM_PRICING = model(
    "ItemPricing",
    "IC",
    f"""
CurrencyCode:U3 UnformattedItemNumber:U24 PriceListCode:U6 Description:S60 BasePrice:D6 SalePrice:D6 SaleStartDate:T
SaleEndDate:T {_UPDATE} ItemPricingDetails:[ItemPricingDetail]
""",
)
model(
    "ItemPricingDetail",
    "IC",
    f"""
CurrencyCode:U3 UnformattedItemNumber:U24 PriceListCode:U6 PriceDetailType:E(BasePriceQuantity|SalePriceQuantity)
QuantityUnit:S10 UnitPrice:D6 DefaultUnit:B {_UPDATE}
""",
)
LOCATION = model(
    "Location",
    "IC",
    f"""
LocationKey:U6 Name:S60 LocationType:E(Physical|Logical|GoodsInTransit) Status:E(Active|Inactive)
AddressLine1..4:S60 City:S30 StateProvince:S30 ZipPostalCode:S20 Country:S30 {_UPDATE}
""",
)
LOCATION_DETAIL = model(
    "LocationDetail",
    "IC",
    """
ItemNumber:U24 Location:U6 Name:S60 Allowed:B InUse:B QuantityOnHand:D4 QuantityCommitted:D4 QuantityOnSalesOrder:D4
QuantityOnPurchaseOrder:D4 QuantityAvailableToShip:D4 AverageCost:D6 TotalCost:D3 MostRecentCost:D6 LastReceiptDate:T
""",
)
UNIT = model("UnitOfMeasure", "IC", f"UnitOfMeasureKey:S10 DefaultConversionFactor:D6 {_UPDATE}")
PRICE_LIST = model("PriceListCode", "IC", f"PriceListCodeKey:U6 Description:S60 SellingPriceBasedon:S20 {_UPDATE}")
CATEGORY = model("Category", "IC", f"CategoryKey:U6 Description:S60 {_UPDATE}")
DAY_END = model("DayEndProcessing", "IC", "ClearHistory:B ActionSelector:S30")

TAX_GROUP = model(
    "TaxGroup",
    "TX",
    """
TaxGroupKey:U12 TransactionType:E(Sales|Purchases) Description:S60 TaxReportingCurrency:U3 TaxAuthority1..5:U12
Taxable1..5:B TaxCalculationMethod:E(Calculatetaxbysummary|Calculatetaxbydetail) LastMaintained:T Surtax1..5:B
SurtaxOnAuthority1..5:U12 TaxReportingRateType:U2
""",
)
TAX_RATE = model(
    "TaxRate",
    "TX",
    """
TaxAuthority:U12 TransactionType:E(Sales|Purchases) BuyerClass:I ItemRate1..10:D5 LastMaintained:T
""",
)
TAX_AUTHORITY = model(
    "TaxAuthority",
    "TX",
    """
TaxAuthority:U12 Description:S60 TaxReportingCurrency:U3 MaximumTaxAllowable:D3 NoTaxChargedBelow:D3
TaxBase:E(Sellingprice|Standardcost|Mostrecentcost|Alternateamount1|Alternateamount2) AllowTaxInPrice:E(No|Yes)
TaxLiabilityAccount:S45 ReportLevel:E(Noreporting|Atinvoicelevel) LastMaintained:T
TaxType:E(Other|FederalTax|StateTax|CountyTax|CityTax|GST|PST|HST|VAT)
""",
)
TAX_CLASS = model(
    "TaxClass",
    "TX",
    """
TaxAuthority:U12 TransactionType:E(Sales|Purchases) ClassType:E(Customers|Items) Class:I Description:S60 Exempt:B
""",
)

CURRENCY = model(
    "CurrencyCode",
    "CS",
    f"""
CurrencyCodeKey:U3 Description:S60 Symbol:S4 DecimalPlaces:E(Num0|Num1|Num2|Num3) {_UPDATE}
""",
)
CURRENCY_RATE = model(
    "CurrencyRate",
    "CS",
    f"""
ToCurrency:U3 RateType:U2 TableDescription:S60 DateMatching:E(Exact|Later|Earlier) RateOperation:E(Multiply|Divide)
SourceOfRates:S60 {_UPDATE} CurrencyRateDetail:[CurrencyRateDetail]
""",
)
model("CurrencyRateDetail", "CS", f"ToCurrency:U3 RateType:U2 FromCurrency:U3 RateDate:T Rate:D7 Spread:D7 {_UPDATE}")
RATE_TYPE = model("CurrencyRateType", "CS", f"RateType:U2 Description:S60 {_UPDATE}")
_PERIODS = " ".join(
    f"FiscalPeriod{number}StartDate:T FiscalPeriod{number}EndDate:T Period{number}Status:E(Unlocked|Locked)"
    for number in range(1, 14)
)
FISCAL_CALENDAR = model(
    "FiscalCalendar",
    "CS",
    f"""
FiscalYear:S4 NumberOfFiscalPeriods:I QuarterWith4Periods:I Active:B {_PERIODS}
AdjustmentPeriodStatus:E(Unlocked|Locked) ClosingPeriodStatus:E(Unlocked|Locked)
""",
)
COMPANY_PROFILE = model(
    "CompanyProfile",
    "CS",
    f"""
DatabaseID:U6 Name:S60 Address:S60 AddressLine2..4:S60 City:S30 StateProvince:S30 ZipPostalCode:S20 Country:S30
CountryCode:S6 Telephone:S30 Contact:S60 NumberOfFiscalPeriods:I FunctionalCurrency:U3 Multicurrency:B
DefaultRateType:U2
WarningDateRange:I LockedFiscalPeriod:E(None|Warning|Error) TaxNumber:S20 LegalName:S60 {_UPDATE}
""",
)
BANK = model(
    "Bank",
    "BK",
    f"""
BankCode:U8 Description:S60 Status:E(Active|Inactive) Multicurrency:B StatementCurrency:U3 BankAccountNumber:S22
BankAccount:S45 {_UPDATE} BankCurrencies:[BankCurrency]
""",
)
model(
    "BankCurrency",
    "BK",
    f"BankCode:U8 CurrencyCode:U3 CheckRateType:U2 DepositRateType:U2 CurrencyDescription:S60 {_UPDATE}",
)

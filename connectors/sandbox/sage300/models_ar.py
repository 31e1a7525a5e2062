"""Customers and what belongs to them: the entity types of Accounts Receivable (sage300.md 7 and appendices A and B)."""

from __future__ import annotations

from .models import model

_UPDATE = "UpdateOperation:E(Unspecified|Insert|Update|Delete)"
_YES_NO = "E(No|Yes)"
_STATUS = "Status:E(Active|Inactive) InactiveDate:T DateLastMaintained:T"
_ADDRESS = """
AddressLine1..4:S60 City:S30 StateProvince:S30 ZipPostalCode:S20 Country:S30 ContactName:S60 PhoneNumber:S30
FaxNumber:S30 TerritoryCode:U6
"""
_TAX = "TaxGroup:U12 TaxRegistrationNumber1..5:S20 TaxClassCode1..5:I"
_SALES = "Salesperson1..5:U8 SalesSplitPercentage1..5:D5"

CUSTOMER = model(
    "Customer",
    "AR",
    f"""
CustomerNumber:U12 ShortName:U10 GroupCode:U6 NationalAccount:U12 {_STATUS} OnHold:{_YES_NO} StartDate:T
CustomerName:S60 {_ADDRESS} AccountSet:U6 AutocashProfile:U6 BillingCycle:U6 InterestProfile:U6 CurrencyCode:U3
PrintStatements:{_YES_NO} AccountType:E(OpenItem|BalanceForward) Terms:U6 RateType:U2 {_TAX}
CreditLimitCustomerCurrency:D3 BalanceDueInCustomerCurrency:D3 BalanceDueInFunctionalCurrency:D3
NumberOfOpenDocuments:D0 NumberOfPaidInvoices:D0 DateOfLastActivity:T DateOfLastInvoice:T DateOfLastCreditNote:T
DateOfLastReceipt:T LastInvoiceAmountCustomerCurrency:D3 LastCreditNoteAmountCustomerCurrency:D3
LastReceiptCustomerCurrency:D3 {_SALES}
CustomerPriceList:U6 CustomerDiscountType:E(Base|A|B|C|D|E) AmountPastDue:D3 ContactsEmail:S50 Email:S50 WebSite:S100
PaymentCode:U12 FreeOnBoard:S60 ShipViaCode:U6 ShipViaDescription:S60 DeliveryMethod:E(Mail|Email|ContactsEmail)
PrimaryShipToLocation:U6 ContactsPhone:S30 ContactsFax:S30 AllowPartialShipments:{_YES_NO}
AllowWebStoreShopping:{_YES_NO}
NumberOfOpenPrepayments:D0 AmountPrepaidCustomerCurrency:D3 InventoryLocation:U6 CheckCreditLimit:{_YES_NO}
CheckOverdueAmounts:{_YES_NO} DaysOverdue:I AmountOverdue:D3 AllowBackorderQuantities:{_YES_NO}
CheckForDuplicatePOs:{_YES_NO}
BusinessRegistrationNumber:S30 {_UPDATE} CustomerOptionalFieldValues:[CustomerOptionalFieldValue]
""",
)
model(
    "CustomerOptionalFieldValue",
    "AR",
    f"""
CustomerNumber:U12 OptionalField:U12 Value:S60
CustomerOptionalFieldValueType:E(Text|Amount|Number|Integer|YesNo|Date|Time) Length:I Decimals:I AllowBlank:B Validate:B
ValueSet:{_YES_NO} TypedValueFieldIndex:I TextValue:S60 AmountValue:D3 NumberValue:D5 IntegerValue:I YesNoValue:B
DateValue:T
TimeValue:T OptionalFieldDescription:S60 ValueDescription:S60 {_UPDATE}
""",
)

SHIP_TO = model(
    "ShipToLocation",
    "AR",
    f"""
CustomerNumber:U12 ShipToLocationKey:U6 {_STATUS} Description:S60 {_ADDRESS} {_TAX} SpecialInstructions:S60 {_SALES}
CustomerPriceList:U6 FreeOnBoard:S60 ShipViaCode:U6 ShipViaDescription:S60 PrimaryShipToIndicator:{_YES_NO} Email:S50
ContactsPhone:S30 ContactsFax:S30 ContactsEmail:S50 InventoryLocation:U6 {_UPDATE}
""",
)

CUSTOMER_GROUP = model(
    "CustomerGroup",
    "AR",
    f"""
GroupCode:U6 Description:S60 {_STATUS} AccountSet:U6 AutocashProfile:U6 BillingCycle:U6 InterestProfile:U6
AccountType:E(OpenItem|BalanceForward) Terms:U6 RateType:U2 AllowEditOfCreditLimit:{_YES_NO}
CreditLimit1Currency:U3 CreditLimit1Amount:D3 TaxGroup:U12 TaxClassCode1..5:I {_SALES} PrintStatements:{_YES_NO}
CheckCreditLimit:{_YES_NO} CheckOverdueAmounts:{_YES_NO} DaysOverdue:I {_UPDATE}
""",
)

TERMS = model(
    "TermsCode",
    "AR",
    f"""
TermsCode:U6 Description:S60 {_STATUS} UsePaymentSchedule:{_YES_NO}
CalculationBaseForDiscountwithTax:E(Included|Excluded) DiscountType:S30 DueDateType:S30 NumberOfPayments:D0
TotalPercentDue:D5
{_UPDATE} TermsPaymentSchedules:[TermsPaymentSchedule]
""",
)
model(
    "TermsPaymentSchedule",
    "AR",
    """
TermsCode:U6 PaymentNumber:D0 DateLastMaintained:T PercentDue:D5 DiscountPercent:D5 DiscountNumberOfDays:D0
DiscountDayOfMonth:D0 DueNumberOfDays:D0 DueDayOfMonth:D0
""",
)

PAYMENT_CODE = model(
    "PaymentCode",
    "AR",
    f"""
PaymentCodeKey:U12 Description:S60 {_STATUS} PaymentType:E(Cash|Check|CreditCard|Other|SPSCreditCard) {_UPDATE}
""",
)
ACCOUNT_SET = model("AccountSet", "AR", f"AccountSetCode:U6 Description:S60 {_STATUS} CurrencyCode:U3 {_UPDATE}")

"""Records in the manner of Sage's sample company (sage300.md 12), as plain data. BEDLAMP is left out on purpose."""

from __future__ import annotations

from typing import Any

_UNITS = {"units": {"Ea.": 1, "2's": 2, "Box": 10}}


def _prices(base: str, wholesale: str) -> dict[str, str]:
    return {"USD USA": base, "USD WHS": wholesale, "CAD RTL": base, "EUR RTL": base, "EUR WEB": base, "USD WEB": base}


# Number, text, category, sales tax class, quantity on hand, prices, other properties.
ITEMS: tuple[tuple[str, str, str, int, int, dict[str, str], dict[str, Any]], ...] = (
    ("A1-103/0", "Desk lamp", "A1", 1, 400, _prices("36.20", "30.10"), _UNITS),
    ("A1-104/0", "Bedside Lamp", "A1", 1, 250, _prices("17.166667", "14.50"), _UNITS),
    ("A1-105/0", "Lamp shade", "A1", 1, 900, _prices("5.94", "4.80"), _UNITS),
    ("A1-310/0", "Whiteboard marker, set", "A1", 1, 600, _prices("8.40", "6.90"), _UNITS),
    ("A1-320/0", "Desk organiser", "A1", 1, 300, _prices("22.75", "18.90"), _UNITS),
    ("A1-400/0", "Halogen floor lamp", "A1", 1, 120, _prices("54.95", "46.00"), _UNITS),
    ("A1-401/0", "Some bulbs", "A1", 1, 2000, _prices("3.10", "2.40"), _UNITS),
    ("A1-450/0", "Bulletin Board", "A1", 1, 80, _prices("92.00", "88.05"), _UNITS),
    ("A1-655/0", "Filing cabinet, serialized", "A1", 1, 40, _prices("310.00", "270.00"), {"SerialNumbers": True}),
    ("A1-700/0", "Printer toner, by lot", "A1", 1, 150, _prices("64.00", "55.00"), {"LotNumbers": True}),
    ("A1-800/0", "Desk set (kit)", "A1", 1, 0, _prices("99.00", "85.00"), {
        "KittingItem": True, "DefaultKitNumber": "1", "StockItem": False}),
    ("A1-900/0", "Discontinued lamp", "A1", 1, 3, _prices("12.00", "9.00"), {"Status": True}),
    ("A1-910/0", "Display model, not for sale", "A1", 1, 1, _prices("12.00", "9.00"), {"Sellable": False}),
)  # fmt: skip

CHARGES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("HC", "Handling Charges", {"CAD": "20.00", "USD": "15.00", "EUR": "15.00"}),
)

_ADDRESS = {"AddressLine1": "1250 Market Street", "StateProvince": "CA", "ZipPostalCode": "94102", "Country": "USA"}


def _customer(number: str, short: str, name: str, group: str, **more: Any) -> tuple[str, dict[str, Any]]:
    body = {"CustomerNumber": number, "ShortName": short, "GroupCode": group, "CustomerName": name}
    return "AR/ARCustomers", body | _ADDRESS | {"InventoryLocation": "1"} | more


ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("AR/ARCustomerGroups", {
        "GroupCode": "WHL", "Description": "Wholesale customers", "AccountSet": "USA", "Terms": "N30",
        "TaxGroup": "CALIF",
        "BillingCycle": "BILLMT", "InterestProfile": "INTWHS", "RateType": "SP", "CheckCreditLimit": "Yes",
        "TaxClassCode1": 1}),
    ("AR/ARCustomerGroups", {
        "GroupCode": "RTL", "Description": "Retail customers", "AccountSet": "USA", "Terms": "DUETBL",
        "TaxGroup": "CALIF",
        "BillingCycle": "BILLMT", "RateType": "SP", "AccountType": "BalanceForward", "TaxClassCode1": 1}),
    ("AR/ARCustomerGroups", {
        "GroupCode": "CAN", "Description": "Canadian customers", "AccountSet": "TRADE", "Terms": "N30",
        "TaxGroup": "BCTAX",
        "BillingCycle": "BILLMT", "RateType": "SP", "TaxClassCode1": 1, "TaxClassCode2": 1}),
    *(("OE/OEShipViaCodes", {"Code": code, "Name": name}) for code, name in (
        ("CCT", "Cross-Country Trucking Lines"), ("UPSGND", "UPS Ground"))),
    ("OE/OETemplates", {"TemplateCode": "ACTIVE", "Description": "Active orders"}),
    _customer("1100", "BARGAIN", "Bargain Mart - San Francisco", "WHL", City="San Francisco", NationalAccount="BARMART",
              CustomerPriceList="USA", ShipViaCode="CCT", CreditLimitCustomerCurrency=50000, Salesperson1="RW",
              CheckForDuplicatePOs="Yes"),
    _customer("1105", "BARGAINLA", "Bargain Mart - Los Angeles", "WHL", City="Los Angeles", NationalAccount="BARMART",
              CustomerPriceList="USA", ShipViaCode="CCT", CreditLimitCustomerCurrency=50000),
    _customer("1200", "BLACK", "Mr. Ronald Black", "RTL", City="San Francisco", CustomerPriceList="USA"),
    _customer("1400", "COMPUTER", "Computer Discount Centre", "CAN", City="Vancouver", StateProvince="BC",
    Country="Canada",
              CustomerPriceList="RTL", ShipViaCode="CCT"),
    _customer("1500", "CHLOE", "Chloride Systems", "WHL", City="Los Angeles", CustomerPriceList="WHS",
              CreditLimitCustomerCurrency=1000, BalanceDueInCustomerCurrency=950),
    _customer("BARMART", "BARMART", "Bargain Mart Stores, Inc.", "WHL", City="San Francisco", CustomerPriceList="USA",
              CreditLimitCustomerCurrency=250000),
    _customer("1600", "ONHOLD", "Customer on hold", "RTL", City="San Francisco", CustomerPriceList="USA", OnHold="Yes"),
    _customer("1700", "INACTIVE", "Customer no longer active", "RTL", City="San Francisco", CustomerPriceList="USA",
              Status="Inactive"),
    ("AR/ARShipToLocations", {
        "CustomerNumber": "1100", "ShipToLocationKey": "001", "Description": "Bargain Mart warehouse",
        "City": "Oakland",
        "AddressLine1": "9 Dock Road", "StateProvince": "CA", "ZipPostalCode": "94607", "Country": "USA",
        "TaxGroup": "USDTAX",
        "ShipViaCode": "CCT", "CustomerPriceList": "WHS", "InventoryLocation": "2"}),
)  # fmt: skip

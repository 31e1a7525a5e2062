"""The records a French web shop needs in Sage: its articles, web accounts, carriers and charges, as plain data.

Every reference of the demonstration shop is an item, but not BEDLAMP: that is what staff repair.
"""

from __future__ import annotations

from typing import Any


def _article(
    number: str, text: str, price: str, tax_class: int = 1, stock: int = 1000, **more: Any
) -> tuple[str, str, str, int, int, dict[str, str], dict[str, Any]]:
    return number, text, "WEB", tax_class, stock, {"EUR WEB": price, "USD WEB": price}, more


# Sales tax classes as in the authorities: 1 is 20 %, 2 is 10 %, 3 is 5.5 %, 5 is 0 %.
ITEMS = (
    _article("demo_1", "Hummingbird printed t-shirt", "23.90"),
    _article("demo_3", "Hummingbird printed sweater", "35.90"),
    _article("demo_5", "The adventure begins Framed poster", "29.00"),
    _article("demo_6", "The best is yet to come Framed poster", "29.00"),
    _article("demo_7", "Today is a good day Framed poster", "29.00"),
    _article("demo_8", "Mountain fox notebook", "12.90"),
    _article("demo_9", "Brown bear notebook", "12.90"),
    _article("demo_10", "Hummingbird notebook", "12.90"),
    _article("demo_11", "Mug The best is yet to come", "11.90"),
    _article("demo_12", "Mug The adventure begins", "11.90"),
    _article("demo_13", "Mug Today is a good day", "11.90"),
    _article("demo_14", "Customizable mug", "13.90"),
    _article("demo_15", "Mountain fox cushion", "18.90"),
    _article("demo_16", "Brown bear cushion", "18.90"),
    _article("demo_17", "Hummingbird cushion", "18.90"),
    _article("demo_18", "Mountain fox - Vector graphics", "9.00", StockItem=False),
    _article("demo_19", "Brown bear - Vector graphics", "9.00", StockItem=False),
    _article("demo_20", "Hummingbird - Vector graphics", "9.00", StockItem=False),
    _article("demo_21", "Pack Mug + Framed poster", "35.00", StockItem=False),
    _article("BOOK-55", "Paper book", "9.478673", 3),
    _article("FOOD-10", 'Jam jar "Crème & Co" 1kg', "4.99", 2),
    _article("ECO-LAMP", "Ecotax lamp", "40.00"),
    _article("NOTAX", "Gift card (no tax)", "25.00", 5, StockItem=False),
    _article("PENNY", "Screw", "0.333333"),
    _article("HEAVY", "Heavy desk", "199.99"),
    _article("LIGHT", "Light pen", "3.30"),
    _article("TIER", "Tiered price item", "10.00"),
    _article("NOSTOCK", "Out of stock allowed", "15.00", stock=0),
    _article("ROUND1", "Round one", "1.2345"),
    _article("ROUND2", "Round two", "0.7777", 3),
    _article("ROUND3", "Round three", "2.1055"),
)

CHARGES: tuple[tuple[str, str, dict[str, str]], ...] = tuple(
    (code, text, {"EUR": "0", "USD": "0"})
    for code, text in (("SHIP", "Shipping"), ("WRAP", "Gift wrapping"), ("DISC", "Discount"), ("ROUND", "Rounding"))
)


def _account(number: str, name: str, group: str, **more: Any) -> tuple[str, dict[str, Any]]:
    body = {"CustomerNumber": number, "ShortName": number, "GroupCode": group, "CustomerName": name}
    place = {"AddressLine1": "1 rue de la Paix", "City": "Paris", "ZipPostalCode": "75002", "Country": "France"}
    return "AR/ARCustomers", body | place | {"CustomerPriceList": "WEB", "InventoryLocation": "1"} | more


ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("AR/ARCustomerGroups", {
        "GroupCode": "WEB", "Description": "Web shop customers", "AccountSet": "CLIEUR", "Terms": "WEB",
        "TaxGroup": "FRTVA",
        "RateType": "SP", "TaxClassCode1": 1}),
    ("AR/ARCustomerGroups", {
        "GroupCode": "WEBUS", "Description": "Web shop customers paying in USD", "AccountSet": "WEBUSD", "Terms": "WEB",
        "TaxGroup": "USNONE", "RateType": "SP", "TaxClassCode1": 1}),
    ("AR/ARCustomerGroups", {
        "GroupCode": "WEBB2B", "Description": "Web shop businesses", "AccountSet": "CLIEUR", "Terms": "N30",
        "TaxGroup": "FRTVA", "RateType": "SP", "TaxClassCode1": 1}),
    *(("OE/OEShipViaCodes", {"Code": code, "Name": name}) for code, name in (
        ("COLISS", "Colissimo"), ("CLICK", "Click and collect"), ("CARR", "My carrier"), ("CHEAP", "My cheap carrier"),
        ("LIGHTC", "My light carrier"))),
    _account("WEBEUR", "Web shop, EUR", "WEB"),
    _account("WEBUSD", "Web shop, USD", "WEBUS"),
    _account("WEBB2B", "Web shop, businesses", "WEBB2B"),
)  # fmt: skip

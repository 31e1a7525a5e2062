"""The state a new sandbox starts with: the companies, their set-up, Sage's sample records and a web shop's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from .. import customers
from ..books import Books
from ..resources import RESOURCES
from ..store import Store
from ..wire import Entity
from . import sample, setup, shop

Rows = Iterator[tuple[str, dict[str, Any]]]


def sow(store: Store) -> None:
    """Fill an empty state: both companies alike, so that one can be the test company of the other."""
    with store.transaction():
        store.set_setting("", "companies", list(setup.COMPANIES))
        for company, name in setup.COMPANIES.items():
            profile: Entity = RESOURCES["CS/CSCompanyProfile"].model.new()
            profile.update(setup.PROFILE, DatabaseID=company, Name=name, LegalName=name)
            store.put(company, RESOURCES["CS/CSCompanyProfile"], profile)
            books = Books(store, company)
            for path, body in _all_rows():
                customers.insert(books, RESOURCES[path], body)


def _all_rows() -> Rows:
    yield from setup.ROWS
    yield from _calendars()
    yield from _rates()
    yield from _taxes()
    yield from sample.ROWS
    yield from shop.ROWS
    for item in (*sample.ITEMS, *shop.ITEMS):
        yield from _item(*item)
    for code, text, amounts in (*sample.CHARGES, *shop.CHARGES):
        for currency, amount in amounts.items():
            yield (
                "OE/OEMiscellaneousCharges",
                {"Currency": currency, "MiscellaneousChargeCode": code, "Description": text, "Amount": amount},
            )


def _calendars() -> Rows:
    """Fiscal years that are calendar years, of twelve open months."""
    for year in setup.FISCAL_YEARS:
        body: dict[str, Any] = {
            "FiscalYear": str(year),
            "NumberOfFiscalPeriods": 12,
            "QuarterWith4Periods": 4,
            "Active": True,
        }
        for month in range(1, 13):
            following = date(year + month // 12, month % 12 + 1, 1)
            body[f"FiscalPeriod{month}StartDate"] = date(year, month, 1).isoformat()
            body[f"FiscalPeriod{month}EndDate"] = (following - timedelta(days=1)).isoformat()
        yield "CS/CSFiscalCalendars", body


def _rates() -> Rows:
    """One rate a month and currency into the functional currency."""
    days = [date(year, month, 1).isoformat() for year in setup.FISCAL_YEARS for month in range(1, 13)]
    details = [
        {"ToCurrency": "EUR", "RateType": "SP", "FromCurrency": currency, "RateDate": day, "Rate": rate}
        for currency, rate in setup.EUR_RATES.items()
        for day in days
    ]
    head = {"ToCurrency": "EUR", "RateType": "SP", "TableDescription": "Spot rates", "DateMatching": "Earlier"}
    yield "CS/CSCurrencyRates", head | {"RateOperation": "Multiply", "CurrencyRateDetail": details}


def _taxes() -> Rows:
    """Authorities with their rates for buyers taxed (class 1) and exempt (class 2), classes and groups."""
    for code, text, kind, included, rates in setup.TAX_AUTHORITIES:
        yield (
            "TX/TXTaxAuthorities",
            {
                "TaxAuthority": code, "Description": text, "TaxReportingCurrency": "EUR", "TaxType": kind,
                "AllowTaxInPrice": "Yes" if included else "No", "ReportLevel": "Atinvoicelevel",
            },
        )  # fmt: skip
        key = {"TaxAuthority": code, "TransactionType": "Sales"}
        for buyer, label in ((1, "Taxable"), (2, "Exempt")):
            columns = {f"ItemRate{number}": rate for number, (rate, _) in enumerate(rates, 1)} if buyer == 1 else {}
            yield "TX/TXTaxRates", key | {"BuyerClass": buyer} | columns
            yield (
                "TX/TXTaxClasses",
                key | {"ClassType": "Customers", "Class": buyer, "Description": label, "Exempt": buyer == 2},
            )
        for number, (_, label) in enumerate(rates, 1):
            yield "TX/TXTaxClasses", key | {"ClassType": "Items", "Class": number, "Description": label}
    for code, text, currency, authorities in setup.TAX_GROUPS:
        body: dict[str, Any] = {"TaxGroupKey": code, "TransactionType": "Sales", "Description": text}
        body |= {"TaxReportingCurrency": currency, "TaxCalculationMethod": "Calculatetaxbydetail"}
        for number, authority in enumerate(authorities, 1):
            body |= {f"TaxAuthority{number}": authority, f"Taxable{number}": True}
        yield "TX/TXTaxGroups", body


def _item(
    number: str, text: str, category: str, tax_class: int, stock: int, prices: dict[str, str], extra: dict[str, Any]
) -> Rows:
    """An item with its units, tax classes, prices (``"EUR WEB"`` to price) and what lies at the locations."""
    units = extra.get("units", {"Ea.": 1})
    body = {
        "ItemNumber": number, "Description": text, "StructureCode": "LONG", "Category": category,
        "AccountSetCode": "FIFO",
        "StockItem": extra.get("StockItem", True), "StockingUnitOfMeasure": "Ea.", "DefaultPriceListCode": "WEB",
        "WeightUnitOfMeasure": "kg", "QuantityOnHand": stock, "QuantityAvailable": stock,
        "ItemUnitsOfMeasure": [
            {"ItemNumber": number, "UnitOfMeasure": unit, "ConversionFactor": factor, "FACTOR": factor}
            for unit, factor in units.items()
        ],
        "ItemTaxAuthorities": [
            {"ItemNumber": number, "TaxAuthority": code, "PurchaseTaxClass": 1, "SalesTaxClass": min(tax_class,
            len(rates))}
            for code, _, _, _, rates in setup.TAX_AUTHORITIES
        ],
    } | {name: value for name, value in extra.items() if name not in ("units", "StockItem")}  # fmt: skip
    yield "IC/ICItems", body
    plain = "".join(letter for letter in number.upper() if letter not in "-/")
    for place, price in prices.items():
        currency, price_list = place.split()
        key = {"CurrencyCode": currency, "UnformattedItemNumber": plain, "PriceListCode": price_list}
        yield "IC/ICItemPricing", key | {"Description": text, "BasePrice": price}
    if body["StockItem"]:
        for location, quantity in (("1", stock), ("2", stock // 2)):
            stocked = {
                "ItemNumber": plain,
                "Location": location,
                "Allowed": True,
                "InUse": True,
                "QuantityOnHand": quantity,
            }
            yield "IC/ICLocationDetails", stocked | {"QuantityAvailableToShip": quantity}

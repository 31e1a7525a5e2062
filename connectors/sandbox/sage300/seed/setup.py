"""What every company has: currencies, years, taxes, units, locations, price lists, terms, banks (plain data)."""

from __future__ import annotations

from typing import Any

COMPANIES = {"SAMLTD": "Sample Company Limited", "SAMINC": "Sample Company Inc."}

PROFILE = {
    "Address": "1 rue de la Paix", "City": "Paris", "ZipPostalCode": "75002", "Country": "France", "CountryCode": "FR",
    "NumberOfFiscalPeriods": 12, "FunctionalCurrency": "EUR", "Multicurrency": True, "DefaultRateType": "SP",
    "WarningDateRange": 30, "LockedFiscalPeriod": "Error", "TaxNumber": "FR00000000000",
}  # fmt: skip

FISCAL_YEARS = (2025, 2026, 2027)

# One unit of the currency in EUR.
EUR_RATES = {"USD": "0.9203866", "CAD": "0.6640000", "GBP": "1.1550000", "CHF": "1.0450000", "JPY": "0.0061000"}

# Code, text, kind, tax may be in the price, then rate and label of each item class from 1 on.
TAX_AUTHORITIES = (
    ("FRTVA", "TVA France", "VAT", True, (
        ("20", "20 %"), ("10", "10 %"), ("5.5", "5,5 %"), ("2.1", "2,1 %"), ("0", "0 %"))),
    ("BETVA", "TVA Belgique (OSS)", "VAT", True, (
        ("21", "21 %"), ("12", "12 %"), ("6", "6 %"), ("0", "0 %"), ("0", "0 %"))),
    ("ESIVA", "IVA Espana (OSS)", "VAT", True, (
        ("21", "21 %"), ("10", "10 %"), ("4", "4 %"), ("0", "0 %"), ("0", "0 %"))),
    ("DEUST", "USt Deutschland (OSS)", "VAT", True, (
        ("19", "19 %"), ("7", "7 %"), ("7", "7 %"), ("0", "0 %"), ("0", "0 %"))),
    ("EUEXO", "Intra-EU supply, exempt", "VAT", True, (("0", "Exempt"),) * 5),
    ("EXPORT", "Export, no VAT", "VAT", True, (("0", "Exempt"),) * 5),
    ("USNONE", "United States, no sales tax", "Other", True, (("0", "No tax"),) * 5),
    ("CALIF", "California sales tax", "StateTax", False, (("7.25", "Taxable"), ("0", "Not taxable"))),
    ("GST", "Goods and services tax", "GST", True, (("5", "Taxable"), ("0", "Zero-rated"))),
    ("BCPST", "British Columbia sales tax", "PST", False, (("7", "Taxable"), ("0", "Not taxable"))),
)  # fmt: skip

# Code, text, reporting currency, authorities.
TAX_GROUPS = (
    ("FRTVA", "TVA France", "EUR", ("FRTVA",)),
    ("BETVA", "TVA Belgique (OSS)", "EUR", ("BETVA",)),
    ("ESIVA", "IVA Espana (OSS)", "EUR", ("ESIVA",)),
    ("DEUST", "USt Deutschland (OSS)", "EUR", ("DEUST",)),
    ("EUB2B", "Intra-EU supply to businesses, exempt", "EUR", ("EUEXO",)),
    ("EXPORT", "Export outside the EU, no VAT", "EUR", ("EXPORT",)),
    ("USNONE", "United States, no sales tax", "USD", ("USNONE",)),
    ("CALIF", "California sales tax", "USD", ("CALIF",)),
    ("USDTAX", "US Sales Tax - Sales", "USD", ("CALIF",)),
    ("BCTAX", "British Columbia taxes", "CAD", ("GST", "BCPST")),
)

ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    *(
        ("CS/CSCurrencyCodes", {"CurrencyCodeKey": code, "Description": text, "Symbol": symbol,
        "DecimalPlaces": f"Num{places}"})
        for code, text, symbol, places in (
            ("EUR", "Euro", "€", 2), ("USD", "U.S. Dollars", "$", 2), ("CAD", "Canadian Dollars", "$", 2),
            ("GBP", "Pounds Sterling", "£", 2), ("CHF", "Swiss Francs", "CHF", 2), ("JPY", "Yen", "¥", 0),
        )
    ),
    ("CS/CSCurrencyRateTypes", {"RateType": "SP", "Description": "Spot rate"}),
    *(
        ("IC/ICUnitsOfMeasure", {"UnitOfMeasureKey": unit, "DefaultConversionFactor": factor})
        for unit, factor in (("Ea.", 1), ("2's", 2), ("Box", 10), ("Kg", 1), ("Hour", 1))
    ),
    *(
        ("IC/ICLocations", {"LocationKey": code, "Name": name, "LocationType": kind})
        for code, name, kind in (
            ("1", "Central warehouse - Seattle", "Physical"), ("2", "Warehouse 2", "Physical"),
            ("4", "Warehouse 4", "Physical"), ("TRANS", "Goods in transit", "GoodsInTransit"),
        )
    ),
    *(
        ("IC/ICPriceListCodes", {"PriceListCodeKey": code, "Description": text, "SellingPriceBasedon": "Discount"})
        for code, text in (("USA", "US Price List"), ("WHS", "Wholesale"), ("RTL", "Retail"), ("WEB", "Web shop"))
    ),
    *(
        ("IC/ICCategories", {"CategoryKey": code, "Description": text})
        for code, text in (("A1", "Office supplies"), ("WEB", "Web shop articles"))
    ),
    *(
        ("AR/ARAccountSets", {"AccountSetCode": code, "Description": text, "CurrencyCode": currency})
        for code, text, currency in (
            ("USA", "US customers", "USD"), ("TRADE", "Canadian customers", "CAD"), ("CLIEUR", "Clients EUR", "EUR"),
            ("WEBUSD", "Web shop USD", "USD"),
        )
    ),
    *(
        ("AR/ARTerms", {
            "TermsCode": code, "Description": text, "UsePaymentSchedule": "No", "DiscountType": "DaysFromInvoiceDate",
            "DueDateType": "DaysFromInvoiceDate", "NumberOfPayments": 1, "TotalPercentDue": 100,
            "TermsPaymentSchedules": [
                {"TermsCode": code, "PaymentNumber": 1, "PercentDue": 100, "DueNumberOfDays": days}
            ],
        })
        for code, text, days in (
            ("N30", "Net 30 Days", 30), ("DUETBL", "Due date table", 30), ("COMPT", "Comptant", 0),
            ("WEB", "Paid in the web shop", 0),
        )
    ),
    *(
        ("AR/ARPaymentCodes", {"PaymentCodeKey": code, "Description": text, "PaymentType": kind})
        for code, text, kind in (
            ("CASH", "Cash", "Cash"), ("CHECK", "Check", "Check"), ("WIRE", "Wire transfer", "Other"),
            ("DIGWAL", "Digital Wallet", "Other"), ("CARD", "Credit card", "CreditCard"), ("COD", "Cash on delivery",
            "Cash"),
        )
    ),
    *(
        ("BK/BKBanks", {
            "BankCode": code, "Description": text, "Multicurrency": False, "StatementCurrency": currency,
            "BankCurrencies": [{"BankCode": code, "CurrencyCode": currency, "CheckRateType": "SP",
            "DepositRateType": "SP"}],
        })
        for code, text, currency in (
            ("SEATAC", "Seattle Tacoma Bank", "USD"), ("BNPEUR", "Banque EUR", "EUR"), ("BNPUSD", "Banque USD", "USD"),
        )
    ),
)  # fmt: skip

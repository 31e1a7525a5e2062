"""What we keep of each master record: JSON-able facts, numbers as text (the keys are Record.details of each kind)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from connectors.sage300.assumptions import Assumptions
from connectors.sage300.wire import Row, day, details, number, text, yes
from connectors.types import Record

_ITEM_CLASSES = range(1, 11)
_AUTHORITIES = range(1, 6)
_PERIODS = range(1, 14)


def item(row: Row, assumptions: Assumptions) -> dict[str, Any]:
    """Units with their factor to the stocking unit, and the flags that keep an item off an order."""
    units = {
        text(unit, "UnitOfMeasure"): _plain(unit, "ConversionFactor") for unit in details(row, "ItemUnitsOfMeasure")
    }
    unit = text(row, "StockingUnitOfMeasure")
    return {
        "unformatted": text(row, "UnformattedItemNumber"),
        "unit": unit,
        "units": units or ({unit: "1"} if unit else {}),
        "sellable": yes(row, "Sellable", default=True),
        "stocked": yes(row, "StockItem", default=True),
        "lot": yes(row, *assumptions.lot_properties),
        "serial": yes(row, *assumptions.serial_properties),
        "kit": yes(row, *assumptions.kit_properties),
        "tax_classes": tax_classes(row, "ItemTaxAuthorities", ("TaxAuthority", "Authority")),
    }


def tax_classes(row: Row, collection: str, authorities: tuple[str, ...]) -> dict[str, int]:
    """The sales tax class per authority."""
    return {
        text(entry, *authorities): int(number(entry, "SalesTaxClass", "TaxClass")) for entry in details(row, collection)
    }


def customer(row: Row, assumptions: Assumptions) -> dict[str, Any]:
    """What decides whether and how a customer may be invoiced; limit and balance in the customer's currency."""
    return {
        "group": text(row, "GroupCode"),
        "tax_group": text(row, "TaxGroup"),
        "terms": text(row, "Terms", "TermsCode"),
        "currency": text(row, "CurrencyCode"),
        "on_hold": yes(row, "OnHold"),
        "web_store": yes(row, "AllowWebStoreShopping", default=True),
        "credit_limit": _plain(row, "CreditLimitCustomerCurrency"),
        "balance": _plain(row, "BalanceDueInCustomerCurrency"),
        "check_credit": yes(row, "CheckCreditLimit"),
        "tax_classes": [int(number(row, f"TaxClassCode{place}")) for place in _AUTHORITIES],
        "email": text(row, "Email"),
        "contact_email": text(row, "ContactsEmail"),
        "country": text(row, "Country"),
        "vat_number": text(row, "TaxRegistrationNumber1"),
    }


def customer_group(row: Row, assumptions: Assumptions) -> dict[str, Any]:
    """What a new customer takes from its group; the currency only where this build tells it."""
    return {
        "tax_group": text(row, "TaxGroup"),
        "terms": text(row, "Terms", "TermsCode"),
        "currency": text(row, "CurrencyCode"),
    }


def currency(row: Row, assumptions: Assumptions) -> dict[str, Any]:
    """Decimals, written as a number or as "Num2" in the enumeration style of sage300.md 6.1; 2 when not told."""
    found = re.search(r"\d", text(row, "DecimalPlaces", "Decimals"))
    return {"decimals": int(found[0]) if found else 2}


def payment_code(row: Row, assumptions: Assumptions) -> dict[str, Any]:
    """Cash, check, credit card or other, in Sage's word."""
    return {"type": text(row, "PaymentType")}


def bank(row: Row, assumptions: Assumptions) -> dict[str, Any]:
    """The statement's currency and all that the bank takes."""
    own = text(row, "StatementCurrency")
    others = [code for entry in details(row, "BankCurrencies") if (code := text(entry, "CurrencyCode"))]
    return {"currency": own, "currencies": list(dict.fromkeys([own, *others]) if own else dict.fromkeys(others))}


def for_sales(row: Row) -> bool:
    """Whether a row of the tax tables is about sales; purchases are the other half (sage300.md 10)."""
    return text(row, "TransactionType").lower() in ("sales", "1", "")


def tax_group(row: Row, assumptions: Assumptions) -> dict[str, Any]:
    """The authorities in their order, which is that of TaxClass1..5 and TaxRate1..5."""
    authorities = [name for place in _AUTHORITIES if (name := text(row, f"TaxAuthority{place}"))]
    return {"authorities": authorities, "currency": text(row, "TaxReportingCurrency"), "type": "Sales"}


def tax_rate(row: Row, assumptions: Assumptions) -> dict[str, Any]:
    """Per cent by item class, for one authority and one class of buyers."""
    return {
        "authority": text(row, "TaxAuthority"),
        "buyer_class": int(number(row, "BuyerClass")),
        "rates": {
            str(place): format(number(row, f"ItemRate{place}"), "f")
            for place in _ITEM_CLASSES
            if row.get(f"ItemRate{place}") is not None
        },
    }


def fiscal_periods(row: Row, assumptions: Assumptions) -> Iterator[Record]:
    """The periods of one fiscal year as records "2026-11" (year and period, which need not be the month)."""
    year = text(row, "FiscalYear")
    status = text(row, "Status").lower()
    active = yes(row, "Active", default=status in ("", "active"))
    for place in _PERIODS:
        start, end = (
            day(row, assumptions.period_start.format(n=place)),
            day(row, assumptions.period_end.format(n=place)),
        )
        if start is None or end is None:
            continue
        locked = text(row, assumptions.period_status.format(n=place)).lower() in ("locked", "closed", "true", "1")
        found = {"from": start.isoformat(), "to": end.isoformat(), "locked": locked}
        yield Record("fiscal period", f"{year}-{place:02}", f"{year} / {place}", active, found)


def _plain(row: Row, name: str) -> str:
    """A number as text without idle zeros: 10.000000 is "10"."""
    value = number(row, name)
    return format(value.normalize(), "f") if value else "0"

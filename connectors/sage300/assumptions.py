"""What the code takes for true about an installation without a source that proves it, each fact switchable.

Every field is one [inferred] fact of sage300.md (or one that differs between installations), with where it comes from.
A company overrides them in its switches (``SageCompany.options``) by field name; an unknown name is refused.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.errors import Misconfigured
from connectors.words import joined, words

_HELP = words("Correct the switches of the company; the operator's page lists them.")


def _fact(default: Any, about: str, source: str, choices: tuple[str, ...] = ()) -> Any:
    return dataclasses.field(default=default, metadata={"about": about, "source": source, "choices": choices})


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """One value per fact; the defaults are the best-evidenced reading."""

    # --- the wire
    date_format: str = _fact(
        "midday",
        "How days are sent: at midday UTC, so that no server's time zone moves them to the next day, or bare.",
        "sage-failures.md 1, date shifted by one day",
        ("midday", "date"),
    )
    filter_style: str = _fact(
        "v4",
        "Dates in filters: 2026-12-31T00:00:00Z (v4) or datetime'2026-12-31T00:00' (v3).",
        "sage300.md 4, literals",
        ("v4", "v3"),
    )
    filter_or: bool = _fact(
        True,
        "A look asks for two properties in one filter, joined by or; off: one request for each.",
        "sage300.md 4, operators",
    )
    key_quotes: str = _fact(
        "text",
        "Keys in addresses: text in quotes and numbers bare, all in quotes, or none.",
        "sage300.md 4, keys",
        ("text", "all", "none"),
    )
    refused_before_working: tuple[int, ...] = _fact(
        (429,),
        "Statuses with which the server refuses a write before it did anything.",
        "sage300.md 5, TooManyRequests",
    )
    sign_on_first: bool = _fact(
        True,
        "DBLinkError and SessionError come from the sign-on: nothing was written when they answer a write.",
        "sage300.md 5, DBLinkError and SessionError",
    )
    busy_waits: tuple[int, ...] = _fact(
        (2, 5),
        "Seconds before the second and third try of a write refused with General (record in use, batch locked).",
        "sage-failures.md 1, concurrency",
    )
    check_properties: bool = _fact(
        True,
        "Before a write the names in it are compared with $metadata; off where $metadata does not tell all.",
        "sage300.md 1, discovery",
    )

    # --- sales
    own_order_number: bool = _fact(
        True,
        "OrderNumber carries our reference; Sage's unique index refuses a second copy. Off: Sage numbers itself.",
        "sage300.md 6.6, 2",
    )
    invoice_property: str = _fact(
        "InvoiceWillBeProduced",
        "The switch that ships and invoices with the order; PostInvoice elsewhere.",
        "sage300.md 6.4",
    )
    send_currency: bool = _fact(
        True,
        "OrderSourceCurrency is sent always, so that Sage refuses a customer of another currency.",
        "sage300.md 6.1, currency",
    )
    rate_operator: str = _fact(
        "multiply",
        "How Sage applies an exchange rate to the document's currency (OrderRateOperator 1 or 2).",
        "sage300.md 6.1, OrderRateOperator",
        ("multiply", "divide"),
    )
    price_properties: tuple[str, ...] = _fact(
        ("PricingUnitPrice", "OrderUnitPrice"),
        "Properties of a line that take our unit price, in this order, after PriceOverride.",
        "sage300.md 6.3, manual price",
    )
    pricing_unit_property: str = _fact(
        "PricingUnitOfMeasure",
        "The line's pricing unit, set to the order unit so that the price needs no conversion; empty: not sent.",
        "sage300.md 6.3, manual price",
    )
    line_tax_classes: tuple[str, ...] = _fact(
        ("TaxClass1",), "Properties of a line that take its tax class, one per authority.", "sage300.md 6.2"
    )
    further_tax_classes: str = _fact(
        "TaxClass{n}",
        "The property for authority n where more authorities tax a line than line_tax_classes names; empty: not sent.",
        "sage300.md 6.2, TaxAuthority1 … 5",
    )
    line_tax_included: tuple[str, ...] = _fact(
        ("TaxIncluded1",), "Properties of a line that say its price contains the tax.", "sage300.md 6.3, gross prices"
    )
    ship_to_country: str = _fact("ShipToCountry", "Country of the ship-to address; empty: not sent.", "sage300.md 6.1")
    bill_to_country: str = _fact("BillToCountry", "Country of the bill-to address; empty: not sent.", "sage300.md 6.1")
    ship_to_email: str = _fact("ShipToEmail", "E-mail of the ship-to address; empty: not sent.", "sage300.md 6.1")
    bill_to_email: str = _fact(
        "BillToContactEmail", "E-mail of the bill-to address; empty: not sent.", "sage300.md 6.1"
    )
    order_total: str = _fact("OrderTotal", "The order's total with all tax.", "sage300.md 6.1, totals")
    order_tax: str = _fact("TotalTaxAmount", "All tax of the order.", "sage300.md 6.1, tax")

    # --- receipts
    prepayment_names: str = _fact(
        "OrderNumber",
        "PPMatchingDocumentType of a prepayment that names an O/E order.",
        "sage300.md 7.3, names seen, use inferred",
    )
    batch_open: tuple[str, ...] = _fact(
        ("Open", "1"), "How BatchStatus says that a batch takes entries; the first is asked for.", "sage300.md 7.3"
    )
    batch_ready: str = _fact(
        "ReadyToPost", "BatchStatus with which a batch is handed over to be posted.", "sage300.md 2, batch documents"
    )

    refund_payment_type: str = _fact(
        "Check",
        "PaymentType of a refund whose payment code is neither cash, check nor credit card.",
        "sage300.md 3, ARRefundBatches; names from the metadata",
        ("Cash", "Check", "CreditCard"),
    )

    # --- credit notes
    own_credit_note_number: bool = _fact(
        True,
        "CreditDebitNoteNumber carries our reference; Sage refuses a second copy. Off: Sage numbers itself.",
        "sage300.md 9, as for orders in 6.6",
    )
    note_prices: tuple[str, ...] = _fact(
        ("PricingUnitPrice", "UnitPrice"),
        "Properties of a credit note's line that take our unit price, in this order, after PriceOverride.",
        "sage300.md 9, fuller body",
    )
    note_pricing_unit: str = _fact(
        "PricingUnit", "The line's pricing unit, set to its unit; empty: not sent.", "sage300.md 9, fuller body"
    )
    return_to_stock: str = _fact("ItemsReturnedToInventory", "ReturnType of goods put back.", "sage300.md 9")
    return_without_stock: str = _fact(
        "DamagedItems", "ReturnType of goods that do not lie in stock again.", "sage300.md 9, only the other value seen"
    )
    note_comment: str = _fact("Comment", "A credit note's comment; empty: not sent.", "sage300.md 9, as OEInvoices")
    note_invoice: str = _fact(
        "",
        "The property that names the invoice a credit note corrects; empty: not sent, the description names it. Sage "
        "might copy the invoice's lines when it is set: try it in a test company first.",
        "sage300.md 9, a working client leaves it out",
    )
    note_tax: str = _fact("TotalTaxAmount", "All tax of a credit note.", "sage300.md 9, as OEInvoices")

    # --- master records
    item_status_true_is: str = _fact(
        "inactive",
        "What Status: true means on an item; ignored: every item counts as active.",
        "sage300.md 8, Status is ambiguous",
        ("inactive", "active", "ignored"),
    )
    lot_properties: tuple[str, ...] = _fact(
        ("LotNumbers", "LotItem", "LotControlled"),
        "Names of the flag of lot-controlled items.",
        "sage300.md B, LOTITEM",
    )
    serial_properties: tuple[str, ...] = _fact(
        ("SerialNumbers", "SerialItem", "SerialControlled"),
        "Names of the flag of serial items.",
        "sage300.md B, SERIALNO",
    )
    kit_properties: tuple[str, ...] = _fact(("KittingItem",), "Names of the flag of kits.", "sage300.md 8")
    period_start: str = _fact(
        "FiscalPeriod{n}StartDate", "First day of fiscal period n.", "sage300.md 3, CSFiscalCalendars"
    )
    period_end: str = _fact("FiscalPeriod{n}EndDate", "Last day of fiscal period n.", "sage300.md 3, CSFiscalCalendars")
    period_status: str = _fact(
        "Period{n}Status", "Whether fiscal period n is locked.", "sage300.md 3, CSFiscalCalendars"
    )


def assume(options: Mapping[str, Any]) -> Assumptions:
    """The assumptions with a company's switches laid over them. Raises Misconfigured for a wrong name or value."""
    known = {field.name: field for field in dataclasses.fields(Assumptions)}
    unknown = sorted(set(options) - set(known))
    if unknown:
        found = words("Unknown switch of the Sage company: %(names)s.", names=", ".join(unknown))
        raise Misconfigured(joined(found, _HELP))
    return Assumptions(**{name: _checked(known[name], value) for name, value in options.items()})


def _checked(field: dataclasses.Field[Any], value: Any) -> Any:
    default, choices = field.default, field.metadata["choices"]
    if isinstance(default, tuple):
        kind = type(default[0])
        if isinstance(value, (list, tuple)) and all(type(item) is kind for item in value):
            return tuple(value)
        wanted = words("a list of texts") if kind is str else words("a list of whole numbers")
    elif choices:
        if value in choices:
            return value
        wanted = words("one of %(choices)s", choices=", ".join(choices))
    elif type(value) is type(default):
        return value
    else:
        wanted = words("true or false") if isinstance(default, bool) else words("a text")
    wrong = words("The switch %(name)s must be %(wanted)s.", name=field.name, wanted=wanted)
    raise Misconfigured(joined(wrong, _HELP))

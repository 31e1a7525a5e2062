"""From an order as Sage holds it (and its invoices) to our Document (sage300.md 6 and 9)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from connectors.sage300.assumptions import Assumptions
from connectors.sage300.wire import Row, day, details, number, text, whole_number
from connectors.types import ZERO, Document, DocumentLine

ORDERS = "OE/OEOrders"
INVOICES = "OE/OEInvoices"
ORDER_KEY = "OrderUniquifier"
_AUTHORITIES = range(1, 6)
_ORDER_LINE = ("ExtendedOrderAmount", "ExtendedAmount")
_INVOICE_LINE = ("ExtendedShippedPriceMiscellaneousCha",)


def columns(assumptions: Assumptions) -> tuple[str, ...]:
    """The properties a Document without lines is read from; what a list of orders is asked for."""
    return (
        ORDER_KEY,
        "OrderNumber",
        "OrderReference",
        "CustomerNumber",
        "PurchaseOrderNumber",
        "OrderDate",
        "OrderSourceCurrency",
        assumptions.order_total,
        assumptions.order_tax,
        "OrderCompleted",
        "LastInvoiceNumber",
        "LastShipmentNumber",
    )


def sale(row: Row, assumptions: Assumptions, invoices: Sequence[Row] = ()) -> Document:
    """The document of an order. With ``invoices`` their totals and lines are taken: a completed order reads as zero."""
    if invoices:
        total = sum((number(each, "InvoiceTotalWithTax") for each in invoices), ZERO)
        tax = sum((number(each, "TotalTaxAmount") for each in invoices), ZERO)
        taxed = [line for each in invoices for line in details(each, "InvoiceDetails")]
        lines = tuple(_invoice_line(line) for line in taxed)
    else:
        total, tax = number(row, assumptions.order_total), number(row, assumptions.order_tax)
        taxed = list(details(row, "OrderDetails"))
        lines = tuple(_order_line(line, bool(text(row, "LastInvoiceNumber"))) for line in taxed)
    return Document(
        kind="sale",
        key=str(whole_number(row, ORDER_KEY)),
        number=text(row, "OrderNumber"),
        reference=text(row, "OrderReference") or text(row, "OrderNumber"),
        customer=text(row, "CustomerNumber"),
        total=total,
        tax=tax,
        currency=text(row, "OrderSourceCurrency"),
        date=day(row, "OrderDate"),
        purchase_order=text(row, "PurchaseOrderNumber"),
        invoice_number=text(row, "LastInvoiceNumber"),
        shipment_number=text(row, "LastShipmentNumber"),
        # Completed alone may also mean closed by hand; only an invoice shows that nothing is left to do.
        complete=text(row, "OrderCompleted").startswith("Complete") and bool(text(row, "LastInvoiceNumber")),
        tax_by_rate=tax_by_rate(taxed),
        lines=lines,
        warnings=tuple(text(warning, "Message") for warning in details(row, "Warnings")),
        raw={
            name: str(row[name]) for name in ("OnHold", "OverCreditLimit", "OrderCompleted", "OrderType") if name in row
        },
    )


def reads_as_zero(row: Row, assumptions: Assumptions) -> bool:
    """Whether an invoiced order shows no amounts of its own, so that its invoices have to be read (sage300.md 6.2)."""
    if not text(row, "LastInvoiceNumber"):
        return False
    lines = list(details(row, "OrderDetails"))
    return number(row, assumptions.order_total) == 0 or any(
        number(line, "OrderUnitPrice") and _quantity(line) and not _amount(line, _ORDER_LINE) for line in lines
    )


def customer(row: Row) -> Document:
    """A customer as a document: it carries our reference as its number, and no amounts."""
    code = text(row, "CustomerNumber")
    return Document(
        kind="customer",
        key=code,
        number=code,
        reference=code,
        customer=code,
        total=ZERO,
        tax=ZERO,
        currency=text(row, "CurrencyCode"),
        date=day(row, "StartDate", "DateLastMaintained"),
        complete=True,
        raw={name: text(row, name) for name in ("CustomerName", "Email", "GroupCode", "Status", "OnHold")},
    )


def _order_line(line: Row, invoiced: bool) -> DocumentLine:
    if text(line, "LineType").startswith("Misc"):
        code, quantity = text(line, "MiscellaneousChargesCode"), Decimal(1)
        shipped = quantity if invoiced else ZERO
    else:
        code, quantity = text(line, "Item", "UnformattedItemNumber"), _quantity(line)
        shipped = number(line, "QuantityShippedtodate") or number(line, "QuantityShipped")
    return DocumentLine(code, quantity, shipped, _amount(line, _ORDER_LINE))


def _invoice_line(line: Row) -> DocumentLine:
    if text(line, "LineType").startswith("Misc"):
        code, shipped = text(line, "MiscellaneousChargesCode"), Decimal(1)
    else:
        code, shipped = text(line, "Item", "UnformattedItemNumber"), number(line, "QuantityShipped")
    return DocumentLine(code, shipped, shipped, _amount(line, _INVOICE_LINE))


def _quantity(line: Row) -> Decimal:
    return number(line, "OriginalQuantityOrdered") or number(line, "QuantityOrdered")


def _amount(line: Row, names: tuple[str, ...]) -> Decimal:
    return next((amount for name in names if (amount := number(line, name))), ZERO)


def tax_by_rate(lines: Sequence[Row]) -> dict[str, Decimal]:
    """All tax of the lines by rate in per cent, a line's authorities added up; {} when Sage tells no rates."""
    taxes: dict[str, Decimal] = {}
    for line in lines:
        if "TaxRate1" not in line:
            return {}
        rate = sum((number(line, f"TaxRate{n}") for n in _AUTHORITIES if text(line, f"TaxAuthority{n}")), ZERO)
        name = format(rate.normalize(), "f")
        amount = sum((number(line, f"TaxAmount{n}") for n in _AUTHORITIES), ZERO)
        taxes[name] = taxes.get(name, ZERO) + amount
    return taxes

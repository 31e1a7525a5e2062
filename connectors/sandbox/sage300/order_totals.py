"""Extended amounts, discount, tax and totals of an order, and of an invoice made from a part of it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from .books import Books
from .tax import ROUNDINGS, Amount, Rules, Tax, compute
from .wire import Entity, field_invalid, general

_ZERO = Decimal(0)
_THREE = Decimal("0.001")


def put_tax_group(books: Books, document: Entity, code: str, holder: Entity | None = None) -> None:
    """Authorities of the group, and the buyer's classes: those on the customer or ship-to card, else 1."""
    group = books.require("TX/TXTaxGroups", code, "Sales", text="Cannot find the specified tax group.")
    document["TaxGroup"] = code
    for number in range(1, 6):
        authority = group[f"TaxAuthority{number}"]
        document[f"TaxAuthority{number}"] = authority
        own = holder[f"TaxClassCode{number}"] if holder else 0
        document[f"TaxClass{number}"] = (own or 1) if authority else 0


def tax_rules(books: Books, tax_group: str, currency: str) -> Rules:
    """How this company computes a document's tax: level from the tax group, rounding from its options."""
    group = books.get("TX/TXTaxGroups", tax_group, "Sales")
    summary = group is not None and group["TaxCalculationMethod"] == "Calculatetaxbysummary"
    return Rules(summary, ROUNDINGS[books.options["rounding"]], books.currency_places(currency))


def total_up(books: Books, order: Entity) -> None:
    """Work out the order by the quantities ordered. Totals that were sent are replaced."""
    rules = tax_rules(books, order["TaxGroup"], order["OrderSourceCurrency"])
    lines = order["OrderDetails"]
    for line in lines:
        if line["LineType"] == "Item":
            line["ExtendedAmount"] = rules.round(line["QuantityOrdered"] * line["OrderUnitPrice"]).quantize(_THREE)
            line["ExtendedOrderAmount"] = line["ExtendedAmount"]
            line["QuantityBackordered"] = line["QuantityOrdered"] - line["QuantityShipped"]
        else:
            line["ExtendedAmount"] = rules.round(line["ExtendedAmount"]).quantize(_THREE)
    _discount(order, rules)
    taxes = line_taxes(books, order, lines, rules, lambda line: line["ExtendedAmount"] - line["OrderDiscountAmount"])
    for line, tax in zip(lines, taxes, strict=True):
        write_line_tax(line, tax)
    items = sum((line["ExtendedAmount"] for line in lines if line["LineType"] == "Item"), _ZERO)
    charges = sum((line["ExtendedAmount"] for line in lines if line["LineType"] != "Item"), _ZERO)
    inside, on_top = sum_taxes(order, lines)
    subtotal = items - order["OrderDiscountAmount"] + charges
    amounts = {
        "TotalAmountItems": items, "TotalAmountMiscellaneousCharges": charges, "OrderItemTotalAmount": items,
        "OrderDiscountBase": items, "OrderSubtotalAmount": subtotal, "OrderTotalBeforeTax": subtotal - inside,
        "OrderInclTaxTotal": inside, "OrderExclTaxTotal": on_top, "OrderTotal": subtotal + on_top,
        "OrderAmountDue": subtotal + on_top,
    }  # fmt: skip
    order.update({name: value.quantize(_THREE) for name, value in amounts.items()})
    order["NumberOfLinesOnOrder"] = len(lines)


def _discount(order: Entity, rules: Rules) -> None:
    """The header's discount by amount or percentage, spread over the item lines by their amounts."""
    lines = [line for line in order["OrderDetails"] if line["LineType"] == "Item"]
    base = sum((line["ExtendedAmount"] for line in lines), _ZERO)
    if order["OrderDiscountPercentage"] and not order["OrderDiscountAmount"]:
        order["OrderDiscountAmount"] = rules.round(base * order["OrderDiscountPercentage"] / 100).quantize(_THREE)
    left = order["OrderDiscountAmount"]
    for line in lines:
        last = line is lines[-1]
        share = left if last else rules.round(order["OrderDiscountAmount"] * line["ExtendedAmount"] / (base or 1))
        line["OrderDiscountAmount"] = share.quantize(_THREE)
        left -= share


def line_taxes(
    books: Books, document: Entity, lines: list[Entity], rules: Rules, amount: Callable[[Entity], Decimal]
) -> list[Tax]:
    """The tax of each line of a document on an amount of it (ordered, shipped or returned)."""
    return compute([_amount(books, document, line, amount(line)) for line in lines], rules)


def _amount(books: Books, document: Entity, line: Entity, value: Decimal) -> Amount:
    numbers = [number for number in range(1, 6) if document[f"TaxAuthority{number}"]]
    rates = tuple(_rate(books, document, line, number) for number in numbers)
    return Amount(value, rates, tuple(bool(line[f"TaxIncluded{number}"]) for number in numbers))


def _rate(books: Books, document: Entity, line: Entity, number: int) -> Decimal:
    """Rate row of authority and buyer's class, column of the line's class (sage300.md 10)."""
    authority, buyer = document[f"TaxAuthority{number}"], document[f"TaxClass{number}"]
    item_class = line[f"TaxClass{number}"]
    row = books.get("TX/TXTaxRates", authority, "Sales", buyer)
    if row is None:
        raise general("Order Entry could not calculate taxes. Check your tax settings.")
    if not 1 <= item_class <= 10:
        raise field_invalid(f"Tax class {item_class} does not exist for tax authority {authority}.")
    rate: Decimal = row[f"ItemRate{item_class}"]
    line[f"TaxRate{number}"] = rate
    return rate


def write_line_tax(line: Entity, tax: Tax) -> None:
    for number, (base, amount) in enumerate(zip(tax.bases, tax.taxes, strict=True), 1):
        line[f"TaxBase{number}"] = base.quantize(_THREE)
        line[f"TaxAmount{number}"] = amount.quantize(_THREE)


def sum_taxes(document: Entity, lines: list[Entity]) -> tuple[Decimal, Decimal]:
    """Write the document's tax totals per authority from its lines; (tax inside the prices, tax on top)."""
    inside_all = on_top_all = _ZERO
    for number in range(1, 6):
        inside = sum((line[f"TaxAmount{number}"] for line in lines if line[f"TaxIncluded{number}"]), _ZERO)
        on_top = sum((line[f"TaxAmount{number}"] for line in lines if not line[f"TaxIncluded{number}"]), _ZERO)
        document[f"TaxBase{number}"] = sum((line[f"TaxBase{number}"] for line in lines), _ZERO).quantize(_THREE)
        document[f"IncludedTaxAmount{number}"] = inside.quantize(_THREE)
        document[f"ExcludedTaxAmount{number}"] = on_top.quantize(_THREE)
        document[f"TotalTaxAmount{number}"] = (inside + on_top).quantize(_THREE)
        inside_all += inside
        on_top_all += on_top
    document["TotalTaxAmount"] = (inside_all + on_top_all).quantize(_THREE)
    return inside_all, on_top_all

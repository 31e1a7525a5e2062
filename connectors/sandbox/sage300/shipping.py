"""Shipment and invoice of an order, in the posting of the order itself or later by somebody in Sage."""

from __future__ import annotations

from decimal import Decimal

from .books import Books
from .models_oe import INVOICE, INVOICE_DETAIL
from .order_totals import line_taxes, sum_taxes, tax_rules, write_line_tax
from .tax import Rules
from .wire import Entity, field_invalid, general

_ZERO = Decimal("0.0000")
_THREE = Decimal("0.001")
_HEADER = {
    "OrderNumber": "OrderNumber", "CustomerNumber": "CustomerNumber", "CustomerGroupCode": "CustomerGroupCode",
    "BillTo": "BillToName", "BillToCity": "BillToCity", "BillToState": "BillToStateProvince",
    "BillToZipCode": "BillToZipPostalCode", "BillToCountry": "BillToCountry", "BillToPhone": "BillToPhoneNumber",
    "ShipToAddressCode": "ShipToLocationCode", "ShipTo": "ShipToName", "ShipToCity": "ShipToCity",
    "ShipToState": "ShipToStateProvince", "ShipToZipCode": "ShipToZipPostalCode", "ShipToCountry": "ShipToCountry",
    "CustomerDiscountLevel": "CustomerDiscountLevel", "PriceListCode": "DefaultPriceListCode",
    "PurchaseOrderNumber": "PurchaseOrderNumber", "TermsCode": "TermsCode", "Reference": "OrderReference",
    "Description": "OrderDescription", "Comment": "OrderComment", "Location": "DefaultLocationCode",
    "ShipViaCode": "ShipViaCode", "FreeOnBoardPoint": "FreeOnBoardPoint", "TemplateCode": "TemplateCode",
    "OrderDate": "OrderDate", "InvoiceHomeCurrency": "OrderHomeCurrency",
    "InvoiceSourceCurrency": "OrderSourceCurrency",
    "InvoiceRateType": "OrderRateType", "InvoiceRateDate": "OrderRateDate", "InvoiceRate": "OrderRate",
    "TaxGroup": "TaxGroup", "OverCreditLimit": "OverCreditLimit", "EnteredBy": "EnteredBy",
    "InvoiceFiscalYear": "OrderFiscalYear", "InvoiceFiscalPeriod": "OrderFiscalPeriod", "PostingDate": "PostingDate",
    "InvoiceDate": "PostingDate", "ShipmentDate": "PostingDate",
    **{f"{side}Address{n}": f"{side}AddressLine{n}" for side in ("BillTo", "ShipTo") for n in range(1, 5)},
    **{f"{name}{n}": f"{name}{n}" for name in ("TaxAuthority", "TaxClass") for n in range(1, 6)},
}  # fmt: skip
_LINE = {
    "LineUniquifier": "LineNumber", "LineType": "LineType", "Item": "Item",
    "UnformattedItemNumber": "UnformattedItemNumber", "MiscellaneousChargesCode": "MiscellaneousChargesCode",
    "Description": "Description", "PriceList": "PriceList", "Category": "Category", "Location": "Location",
    "QuantityShipped": "QuantityShipped", "QuantityBackordered": "QuantityBackordered",
    "InvoiceUnitOfMeasure": "OrderUnitOfMeasure", "UnitConversion": "OrderUnitConversion",
    "UnitPrice": "OrderUnitPrice",
    "PriceOverride": "PriceOverride", "PricingUnit": "PricingUnitOfMeasure", "PricingUnitPrice": "PricingUnitPrice",
    "OrderDetailNumber": "DetailNumber", "DetailNumber": "DetailNumber",
    **{f"{name}{n}": f"{name}{n}" for name in ("TaxAuthority", "TaxClass", "TaxIncluded",
    "TaxRate") for n in range(1, 6)},
}  # fmt: skip


def ship_and_invoice(books: Books, order: Entity, warnings: list[str]) -> None:
    """Ship what the lines say and invoice it if asked. On hold, nothing is; short of stock, what there is.

    A lost half is no error: the order stays, without shipment or invoice number, and is finished later in Sage.
    """
    lines = order["OrderDetails"]
    asked = any(line["QuantityShipped"] for line in lines)
    charges = any(line["LineType"] == "Miscellaneous" for line in lines)
    wanted = order["InvoiceWillBeProduced"] or order["PostInvoice"] or (asked and books.options["create_invoice"])
    if wanted and not (asked or charges):
        raise general(
            "You cannot create an invoice if you don’t ship any items or you don’t have a miscellaneous charges line."
        )
    _withhold(books, order, warnings)
    held = order["OnHold"] or order["OrderType"] != "Active"
    if held:
        _ship_nothing(lines)
    _stock(books, lines, warnings)
    shipped = [line for line in lines if line["QuantityShipped"]]
    for line in lines:
        if line["LineType"] == "Item":
            line["QuantityBackordered"] = line["QuantityOrdered"] - line["QuantityShipped"]
    if shipped:
        order["LastShipmentNumber"] = books.document_number("shipment")
        order["NumberOfShipments"] += 1
        _take_from_stock(books, shipped)
    if wanted and not held and (shipped or not asked):
        _invoice(books, order)
    _settle(books, order)


def _withhold(books: Books, order: Entity, warnings: list[str]) -> None:
    """A switched trouble: this order is saved, its invoice is not made."""
    if books.withhold == "credit_hold":
        order.update(OnHold=True, OverCreditLimit=True, OnHoldReason="Credit limit exceeded")
        warnings.append("Warning! Credit limit exceeded for this customer.")
    elif books.withhold == "short":
        _ship_nothing(order["OrderDetails"])
        warnings.append("Quantity on backorder has been increased.")


def _ship_nothing(lines: list[Entity]) -> None:
    for line in lines:
        line["QuantityShipped"] = _ZERO


def _stock(books: Books, lines: list[Entity], warnings: list[str]) -> None:
    choice = books.options["stock"]
    if choice == "allow":
        return
    left: dict[tuple[str, str], Decimal] = {}
    for line in lines:
        if not line["StockItem"] or not line["QuantityShipped"]:
            continue
        place = (line["UnformattedItemNumber"], line["Location"])
        record = books.get("IC/ICLocationDetails", *place)
        there = left.setdefault(place, record["QuantityOnHand"] if record else _ZERO)
        needed = line["QuantityShipped"] * line["OrderUnitConversion"]
        if needed > there:
            if choice == "refuse":
                raise field_invalid(
                    f'Negative inventory levels are not allowed for item "{line["Item"]}" at location '
                    f'"{line["Location"]}".'
                )
            line["QuantityShipped"] = max(there // line["OrderUnitConversion"], _ZERO).quantize(_ZERO)
            warnings.append(
                f"Quantity shipped of item {line['Item']} was reduced. Quantity on backorder has been increased."
            )
        left[place] = there - line["QuantityShipped"] * line["OrderUnitConversion"]


def _take_from_stock(books: Books, shipped: list[Entity]) -> None:
    for line in shipped:
        record = books.get("IC/ICLocationDetails", line["UnformattedItemNumber"], line["Location"])
        if record is not None and line["StockItem"]:
            left = record["QuantityOnHand"] - line["QuantityShipped"] * line["OrderUnitConversion"]
            left = left.quantize(_ZERO)
            books.put("IC/ICLocationDetails", record | {"QuantityOnHand": left, "QuantityAvailableToShip": left})


def _invoice(books: Books, order: Entity) -> None:
    """An OEInvoices entity over what is shipped now and the charges, with its own tax."""
    invoice = INVOICE.new()
    invoice.update({name: order[source] for name, source in _HEADER.items()})
    uniquifier = 1000 + books.store.next_number(books.company, "uniquifier")
    number = books.document_number("invoice", ("OE/OEInvoices", "InvoiceNumber"))
    invoice.update(InvoiceUniquifier=uniquifier, InvoiceNumber=number, ShipmentNumber=order["LastShipmentNumber"])
    rules = tax_rules(books, order["TaxGroup"], order["OrderSourceCurrency"])
    taxes = line_taxes(books, order, order["OrderDetails"], rules, lambda line: _net(line, rules))
    details: list[Entity] = []
    for line, tax in zip(order["OrderDetails"], taxes, strict=True):
        if line["DetailCompleted"] != "Notcompleted" or (line["LineType"] == "Item" and not line["QuantityShipped"]):
            continue
        details.append(_detail(line, order, invoice, rules))
        write_line_tax(details[-1], tax)
        details[-1]["TaxTotal"] = sum((details[-1][f"TaxAmount{n}"] for n in range(1, 6)), Decimal(0)).quantize(_THREE)
    invoice["InvoiceDetails"] = details
    _invoice_totals(invoice)
    books.put("OE/OEInvoices", invoice)
    order.update(LastInvoiceNumber=number, NumberOfInvoices=order["NumberOfInvoices"] + 1)
    for line in order["OrderDetails"]:
        if line["LineType"] == "Miscellaneous" or line["QuantityShipped"] == line["QuantityOrdered"]:
            line["DetailCompleted"] = "Completed"


def _extended(line: Entity, rules: Rules) -> Decimal:
    if line["LineType"] == "Miscellaneous" or line["QuantityShipped"] == line["OriginalQuantityOrdered"]:
        return Decimal(line["ExtendedAmount"])
    return Decimal(rules.round(line["QuantityShipped"] * line["OrderUnitPrice"]))


def _discount(line: Entity, rules: Rules) -> Decimal:
    if not line["OrderDiscountAmount"] or line["QuantityShipped"] == line["OriginalQuantityOrdered"]:
        return Decimal(line["OrderDiscountAmount"])
    share = line["QuantityShipped"] / line["OriginalQuantityOrdered"]
    return Decimal(rules.round(line["OrderDiscountAmount"] * share))


def _net(line: Entity, rules: Rules) -> Decimal:
    return _extended(line, rules) - _discount(line, rules)


def _detail(line: Entity, order: Entity, invoice: Entity, rules: Rules) -> Entity:
    detail = INVOICE_DETAIL.new()
    detail.update({name: line[source] for name, source in _LINE.items()})
    extended, discount = _extended(line, rules), _discount(line, rules)
    detail.update(
        InvoiceUniquifier=invoice["InvoiceUniquifier"], OrderNumber=order["OrderNumber"],
        ShipmentNumber=order["LastShipmentNumber"], ExtendedShippedPriceMiscellaneousCha=extended.quantize(_THREE),
        InvoiceDiscountAmount=discount.quantize(_THREE), ExtendedDiscountedPrice=(extended - discount).quantize(_THREE),
    )  # fmt: skip
    return detail


def _invoice_totals(invoice: Entity) -> None:
    details = invoice["InvoiceDetails"]
    name = "ExtendedShippedPriceMiscellaneousCha"
    items = sum((row[name] for row in details if row["LineType"] == "Item"), Decimal(0))
    charges = sum((row[name] for row in details if row["LineType"] != "Item"), Decimal(0))
    discount = sum((row["InvoiceDiscountAmount"] for row in details), Decimal(0))
    inside, on_top = sum_taxes(invoice, details)
    subtotal = items - discount + charges
    amounts = {
        "InvoiceItemTotalAmount": items, "InvoiceTotalMiscellaneousCharges": charges, "InvoiceDiscountBase": items,
        "InvoiceDiscountAmount": discount, "InvoiceSubtotalAmount": subtotal,
        "InvoiceTotalBeforeTax": subtotal - inside,
        "InvoiceIncludedTaxTotAmount": inside, "InvoiceExcludedTaxTotAmount": on_top,
        "InvoiceTotalWithTax": subtotal + on_top, "InvoiceAmountDue": subtotal + on_top,
    }  # fmt: skip
    invoice.update({key: value.quantize(_THREE) for key, value in amounts.items()})
    invoice["NumberOfLinesInInvoice"] = len(details)


def _settle(books: Books, order: Entity) -> None:
    """Move what was shipped to "shipped to date"; a complete order then reads as zero (sage-failures.md 1)."""
    lines = order["OrderDetails"]
    invoiced = bool(order["LastInvoiceNumber"])
    for line in lines:
        line["QuantityShippedtodate"] += line["QuantityShipped"]
        if line["LineType"] == "Item" and line["QuantityShipped"]:
            line["QuantityOrdered"] -= line["QuantityShipped"]
            line["QuantityShipped"] = _ZERO
    complete = invoiced and not any(line["QuantityOrdered"] for line in lines if line["LineType"] == "Item")
    if complete:
        order.update(OrderCompleted="CompleteNotIncluded", OrderCompletionDate=order["PostingDate"])
    for line in lines:
        if complete and books.options["completed_lines_zero"]:
            line["ExtendedOrderAmount"] = Decimal("0.000")
        elif line["LineType"] == "Item" and not books.options["completed_lines_zero"]:
            line["QuantityOrdered"] = line["OriginalQuantityOrdered"]


def finish(books: Books, order: Entity) -> Entity:
    """What a person does in Sage with an order that waits: take it off hold, ship the rest and invoice it."""
    order.update(OnHold=False, OnHoldReason="", InvoiceWillBeProduced=True)
    for line in order["OrderDetails"]:
        if line["LineType"] == "Item":
            line["QuantityOrdered"] = line["OriginalQuantityOrdered"] - line["QuantityShippedtodate"]
            line["QuantityShipped"] = line["QuantityOrdered"]
    ship_and_invoice(books, order, [])
    books.put("OE/OEOrders", order)
    return order

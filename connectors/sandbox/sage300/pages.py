"""Plain pages for people: the companies at ``/``, and each one's documents with lines and tax per rate."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from html import escape
from urllib.parse import parse_qs

from .api import Answer
from .pages_money import money
from .resources import RESOURCES
from .store import Store
from .wire import Entity, loads

_STYLE = """
body{font:15px system-ui,sans-serif;margin:2em;max-width:72em;color:#222} table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.25em .6em;border-bottom:1px solid #ddd;vertical-align:top} td.n,th.n{text-align:right}
section{margin:1.5em 0;padding:1em;border:1px solid #ccc;border-radius:6px} h2{margin:0 0 .3em} .hold{color:#a40000}
small{color:#666}
"""
_PER_PAGE = 25


def answer(store: Store, path: str, query: str) -> Answer:
    """``/`` shows the companies and the first one's documents, ``/SAMINC`` those of that company."""
    company = path.strip("/") or next(iter(store.companies()), "")
    if company not in store.companies():
        return Answer(
            404, _page("Not found", "<p>There is no such company. <a href='/'>Back</a></p>"), "text/html; charset=utf-8"
        )
    number = parse_qs(query).get("page", ["1"])[0]
    page = max(int(number), 1) if number.isdigit() else 1
    return Answer(
        200, _page(f"Sandbox Sage 300: {company}", _company(store, company, page)), "text/html; charset=utf-8"
    )


def _page(title: str, body: str) -> str:
    return (
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    )


def _company(store: Store, company: str, page: int) -> str:
    others = " · ".join(f"<a href='/{each}'>{each}</a>" for each in store.companies())
    orders = RESOURCES["OE/OEOrders"]
    total = store.count(company, orders)
    # Newest first: keys ascend, so the last page of keys is shown first.
    first = max(total - page * _PER_PAGE, 0)
    texts = store.texts(company, orders, skip=first)
    wanted = min(_PER_PAGE, max(total - (page - 1) * _PER_PAGE, 0))
    rows = [loads(text) for _, text in zip(range(wanted), texts, strict=False)]
    shown = "".join(_order(store, company, row) for row in reversed(rows)) or "<p>No orders yet.</p>"
    older = f"<p><a href='?page={page + 1}'>Older orders</a></p>" if first > 0 else ""
    counts = "".join(
        f"<tr><td>{path}</td><td class='n'>{store.count(company, resource)}</td></tr>"
        for path, resource in RESOURCES.items()
        if resource.keys
    )
    return (
        f"<p>A stand-in for tests and rehearsals, not a product of Sage. Companies: {others}</p>"
        f"<p><b>{total}</b> orders, <b>{store.count(company, RESOURCES['OE/OEInvoices'])}</b> invoices.</p>"
        f"{shown}{older}{money(store, company)}<details><summary>Records</summary>"
        f"<table><tr><th>Resource</th><th class='n'>Records</th></tr>{counts}</table></details>"
    )


def _order(store: Store, company: str, order: Entity) -> str:
    currency = escape(order["OrderSourceCurrency"])
    hold = " <b class='hold'>on hold</b>" if order["OnHold"] else ""
    facts = [
        f"{order['OrderDate'][:10]} · customer {escape(order['CustomerNumber'])} · {escape(order['ShipToName'])}, "
        f"{escape(order['ShipToCity'])} {escape(order['ShipToCountry'])}",
        f"reference {escape(order['OrderReference'] or '-')} · PO {escape(order['PurchaseOrderNumber'] or '-')} · "
        f"terms {escape(order['TermsCode'])} · ship-via {escape(order['ShipViaCode'] or '-')}",
        f"shipment {escape(order['LastShipmentNumber'] or '-')} · invoice "
        f"<b>{escape(order['LastInvoiceNumber'] or 'none')}</b> · {escape(order['OrderCompleted'])}",
    ]
    lines = "".join(_line(line) for line in order["OrderDetails"])
    return (
        f"<section><h2>{escape(order['OrderNumber'])}: {order['OrderTotal']:.2f} {currency}{hold}</h2>"
        f"<div>{'<br>'.join(facts)}</div><table><tr><th>Item or charge</th><th>Text</th><th class='n'>Quantity</th>"
        f"<th class='n'>Price</th><th class='n'>Amount</th><th class='n'>Tax</th></tr>"
        f"{lines}</table>{_taxes(order)}</section>"
    )


def _line(line: Entity) -> str:
    code = line["Item"] or line["MiscellaneousChargesCode"]
    shown = f"{line['OriginalQuantityOrdered'].normalize():f}" if line["Item"] else ""
    price = f"{line['OrderUnitPrice']:.4f}" if line["Item"] else ""
    inside = " incl." if line["TaxIncluded1"] else ""
    tax = sum((line[f"TaxAmount{number}"] for number in range(1, 6)), Decimal(0))
    return (
        f"<tr><td>{escape(code)}</td><td>{escape(line['Description'])}</td><td class='n'>{shown}</td>"
        f"<td class='n'>{price}</td><td class='n'>{line['ExtendedAmount']:.2f}</td>"
        f"<td class='n'>{tax:.2f} <small>class {line['TaxClass1']}{inside}</small></td></tr>"
    )


def _taxes(order: Entity) -> str:
    """Base and tax per authority and rate, then the totals."""
    sums: dict[tuple[str, Decimal], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for line in order["OrderDetails"]:
        for number in range(1, 6):
            if authority := line[f"TaxAuthority{number}"]:
                entry = sums[authority, line[f"TaxRate{number}"]]
                entry[0] += line[f"TaxBase{number}"]
                entry[1] += line[f"TaxAmount{number}"]
    rows = "; ".join(
        f"{escape(authority)} {rate.normalize():f} %: {tax:.2f} on {base:.2f}"
        for (authority, rate), (base, tax) in sums.items()
    )
    return (
        f"<p>Tax group {escape(order['TaxGroup'])}: {rows or 'none'}<br>before tax "
        f"{order['OrderTotalBeforeTax']:.2f}, tax {order['TotalTaxAmount']:.2f}, total "
        f"<b>{order['OrderTotal']:.2f}</b></p>"
    )

"""The orders, payments and refunds of some days, in the few figures that a proof adds up.

First the ids by their own day (date_add, shop-local), then the rows a hundred to a request, so that a broken object is
found alone. What hangs on an order (module, currency, state) is asked for once per hundred, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal

from connectors.errors import Misconfigured, Rejected
from connectors.prestashop.changes import RESOURCES
from connectors.prestashop.fields import Fields, Objects, by_resource
from connectors.prestashop.lookups import Lookups
from connectors.prestashop.orders import read_currency, read_state
from connectors.prestashop.webservice import IDS_PER_REQUEST, Webservice, is_askable, number
from connectors.types import Figure, Raw
from connectors.words import Words, words

IDS_PER_LIST = 1000
"""An id and a date are small; the next list goes on after the last id."""

ORDERS = "[id,reference,id_currency,current_state,module,payment,total_paid_tax_incl,date_add]"
DISPLAY = {
    "orders": ORDERS,
    "payments": "[id,order_reference,id_currency,amount,payment_method,date_add]",
    "refunds": "[id,id_order,amount,total_shipping_tax_incl,date_add]",
}

KEYS = {"orders": "id", "payments": "order_reference", "refunds": "id_order"}
"""The field that names the order a row concerns."""


def figures(webservice: Webservice, lookups: Lookups, stream: str, first: date, last: date) -> Iterator[Figure]:
    """The contract is ``connectors.ports.Shop.figures``."""
    days = _days(webservice, stream, first, last)
    ids = list(days)
    for start in range(0, len(ids), IDS_PER_REQUEST):
        yield from _Page(webservice, lookups, stream).read({each: days[each] for each in ids[start:][:IDS_PER_REQUEST]})


def _days(webservice: Webservice, stream: str, first: date, last: date) -> dict[int, date]:
    """The shop-local day of every row made in these days, by id. Both ends of the range are included (C3)."""
    resource = RESOURCES[stream]
    least, low, high = 0, f"{first} 00:00:00", f"{last} 23:59:59"
    found: dict[int, date] = {}
    while True:
        filters = {"date_add": f"[{low},{high}]", "id": f">[{least}]"} | _own_shop(webservice, stream)
        rows = webservice.rows(resource, display="[id,date_add]", filters=filters, limit=IDS_PER_LIST, dated=True)
        for row in rows:
            if number(row["id"]) <= least or not low <= str(row.get("date_add") or "") <= high:
                raise _unfiltered(resource)
            least = number(row["id"])
            found[least] = date.fromisoformat(row["date_add"][:10])
        if len(rows) < IDS_PER_LIST:
            return found


def _unfiltered(resource: str) -> Misconfigured:
    return Misconfigured(
        words(
            "The shop's list of %(resource)s is not filtered and sorted as asked, so a proof could miss rows. Check "
            "which module or cache changes the webservice's answers, then ask for the proof again.",
            resource=resource,
        )
    )


def _own_shop(webservice: Webservice, stream: str) -> dict[str, str]:
    """Payments and refunds carry no shop of their own: it is their order's."""
    return {"id_shop": f"[{webservice.shop_id}]"} if stream == "orders" else {}


class _Page:
    """Up to a hundred rows of one stream, and the orders they concern."""

    def __init__(self, webservice: Webservice, lookups: Lookups, stream: str) -> None:
        self.webservice, self.lookups, self.stream = webservice, lookups, stream
        self.orders: dict[int, Raw] = {}
        self.by_key: dict[str, list[int]] = {}
        self.faults: dict[str, Words] = {}
        self.tables: Objects = {}

    def read(self, days: Mapping[int, date]) -> Iterator[Figure]:
        """The figures of the rows with these ids. A row that went away meanwhile, or is another shop's, is left out."""
        own = _own_shop(self.webservice, self.stream)
        asked = [str(each) for each in days]
        found = self.webservice.by(RESOURCES[self.stream], "id", asked, DISPLAY[self.stream], **own)
        rows = {raw.id: raw for raws in found.raws.values() for raw in raws}
        self._concerned(rows.values())
        self._small_tables([*rows.values(), *self.orders.values()])
        for each, day in days.items():
            key = _key(rows[each], KEYS[self.stream]) if each in rows else ""
            if fault := found.faults.get(str(each)) or self.faults.get(key):
                yield Figure(each, day, fault=fault)
            elif orders := self.by_key.get(key):
                yield self._figure(rows[each], day, tuple(orders))

    def _concerned(self, rows: Collection[Raw]) -> None:
        """The orders behind the rows: themselves, by reference (a payment), or by id (a refund)."""
        raws = list(rows)
        if self.stream != "orders":
            by = "reference" if self.stream == "payments" else "id"
            asked = {key for row in rows if is_askable(key := str(row.data.get(KEYS[self.stream]) or ""))}
            found = self.webservice.by("orders", by, asked, ORDERS, id_shop=f"[{self.webservice.shop_id}]")
            raws = sorted((raw for several in found.raws.values() for raw in several), key=lambda raw: raw.id)
            self.faults = found.faults
        self.orders = {raw.id: raw for raw in raws}
        for raw in raws:
            self.by_key.setdefault(_key(raw, "reference" if self.stream == "payments" else "id"), []).append(raw.id)

    def _small_tables(self, rows: Collection[Raw]) -> None:
        """States and currencies, and the settings that say which state means cancelled."""
        raws = [self.lookups.settings()]
        for resource, name in (("currencies", "id_currency"), ("order_states", "current_state")):
            if wanted := {str(each) for row in rows if (each := number(row.data.get(name)))}:
                raws += [raw for several in self.lookups.by_id(resource, wanted).raws.values() for raw in several]
        self.tables = by_resource(raws)

    def _figure(self, raw: Raw, day: date, orders: tuple[int, ...]) -> Figure:
        row, order = Fields(raw), Fields(self.orders[orders[0]])
        settings = self.tables["configurations"][0]
        try:
            return Figure(
                id=raw.id,
                day=day,
                orders=orders,
                reference=order.text("reference"),
                amount=_amount(row, self.stream),
                # A refund has no currency of its own: it is the order's (prestashop.md E6, E8).
                currency=read_currency(order if self.stream == "refunds" else row, self.tables),
                module=order.text("module"),
                method=row.text("payment_method") if self.stream == "payments" else order.text("payment"),
                state=read_state(order, self.tables, settings, settings.text("PS_LANG_DEFAULT")),
            )
        except Rejected as error:
            return Figure(raw.id, day, orders, fault=error.message)


def _key(raw: Raw, name: str) -> str:
    return str(raw.id if name == "id" else raw.data.get(name) or "").casefold()


def _amount(row: Fields, stream: str) -> Decimal:
    if stream == "orders":
        return row.amount("total_paid_tax_incl")
    if stream == "payments":
        return row.amount("amount")
    # The slip's amount is products only, shipping comes on top (prestashop.md E6).
    return row.amount("amount") + row.amount("total_shipping_tax_incl")

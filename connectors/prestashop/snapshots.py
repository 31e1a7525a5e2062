"""Everything that orders need, in few requests: each resource once for all orders of a page.

Requests for a page of up to 100 orders: orders, order_details, order_cart_rules, order_slip, order_payments, siblings,
customers, addresses, products; combinations and customizations only if a line has any; one more for each small table
in which an id is new (``lookups``). Secrets are never asked for: fields are named where a resource holds some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.prestashop.lookups import Lookups
from connectors.prestashop.webservice import IDS_PER_REQUEST, Found, Webservice, is_askable, number
from connectors.types import Raw, Snapshot
from connectors.words import Words, joined, words

# Fields that 8.2 and 9.1 both have (their synopses are the same here), without secure_key.
ORDER_FIELDS = (
    "[id,id_address_delivery,id_address_invoice,id_currency,id_lang,id_customer,id_carrier,id_shop,current_state,"
    "module,invoice_number,valid,date_add,date_upd,note,payment,gift,gift_message,"
    "total_discounts_tax_incl,total_discounts_tax_excl,total_paid_tax_incl,total_paid_tax_excl,total_paid_real,"
    "total_products,total_products_wt,total_shipping_tax_incl,total_shipping_tax_excl,carrier_tax_rate,"
    "total_wrapping_tax_incl,total_wrapping_tax_excl,round_mode,round_type,conversion_rate,reference]"
)
CUSTOMER_FIELDS = "[id,id_default_group,id_lang,lastname,firstname,email,company,siret,is_guest,active,deleted]"
PAYMENT_FIELDS = "[id,order_reference,id_currency,amount,payment_method,conversion_rate,transaction_id,date_add]"
PRODUCT_FIELDS = "[id,is_virtual,cache_is_pack]"
COMBINATION_FIELDS = "[id,id_product]"


@dataclass
class Part:
    """One order while its snapshot grows."""

    order: Raw
    raws: dict[tuple[str, int], Raw] = field(default_factory=dict)
    faults: list[Words] = field(default_factory=list)

    def ids(self, resource: str, *names: str) -> set[str]:
        """The ids that the fields ``names`` of this order's objects of a resource point to; 0 is none."""
        found = (number(raw.data.get(name)) for raw in self.of(resource) for name in names)
        return {str(each) for each in found if each}

    def of(self, resource: str) -> list[Raw]:
        """This order's objects of one resource so far."""
        return [raw for raw in self.raws.values() if raw.resource == resource]

    def reference(self) -> set[str]:
        """The order's reference, if it can be asked for."""
        text = self.order.data.get("reference")
        return {text} if isinstance(text, str) and is_askable(text) else set()


Wanted = Callable[[Part], set[str]]


def snapshots(webservice: Webservice, lookups: Lookups, order_ids: Sequence[int]) -> Iterator[Snapshot]:
    """The snapshots in the order asked; ids that the shop does not have are left out."""
    for start in range(0, len(order_ids), IDS_PER_REQUEST):
        ids = order_ids[start : start + IDS_PER_REQUEST]
        asked = [str(each) for each in ids]
        orders = webservice.by("orders", "id", asked, ORDER_FIELDS, id_shop=f"[{webservice.shop_id}]")
        parts = {each.id: Part(each, {("orders", each.id): each}) for raws in orders.raws.values() for each in raws}
        _own_rows(webservice, list(parts.values()))
        _people_and_products(webservice, list(parts.values()))
        _small_tables(lookups, list(parts.values()))
        for each in ids:
            if fault := orders.faults.get(str(each)):
                yield Snapshot(each, (), fault)
            elif part := parts.get(each):
                yield Snapshot(each, tuple(part.raws[key] for key in sorted(part.raws)), joined(*part.faults))


def _own_rows(webservice: Webservice, parts: list[Part]) -> None:
    """What hangs on the order id, and what hangs on the reference only: payments and siblings."""

    def gather(resource: str, name: str, wanted: Wanted, display: str = "full") -> None:
        _attach(parts, wanted, lambda values: webservice.by(resource, name, values, display))

    for resource in ("order_details", "order_cart_rules", "order_slip"):
        gather(resource, "id_order", lambda part: {str(part.order.id)})
    for part in parts:
        if not part.reference():
            unasked = words(
                "The reference of order %(number)s cannot be asked for, so its payments are not known. Correct the "
                "reference in the shop, then check the order again.",
                number=part.order.id,
            )
            part.faults.append(unasked)
    gather("order_payments", "order_reference", Part.reference, PAYMENT_FIELDS)
    _siblings(webservice, parts)


def _siblings(webservice: Webservice, parts: list[Part]) -> None:
    """The other orders under the same reference, as a raw of our own beside the order (prestashop.md E1)."""
    found = webservice.orders_of({each for part in parts for each in part.reference()})
    for part in parts:
        for reference in part.reference():
            others = [each for each in found.get(reference.casefold(), ()) if each != part.order.id]
            if others:
                data = {"associations": {"orders": [{"id": str(each)} for each in others]}}
                part.raws["siblings", part.order.id] = Raw("siblings", part.order.id, data)


def _people_and_products(webservice: Webservice, parts: list[Part]) -> None:
    """What the order points to and the shop may edit or delete later; a gone one leaves no raw."""
    related = (
        ("customers", CUSTOMER_FIELDS, "orders", ("id_customer",)),
        ("addresses", "full", "orders", ("id_address_invoice", "id_address_delivery")),
        ("products", PRODUCT_FIELDS, "order_details", ("product_id",)),
        ("combinations", COMBINATION_FIELDS, "order_details", ("product_attribute_id",)),
        ("customizations", "full", "order_details", ("id_customization",)),
    )
    for resource, display, source, names in related:
        _attach(
            parts,
            lambda part, source=source, names=names: part.ids(source, *names),  # type: ignore[misc]
            lambda values, resource=resource, display=display: webservice.by(resource, "id", values, display),  # type: ignore[misc]
        )


def _small_tables(lookups: Lookups, parts: list[Part]) -> None:
    """The looked-up rows an order uses, so that reading it asks nobody."""
    if not parts:
        return
    wanted: dict[str, Wanted] = {
        "order_states": lambda part: part.ids("orders", "current_state"),
        "currencies": lambda part: part.ids("orders", "id_currency") | part.ids("order_payments", "id_currency"),
        "carriers": lambda part: part.ids("orders", "id_carrier"),
        "languages": lambda part: part.ids("orders", "id_lang"),
        "groups": lambda part: part.ids("customers", "id_default_group"),
        "countries": lambda part: part.ids("addresses", "id_country"),
        "states": lambda part: part.ids("addresses", "id_state"),
        "taxes": _tax_ids,
    }
    for resource, ids in wanted.items():
        _attach(parts, ids, lambda values, resource=resource: lookups.by_id(resource, values))  # type: ignore[misc]
    settings = lookups.settings()
    for part in parts:
        part.raws["configurations", 0] = settings


def _attach(parts: list[Part], wanted: Wanted, ask: Callable[[set[str]], Found]) -> None:
    """Ask once for what all orders want and give each its share."""
    shares = [wanted(part) for part in parts]
    values = {value for share in shares for value in share}
    if not values:
        return
    found = ask(values)
    for part, share in zip(parts, shares, strict=True):
        for value in sorted(share):
            for raw in found.raws.get(value.casefold(), ()):
                part.raws[raw.resource, raw.id] = raw
            if fault := found.faults.get(value.casefold()):
                part.faults.append(fault)


def _tax_ids(part: Part) -> set[str]:
    """The tax ids in the lines' associations, whatever shape those have; reading the order is strict about it."""
    found: set[str] = set()
    for raw in part.of("order_details"):
        associations: Any = raw.data.get("associations")
        taxes = associations.get("taxes") if isinstance(associations, Mapping) else None
        rows = taxes if isinstance(taxes, list) else [taxes]
        found |= {str(number(row.get("id"))) for row in rows if isinstance(row, Mapping) and number(row.get("id"))}
    return found

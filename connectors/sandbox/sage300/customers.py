"""Customers and other master records: insert, change, replace and delete, with what a customer group brings along."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from .books import Books, unformatted
from .entry import Trigger, fill, optional_fields
from .resources import Resource
from .wire import Entity, field_invalid, record_duplicate, record_not_found, stored_day

_FROM_GROUP = (
    "AccountSet", "AutocashProfile", "BillingCycle", "InterestProfile", "AccountType", "Terms", "RateType", "TaxGroup",
    "PrintStatements", "CheckCreditLimit", "CheckOverdueAmounts", "DaysOverdue",
    *(f"{name}{n}" for name in ("TaxClassCode", "Salesperson", "SalesSplitPercentage") for n in range(1, 6)),
)  # fmt: skip
_MUST_EXIST = {
    "Terms": ("AR/ARTerms", "terms code"), "AccountSet": ("AR/ARAccountSets", "account set"),
    "CurrencyCode": ("CS/CSCurrencyCodes", "currency code"), "ShipViaCode": ("OE/OEShipViaCodes", "ship-via code"),
    "CustomerPriceList": ("IC/ICPriceListCodes", "price list"), "PaymentCode": ("AR/ARPaymentCodes", "payment code"),
    "InventoryLocation": ("IC/ICLocations", "location"),
}  # fmt: skip


def insert(books: Books, resource: Resource, body: Any) -> Entity:
    """A new master record. RecordDuplicate if its key exists; key properties must be there."""
    entity = resource.model.new()
    _start(books, resource, entity)
    fill(books, resource.model, entity, body, _triggers(books, resource, entity))
    _finish(books, resource, entity)
    for name in resource.keys:
        if entity[name] == "":
            raise field_invalid(f"{name} must be entered.")
    key = resource.key(entity)
    if books.store.get(books.company, resource, key) is not None:
        raise record_duplicate(f'{resource.model.name} "{", ".join(map(str, key))}" already exists.')
    books.store.put(books.company, resource, entity)
    return entity


def change(books: Books, resource: Resource, key: tuple[object, ...], body: Any) -> Entity:
    """PATCH: only what is sent; a collection that is sent is replaced as a whole."""
    stored = books.store.get(books.company, resource, key)
    if stored is None:
        raise record_not_found()
    entity = dict(stored)
    fill(books, resource.model, entity, body, _triggers(books, resource, entity))
    _keep_key(resource, entity, key)
    _finish(books, resource, entity)
    books.store.put(books.company, resource, entity)
    return entity


def replace(books: Books, resource: Resource, key: tuple[object, ...], body: Any) -> Entity:
    """PUT: like PATCH for properties, but collections missing from the body are emptied (sage300.md 2)."""
    known = resource.model.properties.values()
    gone: dict[str, Any] = {each.name: [] for each in known if each.kind == "C" and each.name not in body}
    return change(books, resource, key, {**body, **gone} if isinstance(body, dict) else body)


def delete(books: Books, resource: Resource, key: tuple[object, ...]) -> None:
    if not books.store.remove(books.company, resource, key):
        raise record_not_found()


def _keep_key(resource: Resource, entity: Entity, key: tuple[object, ...]) -> None:
    for name, value in zip(resource.keys, key, strict=True):
        entity[name] = value


def _start(books: Books, resource: Resource, entity: Entity) -> None:
    """Defaults that are not the type's: a customer may shop on the web, an item is sold and active."""
    if resource.path == "AR/ARCustomers":
        entity.update(
            AllowWebStoreShopping="Yes", AllowPartialShipments="Yes", AllowBackorderQuantities="Yes",
            CurrencyCode=books.profile["FunctionalCurrency"],
        )  # fmt: skip
    if resource.path == "IC/ICItems":
        entity.update(Sellable=True, Status=books.options["item_status_true_is"] == "active")


def _finish(books: Books, resource: Resource, entity: Entity) -> None:
    if "DateLastMaintained" in entity:
        entity["DateLastMaintained"] = stored_day(datetime.now(UTC).date())
    if resource.path == "IC/ICItems":
        number = entity["ItemNumber"] or entity["UnformattedItemNumber"]
        entity.update(ItemNumber=number, UnformattedItemNumber=unformatted(number))
        if not entity["ItemUnitsOfMeasure"]:
            unit = entity["StockingUnitOfMeasure"] = entity["StockingUnitOfMeasure"] or "Ea."
            entity["ItemUnitsOfMeasure"] = [
                {
                    "ItemNumber": number,
                    "UnitOfMeasure": unit,
                    "ConversionFactor": 1,
                    "FACTOR": 1,
                    "UpdateOperation": "Unspecified",
                }
            ]


def _triggers(books: Books, resource: Resource, entity: Entity) -> dict[str, Trigger]:
    triggers: dict[str, Trigger] = {}
    if resource.path == "AR/ARCustomers":
        triggers["GroupCode"] = lambda code: _group(books, entity, code)
        triggers["CustomerOptionalFieldValues"] = lambda rows: entity.update(
            CustomerOptionalFieldValues=optional_fields(
                books, "CustomerOptionalFieldValues", "CustomerOptionalFieldValue", rows
            )
        )
    if resource.path in ("AR/ARCustomers", "AR/ARShipToLocations"):
        triggers["TaxGroup"] = lambda code: _tax_group(books, code)
        triggers |= {name: _exists(books, name) for name in _MUST_EXIST if name in resource.model.properties}
    return triggers


def _group(books: Books, entity: Entity, code: str) -> None:
    """A customer group is a template: it replaces what was put before it, what follows replaces its own."""
    group = books.require("AR/ARCustomerGroups", code, text="Invalid Input. The customer group does not exist.")
    entity.update({name: group[name] for name in _FROM_GROUP})
    account_set = books.get("AR/ARAccountSets", group["AccountSet"])
    if account_set is not None:
        entity["CurrencyCode"] = account_set["CurrencyCode"]


def _tax_group(books: Books, code: str) -> None:
    if code:
        books.require("TX/TXTaxGroups", code, "Sales", text="Cannot find the specified tax group.")


def _exists(books: Books, name: str) -> Trigger:
    path, label = _MUST_EXIST[name]

    def check(code: str) -> None:
        if code:
            books.require(path, code, text=f"Invalid Input. The {label} does not exist.")

    return check

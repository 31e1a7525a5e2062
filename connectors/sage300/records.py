"""Sage's master records by our kinds: which resource each comes from and what of it we keep.

Names differ between builds (ARTerms: TermsCode or TermsCodeKey, sage300.md 7.5): a record's key is what $metadata says,
else the first known name that is there. A resource this installation lacks yields nothing when the kind is only offered
for choice; where a sale cannot do without it, that is Misconfigured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.errors import Misconfigured
from connectors.sage300 import facts
from connectors.sage300.api import Api
from connectors.sage300.assumptions import Assumptions
from connectors.sage300.refusals import RESOURCE_NOT_FOUND
from connectors.sage300.wire import Row, equals, text, yes
from connectors.types import Record
from connectors.words import Words, words

Facts = Callable[[Row, Assumptions], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a kind comes from. ``keys`` and ``labels`` are names in the order they are looked for."""

    resource: str
    keys: tuple[str, ...]
    labels: tuple[str, ...] = ("Description",)
    facts: Facts = lambda row, assumptions: {}
    needed: bool = False


SOURCES: dict[str, Source] = {
    "item": Source("IC/ICItems", ("ItemNumber",), facts=facts.item, needed=True),
    "customer": Source(
        "AR/ARCustomers", ("CustomerNumber",), ("CustomerName", "ShortName"), facts.customer, needed=True
    ),
    "customer group": Source("AR/ARCustomerGroups", ("GroupCode", "GroupCodeKey"), facts=facts.customer_group),
    "ship via": Source("OE/OEShipViaCodes", ("Code", "ShipViaCode", "ShipViaCodeKey"), ("Name", "Description")),
    "terms": Source("AR/ARTerms", ("TermsCode", "TermsCodeKey"), needed=True),
    "location": Source("IC/ICLocations", ("LocationKey", "Location"), ("Name", "Description"), needed=True),
    "unit": Source("IC/ICUnitsOfMeasure", ("UnitOfMeasureKey", "UnitOfMeasure"), ("Description",)),
    "currency": Source("CS/CSCurrencyCodes", ("CurrencyCodeKey", "CurrencyCode"), facts=facts.currency),
    "payment code": Source("AR/ARPaymentCodes", ("PaymentCodeKey", "PaymentCode"), facts=facts.payment_code),
    "bank": Source("BK/BKBanks", ("BankCode",), facts=facts.bank),
    # The kinds below have keys of several parts and are made by functions of their own.
    "tax group": Source("TX/TXTaxGroups", ("TaxGroupKey", "TaxGroup"), facts=facts.tax_group, needed=True),
    "tax rate": Source("TX/TXTaxRates", ("TaxAuthority",), facts=facts.tax_rate, needed=True),
    "charge": Source(
        "OE/OEMiscellaneousCharges",
        ("MiscellaneousChargeCode", "MiscellaneousChargesCode", "MiscellaneousCharge"),
        needed=True,
    ),
    "fiscal period": Source("CS/CSFiscalCalendars", ("FiscalYear",)),
}


WORDS = {"email": ("Email", "ContactsEmail"), "vat_number": ("TaxRegistrationNumber1",)}
"""Properties of ARCustomers by which a buyer is found (sage300.md B, Customer)."""


class Records:
    """Master records through one Api."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def all(self, kind: str) -> Iterator[Record]:
        """All records of a kind (Sage.records)."""
        source = SOURCES[kind]
        yield from self._made(kind, source, self._rows(source))

    def one(self, kind: str, code: str) -> Record | None:
        """One record now (Sage.record)."""
        source = SOURCES[kind]
        rows = self._with(kind, source, code)
        records = list(self._made(kind, source, rows))
        if kind == "item":
            # Asked for without separators, the number is answered as people write it.
            return records[0] if records else None
        return next((record for record in records if record.code.upper() == code.upper()), None)

    def customers_with(self, field: str, values: Sequence[str]) -> list[Record]:
        """Customers that have one of these values in a property of ``field`` (WORDS), exactly so (Sage.customers_with).

        Whether capitals count is the database's matter; an e-mail among others in one property is not found.
        """
        source = SOURCES["customer"]
        conditions = [equals(**{name: value}) for name in WORDS[field] for value in values]
        together = [" or ".join(conditions)] if self._api.assumptions.filter_or else conditions
        rows = (row for where in together for row in self._rows(source, where))
        found = {record.code: record for record in self._made("customer", source, rows)}
        return list(found.values())

    def _rows(self, source: Source, where: str = "") -> Iterator[Row]:
        """The rows of a resource; none when this installation lacks it and a sale can do without."""
        if self._api.lacks(source.resource):
            if source.needed:
                raise Misconfigured(_missing(source), code=RESOURCE_NOT_FOUND)
            return
        try:
            yield from self._api.entries(source.resource, where)
        except Misconfigured as error:
            if source.needed or error.code != RESOURCE_NOT_FOUND:
                raise

    def _with(self, kind: str, source: Source, code: str) -> Iterable[Row]:
        """The rows that may be this record: by key where that is one plain word, else by a filter."""
        if kind == "item":
            return self._item(source, code)
        if kind in ("tax group", "charge"):
            return self._rows(source, equals(**{self.key_name(source): code}))
        if kind == "tax rate":
            authority, _, buyer = code.partition("|")
            known = equals(TaxAuthority=authority, BuyerClass=int(buyer)) if buyer.isdigit() else ""
            return self._rows(source, known) if known else ()
        if kind == "fiscal period":
            return self._rows(source, equals(FiscalYear=code.partition("-")[0]))
        if self._api.lacks(source.resource):
            return self._rows(source)
        row = self._api.look(source.resource, self.key_name(source), code)
        return [row] if row else []

    def _item(self, source: Source, code: str) -> Iterable[Row]:
        """By the key, the number without separators, when it may be one; else by the number as people write it."""
        if code.isalnum() and code.isascii() and (row := self._api.entry(source.resource, code.upper())):
            return [row]
        return self._rows(source, equals(ItemNumber=code))

    def key_name(self, source: Source) -> str:
        """The name of the key property here: as $metadata has it, else the best known."""
        shape = self._api.shape(source.resource)
        names = shape.properties if shape else {}
        if shape and len(shape.keys) == 1 and source.resource != SOURCES["item"].resource:
            return shape.keys[0]
        return next((name for name in source.keys if name in names), source.keys[0])

    def _made(self, kind: str, source: Source, rows: Iterable[Row]) -> Iterator[Record]:
        if kind == "tax group":
            rows = (row for row in rows if facts.for_sales(row))
        elif kind == "tax rate":
            yield from (_tax_rate(row, self._api.assumptions) for row in rows if facts.for_sales(row))
            return
        elif kind == "charge":
            yield from _charges(source, rows)
            return
        elif kind == "fiscal period":
            for row in rows:
                yield from facts.fiscal_periods(row, self._api.assumptions)
            return
        key = self.key_name(source)
        outside = self._outside() if kind == "tax group" else frozenset()
        for row in rows:
            code = text(row, key, *source.keys)
            if code:
                found = source.facts(row, self._api.assumptions)
                if outside & {*found.get("authorities", ())}:
                    found["on_top"] = True
                yield Record(kind, code, text(row, *source.labels), _active(kind, row, self._api.assumptions), found)

    def _outside(self) -> frozenset[str]:
        """The authorities that do not allow their tax in the price; none where this build does not tell."""
        rows = self._rows(Source("TX/TXTaxAuthorities", ("TaxAuthority",)))
        return frozenset(text(row, "TaxAuthority") for row in rows if not yes(row, "AllowTaxInPrice", default=True))


def _active(kind: str, row: Row, assumptions: Assumptions) -> bool:
    if kind == "item":
        means = assumptions.item_status_true_is
        return means == "ignored" or row.get("Status") is None or yes(row, "Status") == (means == "active")
    return text(row, "Status") in ("", "Active", "True")


def _tax_rate(row: Row, assumptions: Assumptions) -> Record:
    found = facts.tax_rate(row, assumptions)
    return Record("tax rate", f"{found['authority']}|{found['buyer_class']}", "", True, found)


def _charges(source: Source, rows: Iterable[Row]) -> Iterator[Record]:
    """One record per code: Sage keeps a charge once per currency, under the same code (sage300.md B)."""
    by_code: dict[str, list[Row]] = {}
    for row in rows:
        if code := text(row, *source.keys):
            by_code.setdefault(code, []).append(row)
    for code, same in by_code.items():
        currencies = [text(row, "Currency", "CurrencyCode") for row in same]
        classes = facts.tax_classes(same[0], "MiscellaneousChargeTaxes", ("Authority", "TaxAuthority"))
        found = {"currency": currencies[0], "currencies": currencies, "tax_classes": classes}
        yield Record("charge", code, text(same[0], "Description"), True, found)


def _missing(source: Source) -> Words:
    module, _, name = source.resource.partition("/")
    return words(
        "This Sage has no %(name)s. Check that the module %(module)s is installed, activated for the company and "
        "licensed for the Web API.",
        name=name,
        module=module,
    )

"""Shop word in, Sage code out, or Unmapped: what staff mapped goes first, identity where the code is a Sage code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TypeVar

from django.db.models import Q

from connectors.models import Shop
from connectors.types import Carrier, ShopOrder
from mappings import vat
from mappings.answers import (
    CustomerMatch,
    ItemMatch,
    PartMatch,
    PaymentMatch,
    Suggestion,
    Unclear,
    Unmapped,
    match_of,
    the_one,
)
from mappings.buyers import Buyers, words_in_sage
from mappings.models import (
    ItemMapping,
    ItemPart,
    Mapping,
    SageRecord,
    TakeRule,
    TaxGroupMapping,
    comparable,
    revision,
    state_word,
)
from mappings.suggest import Suggestions
from mappings.tables import Tables, plain_number

__all__ = ["CustomerMatch", "ItemMatch", "PartMatch", "PaymentMatch", "Resolver", "Suggestion", "Unclear", "Unmapped"]

LARGE = frozenset({"item", "customer"})
"""Kinds with so many records that only those asked for are read; the others are read whole, once."""

BATCH = 500

Row = TypeVar("Row", bound=Mapping | TakeRule)


class Resolver:
    """The mappings of one shop as they stood at ``revision``; for one batch of orders, then thrown away.

    The small tables are read once, in the constructor, after the revision: a change that is committed meanwhile has a
    higher revision than the one the orders are marked with, so they are checked again. Among rows that fit equally, one
    of this very shop goes before one for every shop.
    """

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.revision = revision(shop.company_id)
        self._tables = Tables(shop)
        self._suggestions = Suggestions(shop.company_id)
        self._items: dict[str, ItemMatch | Unmapped] = {}
        self._parts: dict[str, tuple[PartMatch, ...]] = {}
        self._item_rows: dict[str, list[ItemMapping | ItemPart]] = {}
        self._noted: set[str] = set()
        self._records: dict[tuple[str, str], SageRecord | None] = {}
        self._whole: set[str] = set()
        self._buyers = Buyers(shop, self.country)

    @contextmanager
    def noting(self) -> Iterator[set[str]]:
        """The rows of any table that decide something inside the block, as orders note them (``noted_as``).

        What decides within a block inside it is the inner one's alone: so one asks without going by the answer.
        """
        outer, self._noted = self._noted, set()
        try:
            yield self._noted
        finally:
            self._noted = outer

    def _by(self, row: Row | None) -> Row | None:
        if row is not None:
            self._noted.add(row.noted_as)
        return row

    # --- items --------------------------------------------------------------------------------------------------------

    def prefetch_items(self, references: Iterable[str]) -> None:
        """Read the mappings, parts and records of these references, in three queries per 500 of them."""
        wanted = sorted({reference.strip() for reference in references} - self._items.keys() - {""})
        for start in range(0, len(wanted), BATCH):
            self._read_items(wanted[start : start + BATCH])

    def item(self, reference: str) -> ItemMatch | Unmapped:
        """The item that is sold under ``reference``: by mapping, else the one whose code is the same.

        Codes are compared without separators and case. A reference that is empty, that no item has, or that fits
        several items is Unmapped: never the first that fits (pains.md 25).
        """
        reference = reference.strip()
        if not reference:
            return Unmapped("item", "")
        self._know(reference)
        return self._items[reference]

    def parts(self, reference: str) -> tuple[PartMatch, ...]:
        """The parts in which a pack is sold in Sage, by code; none for whatever is sold there as one item.

        A shop's own parts of a pack go before those for every shop, all of them.
        """
        reference = reference.strip()
        if reference:
            self._know(reference)
        return self._parts.get(reference, ())

    def _know(self, reference: str) -> None:
        if reference not in self._items:
            self._read_items([reference])
        for row in self._item_rows[reference]:
            self._by(row)

    def _read_items(self, references: list[str]) -> None:
        mapped: dict[str, ItemMapping] = {}
        rows = ItemMapping.objects.filter(self._mine(), reference__in=references)
        for row in sorted(rows, key=lambda row: row.shop_id is not None):  # this shop's own row comes last and stays
            mapped[row.reference] = row
        parts = self._read_parts(references)
        named = [*mapped.values(), *(row for rows in parts.values() for row in rows)]
        codes = {comparable(word) for word in [*references, *(row.code for row in named)]}
        found: dict[str, list[SageRecord]] = {}
        for record in SageRecord.objects.filter(company_id=self.shop.company_id, kind="item", match__in=codes):
            found.setdefault(record.match, []).append(record)
            self._records["item", record.code] = record
        for reference in references:
            own = mapped.get(reference)
            word = reference if own is None else own.code
            fitting = the_one(word, found.get(comparable(word), []))
            self._items[reference] = match_of(reference, own, fitting)
            self._item_rows[reference] = [*([own] if own else []), *parts.get(reference, [])]
        for reference, of_pack in parts.items():
            self._parts[reference] = tuple(
                PartMatch(ItemMatch.of(row, the_one(row.code, found.get(comparable(row.code), []))), row.weight)
                for row in of_pack
            )

    def _read_parts(self, references: list[str]) -> dict[str, list[ItemPart]]:
        parts: dict[str, list[ItemPart]] = {}
        for row in ItemPart.objects.filter(self._mine(), reference__in=references).order_by("code", "pk"):
            parts.setdefault(row.reference, []).append(row)
        return {
            reference: [row for row in rows if row.shop_id is not None] or rows for reference, rows in parts.items()
        }

    def _mine(self) -> Q:
        return Q(company_id=self.shop.company_id) & (Q(shop=self.shop) | Q(shop=None))

    # --- who buys and which tax ---------------------------------------------------------------------------------------

    def prefetch_buyers(self, orders: Iterable[ShopOrder]) -> None:
        """Read who those are that get a customer of their own, in three queries."""
        ruled = ((order, self._tables.customer_rule(order)) for order in orders)
        self._buyers.prefetch((order, rule) for order, rule in ruled if rule is not None and rule.create)

    def customer(self, order: ShopOrder) -> CustomerMatch | Unmapped:
        """What the first customer rule, by position, that fits the order says; its country is the invoice address's.

        A rule that makes one customer per buyer answers the buyer's own one, or a new one, or Unclear.
        """
        rule = self._by(self._tables.customer_rule(order))
        if rule is None:
            return Unmapped("customer", f"{order.invoice_to.country} {order.currency}".strip())
        if rule.create:
            return self._buyers.customer(order, rule, self.record("customer group", rule.code))
        return CustomerMatch(rule.code, False, self.record("customer", rule.code), rule)

    def buyer_in_sage(self, order: ShopOrder) -> list[tuple[str, str]]:
        """Fields and values by which to look for the buyer in Sage itself before a new customer is made; else none."""
        match = self.customer(order)
        if not isinstance(match, CustomerMatch) or match.by != "new" or match.rule is None:
            return []
        return words_in_sage(order, match.rule)

    def vat_number(self, order: ShopOrder) -> vat.VatNumber:
        """The VAT number on the invoice address, checked, or as written where the customer rule says so."""
        rule, party = self._tables.customer_rule(order), order.invoice_to
        return vat.read(party.vat_number, party.country, rule is not None and rule.vat_as_written)

    def tax_group(self, country: str, company: bool, state: str = "") -> str | Unmapped:
        """The tax group for a destination (ISO) and a private person or company with VAT number.

        A row that names the country goes before one for any country, then one that names the state, then the buyer.
        Where the state decides, an Unmapped names it: "US-NY private".
        """
        buyer = TaxGroupMapping.Buyer.COMPANY if company else TaxGroupMapping.Buyer.PRIVATE
        row = self._by(self._tables.tax_group(country, state_word(country, state), buyer))
        where = self.taxed_state(country, state) or country
        return row.code if row else Unmapped("tax group", f"{where} {buyer}".strip())

    def taxed_state(self, country: str, state: str) -> str:
        """The state as mappings write it ("US-NY") where it decides the tax group, else ""."""
        return state_word(country, state) if self._tables.taxed_by_state(country) else ""

    def tax_class(self, tax_group: str, rules_group: int, country: str, rate: Decimal) -> int | Unmapped:
        """The tax class of a line taxed at ``rate`` per cent, within a Sage tax group.

        The most specific row wins: tax group, then the shop's tax rules group, then country, each before "any".
        """
        row = self._by(self._tables.tax_class(tax_group, rules_group, country, rate))
        if row is None or not row.code.strip().isdecimal():
            return Unmapped("tax class", f"{tax_group} {plain_number(rate)}")
        return int(row.code)

    # --- one word, one code -------------------------------------------------------------------------------------------

    def payment(self, module: str) -> PaymentMatch | Unmapped:
        """Payment code, terms and bank of a payment module; a row "*" stands for every other module."""
        row = self._by(self._tables.payment(module))
        return PaymentMatch.of(row) if row else Unmapped("payment", module)

    def method(self, name: str) -> PaymentMatch | Unmapped:
        """How a payment is booked whose method has a row of its own; a row "*" does not stand for it."""
        row = self._by(self._tables.method(name))
        return PaymentMatch.of(row) if row else Unmapped("payment", name)

    def voucher(self, name: str) -> PaymentMatch | None:
        """How a voucher that is money is booked (its bank may be empty); None for one that is a discount."""
        row = self._by(self._tables.voucher(name))
        return PaymentMatch(row.code, "", row.bank) if row else None

    def carrier(self, carrier: Carrier | None) -> str | Unmapped:
        """The ship-via code; "" for an order that nobody ships (virtual products).

        By the carrier's reference id, which outlives edits of the carrier (pains.md 52), else by its name.
        """
        if carrier is None:
            return ""
        row = self._by(self._tables.carrier(carrier))
        return row.code if row else Unmapped("carrier", f"{carrier.reference_id} {carrier.name}".strip())

    def location(self) -> str | Unmapped:
        """The Sage location from which this shop's goods leave."""
        row = self._by(self._tables.location)
        return row.code if row else Unmapped("location", self.shop.name)

    def currency(self, iso: str) -> str | Unmapped:
        """Sage's word for a currency: mapped, or the ISO code itself where Sage has it."""
        row = self._by(self._tables.words.get(("currency", iso)))
        if row is not None:
            return row.code
        record = self.record("currency", iso)
        return iso if record is not None and record.active else Unmapped("currency", iso)

    def country(self, iso: str) -> str | Unmapped:
        """The word for a country in Sage's addresses: mapped, else the ISO code; Unmapped when the shop names none."""
        row = self._by(self._tables.words.get(("country", iso)))
        if row is not None:
            return row.code
        return iso or Unmapped("country", "")

    def state(self, country: str, iso: str) -> str | Unmapped:
        """The word for a state in Sage's addresses: mapped ("US-NY"), else the shop's ISO code; "" where there is none.

        PrestaShop's ISO codes of states are free text: some shops already write "US-NY".
        """
        row = self._by(self._tables.words.get(("state", state_word(country, iso))))
        if row is not None:
            return row.code
        return iso

    def charge(self, name: str) -> str | Unmapped:
        """The miscellaneous charge for shipping, wrapping, discount or rounding."""
        row = self._by(self._tables.charges.get(name))
        return row.code if row else Unmapped("charge", name)

    def take(self, module: str, state_id: int) -> str:
        """When such an order is taken (always, paid, never): by its state, else by its payment module, else by shop."""
        rules = self._tables.take
        rule = self._by(rules.get(("state", str(state_id))) or rules.get(("payment", module)))
        return rule.take if rule else self.shop.take

    # --- the mirror ---------------------------------------------------------------------------------------------------

    def record(self, kind: str, code: str) -> SageRecord | None:
        """The mirrored record, also when it is inactive or vanished; None when the mirror never saw it."""
        if kind in LARGE and (kind, code) not in self._records:
            found = SageRecord.objects.filter(company_id=self.shop.company_id, kind=kind, code=code)
            self._records[kind, code] = found.first()
        elif kind not in LARGE:
            self._read_whole(kind)
        return self._records.get((kind, code))

    def records(self, kind: str) -> list[SageRecord]:
        """All mirrored records of a kind that is read whole (not items, not customers): the fiscal calendar."""
        self._read_whole(kind)
        return [record for (of, _code), record in self._records.items() if of == kind and record is not None]

    def _read_whole(self, kind: str) -> None:
        if kind in self._whole:
            return
        self._whole.add(kind)
        for record in SageRecord.objects.filter(company_id=self.shop.company_id, kind=kind):
            self._records[kind, record.code] = record

    def suggestions(self, missing: Unmapped, label: str = "", rates: tuple[str, ...] = ()) -> list[Suggestion]:
        """Sage codes that could be meant, the best first: see ``Suggestions.of``."""
        return self._suggestions.of(missing, label, rates)

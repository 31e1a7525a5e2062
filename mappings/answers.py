"""What the resolver answers: the Sage code for a shop word, or that it is not mapped, and what could be meant."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mappings.models import CustomerRule, ItemMapping, ItemPart, PaymentMapping, SageRecord

GROUNDS: dict[str, Promise] = {
    "alone": _("the only one in Sage"),
    "code": _("code is alike %(score)d %%"),
    "same-name": _("same name"),
    "name": _("name is alike %(score)d %%"),
    "usual": _("“%(word)s” is usually booked so"),
    "place": _("code begins with %(country)s"),
    "rate": _("same rate"),
    "rates": _("charges %(rates)s %%, as the order does"),
    "place-rates": _("code begins with %(country)s, and charges %(rates)s %% as the order does"),
    "elsewhere": _("mapped so for %(where)s"),
    "web": _("a web account kept in %(currency)s"),
}
"""Why something is suggested; kept by its key, said in the reader's language."""


@dataclass(frozen=True)
class Unmapped:
    """No Sage code for this shop word; ``kind`` and ``value`` are what a change wakes the order by.

    Kinds: item, customer, tax group, tax class, payment, carrier, location, currency, country, state, charge.
    """

    kind: str
    value: str


@dataclass(frozen=True)
class Unclear(Unmapped):
    """Nobody can tell which customer the buyer is: several have the same VAT number or e-mail (``by`` says which).

    ``value`` lists their codes. Without candidates the shop does not say who the buyer is.
    """

    by: str = ""
    candidates: tuple[SageRecord, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Suggestion:
    """A candidate for an unmapped word, with the ground it stands on (a key of GROUNDS, its values); score 0 to 100.

    ``more``: further fields of the mapping that come with it, where the same word is mapped elsewhere.
    """

    code: str
    label: str
    score: int
    ground: str
    values: dict[str, Any] = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)

    @property
    def fills(self) -> dict[str, str]:
        """The fields of the mapping's form that it fills in."""
        return {"code": self.code, **self.more}


def why(ground: str, values: dict[str, Any]) -> str:
    """The ground in the reader's language ("name is alike 95 %"); what is no key stands for itself."""
    return str(GROUNDS[ground]) % values if ground in GROUNDS else ground


@dataclass(frozen=True)
class ItemMatch:
    """The Sage item for a reference: 1 sold in the shop is ``factor`` of ``unit`` in Sage.

    ``record`` is None when a mapping names an item that the mirror does not have; it may be inactive (the validator
    says so). ``mapped``: a row of the mapping table said so, not the identity of the codes.
    """

    code: str
    unit: str
    factor: Decimal
    record: SageRecord | None
    mapped: bool

    @classmethod
    def of(cls, row: ItemMapping | ItemPart, record: SageRecord | None) -> ItemMatch:
        """As a row says; the record is the one that its code names."""
        factor = row.factor if isinstance(row, ItemMapping) else row.quantity
        unit = row.unit or ("" if record is None else str(record.details.get("unit", "")))
        return cls(row.code if record is None else record.code, unit, factor, record, mapped=True)


@dataclass(frozen=True)
class PartMatch:
    """One part of a pack: a pack sold in the shop is ``item.factor`` of it; ``weight`` is its share of the price, in
    proportion to the other parts.
    """

    item: ItemMatch
    weight: Decimal


@dataclass(frozen=True)
class CustomerMatch:
    """Who buys: the customer ``code``, or, when ``create``, a new customer of the group ``code``.

    ``record`` is the customer, or the group when ``create``; None when the mirror does not have it. ``rule`` decided,
    and ``by`` says what told the buyer: the rule itself, the buyer as remembered, vat, email, or new. ``new`` is the
    code of a customer that is to be made, ``names`` are those under which it is to be remembered.
    """

    code: str
    create: bool
    record: SageRecord | None
    rule: CustomerRule | None = field(default=None, compare=False)
    by: str = field(default="rule", compare=False)
    new: str = field(default="", compare=False)
    names: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class PaymentMatch:
    """How a payment module is booked; ``terms`` and ``bank`` may be empty. ``receipt``: its payments make receipts.

    ``refund``: what was credited goes back to the buyer from the bank, else it stays an open credit.
    """

    code: str
    terms: str
    bank: str
    receipt: bool = True
    refund: bool = False

    @classmethod
    def of(cls, row: PaymentMapping) -> PaymentMatch:
        """As a row says."""
        return cls(row.code, row.terms, row.bank, row.receipt, row.refund == PaymentMapping.Refund.REFUND)


def match_of(reference: str, row: ItemMapping | None, record: SageRecord | None) -> ItemMatch | Unmapped:
    """The item of a reference: by its row, else the record that is called so."""
    if row is not None:
        return ItemMatch.of(row, record)
    if record is not None:
        return ItemMatch(record.code, str(record.details.get("unit", "")), Decimal(1), record, mapped=False)
    return Unmapped("item", reference)


def the_one(word: str, candidates: list[SageRecord]) -> SageRecord | None:
    """The record written exactly so; else the only active one that compares equal; else the only one at all."""
    exact = [record for record in candidates if record.code.upper() == word.strip().upper()]
    for group in (exact, [record for record in candidates if record.active], candidates):
        if len(group) == 1:
            return group[0]
        if group:
            return None
    return None

"""What the resolver answers: the Sage code for a shop word, or that it is not mapped, and what could be meant."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from mappings.models import SageRecord


@dataclass(frozen=True)
class Unmapped:
    """No Sage code for this shop word; ``kind`` and ``value`` are what a change wakes the order by.

    Kinds: item, customer, tax group, tax class, payment, carrier, location, currency, country, state, charge.
    """

    kind: str
    value: str


@dataclass(frozen=True)
class Suggestion:
    """A candidate for an unmapped word, with the ground it stands on ("name is alike 95 %"); score 0 to 100."""

    code: str
    label: str
    ground: str
    score: int


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

    ``record`` is the customer, or the group when ``create``; None when the mirror does not have it.
    """

    code: str
    create: bool
    record: SageRecord | None


@dataclass(frozen=True)
class PaymentMatch:
    """How a payment module is booked; ``terms`` and ``bank`` may be empty. ``receipt``: its payments make receipts."""

    code: str
    terms: str
    bank: str
    receipt: bool = True

"""One Sage customer per buyer: under which names a buyer is remembered and looked for, and which customer that is.

A buyer is remembered (``BuyerCode``) by the shop's customer, guest or not, by e-mail, and by VAT number where the rule
looks for it: whoever comes again under one of these names is the same buyer. So five guest orders with one e-mail are
one customer, and a guest with the e-mail of an account is the account's owner.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from connectors.models import Shop
from connectors.types import ShopOrder
from mappings import vat
from mappings.answers import CustomerMatch, Unclear, Unmapped
from mappings.models import BuyerCode, CustomerRule, SageRecord
from mappings.vat import VatNumber

ANONYMOUS = "anonymous@psgdpr.com"
"""PrestaShop's module psgdpr gives the orders of every erased customer to this one: nobody knows who they were."""

BY_VAT = (CustomerRule.Match.VAT, CustomerRule.Match.EITHER)
BY_EMAIL = (CustomerRule.Match.EMAIL, CustomerRule.Match.EITHER)


def email_name(email: str) -> str:
    """The name by which an e-mail is remembered and found, however its capitals are; "" for none."""
    email = email.strip().casefold()
    return f"email {email}" if email else ""


def vat_name(number: str) -> str:
    """The name by which a VAT number is remembered and found; "" for none."""
    return f"vat {number}" if number else ""


def vat_names(number: str) -> tuple[str, ...]:
    """The names under which a customer with this VAT number may stand in Sage: in full, and without its prefix."""
    bare = vat.without_prefix(number)
    return (vat_name(number), vat_name(bare)) if bare else (vat_name(number),)


def has_another_vat_number(record: SageRecord, number: str) -> bool:
    """Whether a customer has a VAT number, and it is not this one."""
    own = {name for name in record.known_by if name.startswith("vat ")}
    return bool(number and own) and own.isdisjoint(vat_names(number))


def known_by(details: Mapping[str, Any]) -> list[str]:
    """The names under which a mirrored customer can be found.

    Its e-mails (Sage's field may list several), and its VAT number: in its one spelling when its prefix is there, else
    as written.
    """
    said = f"{details.get('email', '')};{details.get('contact_email', '')}"
    emails = {email_name(one) for one in re.split(r"[;,\s]+", said)}
    number = vat.read(str(details.get("vat_number", ""))).number
    return sorted((emails | {vat_name(number)}) - {""})


def names_of(order: ShopOrder, rule: CustomerRule, number: str, home: str) -> tuple[str, ...]:
    """The names under which a buyer is remembered, the most telling first; none when the shop names nobody.

    A Sage customer has one currency, so a buyer who pays in another than the company's (``home``) has another customer.
    """
    if not order.buyer.id or order.buyer.email == ANONYMOUS:
        return ()
    names = [f"customer {order.buyer.id}", email_name(order.buyer.email)]
    if rule.match in BY_VAT:
        names.insert(0, vat_name(number))
    currency = "" if order.currency == home else f" in {order.currency}"
    return tuple(f"{name}{currency}" for name in names if name)


def claim(shop: Shop, names: Iterable[str], code: str) -> bool:
    """Remember this buyer's customer, in the caller's transaction; False when somebody else was first with another."""
    names = sorted(set(names))  # in one order, so that two who claim the same buyer never wait for each other
    BuyerCode.objects.bulk_create(
        [BuyerCode(shop=shop, buyer=name, code=code) for name in names], ignore_conflicts=True
    )
    return not BuyerCode.objects.filter(shop=shop, buyer__in=names).exclude(code=code).exists()


class Buyers:
    """The buyers of one batch of orders; whoever comes twice in it gets one customer. ``country`` is Sage's word."""

    def __init__(self, shop: Shop, country: Callable[[str], str | Unmapped]) -> None:
        self._shop, self._country = shop, country
        self._names: set[str] = set()  # that were read
        self._words: set[str] = set()
        self._codes: dict[str, str] = {}  # remembered, by name
        self._new: dict[str, tuple[str, str]] = {}  # by name: the code proposed in this batch, and whose it is
        self._found: dict[str, list[SageRecord]] = {}  # by name
        self._records: dict[str, SageRecord] = {}

    def prefetch(self, wanted: Iterable[tuple[ShopOrder, CustomerRule]]) -> None:
        """Read what these orders need, in three queries."""
        names: set[str] = set()
        words: set[str] = set()
        for order, rule in wanted:
            number = _number(order, rule).number
            names |= {*names_of(order, rule, number, self._shop.company.currency)}
            words |= {word for _by, each in _words(order, rule, number) for word in each}
        names, words = names - self._names, words - self._words
        self._names |= names
        self._words |= words
        customers = SageRecord.objects.filter(company_id=self._shop.company_id, kind="customer")
        if names:
            mine = BuyerCode.objects.filter(shop=self._shop, buyer__in=names)
            self._codes.update(mine.values_list("buyer", "code"))
            for record in customers.filter(code__in={*self._codes.values()} - self._records.keys()):
                self._records[record.code] = record
        if words:
            for record in customers.filter(known_by__overlap=sorted(words), active=True).order_by("code"):
                for word in words.intersection(record.known_by):
                    self._found.setdefault(word, []).append(record)

    def customer(self, order: ShopOrder, rule: CustomerRule, group: SageRecord | None) -> CustomerMatch | Unmapped:
        """The buyer's customer: remembered, else found in the mirror, else to be made from the rule's ``group``.

        Unclear when several active customers fit, or one that is not surely the buyer.
        """
        self.prefetch([(order, rule)])
        number = _number(order, rule)
        names = names_of(order, rule, number.number, self._shop.company.currency)
        if not names:
            return Unclear("customer", "")
        for name in names:
            if name in self._codes:
                return self._remembered(self._codes[name], names, rule, group)
        if not any(name in self._new for name in names):
            for by, words in _words(order, rule, number.number):
                if found := self._fitting(by, words, order, number, rule):
                    return found
        return self._made(order, names, rule, group)

    def _remembered(
        self, code: str, names: tuple[str, ...], rule: CustomerRule, group: SageRecord | None
    ) -> CustomerMatch:
        """One that the mirror has not seen (yet, or any more) is made, or is being made."""
        record = self._records.get(code)
        if record is not None and record.gone_at is None:
            return CustomerMatch(code, False, record, rule, "buyer")
        missing = tuple(name for name in names if name not in self._codes)
        return CustomerMatch(rule.code, True, group, rule, "buyer", code, missing)

    def _fitting(
        self, by: str, words: tuple[str, ...], order: ShopOrder, number: VatNumber, rule: CustomerRule
    ) -> CustomerMatch | Unmapped | None:
        """The one active customer of the order's currency under these words; None when there is none."""
        sure: dict[str, SageRecord] = {}
        unsure: dict[str, SageRecord] = {}
        for place, word in enumerate(words):
            for record in self._found.get(word, []):
                if record.details.get("currency") in (None, "", order.currency):
                    (sure if place == 0 or self._lives_in(record, number.country) else unsure)[record.code] = record
        if len(sure) == 1 and not unsure.keys() - sure.keys():
            (record,) = sure.values()
            return CustomerMatch(record.code, False, record, rule, by)
        candidates = tuple(sorted({**unsure, **sure}.values(), key=lambda record: record.code))
        if not candidates:
            return None
        return Unclear("customer", ", ".join(record.code for record in candidates), by, candidates)

    def _lives_in(self, record: SageRecord, country: str) -> bool:
        """Whether Sage's address says that this is the country of a number that is written there without its prefix."""
        said = str(record.details.get("country", "")).casefold()
        return said != "" and said in {country.casefold(), str(self._country(country)).casefold()}

    def _made(
        self, order: ShopOrder, names: tuple[str, ...], rule: CustomerRule, group: SageRecord | None
    ) -> CustomerMatch:
        """A customer to be made; its code comes from the shop's number of the one who comes first.

        That number's name is claimed with it, so that the code can never be given to another buyer.
        """
        own = next(name for name in names if name.startswith("customer "))
        currency = "" if order.currency == self._shop.company.currency else order.currency
        fresh = (f"{self._shop.prefix}C{order.buyer.id}{currency}", own)
        code, whose = next((self._new[name] for name in names if name in self._new), fresh)
        for name in names:
            self._new.setdefault(name, (code, whose))
        return CustomerMatch(rule.code, True, group, rule, "new", code, tuple(dict.fromkeys([whose, *names])))


def words_in_sage(order: ShopOrder, rule: CustomerRule) -> list[tuple[str, str]]:
    """How the buyer may stand in Sage: by which field the rule looks, and the value as it may be written there."""
    number, email = _number(order, rule).number, order.buyer.email.strip()
    words: list[tuple[str, str]] = []
    if rule.match in BY_VAT:
        words += [("vat_number", number), ("vat_number", vat.without_prefix(number))]
    if rule.match in BY_EMAIL:
        words += [("email", email), ("email", email.casefold())]
    return [(field, value) for field, value in dict.fromkeys(words) if value]


def _number(order: ShopOrder, rule: CustomerRule) -> VatNumber:
    return vat.read(order.invoice_to.vat_number, order.invoice_to.country, rule.vat_as_written)


def _words(order: ShopOrder, rule: CustomerRule, number: str) -> list[tuple[str, tuple[str, ...]]]:
    """By what the rule looks for the buyer in the mirror, and the words for it, the surest first."""
    words: list[tuple[str, tuple[str, ...]]] = []
    if rule.match in BY_VAT and number:
        words.append(("vat", vat_names(number)))
    if rule.match in BY_EMAIL and (email := email_name(order.buyer.email)):
        words.append(("email", (email,)))
    return words

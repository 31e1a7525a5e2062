"""What could be meant by an unmapped word: candidates among Sage's records, each with its ground; never a decision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.db.models import Q
from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process

from mappings import elsewhere
from mappings.answers import Suggestion, Unmapped
from mappings.checking import named
from mappings.models import Mapping, SageRecord, TaxClassMapping, comparable

MOST = 5
"""More candidates than this are no help."""

ALIKE_CODE = 75
ALIKE_LABEL = 65
"""From this per cent on two texts count as alike; below it chance resemblances begin."""

TARGETS = {
    "item": "item",
    "payment": "payment code",
    "carrier": "ship via",
    "location": "location",
    "currency": "currency",
    "tax group": "tax group",
    "charge": "charge",
}
"""Which records are candidates for which kind of word; tax class and customer have rules of their own."""

USUALLY = {
    "paypal": "digital wallet",
    "applepay": "digital wallet",
    "googlepay": "digital wallet",
    "stripe": "credit card",
    "payplug": "credit card",
    "mollie": "credit card",
    "checkout": "credit card",
    "wire": "wire transfer bank",
    "cashondelivery": "cash on delivery",
    "codpayment": "cash on delivery",
    "cheque": "check cheque",
    "checkpayment": "check cheque",
    "shipping": "shipping freight delivery postage",
    "wrapping": "gift wrapping",
    "discount": "discount voucher",
    "rounding": "rounding",
}
"""Parts of payment modules' and charges' names, and the words under which people usually book them."""


@dataclass(frozen=True)
class _Choices:
    """The active records of one kind, their texts made comparable once."""

    rows: list[tuple[str, str]]
    codes: list[str]
    labels: list[str]


class Suggestions:
    """The candidates of one company; the lists it compares with are read once per kind."""

    def __init__(self, company_id: int) -> None:
        self._company_id = company_id
        self._choices: dict[str, _Choices] = {}
        self._known: dict[tuple[Unmapped, str, tuple[str, ...]], list[Suggestion]] = {}

    def of(self, missing: Unmapped, label: str = "", rates: tuple[str, ...] = ()) -> list[Suggestion]:
        """At most five candidates, the best first. [] when none is good.

        ``label`` is what the shop calls it; ``rates``, of a tax group, what the order is taxed at (per cent).
        """
        key = (missing, label, rates)
        if key not in self._known:
            number, _space, rest = missing.value.partition(" ")
            name = label or (rest if missing.kind == "carrier" and number.isdecimal() else missing.value)
            found = [*self._find(missing, label, name, rates), *self._elsewhere(missing, name)]
            best: dict[str, Suggestion] = {}
            for one in sorted(found, key=lambda one: -one.score):
                best.setdefault(one.code, one)
            self._known[key] = list(best.values())[:MOST]
        return self._known[key]

    def _find(self, missing: Unmapped, label: str, name: str, rates: tuple[str, ...]) -> list[Suggestion]:
        if missing.kind == "tax class":
            return self._same_rate(missing.value)
        if missing.kind == "customer":
            return self._web_accounts(missing.value)
        kind = TARGETS.get(missing.kind)
        if kind is None:
            return []
        choices = self._of_kind(kind)
        if len(choices.rows) == 1:
            return [Suggestion(*choices.rows[0], 100, "alone")]
        word = missing.value
        if missing.kind == "carrier":
            word = label = name
        found = self._alike_codes(choices, word) + self._alike_labels(choices, label)
        if missing.kind in ("payment", "charge"):
            found += self._alike_labels(choices, word) + self._usual(choices, word)
        if missing.kind == "tax group":
            begin = self._of_place(choices, missing.value.partition(" ")[0])
            found += [*begin, *self._of_rates(begin, rates)]
        return found

    def _of_kind(self, kind: str) -> _Choices:
        if kind not in self._choices:
            records = SageRecord.objects.filter(company_id=self._company_id, kind=kind, active=True).order_by("code")
            rows = list(records.values_list("code", "label"))
            self._choices[kind] = _Choices(
                rows, [comparable(code) for code, _label in rows], [default_process(label) for _code, label in rows]
            )
        return self._choices[kind]

    # --- grounds ------------------------------------------------------------------------------------------------------

    def _alike_codes(self, choices: _Choices, word: str) -> list[Suggestion]:
        found = process.extract(
            comparable(word), choices.codes, scorer=fuzz.ratio, processor=None, score_cutoff=ALIKE_CODE, limit=MOST
        )
        return [
            Suggestion(*choices.rows[place], int(score), "code", {"score": int(score)}) for _text, score, place in found
        ]

    def _alike_labels(self, choices: _Choices, name: str, usual: str = "") -> list[Suggestion]:
        """Names with the same words; the score falls with the words that only one of the two has.

        ``usual``: the shop's word, where ``name`` is what people usually book it under.
        """
        text = default_process(name)
        if not text:
            return []
        found = process.extract(
            text, choices.labels, scorer=fuzz.token_set_ratio, processor=None, score_cutoff=ALIKE_LABEL, limit=4 * MOST
        )
        made = []
        for other, same_words, place in found:
            score = int((same_words + fuzz.token_sort_ratio(text, other)) / 2)
            if usual:
                made.append(Suggestion(*choices.rows[place], score, "usual", {"word": usual}))
            else:
                ground = "same-name" if score == 100 else "name"
                made.append(Suggestion(*choices.rows[place], score, ground, {"score": score}))
        return made

    def _usual(self, choices: _Choices, word: str) -> list[Suggestion]:
        plain = "".join(letter for letter in word.casefold() if letter.isalnum())
        found = []
        for part, words in USUALLY.items():
            if part in plain:
                found += self._alike_labels(choices, words, word)
        return found

    def _of_place(self, choices: _Choices, place: str) -> list[Suggestion]:
        """Codes that begin as a state's ("US-NY": USNY or NY) or a country's, the state's first."""
        country, _dash, state = place.partition("-")
        found = self._begins_with(choices, country, 80) + self._begins_with(choices, state, 85)
        return found + (self._begins_with(choices, place, 90) if state else [])

    def _begins_with(self, choices: _Choices, beginning: str, score: int) -> list[Suggestion]:
        if not beginning:
            return []
        rows = zip(choices.rows, choices.codes, strict=True)
        start = comparable(beginning)
        fitting = [row for row, known in rows if known.startswith(start)]
        return [Suggestion(*row, score, "place", {"country": beginning}) for row in fitting]

    def _same_rate(self, value: str) -> list[Suggestion]:
        """Item tax classes whose rates, over the group's authorities, make exactly the shop's rate."""
        group, _space, text = value.rpartition(" ")
        try:
            wanted = Decimal(text)
        except InvalidOperation:
            return []
        classes = self._rates(group).get(group, {})
        fitting = sorted(number for number, rates in classes.items() if wanted in rates)
        return [Suggestion(str(number), f"{text} %", 100, "rate") for number in fitting]

    def _of_rates(self, begin: list[Suggestion], rates: tuple[str, ...]) -> list[Suggestion]:
        """Tax groups that charge all the rates of the order, those first whose code begins as its country's."""
        wanted = {Decimal(rate) for rate in rates} - {Decimal(0)}
        if not wanted:
            return []
        places = {one.code: one.values for one in reversed(begin)}
        told = {"rates": ", ".join(rates)}
        found = []
        for code, classes in self._rates().items():
            if wanted <= set().union(*classes.values()):
                label = dict(self._of_kind("tax group").rows)[code]
                ground, score = ("place-rates", 96) if code in places else ("rates", 70)
                found.append(Suggestion(code, label, score, ground, told | places.get(code, {})))
        return found

    def _rates(self, group: str = "") -> dict[str, dict[int, set[Decimal]]]:
        """By tax group (one, or all) and class of items: what its authorities charge together, for any buyers."""
        groups = SageRecord.objects.filter(company_id=self._company_id, kind="tax group", active=True)
        groups = groups.filter(code=group) if group else groups
        authorities = {row.code: [str(name) for name in row.details.get("authorities", [])] for row in groups}
        charged: dict[str, list[tuple[int, int, Decimal]]] = {}
        names = {name for of_group in authorities.values() for name in of_group}
        records = SageRecord.objects.filter(company_id=self._company_id, kind="tax rate", details__authority__in=names)
        for record in records:
            buyers = int(record.details.get("buyer_class", 1))
            rates = [(buyers, int(number), Decimal(rate)) for number, rate in record.details.get("rates", {}).items()]
            charged.setdefault(record.details["authority"], []).extend(rates)
        return {code: _together(charged.get(name, []) for name in of_group) for code, of_group in authorities.items()}

    def _elsewhere(self, missing: Unmapped, name: str) -> list[Suggestion]:
        """Codes that the same word has for another shop, or in another company where this one has the code, too."""
        found: dict[str, Suggestion] = {}
        for row in elsewhere.rows(missing, name, self._company_id):
            ours = row.company_id == self._company_id
            if len(found) < MOST and row.code not in found and (label := self._label(row, ours)) is not None:
                more = elsewhere.further(row) if ours else {}
                where = {"where": str(row.shop if ours else row.company)}
                found[row.code] = Suggestion(row.code, label, 95 if ours else 92, "elsewhere", where, more)
        return list(found.values())

    def _label(self, row: Mapping, ours: bool) -> str | None:
        """What a mapping's code is in this company; None where it is nothing there."""
        kind = next((kind for field, kind in named(row) if field == "code"), None)
        if kind is None:  # no record of Sage; a tax class is a number of its own company
            return getattr(row, "label", "") if ours or not isinstance(row, TaxClassMapping) else None
        records = SageRecord.objects.filter(company_id=self._company_id, kind=kind, code=row.code, active=True)
        return records.values_list("label", flat=True).first()

    def _web_accounts(self, value: str) -> list[Suggestion]:
        """Customers meant for the web, in the order's currency ("FR EUR")."""
        currency = value.rpartition(" ")[2]
        web = Q(details__web_store=True) | Q(label__icontains="web")
        records = SageRecord.objects.filter(
            web, company_id=self._company_id, kind="customer", active=True, details__currency=currency
        ).order_by("code")[:MOST]
        return [Suggestion(record.code, record.label, 70, "web", {"currency": currency}) for record in records]


def _together(by_authority: Iterable[list[tuple[int, int, Decimal]]]) -> dict[int, set[Decimal]]:
    """By class of items, the sums of what each authority charges, for each class of buyers."""
    sums: dict[tuple[int, int], Decimal] = {}
    for charged in by_authority:
        for buyers, number, rate in charged:
            sums[number, buyers] = sums.get((number, buyers), Decimal(0)) + rate
    found: dict[int, set[Decimal]] = {}
    for (number, _buyers), rate in sums.items():
        found.setdefault(number, set()).add(rate)
    return found

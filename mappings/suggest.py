"""What could be meant by an unmapped word: candidates among Sage's records, each with its ground; never a decision."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.db.models import Q
from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process

from mappings.answers import Suggestion, Unmapped
from mappings.models import SageRecord, comparable

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
        self._known: dict[tuple[Unmapped, str], list[Suggestion]] = {}

    def of(self, missing: Unmapped, label: str = "") -> list[Suggestion]:
        """At most five candidates, the best first; ``label`` is what the shop calls it. [] when none is good."""
        key = (missing, label)
        if key not in self._known:
            found = sorted(self._find(missing, label), key=lambda one: -one.score)
            best: dict[str, Suggestion] = {}
            for one in found:
                best.setdefault(one.code, one)
            self._known[key] = list(best.values())[:MOST]
        return self._known[key]

    def _find(self, missing: Unmapped, label: str) -> list[Suggestion]:
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
        word, name = missing.value, label
        if missing.kind == "carrier":
            number, _space, rest = missing.value.partition(" ")
            word = name = label or (rest if number.isdecimal() else missing.value)
        found = self._alike_codes(choices, word) + self._alike_labels(choices, name)
        if missing.kind in ("payment", "charge"):
            found += self._alike_labels(choices, word) + self._usual(choices, word)
        if missing.kind == "tax group":
            found += self._of_place(choices, missing.value.partition(" ")[0])
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
                made.append(Suggestion(*choices.rows[place], score, "name", {"score": score}))
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
        group_code, _space, rate_text = value.rpartition(" ")
        try:
            wanted = Decimal(rate_text)
        except InvalidOperation:
            return []
        group = SageRecord.objects.filter(company_id=self._company_id, kind="tax group", code=group_code).first()
        if group is None:
            return []
        authorities = [str(name) for name in group.details.get("authorities", [])]
        by_authority = Q()
        for name in authorities:
            by_authority |= Q(code__startswith=f"{name}|")
        rates: dict[tuple[int, str], Decimal] = {}
        if authorities:
            for record in SageRecord.objects.filter(by_authority, company_id=self._company_id, kind="tax rate"):
                for tax_class, rate in record.details.get("rates", {}).items():
                    at = (int(record.details.get("buyer_class", 1)), tax_class)
                    rates[at] = rates.get(at, Decimal(0)) + Decimal(rate)
        fitting = sorted({int(tax_class) for (_buyer, tax_class), rate in rates.items() if rate == wanted})
        return [Suggestion(str(number), f"{rate_text} %", 100, "rate") for number in fitting]

    def _web_accounts(self, value: str) -> list[Suggestion]:
        """Customers meant for the web, in the order's currency ("FR EUR")."""
        currency = value.rpartition(" ")[2]
        web = Q(details__web_store=True) | Q(label__icontains="web")
        records = SageRecord.objects.filter(
            web, company_id=self._company_id, kind="customer", active=True, details__currency=currency
        ).order_by("code")[:MOST]
        return [Suggestion(record.code, record.label, 70, "web", {"currency": currency}) for record in records]

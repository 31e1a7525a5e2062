"""What was asked of Sage against what it answered: is a found document ours, and is it what we asked for?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from connectors.plain import plain
from connectors.types import Document
from connectors.words import Words, joined, words
from staging.issues import Fault

CENT = Decimal("0.01")

UNTAXED = ("receipt", "repayment")
"""Money that moved: it has an amount, and no tax."""


def is_ours(kind: str, prepared: Mapping[str, Any], document: Document) -> bool:
    """Whether a document found under our reference is the one we asked for: purchase order, currency and total.

    Sage may compute a cent per line differently from our prediction; then it is ours all the same, and
    ``differences`` says so. A customer has no amounts: its e-mail or its name says whose the code is. A receipt and
    a credit note have their customer instead of a purchase order.
    """
    if kind == "customer":
        return document.number == str(prepared["code"]) and _same_person(prepared, document.raw)
    room = CENT * len(prepared.get("lines", ()))
    whose = (
        document.purchase_order == prepared.get("purchase_order", "")
        if kind == "sale"
        else document.customer == prepared["customer"]
    )
    return (
        whose
        and document.currency in ("", prepared["currency"])
        and abs(document.total - _total(kind, prepared)) <= room
    )


def _same_person(prepared: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    """Whether a customer's card is this buyer's; one of the two may have been changed in Sage since."""
    email, name = str(prepared["address"]["email"]).casefold(), str(prepared["name"]).casefold()
    return (email != "" and email == str(said.get("Email", "")).casefold()) or name == str(
        said.get("CustomerName", "")
    ).casefold()


def _total(kind: str, prepared: Mapping[str, Any]) -> Decimal:
    return Decimal(prepared["amount" if kind in UNTAXED else "total"])


def differences(kind: str, prepared: Mapping[str, Any], document: Document) -> list[Fault]:
    """What is not as asked in a document that Sage made; the money is compared to the cent."""
    if kind == "customer":
        return []
    faults = []
    missing = _missing(prepared, document) if kind == "sale" else []
    if kind == "sale" and prepared["invoice"] and not document.invoice_number:
        missing.insert(0, words("no invoice was made"))
    if missing:
        faults.append(_fault("incomplete-in-sage", document, joined(*missing, by="; ")))
    amounts = [(words("total"), _total(kind, prepared), document.total)]
    if kind not in UNTAXED:
        amounts.append((words("tax"), Decimal(prepared["tax"]), document.tax))
    told = [
        _instead(name, f"{got:.2f}", f"{asked:.2f} {prepared['currency']}")
        for name, asked, got in amounts
        if asked != got
    ]
    if told:
        faults.append(_fault("answer-differs", document, joined(*told, by=", ")))
    return faults


def taken(reference: str, prepared: Mapping[str, Any], document: Document) -> Fault:
    """The fault that says whose document a reference already names, with what does not fit."""
    if "group" in prepared:  # a customer's card
        whose = (words("name"), prepared["name"], document.raw.get("CustomerName", ""))
    elif "purchase_order" in prepared:
        whose = (words("purchase order"), prepared["purchase_order"], document.purchase_order)
    else:
        whose = (words("customer"), prepared.get("customer", ""), document.customer)
    facts = (
        whose,
        (words("currency"), prepared.get("currency", ""), document.currency),
        (words("total"), prepared.get("total", prepared.get("amount", "")), f"{document.total:f}"),
    )
    told = joined(*(_instead(name, str(got), str(asked)) for name, asked, got in facts if asked != got), by=", ")
    return Fault("reference-taken", value=reference, values={"document": document.number, "difference": plain(told)})


def _instead(what: Words, got: str, asked: str) -> Words:
    return words("%(what)s %(got)s instead of %(asked)s", what=what, got=got or "–", asked=asked or "–")


def _fault(code: str, document: Document, difference: Words) -> Fault:
    values = {"document": document.number, "difference": plain(difference)}
    return Fault(code, value=document.reference, values=values)


def _missing(prepared: Mapping[str, Any], document: Document) -> list[Words]:
    """Items of which Sage holds (or, with an invoice, ships) less than was asked, as "code: got of asked"."""
    if not document.lines:
        return []
    asked = _sum((line["code"], Decimal(line["quantity"])) for line in prepared["lines"] if line["kind"] == "item")
    invoice = prepared["invoice"]
    got = _sum((_bare(line.code), line.shipped if invoice else line.quantity) for line in document.lines)
    return [
        words(
            "%(code)s: %(got)s of %(asked)s",
            code=code,
            got=f"{got[_bare(code)].normalize():f}",
            asked=f"{quantity.normalize():f}",
        )
        for code, quantity in asked.items()
        if got[_bare(code)] < quantity
    ]


def _bare(code: str) -> str:
    """An item number with or without its separators is the same one (sage300.md 6.2)."""
    return "".join(filter(str.isalnum, code)).upper()


def _sum(lines: Iterable[tuple[str, Decimal]]) -> defaultdict[str, Decimal]:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for code, quantity in lines:
        sums[code] += quantity
    return sums

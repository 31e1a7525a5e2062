"""Proofs as tables for a spreadsheet: everything counted, every balance, everything left out, every difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import tablib
from django.utils.translation import gettext as _

from connectors.models import Shop
from mappings.spreadsheets import safe_cell
from staging.proofs.types import DayProof
from staging.proofs.words import KINDS, PARTS, WHY, about, counted_words
from staging.wording import said

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def sheet(shop: Shop, proofs: Iterable[DayProof]) -> tablib.Dataset:
    """One flat table; amounts are numbers with a dot, differences are Sage less shop."""
    table = tablib.Dataset(title=str(shop)[:31])
    table.headers = [
        _("day"), _("what"), _("name"), _("order"), _("reference"), _("currency"), _("count"), _("shop"), _("here"),
        _("Sage"), _("difference"), _("cause"), _("what to do"), _("documents in Sage"),
    ]  # fmt: skip
    for proof in proofs:
        for row in _rows(proof):
            table.append([safe_cell("" if value is None else value) for value in (proof.day.isoformat(), *row)])
    return table


def written(table: tablib.Dataset, kind: str) -> bytes:
    """The table in one of FORMATS; a CSV begins so that Excel takes it for UTF-8."""
    return ("\ufeff" + table.export("csv")).encode() if kind == "csv" else bytes(table.export("xlsx"))


def _rows(proof: DayProof) -> Iterator[tuple[Any, ...]]:
    for each in proof.balances:
        yield (
            _("balance"), str(KINDS[each.kind][0]), "", "", each.currency, each.shop_count, each.shop, "", each.sage,
            each.difference, "", _("left out by rule: %(left)s") % {"left": each.left_out}, "",
        )  # fmt: skip
    for difference in proof.differences:
        why = WHY[difference.cause]
        yield (
            _("difference"), str(KINDS[difference.kind][0]), difference.order or "", difference.reference,
            difference.currency, "", difference.shop, difference.staged, difference.sage, difference.amount,
            str(why.title), about(difference), ", ".join(difference.documents),
        )  # fmt: skip
    for left in proof.left_out:
        yield (
            _("left out"), str(KINDS[left.kind][0]), left.order, left.reference, left.currency, "", left.amount, "", "",
            "", said(left.reason), "", "",
        )  # fmt: skip
    for counted in proof.sums:
        yield (
            str(PARTS[counted.part]),
            counted_words(counted),
            "",
            "",
            counted.currency,
            counted.count,
            *_side(counted),
            *[""] * 4,
        )


def _side(counted: Any) -> tuple[Any, Any, Any]:
    """The column of the side on which it was counted."""
    sides = {"staged": ("", counted.amount, "")}
    sage = ("sales", "receipts by bank", "vouchers as payment", "credit notes", "paid out by bank")
    return sides.get(counted.part) or (("", "", counted.amount) if counted.part in sage else (counted.amount, "", ""))

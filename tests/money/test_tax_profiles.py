"""Every recorded order in every tax profile: predicted as Sage computes it, and never posted with another total."""

from __future__ import annotations

import json
import os
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from connectors.models import SageCompany
from connectors.sandbox.sage300 import Sage300Sandbox
from staging.money import EQUAL, HELD, TOTAL_EQUAL
from tests.connectors.recorded import ANSWERS
from tests.money.profiles import TOLERANCE, WAYS, Cell, cells
from tests.money.profiles_page import FIGURES, PAGE, figures, page
from tests.money.sage import same

LINE, DOCUMENT = SageCompany.TaxBasis.LINE, SageCompany.TaxBasis.DOCUMENT

MATCHING = {1: LINE, 2: LINE, 3: DOCUMENT}
"""The basis that matches the shop's rounding type; one that rounds each piece is nearest to rounding each line."""

ROUNDING = {"tax-differs", "total-differs"}
"""What holds an order that only another way of rounding is the matter with."""


def test_every_recorded_order_in_every_tax_profile(books: SageCompany, sage: Sage300Sandbox) -> None:
    """One test, because the table is the dear part; what it says of each cell is told by the functions below."""
    table = cells(books, sage)
    assert len(table) == len(WAYS) * len({cell.case for cell in table}) > 1000
    consistent = booked_consistently()
    assert len(consistent & {cell.case for cell in table}) > 90
    for cell in table:
        sage_computed_what_was_predicted(cell)
        nothing_is_sent_with_another_total(cell)
        equal_is_equal_in_every_rate(cell)
        if cell.case in consistent and cell.way.basis == MATCHING[cell.round_type]:
            assert cell.verdict == EQUAL, cell
    docs_say_so(PAGE, page(table))
    docs_say_so(FIGURES, figures(table))


def sage_computed_what_was_predicted(cell: Cell) -> None:
    assert cell.sage == cell.predicted, cell
    predicted = {rate.rate: rate.predicted for rate in cell.rates}
    assert same(predicted, {rate.rate: rate.sage for rate in cell.rates}), cell


def nothing_is_sent_with_another_total(cell: Cell) -> None:
    if cell.sent:
        assert cell.sage == cell.staged, cell
        assert cell.verdict in (EQUAL, TOTAL_EQUAL), cell
        assert cell.cents <= TOLERANCE, cell
    else:
        assert cell.verdict == HELD, cell
        assert cell.cause in ROUNDING, cell


def equal_is_equal_in_every_rate(cell: Cell) -> None:
    equal = all(rate.shop == rate.sage for rate in cell.rates)
    assert (cell.verdict == EQUAL) == (equal and cell.sage == cell.staged), cell


def docs_say_so(path: Path, text: str) -> None:
    if os.environ.get("REWRITE"):
        path.write_text(text)
    assert path.read_text() == text, "REWRITE=1 make test T=tests/money/test_tax_profiles.py writes it"


def booked_consistently() -> set[str]:
    """The recorded cases for which all rules hold that hold for nearly all orders (docs of the recordings)."""
    rows = json.loads((ANSWERS / "8.2" / "reconcile.json").read_text())
    return {row["case"] for row in rows if all(_rules(row))}


def _rules(row: dict[str, str]) -> list[bool]:
    def of(name: str) -> Decimal:
        return Decimal(row[name]).quantize(Decimal("0.01"), ROUND_HALF_UP)

    return [
        of("lines_ti") == of("products_wt"),
        of("lines_te") == of("products"),
        of("units_ti") == of("products_wt"),
        of("units_te") == of("products"),
        of("rules") == of("disc_ti"),
        of("rules_te") == of("disc_te"),
        of("comp_ti") == of("paid_ti"),
        of("comp_te") == of("paid_te"),
        of("paid") == of("paid_ti"),
    ]

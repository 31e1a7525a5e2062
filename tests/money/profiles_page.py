"""The table of recorded orders and tax profiles as it lies in docs/: a matrix to look at, every figure to look up."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from django.conf import settings

from staging.money import EQUAL, HELD, TOTAL_EQUAL
from tests.money.profiles import ROUND_TYPES, TOLERANCE, Cell, Way, named

PAGE = Path(settings.BASE_DIR) / "docs" / "tax-profiles.md"
FIGURES = Path(settings.BASE_DIR) / "docs" / "tax-profiles.csv"

SIGNS = {EQUAL: "=", TOTAL_EQUAL: "≈", HELD: "✗"}

COLUMNS = (
    "case", "shop rounds per", "tax computed", "prices", "half a cent", "verdict", "cause", "rounding charge",
    "staged", "predicted", "in Sage", "rate",
    "shop base", "shop tax", "predicted base", "predicted tax", "Sage base", "Sage tax",
)  # fmt: skip

INTRODUCTION = """# Tax profiles: every recorded order in every way of computing tax

Written by `tests/money/test_tax_profiles.py`, which computes it anew and fails when this page no longer is true
(`REWRITE=1 make test T=tests/money/test_tax_profiles.py` writes it). Each recorded order is read from the shop, judged
as for a company set so, and entered in the sandbox Sage set so; **in every cell Sage computed what was predicted**.
The settings here: tax may differ by {tolerance} cent per rate where the total is equal, a rounding charge is mapped.
All figures, per tax rate, are in [tax-profiles.csv](tax-profiles.csv).

| sign | verdict |
|---|---|
| = | equal: total, and base and tax of each rate, to the cent |
| ≈n | total equal: the tax of a rate is off by at most n cents; sent, because the company allows it |
| ≈n± | the same, and the cent of the total is on the rounding charge |
| ✗n | held: a rate is off by n cents; nothing is sent |

In each column the three signs are for half a cent rounded up, to even, and down.

"""


REACHED = """## Which edition and profile reaches which verdict for which kind

Sage 300, of all recorded orders of the kind: a sign alone means that every one of them reaches it. An order belongs
to several kinds. No profile of Sage 300 rounds each piece: the order of a shop that does so is equal where the cents of
the pieces are those of the line; else its tax is off by up to a cent a piece, and more than the company allows is held.
"""

CASES = """## The cases
"""


def page(table: Sequence[Cell]) -> str:
    """The page, from all cells."""
    parts = [*_counts(table), "", REACHED, *_reached(table), "", CASES, *_matrix(named(table))]
    return INTRODUCTION.format(tolerance=TOLERANCE) + "\n".join(parts) + "\n"


def figures(table: Iterable[Cell]) -> str:
    """The figures of the named cases, a line per rate."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(COLUMNS)
    for cell in sorted(named(table), key=lambda cell: cell.case):
        head = (
            cell.case, ROUND_TYPES[cell.round_type], cell.way.basis, _prices(cell.way), cell.way.rounding,
            cell.verdict, cell.cause, f"{cell.rounding:f}" if cell.rounding else "",
            f"{cell.staged:.2f}", f"{cell.predicted:.2f}", f"{cell.sage:.2f}",
        )  # fmt: skip
        for rate in cell.rates:
            sums = [f"{each:.2f}" for of in (rate.shop, rate.predicted, rate.sage) for each in (of.base, of.tax)]
            writer.writerow([*head, f"{rate.rate:f}", *sums])
    return sheet.getvalue()


def _counts(table: Sequence[Cell]) -> Iterable[str]:
    kinds = (EQUAL, TOTAL_EQUAL, HELD)
    yield f"| cells | {' | '.join(kinds)} | all |"
    yield "|---|---:|---:|---:|---:|"
    bulk = [cell for cell in table if cell not in set(named(table))]
    for words, of in (("named cases", named(table)), ("the shop's bulk orders", bulk)):
        counts = Counter(cell.verdict for cell in of)
        yield f"| {words} | {' | '.join(str(counts[kind]) for kind in kinds)} | {len(of)} |"


def _reached(table: Sequence[Cell]) -> Iterable[str]:
    heads = list(dict.fromkeys(_column(cell.way) for cell in table))
    yield f"| kind | shop rounds per | orders | {' | '.join(heads)} |"
    yield f"|---|---|---:|{'---|' * len(heads)}"
    found = sorted({(kind, cell.round_type) for cell in table for kind in cell.kinds})
    for kind, round_type in found:
        of = [cell for cell in table if kind in cell.kinds and cell.round_type == round_type]
        signs = [" ".join(SIGNS[verdict] for verdict in SIGNS if verdict in _verdicts(of, head)) for head in heads]
        yield f"| {kind} | {ROUND_TYPES[round_type]} | {len({cell.case for cell in of})} | {' | '.join(signs)} |"


def _verdicts(table: Iterable[Cell], head: str) -> set[str]:
    return {cell.verdict for cell in table if _column(cell.way) == head}


def _matrix(table: Iterable[Cell]) -> Iterable[str]:
    by_case = {
        name: list(of) for name, of in groupby(sorted(table, key=lambda cell: cell.case), lambda cell: cell.case)
    }
    heads = list(dict.fromkeys(_column(cell.way) for of in by_case.values() for cell in of))
    yield f"| case | shop rounds per | {' | '.join(heads)} |"
    yield f"|---|---|{'---|' * len(heads)}"
    for name, of in by_case.items():
        signs = [" ".join(_sign(cell) for cell in of if _column(cell.way) == head) for head in heads]
        yield f"| {name} | {ROUND_TYPES[of[0].round_type]} | {' | '.join(signs)} |"


def _column(way: Way) -> str:
    return f"per {way.basis}, {_prices(way)}"


def _prices(way: Way) -> str:
    return "with tax" if way.with_tax else "tax on top"


def _sign(cell: Cell) -> str:
    if cell.verdict == EQUAL:
        return SIGNS[EQUAL]
    cents = f"{max(cell.cents, abs(cell.sage - cell.staged) * 100):.0f}"
    if cell.verdict == TOTAL_EQUAL:
        return f"{SIGNS[TOTAL_EQUAL]}{cents}{'±' if cell.rounding != Decimal(0) else ''}"
    return f"{SIGNS[HELD]}{cents}"

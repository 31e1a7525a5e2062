"""What was reached beside what is wanted: one table, for the terminal and for RESULTS.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

HEAD = ("measured", "reached", "target", "")


@dataclass(frozen=True)
class Row:
    """One measurement; ``met`` None: for information."""

    what: str
    reached: str
    target: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, str, str, str]:
        """The texts of the table."""
        return (self.what, self.reached, self.target, {True: "ok", False: "MISSED", None: ""}[self.met])


def at_least(what: str, values: Sequence[float], least: float, form: str = "{:.2f}") -> Row:
    """The median of the rounds, wanted to be ``least`` or more."""
    reached = median(values)
    return Row(what, form.format(reached) + spread(values, form), f"≥ {form.format(least)}", reached >= least)


def at_most(what: str, values: Sequence[float], most: float, form: str = "{:.2f}") -> Row:
    """The median of the rounds, wanted to be ``most`` or less."""
    reached = median(values)
    return Row(what, form.format(reached) + spread(values, form), f"≤ {form.format(most)}", reached <= most)


def told(what: str, values: Sequence[float], form: str = "{:.2f}") -> Row:
    """The median of the rounds, for information."""
    return Row(what, form.format(median(values)) + spread(values, form))


def spread(values: Sequence[float], form: str) -> str:
    """How far the rounds lie apart."""
    if len(values) < 2:
        return ""
    return f" ({form.format(min(values))} … {form.format(max(values))})"


def table(rows: Iterable[Row]) -> str:
    """The table in Markdown, its columns lined up."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(HEAD))]
    ruled = [lines[0], tuple("-" * width for width in widths), *lines[1:]]
    return "\n".join(
        "| " + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) + " |" for line in ruled
    )


def written(rows: Iterable[Row], machine: str) -> str:
    """The page that is kept."""
    return f"""# What the order path costs

Measured by `make bench` on {date.today():%d %B %Y}: {machine}. Our processes, PostgreSQL, the sandbox shop and the
sandbox Sage share the cores, each a process of its own. Medians of the rounds, (least … most) behind them. Ratios hold
on other machines when nothing else runs there, the numbers per second are of this one.

{table(rows)}

Reading it: the sandbox shop answers a request in one or two milliseconds, so the share of a bare client is the hardest
there; recorded shops say that they work 3 to 18 ms, before PHP has started. At 0 ms of Sage time the workers, Sage and
PostgreSQL are all at work at once: more workers than cores cannot each be as quick as one alone, and all of them
together send no more than the cores divided by what an order costs. Each commit waits for the disk.
"""  # noqa: DTZ011 - the day on this machine

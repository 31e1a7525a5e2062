"""``python -m bench [--quick] [--only flow,push] [--write]``: measure and print one table."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.place import private_servers
from bench.report import Row, table, written

if TYPE_CHECKING:
    from bench.world import World

Measure = Callable[["World"], Iterator[Row]]
RESULTS = Path(__file__).with_name("RESULTS.md")


def parts(*, quick: bool) -> dict[str, Measure]:
    """What is measured, in this order: each part leaves its orders to the next. Django is ready by now."""
    from bench import counts, flow, latency, pages, pushing, size

    if quick:
        return {
            "size": partial(size.measure, sizes=(200, 1_000), rounds=2),
            "counts": counts.measure,
            "flow": partial(flow.measure, orders=400, rounds=1),
            "push": partial(pushing.measure, seconds=0.5, rounds=1, counts=(1, 2)),
            "pages": partial(pages.measure, size=500, times=2),
        }
    return {
        "size": partial(size.measure, sizes=(10_000, 200_000), rounds=12),
        "counts": counts.measure,
        "flow": partial(flow.measure, orders=2_000, rounds=3),
        "push": partial(pushing.measure, seconds=5, rounds=3, counts=(1, 2, 4)),
        "latency": partial(latency.measure, seconds=60, a_second=2),
        "pages": partial(pages.measure, size=1_000_000, times=20),
    }


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures the order path.")
    parser.add_argument("--quick", action="store_true", help="tiny numbers: shows that it runs, measures nothing")
    parser.add_argument(
        "--only",
        default="",
        help="some parts, comma separated: size,counts,flow,push,latency,pages; push sends what flow made ready",
    )
    parser.add_argument("--write", action="store_true", help="keep the table in bench/RESULTS.md")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # its servers and sandboxes are stopped then, too
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before it began"
    print(machine, flush=True)
    rows: list[Row] = []
    with private_servers() as folder:
        from bench.world import build

        with build(folder) as world:
            for name, measure in parts(quick=asked.quick).items():
                if asked.only and name not in asked.only.split(","):
                    continue
                began = time.monotonic()
                found = list(measure(world))
                rows += found
                print(f"{name}: {time.monotonic() - began:.0f} s\n{table(found)}\n", flush=True)
    print(table(rows))
    if asked.write:
        RESULTS.write_text(written(rows, machine))


if __name__ == "__main__":
    main()

"""Push by one, two and four worker processes, with a Sage that answers at once and with one that takes its time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from django.conf import settings

from bench import cpu
from bench.report import Row, at_least, told
from bench.world import World
from staging.models import Posting

PER_WORKER = 20.0
LINEAR = 0.8
SAGE_MS = 200
OURS, SAGE, POSTGRES = "our workers", "the sandbox Sage", "PostgreSQL"


class Run(NamedTuple):
    """Documents a second of all workers together; CPU milliseconds a document by whose they are, "" of the machine."""

    rate: float
    cpu: dict[str, float]


def measure(world: World, seconds: float, rounds: int, counts: Sequence[int]) -> Iterator[Row]:
    """Documents a second; the orders were made ready before, more than are pushed here."""
    runs: defaultdict[tuple[int, int], list[Run]] = defaultdict(list)
    with _workers(max(counts)) as workers:
        _run(workers, world, 0.5)
        for _round in range(rounds):
            for milliseconds in (0, SAGE_MS):
                world.sage_time(milliseconds)
                for count in counts:
                    runs[milliseconds, count].append(_run(workers[:count], world, seconds))
    world.sage_time(0)
    rates = {key: [run.rate for run in each] for key, each in runs.items()}
    for count in counts:
        yield _at_once(count, [rate / count for rate in rates[0, count]])
    if cpu.TOLD:
        yield from _costs(max(counts), [run.cpu for run in runs[0, max(counts)]])
    for count in counts[1:]:
        shares = [many / count / one for many, one in zip(rates[SAGE_MS, count], rates[SAGE_MS, 1], strict=True)]
        yield at_least(f"push, {count} workers, Sage {SAGE_MS} ms: share of {count} × one", shares, LINEAR)
    yield told(f"push, 1 worker, Sage {SAGE_MS} ms, orders/s", rates[SAGE_MS, 1], "{:.1f}")


def _costs(count: int, costs: Sequence[dict[str, float]]) -> Iterator[Row]:
    """What bounds many workers: the CPU time of an order in all processes, and what else the machine did."""
    for whose in (OURS, SAGE, POSTGRES):
        yield told(f"… CPU ms an order, {whose}, {count} workers", [each[whose] for each in costs], "{:.1f}")
    cores, sums = os.cpu_count() or 1, [each[OURS] + each[SAGE] + each[POSTGRES] for each in costs]
    most = [1000 * cores / whole for whole in sums]
    yield told(f"… which {cores} cores of their own could bear, orders/s of all workers", most, "{:.0f}")
    others = [100 * (1 - whole / each[""]) for whole, each in zip(sums, costs, strict=True)]
    yield told("… of the CPU time of the machine meanwhile: other programs, %", others, "{:.0f}")


def _at_once(count: int, rates: Sequence[float]) -> Row:
    what = f"push, {count} worker{'s' if count > 1 else ''}, Sage 0 ms, orders/s each"
    return at_least(what, rates, PER_WORKER, "{:.1f}")


Worker = subprocess.Popen[str]


@contextmanager
def _workers(count: int) -> Iterator[list[Worker]]:
    command = [sys.executable, "-m", "bench.worker"]
    workers = [
        subprocess.Popen(command, cwd=settings.BASE_DIR, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(count)
    ]
    try:
        for worker in workers:
            _read(worker)
        yield workers
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def _run(workers: Sequence[Worker], world: World, seconds: float) -> Run:
    """All these workers at once."""
    before = _used(workers, world)
    for worker in workers:
        if worker.stdin is not None:
            worker.stdin.write(f"{world.company.pk} {seconds}\n")
            worker.stdin.flush()
    answers = [_read(worker).split() for worker in workers]
    after = _used(workers, world)
    if not Posting.objects.filter(status=Posting.Status.READY, order__status="ready").exists():
        raise RuntimeError(
            "The prepared orders did not last: run flow before push, or let bench.__main__ generate more."
        )
    done = sum(int(each) for each, _took in answers)
    spent = {whose: 1000 * (after[whose] - before[whose]) / max(done, 1) for whose in before}
    return Run(sum(int(each) / float(took) for each, took in answers), spent)


def _used(workers: Sequence[Worker], world: World) -> dict[str, float]:
    if not cpu.TOLD:
        return {}
    roots = {SAGE: world.running.pid("sage"), POSTGRES: cpu.database()}
    used = cpu.used(roots | {str(worker.pid): worker.pid for worker in workers})
    return {OURS: sum(used.pop(str(worker.pid)) for worker in workers)} | used


def _read(worker: Worker) -> str:
    line = worker.stdout.readline() if worker.stdout is not None else ""
    if not line:
        raise RuntimeError("A worker process ended by itself.")
    return line

"""Push by one, two and four worker processes, with a Sage that answers at once and with one that takes its time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.conf import settings

from bench.report import Row, at_least, told
from bench.world import World
from staging.models import Posting

PER_WORKER = 20.0
LINEAR = 0.8
SAGE_MS = 200


def measure(world: World, seconds: float, rounds: int, counts: Sequence[int]) -> Iterator[Row]:
    """Documents a second; the orders were made ready before, more than are pushed here."""
    with _workers(max(counts)) as workers:
        _rate(workers, world, 0.5)
        rates: dict[tuple[int, int], list[float]] = {}
        for _round in range(rounds):
            for milliseconds in (0, SAGE_MS):
                world.sage_time(milliseconds)
                for count in counts:
                    rate = _rate(workers[:count], world, seconds)
                    rates.setdefault((milliseconds, count), []).append(rate)
    world.sage_time(0)
    for count in counts:
        yield _at_once(count, [rate / count for rate in rates[0, count]])
    for count in counts[1:]:
        shares = [many / count / one for many, one in zip(rates[SAGE_MS, count], rates[SAGE_MS, 1], strict=True)]
        yield at_least(f"push, {count} workers, Sage {SAGE_MS} ms: share of {count} × one", shares, LINEAR)
    yield told(f"push, 1 worker, Sage {SAGE_MS} ms, orders/s", rates[SAGE_MS, 1], "{:.1f}")


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


def _rate(workers: Sequence[Worker], world: World, seconds: float) -> float:
    """Documents a second of all of them together."""
    for worker in workers:
        if worker.stdin is not None:
            worker.stdin.write(f"{world.company.pk} {seconds}\n")
            worker.stdin.flush()
    answers = [_read(worker).split() for worker in workers]
    if not Posting.objects.filter(status=Posting.Status.READY, order__status="ready").exists():
        raise RuntimeError(
            "The prepared orders did not last: run flow before push, or let bench.__main__ generate more."
        )
    return sum(int(done) / float(took) for done, took in answers)


def _read(worker: Worker) -> str:
    line = worker.stdout.readline() if worker.stdout is not None else ""
    if not line:
        raise RuntimeError("A worker process ended by itself.")
    return line

"""What one order costs, from the shop to Sage, in a database of ten thousand orders and in one of twenty times as many.

Two databases on one server, measured in turn: what the machine does beside is the same for both.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from statistics import median

from django.db import connection

from bench.filler import fill
from bench.report import Row, at_most, told
from bench.world import World
from connectors.models import Shop
from staging import fetch, push, validate

A_ROUND = 50
MOST = 1.1
NAMES = ("small", "large")


def measure(world: World, sizes: tuple[int, int], rounds: int) -> Iterator[Row]:
    """Each round takes the same new orders through all three steps, in one database and then in the other."""
    shop = world.connect("S0", world.generate(2 * A_ROUND))
    for name in NAMES:
        _copy(name)
    costs: dict[str, list[list[float]]] = {name: [] for name in NAMES}
    for prefix, (name, size) in zip("SL", zip(NAMES, sizes, strict=True), strict=True):
        with _database(name):
            Shop.objects.filter(pk=shop.pk).update(prefix=prefix)
            _path(world, Shop.objects.get(pk=shop.pk))
            fill(Shop.objects.get(pk=shop.pk), size)
    for number in range(rounds):
        world.generate(A_ROUND)
        for name in NAMES if number % 2 else NAMES[::-1]:
            with _database(name):
                costs[name].append(_path(world, Shop.objects.get(pk=shop.pk)))
    Shop.objects.filter(pk=shop.pk).delete()
    for name in NAMES:
        _drop(name)
    yield from _rows(sizes, costs["small"], costs["large"])


def _rows(sizes: tuple[int, int], small: list[list[float]], large: list[list[float]]) -> Iterator[Row]:
    whole = [sum(cost) for cost in small]
    ratios = [sum(much) / sum(little) for much, little in zip(large, small, strict=True)]
    yield at_most(f"cost of an order at {sizes[1]:,} staged / at {sizes[0]:,}", ratios, MOST)
    for place, step in enumerate(("fetch", "validate", "push")):
        ratios = [much[place] / little[place] for much, little in zip(large, small, strict=True)]
        yield told(f"… {step}", ratios)
    yield told(f"whole path, one process, orders/s at {sizes[0]:,}", [A_ROUND / median(whole)], "{:.0f}")


def _path(world: World, shop: Shop) -> list[float]:
    """Seconds of each step for the shop's new orders; the next one begins when the one before has done all."""
    marks = [time.monotonic()]
    for step, row in ((fetch, shop), (validate, shop), (push, world.company)):
        swept = step.sweep(row)
        if swept.left or swept.done < A_ROUND / 2:
            raise RuntimeError(f"{step.__name__} did {swept.done} of {A_ROUND} orders: {swept.note}")
        marks.append(time.monotonic())
    return [after - before for before, after in pairwise(marks)]


@contextmanager
def _database(name: str) -> Iterator[None]:
    """Everything inside works on another database of the same server."""
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


def _copy(name: str) -> None:
    template = connection.settings_dict["NAME"]
    with _database("template1"), connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")


def _drop(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name}")

"""One thread asks a shop for the next part while the part before it is stored; it never touches the database."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from typing import TypeVar

from staging.sweeping import time_is_up

T = TypeVar("T")


def made_by(thread: Executor, items: Iterator[T]) -> Iterator[T]:
    """The items, each made in the thread, after whatever it was asked before."""
    while (item := thread.submit(next, items, None).result()) is not None:
        yield item


def one_ahead(items: Iterator[T], deadline: float | None) -> Iterator[T]:
    """The items, each given out when the one behind it has been begun; what that raised is raised in its place.

    Nothing more is begun when the time is up: then the item in hand is the last.
    """
    item = next(items, None)
    while item is not None:
        following, failure = None, None
        try:
            following = None if time_is_up(deadline) else next(items, None)
        except Exception as error:  # the item in hand comes first, whatever it was
            failure = error
        yield item
        if failure:
            raise failure
        item = following

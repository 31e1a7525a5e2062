"""What every sweep has in common: what it says when it stops, and when its time is up."""

from __future__ import annotations

import time
from typing import NamedTuple


class Swept(NamedTuple):
    """How many rows a sweep finished, and whether due work is left (then its job rings the bell again).

    ``note`` says in plain words why nothing could be done, if so.
    """

    done: int
    left: bool
    note: str = ""


def time_is_up(deadline: float | None) -> bool:
    """Whether a sweep must start nothing new; ``deadline`` is a value of ``time.monotonic()``, None for no limit."""
    return deadline is not None and time.monotonic() >= deadline

"""The clock's tick for notices: look, then tell."""

from __future__ import annotations

from syncbridge.notices import alarms, telling


def tick() -> None:
    """A worker heard the clock: note that, look for what stands still, send what is due."""
    alarms.beat()
    alarms.look()
    telling.tell()

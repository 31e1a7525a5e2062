"""PostgreSQL and a Redis server from wheels, for evaluation and tests, when DATABASE_URL / REDIS_URL are not set.

There is one pair of servers per VAR_DIR. The first process that needs one starts it, all others share it, and it goes
on running until ``stop()`` (``make stop``, the end of ``make demo``). Every function may be
called from many processes at once and recovers from a server that was killed.
"""

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings

from syncbridge.embedded import postgres, valkey
from syncbridge.embedded.places import EmbeddedError

__all__ = ["EmbeddedError", "Lanes", "database_url", "erase", "redis_url", "stop"]


def database_url() -> str:
    """The address of the embedded PostgreSQL, which accepts connections when this returns; raises EmbeddedError."""
    postgres.start(settings.VAR_DIR)
    return postgres.url(settings.VAR_DIR)


def redis_url() -> str:
    """The address of the embedded Redis server, which answers when this returns; raises EmbeddedError."""
    valkey.start(settings.VAR_DIR)
    return valkey.url(settings.VAR_DIR)


def stop() -> None:
    """Stop both servers of this VAR_DIR and wait for their end. A process still at work would start them again."""
    valkey.stop(settings.VAR_DIR)
    postgres.stop(settings.VAR_DIR)


def erase() -> None:
    """Stop both servers and delete their data (also what lies outside VAR_DIR)."""
    stop()
    var: Path = settings.VAR_DIR
    for path in [*var.glob("postgres*"), *var.glob("redis*")]:
        if path.is_symlink():
            shutil.rmtree(path.resolve(), ignore_errors=True)
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)


class Lanes(dict[str, dict[str, Any]]):
    """The queues' settings; asking for a lane starts the embedded Redis server, importing the settings does not."""

    def __getitem__(self, lane: str) -> dict[str, Any]:
        """The lane's settings, its server running."""
        settings_of_lane = super().__getitem__(lane)
        redis_url()
        return settings_of_lane

"""What the sandbox shop was asked since the last reset: a count, and the newest requests."""

from __future__ import annotations

import threading
from collections import deque
from urllib.parse import unquote_plus

from .webservice import Request

KEPT = 10_000


class RequestLog:
    """Counts all requests to the webservice and remembers the last ones, without their keys."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._newest: deque[str] = deque(maxlen=KEPT)

    def note(self, request: Request) -> None:
        """One more."""
        path, _, query = request.target.partition("?")
        kept = "&".join(part for part in query.split("&") if not part.startswith("ws_key="))
        with self._lock:
            self._count += 1
            self._newest.append(f"{request.method} {path}{'?' if kept else ''}{unquote_plus(kept)}")

    @property
    def count(self) -> int:
        """Requests since the reset."""
        return self._count

    def lines(self, contains: str = "") -> list[str]:
        """The newest requests, oldest first, decoded: ``GET /api/orders?filter[id]=[1|2]``."""
        with self._lock:
            return [line for line in self._newest if contains in line]

    def reset(self) -> None:
        """Start counting anew."""
        with self._lock:
            self._count = 0
            self._newest.clear()

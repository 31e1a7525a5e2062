"""Switched troubles: which request is hit, how often, and with what."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

KINDS = {
    "slow": "wait ms before working",
    "status": "answer with status before working (400 upwards); html=True sends a web page instead of Sage's body",
    "in_use": "409 General, record in use by another program, before working",
    "batch_locked": "409 General, the batch is locked by another user, before working",
    "html": "200 with a web page instead of JSON, before working; after=True: after the work is committed",
    "drop": "close the connection before working",
    "lose_answer": "commit, then close the connection without an answer",
    "late_commit": "wait until the client has gone (at most max_wait_s), then ms more, then commit",
    "cut": "commit, then send half of the answer's body and close",
    "no_invoice": "the order is saved without shipment and invoice; reason short or credit_hold",
}

_TEXTS = {
    429: ("TooManyRequests", "Too many concurrent requests."),
    401: ("Unauthorized", "Authorization has been denied for this request."),
    403: ("Forbidden", "The user does not have sufficient rights."),
    404: ("ResourceNotFound", "The resource cannot be found."),
}


@dataclass
class Trouble:
    """One switched trouble. It is tried on each request that fits ``verb`` and ``resource`` (part of the path).

    Of the fitting requests the first ``after_requests`` pass, then every ``every``-th is hit, ``count`` times in all
    (None: until cleared).
    """

    kind: str
    verb: str = ""
    resource: str = ""
    count: int | None = 1
    every: int = 1
    after_requests: int = 0
    ms: int = 0
    status: int = 500
    html: bool = False
    after: bool = False
    max_wait_s: float = 120.0
    reason: str = "short"
    seen: int = field(default=0, init=False)
    hits: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"No trouble {self.kind!r}; there are: {', '.join(KINDS)}")
        if self.reason not in ("short", "credit_hold"):
            raise ValueError("reason is short or credit_hold")

    def strikes(self, verb: str, path: str) -> bool:
        if (self.verb and self.verb != verb) or self.resource not in path:
            return False
        if self.count is not None and self.hits >= self.count:
            return False
        self.seen += 1
        due = self.seen - self.after_requests
        if due <= 0 or due % self.every:
            return False
        self.hits += 1
        return True

    def text(self) -> tuple[str, str]:
        """Sage's code and text for ``status``."""
        return _TEXTS.get(self.status, ("InternalServerError", "An unexpected error has occurred."))


class Troubles:
    """The troubles that are on. Several may strike one request; the server does them in a fixed order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._on: list[Trouble] = []

    def add(self, trouble: Trouble) -> None:
        with self._lock:
            self._on.append(trouble)

    def clear(self) -> None:
        with self._lock:
            self._on.clear()

    def listed(self) -> list[Trouble]:
        with self._lock:
            return list(self._on)

    def for_request(self, verb: str, path: str) -> dict[str, Trouble]:
        """The troubles that strike this request, by kind; counts are used up by asking."""
        with self._lock:
            struck = [each for each in self._on if each.strikes(verb, path)]
            self._on = [each for each in self._on if each.count is None or each.hits < each.count]
        return {each.kind: each for each in struck}

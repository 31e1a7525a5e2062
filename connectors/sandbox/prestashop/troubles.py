"""Trouble the sandbox shop can make on purpose: slow, failing, cut off or spoilt answers."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from .webservice import Answer, Request

WARNING = b"<br />\n<b>Warning</b>: Undefined key &quot;x&quot; in <b>/modules/any.php</b> on line <b>7</b><br />\n"
PAGE = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>We will be back soon</h1></body></html>"


@dataclass
class Trouble:
    """One kind of trouble.

    ``kind``: status, cut (the connection ends in mid-answer), warning (PHP's words before the body) or html.
    ``times`` counts the requests it still hits (None: until cleared); ``every`` lets it hit only every k-th;
    ``path`` is a text the request's target must contain; ``status`` goes with kind status.
    """

    kind: str
    times: int | None = None
    every: int = 1
    path: str = ""
    status: int = 500
    seen: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"Unknown trouble {self.kind}; choose one of {', '.join(KINDS)}.")

    def hits(self, request: Request) -> bool:
        """Whether this request is one of those hit; counts it."""
        if self.path not in request.target or self.times == 0:
            return False
        self.seen += 1
        if self.seen % self.every:
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass
class Outcome:
    """An answer after trouble; ``cut`` ends the connection in the middle of the body."""

    answer: Answer
    cut: bool = False


def _status(trouble: Trouble, outcome: Outcome) -> Outcome:
    headers = [("Retry-After", "1")] if trouble.status in (429, 503) else []
    return Outcome(Answer(trouble.status, PAGE if trouble.status != 500 else b"", "text/html; charset=utf-8", headers))


def _cut(trouble: Trouble, outcome: Outcome) -> Outcome:
    return Outcome(outcome.answer, cut=True)


def _warning(trouble: Trouble, outcome: Outcome) -> Outcome:
    outcome.answer.body = WARNING + outcome.answer.body
    return outcome


def _html(trouble: Trouble, outcome: Outcome) -> Outcome:
    return Outcome(Answer(200, PAGE, "text/html; charset=utf-8"))


KINDS = {
    "status": _status,
    "cut": _cut,
    "warning": _warning,
    "html": _html,
}


class Troubles:
    """The troubles switched on, and how slow the shop is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: list[Trouble] = []
        self.slow_ms = 0

    def add(self, trouble: Trouble) -> None:
        """Switch one on; it stays until used up or cleared."""
        with self._lock:
            self._active.append(trouble)

    def clear(self) -> None:
        """All is well again."""
        with self._lock:
            self._active.clear()
            self.slow_ms = 0

    def apply(self, request: Request, answer: Answer) -> Outcome:
        """The answer as it goes out."""
        with self._lock:
            hitting = [each for each in self._active if each.hits(request)]
        outcome = Outcome(answer)
        for trouble in hitting:
            outcome = KINDS[trouble.kind](trouble, outcome)
        return outcome

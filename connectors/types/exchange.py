"""One request and its answer, as they may be kept and shown to people."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.words import Words


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was asked and what came back: no header ever, secrets hidden, long texts cut (they end in "…").

    ``status`` is 0 when no answer came, or none that could be read; ``failed`` then says in plain words what happened.
    """

    method: str
    path: str
    status: int
    failed: Words
    seconds: float
    request: str
    answer: str

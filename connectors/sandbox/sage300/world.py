"""What lives while the sandbox runs: the state, open sessions, switched troubles, the log of requests."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass

from .address import BASE
from .store import Store
from .trouble import Troubles
from .users import Sessions


@dataclass(frozen=True)
class Logged:
    """One Web API request: what was asked, what was answered (0: no answer went out), how long it took."""

    verb: str
    path: str
    query: str
    body: str
    status: int
    ms: float


class Log:
    """The last requests and their number by ``VERB Resource`` since the last reset."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self._entries: deque[Logged] = deque(maxlen=5000)
            self._counts: Counter[str] = Counter()

    def add(self, entry: Logged) -> None:
        resource = entry.path.removeprefix(BASE).strip("/").split("(")[0].rpartition("/")[2]
        with self._lock:
            self._entries.append(entry)
            self._counts[f"{entry.verb} {resource}"] += 1

    def entries(self) -> list[Logged]:
        with self._lock:
            return list(self._entries)

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)


class World:
    """One running sandbox; the server, the control door and the in-process object share it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.sessions = Sessions(store)
        self.troubles = Troubles()
        self.log = Log()
        self.first_call_ms = 0
        self.warm = False

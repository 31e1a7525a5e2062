"""A tiny HTTP server that answers what a test says, in turn, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Said:
    """One answer: ``body`` as bytes, or anything else as JSON. ``hang_up`` closes the connection instead."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False

    def encoded(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]


class Scripted:
    """``route(asked)`` gives the answer. Use with ``serving``."""

    def __init__(self, route: Callable[[Asked], Said]) -> None:
        self.route = route
        self.asked: list[Asked] = []
        self.url = ""

    def paths(self, method: str) -> list[str]:
        """The paths asked with a method, in order."""
        return [each.path for each in self.asked if each.method == method]


@contextmanager
def serving(route: Callable[[Asked], Said]) -> Iterator[Scripted]:
    """The server, up while the block runs."""
    scripted = Scripted(route)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Nothing on the console."""

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            asked = Asked(self.command, self.path, self.rfile.read(length), dict(self.headers))
            scripted.asked.append(asked)
            said = scripted.route(asked)
            if said.hang_up:
                self.close_connection = True
                return
            body = said.encoded()
            self.send_response_only(said.status)  # no Date of its own: a test may send one
            for name, value in {"Content-Type": "application/json", **said.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PATCH = do_GET  # noqa: N815 - the base class's names

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    scripted.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield scripted
    finally:
        server.shutdown()
        server.server_close()

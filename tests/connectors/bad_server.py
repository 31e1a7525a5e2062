"""A server on localhost that answers with the very bytes a test wants, and remembers what it was asked."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterable
from typing import Self

Answer = Callable[[str, str], Iterable[bytes | float]]


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A whole HTTP answer with its true length."""
    lines = [f"HTTP/1.1 {status} Because", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class BadServer:
    """``reply(method, target)`` gives bytes to send and seconds to wait, then the connection is closed."""

    def __init__(self, reply: Answer) -> None:
        self.asked: list[str] = []
        self.heads: list[str] = []
        bad = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    byte = self.rfile.read(1)
                    if not byte:
                        return
                    head += byte
                method, target, _ = head.decode().split(" ", 2)
                length = next(
                    (
                        int(line[15:])
                        for line in head.decode().splitlines()
                        if line.lower().startswith("content-length:")
                    ),
                    0,
                )
                self.rfile.read(length)
                bad.asked.append(f"{method} {target}")
                bad.heads.append(head.decode())
                for part in reply(method, target):
                    if isinstance(part, bytes):
                        self.wfile.write(part)
                        self.wfile.flush()
                    else:
                        time.sleep(part)
                self.connection.shutdown(socket.SHUT_RDWR)

            def finish(self) -> None:
                pass

        class Threads(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that went away is what some tests are about."""

        self._server = Threads(("127.0.0.1", 0), Talk)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def heard(self) -> int:
        """How often it was asked; a client that gave up early may have to be heard yet."""
        at_last = time.monotonic() + 60
        while not self.asked and time.monotonic() < at_last:
            time.sleep(0.01)
        return len(self.asked)

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def always(*parts: bytes | float) -> Answer:
    """The same answer to everybody."""
    return lambda method, target: parts


def in_turn(*answers: Iterable[bytes | float]) -> Answer:
    """One answer after the other; the last one stays."""
    left = [list(parts) for parts in answers]
    return lambda method, target: left.pop(0) if len(left) > 1 else left[0]

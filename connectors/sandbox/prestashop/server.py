"""The sandbox shop on a port: HTTP/1.1 with keep-alive, /api as the shop, /sandbox as the control door."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .webservice import Answer, Request

MAX_REQUEST_LINE = 8192
TOO_LONG = (
    b"<html>\r\n<head><title>414 Request-URI Too Large</title></head>\r\n"
    b"<body><center><h1>414 Request-URI Too Large</h1></center></body>\r\n</html>\r\n"
)
SESSION_COOKIE = "PrestaShop-5a6e=def50200c0ffee; path=/; HttpOnly; SameSite=Lax"


class Front:
    """What the server asks; the sandbox gives one."""

    def __init__(
        self,
        shop: Callable[[Request], tuple[Answer, bool]],
        door: Callable[[str, dict[str, Any]], Any],
        page: Callable[[], str],
    ) -> None:
        self.shop = shop
        self.door = door
        self.page = page


class Server(ThreadingHTTPServer):
    """One thread per connection; all stop with the server."""

    daemon_threads = True
    # A burst of clients must not see refused connections: the system's default of 5 is small.
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], front: Front) -> None:
        self.front = front
        self.open_sockets: set[socket.socket] = set()
        super().__init__(address, Connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news; anything else is a fault of the sandbox and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def close_all(self) -> None:
        """Stop listening and end every open connection."""
        self.shutdown()
        self.server_close()
        for each in list(self.open_sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class Connection(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Headers and body leave in one packet each; without this the second waits for the first's ACK (40 ms).
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def setup(self) -> None:
        """Remember the connection, so that a stop ends kept-alive ones as a killed shop would."""
        super().setup()
        self.server.open_sockets.add(self.connection)

    def finish(self) -> None:
        """Forget the connection."""
        self.server.open_sockets.discard(self.connection)
        super().finish()

    def version_string(self) -> str:
        """The Server header."""
        return "nginx"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class names it so)
        """The sandbox keeps its own request log."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        path = self.path.partition("?")[0]
        if len(self.requestline) > MAX_REQUEST_LINE:
            self._plain(414, TOO_LONG, "text/html")
        elif path.startswith("/sandbox/"):
            self._control(path.removeprefix("/sandbox/").strip("/"), body)
        elif path == "/api" or path.startswith(("/api/", "/webservice/dispatcher.php")):
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer, cut = self.server.front.shop(Request(self.command, self.path, headers))
            self._send(answer, cut)
        elif path == "/":
            self._plain(200, self.server.front.page().encode(), "text/html; charset=utf-8")
        else:
            self._plain(404, b"Not Found", "text/plain")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

    def _control(self, command: str, body: bytes) -> None:
        if self.client_address[0] not in ("127.0.0.1", "::1") or self.command not in ("GET", "POST"):
            self._plain(
                403, b'{"error": "The control door answers GET and POST from this machine only."}', "application/json"
            )
            return
        try:
            result = self.server.front.door(command, json.loads(body) if body else {})
            status, text = 200, json.dumps(result)
        except (LookupError, TypeError, ValueError, OSError) as problem:
            said = problem.args[0] if isinstance(problem, KeyError) and problem.args else problem
            status, text = 400, json.dumps({"error": str(said)})
        self._plain(status, text.encode(), "application/json")

    def _plain(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _send(self, answer: Answer, cut: bool) -> None:
        self.send_response(answer.status)
        if answer.content_type:
            self.send_header("Content-Type", answer.content_type)
        bodiless = self.command == "HEAD" or answer.status == 304
        if not bodiless:
            self.send_header("Transfer-Encoding", "chunked")
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status == 200:
            self.send_header("Set-Cookie", SESSION_COOKIE)
        self.end_headers()
        if bodiless:
            return
        if cut:
            self._cut(answer.body)
            return
        chunk = b"%x\r\n%b\r\n" % (len(answer.body), answer.body) if answer.body else b""
        self.wfile.write(chunk + b"0\r\n\r\n")

    def _cut(self, body: bytes) -> None:
        """Half of the body, then the line goes dead."""
        self.wfile.write(b"%x\r\n%b" % (len(body) or 100, body[: len(body) // 2]))
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

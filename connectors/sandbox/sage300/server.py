"""The HTTP side: keep-alive connections, signing on, the switched troubles, the pages and the control door."""

from __future__ import annotations

import re
import select
import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import unquote

from . import control, pages
from .api import Answer, Request, answer
from .receipts import batch_locked
from .trouble import Trouble
from .users import COOKIE
from .wire import SageError, general
from .world import Logged, World

_HTML = "<!DOCTYPE html><html><head><title>Runtime Error</title></head><body><h1>Server Error</h1></body></html>"
_MAX_BODY = 32 * 1024 * 1024


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], world: World) -> None:
        self.world = world
        self.connections: set[socket.socket] = set()
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no event; the sandbox's own faults are answered as 500 before this."""


class Handler(BaseHTTPRequestHandler):
    """One connection. Several requests follow one another on it."""

    protocol_version = "HTTP/1.1"
    server_version = "Microsoft-IIS/10.0"
    sys_version = ""
    disable_nagle_algorithm: ClassVar[bool] = True
    wbufsize = -1
    server: Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nothing on the console; the log is asked for at the control door."""

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def _serve(self) -> None:
        """One request of any kind, answered or cut off."""
        size = self.headers.get("Content-Length") or "0"
        if not size.isdigit() or int(size) > _MAX_BODY:
            self.close_connection = True
            self._send(Answer(413, "", "text/plain"))
            return
        body = self.rfile.read(int(size))
        path, _, query = self.path.partition("?")
        world = self.server.world
        if path.startswith("/sandbox/"):
            self._send(control.answer(world, self.command, path, body))
            return
        if not path.startswith("/Sage300WebApi"):
            self._send(pages.answer(world.store, path, query))
            return
        content_type = self.headers.get("Content-Type") or ""
        request = Request(self.command, path, query, self.headers.get("Host") or "localhost", content_type, body)
        started = time.monotonic()
        answered, half = self._web_api(request)
        took = (time.monotonic() - started) * 1000
        # Logged before it goes out, so that a client that has its answer finds it in the log.
        text, status = body.decode("utf-8", "replace"), answered.status if answered else 0
        world.log.add(Logged(request.verb, path, query, text, status, took))
        if answered is None:
            self._hang_up()
        elif half:
            self._send_half(answered)
        else:
            self._send(answered)

    def _web_api(self, request: Request) -> tuple[Answer | None, bool]:
        """The answer under the switched troubles, None to hang up; and whether only half of it is to go out."""
        struck = self.server.world.troubles.for_request(request.verb, request.path)
        self._slow(struck)
        if "drop" in struck:
            return None, False
        early = _early(struck, request.path)
        if early is not None:
            return early, False
        if "late_commit" in struck:
            self._wait_until_gone(struck["late_commit"])
        answered = self._work(request, struck)
        if "late_commit" in struck or "lose_answer" in struck:
            return None, False
        if "html" in struck:
            return Answer(200, _HTML, "text/html; charset=utf-8"), False
        return answered, "cut" in struck

    def _slow(self, struck: dict[str, Trouble]) -> None:
        world = self.server.world
        if not world.warm:
            world.warm = True
            time.sleep(world.first_call_ms / 1000)
        if "slow" in struck:
            time.sleep(struck["slow"].ms / 1000)

    def _work(self, request: Request, struck: dict[str, Trouble]) -> Answer:
        world = self.server.world
        try:
            credentials = self.headers.get("Authorization") or ""
            user, session = world.sessions.sign_on(credentials, self.headers.get("Cookie") or "")
            if request.verb in ("POST", "PUT", "PATCH") and "application/json" not in request.content_type:
                # Sage answers a missing content type with 500 (sage300.md 1).
                raise SageError(500, "InternalServerError", "An unexpected error has occurred.")
            withhold = struck["no_invoice"].reason if "no_invoice" in struck else ""
            answered = answer(world.store, request, user, withhold)
        except SageError as error:
            answered = Answer(error.status, error.body())
            if error.status == 401:
                answered.headers["WWW-Authenticate"] = 'Basic realm="Sage300"'
            return answered
        if session:
            answered.headers["Set-Cookie"] = f"{COOKIE}={session}; path=/; HttpOnly"
        return answered

    def _wait_until_gone(self, trouble: Trouble) -> None:
        """Wait for the client to close its side, which is what its own timeout does."""
        end = time.monotonic() + trouble.max_wait_s
        while time.monotonic() < end:
            readable, _, _ = select.select([self.connection], [], [], 0.05)
            if readable:
                try:
                    if not self.connection.recv(1, socket.MSG_PEEK):
                        break
                except OSError:
                    break
                time.sleep(0.02)
        time.sleep(trouble.ms / 1000)

    def _hang_up(self) -> None:
        self.close_connection = True
        # A reset instead of an orderly end, so that the client sees a broken connection at once.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    def _send(self, answered: Answer) -> None:
        self._write(answered, answered.body.encode())

    def _send_half(self, answered: Answer) -> None:
        body = answered.body.encode()
        if not body:
            self._hang_up()
            return
        self._write(answered, body[: len(body) // 2], len(body))
        self.close_connection = True

    def _write(self, answered: Answer, body: bytes, announced: int | None = None) -> None:
        try:
            self.send_response(answered.status)
            for name, value in answered.headers.items():
                self.send_header(name, value)
            if answered.status != 204:
                self.send_header("Content-Type", answered.content_type)
                self.send_header("Content-Length", str(len(body) if announced is None else announced))
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()
        except OSError:
            self.close_connection = True


def _early(struck: dict[str, Trouble], path: str) -> Answer | None:
    """What a trouble answers before any work is done."""
    if "status" in struck:
        trouble = struck["status"]
        headers = {"Retry-After": "1"} if trouble.status in (429, 503) else {}
        if trouble.html:
            return Answer(trouble.status, _HTML, "text/html; charset=utf-8", headers)
        return Answer(trouble.status, SageError(trouble.status, *trouble.text()).body(), headers=headers)
    if "in_use" in struck:
        error = general("Record has been modified by another program.")
        return Answer(error.status, error.body())
    if "batch_locked" in struck:
        number = re.search(r"(\d+)\D*$", unquote(path))
        error = general(batch_locked(number[1] if number else ""))
        return Answer(error.status, error.body())
    if "html" in struck and not struck["html"].after:
        return Answer(200, _HTML, "text/html; charset=utf-8")
    return None

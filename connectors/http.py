"""One HTTP session for every outside system: timeouts always, retry for reads only, secrets out of what is told.

What an answer or its absence means is decided once (design.md 4), in ``answers`` and ``outcomes``; an edition adds its
own codes with ``classify``:

    what happened                                     a read         a write
    no connection, DNS, connect timeout               Unavailable    Unavailable: nothing was sent
    certificate not trusted                           Misconfigured  Misconfigured
    read timeout, cut answer, 5xx, unreadable 2xx     Unavailable    OutcomeUnknown
    408, 425, 429, 503                                Unavailable    Unavailable only if ``refuses_before_working``
    3xx, 401, 403, 404, 405, 407, 410                 Misconfigured  Misconfigured
    400, 409, 422 and any other 4xx                   Rejected       Rejected
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import requests
import urllib3
from requests import exceptions as failures
from requests.auth import HTTPBasicAuth
from requests.utils import default_headers

from connectors.answers import ANSWER_KEPT, Classify, Response, judged
from connectors.errors import ConnectorError, Unavailable
from connectors.outcomes import broken, lost, of
from connectors.redact import Redactor
from connectors.types import Exchange
from connectors.words import NOTHING, words

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 60.0
TRIES = 3
PAUSES = (0.5, 2.0)  # seconds before the second and the third try, times a random 0.5 to 1.5
RETRY_AFTER_WAIT = 10.0  # a longer Retry-After is left to the paused connection, no sweep sleeps for it
MAX_BODY = 64 * 1024 * 1024
WRITE_KEPT = 20_000  # bytes of a body that an exchange tells; of what only reads, ANSWER_KEPT
MARGIN = 500  # longer than any secret: what is cut is cut so much earlier, or half a secret could stand at the end

# A lease must outlive these: one write, and one read with all its tries (no try begins after READ_TIMEOUT has passed).
WORST_SEND = CONNECT_TIMEOUT + 2 * READ_TIMEOUT
WORST_GET = READ_TIMEOUT + RETRY_AFTER_WAIT + WORST_SEND

Listener = Callable[[Exchange], None]


class _TooLarge(Exception):  # noqa: N818 - never leaves this module
    """The body is beyond MAX_BODY."""


class Session:
    """Requests to one base address, with one set of credentials; keeps cookies and connections while it lives.

    ``secrets`` are texts that never appear in a message; the password (the user, when there is none) is one anyway.
    ``refuses_before_working`` are statuses of ``BUSY`` with which this server is known to refuse a write before it
    does anything. ``classify(status, text, method)`` may decide an answer that is no 2xx before the table does.
    ``listener``, when somebody sets one, hears each exchange as it ends, whatever came of it.
    Not safe for use by two threads at once.
    """

    def __init__(
        self,
        base_url: str,
        *,
        auth: tuple[str, str],
        headers: Mapping[str, str] | None = None,
        verify: bool | str = True,
        secrets: tuple[str, ...] = (),
        refuses_before_working: frozenset[int] = frozenset(),
        classify: Classify | None = None,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        parts = urlsplit(base_url)
        self.host = parts.netloc.rpartition("@")[2]
        self.base_url = urlunsplit((parts.scheme, self.host, parts.path, "", "")).rstrip("/")
        self.read_timeout = read_timeout
        self.listener: Listener | None = None
        self._refuses_before_working = refuses_before_working
        self._classify = classify
        self._redact = Redactor((*secrets, auth[1] or auth[0], *_user_info(parts.netloc)), auth)
        self._session = requests.Session()
        self._auth = HTTPBasicAuth(auth[0].encode(), auth[1].encode())  # as UTF-8; text would go out as Latin-1
        self._headers = default_headers()
        self._headers.update({"User-Agent": "syncbridge", **(headers or {})})
        # Proxies and CA bundle of the environment, once: looking for them took a third of the time of each request.
        settled = self._session.merge_environment_settings(self.base_url, {}, True, verify, None)
        self._session.proxies, self._verify = settled["proxies"], settled["verify"]
        self._session.trust_env = False

    def get(self, path: str, params: Mapping[str, str] | None = None, *, tries: int = TRIES) -> Response:
        """Read; tried again while the other side is away. Raises Unavailable, Misconfigured or Rejected."""
        started = time.monotonic()
        for attempt in range(tries):
            try:
                return self._once("GET", path, params=params)
            except Unavailable as error:
                if attempt + 1 >= tries or time.monotonic() - started > self.read_timeout:
                    raise
                pause = PAUSES[min(attempt, len(PAUSES) - 1)] * random.uniform(0.5, 1.5)
                if error.retry_after is not None:
                    if error.retry_after > RETRY_AFTER_WAIT:
                        raise
                    pause = max(pause, error.retry_after)
            time.sleep(pause)
        raise ValueError("at least one try")

    def send(
        self, method: str, path: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Write, once: never repeated here. Raises all four errors."""
        data = body.encode() if isinstance(body, str) else body
        return self._once(method.upper(), path, data=data, headers=headers)

    def _once(self, method: str, path: str, **arguments: Any) -> Response:
        began, answered, failed = time.monotonic(), None, None
        try:
            answered = self._answered(method, path, **arguments)
            if error := judged(answered, self._refuses_before_working, self._classify):
                raise error
            return answered
        except ConnectorError as error:
            failed = self._clean(error)
            raise failed from None
        finally:
            if self.listener is not None:
                self.listener(self._exchange(method, path, arguments, answered, failed, time.monotonic() - began))

    def _answered(self, method: str, path: str, **arguments: Any) -> Response:
        """The answer, read whole, whatever it says."""
        url = f"{self.base_url}/{path.lstrip('/')}" if path else self.base_url
        try:
            answer = self._session.send(
                self._prepared(method, url, **arguments),
                timeout=(CONNECT_TIMEOUT, self.read_timeout),
                allow_redirects=False,  # a redirect would carry the credentials elsewhere and hide a wrong address
                proxies=self._session.proxies,
                verify=self._verify,
                stream=True,
            )
            with answer:
                body = self._body(answer)
        except _TooLarge:
            why = words("the answer is larger than %(n)s MB", n=MAX_BODY // 1024 // 1024)
            raise lost(method, of(self.host, why), status=answer.status_code) from None
        except (failures.RequestException, urllib3.exceptions.HTTPError, OSError, UnicodeError) as failure:
            raise broken(method, self.host, failure) from None  # the chain would show headers and addresses
        return Response(method, self.host, answer.status_code, answer.headers, body)

    def _exchange(
        self,
        method: str,
        path: str,
        sent: Mapping[str, Any],
        answered: Response | None,
        failed: ConnectorError | None,
        seconds: float,
    ) -> Exchange:
        most, params = ANSWER_KEPT if method == "GET" else WRITE_KEPT, sent.get("params")
        return Exchange(
            method=method,
            path=self._redact(f"{path}?{urlencode(params)}" if params else path),
            status=answered.status if answered else failed.status if failed else 0,
            failed=failed.message if failed and not answered else NOTHING,
            seconds=round(seconds, 3),
            request=self._kept(sent.get("data") or b"", most),
            answer=self._kept(answered.body if answered else b"", most),
        )

    def _kept(self, body: bytes, most: int) -> str:
        """As text without secrets and without the one letter that no database keeps."""
        text = self._redact(body[: most + MARGIN].decode("utf-8-sig", errors="replace").replace("\0", "\ufffd"))
        return text if len(body) <= most + MARGIN else f"{text[:-MARGIN]}…"

    def _prepared(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.PreparedRequest:
        """A request by hand: the session's own way lays all its settings over each other anew, a third of the cost."""
        request = requests.PreparedRequest()
        request.method = method
        request.prepare_url(url, params)
        request.headers = self._headers.copy()
        request.headers.update(headers or {})
        request.prepare_cookies(self._session.cookies)
        request.prepare_body(data, None)
        self._auth(request)
        return request

    def _body(self, answer: requests.Response) -> bytes:
        """The whole body within the size cap and the read timeout, though each byte may come in time."""
        until = time.monotonic() + self.read_timeout
        parts: list[bytes] = []
        size = 0
        while chunk := answer.raw.read1(256 * 1024, decode_content=True):
            size += len(chunk)
            parts.append(chunk)
            if size > MAX_BODY:
                raise _TooLarge
            if time.monotonic() > until:
                raise failures.ReadTimeout
        return b"".join(parts)

    def _clean(self, error: ConnectorError) -> ConnectorError:
        error.message = error.message.redacted(self._redact)
        error.answer = self._redact(error.answer)
        error.args = (error.message,)
        return error


def _user_info(netloc: str) -> tuple[str, ...]:
    """Credentials written into the address by mistake: never used, but to be kept out of messages."""
    info = netloc.rpartition("@")[0]
    return tuple(part for part in info.split(":") if part)

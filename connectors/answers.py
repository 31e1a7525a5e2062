"""What an answer means, decided once for every outside system: none of the four errors for a good one (design.md 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from json import loads
from typing import Any
from urllib.parse import urlsplit

from connectors.errors import ConnectorError, Misconfigured, Rejected, Unavailable
from connectors.outcomes import REFUSAL, lost, of
from connectors.words import Words, joined, words

ANSWER_KEPT = 2000
RETRY_AFTER_MAX = 3600.0

BUSY = frozenset({408, 425, 429, 503})

Classify = Callable[[int, str, str], ConnectorError | None]


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, read whole. ``method`` decides what an unreadable one means."""

    method: str
    host: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def text(self) -> str:
        """The body as UTF-8, a byte-order mark removed; bytes that are none are replaced."""
        return self.body.decode("utf-8-sig", errors="replace")

    def json(self) -> Any:
        """The body as JSON, fractions as Decimal; a transport failure when it is none (NaN, too deep, HTML, empty)."""
        try:
            return loads(self.text(), parse_float=Decimal, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise self.unreadable() from None

    def unreadable(self, why: Words | None = None) -> ConnectorError:
        """The error for a 2xx that nobody understands: never success; for a write nobody knows what happened."""
        why = why or words("the answer is not in the expected form")
        return lost(self.method, of(self.host, why), status=self.status, answer=self.text()[:ANSWER_KEPT])


def judged(
    response: Response, refuses_before_working: frozenset[int] = frozenset(), classify: Classify | None = None
) -> ConnectorError | None:
    """The error that an answer is; None for a 2xx that is no web page.

    ``classify(status, text, method)`` may decide one that is no 2xx before the table does.
    """
    status, method = response.status, response.method
    if 200 <= status < 300:
        page = response.body[:200].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
        web_page = page.startswith((b"<!doctype html", b"<html"))
        return response.unreadable(words("a web page came instead of data")) if web_page else None
    if classify and (error := classify(status, response.text(), method)):
        error.status, error.answer = error.status or status, error.answer or response.text()[:ANSWER_KEPT]
        if isinstance(error, Unavailable) and error.retry_after is None:
            error.retry_after = _retry_after(response.headers)
        return error
    return _by_status(response, refuses_before_working)


def _by_status(response: Response, refuses_before_working: frozenset[int]) -> ConnectorError:
    """The table, for an answer that is no 2xx."""
    status, method, answer = response.status, response.method, response.text()[:ANSWER_KEPT]
    if 300 <= status < 400:
        return Misconfigured(
            words(
                "%(host)s sends us on to %(place)s instead of answering. Enter the address exactly as the server "
                "calls itself (https or http, with or without www).",
                host=response.host,
                place=_location(response),
            ),
            status=status,
            answer=answer,
        )
    if status in BUSY and (method == "GET" or status in refuses_before_working):
        return Unavailable(
            words(
                "%(host)s is busy or down for maintenance (status %(status)s). It is tried again by itself.",
                host=response.host,
                status=status,
            ),
            status=status,
            answer=answer,
            retry_after=_retry_after(response.headers),
        )
    if status in BUSY or status >= 500 or status < 200:
        failed = words("%(host)s failed (status %(status)s)", host=response.host, status=status)
        return lost(method, failed, status=status, answer=answer)
    if status in REFUSAL:
        return Misconfigured(joined(response.host, REFUSAL[status]), status=status, answer=answer)
    return Rejected(
        words(
            "%(host)s refused the request (status %(status)s). Read the answer, correct the cause, then check again.",
            host=response.host,
            status=status,
        ),
        status=status,
        answer=answer,
    )


def _location(response: Response) -> str:
    """Only scheme and host of the Location: the rest may carry anything."""
    parts = urlsplit(response.headers.get("Location", ""))
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}" if host else words("another page")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds, whether given as seconds or as a date; None when absent or senseless."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        seconds = float(value) if value.isdigit() else _seconds_until(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), RETRY_AFTER_MAX)


def _seconds_until(http_date: str) -> float:
    return (parsedate_to_datetime(http_date) - datetime.now(UTC)).total_seconds()


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")

"""Sage's own error codes to the four errors; by ``error.code`` and status, never by text (sage300.md 5).

code                                    what it becomes
RecordNotFound                          Rejected; a look takes it as "not there"
RecordDuplicate FieldInvalid            Rejected
RecordInvalid InvalidPayload General    Rejected; General is tried again by the client, looking first
InvalidParameters InvalidEntityKey      Misconfigured on a read (our question does not fit this installation)
Unauthorized Forbidden                  Misconfigured
ResourceNotFound MethodNotAllowed       Misconfigured
DBLinkError                             Misconfigured: the company cannot be opened
SessionError                            Unavailable: no seat, no sign-on; it comes back
TooManyRequests                         Unavailable
anything else, any other 5xx            the table of connectors/http.py
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from connectors.errors import ConnectorError, Misconfigured, OutcomeUnknown, Rejected, Unavailable

RECORD_NOT_FOUND = "RecordNotFound"
RESOURCE_NOT_FOUND = "ResourceNotFound"
GENERAL = "General"
TOO_MANY = 429
_WORDS = 1000  # as much of Sage's text as is kept
_REFUSED = frozenset(
    {GENERAL, RECORD_NOT_FOUND, "RecordDuplicate", "FieldInvalid", "RecordInvalid", "InvalidPayload", "InvalidAction"}
)
_QUESTION = frozenset({"InvalidParameters", "InvalidEntityKey"})
_OPERATOR = {
    "Unauthorized": "Sage does not accept the user or the password. Enter both again (the user in capital letters); if "
    "Sage has locked the user after wrong tries, unlock it first.",
    "Forbidden": "The Sage user lacks a right. In Administrative Services, tick “Sage 300 Web API” in the user's "
    "security group of each application (A/R, O/E, I/C, T/X, C/S, B/K), with the rights to the documents themselves.",
    RESOURCE_NOT_FOUND: "This Sage has no such resource. Check that the module is installed, activated for the company "
    "and licensed, and that the Web API is of version 2018 or later.",
    "MethodNotAllowed": "This Sage does not allow the request on that resource. Check the version of its Web API.",
    "DBLinkError": "Sage cannot open the company. Check the company's Org ID, that the user is authorised for it, and "
    "that Sage's database server runs; then test the connection.",
}


@dataclass(frozen=True, slots=True)
class Refusals:
    """How this installation's refusals are read."""

    sign_on_first: bool = True
    refused_before_working: frozenset[int] = frozenset({TOO_MANY})

    def classify(self, status: int, body: str, method: str) -> ConnectorError | None:
        """The error an answer means by its code, or None where the general table decides."""
        code, words = read(body)
        reading = method == "GET"
        if code in ("DBLinkError", "SessionError"):
            return self._sign_on(code, words, certain=reading or self.sign_on_first)
        if status >= 500 or not code:
            return None
        if code == "TooManyRequests":
            return self._busy(code, certain=reading or TOO_MANY in self.refused_before_working)
        if code in _OPERATOR:
            return Misconfigured(f"{_OPERATOR[code]}{_said(words)}", code=code)
        if code in _QUESTION and reading:
            return Misconfigured(
                f"Sage does not understand our question.{_said(words)} Compare the switches of the company with this "
                "installation, then test the connection.",
                code=code,
            )
        if code in _REFUSED or code in _QUESTION:
            return Rejected(words or f"Sage refuses with the code {code} and says no more.", code=code)
        return None

    def _sign_on(self, code: str, words: str, *, certain: bool) -> ConnectorError | None:
        if not certain:
            return None
        if code in _OPERATOR:
            return Misconfigured(f"{_OPERATOR[code]}{_said(words)}", code=code)
        return Unavailable(
            f"Sage lets us not sign on.{_said(words)} It is tried again by itself; if this lasts, check that a user "
            "seat is free and that the licence is valid.",
            code=code,
        )

    def _busy(self, code: str, *, certain: bool) -> ConnectorError:
        if certain:
            return Unavailable("Sage has too many requests at once. It is tried again by itself.", code=code)
        return OutcomeUnknown(
            "Sage has too many requests at once; whether the document was made is looked up before anything is sent "
            "again.",
            code=code,
        )


def read(body: str) -> tuple[str, str]:
    """``error.code`` and the text for people; empty when the body is no error of Sage."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return "", ""
    error = (answer.get("error") or answer.get("odata.error")) if isinstance(answer, dict) else None
    if not isinstance(error, dict):
        return "", ""
    message = error.get("message")
    words = message.get("value") if isinstance(message, dict) else message
    code = error.get("code")
    return code if isinstance(code, str) else "", words.strip()[:_WORDS] if isinstance(words, str) else ""


def _said(words: str) -> str:
    return f" Sage says: {words}" if words else ""

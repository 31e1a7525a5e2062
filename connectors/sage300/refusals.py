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
from connectors.words import NOTHING, Words, joined, words

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
    "Unauthorized": words(
        "Sage does not accept the user or the password. Enter both again (the user in capital letters); if Sage has "
        "locked the user after wrong tries, unlock it first."
    ),
    "Forbidden": words(
        "The Sage user lacks a right. In Administrative Services, tick “Sage 300 Web API” in the user's security group "
        "of each application (A/R, O/E, I/C, T/X, C/S, B/K), with the rights to the documents themselves."
    ),
    RESOURCE_NOT_FOUND: words(
        "This Sage has no such resource. Check that the module is installed, activated for the company and licensed, "
        "and that the Web API is of version 2018 or later."
    ),
    "MethodNotAllowed": words(
        "This Sage does not allow the request on that resource. Check the version of its Web API."
    ),
    "DBLinkError": words(
        "Sage cannot open the company. Check the company's Org ID, that the user is authorised for it, and that Sage's "
        "database server runs; then test the connection."
    ),
}


@dataclass(frozen=True, slots=True)
class Refusals:
    """How this installation's refusals are read."""

    sign_on_first: bool = True
    refused_before_working: frozenset[int] = frozenset({TOO_MANY})

    def classify(self, status: int, body: str, method: str) -> ConnectorError | None:
        """The error an answer means by its code, or None where the general table decides."""
        code, said = read(body)
        reading = method == "GET"
        if code in ("DBLinkError", "SessionError"):
            return self._sign_on(code, said, certain=reading or self.sign_on_first)
        if status >= 500 or not code:
            return None
        if code == "TooManyRequests":
            return self._busy(code, certain=reading or TOO_MANY in self.refused_before_working)
        if code in _OPERATOR:
            return Misconfigured(joined(_OPERATOR[code], _said(said)), code=code)
        if code in _QUESTION and reading:
            advice = words("Compare the switches of the company with this installation, then test the connection.")
            asked = words("Sage does not understand our question.")
            return Misconfigured(joined(asked, _said(said), advice), code=code)
        if code in _REFUSED or code in _QUESTION:
            silent = words("Sage refuses with the code %(code)s and says no more.", code=code)
            return Rejected(joined(said) if said else silent, code=code)
        return None

    def _sign_on(self, code: str, said: str, *, certain: bool) -> ConnectorError | None:
        if not certain:
            return None
        if code in _OPERATOR:
            return Misconfigured(joined(_OPERATOR[code], _said(said)), code=code)
        advice = words(
            "It is tried again by itself; if this lasts, check that a user seat is free and that the licence is valid."
        )
        return Unavailable(joined(words("Sage lets us not sign on."), _said(said), advice), code=code)

    def _busy(self, code: str, *, certain: bool) -> ConnectorError:
        if certain:
            again = words("Sage has too many requests at once. It is tried again by itself.")
            return Unavailable(again, code=code)
        unknown = words(
            "Sage has too many requests at once; whether the document was made is looked up before anything is sent "
            "again."
        )
        return OutcomeUnknown(unknown, code=code)


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
    said = message.get("value") if isinstance(message, dict) else message
    code = error.get("code")
    return code if isinstance(code, str) else "", said.strip()[:_WORDS] if isinstance(said, str) else ""


def _said(said: str) -> Words:
    return words("Sage says: %(said)s", said=said) if said else NOTHING

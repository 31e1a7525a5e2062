"""Keeps credentials out of every text that people or logs may see."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from json import dumps
from urllib.parse import quote, quote_plus

HIDDEN = "…"

_NAMES = ("ws_key", "passwd", "password", "secure_key", "reset_password_token", "download_hash")
_ANY = "|".join(_NAMES)

_RULES: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    (("authorization",), re.compile(r"(?i)(authorization[\"']?\s*[=:]\s*[\"']?)[^\r\n\"']+"), rf"\1{HIDDEN}"),
    (("basic",), re.compile(r"(?i)(\bbasic\s+)[a-z0-9+/]{8,}={0,2}"), rf"\1{HIDDEN}"),
    (_NAMES, re.compile(rf"(?i)(<({_ANY})\b[^>]*>).*?(</\2>)", re.DOTALL), rf"\1{HIDDEN}\3"),
    (_NAMES, re.compile(rf"(?i)(\b(?:{_ANY})\b[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;<>]+"), rf"\1{HIDDEN}"),
    (("://",), re.compile(r"(?i)(\bhttps?://)[^/\s@]+@"), rf"\1{HIDDEN}@"),
)
"""What is named like a secret. A text is looked at closer only where one of the words occurs: that takes far longer."""


class Redactor:
    """Replaces known secrets, in each spelling they travel in, and whatever is named like one."""

    def __init__(self, secrets: Iterable[str], auth: tuple[str, str]) -> None:
        basic = b64encode(f"{auth[0]}:{auth[1]}".encode()).decode()
        # Very short texts would blacken harmless words; a user name is no secret by itself.
        known = {secret for secret in secrets if len(secret) >= 4} | {basic}
        spelled = {
            form
            for secret in known
            for form in (secret, quote(secret, safe=""), quote_plus(secret), dumps(secret)[1:-1])
        }
        self._known = sorted(spelled, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        folded = text.casefold()
        for words, pattern, hidden in _RULES:
            if any(word in folded for word in words):
                text = pattern.sub(hidden, text)
        return text

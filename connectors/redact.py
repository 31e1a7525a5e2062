"""Keeps credentials out of every text that people or logs may see."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "…"

_NAMED = re.compile(
    r"(?i)(\b(?:ws_key|passwd|password|secure_key|reset_password_token|download_hash)\b[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;<>]+"
)
_MARKUP = re.compile(
    r"(?i)(<(passwd|password|secure_key|reset_password_token|download_hash)\b[^>]*>).*?(</\2>)", re.DOTALL
)
_AUTHORIZATION = re.compile(r"(?i)(authorization[\"']?\s*[=:]\s*[\"']?)[^\r\n\"']+")
_BASIC = re.compile(r"(?i)(\bbasic\s+)[a-z0-9+/]{8,}={0,2}")
_USER_INFO = re.compile(r"(?i)(\bhttps?://)[^/\s@]+@")


class Redactor:
    """Replaces known secrets, in each spelling they travel in, and whatever is named like one."""

    def __init__(self, secrets: Iterable[str], auth: tuple[str, str]) -> None:
        basic = b64encode(f"{auth[0]}:{auth[1]}".encode()).decode()
        # Very short texts would blacken harmless words; a user name is no secret by itself.
        known = {secret for secret in secrets if len(secret) >= 4} | {basic}
        spelled = {form for secret in known for form in (secret, quote(secret, safe=""), quote_plus(secret))}
        self._known = sorted(spelled, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        text = _AUTHORIZATION.sub(rf"\1{HIDDEN}", text)
        text = _BASIC.sub(rf"\1{HIDDEN}", text)
        text = _MARKUP.sub(rf"\1{HIDDEN}\3", text)
        text = _NAMED.sub(rf"\1{HIDDEN}", text)
        return _USER_INFO.sub(rf"\1{HIDDEN}@", text)

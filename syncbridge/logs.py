"""The last line of defence for secrets: no log line shows one, whoever wrote it, tracebacks included."""

import logging
import re

from connectors.redact import HIDDEN, Redactor

# Passwords in the addresses of our own servers (database, Redis, mail), and our own keys.
_SERVER = re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*://)[^/\s@]*:[^/\s@]*@")
_KEY = re.compile(r"(?i)(\b(?:secret_key|salt_key|api_?key|token)\b[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;<>]+")
_redact = Redactor((), ("", ""))


def mask(text: str) -> str:
    """``text`` without keys, passwords, tokens and the user part of addresses."""
    return _redact(_KEY.sub(rf"\1{HIDDEN}", _SERVER.sub(rf"\1{HIDDEN}@", text)))


class Masked(logging.Formatter):
    """Formats as usual, then masks the whole, the traceback too."""

    def format(self, record: logging.LogRecord) -> str:
        """The masked text of one record."""
        return mask(super().format(record))

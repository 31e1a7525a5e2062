"""The last line of defence for secrets: no log line shows one, whoever wrote it, tracebacks included."""

import logging
import re

# key=…, in query strings and in text; PrestaShop's is ws_key.
_NAMED = re.compile(
    r"(?i)((?:ws_key|api_?key|secret(?:_key)?|salt_key|passw(?:or)?d|passwd|pwd|token)[\"']?\s*[=:]\s*[\"']?)[^\s&\"',;}]+"
)
_AUTHORIZATION = re.compile(r"(?i)((?:proxy-)?authorization[\"']?\s*[=:]\s*[\"']?(?:basic|bearer)\s+)[^\s\"',]+")
_USER_INFO = re.compile(r"(\w+://)[^/\s:@]*:[^/\s@]*@")


def mask(text: str) -> str:
    """``text`` with keys, passwords, tokens and the user part of addresses replaced by ``***``."""
    text = _USER_INFO.sub(r"\1***@", text)
    text = _AUTHORIZATION.sub(r"\1***", text)
    return _NAMED.sub(r"\1***", text)


class Masked(logging.Formatter):
    """Formats as usual, then masks the whole, the traceback too."""

    def format(self, record: logging.LogRecord) -> str:
        """The masked text of one record."""
        return mask(super().format(record))

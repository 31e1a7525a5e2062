"""The webservice's list JSON as plain rows: numbers as text, no secrets, rubbish around it cut off or refused."""

from __future__ import annotations

import json
import re
from typing import Any

from connectors.words import Words, words

Row = dict[str, Any]

# Never wanted, though asked for by nobody: a module or display=full may send them along.
SECRETS = frozenset({"passwd", "secure_key", "reset_password_token", "reset_password_validity", "download_hash"})

# The list node is named like the resource, but for this one (prestashop.md E6).
NODES = {"order_slip": "order_slips"}

_PHP_WORDS = re.compile(r"\s*(<br\s*/?>\s*)*(<b>)?(Warning|Notice|Deprecated|Strict Standards)\b", re.IGNORECASE)
_EMPTY_AT_END = re.compile(r"(?:[\n>]|\A)\s*\[\]\s*\Z")


class Unreadable(ValueError):  # noqa: N818 - it says what the text is
    """The text is not the list that was asked for."""

    def __init__(self, why: Words) -> None:
        super().__init__(why)
        self.why = why


def rows(text: str, resource: str) -> list[Row]:
    """The rows of a list answer; a bare ``[]`` is no rows (prestashop.md B2).

    PHP's words before the JSON and markup after it are cut off when what remains is the whole list (pains.md 65).
    """
    node = NODES.get(resource, resource)
    value = _json(text, node)
    if value == []:
        return []
    found = value.get(node) if isinstance(value, dict) else None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Unreadable(words("no list of %(node)s", node=node))
    return found


def _json(text: str, node: str) -> Any:
    # Strict: PHP escapes control characters, so a line break within a text is a warning that fell into the middle.
    text = text.lstrip("\ufeff \t\r\n")
    decoder = json.JSONDecoder(object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=_no_constant)
    try:
        start = re.search(r'\{\s*"' + re.escape(node) + r'"\s*:\s*\[', text)
        if start is None:
            return _json_without_rows(text, decoder)
        before = text[: start.start()]
        if before and not _PHP_WORDS.match(before):
            raise Unreadable(words("something else stands before the list"))
        value, end = decoder.raw_decode(text, start.start())
    except (ValueError, RecursionError):
        raise Unreadable(words("no JSON")) from None
    after = text[end:].strip()
    if after and not after.startswith("<"):
        raise Unreadable(words("something else stands behind the list"))
    return value


def _json_without_rows(text: str, decoder: json.JSONDecoder) -> Any:
    if _PHP_WORDS.match(text) and _EMPTY_AT_END.search(text):
        return []
    return decoder.decode(text.rstrip())


def _object(pairs: list[tuple[str, Any]]) -> Row:
    """One object without secrets, in values that JSON columns can keep."""
    return {clean(name): _value(value) for name, value in pairs if name not in SECRETS}


def _value(value: Any) -> Any:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_value(item) for item in value]
    return value


def clean(text: str) -> str:
    """Without what PostgreSQL cannot store in JSON: NUL and halves of surrogate pairs."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode() if _HALVES.search(text) else text


_HALVES = re.compile("[\ud800-\udfff]")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")

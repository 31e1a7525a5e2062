"""A Web API URL taken apart: company, module, resource and the key in brackets, in each of its spellings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from .resources import Resource
from .wire import SageError

BASE = "/Sage300WebApi/v1.0/-"
_PATH = re.compile(
    rf"^{BASE}/(?P<company>[^/]+)(?:/(?P<module>[A-Za-z]+)(?:/(?P<name>[$A-Za-z]\w*)(?P<key>\(.*\))?)?)?/?$"
)
_PART = re.compile(r"\s*(?:(\w+)\s*=\s*)?('(?:[^']|'')*'|[^,'=]+)\s*(?:,|$)")


@dataclass(frozen=True)
class Address:
    """``key`` is the text between the brackets, or None without brackets; missing parts are empty."""

    company: str
    module: str
    name: str
    key: str | None


def read_path(path: str) -> Address | None:
    """The parts of a URL's path, or None if it is none of the Web API's."""
    found = _PATH.match(unquote(path))
    if found is None:
        return None
    key = found["key"]
    return Address(found["company"], found["module"] or "", found["name"] or "", key[1:-1] if key is not None else None)


def action_of(key: str) -> str:
    """``$process`` or ``$template``, with quotes or without; else empty."""
    word = key.strip().strip("'").lower()
    return word if word in ("$process", "$template") else ""


def read_key(text: str, resource: Resource) -> tuple[object, ...]:
    """A key as values in the resource's order: positional or named in any order, quotes optional without a blank.

    InvalidEntityKey if it does not fit.
    """
    wrong = SageError(400, "InvalidEntityKey", f"The entity key ({text}) is not valid for {resource.name}.")
    parts: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        found = _PART.match(text, at)
        if found is None or found.end() == at:
            raise wrong
        parts.append((found[1] or "", found[2]))
        at = found.end()
    if len(parts) != len(resource.keys):
        raise wrong
    if any(name for name, _ in parts):
        named = dict(parts)
        if set(named) != set(resource.keys):
            raise wrong
        parts = [(name, named[name]) for name in resource.keys]
    try:
        return tuple(_value(resource, name, raw) for name, (_, raw) in zip(resource.keys, parts, strict=True))
    except ValueError:
        raise wrong from None


def _value(resource: Resource, name: str, raw: str) -> Any:
    known = resource.model.properties[name]
    text = raw[1:-1].replace("''", "'") if raw.startswith("'") else raw.strip()
    if known.kind == "I":
        return int(text)
    if known.kind == "U":
        return text.strip().upper()
    if known.kind == "E":
        for each in known.names:
            if each.lower() == text.strip().lower():
                return each
        raise ValueError(text)
    return text.rstrip()

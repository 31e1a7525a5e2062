"""Reads the recorded PrestaShop answers under tests/answers/prestashop: one request and one answer a file."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

ANSWERS = Path(__file__).parent.parent / "answers" / "prestashop"
CUT = "... (cut here by the recorder"


@dataclass(frozen=True)
class Recorded:
    """One recording; ``cut`` says that the recorder kept only the first part of the body."""

    name: str
    method: str
    target: str
    sent: dict[str, str]
    status: int
    got: dict[str, str]
    body: str
    cut: bool

    @property
    def resource(self) -> str:
        """The resource asked for."""
        found = re.match(r"/(?:api|webservice)/([a-z_]+)", self.target)
        return found[1] if found else ""


def read_recording(path: Path) -> Recorded:
    """Lines starting with ``>`` are the request, with ``<`` the status and headers; then the body as it came."""
    lines = path.read_bytes().decode().split("\n")
    asked = [line[2:] for line in lines if line.startswith("> ")]
    answered = [line[2:] for line in lines if line.startswith("< ")]
    last = max(place for place, line in enumerate(lines) if line.startswith("< "))
    body = "\n".join(lines[last + 2 :])
    method, target = asked[0].removesuffix(" HTTP/1.1").split(" ", 1)
    return Recorded(
        name=path.relative_to(ANSWERS).as_posix().removesuffix(".http"),
        method=method,
        target=target,
        sent=_headers(asked[1:]),
        status=int(answered[0].split(" ")[1]),
        got=_headers(answered[1:]),
        body=body.partition(CUT)[0],
        cut=CUT in body,
    )


def _headers(lines: list[str]) -> dict[str, str]:
    found = dict(line.split(": ", 1) for line in lines if re.match(r"[A-Za-z0-9-]+: ", line))
    key = re.search(r'base64\("(.*):"\)', found.get("Authorization", ""))
    if key:
        found["Authorization"] = f"Basic {base64.b64encode(f'{key[1]}:'.encode()).decode()}"
    return found


def entities(body: str, as_json: bool, cut: bool) -> tuple[str, dict[int, Any]] | None:
    """The node around a list and its entities by id (as comparable values); None if the answer is no list of them."""
    return _json_entities(body, cut) if as_json else _xml_entities(body, cut)


def _json_entities(body: str, cut: bool) -> tuple[str, dict[int, Any]] | None:
    if body.strip() == "[]":
        return "[]", {}
    start = re.match(r'\{"(\w+)":\[(?=\{"id")', body)
    if start is None:
        return None
    found, place, decoder = {}, start.end(), json.JSONDecoder()
    while place < len(body) and body[place] == "{":
        try:
            entity, place = decoder.raw_decode(body, place)
        except json.JSONDecodeError:
            assert cut, "the recorded list ends early though nobody cut it"
            break
        found[int(entity["id"])] = entity
        place += 1
    return start[1], found


def _xml_entities(body: str, cut: bool) -> tuple[str, dict[int, Any]] | None:
    if cut:
        _, outer, one = re.findall(r"^<(\w+)", body, re.MULTILINE)[:3]
        end = f"</{one}>\n"
        complete = body.rpartition(end)[0] + end if end in body else body.partition(f"<{one}>")[0]
        body = f"{complete}</{outer}>\n</prestashop>"
    top = list(parse_xml(body))
    if len(top) != 1 or top[0].find("id") is not None or top[0].tag == "errors":
        return None
    return top[0].tag, {int(each.findtext("id") or each.get("id") or 0): canonical(each) for each in top[0]}


def parse_xml(body: str) -> ElementTree.Element:
    """The root element of an answer from our own sandbox or our own files."""
    return ElementTree.fromstring(body)  # noqa: S314


def canonical(element: ElementTree.Element) -> Any:
    """An element as nested tuples; white space around elements does not count."""
    text = (element.text or "") if len(element) == 0 else ""
    return (element.tag, tuple(sorted(element.attrib.items())), text, tuple(canonical(each) for each in element))

"""Rows as the webservice's XML, with its links, CDATA around each value and self-closed empty associations."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .display import Display
from .schema import Association, Field, Resource
from .store import FALSE

Values = tuple[Any, ...]
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<prestashop xmlns:xlink="http://www.w3.org/1999/xlink">\n'
FOOT = "</prestashop>\n"


def cdata(value: Any) -> str:
    """A value in CDATA; ``]]>`` is split, a control character goes out as it is (and breaks the document)."""
    text = "" if value is None or value == FALSE else str(value)
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def attribute(text: str) -> str:
    """A text inside an attribute."""
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


class XmlRenderer:
    """Writes entities of one resource with links under ``base`` (``http://shop/api/``)."""

    def __init__(self, resource: Resource, display: Display, base: str, spoilt: frozenset[int]) -> None:
        self.resource = resource
        self.display = display
        self.base = base
        self.spoilt = spoilt if display.is_rich else frozenset()

    def listed(self, rows: Iterable[Values]) -> str:
        """The list element with its entities, or with bare links where no display was asked."""
        node = self.resource.list_node
        one = self._link if self.display.minimum else self._entity
        return f"{HEAD}<{node}>\n{''.join(map(one, rows))}</{node}>\n{FOOT}"

    def single(self, values: Values) -> str:
        """One entity directly under the root, with or without display=."""
        return f"{HEAD}{self._entity(values)}{FOOT}"

    def _link(self, values: Values) -> str:
        row_id = values[1]
        # The link is made of the list's node: for order_slip it leads nowhere, in the real shop too.
        href = f"{self.base}{self.resource.list_node}/{row_id}"
        return f'<{self.resource.node} id="{row_id}" xlink:href="{href}"/>\n'

    def _entity(self, values: Values) -> str:
        row = dict(zip(self.display.names, values[1:], strict=True))
        lines = [f"<{self.resource.node}>\n"]
        lines += [self._field(each, row[each.name], row) for each in self.display.fields]
        if values[1] in self.spoilt:
            lines.append('\t<note2>12" pipe & more</oops>\n')
        if self.display.associations:
            stored = json.loads(values[0]) if values[0] else {}
            lines.append("<associations>\n")
            lines += [self._association(each, subs, stored, row) for each, subs in self.display.associations]
            lines.append("</associations>\n")
        lines.append(f"</{self.resource.node}>\n")
        return "".join(lines)

    def _field(self, field: Field, value: Any, row: dict[str, Any]) -> str:
        if field.i18n:
            return f"\t<{field.name}>{self._languages(value)}</{field.name}>\n"
        link = ""
        if field.to and (field.links_zero or str(value or "0") != "0"):
            target = f"{field.to.format(**row) if '{' in field.to else field.to}/{value}"
            link = f' xlink:href="{self.base}{target}"'
        fixed = ' notFilterable="true"' if field.computed else ""
        return f"\t<{field.name}{link}{fixed}>{cdata(value)}</{field.name}>\n"

    def _languages(self, packed: str | None) -> str:
        texts = json.loads(packed) if packed else []
        chosen = self.display.languages
        return "".join(
            f'<language id="{each["id"]}" xlink:href="{self.base}languages/{each["id"]}">'
            f"{cdata(each['value'])}</language>"
            for each in texts
            if chosen is None or int(each["id"]) in chosen
        )

    def _association(
        self, found: Association, subs: tuple[Field, ...], stored: dict[str, Any], row: dict[str, Any]
    ) -> str:
        marks = "".join(f' {name}="{value}"' for name, value in found.attributes.items())
        items = stored.get(found.name) or []
        if not items:
            return f"<{found.name}{marks}/>\n"
        lines = [f"<{found.name}{marks}>\n"]
        for item in items:
            link = (
                f' xlink:href="{self.base}{found.to.format(**{**row, **item, "parent": row["id"]})}"'
                if found.to
                else ""
            )
            lines.append(f"\t<{found.node}{link}>\n")
            for sub in (each for each in subs if each.name in item):
                target = f' xlink:href="{self.base}{sub.to}/{item[sub.name]}"' if sub.to else ""
                lines.append(f"\t<{sub.name}{target}>{cdata(item[sub.name])}</{sub.name}>\n")
            lines.append(f"\t</{found.node}>\n")
        return "".join([*lines, f"</{found.name}>\n"])


def errors(found: Iterable[tuple[int, str]]) -> str:
    """The errors of a refused request."""
    inner = "".join(
        f"<error>\n<code>{cdata(code)}</code>\n<message>{cdata(message)}</message>\n</error>\n"
        for code, message in found
    )
    return f"{HEAD}<errors>\n{inner}</errors>\n{FOOT}"


def root(resources: Iterable[tuple[Resource, frozenset[str]]], shop_name: str, base: str) -> str:
    """/api/: the resources a key may use, with its verbs."""
    verbs = ("get", "put", "post", "patch", "delete", "head")
    lines = [f'{HEAD}<api shopName="{attribute(shop_name)}">\n']
    for resource, granted in resources:
        href = f'xlink:href="{base}{resource.name}"'
        rights = " ".join(f'{verb}="{"true" if verb.upper() in granted else "false"}"' for verb in verbs)
        lines.append(f"<{resource.name} {href} {rights}>\n<description {href} {rights}>\n")
        lines.append(f"{resource.description}</description>\n")
        if resource.has_schema:
            for kind in ("blank", "synopsis"):
                lines.append(f'<schema xlink:href="{base}{resource.name}?schema={kind}" type="{kind}"/>\n')
        lines.append(f"</{resource.name}>\n")
    return "".join([*lines, "</api>\n", FOOT])

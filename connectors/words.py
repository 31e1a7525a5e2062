"""A sentence for people that is English and can still be told in another language: it keeps its template and values.

Connectors know no Django and not who will read them. So they say ``words("The company %(id)s opens.", id=...)``: a str
in English that carries what a translation needs. ``connectors.telling`` tells it in the reader's language. makemessages
finds the templates by the name ``words``; so a template is always written out where that is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

Value = str | int
"""What fills a template; Words among it are told in the reader's language, too, any other text stays as it is."""


class Words(str):
    """The English sentence, with the template and the values that it was made of."""

    template: str
    values: Mapping[str, Value]

    def __new__(cls, template: str, values: Mapping[str, Value] | None = None) -> Words:
        """Without values the template is the sentence itself."""
        made = super().__new__(cls, template % values if values else template)
        made.template, made.values = template, values or {}
        return made

    def __getnewargs__(self) -> tuple[str, Mapping[str, Value]]:  # type: ignore[override]  # for pickle and copy
        return (self.template, self.values)

    def redacted(self, hide: Callable[[str], str]) -> Words:
        """Without what ``hide`` takes out of each value, and of the whole; then, if need be, as English text only."""
        kept = Words(self.template, {name: _hidden(value, hide) for name, value in self.values.items()})
        whole = hide(kept)
        return kept if whole == kept else joined(whole)


def words(template: str, **values: Value) -> Words:
    """A sentence by its English template; with values it names them as ``%(name)s``."""
    return Words(template, values)


def joined(*parts: str, by: str = " ") -> Words:
    """Sentences one after the other, empty ones left out; a part that is not Words is told as it is."""
    said = [part for part in parts if part]
    if len(said) == 1 and isinstance(said[0], Words):
        return said[0]
    values = {f"part{number}": part for number, part in enumerate(said, 1)}
    return Words(by.join(f"%({name})s" for name in values), values)


NOTHING = Words("")


def _hidden(value: Value, hide: Callable[[str], str]) -> Value:
    if isinstance(value, Words):
        return value.redacted(hide)
    return hide(value) if isinstance(value, str) else value

"""Words in the reader's language: from a connector, or from where they were kept; and the column that keeps them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils import translation
from django.utils.translation import gettext as _

from connectors.plain import plain, said_again
from connectors.words import Words

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


def worded(said: Any) -> str:
    """What was said, in the active language. ``said``: Words, what ``plain`` made of them, or a text that stays."""
    if isinstance(said, Mapping) and "template" in said:
        said = said_again(said)
    if not isinstance(said, Words):
        return "" if said is None else str(said)
    if not said.template:
        return ""
    values = {name: value if isinstance(value, int) else worded(value) for name, value in said.values.items()}
    template = translation.gettext(said.template)
    return template % values if values else template


def kept(said: Any) -> str:
    """What was said in the language of the installation, for what is written down once for all readers."""
    if type(said) is str:  # most of what is written down: nothing to translate
        return said
    with translation.override(settings.LANGUAGE_CODE):
        return worded(said)


def marked(text: StrPromise | str) -> Words:
    """A lazy text without values as Words: to be kept, and told in each reader's language. It must have no context."""
    with translation.override(None):
        return Words(str(text))


def colon(what: Any) -> str:
    """What stands before a colon, with the blank that French has between them."""
    return _("%(what)s:") % {"what": what}


def stored(said: Words) -> str:
    """What a ``WordsField`` keeps: template and values, as JSON."""
    return json.dumps(plain(said), ensure_ascii=False) if said else ""


class WordsField(models.TextField):  # type: ignore[type-arg]  # its text is a str either way
    """A text of ours that each reader is told in his language: Words come back as Words, any other text as it is."""

    def get_prep_value(self, value: Any) -> Any:
        """Words with their template and values."""
        return super().get_prep_value(stored(value) if isinstance(value, Words) else value)

    def from_db_value(self, value: str | None, _expression: Any, _connection: Any) -> str | None:
        """The Words again."""
        if value is None or not value.startswith(_BEGINNING):
            return value
        try:
            return said_again(json.loads(value))
        except (ValueError, TypeError, KeyError):
            return value


_BEGINNING = '{"template": '

"""The theme draws icons as words in a symbol font ("home", "front_hand"): nobody shall hear these words read out."""

from __future__ import annotations

import re

from django.template import Origin
from django.template.loaders import app_directories

_ICON = re.compile(r'<(span|div)\b(?=[^<>]*\bclass="[^"]*\bmaterial-symbols-outlined\b)')


class Loader(app_directories.Loader):
    """Loads the applications' templates, with every icon hidden from assistive technology."""

    def get_contents(self, origin: Origin) -> str:
        """The template's source; the theme's hundred icons are marked here, once."""
        return _ICON.sub(r'<\1 aria-hidden="true"', super().get_contents(origin))

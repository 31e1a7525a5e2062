"""manage.py makemessages, which also finds what connectors say (connectors/words.py)."""

from __future__ import annotations

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """Django's own, with one more mark."""

    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=words"]

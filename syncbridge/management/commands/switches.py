"""What a Sage company's switches are: ``manage.py switches`` prints them as the table of docs/switches.md."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from connectors.sage300.assumptions import Assumptions


class Command(BaseCommand):
    """Each switch with what it says about an installation, what it is by default, and what else it may be."""

    help = "Print the switches of a Sage 300 company as a table."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the table."""
        for line in table():
            self.stdout.write(line)


def table() -> Iterator[str]:
    """The lines of a Markdown table, one per switch, in the order of the code."""
    yield "| switch | by default | what it says |"
    yield "|---|---|---|"
    for fact in dataclasses.fields(Assumptions):
        default = list(fact.default) if isinstance(fact.default, tuple) else fact.default
        about = str(fact.metadata["about"])
        if choices := fact.metadata["choices"]:
            about += f" One of {', '.join(f'`{json.dumps(choice)}`' for choice in choices)}."
        yield f"| `{fact.name}` | `{json.dumps(default)}` | {about} |"

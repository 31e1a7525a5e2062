"""Pages of a list of which nobody counts a million rows: up to a bound it is counted, beyond it is "more than"."""

from __future__ import annotations

from functools import cached_property

from django.core.paginator import Paginator

COUNTED = 10_000
"""Rows that are counted, and that the pages reach; further back leads a filter or the search."""


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """A paginator whose count ends at ``COUNTED``."""

    template_name = "admin/staging/stagedorder/pages.html"

    @cached_property
    def count(self) -> int:
        """How many rows there are, ``COUNTED`` at most."""
        return min(self._reached, COUNTED)

    @property
    def more(self) -> bool:
        """Whether there are more than are counted."""
        return self._reached > COUNTED

    @cached_property
    def _reached(self) -> int:
        rows = self.object_list
        return int(rows.order_by()[: COUNTED + 1].count())  # type: ignore[attr-defined]

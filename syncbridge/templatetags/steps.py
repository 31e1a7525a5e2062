"""When a step runs next, for the pages of other applications."""

from __future__ import annotations

from django import template

from connectors.models import Shop
from staging.models import Step

register = template.Library()


@register.simple_tag
def next_run_of(shop: Shop, step: Step | None, name: str) -> str:
    """In words; see ``next_run``."""
    from syncbridge.next_run import next_run  # the clock knows the admin, which loads template libraries

    return next_run(shop, step, name)

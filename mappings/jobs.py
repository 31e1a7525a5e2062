"""What mappings ask of the queue; the only place here that knows it. What Redis loses, the clock finds."""

from __future__ import annotations

import logging

import django_rq
from django.db import transaction
from redis.exceptions import RedisError

from connectors import open_sage
from connectors.errors import Misconfigured, Unavailable
from connectors.models import SageCompany
from mappings import mirror

logger = logging.getLogger(__name__)

CHECK = "staging.jobs.validate_company"
"""By name: mappings do not know staging."""


def ring(company_id: int) -> None:
    """After the commit, have the orders of the company checked that waited for what was changed."""
    transaction.on_commit(lambda: _enqueue("orders", CHECK, company_id))


def ask_refresh(company_id: int) -> None:
    """After the commit, have the company's mirror refreshed."""
    transaction.on_commit(lambda: _enqueue("mirror", "mappings.jobs.refresh_mirror", company_id))


def refresh_mirror(company_id: int) -> dict[str, int]:
    """Refresh one company's mirror (see ``mirror.refresh``) and ring; a connection that is not usable is left alone."""
    company = SageCompany.objects.get(pk=company_id)
    if not company.usable():
        return {}
    try:
        result = mirror.refresh(company, open_sage(company))
    except Unavailable as error:
        company.pause(error.message)
        return {}
    except Misconfigured as error:
        company.stop(error.message)
        return {}
    company.resume()
    ring(company_id)
    return result


def refresh_mirrors() -> None:
    """The clock's tick: ask for a refresh of every company."""
    for company_id in SageCompany.objects.values_list("pk", flat=True):
        ask_refresh(company_id)


def _enqueue(lane: str, name: str, company_id: int) -> None:
    try:
        django_rq.get_queue(lane, commit_mode="auto").enqueue(name, company_id)
    except RedisError:
        logger.warning("Redis is away: %s for company %s waits for the next tick.", name, company_id)

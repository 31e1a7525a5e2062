"""What the connections' page asks of the queue; the only place here that knows it."""

from __future__ import annotations

import logging

import django_rq
from django.db import transaction
from django.utils import timezone
from redis.exceptions import RedisError

from connectors.checkup import checkup
from connectors.models import SageCompany, Shop

logger = logging.getLogger(__name__)


def ask_test(connection: Shop | SageCompany) -> None:
    """After the commit, have the connection tested; ``checked["asked"]`` says since when a test is under way."""
    asked = {**(connection.checked or {}), "asked": timezone.now().isoformat(timespec="seconds")}
    type(connection)._default_manager.filter(pk=connection.pk).update(checked=asked)
    job = "connectors.jobs.test_shop" if isinstance(connection, Shop) else "connectors.jobs.test_company"
    transaction.on_commit(lambda: _enqueue(job, connection.pk))


def test_shop(shop_id: int) -> None:
    """Test one shop's connection; the result is on its row."""
    checkup(Shop.objects.get(pk=shop_id))


def test_company(company_id: int) -> None:
    """Test one company's connection; the result is on its row."""
    checkup(SageCompany.objects.get(pk=company_id))


def _enqueue(job: str, pk: int) -> None:
    try:
        django_rq.get_queue("orders", commit_mode="auto").enqueue(job, pk)
    except RedisError:
        logger.warning("Redis is away: %s %s was not asked for.", job, pk)

"""The only clock: every sweep and its interval, one line each. Run by ``manage.py rqcron syncbridge.schedule``.

A tick rings one bell per shop or company; a tick that no worker hears within its interval is void, so that none pile
up while all workers are down.
"""

from collections.abc import Callable
from typing import Any

from rq import cron

from mappings.jobs import refresh_mirrors
from staging import attempts, jobs
from syncbridge import days
from syncbridge.audit import erasing
from syncbridge.notices import jobs as notices

MINUTE, HOUR = 60, 3600

TICKS: tuple[tuple[Callable[..., Any], tuple[Any, ...], str, int], ...] = (
    (jobs.tick, ("fetch", 10), "orders", 10),
    (jobs.tick, ("validate", 10), "orders", 10),
    (jobs.tick, ("push", 10), "orders", 10),
    (jobs.tick_tasks, (), "orders", MINUTE),
    (notices.tick, (), "orders", MINUTE),
    (jobs.tick, ("track", 5 * MINUTE), "orders", 5 * MINUTE),
    (jobs.tick, ("release", HOUR), "orders", HOUR),
    (jobs.tick, ("compare", 6 * HOUR), "orders", 6 * HOUR),
    (jobs.tick_proofs, (), "orders", HOUR),
    (days.tick, (), "mirror", 5 * MINUTE),
    (attempts.forget, (), "mirror", HOUR),
    (erasing.tick, (), "mirror", 24 * HOUR),
    (refresh_mirrors, (), "mirror", 24 * HOUR),
)
"""What is called, with what, in which lane, every how many seconds."""

for function, arguments, lane, seconds in TICKS:
    cron.register(function, lane, args=arguments, interval=seconds, ttl=seconds, result_ttl=0)

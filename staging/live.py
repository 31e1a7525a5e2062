"""Looking in Sage itself for what the mirror does not know or staff doubt: each code at most once in a sweep."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from connectors import open_sage
from connectors.errors import ConnectorError, Misconfigured, Rejected, Unavailable
from connectors.models import SageCompany
from mappings.mirror import look_up
from staging.slots import slot
from staging.sweeping import time_is_up

logger = logging.getLogger(__name__)

SLOT_WAIT = 2.0
"""Seconds to wait for a slot of the company: an order that stays unknown for once is looked up again on request."""


class Looks:
    """The live looks of one sweep. When Sage is away, stopped or busy it is not asked again, and no order is blamed."""

    def __init__(self, company: SageCompany, deadline: float | None) -> None:
        self.company, self.deadline = company, deadline
        self._asked: set[tuple[str, str]] = set()
        self._over = False

    def look(self, codes: Iterable[tuple[str, str]]) -> bool:
        """Look up these (kind, code) pairs and mirror them; True when one was asked. Never inside a transaction."""
        wanted = [pair for pair in dict.fromkeys(codes) if pair[1] and pair not in self._asked]
        if not wanted or self._over:
            return False
        if not self.company.usable():
            self._over = True
            return False
        with slot(self.company, wait=SLOT_WAIT) as taken:
            if not taken:
                self.company.waive()
                return False
            return self._ask(wanted)

    def _ask(self, wanted: list[tuple[str, str]]) -> bool:
        asked = False
        try:
            sage = open_sage(self.company)
            for kind, code in wanted:
                if time_is_up(self.deadline):
                    break
                self._asked.add((kind, code))
                try:
                    look_up(self.company, sage, kind, code)
                except Rejected as error:
                    logger.info("%s is not asked for %s %s: %s", self.company, kind, code, error.message)
                asked = True
            self.company.resume()
        except ConnectorError as error:
            self._gave_up(error)
        return asked

    def _gave_up(self, error: ConnectorError) -> None:
        self._over = True
        if isinstance(error, Misconfigured):
            self.company.stop(error.message)
        elif isinstance(error, Unavailable):
            self.company.pause(error.message)
        logger.warning("%s could not be asked: %s", self.company, error.message)

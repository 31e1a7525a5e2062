"""Looking in Sage itself for what the mirror does not know or staff doubt: each code at most once in a sweep."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

from connectors import open_sage
from connectors.errors import ConnectorError, Misconfigured, Rejected, Unavailable
from connectors.models import SageCompany
from connectors.ports import Sage
from mappings.mirror import look_for_customers, look_up
from staging.slots import slot
from staging.sweeping import time_is_up

BUYER = "buyer "
"""Begins the kinds of what a buyer is looked for by: "buyer email"."""

AT_ONCE = 8
"""So many buyers' words are asked for in one request: they stand in its address."""

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
        """Look up these (kind, code) pairs and mirror them; True when one was asked. Never inside a transaction.

        Kind "buyer email" or "buyer vat_number": the customers that have this value, several in one request.
        """
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
            for kind, values in _requests(wanted):
                if time_is_up(self.deadline):
                    break
                self._asked.update((kind, value) for value in values)
                try:
                    self._one(sage, kind, values)
                except Rejected as error:
                    logger.info("%s is not asked for %s %s: %s", self.company, kind, values, error.message)
                asked = True
            self.company.resume()
        except ConnectorError as error:
            self._gave_up(error)
        return asked

    def _one(self, sage: Sage, kind: str, values: Sequence[str]) -> None:
        if kind.startswith(BUYER):
            look_for_customers(self.company, sage, kind.removeprefix(BUYER), values)
        else:
            look_up(self.company, sage, kind, values[0])

    def _gave_up(self, error: ConnectorError) -> None:
        self._over = True
        if isinstance(error, Misconfigured):
            self.company.stop(error.message)
        elif isinstance(error, Unavailable):
            self.company.pause(error.message)
        logger.warning("%s could not be asked: %s", self.company, error.message)


def _requests(wanted: list[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """What goes into one request: of buyers several values, of all else one code."""
    of_buyers: dict[str, list[str]] = {}
    for kind, code in wanted:
        if kind.startswith(BUYER):
            of_buyers.setdefault(kind, []).append(code)
        else:
            yield kind, [code]
    for kind, values in of_buyers.items():
        yield from ((kind, values[start : start + AT_ONCE]) for start in range(0, len(values), AT_ONCE))

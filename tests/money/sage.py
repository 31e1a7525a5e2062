"""The sandbox Sage's own arithmetic without a request for each document: one body in, what it computed out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

from connectors.sage300.assumptions import assume
from connectors.sage300.bodies import sale_body
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.sandbox.sage300.books import Books
from connectors.sandbox.sage300.orders import create_order
from connectors.sandbox.sage300.wire import dumps, loads
from connectors.types import ZERO, Sale
from staging.money import Profile, Sum

LEVELS = {True: "line", False: "document"}


@dataclass(frozen=True)
class Computed:
    """What Sage holds of a sale: its total with tax, and base and tax by rate in per cent."""

    total: Decimal
    rates: dict[Decimal, Sum]


class _NotKept(Exception):  # noqa: N818 - no error: the end of a document that nobody needs
    pass


class Arithmetic:
    """Enters sales in a sandbox's books, as the Web API does, and forgets them again."""

    def __init__(self, sandbox: Sage300Sandbox) -> None:
        self.sandbox = sandbox
        self.assumptions = assume({})
        self.books = Books(sandbox.store, sandbox.company)

    def set(self, profile: Profile, rounding: str) -> None:
        """Compute as this profile; ``rounding`` is the sandbox's word for it."""
        self.sandbox.set_options(tax_level=LEVELS[profile.per_line], rounding=rounding.replace(" ", "_"))
        self.books = Books(self.sandbox.store, self.sandbox.company)

    def of(self, sale: Sale) -> Computed:
        """What Sage makes of the sale, as an order: its invoice is computed alike. Raises the refusal (SageError)."""
        body = loads(dumps(sale_body(replace(sale, invoice=False), self.assumptions)))
        found = None
        with self._forgotten():
            found = loads(create_order(self.books, body))
        assert found is not None
        rates: defaultdict[Decimal, Sum] = defaultdict(Sum)
        for line in found["OrderDetails"]:
            rates[line["TaxRate1"].normalize()] += Sum(line["TaxBase1"], line["TaxAmount1"])
        return Computed(found["OrderTotal"], dict(rates))

    @contextmanager
    def _forgotten(self) -> Iterator[None]:
        try:
            with self.sandbox.store.transaction():
                yield
                raise _NotKept
        except _NotKept:
            pass


def same(one: dict[Decimal, Sum], other: dict[Decimal, Sum]) -> bool:
    """Whether two computations agree per rate, whatever zeros they name."""
    return _told(one) == _told(other)


def _told(rates: dict[Decimal, Sum]) -> dict[Decimal, tuple[Decimal, Decimal]]:
    return {
        rate.normalize(): (each.base, each.tax) for rate, each in rates.items() if (each.base, each.tax) != (ZERO, ZERO)
    }

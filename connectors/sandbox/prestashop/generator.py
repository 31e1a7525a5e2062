"""Any number of plausible orders at once, for benchmarks and full shops."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from .backoffice import BackOffice
from .catalogue import Catalogue
from .clock import FORMAT
from .order_rows import Numbers
from .placing import NewOrder, write_order
from .store import Row

MODULES = ("paypal", "stripe_official", "ps_cashondelivery", "ps_wirepayment", "ps_checkpayment")
WEIGHTS = (40, 30, 8, 15, 7)
BATCH = 2_000


class Generator(BackOffice):
    """A back office that can place orders in bulk."""

    def generate(
        self,
        n: int,
        start: str | None = None,
        seed: int = 1,
        per_second: float = 0.1,
        references: list[str] | None = None,
        modules: list[str] | None = None,
    ) -> int:
        """Insert ``n`` orders of the shop's products and customers; gives the first id_order.

        The first is placed at ``start`` (shop-local text; default: so that the last is placed now), the others follow
        at ``per_second``. The same seed and shop make the same orders. ``references`` limits the products, ``modules``
        the payment modules.
        """
        rng = random.Random(seed)
        catalogue = self.catalogue()
        goods = references or sellable(catalogue)
        buyers = [row_id for row_id in catalogue.rows["customers"] if row_id > 1 and catalogue.addresses_of(row_id)]
        length = timedelta(seconds=(n - 1) / per_second)
        first = datetime.strptime(start, FORMAT) if start else datetime.strptime(self.clock.text(), FORMAT) - length  # noqa: DTZ007
        with self.store.writing():
            numbers = Numbers(self.store)
            first_id = self.store.next_id("orders")
            batch: dict[str, list[Row]] = {}
            for place in range(n):
                moment = first + timedelta(seconds=place / per_second)
                order = _random_order(rng, goods, buyers, modules, moment.strftime(FORMAT))
                written = write_order(catalogue, numbers, order, order.date or "", rng)
                for resource, rows in written.rows.items():
                    batch.setdefault(resource, []).extend(rows)
                if place % BATCH == BATCH - 1:
                    self._insert(batch)
            self._insert(batch)
        return first_id

    def _insert(self, batch: dict[str, list[Row]]) -> None:
        for resource, rows in batch.items():
            self.store.insert(resource, rows)
        batch.clear()


def sellable(catalogue: Catalogue) -> list[str]:
    """References of active products; a virtual one is left out so that every order is shipped."""
    return [
        str(row["reference"])
        for row in catalogue.rows["products"].values()
        if str(row["active"]) == "1" and str(row["is_virtual"]) == "0" and row["reference"]
    ]


def _random_order(
    rng: random.Random, goods: list[str], buyers: list[int], modules: list[str] | None, date: str
) -> NewOrder:
    count = rng.choices((1, 2, 3), (70, 22, 8))[0]
    lines = [
        {"reference": each, "quantity": rng.choices((1, 2, 5), (80, 15, 5))[0]}
        for each in rng.sample(goods, min(count, len(goods)))
    ]
    module = rng.choice(modules) if modules else rng.choices(MODULES, WEIGHTS)[0]
    return NewOrder(
        lines=lines,
        customer=rng.choice(buyers),
        module=module,
        date=date,
        transaction_id=f"T{rng.getrandbits(40):010X}",
    )

"""Reading single orders again because somebody asks: a proof found that they are missing here, or out of date."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from connectors.models import Shop as ShopRow
from connectors.ports import Shop
from connectors.words import words
from staging import intake
from staging.readings import understand


def reread(shop: ShopRow, order_ids: Sequence[int], port: Shop) -> tuple[int, int]:
    """Take these orders in as fetch would, whatever the marks say: how many the shop has, how many are news.

    An order from before the go-live is kept and never posted. Raises the connector's errors, and ValueError with a text
    for staff when this installation may not read the shop.
    """
    if not shop.live or not shop.confirmed:
        raise ValueError(words("Nothing is read yet: do the shop's go-live and confirm this installation for it."))
    now = port.now()
    readings = understand(port, port.snapshots(order_ids), {})
    with transaction.atomic():
        return len(readings), intake.store(shop, readings, read_at=now, whens={}) if readings else 0

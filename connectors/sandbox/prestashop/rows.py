"""The sandbox shop's rows by hand: read, edit, add and delete any, set the clock, take and restore snapshots."""

from __future__ import annotations

import random
import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from .catalogue import USED, Catalogue
from .clock import ShopClock
from .order_rows import money, order_line
from .store import Row, Store

SNAPSHOT_NAME = re.compile(r"[\w.-]{1,80}")


class Rows:
    """Direct access to the shop's rows and settings. Every method is one transaction."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = ShopClock()
        self._rng = random.Random()
        self._known: Catalogue | None = None
        self._read_again()

    def catalogue(self) -> Catalogue:
        """What is for sale now."""
        if self._known is None:
            self._known = Catalogue.read(self.store)
        return self._known

    def _read_again(self) -> None:
        """After a change of products, settings and the like: the clock's zone may be another too."""
        self._known = None
        self.clock.time_zone = self.catalogue().setting("PS_TIMEZONE", "Europe/Paris")
        saved_offset, saved_frozen = self.store.meta("clock_offset"), self.store.meta("clock_frozen")
        self.clock.set(float(saved_offset or 0), float(saved_frozen) if saved_frozen else None)

    def rows(self, resource: str, **equal: Any) -> list[Row]:
        """Rows as a JSON list shows them."""
        return self.store.rows(resource, **equal)

    def row(self, resource: str, row_id: int) -> Row:
        """One row; KeyError if it is not there."""
        return self.store.row(resource, row_id)

    def edit(self, resource: str, row_id: int, touch: bool = True, **fields: Any) -> None:
        """Set fields of a row; ``touch`` moves its date_upd if it has one. A changed order line shows in its order."""
        with self.store.writing():
            if touch and "date_upd" in self.store.resources[resource].by_name:
                fields.setdefault("date_upd", self.clock.text())
            self.store.update(resource, row_id, **fields)
            if resource == "order_details":
                self._refresh_order_rows(int(self.store.row(resource, row_id)["id_order"]))
        self._forget(resource)

    def add_row(self, resource: str, **fields: Any) -> int:
        """A new row with the given fields, the others empty; gives its id."""
        with self.store.writing():
            now = self.clock.text()
            fields_known = self.store.resources[resource].by_name
            dates: Row = {name: now for name in ("date_add", "date_upd") if name in fields_known}
            row: Row = {"id": self.store.next_id(resource), **dates, **fields}
            self.store.insert(resource, [row])
            if resource == "order_details":
                self._refresh_order_rows(int(row["id_order"]))
        self._forget(resource)
        return int(row["id"])

    def delete(self, resource: str, row_id: int) -> None:
        """Remove a row and nothing else: an order leaves its lines behind, a customer its orders."""
        with self.store.writing():
            order_id = int(self.store.row(resource, row_id).get("id_order") or 0)
            self.store.delete(resource, row_id)
            if resource == "order_details":
                self._refresh_order_rows(order_id)
        self._forget(resource)

    def _refresh_order_rows(self, order_id: int) -> None:
        lines = [order_line(each) for each in self.store.rows("order_details", id_order=order_id)]
        if self.store.rows("orders", id=order_id):
            self.store.update("orders", order_id, associations={"order_rows": lines})

    def _forget(self, resource: str) -> None:
        if resource in USED:
            self._read_again()

    def add_product(
        self, reference: str, price: Decimal | str, name: str = "", like: str = "BEDLAMP", **fields: Any
    ) -> int:
        """A new product at a net price, otherwise a copy of the one with the reference ``like``; gives its id."""
        with self.store.writing():
            model = self.rows("products", reference=like)[0]
            names = [{**each, "value": name or reference} for each in model["name"]]
            associations = {key: value for key, value in model.get("associations", {}).items() if key == "categories"}
            own = {
                "reference": reference,
                "price": money(Decimal(str(price))),
                "name": names,
                "associations": associations,
            }
            kept = {key: value for key, value in model.items() if key not in ("id", "date_add", "date_upd")}
            product = self.add_row("products", **{**kept, **own, **fields})
            stock = self.rows("stock_availables", id_product=model["id"])[0]
            self.add_row(
                "stock_availables",
                **{**stock, "id": self.store.next_id("stock_availables"), "id_product": str(product)},
            )
        return product

    def add_customer(
        self, email: str, firstname: str = "Ada", lastname: str = "Martin", **address: Any
    ) -> tuple[int, int]:
        """A new customer with one address (a copy of customer 3's but for the given fields); gives both ids."""
        with self.store.writing():
            model = self.row("customers", 3)
            named = {"firstname": firstname, "lastname": lastname}
            own = {"id": self.store.next_id("customers"), "email": email, **named}
            customer = self.add_row("customers", **{**model, **own})
            place = self.rows("addresses", id_customer=3)[0]
            own = {"id": self.store.next_id("addresses"), "id_customer": str(customer), **named}
            return customer, self.add_row("addresses", **{**place, **own, **address})

    def set_clock(
        self,
        offset_seconds: float | None = None,
        frozen: datetime | float | None = None,
        time_zone: str | None = None,
    ) -> None:
        """Let the shop's clock run beside the real one, or stand (until the next call); set PS_TIMEZONE."""
        self.clock.set(offset_seconds, frozen)
        self.store.set_meta("clock_offset", str(self.clock.offset_seconds))
        self.store.set_meta("clock_frozen", "" if self.clock.frozen_at is None else str(self.clock.frozen_at))
        if time_zone:
            row = next(each for each in self.store.rows("configurations") if each["name"] == "PS_TIMEZONE")
            self.edit("configurations", int(row["id"]), value=time_zone)

    def snapshot(self, name: str) -> Path:
        """Keep the whole shop under a name."""
        target = self._snapshot(name)
        self.store.snapshot(target)
        return target

    def restore(self, name: str) -> None:
        """Put the whole shop back to a snapshot, its clock's offset too."""
        self.store.restore(self._snapshot(name))
        self._read_again()

    def _snapshot(self, name: str) -> Path:
        if not SNAPSHOT_NAME.fullmatch(name):
            raise ValueError("A snapshot's name has letters, digits, dots and dashes only.")
        return self.store.path.parent / f"{self.store.path.stem}-snapshots" / f"{name}.sqlite3"

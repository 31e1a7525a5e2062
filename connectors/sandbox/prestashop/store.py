"""The sandbox shop's rows in one SQLite file: a table per resource, a column per field, indexed where lists filter."""

from __future__ import annotations

import contextlib
import json
import queue
import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .schema import Resource, load_schema

Row = dict[str, Any]

INDEXED = {
    "orders": ("date_upd, id", "date_add", "reference", "id_customer", "current_state", "id_cart"),
    "order_details": ("id_order", "product_id"),
    "order_payments": ("order_reference", "date_add"),
    "order_slip": ("id_order", "date_add"),
    "order_histories": ("id_order", "date_add"),
    "order_invoices": ("id_order", 'CAST("number" AS INTEGER)', 'CAST("delivery_number" AS INTEGER)'),
    "order_carriers": ("id_order",),
    "order_cart_rules": ("id_order",),
    "addresses": ("id_customer",),
    "customers": ("email", "date_upd"),
    "products": ("reference", "date_upd"),
    "combinations": ("id_product", "reference"),
    "stock_availables": ("id_product",),
    "customizations": ("id_cart",),
    "tax_rules": ("id_tax_rules_group",),
}


def quoted(name: str) -> str:
    """A column or table name as SQL: some of PrestaShop's (from, to, condition) are keywords."""
    return f'"{name}"'


class Store:
    """Rows of all resources. Safe for many reading threads; writers take turns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.resources = load_schema(None)
        self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._all: list[sqlite3.Connection] = []
        self._write_lock = threading.RLock()
        self._writer: sqlite3.Connection | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.writing() as db:
            db.execute("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT)")
            for resource in self.resources.values():
                self._create(db, resource)

    def _create(self, db: sqlite3.Connection, resource: Resource) -> None:
        columns = ", ".join(f"{quoted(each.name)} COLLATE NOCASE" for each in resource.fields)
        table = quoted(resource.name)
        db.execute(
            f"CREATE TABLE IF NOT EXISTS {table} "
            f"(id INTEGER PRIMARY KEY, associations TEXT{', ' if columns else ''}{columns})"
        )
        for place, names in enumerate(INDEXED.get(resource.name, ())):
            index = quoted(f"{resource.name}_{place}")
            db.execute(f"CREATE INDEX IF NOT EXISTS {index} ON {table} ({names})")

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=30, check_same_thread=False, isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        # Losing the last second of a sandbox in a power cut is fine; waiting for the disk on each write is not.
        db.execute("PRAGMA synchronous=OFF")
        self._all.append(db)
        return db

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for one request; every statement in it sees the same state."""
        try:
            db = self._idle.get_nowait()
        except queue.Empty:
            db = self._connect()
        try:
            db.execute("BEGIN")
            yield db
        finally:
            db.rollback()
            self._idle.put(db)

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, all or nothing; nested uses join the outer one."""
        with self._write_lock:
            if self._writer is not None and self._writer.in_transaction:
                yield self._writer
                return
            if self._writer is None:
                self._writer = self._connect()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.rollback()
                raise
            self._writer.commit()

    def meta(self, name: str) -> str | None:
        """A remembered setting of the sandbox itself."""
        with self.reading() as db:
            found = db.execute("SELECT value FROM meta WHERE name = ?", [name]).fetchone()
        return found[0] if found else None

    def set_meta(self, name: str, value: str) -> None:
        """Remember a setting of the sandbox itself; it belongs to snapshots too."""
        with self.writing() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [name, value])

    def seed(self, dataset: Path, version: str) -> None:
        """Load a folder of ``{resource}.json`` lists as a shop of that version; without a file a resource is empty."""
        if not dataset.is_dir():
            raise FileNotFoundError(f"There is no dataset folder {dataset}; name one with JSON lists of resources.")
        with self.writing() as db:
            for resource in self.resources.values():
                source = dataset / f"{resource.name}.json"
                content = json.loads(source.read_text("utf-8")) if source.exists() else {}
                if content:
                    self.insert(resource.name, next(iter(content.values())))
            db.execute("UPDATE configurations SET value = ? WHERE name = 'PS_VERSION_DB'", [version])

    def insert(self, resource: str, rows: Iterable[Row]) -> None:
        """Add rows in the form of a JSON list (``id`` a number, the rest text, associations nested)."""
        fields = self.resources[resource].fields
        names = ["id", "associations", *(each.name for each in fields)]
        packed = {each.name for each in fields if each.i18n or each.computed}
        marks = ", ".join("?" * len(names))
        columns = ", ".join(quoted(name) for name in names)
        statement = f"INSERT INTO {quoted(resource)} ({columns}) VALUES ({marks})"  # noqa: S608
        with self.writing() as db:
            db.executemany(
                statement,
                (
                    (
                        int(row["id"]),
                        _packed(row.get("associations") or None),
                        *(
                            _packed(row.get(each.name, "")) if each.name in packed else row.get(each.name, "")
                            for each in fields
                        ),
                    )
                    for row in rows
                ),
            )

    def next_id(self, resource: str, column: str = "id") -> int:
        """The number PrestaShop would give the next row (or the next ``column``, such as the number of invoices)."""
        value = column if column == "id" else f"CAST({quoted(column)} AS INTEGER)"
        with self.writing() as db:
            return int(db.execute(f"SELECT COALESCE(MAX({value}), 0) + 1 FROM {quoted(resource)}").fetchone()[0])  # noqa: S608

    def rows(self, resource: str, **equal: Any) -> list[Row]:
        """Rows whose fields equal the given texts, in id order, in the form of a JSON list."""
        found = self.resources[resource]
        names = found.field_names
        where = " AND ".join(f"{quoted(name)} = ?" for name in equal) or "1"
        columns = ", ".join(quoted(name) for name in names)
        statement = f"SELECT associations, {columns} FROM {quoted(resource)} WHERE {where} ORDER BY id"  # noqa: S608
        values = [int(value) if name == "id" else str(value) for name, value in equal.items()]
        with self._joined() as db:
            return [unpacked(found, names, each) for each in db.execute(statement, values)]

    def row(self, resource: str, row_id: int) -> Row:
        """One row; KeyError says which is missing."""
        found = self.rows(resource, id=row_id)
        if not found:
            raise KeyError(f"{resource} {row_id} is not in the sandbox shop")
        return found[0]

    @contextlib.contextmanager
    def _joined(self) -> Iterator[sqlite3.Connection]:
        """Read inside the running write of this thread, so that a change sees its own rows."""
        if self._write_lock.acquire(blocking=False):
            try:
                if self._writer is not None and self._writer.in_transaction:
                    yield self._writer
                    return
            finally:
                self._write_lock.release()
        with self.reading() as db:
            yield db

    def update(self, resource: str, row_id: int, **values: Any) -> None:
        """Set fields of one row as given (lists and associations are packed); KeyError if there is no such row."""
        known = self.resources[resource].by_name
        for name in values:
            if name != "associations" and name not in known:
                raise KeyError(f"{resource} has no field {name}")
        pairs = ", ".join(f"{quoted(name)} = ?" for name in values)
        statement = f"UPDATE {quoted(resource)} SET {pairs} WHERE id = ?"  # noqa: S608
        packed = [_packed(value) for value in values.values()]
        with self.writing() as db:
            if db.execute(statement, [*packed, row_id]).rowcount == 0:
                raise KeyError(f"{resource} {row_id} is not in the sandbox shop")

    def delete(self, resource: str, row_id: int) -> None:
        """Remove one row and nothing else, as a hard DELETE in the shop does."""
        with self.writing() as db:
            if db.execute(f"DELETE FROM {quoted(resource)} WHERE id = ?", [row_id]).rowcount == 0:  # noqa: S608
                raise KeyError(f"{resource} {row_id} is not in the sandbox shop")

    def snapshot(self, target: Path) -> None:
        """Copy the whole shop into a file."""
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        with self.writing() as db:
            db.execute("COMMIT")
            copy = sqlite3.connect(target)
            db.backup(copy)
            copy.close()
            db.execute("BEGIN IMMEDIATE")

    def restore(self, source: Path) -> None:
        """Put the shop back to a snapshot, as a host does with last night's backup."""
        if not source.exists():
            raise FileNotFoundError(f"There is no snapshot {source.name}; take one first.")
        with self.writing() as db:
            db.execute("COMMIT")
            kept = sqlite3.connect(source)
            kept.backup(db)
            kept.close()
            db.execute("BEGIN IMMEDIATE")

    def close(self) -> None:
        """Close every connection; the file stays."""
        for db in self._all:
            db.close()

    def remove(self) -> None:
        """Close and delete the file and its folder (used for a state nobody asked to keep)."""
        self.close()
        shutil.rmtree(self.path.parent, ignore_errors=True)


# PHP's false, which a product without manufacturer shows as its manufacturer's name; SQLite knows no such value.
FALSE = b""


def _packed(value: Any) -> Any:
    if value is False:
        return FALSE
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if isinstance(value, (list, dict)) else value


def unpacked(resource: Resource, names: tuple[str, ...], values: tuple[Any, ...]) -> Row:
    """A row as a dict from a SELECT of ``associations`` and ``names``."""
    row: Row = {name: False if value == FALSE else value for name, value in zip(names, values[1:], strict=True)}
    for name in names:
        if resource.by_name[name].i18n and row[name]:
            row[name] = json.loads(row[name])
    if values[0]:
        row["associations"] = json.loads(values[0])
    return row

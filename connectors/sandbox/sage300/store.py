"""The state of all companies in one SQLite file: records, numbers and settings, with snapshots."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .resources import DOCUMENTS, RESOURCES, Resource, sort_key
from .wire import Entity, dumps, loads

_TABLES = """
CREATE TABLE IF NOT EXISTS record (company TEXT, path TEXT, key TEXT, body TEXT,
    PRIMARY KEY (company, path, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS word (company TEXT, path TEXT, name TEXT, value TEXT, key TEXT,
    PRIMARY KEY (company, path, name, value, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (company TEXT, name TEXT, last INTEGER, PRIMARY KEY (company, name));
CREATE TABLE IF NOT EXISTS setting (company TEXT, name TEXT, value TEXT, PRIMARY KEY (company, name));
"""
_KEPT = frozenset(RESOURCES) - DOCUMENTS


class Store:
    """One connection behind one lock: callers see whole transactions only. Copy what ``get`` gives before a change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._depth = 0
        self._kept: dict[tuple[str, str, str], Entity] = {}
        self._settings: dict[str, dict[str, Any]] = {}
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        with self.lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is kept, or after any exception nothing. Nested blocks join the outer one."""
        with self.lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._db.execute("ROLLBACK")
                    self._forget()
                raise
            else:
                if self._depth == 1:
                    self._db.execute("COMMIT")
            finally:
                self._depth -= 1

    def _forget(self) -> None:
        self._kept.clear()
        self._settings.clear()

    def get(self, company: str, resource: Resource, key: tuple[object, ...]) -> Entity | None:
        place = (company, resource.path, sort_key(key))
        with self.lock:
            kept = self._kept.get(place)
            if kept is not None:
                return kept
            row = self._db.execute("SELECT body FROM record WHERE company=? AND path=? AND key=?", place).fetchone()
            if row is None:
                return None
            entity: Entity = loads(row[0])
            if resource.path in _KEPT:
                self._kept[place] = entity
            return entity

    def put(self, company: str, resource: Resource, entity: Entity) -> str:
        """Write an entity under its key, new or not; its JSON."""
        key, text = sort_key(resource.key(entity)), dumps(entity)
        with self.transaction():
            self._forget_words(company, resource, key)
            self._db.execute("INSERT OR REPLACE INTO record VALUES (?,?,?,?)", (company, resource.path, key, text))
            self._db.executemany(
                "INSERT OR IGNORE INTO word VALUES (?,?,?,?,?)",
                [(company, resource.path, name, str(entity[name]).rstrip(), key) for name in resource.words],
            )
        return text

    def remove(self, company: str, resource: Resource, key: tuple[object, ...]) -> bool:
        place = sort_key(key)
        with self.transaction():
            self._forget_words(company, resource, place)
            gone = self._db.execute(
                "DELETE FROM record WHERE company=? AND path=? AND key=?", (company, resource.path, place)
            )
            return gone.rowcount > 0

    def _forget_words(self, company: str, resource: Resource, key: str) -> None:
        self._kept.pop((company, resource.path, key), None)
        if resource.words and self._exists(company, resource, key):
            self._db.execute("DELETE FROM word WHERE company=? AND path=? AND key=?", (company, resource.path, key))

    def _exists(self, company: str, resource: Resource, key: str) -> bool:
        place = (company, resource.path, key)
        return (
            self._db.execute("SELECT 1 FROM record WHERE company=? AND path=? AND key=?", place).fetchone() is not None
        )

    def texts(
        self, company: str, resource: Resource, *, word: tuple[str, str] | None = None, above: str = "", skip: int = 0
    ) -> Iterator[str]:
        """Bodies in key order: all, those with a word (property, value), or those whose key lies above.

        The first ``skip`` are left out. Read in portions: a first page of many records costs no more than of few.
        """
        portion = 200
        while True:
            rows = self._portion(company, resource, word, above, skip, portion)
            yield from rows
            if len(rows) < portion:
                return
            skip += portion

    def _portion(
        self, company: str, resource: Resource, word: tuple[str, str] | None, above: str, skip: int, limit: int
    ) -> list[str]:
        if word is None:
            sql = "SELECT body FROM record WHERE company=? AND path=? AND key>? ORDER BY key LIMIT ? OFFSET ?"
            values: tuple[object, ...] = (company, resource.path, above, limit, skip)
        else:
            sql = """SELECT body FROM word JOIN record USING (company, path, key)
                     WHERE company=? AND path=? AND name=? AND value=? AND key>? ORDER BY key LIMIT ? OFFSET ?"""
            values = (company, resource.path, *word, above, limit, skip)
        with self.lock:
            return [row[0] for row in self._db.execute(sql, values)]

    def count(self, company: str, resource: Resource) -> int:
        with self.lock:
            sql = "SELECT count(*) FROM record WHERE company=? AND path=?"
            return int(self._db.execute(sql, (company, resource.path)).fetchone()[0])

    def next_number(self, company: str, name: str) -> int:
        """The next of a sequence, from 1. Sequences are part of a snapshot: after a restore numbers come again."""
        sql = """INSERT INTO counter VALUES (?,?,1)
                 ON CONFLICT (company, name) DO UPDATE SET last = last + 1 RETURNING last"""
        with self.transaction():
            return int(self._db.execute(sql, (company, name)).fetchone()[0])

    def settings(self, company: str) -> dict[str, Any]:
        """All settings of a company, not to be changed: each request asks for them, so they are read once."""
        with self.lock:
            if company not in self._settings:
                rows = self._db.execute("SELECT name, value FROM setting WHERE company=?", (company,)).fetchall()
                self._settings[company] = {name: json.loads(value) for name, value in rows}
            return self._settings[company]

    def set_setting(self, company: str, name: str, value: object) -> None:
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO setting VALUES (?,?,?)", (company, name, json.dumps(value)))
            self._settings.pop(company, None)

    def companies(self) -> list[str]:
        """The companies there are, in the order they were made."""
        return list(self.settings("").get("companies", []))

    def snapshot(self, name: str) -> Path:
        """Copy the whole state beside the state file; the same name again replaces the copy."""
        target = self._copy_path(name)
        with self.lock:
            target.unlink(missing_ok=True)
            copy = sqlite3.connect(target)
            self._db.backup(copy)
            copy.close()
        return target

    def restore(self, name: str) -> None:
        """Make the whole state what it was at the snapshot. Raises FileNotFoundError if there is none of that name."""
        source = self._copy_path(name)
        if not source.exists():
            raise FileNotFoundError(
                f"There is no snapshot {name!r}; there are: {', '.join(self.snapshots()) or 'none'}"
            )
        with self.lock:
            copy = sqlite3.connect(source)
            copy.backup(self._db)
            copy.close()
            self._forget()

    def snapshots(self) -> list[str]:
        stem = f"{self.path.name}.snapshot-"
        return sorted(each.name.removeprefix(stem) for each in self.path.parent.glob(f"{stem}*"))

    def _copy_path(self, name: str) -> Path:
        if not name or not all(letter.isalnum() or letter in "-_." for letter in name):
            raise ValueError("A snapshot's name consists of letters, digits, - _ and .")
        return self.path.with_name(f"{self.path.name}.snapshot-{name}")

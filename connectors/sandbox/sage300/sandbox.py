"""The sandbox Sage 300 as one object: start it, talk to it over HTTP, and do to it what people and networks do."""

from __future__ import annotations

import shutil
import socket
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Self

from . import actions
from .resources import named
from .seed import sow
from .server import Server
from .store import Store
from .trouble import Trouble
from .users import User, set_user
from .wire import Entity, loads
from .world import Logged, World


class Sage300Sandbox:
    """A Sage 300 Web API on localhost with the companies of its seed.

    ``state``: the SQLite file to keep it in (seeded if new); None keeps it in a temporary folder until ``stop``.
    ``company``: the company that control methods speak of. ``port`` 0 takes a free one. Usable with ``with``.
    Control methods act on the same state as the Web API, at once, also while it runs.
    """

    def __init__(
        self,
        state: Path | None = None,
        company: str = "SAMLTD",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        **options: Any,
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="sage300-")) if state is None else None
        self._path = state if state is not None else Path(str(self._folder)) / "sage300.sqlite3"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self.company, self._host, self._port = company, host, port
        if not self._path.exists():
            self._path.write_bytes(_seeded())
        self.store = Store(self._path)
        self.world = World(self.store)
        self._server: Server | None = None
        if options:
            self.set_options(**options)

    # Running

    def start(self) -> str:
        """Serve in the background; the root URL, such as ``http://127.0.0.1:41234``. OSError if the port is taken."""
        self._server = Server((self._host, self._port), self.world)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), name="sage300-sandbox", daemon=True).start()
        return self.url

    def stop(self) -> None:
        """Close the server and all its connections; a temporary state is removed."""
        self.pause()
        self.store.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def pause(self) -> None:
        """Take the server away, as if it were switched off; ``start`` brings it back on the same port."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            for connection in list(self._server.connections):
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._server = None
            self.world.sessions.clear()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}"

    @property
    def base_url(self) -> str:
        """The address a connection is set up with: ``.../Sage300WebApi``."""
        return f"{self.url}/Sage300WebApi"

    @property
    def company_url(self) -> str:
        """``.../Sage300WebApi/v1.0/-/SAMLTD``, to which ``/OE/OEOrders`` is added."""
        return f"{self.base_url}/v1.0/-/{self.company}"

    # Trouble

    def trouble(self, kind: str, **details: Any) -> None:
        """Switch a trouble on: kinds in ``trouble.KINDS``, details the fields of ``trouble.Trouble``.

        ``trouble("lose_answer", verb="POST", resource="OEOrders")`` hits the next order once.
        """
        self.world.troubles.add(Trouble(kind, **details))

    def no_trouble(self) -> None:
        """Switch every trouble off."""
        self.world.troubles.clear()

    def slow_first_call(self, ms: int) -> None:
        """The next request waits, as after IIS has been idle (sage300.md 1)."""
        self.world.first_call_ms, self.world.warm = ms, False

    def limit_sessions(self, count: int | None) -> None:
        """At most so many open sessions; None lifts it."""
        self.world.sessions.limit = count

    # What was asked of it

    def log(self) -> list[Logged]:
        """The Web API requests since ``clear_log``, oldest first, at most 5000."""
        return self.world.log.entries()

    def counts(self) -> dict[str, int]:
        """Requests since ``clear_log`` by ``"POST OEOrders"``."""
        return self.world.log.counts()

    def clear_log(self) -> None:
        self.world.log.clear()

    # Snapshots

    def snapshot(self, name: str) -> None:
        """Keep the whole state (all companies, number sequences, users) under a name."""
        self.store.snapshot(name)

    def restore(self, name: str) -> None:
        """Back to a snapshot: documents made since are gone and their numbers come again."""
        self.store.restore(name)

    # In Sage's own screens

    def set_options(self, **options: Any) -> dict[str, Any]:
        """Company options, see ``books.OPTIONS``: tax level, rounding, missing resources, stock, credit and others."""
        return actions.set_options(self.store, self.company, **options)

    def set_user(self, name: str, password: str, **rights: Any) -> None:
        """Add or replace a user; rights are ``modules``, ``companies`` (tuples) and ``web_api``."""
        set_user(self.store, User(name, password, **rights))
        self.world.sessions.clear()

    def add(self, resource: str, body: Entity) -> Entity:
        """Insert a record, ``add("ICItems", {"UnformattedItemNumber": "BEDLAMP", "Description": "Bedside lamp"})``."""
        return actions.add(self.store, self.company, resource, body)

    def change(self, resource: str, *key: object, **values: Any) -> Entity:
        """Change properties of a record, ``change("ARCustomers", "1100", OnHold="Yes")``."""
        return actions.change(self.store, self.company, resource, key, values)

    def remove(self, resource: str, *key: object) -> bool:
        """Delete a record, documents too; whether it was there."""
        return actions.remove(self.store, self.company, resource, key)

    def set_item_active(self, number: str, *, active: bool) -> None:
        """By the unformatted number."""
        actions.set_item_active(self.store, self.company, number, active=active)

    def set_stock(self, number: str, location: str, quantity: Any) -> None:
        actions.set_stock(self.store, self.company, number, location, quantity)

    def lock_period(self, day: str, *, locked: bool = True) -> None:
        """Lock (or open) the fiscal period that a date falls in."""
        actions.lock_period(self.store, self.company, day, locked=locked)

    def finish_order(self, number: str) -> Entity:
        """Ship and invoice what an order still lacks; the order as it is then."""
        return actions.finish_order(self.store, self.company, number)

    def day_end(self) -> None:
        """Run Day End: invoices and credit notes become an A/R batch that is ready to post."""
        actions.run_day_end(self.store, self.company)

    def post_batches(self) -> None:
        """Post every A/R batch that is ready: invoices, then receipts, then refunds."""
        actions.post_batches(self.store, self.company)

    def lock_batch(self, number: int, *, locked: bool = True) -> None:
        """Have another user open (or leave) a receipt batch by its number."""
        actions.lock_batch(self.store, self.company, number, locked=locked)

    # Looking in

    def get(self, resource: str, *key: object) -> Entity | None:
        """One record by its key, amounts as Decimal."""
        found = self.store.get(self.company, named(resource), key)
        return dict(found) if found is not None else None

    def all(self, resource: str) -> list[Entity]:
        """Every record of a resource in key order."""
        return [loads(text) for text in self.store.texts(self.company, named(resource))]

    def orders(self) -> list[Entity]:
        return self.all("OEOrders")

    def invoices(self) -> list[Entity]:
        return self.all("OEInvoices")

    def credit_notes(self) -> list[Entity]:
        return self.all("OECreditDebitNotes")

    def receipt_batches(self) -> list[Entity]:
        return self.all("ARReceiptAndAdjustmentBatches")

    def refund_batches(self) -> list[Entity]:
        return self.all("ARRefundBatches")

    def posted_documents(self) -> list[Entity]:
        return self.all("ARPostedDocuments")


@cache
def _seeded() -> bytes:
    """A freshly seeded state file, made once per process because tests start many sandboxes."""
    with tempfile.TemporaryDirectory(prefix="sage300-") as folder:
        store = Store(Path(folder) / "seed.sqlite3")
        sow(store)
        content = store.snapshot("seed").read_bytes()
        store.close()
    return content


def serve(
    state: Path,
    host: str = "127.0.0.1",
    port: int = 8320,
    announce: Callable[[str], object] | None = None,
) -> None:
    """Serve until interrupted, keeping the state in a file; for the command line. OSError if the port is taken.

    ``announce`` is told where, once it listens.
    """
    sandbox = Sage300Sandbox(state, host=host, port=port)
    server = Server((host, port), sandbox.world)
    if announce is not None:
        address = f"http://{host}:{server.server_address[1]}"
        announce(f"Sage 300 sandbox at {address} (Web API {address}/Sage300WebApi, user WEBAPI, password WEBAPI)")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
    finally:
        sandbox.store.close()

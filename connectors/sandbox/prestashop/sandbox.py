"""The sandbox PrestaShop as one object: start it, place and change orders, make trouble, put it back to a snapshot."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from .door import Door
from .generator import Generator
from .keys import FULL_KEY, Key, usual_keys
from .page import newest_orders
from .request_log import RequestLog
from .schema import VERSIONS
from .server import Front, Server
from .store import Store
from .troubles import Trouble, Troubles
from .webservice import Answer, Request, Webservice

DATASET = Path(__file__).parent.parent / "dataset"


class PrestaShopSandbox(Generator):
    """A PrestaShop webservice on localhost that keeps its state in a file.

    ``state``: the SQLite file (None: a temporary one that goes with stop()); an existing one is continued.
    ``dataset``: folder of ``{resource}.json`` lists to start from (None: the project's own). ``version``: 8.2 or 9.1.
    ``domain``: the shop's own Host (with port); requests for any other get the shop's 302. None: any Host will do.
    """

    def __init__(
        self,
        state: Path | None = None,
        dataset: Path | None = None,
        key: str = FULL_KEY,
        version: str = "8.2",
        host: str = "127.0.0.1",
        port: int = 0,
        domain: str | None = None,
        keys: list[Key] | None = None,
    ) -> None:
        self._temporary = state is None
        path = state or Path(tempfile.mkdtemp(prefix="sandbox-shop-")) / "shop.sqlite3"
        self.key = key
        self.version = version
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f"{path.name}.fresh")
            fresh.write_bytes(_seeded(dataset or DATASET, version))
            fresh.rename(path)  # so that one broken off is never taken for a whole shop
        store = Store(path)
        super().__init__(store)
        self.troubles = Troubles()
        self.requests = RequestLog()
        allowed = {each.secret: each for each in keys} if keys is not None else usual_keys(key)
        self.webservice = Webservice(self.store, self.clock, version, allowed)
        self.webservice.domain = domain
        self._address = (host, port)
        self._server: Server | None = None

    # Running

    def start(self) -> str:
        """Listen (port 0: any free one) and give the shop's address, such as http://127.0.0.1:8085."""
        self._server = Server(self._address, Front(self._answer, Door(self).open, self._page))
        self._address = (self._address[0], self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.01,), name="sandbox-shop", daemon=True).start()
        return self.url

    @property
    def url(self) -> str:
        """The shop's address without a slash at the end; the webservice is under /api/."""
        return f"http://{self._address[0]}:{self._address[1]}"

    def stop(self) -> None:
        """Close the port and every connection; a temporary state is deleted. start() needs a new object then."""
        if self._server is not None:
            self._server.close_all()
            self._server = None
        if self._temporary:
            self.store.remove()
        else:
            self.store.close()

    def __enter__(self) -> PrestaShopSandbox:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # Trouble

    def trouble(self, kind: str, times: int | None = None, every: int = 1, path: str = "", status: int = 500) -> None:
        """Switch trouble on (see Trouble): status, cut, warning or html."""
        self.troubles.add(Trouble(kind, times, every, path, status))

    def slow(self, milliseconds: int) -> None:
        """Make every answer of the webservice wait."""
        self.troubles.slow_ms = milliseconds

    def spoil(self, resource: str, *row_ids: int) -> None:
        """Let these objects break any full answer they stand in (a module that does not escape); none: heal."""
        self.webservice.spoilt[resource] = frozenset(row_ids)

    def switch_webservice(self, on: bool) -> None:
        """The back office's switch; off means 503 with code 22."""
        self.webservice.switched_off = not on

    def calm(self) -> None:
        """All trouble off."""
        self.troubles.clear()
        self.webservice.spoilt.clear()
        self.webservice.switched_off = False

    def _answer(self, request: Request) -> tuple[Answer, bool]:
        self.requests.note(request)
        if self.troubles.slow_ms:
            time.sleep(self.troubles.slow_ms / 1000)
        outcome = self.troubles.apply(request, self.webservice.answer(request))
        return outcome.answer, outcome.cut

    def _page(self) -> str:
        return newest_orders(self.store, self.clock, self.version)


@cache
def _seeded(dataset: Path, version: str) -> bytes:
    """A freshly seeded state file, made once per process because tests start many sandboxes."""
    with tempfile.TemporaryDirectory(prefix="sandbox-shop-") as folder:
        store = Store(Path(folder) / "seed.sqlite3")
        store.seed(dataset, VERSIONS[version])
        copy = Path(folder) / "copy.sqlite3"
        store.snapshot(copy)
        store.close()
        return copy.read_bytes()


def serve(
    host: str = "127.0.0.1",
    port: int = 8085,
    state: Path | None = None,
    dataset: Path | None = None,
    key: str = FULL_KEY,
    version: str = "8.2",
    announce: Callable[[str], None] = print,
) -> None:
    """Run a sandbox shop until it is interrupted; ``announce`` is told the address and the key to use."""
    shop = PrestaShopSandbox(state, dataset, key, version, host, port)
    announce(f"PrestaShop {version} sandbox at {shop.start()} (key {key})")
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
    shop.stop()

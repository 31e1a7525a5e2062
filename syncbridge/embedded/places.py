"""Where the embedded servers live: directories that the account running them can reach, without changing a mode.

PostgreSQL refuses to run as root. As root it therefore runs as the existing account ``nobody``, from directories which
that account can already reach: below VAR_DIR when every directory above is open to all, else a fresh one of our own.
"""

import os
import pwd
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from syncbridge.kept import locked

# Outlives a restart of the machine (the temporary directory need not), open to all, and short enough for a socket.
OUTSIDE = Path("/var/tmp")  # noqa: S108 - only mkdtemp writes there: a fresh name, mode 0700
# The kernel's limit for a socket's path: 107 characters on Linux, 103 on macOS.
SOCKET_PATH_LIMIT = 103


class EmbeddedError(RuntimeError):
    """An embedded server cannot run here; the text ends with what to do."""


def account() -> pwd.struct_passwd | None:
    """The account PostgreSQL runs as when we are root; None when it can run as ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError as error:
        raise EmbeddedError(
            "PostgreSQL does not run as root and this machine has no account 'nobody'. "
            "Run syncbridge as an ordinary user, or set DATABASE_URL."
        ) from error


def give(directory: Path) -> None:
    """Make the account that runs PostgreSQL the owner of a directory we just made."""
    owner = account()
    if owner:
        os.chown(directory, owner.pw_uid, owner.pw_gid)


def reachable(path: Path) -> bool:
    """Whether the account that runs PostgreSQL may pass every directory above ``path``."""
    return account() is None or all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


def short(path: Path) -> bool:
    """Whether a socket in the directory ``path`` stays below the kernel's limit."""
    return len(os.fsencode(path.resolve() / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT


def place(var: Path, name: str, fits: Callable[[Path], bool], fill: Callable[[Path], None]) -> Path:
    """The directory ``VAR_DIR/name``, private to its owner, made and filled on first use and published when complete.

    Where ``fits`` refuses that path it is a link to a fresh directory outside, so that VAR_DIR tells where all is kept.
    """
    path = var / name
    if not path.is_dir():
        with locked(var / "places.lock"):
            if not path.is_dir():
                _make(path, fits(path), fill)
    return path.resolve()


def _make(path: Path, inside: bool, fill: Callable[[Path], None]) -> None:
    fresh = Path(tempfile.mkdtemp(prefix="syncbridge-", dir=path.parent if inside else OUTSIDE))
    fill(fresh)
    path.unlink(missing_ok=True)  # a link whose target was cleaned away
    if inside:
        fresh.rename(path)
    else:
        path.symlink_to(fresh)

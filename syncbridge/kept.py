"""Values generated once for an evaluation and kept below VAR_DIR, readable by their owner only."""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the file ``path`` locked against every other process of this machine (released by a crash, too)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def kept(evaluation: bool, path: Path, make: Callable[[], str], list_of: bool = False) -> dict[str, Any]:
    """The ``default`` of a setting: the value kept in ``path``, or in production none, so that it must be set."""
    if not evaluation:
        return {}
    value = _read_or_make(path, make)
    return {"default": [value] if list_of else value}


def _read_or_make(path: Path, make: Callable[[], str]) -> str:
    """The file's text; of several processes that come at once, the first one's value is everybody's."""
    if not path.exists():
        with locked(path.parent / "kept.lock"):
            if not path.exists():
                descriptor, fresh = tempfile.mkstemp(dir=path.parent)  # mode 0600
                with os.fdopen(descriptor, "w") as file:
                    file.write(make())
                Path(fresh).rename(path)  # complete or not there
    return path.read_text()

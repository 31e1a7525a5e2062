"""The demo's processes: started with their own logs, watched, and every one stopped at the end."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

GRACE = 15.0
"""Seconds a process has to end by itself before it is killed; a worker finishes its job in that time."""


class DemoError(Exception):
    """The demo cannot go on; the text says why and what to do."""


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only demo that uses a folder; DemoError when one does already."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "running.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(
                f"A demo is running already with the state in {folder}. End it with Ctrl-C in its window, or set "
                "VAR_DIR to another folder for a second one."
            ) from None
        yield


def free_port(wanted: int, tries: int = 50) -> int:
    """``wanted`` if it is free on localhost, else the next free one above it."""
    for port in range(wanted, wanted + tries):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise DemoError(
        f"No free port between {wanted} and {wanted + tries}. Stop what is listening there, then start again."
    )


class Running:
    """Processes by name. Each runs in a session of its own, so that Ctrl-C reaches them through ``stop`` only."""

    def __init__(self, project: Path, logs: Path) -> None:
        self._project, self._logs = project, logs
        self._logs.mkdir(parents=True, exist_ok=True)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str], **environment: str) -> None:
        """Start ``command``; what it prints goes to its log."""
        with self.log(name).open("ab") as log:
            self._processes[name] = subprocess.Popen(  # noqa: S603 - our own commands only
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._project,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            )

    def pid(self, name: str) -> int:
        """The process id of the one of that name."""
        return self._processes[name].pid

    def log(self, name: str) -> Path:
        """Where a process writes."""
        return self._logs / f"{name}.log"

    def check(self, spared: Collection[str] = ()) -> list[str]:
        """Raise DemoError when one of them is gone; one that is ``spared`` is named once, and missed no more."""
        gone = []
        for name, process in list(self._processes.items()):
            if process.poll() is None:
                continue
            told = f"{name} ended by itself (exit {process.returncode}). Its log says why: {self.log(name)}"
            if name not in spared:
                raise DemoError(told)
            del self._processes[name]
            gone.append(told)
        return gone

    def wait_for_port(self, port: int, seconds: float = 30.0) -> None:
        """Until something listens on ``port``; raise DemoError when it does not come or a process dies."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.check()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return
            time.sleep(0.1)
        raise DemoError(f"Nothing answers on port {port}. The logs are in {self._logs}.")

    def stop(self) -> None:
        """End all of them, the last started first; kill what does not end in time."""
        processes = list(reversed(self._processes.values()))
        for process in processes:
            _signal(process, signal.SIGTERM)
        end = time.monotonic() + GRACE
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, end - time.monotonic()))
            _signal(process, signal.SIGKILL)
            process.wait()
        self._processes.clear()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)

"""The servers as processes of this machine: found by their command line, ended and waited for."""

import signal
import time
from collections.abc import Callable

import psutil


def find(is_ours: Callable[[list[str]], bool]) -> psutil.Process | None:
    """The process with such a command line. A pid file would not do: after a restart its number may be a stranger's."""
    for candidate in psutil.process_iter(["cmdline"]):
        if is_ours(candidate.info["cmdline"] or []):
            return candidate
    return None


def end(server: psutil.Process, politely: signal.Signals, patience: float) -> None:
    """Ask the server to end and wait, at most ``patience`` seconds; then kill it."""
    for number, seconds in ((politely, patience), (signal.SIGKILL, 5.0)):
        deadline = time.monotonic() + seconds
        try:
            server.send_signal(number)
            while time.monotonic() < deadline:
                # A zombie has ended; whether the first process of a container ever reaps it is not our affair.
                if server.status() == psutil.STATUS_ZOMBIE:
                    return
                time.sleep(0.02)
        except psutil.NoSuchProcess:
            return

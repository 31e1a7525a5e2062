"""CPU time by whose it is; Linux only tells it of other processes (/proc), elsewhere nothing is said."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from django.db import connection

PROC = Path("/proc")
TOLD = (PROC / "self" / "stat").exists()
_TICK = os.sysconf("SC_CLK_TCK")


def database() -> int:
    """The process id of the PostgreSQL server that Django is connected to: all its backends are its children."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend: int = cursor.fetchone()[0]
    return _parent(_fields(backend))


def used(roots: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds so far of each process with its children, living or ended; of the whole machine under ``""``."""
    fields = {int(folder.name): _fields(int(folder.name)) for folder in PROC.iterdir() if folder.name.isdigit()}
    children: defaultdict[int, list[int]] = defaultdict(list)
    for pid, its in fields.items():
        children[_parent(its)].append(pid)
    machine = [int(ticks) for ticks in (PROC / "stat").read_text().split("\n")[0].split()[1:]]
    idle = sum(machine[3:5])  # idle and waiting for the disk
    whole = {name: _of(pid, fields, children) for name, pid in roots.items()}
    return whole | {"": (sum(machine[:8]) - idle) / _TICK}


def _of(pid: int, fields: Mapping[int, list[str]], children: Mapping[int, list[int]]) -> float:
    own = sum(int(ticks) for ticks in fields[pid][11:15]) / _TICK if fields.get(pid) else 0.0
    return own + sum(_of(child, fields, children) for child in children.get(pid, ()))


def _fields(pid: int) -> list[str]:
    """What follows the name in ``stat`` (proc(5), from field 3 on); nothing when the process has ended meanwhile."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _parent(fields: list[str]) -> int:
    return int(fields[1]) if fields else 0

"""Where the bench runs: servers of its own in a folder of its own, which goes with it; nobody's data is near it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

OURS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SALT_KEY", "INSTALLATION_ID")
"""Never the ones of the environment: a bench fills whatever database it is given."""


@contextmanager
def private_servers() -> Iterator[Path]:
    """Django on a fresh embedded PostgreSQL and Redis server; child processes find the same ones by VAR_DIR."""
    folder = Path(tempfile.mkdtemp(prefix="syncbridge-bench-"))
    for name in OURS:
        os.environ.pop(name, None)
    os.environ |= {"VAR_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "syncbridge.settings", "LOG_LEVEL": "ERROR"}
    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from syncbridge import embedded

    try:
        call_command("migrate", verbosity=0)
        yield folder
    finally:
        connections.close_all()
        embedded.erase()
        shutil.rmtree(folder, ignore_errors=True)

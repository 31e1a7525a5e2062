"""The bench runs from beginning to end; what it measures is another matter."""

import subprocess
import sys

import pytest
from django.conf import settings


@pytest.mark.proof
def test_a_quick_bench_prints_its_table() -> None:
    """Every part but the one that takes minutes, with servers of its own."""
    command = [sys.executable, "-m", "bench", "--quick"]
    ended = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    measured = [line.split("|")[1].strip() for line in ended.stdout.splitlines() if line.startswith("| ")]
    for what in ("cost of an order", "requests a page", "fetch + stage", "push, 2 workers"):
        assert any(name.startswith(what) for name in measured), (what, measured)

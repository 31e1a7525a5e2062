"""A Sage 300 for the tests of its connector: one server for all tests of a file, as it was new for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.sage300.client import Sage300
from connectors.sandbox.sage300 import Sage300Sandbox
from tests.connectors.sage300_sales import client


@pytest.fixture(scope="module")
def running() -> Iterator[Sage300Sandbox]:
    """One Sage for all tests of a module."""
    with Sage300Sandbox() as box:
        box.snapshot("new")
        yield box


@pytest.fixture
def box(running: Sage300Sandbox) -> Sage300Sandbox:
    """The Sage as it was new."""
    running.restore("new")
    running.no_trouble()
    running.clear_log()
    return running


@pytest.fixture
def sage(box: Sage300Sandbox) -> Sage300:
    """The connector to it."""
    return client(box.base_url)

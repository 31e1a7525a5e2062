"""The sandboxes of the tests of staging."""

from __future__ import annotations

from tests.staging.conftest import books, sage

__all__ = ["books", "sage"]

"""The back-office of everything in transit."""

from staging.admin import orders, rows

__all__ = ["orders", "rows"]

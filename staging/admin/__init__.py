"""The back-office of everything in transit."""

from staging.admin import foretold, mark_pages, orders, rows, task_pages

__all__ = ["foretold", "mark_pages", "orders", "rows", "task_pages"]

"""The back-office of everything in transit."""

from staging.admin import mark_pages, orders, rows, task_pages

__all__ = ["mark_pages", "orders", "rows", "task_pages"]

"""The back-office of what staff decided and of what exists in Sage."""

from mappings.admin import records, tables

__all__ = ["records", "tables"]

"""The back-office of what staff decided and of what exists in Sage."""

from mappings.admin import buyers, records, tables

__all__ = ["buyers", "records", "tables"]

"""Mappings know: what staff decided, and what exists in Sage."""

"""Staging moves: everything in transit, both ways."""

"""Sage 300 through its Web API (reference: sage300.md and sage-failures.md, cited by section)."""

"""Connectors talk: one folder per outside system, plain objects in and out."""
